/* run: what comes back, and that nothing hangs, floods or outlives us. */
#include "run_world.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>

#include "base/clock.h"

#define MEGA ((size_t)1024 * 1024)

static void
test_exit_codes(void **state)
{
	struct run r = { .argv = NULL };
	struct err e;

	(void)state;
	assert_int_equal(sh(&r, "exit 0", &e), EC_OK);
	assert_int_equal(r.status, 0);
	assert_int_equal(sh(&r, "echo hunter2; exit 3", &e), EC_CLIENT);
	assert_int_equal(r.status, 3);
	assert_string_equal(e.what, "sh: exit code 3");
	assert_int_equal(sh(&r, "kill -TERM $$", &e), EC_CLIENT);
	assert_int_equal(r.status, 128 + SIGTERM);
	assert_string_equal(e.what, "sh: killed by signal 15 (SIGTERM)");
}

static void
test_output(void **state)
{
	AUTO(buf) struct buf out = BUF(100);
	AUTO(buf) struct buf err = BUF(100);
	struct run r = { .out = &out, .errout = &err };
	struct err e;

	(void)state;
	assert_int_equal(
	    sh(&r, "echo one; echo two >&2; exit 7", &e), EC_CLIENT);
	assert_string_equal(buf_str(&out), "one\n");
	assert_string_equal(buf_str(&err), "two\n");
	assert_null(strstr(e.what, "one"));
	assert_null(strstr(e.what, "two"));
}

/* Output written right before the exit is not lost. */
static void
test_last_words(void **state)
{
	struct run r = { .argv = NULL };
	struct err e;

	(void)state;
	for (int i = 0; i < 20; i++) {
		AUTO(buf) struct buf out = BUF(65536);

		r.out = &out;
		assert_int_equal(
		    sh(&r, "exec head -c 60000 /dev/zero", &e), EC_OK);
		assert_int_equal(out.len, 60000);
	}
}

static void
test_argv_not_shell(void **state)
{
	const char *const argv[] = { "/bin/echo", "$HOME;", "`id`", "*", NULL };
	AUTO(buf) struct buf out = BUF(100);
	struct run r = { .argv = argv, .out = &out };
	struct err e;

	(void)state;
	assert_int_equal(run(&r, &e), EC_OK);
	assert_string_equal(buf_str(&out), "$HOME; `id` *\n");
}

static void
test_flood(void **state)
{
	AUTO(buf) struct buf out = BUF(10000);
	struct run r = { .out = &out };
	struct err e;
	int64_t began = clock_mono();

	(void)state;
	assert_int_equal(sh(&r, "exec yes", &e), EC_TEMP);
	assert_true(clock_mono() - began < SOON_MS);
	assert_true(out.len <= 10000);
	assert_string_equal(
	    e.what, "sh: more than 10000 bytes of output, killed");
}

/* A cap that is met exactly is not exceeded. */
static void
test_full(void **state)
{
	AUTO(buf) struct buf out = BUF(5);
	struct run r = { .out = &out };
	struct err e;

	(void)state;
	assert_int_equal(sh(&r, "printf 12345", &e), EC_OK);
	assert_string_equal(buf_str(&out), "12345");
	buf_cut(&out, 0);
	assert_int_equal(sh(&r, "printf 123456", &e), EC_TEMP);
}

static void
test_stderr_first_bytes(void **state)
{
	AUTO(buf) struct buf err = BUF(8);
	struct run r = { .errout = &err };
	struct err e;

	(void)state;
	assert_int_equal(
	    sh(&r, "echo first >&2; yes | head -c 300000 >&2", &e), EC_OK);
	assert_string_equal(buf_str(&err), "first\ny\n");
}

/* A child that writes to a stream nobody wants is not stopped by it. */
static void
test_dropped(void **state)
{
	struct run r = { .argv = NULL };
	struct err e;

	(void)state;
	assert_int_equal(
	    sh(&r, "yes | head -c 300000; yes | head -c 300000 >&2", &e),
	    EC_OK);
}

static void
fill(struct buf *b, size_t n)
{
	struct err e;

	for (size_t i = 0; i < n; i++) {
		char c = (char)(i % 251);

		assert_int_equal(buf_add(b, &c, 1, &e), EC_OK);
	}
}

static void
test_megabyte(void **state)
{
	AUTO(buf) struct buf in = BUF(MEGA);
	AUTO(buf) struct buf out = BUF(MEGA);
	AUTO(buf) struct buf small = BUF(MEGA - 1);
	struct run r = { .in = &in, .out = &out };
	struct err e;

	(void)state;
	fill(&in, MEGA);
	assert_int_equal(sh(&r, "exec cat", &e), EC_OK);
	assert_int_equal(out.len, MEGA);
	assert_memory_equal(out.p, in.p, MEGA);
	r.out = &small;
	assert_int_equal(sh(&r, "exec cat", &e), EC_TEMP);
}

/* No input, and empty input, both end at once. */
static void
test_stdin_ends(void **state)
{
	AUTO(buf) struct buf in = BUF(1);
	struct run r = { .in = &in };
	struct err e;

	(void)state;
	assert_int_equal(sh(&r, "exec cat", &e), EC_OK);
	r.in = NULL;
	assert_int_equal(sh(&r, "exec cat", &e), EC_OK);
}

static void
test_stdin_ignored(void **state)
{
	AUTO(buf) struct buf in = BUF(MEGA);
	AUTO(buf) struct buf out = BUF(100);
	struct run r = { .in = &in, .out = &out };
	struct err e;

	(void)state;
	fill(&in, MEGA);
	(void)signal(SIGPIPE, SIG_DFL);
	assert_int_equal(sh(&r, "exit 0", &e), EC_OK);
	/* Closed while it runs on: the write fails, not the run. */
	assert_int_equal(sh(&r, "exec <&-; sleep 0.1; echo alive", &e), EC_OK);
	assert_string_equal(buf_str(&out), "alive\n");
	assert_true(signal(SIGPIPE, SIG_DFL) == SIG_DFL);
}

static void
test_timeout_kills_group(void **state)
{
	AUTO(fd) int fifo = open_fifo("alive");
	struct run r = { .timeout_ms = 1500 };
	struct err e;

	(void)state;
	assert_int_equal(
	    sh(&r, "exec 3>alive; (printf g >&3; exec sleep 600) & sleep 600",
		&e),
	    EC_TEMP);
	assert_string_equal(e.what, "sh: still running after 1.5 s, killed");
	assert_true(e.fix[0] != '\0');
	assert_int_equal(next_byte(fifo), 'g');
	assert_int_equal(next_byte(fifo), 0);
}

/* So does a child that cannot be asked to stop. */
static void
test_timeout_stubborn(void **state)
{
	struct run r = { .timeout_ms = 300 };
	struct err e;
	int64_t began = clock_mono();

	(void)state;
	assert_int_equal(
	    sh(&r, "trap '' TERM INT HUP; kill -STOP $$", &e), EC_TEMP);
	assert_true(clock_mono() - began >= 300);
	assert_true(clock_mono() - began < SOON_MS);
}

/* A reload command may leave a daemon behind, which holds our pipe. */
static void
test_daemon_is_left(void **state)
{
	AUTO(buf) struct buf out = BUF(100);
	struct run r = { .out = &out };
	struct err e;
	int64_t began = clock_mono();
	long pid;

	(void)state;
	assert_int_equal(sh(&r, "sleep 600 & echo $!", &e), EC_OK);
	assert_true(clock_mono() - began < SOON_MS);
	pid = strtol(buf_str(&out), NULL, 10);
	assert_true(pid > 1);
	assert_int_equal(kill((pid_t)pid, SIGKILL), 0);
}

/* Nor may it keep us by talking on and on. */
static void
test_daemon_talks(void **state)
{
	AUTO(buf) struct buf err = BUF(100);
	struct run r = { .errout = &err, .timeout_ms = SOON_MS };
	struct err e;

	(void)state;
	for (int i = 0; i < 5; i++)
		assert_int_equal(sh(&r, "yes >&2 & exit 0", &e), EC_OK);
}

static void
on_alarm(int sig)
{
	(void)sig;
}

static void
test_signals_to_us(void **state)
{
	const struct sigaction act = { .sa_handler = on_alarm };
	const struct itimerval often = { { 0, 3000 }, { 0, 3000 } };
	const struct itimerval never = { { 0, 0 }, { 0, 0 } };
	AUTO(buf) struct buf out = BUF(100);
	struct run r = { .out = &out };
	struct err e;
	enum ec ec;

	(void)state;
	assert_int_equal(sigaction(SIGALRM, &act, NULL), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
	ec = sh(&r, "sleep 0.3; echo done", &e);
	assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
	assert_int_equal(ec, EC_OK);
	assert_string_equal(buf_str(&out), "done\n");
}

static void
test_sigchld_ignored(void **state)
{
	struct run r = { .argv = NULL };
	struct err e;
	enum ec ec;

	(void)state;
	(void)signal(SIGCHLD, SIG_IGN);
	ec = sh(&r, "exit 4", &e);
	assert_true(signal(SIGCHLD, SIG_DFL) == SIG_IGN);
	assert_int_equal(ec, EC_CLIENT);
	assert_int_equal(r.status, 4);
}

/* From here on pidfd_open(2) does not exist, as under old supervisors. */
static void
forbid_pidfd(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_pidfd_open, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog prog = { COUNT(code), code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) != 0)
		_exit(100);
}

static int
run_without_pidfd(void)
{
	AUTO(buf) struct buf out = BUF(65536);
	struct run r = { .timeout_ms = (int64_t)2 * SOON_MS };
	int64_t began = clock_mono();
	struct err e;

	forbid_pidfd();
	/* No pipe either that would end with it. */
	if (sh(&r, "sleep 0.1; exit 5", &e) != EC_CLIENT || r.status != 5 ||
	    clock_mono() - began > SOON_MS)
		return 4;
	r.out = &out;
	if (sh(&r, "head -c 60000 /dev/zero; sleep 0.1; exit 9", &e) !=
		EC_CLIENT ||
	    r.status != 9 || out.len != 60000)
		return 1;
	r.timeout_ms = 200;
	if (sh(&r, "exec sleep 600", &e) != EC_TEMP)
		return 2;
	return waitpid(-1, NULL, 0) == -1 ? 0 : 3;
}

static void
test_without_pidfd(void **state)
{
	pid_t pid = fork();
	int code = -1;

	(void)state;
	if (pid == 0)
		_exit(run_without_pidfd());
	assert_int_equal(waitpid(pid, &code, 0), pid);
	assert_int_equal(code, 0);
}

static void
test_run_argv(void **state)
{
	const char *const good[] = { "true", NULL };
	const char *const bad[] = { "false", NULL };
	const char *const none[] = { NULL };
	struct err e;

	(void)state;
	assert_int_equal(run_argv(good, 0, &e), EC_OK);
	assert_int_equal(run_argv(bad, 0, &e), EC_CLIENT);
	assert_int_equal(run_argv(none, 0, &e), EC_BUG);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_exit_codes),
		T(test_output),
		T(test_last_words),
		T(test_argv_not_shell),
		T(test_flood),
		T(test_full),
		T(test_stderr_first_bytes),
		T(test_dropped),
		T(test_megabyte),
		T(test_stdin_ends),
		T(test_stdin_ignored),
		T(test_timeout_kills_group),
		T(test_timeout_stubborn),
		T(test_daemon_is_left),
		T(test_daemon_talks),
		T(test_signals_to_us),
		T(test_sigchld_ignored),
		T(test_without_pidfd),
		T(test_run_argv),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
