/*
 * far: a question and its answer, a process that dies at any point of it, one
 * that lies, and what of us it keeps.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail /* ours is in base/err.h */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/far.h"
#include "base/http.h"
#include "base/secret.h"
#include "base/wire.h"
#include "far_counts.h"

#define SOON_MS 20000
#define HIGH_FD 200

enum op { ECHO, DIE, RUN, HANG, LEAVE, LOOK, LIE };

static enum ec
echo(struct net *n, const struct buf *ask, struct buf *answer, struct err *e)
{
	(void)n;
	return buf_add(answer, buf_str(ask), ask->len, e);
}

static enum ec
die(struct net *n, const struct buf *ask, struct buf *answer, struct err *e)
{
	(void)n;
	(void)ask;
	(void)answer;
	(void)e;
	(void)raise(SIGKILL);
	return EC_OK;
}

static enum ec
run_program(
    struct net *n, const struct buf *ask, struct buf *answer, struct err *e)
{
	char name[] = "/bin/true";
	char *const argv[] = { name, NULL };

	(void)n;
	(void)ask;
	(void)answer;
	(void)execve(name, argv, NULL);
	return buf_adds(answer, "not killed", e);
}

static enum ec
hang(struct net *n, const struct buf *ask, struct buf *answer, struct err *e)
{
	(void)n;
	(void)ask;
	(void)answer;
	(void)e;
	for (int i = 0; i < 3600; i++)
		(void)usleep(1000000);
	return EC_BUG;
}

static enum ec
leave(struct net *n, const struct buf *ask, struct buf *answer, struct err *e)
{
	(void)n;
	(void)ask;
	(void)answer;
	return fail(e, EC_NOMEM, "no memory over there");
}

/* What it still has of us. */
static enum ec
look(struct net *n, const struct buf *ask, struct buf *answer, struct err *e)
{
	const char *key = getenv("AWS_SECRET_ACCESS_KEY");

	(void)n;
	(void)ask;
	TRY(wire_put_text(answer, key, e));
	TRY(wire_put_text(answer, getenv("HTTPS_PROXY"), e));
	TRY(wire_put(answer, fcntl(HIGH_FD, F_GETFD) >= 0, e));
	return wire_put(answer, getppid(), e);
}

/* Says what it was asked to say, and then the other end is to believe it. */
static enum ec
lie(struct net *n, const struct buf *ask, struct buf *answer, struct err *e)
{
	static unsigned seed = 2463534242U;
	struct err ok = { .ec = EC_OK };

	(void)n;
	(void)ask;
	seed = seed * 1664525 + 1013904223;
	if (seed >> 31 != 0) {
		TRY(wire_put_err(answer, &ok, e));
		TRY(wire_put(answer, 200, e));
		TRY(wire_put_bytes(answer, "body", 4, e));
		for (size_t i = 0; i < 4; i++)
			TRY(wire_put(answer, 1, e));
		TRY(wire_put(answer, 0, e));
		TRY(wire_put_text(answer, "a", e));
		TRY(wire_put_text(answer, "b", e));
	} else
		TRY(wire_put_err(answer, &ok, e));
	for (unsigned i = 0; i < (seed >> 8) % 4 && answer->len > 0; i++) {
		seed = seed * 1664525 + 1013904223;
		answer->p[(seed >> 8) % answer->len] = (char)(seed >> 24);
	}
	seed = seed * 1664525 + 1013904223;
	if ((seed >> 20) % 4 == 0)
		buf_cut(answer, (seed >> 8) % (answer->len + 1));
	return EC_OK;
}

static far_fn *const table[] = { [ECHO] = echo,
	[DIE] = die,
	[RUN] = run_program,
	[HANG] = hang,
	[LEAVE] = leave,
	[LOOK] = look };

static struct far *
begin(void)
{
	struct confined how = { .files = false };
	struct far *f = NULL;
	struct err e;

	assert_int_equal(far_start(table, COUNT(table), &f, &how, &e), EC_OK);
	assert_true(how.files && how.calls);
	return f;
}

static enum ec
ask(struct far *f, enum op op, const char *text, struct buf *answer,
    struct err *e)
{
	AUTO(buf) struct buf b = BUF(1000);

	assert_int_equal(buf_adds(&b, text, e), EC_OK);
	return far_call(f, op, &b, answer, SOON_MS, e);
}

/* No child is left, dead or alive. */
static void
no_child(void)
{
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void
test_answers(void **state)
{
	AUTO(buf) struct buf big = BUF(FAR_MAX);
	AUTO(buf) struct buf back = BUF(FAR_MAX);
	struct far *f = begin();
	struct err e;

	(void)state;
	for (unsigned i = 0; i < 700000; i++)
		assert_int_equal(buf_add(&big, &i, sizeof(i), &e), EC_OK);
	for (int i = 0; i < 3; i++) {
		AUTO(buf) struct buf none = BUF(10);

		buf_cut(&back, 0);
		assert_int_equal(
		    far_call(f, ECHO, &big, &back, SOON_MS, &e), EC_OK);
		assert_int_equal(back.len, big.len);
		assert_memory_equal(back.p, big.p, big.len);
		assert_int_equal(ask(f, ECHO, "", &none, &e), EC_OK);
		assert_int_equal(none.len, 0);
	}
	far_stop(f);
	no_child();
}

/* Whoever was asked and did not answer may have done it. From then on nobody
 * is asked any more, and that is said to be certain. */
static void
test_deaths(void **state)
{
	static const struct {
		enum op op;
		const char *how;
	} rows[] = {
		{ DIE, "killed by SIGKILL" }, { RUN, "killed by SIGSYS" },
		{ LEAVE, "exit code 5" },
		{ LIE, "exit code 4" }, /* there is no such operation */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(buf) struct buf back = BUF(1000);
		struct far *f = begin();
		struct err e;

		assert_int_equal(
		    ask(f, rows[i].op, "x", &back, &e), EC_UNKNOWN);
		assert_non_null(strstr(e.what, rows[i].how));
		assert_int_equal(back.len, 0);
		no_child();
		assert_int_equal(ask(f, ECHO, "x", &back, &e), EC_TEMP);
		assert_non_null(strstr(e.what, rows[i].how));
		far_stop(f);
	}
}

static void
test_dead_before(void **state)
{
	AUTO(buf) struct buf back = BUF(1000);
	struct far *f = begin();
	siginfo_t si;
	struct err e;

	(void)state;
	assert_int_equal(kill(far_pid(f), SIGKILL), 0);
	assert_int_equal(
	    waitid(P_PID, (id_t)far_pid(f), &si, WEXITED | WNOWAIT), 0);
	assert_int_equal(ask(f, ECHO, "x", &back, &e), EC_TEMP);
	assert_non_null(strstr(e.what, "killed by SIGKILL"));
	far_stop(f);
	no_child();
}

static void
test_hangs(void **state)
{
	AUTO(buf) struct buf question = BUF(10);
	AUTO(buf) struct buf back = BUF(1000);
	struct far *f = begin();
	struct err e;

	(void)state;
	assert_int_equal(
	    far_call(f, HANG, &question, &back, 50, &e), EC_UNKNOWN);
	no_child();
	far_stop(f);
}

/* One thread's questions, each with its own answer. */
static void *
ask_often(void *arg)
{
	for (int i = 0; i < 300; i++) {
		AUTO(buf) struct buf back = BUF(1000);
		char text[40];
		struct err e;

		(void)snprintf(text, sizeof(text), "%p says %d", arg, i);
		if (ask(arg, ECHO, text, &back, &e) != EC_OK ||
		    strcmp(buf_str(&back), text) != 0)
			return arg;
	}
	return NULL;
}

static void
test_shared(void **state)
{
	enum { THREADS = 5 };
	struct far *f[THREADS] = { begin() };
	pthread_t t[THREADS];
	struct err e;
	void *bad;

	(void)state;
	for (size_t i = 1; i < THREADS; i++)
		assert_int_equal(far_share(f[i - 1], &f[i], &e), EC_OK);
	for (size_t i = 0; i < THREADS; i++) {
		assert_int_equal(far_pid(f[i]), far_pid(f[0]));
		assert_int_equal(
		    pthread_create(&t[i], NULL, ask_often, f[i]), 0);
	}
	for (size_t i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(t[i], &bad), 0);
		assert_null(bad);
	}
	far_stop(f[0]); /* the others go on, in a process that still lives */
	assert_null(ask_often(f[1]));
	for (size_t i = 1; i < THREADS; i++)
		far_stop(f[i]);
	no_child();
}

/* Who hangs loses his answer; the others keep theirs. */
static void
test_shared_hang(void **state)
{
	AUTO(buf) struct buf question = BUF(10);
	AUTO(buf) struct buf back = BUF(1000);
	struct far *f = begin(), *more = NULL;
	struct err e;

	(void)state;
	assert_int_equal(far_share(f, &more, &e), EC_OK);
	assert_int_equal(
	    far_call(more, HANG, &question, &back, 50, &e), EC_UNKNOWN);
	assert_non_null(strstr(e.what, "gave no answer"));
	assert_int_equal(ask(more, ECHO, "x", &back, &e), EC_TEMP);
	assert_int_equal(far_share(more, &more, &e), EC_TEMP);
	assert_null(ask_often(f));
	far_stop(more);
	assert_null(ask_often(f));
	assert_int_equal(kill(far_pid(f), 0), 0);
	far_stop(f);
	no_child();
}

static void
test_shared_death(void **state)
{
	AUTO(buf) struct buf back = BUF(1000);
	struct far *f = begin(), *more = NULL, *late = NULL;
	struct err e;

	(void)state;
	assert_int_equal(far_share(f, &more, &e), EC_OK);
	assert_int_equal(ask(more, DIE, "x", &back, &e), EC_UNKNOWN);
	assert_non_null(strstr(e.what, "killed by SIGKILL"));
	no_child();
	assert_int_equal(ask(f, ECHO, "x", &back, &e), EC_TEMP);
	assert_non_null(strstr(e.what, "killed by SIGKILL"));
	assert_int_equal(far_share(f, &late, &e), EC_TEMP);
	far_stop(f);
	far_stop(more);
}

static void
test_keeps_nothing(void **state)
{
	AUTO(buf) struct buf back = BUF(1000);
	struct far *f;
	struct wire w;
	struct err e;

	(void)state;
	assert_int_equal(setenv("AWS_SECRET_ACCESS_KEY", "hunter2", 1), 0);
	assert_int_equal(setenv("HTTPS_PROXY", "http://proxy:1", 1), 0);
	assert_int_equal(dup2(STDERR_FILENO, HIGH_FD), HIGH_FD);
	f = begin();
	assert_int_equal(ask(f, LOOK, "", &back, &e), EC_OK);
	wire_open(&w, &back);
	assert_null(wire_get_text(&w));
	assert_string_equal(wire_get_text(&w), "http://proxy:1");
	assert_int_equal(wire_get(&w, 0, 1), 0);
	assert_int_equal(wire_get(&w, 0, INT32_MAX), getpid());
	assert_true(wire_done(&w));
	/* Ours is ours still. */
	assert_string_equal(getenv("AWS_SECRET_ACCESS_KEY"), "hunter2");
	assert_int_equal(close(HIGH_FD), 0);
	far_stop(f);
}

/* A Ctrl-C is for us to act upon. */
static void
test_signals(void **state)
{
	AUTO(buf) struct buf back = BUF(1000);
	struct far *f = begin();
	struct err e;

	(void)state;
	assert_int_equal(kill(far_pid(f), SIGINT), 0);
	assert_int_equal(kill(far_pid(f), SIGTERM), 0);
	assert_int_equal(kill(far_pid(f), SIGHUP), 0);
	assert_int_equal(ask(f, ECHO, "x", &back, &e), EC_OK);
	far_stop(f);
}

/* We are killed while it is at work: it must not go on by itself. */
static void
test_dies_with_us(void **state)
{
	AUTO(buf) struct buf none = BUF(10);
	struct far *f;
	struct err e;
	int p[2], pid = 0;
	pid_t us;
	char c;

	(void)state;
	/* Not close-on-exec only: it is a fork that must not hold it. */
	assert_int_equal(pipe(p), 0);
	us = fork();
	if (us == 0) {
		(void)close(p[0]);
		f = begin();
		pid = far_pid(f);
		if (write(p[1], &pid, sizeof(pid)) < 0)
			_exit(1);
		_exit(far_call(f, HANG, &none, &none, SOON_MS, &e) == EC_OK);
	}
	(void)close(p[1]);
	assert_int_equal(read(p[0], &pid, sizeof(pid)), sizeof(pid));
	assert_int_equal(kill(us, SIGKILL), 0);
	assert_int_equal(waitpid(us, NULL, 0), us);
	assert_int_equal(read(p[0], &c, 1), 0);
	(void)close(p[0]);
	(void)alarm(SOON_MS / 1000);
	while (kill(pid, 0) == 0) {
		char path[64], text[16];
		int fd;

		(void)snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || read(fd, text, sizeof(text)) <= 0)
			pid = INT32_MAX; /* a zombie of init's */
		if (fd >= 0)
			(void)close(fd);
		(void)usleep(1000);
	}
	(void)alarm(0);
}

/* The worst it can do with words: a reply that is made up. */
static void
test_lies(void **state)
{
	static far_fn *const liar[] = { [HTTP_FAR_OP] = lie };
	const struct http_request q = {
		.method = "GET", .url = "http://127.0.0.1:1/", .body_max = 100
	};
	struct confined how;
	struct far *f = NULL;
	struct net *n = NULL;
	unsigned good = 0, lost = 0;
	struct err e;

	(void)state;
	assert_int_equal(far_start(liar, 1, &f, &how, &e), EC_OK);
	assert_int_equal(net_new_far(f, NULL, &n, &e), EC_OK);
	for (int i = 0; i < 20000; i++) {
		struct http_reply r = { .status = -1 };
		const enum ec ec = http_do(n, &q, &r, &e);

		if (ec == EC_OK) {
			assert_in_range(r.status, 0, 9999);
			assert_in_range(r.body.len, 0, 100);
			http_reply_free(&r);
			good++;
		} else {
			assert_int_equal(e.ec, ec);
			assert_true(strlen(e.what) < sizeof(e.what));
			lost += ec == EC_UNKNOWN;
		}
	}
	assert_true(good > 1000);
	assert_true(lost > 1000);
	net_free(n);
	no_child();
}

static void
test_wire(void **state)
{
	AUTO(buf) struct buf b = BUF(1000);
	char small[3];
	struct wire w;
	struct err e;
	size_t n;

	(void)state;
	assert_int_equal(wire_put(&b, -7, &e), EC_OK);
	assert_int_equal(wire_put_text(&b, NULL, &e), EC_OK);
	assert_int_equal(wire_put_text(&b, "", &e), EC_OK);
	assert_int_equal(wire_put_bytes(&b, "a\0b", 3, &e), EC_OK);
	assert_int_equal(wire_put_text(&b, "long", &e), EC_OK);
	for (size_t cut = 0; cut <= b.len; cut++) {
		struct buf part = { .p = b.p, .len = cut };

		wire_open(&w, &part);
		(void)wire_get(&w, -7, -7);
		assert_null(wire_get_text(&w));
		(void)wire_get_text(&w);
		(void)wire_get_bytes(&w, &n);
		(void)wire_get_text(&w);
		assert_int_equal(wire_done(&w), cut == b.len);
	}
	wire_open(&w, &b);
	assert_int_equal(wire_get(&w, -6, 0), 0); /* out of range */
	assert_true(w.bad);
	wire_open(&w, &b);
	assert_int_equal(wire_get(&w, -7, 0), -7);
	assert_null(wire_get_text(&w));
	assert_string_equal(wire_get_text(&w), "");
	assert_null(wire_get_text(&w)); /* a NUL inside is no text */
	assert_true(w.bad);
	wire_open(&w, &b);
	(void)wire_get(&w, -7, 0);
	(void)wire_get_text(&w);
	(void)wire_get_text(&w);
	assert_memory_equal(wire_get_bytes(&w, &n), "a\0b", 4);
	assert_int_equal(n, 3);
	wire_get_into(&w, small, sizeof(small)); /* does not fit */
	assert_true(w.bad);
	assert_string_equal(small, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wire),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_deaths),
		cmocka_unit_test(test_dead_before),
		cmocka_unit_test(test_hangs),
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_shared_hang),
		cmocka_unit_test(test_shared_death),
		cmocka_unit_test(test_keeps_nothing),
		cmocka_unit_test(test_signals),
		cmocka_unit_test(test_dies_with_us),
		cmocka_unit_test(test_lies),
	};
	struct err e;

	if (secret_init(&e) != EC_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
