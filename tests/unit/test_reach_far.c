/*
 * far: each call that makes the network process, or keeps it away from what is
 * ours, fails in turn: then there is none, and it is said. And an end of the
 * socket that is interrupted, gives little at a time, or lies about lengths.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail /* ours is in base/err.h */

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "calls.h"

#include "base/auto.h"
#include "base/far.h"
#include "base/far_p.h"
#include "base/secret.h"
#include "far_counts.h"

#define SOON_MS 20000

/* Of both processes: the other one is forked with what is armed. */
STAND_IN(int, socketpair, (int domain, int type, int protocol, int fds[2]),
    (domain, type, protocol, fds), -1)
STAND_IN(pid_t, fork, (void), (), -1)
STAND_IN(pid_t, getppid, (void), (), 1)
STAND_IN(int, dup2, (int from, int to), (from, to), -1)
STAND_IN(int, chdir, (const char *path), (path), -1)
STAND_IN(int, close_range, (unsigned from, unsigned to, int flags),
    (from, to, flags), -1)
STAND_IN(ssize_t, send, (int fd, const void *p, size_t n, int flags),
    (fd, p, n, flags), -1)
STAND_IN(int, pthread_attr_init, (pthread_attr_t * a), (a), -1)
STAND_IN(
    int, pthread_attr_setstacksize, (pthread_attr_t * a, size_t n), (a, n), -1)
STAND_IN(int, pthread_attr_setdetachstate, (pthread_attr_t * a, int how),
    (a, how), -1)
STAND_IN(int, pthread_create,
    (pthread_t * t, const pthread_attr_t *a, void *(*fn)(void *), void *arg),
    (t, a, fn, arg), -1)
STAND_IN(int, CRYPTO_secure_malloc_done, (void), (), 0)
STAND_IN(
    ssize_t, recvmsg, (int fd, struct msghdr *m, int flags), (fd, m, flags), -1)
STAND_IN(ssize_t, read, (int fd, void *p, size_t n), (fd, p, n), -1)
STAND_IN(ssize_t, recv, (int fd, void *p, size_t n, int flags),
    (fd, p, armed.rc == 1 ? 1 : n, flags), -1)
STAND_IN(int, poll, (struct pollfd * fds, nfds_t n, int ms), (fds, n, ms), -1)
STAND_IN(int, pidfd_open, (pid_t pid, unsigned flags), (pid, flags), -1)
STAND_IN(int, waitid, (idtype_t type, id_t id, siginfo_t *info, int how),
    (type, id, info, how), -1)

/* rc 1: one byte of it goes; rc 2: it goes without its descriptor. */
ssize_t
sendmsg(int fd, const struct msghdr *m, int flags)
{
	const bool now = call_fails("sendmsg");
	struct msghdr copy = *m;

	if (!now)
		return NEXT(sendmsg)(fd, m, flags);
	if (armed.rc == 1)
		return NEXT(send)(fd, m->msg_iov[0].iov_base, 1, flags);
	if (armed.rc != 2)
		return -1;
	copy.msg_control = NULL;
	copy.msg_controllen = 0;
	return NEXT(sendmsg)(fd, &copy, flags);
}

enum op { ECHO, LONG, SHORT };

static enum ec
echo(struct net *n, const struct buf *ask, struct buf *answer, struct err *e)
{
	(void)n;
	return buf_add(answer, buf_str(ask), ask->len, e);
}

/* Its end of the first way is always this one (far_serve.c). */
static void
lie(uint64_t len, const char *text)
{
	const struct far_head head = { .op = 0, .len = len };

	(void)!NEXT(send)(3, &head, sizeof(head), MSG_NOSIGNAL);
	(void)!NEXT(send)(3, text, strlen(text), MSG_NOSIGNAL);
	_exit(9);
}

static enum ec
too_long(
    struct net *n, const struct buf *ask, struct buf *answer, struct err *e)
{
	(void)n;
	(void)ask;
	(void)answer;
	(void)e;
	lie((uint64_t)FAR_MAX + 1, "x");
	return EC_BUG;
}

static enum ec
too_short(
    struct net *n, const struct buf *ask, struct buf *answer, struct err *e)
{
	(void)n;
	(void)ask;
	(void)answer;
	(void)e;
	lie(100, "not a hundred");
	return EC_BUG;
}

static far_fn *const table[] = {
	[ECHO] = echo, [LONG] = too_long, [SHORT] = too_short
};

static struct far *
begin(void)
{
	struct confined how;
	struct far *f = NULL;
	struct err e;

	assert_int_equal(far_start(table, COUNT(table), &f, &how, &e), EC_OK);
	return f;
}

static enum ec
ask(struct far *f, enum op op, struct err *e)
{
	AUTO(buf) struct buf q = BUF(100);
	AUTO(buf) struct buf back = BUF(1000);
	enum ec ec;

	assert_int_equal(buf_adds(&q, "question", e), EC_OK);
	ec = far_call(f, op, &q, &back, SOON_MS, e);
	if (ec == EC_OK)
		assert_string_equal(buf_str(&back), "question");
	return ec;
}

static void
no_child(void)
{
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void
test_not_made(void **state)
{
	static const struct {
		const char *call;
		long turn;
		const char *what;
	} rows[] = {
		{ "socketpair", 0, "cannot make a pair of sockets" },
		{ "fork", 0, "cannot make a child process" },
		{ "getppid", 0, "exit code 3" },
		{ "dup2", 0, "exit code 3" },
		{ "dup2", 1, "exit code 3" },
		{ "dup2", 2, "exit code 3" },
		{ "close_range", 0, "exit code 3" },
		{ "chdir", 0, "exit code 3" },
		{ "CRYPTO_secure_malloc_done", 0, "exit code 3" },
		{ "send", 0, "exit code 3" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct confined how;
		struct far *f = NULL;
		struct err e;

		call_arm(rows[i].call, rows[i].turn, EMFILE, 0);
		assert_int_not_equal(
		    far_start(table, COUNT(table), &f, &how, &e), EC_OK);
		(void)call_disarm();
		if (strstr(e.what, rows[i].what) == NULL)
			print_error("%s: %s\n", rows[i].call, e.what);
		assert_non_null(strstr(e.what, rows[i].what));
		assert_null(f);
		no_child();
	}
}

/* A further way that it cannot open ends it: it is not used half. */
static void
test_not_shared(void **state)
{
	static const char *const calls[] = { "pthread_attr_init",
		"pthread_attr_setstacksize", "pthread_attr_setdetachstate",
		"pthread_create" };
	struct far *f, *more = NULL;
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(calls); i++) {
		call_arm(calls[i], 0, EAGAIN, 0);
		f = begin();
		(void)call_disarm();
		assert_int_equal(far_share(f, &more, &e), EC_OK);
		assert_int_not_equal(ask(more, ECHO, &e), EC_OK);
		far_stop(more);
		assert_int_not_equal(ask(f, ECHO, &e), EC_OK);
		assert_non_null(strstr(e.what, "exit code 3"));
		far_stop(f);
		no_child();
	}
	f = begin();
	call_arm("socketpair", 0, EMFILE, 0);
	assert_int_not_equal(far_share(f, &more, &e), EC_OK);
	assert_true(call_disarm());
	assert_int_equal(ask(f, ECHO, &e), EC_OK); /* it goes on as it was */
	call_arm("sendmsg", 0, EPIPE, 0);
	assert_int_equal(far_share(f, &more, &e), EC_TEMP);
	assert_true(call_disarm());
	far_stop(f);
	f = begin();
	call_arm("sendmsg", 0, 0, 2);
	assert_int_equal(far_share(f, &more, &e), EC_OK);
	assert_true(call_disarm());
	assert_int_not_equal(ask(more, ECHO, &e), EC_OK);
	far_stop(more);
	far_stop(f);
	no_child();
}

/* Interrupted, or a byte at a time: the question and the answer are whole. */
static void
test_pieces(void **state)
{
	static const struct {
		const char *call;
		int sys, rc;
	} rows[] = {
		{ "sendmsg", EINTR, 0 },
		{ "sendmsg", 0, 1 },
		{ "recv", EINTR, 0 },
		{ "recv", EAGAIN, 0 },
		{ "poll", EINTR, 0 },
	};
	static const char *const there[] = { "recvmsg", "read" };
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct far *f = begin();

		call_arm(rows[i].call, 0, rows[i].sys, rows[i].rc);
		assert_int_equal(ask(f, ECHO, &e), EC_OK);
		assert_true(call_disarm());
		far_stop(f);
	}
	for (size_t i = 0; i < COUNT(there); i++) {
		struct far *f;

		call_arm(there[i], 0, EINTR, 0);
		f = begin();
		(void)call_disarm();
		assert_int_equal(ask(f, ECHO, &e), EC_OK);
		far_stop(f);
	}
	no_child();
}

static void
test_lengths(void **state)
{
	AUTO(buf) struct buf back = BUF(100);
	struct buf huge = { .p = NULL, .len = (size_t)FAR_MAX + 1 };
	struct far *f = begin();
	struct err e;

	(void)state;
	assert_int_equal(ask(f, LONG, &e), EC_UNKNOWN);
	far_stop(f);
	f = begin();
	assert_int_equal(ask(f, SHORT, &e), EC_UNKNOWN);
	assert_non_null(strstr(e.what, "exit code 9"));
	far_stop(f);
	f = begin();
	huge.p = calloc(1, huge.len);
	assert_non_null(huge.p);
	assert_int_not_equal(
	    far_call(f, ECHO, &huge, &back, INT64_MAX / 2, &e), EC_OK);
	assert_non_null(strstr(e.what, "exit code 4"));
	free(huge.p);
	far_stop(f);
	no_child();
}

/* However it ends, it is buried and its end is told. */
static void
test_ends(void **state)
{
	static const char *const calls[] = { "pidfd_open", "waitid" };
	struct far *f;
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(calls); i++) {
		f = begin();
		call_arm(calls[i], 0, ENOSYS, 0);
		assert_int_equal(ask(f, LONG, &e), EC_UNKNOWN);
		(void)call_disarm();
		far_stop(f);
		no_child();
	}
	f = begin();
	assert_int_equal(kill(far_pid(f), SIGRTMIN + 3), 0);
	assert_int_not_equal(ask(f, ECHO, &e), EC_OK);
	assert_non_null(strstr(e.what, "killed by SIG?"));
	far_stop(f);
	no_child();
}

/* No environment at all is nothing to forget. */
static void
test_no_environment(void **state)
{
	char **was = environ;
	struct far *f;
	struct err e;

	(void)state;
	environ = NULL;
	f = begin();
	environ = was;
	assert_int_equal(ask(f, ECHO, &e), EC_OK);
	far_stop(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_not_made),
		cmocka_unit_test(test_not_shared),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_no_environment),
	};
	struct err e;

	if (secret_init(&e) != EC_OK)
		return 1;
	return cmocka_run_group_tests_name(
	    "the network process, call by call", tests, NULL, NULL);
}
