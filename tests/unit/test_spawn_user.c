/* run: a program as somebody else, with nothing left of what we may do. */
#include "run_world.h"

#include <grp.h>

#define WHO "id -u; id -g; id -G; grep -o 'NoNewPrivs.*' /proc/self/status"

static enum ec
sh_as(const char *user, const char *script, struct buf *out, struct err *e)
{
	const char *const argv[] = { "sh", "-c", script, NULL };
	struct run r = {
		.argv = argv, .out = out, .user = user, .timeout_ms = SOON_MS
	};

	return run(&r, e);
}

static void
needs_root(void)
{
	const gid_t ours[] = { 4242, 4243 };

	if (geteuid() != 0)
		skip();
	assert_int_equal(setgroups(2, ours), 0);
}

static void
test_other(void **state)
{
	static const struct {
		const char *user, *want;
	} rows[] = {
		{ "nobody", "65534\n65534\n65534\nNoNewPrivs:\t1\n" },
		{ "65123", "65123\n65123\n65123\nNoNewPrivs:\t1\n" },
		{ NULL, "0\n0\n0 4242 4243\nNoNewPrivs:\t0\n" },
	};
	struct err e;

	(void)state;
	needs_root();
	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(buf) struct buf out = BUF(1000);

		assert_int_equal(sh_as(rows[i].user, WHO, &out, &e), EC_OK);
		assert_string_equal(buf_str(&out), rows[i].want);
	}
}

/* There is no way back, not even with what was root's own. */
static void
test_no_way_back(void **state)
{
	struct err e;

	(void)state;
	needs_root();
	assert_int_equal(
	    sh_as("nobody", "cat /etc/shadow >/dev/null 2>&1", NULL, &e),
	    EC_CLIENT);
	assert_int_equal(sh_as("nobody",
			     "exec perl -e '$< = 0; $> = 0; "
			     "exit($> == 0 ? 0 : 9)'",
			     NULL, &e),
	    EC_CLIENT);
	assert_non_null(strstr(e.what, "exit code 9"));
}

static void
test_no_such(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(sh_as("no-such-user", "exit 0", NULL, &e), EC_CONFIG);
	assert_string_equal(e.what, "user: there is no no-such-user");
	/* Not a number that means "leave it as it is". */
	assert_int_equal(sh_as("4294967295", "exit 0", NULL, &e), EC_CONFIG);
	assert_int_equal(sh_as("-1", "exit 0", NULL, &e), EC_CONFIG);
	assert_int_equal(sh_as("", "exit 0", NULL, &e), EC_CONFIG);
}

/* Each in a process of its own: there is no way back for us either. */
static int
as_65123(const char *user, enum ec want)
{
	const pid_t pid = fork();
	int how = 0;
	struct err e;

	if (pid == 0) {
		if (setgroups(0, NULL) != 0 || setresuid(65123, 65123, 65123))
			_exit(2);
		_exit(sh_as(user, "exit 0", NULL, &e) == want ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &how, 0), pid);
	return how;
}

static void
test_not_root(void **state)
{
	(void)state;
	needs_root();
	assert_int_equal(as_65123("nobody", EC_CONFIG), 0);
	assert_int_equal(as_65123("0", EC_CONFIG), 0);
	assert_int_equal(as_65123("65123", EC_OK), 0);
	assert_int_equal(as_65123(NULL, EC_OK), 0);
}

/* A change of user makes the kernel forget that it is to die with us. */
static void
test_dies_with_us(void **state)
{
	char script[400], path[100];
	struct stat st = { .st_size = 0 };
	FILE *f;
	pid_t pid, program = 0;
	struct err e;

	(void)state;
	needs_root();
	assert_int_equal(chmod(world, 0777), 0);
	(void)snprintf(path, sizeof(path), "%s/pid", world);
	(void)snprintf(script, sizeof(script),
	    "echo $$ >%s.new; mv %s.new %s; exec sleep 1000", path, path, path);
	pid = fork();
	if (pid == 0)
		_exit(sh_as("nobody", script, NULL, &e) == EC_OK);
	while (stat(path, &st) != 0)
		(void)usleep(1000);
	f = fopen(path, "r");
	assert_non_null(f);
	assert_int_equal(fscanf(f, "%d", &program), 1);
	(void)fclose(f);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(kill(program, 0), 0);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	(void)alarm(SOON_MS / 1000);
	(void)snprintf(path, sizeof(path), "/proc/%d/cmdline", program);
	for (ssize_t n = 1; n > 0; (void)usleep(1000)) {
		/* Empty: a zombie that init has not met yet. */
		AUTO(fd) int fd = open(path, O_RDONLY | O_CLOEXEC);

		n = fd >= 0 ? read(fd, script, sizeof(script)) : 0;
	}
	(void)alarm(0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_other),
		T(test_no_way_back),
		T(test_no_such),
		T(test_not_root),
		T(test_dies_with_us),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
