/*
 * far_serve: the process that talks to the network.
 *
 * First it gives away all it got by the fork and does not need; then it says
 * what it could give away, and answers until the other end is closed.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/far_p.h"
#include "base/secret.h"

#define FD 3 /* of the other end; beyond it nothing is open */

enum end { END_GOOD = 0, END_SETUP = 3, END_ASKED = 4, END_SERVED = 5 };

/* A terminal's Ctrl-C goes to us both; when to stop the other one decides. */
static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGXFSZ };

static bool
die_with(pid_t parent)
{
	return prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent;
}

/* What signs our calls is not needed to send them. */
static void
forget_environment(void)
{
	for (char **v = environ; v != NULL && *v != NULL; v++)
		if (strncmp(*v, "AWS_", 4) == 0)
			wipe(*v, strlen(*v));
}

static bool
let_go(int fd)
{
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	const int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (size_t i = 0; i < COUNT(ignored); i++)
		(void)sigaction(ignored[i], &ignore, NULL);
	forget_environment();
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 ||
	    dup2(null, STDOUT_FILENO) < 0)
		return false;
	if (fd != FD && dup2(fd, FD) < 0)
		return false;
	return close_range(FD + 1, ~0U, 0) == 0 && chdir("/") == 0;
}

static bool
hear(void *p, size_t n)
{
	char *at = p;

	while (n > 0) {
		const ssize_t got = read(FD, at, n);

		if (got == 0 || (got < 0 && errno != EINTR))
			return false;
		at += got > 0 ? got : 0;
		n -= got > 0 ? (size_t)got : 0;
	}
	return true;
}

static bool
hear_ask(uint64_t n, struct buf *ask, struct err *e)
{
	char chunk[4096];
	bool ok = n <= FAR_MAX;

	while (ok && n > 0) {
		const size_t part = n < sizeof(chunk) ? n : sizeof(chunk);

		ok = hear(chunk, part) && buf_add(ask, chunk, part, e) == EC_OK;
		n -= part;
	}
	wipe(chunk, sizeof(chunk));
	return ok;
}

static enum end
serve_one(struct net *n, const struct far_head *head, far_fn *const *table,
    size_t count)
{
	AUTO(buf) struct buf ask = BUF(FAR_MAX);
	AUTO(buf) struct buf answer = BUF(FAR_MAX);
	struct err e = { .ec = EC_OK };

	if (head->op >= count || !hear_ask(head->len, &ask, &e))
		return END_ASKED;
	if (table[head->op](n, &ask, &answer, &e) != EC_OK)
		return END_SERVED;
	return far_say(FD, 0, &answer) ? END_GOOD : END_SERVED;
}

static enum end
serve(far_fn *const *table, size_t count)
{
	AUTO(net) struct net *n = NULL;
	struct confined how;
	struct far_head head;
	enum end end = END_GOOD;
	struct err e;

	/* Read while it may: the random generator, the list of processors. */
	if (net_new(NULL, &n, &e) != EC_OK)
		return END_SETUP;
	confine(&how);
	if (send(FD, &how, sizeof(how), MSG_NOSIGNAL) != sizeof(how))
		return END_SETUP;
	while (end == END_GOOD && hear(&head, sizeof(head)))
		end = serve_one(n, &head, table, count);
	return end;
}

noreturn void
far_serve(int fd, pid_t parent, far_fn *const *table, size_t count)
{
	if (!die_with(parent) || !let_go(fd) || !secret_after_fork())
		_exit(END_SETUP);
	(void)prctl(PR_SET_NAME, "rotate-net");
	/* Not exit(): buffers and handlers are the other's. */
	_exit((int)serve(table, count));
}
