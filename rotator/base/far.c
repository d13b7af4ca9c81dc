/* far: see far.h. This file is our end; far_serve.c is the other. */
#include "base/far.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
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

/* One for all ways to it. */
struct process {
	pthread_mutex_t lock; /* of all below */
	unsigned ways;
	pid_t pid;    /* -1: it is dead and buried */
	char end[64]; /* of what */
};

struct far {
	int fd; /* -1: the answer that was to come here is lost */
	struct process *p;
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

/* Straight into the buffer, which wipes itself. Without memory for all of it
 * (EC_NOMEM) the rest is heard, too: what follows answers another question. */
static enum ec
hear_answer(struct far *f, struct buf *answer, int64_t until, struct err *e)
{
	struct far_head head;
	char chunk[4096];
	enum ec ec = EC_OK;

	if (!hear(f, &head, sizeof(head), until) || head.len > FAR_MAX)
		return EC_UNKNOWN;
	while (ec != EC_UNKNOWN && head.len > 0) {
		const size_t n =
		    head.len < sizeof(chunk) ? head.len : sizeof(chunk);

		if (!hear(f, chunk, n, until))
			ec = EC_UNKNOWN;
		else if (ec == EC_OK)
			ec = buf_add(answer, chunk, n, e);
		head.len -= n;
	}
	wipe(chunk, sizeof(chunk));
	return ec;
}

static void
note_end(struct process *p, int how)
{
	const char *name =
	    WIFSIGNALED(how) ? sigabbrev_np(WTERMSIG(how)) : NULL;

	if (WIFSIGNALED(how))
		(void)snprintf(p->end, sizeof(p->end), "killed by SIG%s",
		    name != NULL ? name : "?");
	else
		(void)snprintf(
		    p->end, sizeof(p->end), "exit code %d", WEXITSTATUS(how));
}

static void
bury(struct process *p)
{
	int how = 0;

	if (TEMP_FAILURE_RETRY(waitpid(p->pid, &how, 0)) == p->pid)
		note_end(p, how);
	p->pid = -1;
}

static bool
has_ended(const struct process *p)
{
	const int how = WEXITED | WNOHANG | WNOWAIT;
	siginfo_t si = { .si_pid = 0 };

	return waitid(P_PID, (id_t)p->pid, &si, how) != 0 || si.si_pid != 0;
}

/* Gives it this time to end by itself, which is then how it ended. */
static bool
ends_within(const struct process *p, int64_t ms)
{
	const int64_t until = clock_mono() + ms;
	AUTO(fd) int fd = pidfd_open(p->pid, 0);
	struct pollfd death = { .fd = fd, .events = POLLIN };

	while (!has_ended(p) && left(until) > 0)
		/* Without a pidfd (valgrind) nothing wakes us. */
		(void)poll(&death, 1,
		    fd >= 0 || left(until) < TICK_MS ? (int)left(until)
						     : TICK_MS);
	return has_ended(p);
}

/* With others still on their way to it, it lives on unless it ends by itself.
 * The lock is held. */
static void
slay(struct process *p, int64_t ms, bool alone)
{
	if (p->pid <= 0)
		return;
	if (!ends_within(p, ms)) {
		if (!alone)
			return;
		(void)kill(p->pid, SIGKILL);
	}
	bury(p);
}

/* What it said after this would be the answer to another question. */
static enum ec
lost(struct far *f, enum ec ec, struct err *e)
{
	struct pollfd fd = { .fd = f->fd, .events = POLLIN };
	struct process *p = f->p;

	(void)pthread_mutex_lock(&p->lock);
	/* Who has closed the socket is on its way; who has not, hangs. */
	if (f->fd >= 0)
		slay(p, poll(&fd, 1, 0) != 0 ? STOP_MS : 0, p->ways == 1);
	(void)fail(e, ec, "the child process for the network %s%s%s",
	    p->pid > 0 ? "gave no answer" : "ended (", p->pid > 0 ? "" : p->end,
	    p->pid > 0 ? "" : ")");
	(void)pthread_mutex_unlock(&p->lock);
	if (f->fd >= 0)
		(void)close(f->fd);
	f->fd = -1;
	return fix(e,
	    "nothing: it is tried again in the next run; if it stays, report "
	    "it, and meanwhile set ROTATE_CONFINE=no");
}

static struct far *
new_way(int fd, struct process *p)
{
	struct far *f = p != NULL ? calloc(1, sizeof(*f)) : NULL;

	if (f != NULL)
		*f = (struct far){ .fd = fd, .p = p };
	return f;
}

static struct far *
first_way(int fd, pid_t pid)
{
	struct process *p = calloc(1, sizeof(*p));
	struct far *f = new_way(fd, p);

	if (f == NULL) {
		free(p);
		return NULL;
	}
	(void)pthread_mutex_init(&p->lock, NULL);
	p->pid = pid;
	p->ways = 1;
	return f;
}

static enum ec
adopt(int fd, pid_t pid, struct far **ret, struct confined *ret_how,
    struct err *e)
{
	struct far *f = first_way(fd, pid);
	enum ec ec;

	if (f == NULL) {
		(void)close(fd);
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, NULL, 0);
		return fail(e, EC_NOMEM, "no memory for the network process");
	}
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

	if (f->fd < 0 || !far_say(f->fd, op, ask))
		return lost(f, EC_TEMP, e);
	(void)fail(e, EC_UNKNOWN, "no answer");
	ec = hear_answer(f, answer, until, e);
	if (ec == EC_NOMEM) {
		(void)fail(e, EC_UNKNOWN,
		    "no memory for the answer of the child process for the "
		    "network");
		return fix(e, "nothing: it is tried again; or find memory");
	}
	return ec == EC_OK ? EC_OK : lost(f, EC_UNKNOWN, e);
}

/* The descriptor rides on the header. */
static bool
send_way(int fd, int way)
{
	struct far_head head = { .op = FAR_SHARE, .len = 0 };
	struct iovec io = { .iov_base = &head, .iov_len = sizeof(head) };
	union {
		struct cmsghdr align;
		char b[CMSG_SPACE(sizeof(int))];
	} room = { .b = { 0 } };
	struct msghdr m = { .msg_iov = &io,
		.msg_iovlen = 1,
		.msg_control = room.b,
		.msg_controllen = sizeof(room.b) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &way, sizeof(way));
	return TEMP_FAILURE_RETRY(sendmsg(fd, &m, MSG_NOSIGNAL)) ==
	    (ssize_t)sizeof(head);
}

enum ec
far_share(struct far *f, struct far **ret, struct err *e)
{
	struct far *more;
	int p[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, p) != 0)
		return fail_sys(
		    e, "cannot make a pair of sockets to a child process");
	more = new_way(p[0], f->p);
	if (more == NULL || f->fd < 0 || !send_way(f->fd, p[1])) {
		(void)close(p[0]);
		(void)close(p[1]);
		free(more);
		return more == NULL
		    ? fail(e, EC_NOMEM, "no memory for a way to the network")
		    : lost(f, EC_TEMP, e);
	}
	(void)close(p[1]);
	(void)pthread_mutex_lock(&f->p->lock);
	f->p->ways++;
	(void)pthread_mutex_unlock(&f->p->lock);
	*ret = more;
	return EC_OK;
}

void
far_stop(struct far *f)
{
	struct process *p;
	bool last;

	if (f == NULL)
		return;
	p = f->p;
	if (f->fd >= 0)
		(void)close(f->fd);
	free(f);
	(void)pthread_mutex_lock(&p->lock);
	last = --p->ways == 0;
	if (last)
		slay(p, STOP_MS, true);
	(void)pthread_mutex_unlock(&p->lock);
	if (!last)
		return;
	(void)pthread_mutex_destroy(&p->lock);
	free(p);
}

int
far_pid(const struct far *f)
{
	return f->p->pid;
}
