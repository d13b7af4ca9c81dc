/* spawn: what a child finds at its start, and why one may not start at all. */
#include "run_world.h"

#include <stdbool.h>
#include <sys/resource.h>

#define FEW 64 /* descriptors */
#define PATH_LINE                                                              \
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"

static void
make_file(const char *name, const char *text, mode_t mode)
{
	char path[128];
	FILE *f = fopen(at(name, path), "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, mode), 0);
}

/* program, or a name in our directory behind '@'; dir likewise. */
static const struct refusal {
	const char *program, *dir, *what, *fix;
} refusals[] = {
	{ "no-such-program-here", NULL, "no such program", "absolute path" },
	{ "bin/true", NULL, "not an absolute path", "root" },
	{ "./true", NULL, "not an absolute path", "root" },
	{ "/nonexistent/true", NULL, "cannot be executed: No such file",
	    "exists" },
	{ "@plain", NULL, "cannot be executed: Permission denied", "chmod" },
	{ "@", NULL, "cannot be executed: Permission denied", "chmod" },
	{ "@headless", NULL, "cannot be executed: Exec format error", "#!" },
	{ "@orphan", NULL, "cannot be executed: No such file", "interpreter" },
	{ "true", "@none", "none: cannot enter the working directory: No such",
	    "make the directory" },
};

static const char *
place(const char *name, char ret[128])
{
	return name != NULL && name[0] == '@' ? at(name + 1, ret) : name;
}

/* Valgrind 3.19 dies instead of letting execve() fail that way. */
static bool
cannot_try(const struct refusal *f)
{
	const char *preload = getenv("LD_PRELOAD");

	return preload != NULL && strstr(preload, "vgpreload") != NULL &&
	    strcmp(f->program, "@orphan") == 0;
}

static void
test_refusals(void **state)
{
	(void)state;
	make_file("plain", "#!/bin/sh\n", 0644);
	make_file("headless", "exit 0\n", 0755);
	make_file("orphan", "#!/nonexistent/sh\n", 0755);
	for (size_t i = 0; i < COUNT(refusals); i++) {
		const struct refusal *f = &refusals[i];
		char program[128], dir[128];
		const char *const argv[] = { place(f->program, program), NULL };
		struct run r = { .argv = argv, .dir = place(f->dir, dir) };
		struct err e;

		if (cannot_try(f))
			continue;
		assert_int_equal(run(&r, &e), EC_CONFIG);
		assert_non_null(strstr(e.what, f->what));
		assert_non_null(strstr(e.fix, f->fix));
		assert_int_equal(r.status, -1);
	}
}

/* Out of descriptors: an error of ours, and the next run works. */
static void
test_no_descriptors(void **state)
{
	AUTO(buf) struct buf out = BUF(10);
	struct run r = { .out = &out };
	struct rlimit was;
	int fds[FEW];
	size_t n = 0;
	struct err e;
	enum ec ec;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
	assert_int_equal(
	    setrlimit(RLIMIT_NOFILE, &(struct rlimit){ FEW, was.rlim_max }), 0);
	while (n < COUNT(fds) && (fds[n] = dup(2)) >= 0)
		n++;
	assert_true(n > 8 && n < FEW);
	/* From none free to as many as are needed: each call fails once. */
	for (ec = EC_IO; n > 0 && ec != EC_OK; (void)close(fds[--n])) {
		ec = sh(&r, "exit 0", &e);
		assert_true(ec == EC_OK || ec == EC_IO);
	}
	assert_int_equal(ec, EC_OK);
	while (n > 0)
		(void)close(fds[--n]);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
}

static void
test_environment(void **state)
{
	const char *const argv[] = { "env", NULL };
	const char *const extra[] = { "HOST=mail", "LANG=de_DE.UTF-8",
		"PATHS=x", "PAT=y", NULL };
	AUTO(buf) struct buf out = BUF(1000);
	struct run r = { .argv = argv, .out = &out };
	struct err e;

	(void)state;
	assert_int_equal(setenv("AWS_SECRET_ACCESS_KEY", "canary", 1), 0);
	assert_int_equal(setenv("LD_PRELOAD", "", 1), 0);
	assert_int_equal(run(&r, &e), EC_OK);
	assert_string_equal(buf_str(&out), PATH_LINE "LANG=C.UTF-8\n");
	buf_cut(&out, 0);
	r.env = extra;
	assert_int_equal(run(&r, &e), EC_OK);
	assert_string_equal(buf_str(&out),
	    "HOST=mail\nLANG=de_DE.UTF-8\nPATHS=x\nPAT=y\n" PATH_LINE);
}

/* 3 is the directory that ls itself has open. */
static void
test_descriptors(void **state)
{
	const char *const argv[] = { "ls", "/proc/self/fd", NULL };
	AUTO(buf) struct buf in = BUF(10);
	AUTO(buf) struct buf out = BUF(1000);
	AUTO(buf) struct buf err = BUF(1000);
	struct run r = { .argv = argv, .out = &out };
	int far = fcntl(STDERR_FILENO, F_DUPFD, 700);
	int near = dup(STDERR_FILENO);
	struct err e;

	(void)state;
	assert_int_equal(run(&r, &e), EC_OK);
	assert_string_equal(buf_str(&out), "0\n1\n2\n3\n");
	buf_cut(&out, 0);
	r.in = &in;
	r.errout = &err;
	assert_int_equal(run(&r, &e), EC_OK);
	assert_string_equal(buf_str(&out), "0\n1\n2\n3\n");
	(void)close(far);
	(void)close(near);
}

/* Our starter may have closed 0, 1 and 2. */
static int
bare_run(void)
{
	AUTO(buf) struct buf in = BUF(10);
	AUTO(buf) struct buf out = BUF(10);
	AUTO(buf) struct buf err = BUF(10);
	struct run r = { .in = &in, .out = &out, .errout = &err };
	struct err e;

	for (int i = 0; i <= STDERR_FILENO; i++)
		(void)close(i);
	if (buf_adds(&in, "hello", &e) != EC_OK ||
	    sh(&r, "cat; echo two >&2", &e) != EC_OK)
		return 1;
	return strcmp(buf_str(&out), "hello") != 0 ||
	    strcmp(buf_str(&err), "two\n") != 0;
}

static void
test_closed_standards(void **state)
{
	pid_t pid = fork();
	int code = -1;

	(void)state;
	if (pid == 0)
		_exit(bare_run());
	assert_int_equal(waitpid(pid, &code, 0), pid);
	assert_int_equal(code, 0);
}

/* The mask behind name, without the two signals that glibc keeps to itself:
 * make's posix_spawn leaves them ignored, and no sigaction can change that. */
static unsigned long long
mask_of(const struct buf *status, const char *name)
{
	const unsigned long long glibc = 3ULL << 31;
	const char *at = strstr(buf_str(status), name);

	assert_non_null(at);
	return strtoull(at + strlen(name), NULL, 16) & ~glibc;
}

static void
test_signals_reset(void **state)
{
	const char *const argv[] = { "grep", "-E", "^Sig(Blk|Ign|Cgt)",
		"/proc/self/status", NULL };
	AUTO(buf) struct buf out = BUF(1000);
	struct run r = { .argv = argv, .out = &out };
	sigset_t usr, was;
	struct err e;

	(void)state;
	(void)sigemptyset(&usr);
	(void)sigaddset(&usr, SIGUSR1);
	assert_int_equal(sigprocmask(SIG_BLOCK, &usr, &was), 0);
	(void)signal(SIGHUP, SIG_IGN);
	assert_int_equal(run(&r, &e), EC_OK);
	(void)signal(SIGHUP, SIG_DFL);
	assert_int_equal(sigprocmask(SIG_SETMASK, &was, &usr), 0);
	assert_true(mask_of(&out, "SigBlk:") == 0);
	assert_true(mask_of(&out, "SigIgn:") == 0);
	/* Ours are as they were. */
	assert_true(sigismember(&usr, SIGUSR1));
	assert_false(sigismember(&usr, SIGTERM));
}

/* The leader of a session and group of its own, without a terminal. */
static void
test_session(void **state)
{
	AUTO(buf) struct buf out = BUF(1000);
	struct run r = { .out = &out };
	long pid, group, session, tty;
	char *p;
	struct err e;

	(void)state;
	assert_int_equal(
	    sh(&r, "set -- $(cat /proc/$$/stat); echo $$ $5 $6 $7", &e), EC_OK);
	p = out.p;
	pid = strtol(p, &p, 10);
	group = strtol(p, &p, 10);
	session = strtol(p, &p, 10);
	tty = strtol(p, &p, 10);
	assert_true(pid > 1);
	assert_int_equal(group, pid);
	assert_int_equal(session, pid);
	assert_int_equal(tty, 0);
}

static void
test_directory(void **state)
{
	const char *const argv[] = { "pwd", NULL };
	AUTO(buf) struct buf out = BUF(1000);
	struct run r = { .argv = argv, .out = &out };
	struct err e;

	(void)state;
	assert_int_equal(run(&r, &e), EC_OK);
	assert_string_equal(buf_str(&out), "/\n");
	buf_cut(&out, 0);
	r.dir = world;
	assert_int_equal(run(&r, &e), EC_OK);
	assert_int_equal(strncmp(buf_str(&out), world, strlen(world)), 0);
}

/* We are killed: the child goes too, though nobody can kill it for us. */
static void
test_dies_with_us(void **state)
{
	AUTO(fd) int fifo = open_fifo("alive");
	struct run r = { .argv = NULL };
	struct err e;
	pid_t pid = fork();

	(void)state;
	if (pid == 0)
		_exit(sh(&r, "exec 3>alive; printf g >&3; exec sleep 600",
			  &e) == EC_OK);
	assert_int_equal(next_byte(fifo), 'g');
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(next_byte(fifo), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_refusals),
		T(test_no_descriptors),
		T(test_environment),
		T(test_descriptors),
		T(test_closed_standards),
		T(test_signals_reset),
		T(test_session),
		T(test_directory),
		T(test_dies_with_us),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
