/* far: see far.h. This file is our end; far_serve.c is the other. */
#include "base/far.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/clock.h"
#include "base/far_p.h"
#include "base/secret.h"

#define START_MS 30000 /* to read the CA list of a slow disk, and more */
#define TICK_MS  20
#define STOP_MS  2000 /* to say good-bye to its peers */

struct far {
	int fd;
	pid_t pid;    /* -1: it is dead and buried */
	char end[64]; /* of what */
};

static int64_t
left(int64_t until)
{
	const int64_t n = until - clock_mono();

	return n > 0 ? (n < INT_MAX ? n : INT_MAX) : 0;
}

/* Up to n bytes, all of them or nothing worth having. */
static bool
hear(const struct far *f, void *p, size_t n, int64_t until)
{
	char *at = p;
	struct pollfd fd = { .fd = f->fd, .events = POLLIN };

	while (n > 0) {
		const int ready = poll(&fd, 1, (int)left(until));
		ssize_t got = -1;

		if (ready == 0)
			return false;
		if (ready > 0)
			got = recv(f->fd, at, n, MSG_DONTWAIT);
		if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN))
			return false;
		at += got > 0 ? got : 0;
		n -= got > 0 ? (size_t)got : 0;
	}
	return true;
}

/* Straight into the buffer, which wipes itself. */
static enum ec
hear_answer(struct far *f, struct buf *answer, int64_t until, struct err *e)
{
	struct far_head head;
	char chunk[4096];
	enum ec ec = EC_OK;

	if (!hear(f, &head, sizeof(head), until) || head.len > FAR_MAX)
		return EC_UNKNOWN;
	while (ec == EC_OK && head.len > 0) {
		const size_t n =
		    head.len < sizeof(chunk) ? head.len : sizeof(chunk);

		if (!hear(f, chunk, n, until))
			ec = EC_UNKNOWN;
		else
			ec = buf_add(answer, chunk, n, e);
		head.len -= n;
	}
	wipe(chunk, sizeof(chunk));
	return ec;
}

static void
note_end(struct far *f, int how)
{
	const char *name =
	    WIFSIGNALED(how) ? sigabbrev_np(WTERMSIG(how)) : NULL;

	if (WIFSIGNALED(how))
		(void)snprintf(f->end, sizeof(f->end), "killed by SIG%s",
		    name != NULL ? name : "?");
	else
		(void)snprintf(
		    f->end, sizeof(f->end), "exit code %d", WEXITSTATUS(how));
}

static void
bury(struct far *f)
{
	int how = 0;

	if (f->pid <= 0)
		return;
	if (TEMP_FAILURE_RETRY(waitpid(f->pid, &how, 0)) == f->pid)
		note_end(f, how);
	f->pid = -1;
}

static bool
has_ended(const struct far *f)
{
	const int how = WEXITED | WNOHANG | WNOWAIT;
	siginfo_t si = { .si_pid = 0 };

	return waitid(P_PID, (id_t)f->pid, &si, how) != 0 || si.si_pid != 0;
}

/* It may end by itself within this time, and then that is how it ended. */
static void
slay(struct far *f, int64_t ms)
{
	const int64_t until = clock_mono() + ms;
	AUTO(fd) int fd = f->pid > 0 ? pidfd_open(f->pid, 0) : -1;
	struct pollfd death = { .fd = fd, .events = POLLIN };

	if (f->pid <= 0)
		return;
	while (!has_ended(f) && left(until) > 0)
		/* Without a pidfd (valgrind) nothing wakes us. */
		(void)poll(&death, 1,
		    fd >= 0 || left(until) < TICK_MS ? (int)left(until)
						     : TICK_MS);
	if (!has_ended(f))
		(void)kill(f->pid, SIGKILL);
	bury(f);
}

static enum ec
lost(struct far *f, enum ec ec, struct err *e)
{
	struct pollfd fd = { .fd = f->fd, .events = POLLIN };

	/* Who has closed the socket is on its way; who has not, hangs. */
	slay(f, poll(&fd, 1, 0) != 0 ? STOP_MS : 0);
	(void)fail(
	    e, ec, "the child process for the network ended (%s)", f->end);
	return fix(e,
	    "nothing: it is tried again in the next run; if it stays, report "
	    "it, and meanwhile set ROTATE_CONFINE=no");
}

static enum ec
adopt(int fd, pid_t pid, struct far **ret, struct confined *ret_how,
    struct err *e)
{
	struct far *f = calloc(1, sizeof(*f));
	enum ec ec;

	if (f == NULL) {
		(void)close(fd);
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, NULL, 0);
		return fail(e, EC_NOMEM, "no memory for the network process");
	}
	f->fd = fd;
	f->pid = pid;
	/* It is ready when it is confined. */
	if (hear(f, ret_how, sizeof(*ret_how), clock_mono() + START_MS)) {
		*ret = f;
		return EC_OK;
	}
	ec = lost(f, EC_TEMP, e);
	far_stop(f);
	return ec;
}

enum ec
far_start(far_fn *const *table, size_t count, struct far **ret,
    struct confined *ret_how, struct err *e)
{
	const pid_t parent = getpid();
	int p[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, p) != 0)
		return fail_sys(
		    e, "cannot make a pair of sockets to a child process");
	pid = fork();
	if (pid == 0)
		far_serve(p[1], parent, table, count);
	(void)close(p[1]);
	if (pid > 0)
		return adopt(p[0], pid, ret, ret_how, e);
	(void)fail_sys(e, "cannot make a child process for the network");
	(void)close(p[0]);
	return e->ec;
}

/* In one call, if the kernel takes it whole. */
bool
far_say(int fd, uint64_t op, const struct buf *b)
{
	struct far_head head = { .op = op, .len = b->len };
	struct iovec parts[] = {
		{ .iov_base = &head, .iov_len = sizeof(head) },
		{ .iov_base = b->p, .iov_len = b->len },
	};
	struct msghdr m = { .msg_iov = parts, .msg_iovlen = COUNT(parts) };

	while (parts[0].iov_len + parts[1].iov_len > 0) {
		ssize_t sent = sendmsg(fd, &m, MSG_NOSIGNAL);

		if (sent < 0 && errno != EINTR)
			return false;
		for (size_t i = 0; i < COUNT(parts) && sent > 0; i++) {
			const size_t n = (size_t)sent < parts[i].iov_len
			    ? (size_t)sent
			    : parts[i].iov_len;

			parts[i].iov_base = (char *)parts[i].iov_base + n;
			parts[i].iov_len -= n;
			sent -= (ssize_t)n;
		}
	}
	return true;
}

enum ec
far_call(struct far *f, unsigned op, const struct buf *ask, struct buf *answer,
    int64_t timeout_ms, struct err *e)
{
	const int64_t until = clock_mono() + timeout_ms;
	enum ec ec;

	if (f->pid <= 0 || !far_say(f->fd, op, ask))
		return lost(f, EC_TEMP, e);
	(void)fail(e, EC_UNKNOWN, "no answer");
	ec = hear_answer(f, answer, until, e);
	return ec == EC_OK ? EC_OK : lost(f, EC_UNKNOWN, e);
}

void
far_stop(struct far *f)
{
	if (f == NULL)
		return;
	(void)shutdown(f->fd, SHUT_WR);
	slay(f, STOP_MS);
	(void)close(f->fd);
	free(f);
}

int
far_pid(const struct far *f)
{
	return f->pid;
}
