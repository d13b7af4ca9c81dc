/*
 * file: when things go wrong in the middle. Every system call of a
 * replacement is made to fail in its turn, with several errno; writes come
 * short; the order of the calls and the mode of the temporary are looked at.
 */
#include "file_fault.h"

/* What must hold after a fault, whatever the call. */
static void
judge(const struct world *w, enum ec ec, const struct err *e)
{
	bool in_place = ec != EC_OK && strstr(e->what, "in place") != NULL;

	if (ec != EC_OK && e->what[0] == '\0')
		print_error("no reason: %s\n", fault.name);
	assert_true(ec == EC_OK || e->what[0] != '\0');
	assert_holds(w->path, ec == EC_OK || in_place ? NEW : OLD);
	assert_int_equal(entries(w->home), 2);
	assert_int_equal(in_place && strcmp(fault.name, "fsync") != 0, 0);
	if (ec == EC_OK)
		return;
	assert_non_null(strstr(e->what, "/"));
	if (e->fix[0] == '\0')
		print_error("no remedy: %s\n", e->what);
	assert_int_not_equal(e->fix[0], '\0');
}

static const int errnos[] = { EIO, ENOSPC, EDQUOT, EROFS, EACCES, EPERM, EMFILE,
	EFBIG, EBUSY };

static void
test_every_call_fails_once(void **state)
{
	struct world *w = *state;
	size_t open_files = entries("/proc/self/fd");
	long turn = 0;
	struct err e;
	enum ec ec;

	assert_int_equal(symlink("conf", at(w, "link")), 0);
	for (size_t i = 0; i < COUNT(errnos); i++) {
		turn = 0;
		do {
			reset(w);
			arm(w, turn++, errnos[i], NULL);
			ec = attempt(at(w, "link"), true, &e);
			judge(w, ec, &e);
			assert_int_equal(entries("/proc/self/fd"), open_files);
		} while (fault.fired);
		assert_int_equal(ec, EC_OK);
	}
	assert_in_range(turn, 30, 200);
}

/* New files have steps of their own. */
static void
test_new_file_every_call(void **state)
{
	struct world *w = *state;
	struct err e;
	long turn = 0;
	enum ec ec;

	do {
		(void)unlink(w->path);
		arm(w, turn++, EIO, NULL);
		ec = attempt(w->path, true, &e);
		if (ec == EC_OK || strstr(e.what, "in place") != NULL)
			assert_holds(w->path, NEW);
		else
			assert_int_equal(entries(w->home), 0);
	} while (fault.fired);
	assert_int_equal(ec, EC_OK);
}

static void
test_short_writes(void **state)
{
	struct world *w = *state;
	struct err e;

	arm(w, -1, 0, NULL);
	fault.at_most = 3;
	assert_ec(attempt(w->path, false, &e), EC_OK, &e);
	assert_holds(w->path, NEW);
}

/* A signal in the middle of any call that may say so is no failure. */
static void
test_interrupted(void **state)
{
	struct world *w = *state;
	struct err e;
	enum ec ec;
	long turn = 0;

	do {
		reset(w);
		arm(w, turn++, EINTR, NULL);
		ec = attempt(w->path, true, &e);
		if (fault.fired &&
		    (strcmp(fault.name, "write") == 0 ||
			strcmp(fault.name, "read") == 0))
			assert_ec(ec, EC_OK, &e);
	} while (fault.fired);
}

static void
test_sync_failed_then_repeated(void **state)
{
	struct world *w = *state;
	struct err e;
	enum ec ec;
	long turn = 0;

	do {
		reset(w);
		arm(w, turn++, EIO, NULL);
		ec = attempt(w->path, true, &e);
		assert_true(fault.fired);
	} while (ec == EC_OK || strstr(e.what, "in place") == NULL);
	assert_holds(w->path, NEW);
	assert_int_equal(ec, EC_UNKNOWN);
	arm(w, -1, 0, NULL);
	assert_ec(attempt(w->path, true, &e), EC_OK, &e);
}

static char calls[4000]; /* names of the calls, in order */

static void
note(struct world *w)
{
	size_t n = strlen(calls);

	(void)w;
	(void)snprintf(calls + n, sizeof(calls) - n, "%s ", fault.name);
}

/* content, metadata, fsync, rename, fsync: each durable before the next. */
static void
test_order_on_disk(void **state)
{
	struct world *w = *state;
	const char *s;
	struct err e;
	long turn = 0;

	calls[0] = '\0';
	reset(w);
	do {
		put(w->path, OLD, 0640);
		arm(w, turn++, 0, note);
		assert_ec(attempt(w->path, false, &e), EC_OK, &e);
	} while (fault.fired);
	s = strstr(calls, "write ");
	assert_non_null(s);
	/* Only root's file was another's, see reset(). */
	s = is_root() ? strstr(s, "fchown ") : s;
	assert_non_null(s);
	s = strstr(s, "fsetxattr ");
	assert_non_null(s);
	s = strstr(s, "fchmod ");
	assert_non_null(s);
	s = strstr(s, "fsync ");
	assert_non_null(s);
	assert_null(strstr(s, "write "));
	s = strstr(s, "renameat2 fsync ");
	assert_non_null(s);
	assert_int_equal(strlen(s), strlen("renameat2 fsync "));
}

static mode_t widest;
static bool seen;

/* Looks at what lies beside conf, as somebody else could. */
static void
look(struct world *w)
{
	DIR *d = opendir(w->home);
	const struct dirent *n;
	struct stat st;

	while ((n = readdir(d)) != NULL) {
		if (strncmp(n->d_name, ".rotate-", 8) != 0)
			continue;
		assert_int_equal(
		    fstatat(dirfd(d), n->d_name, &st, AT_SYMLINK_NOFOLLOW), 0);
		widest |= st.st_mode & 0777;
		seen = true;
		/* Nothing to be seen by others before it is all there. */
		if (st.st_mode & 077)
			assert_int_equal(st.st_size, strlen(NEW));
	}
	(void)closedir(d);
}

static void
test_temporary_never_wider(void **state)
{
	struct world *w = *state;
	struct err e;
	long turn = 0;

	do {
		reset(w);
		arm(w, turn++, 0, look);
		assert_ec(attempt(w->path, false, &e), EC_OK, &e);
	} while (fault.fired);
	assert_true(seen);
	assert_int_equal(widest, 0640);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, world_make, fault_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_every_call_fails_once),
		TEST(test_new_file_every_call),
		TEST(test_short_writes),
		TEST(test_interrupted),
		TEST(test_sync_failed_then_repeated),
		TEST(test_order_on_disk),
		TEST(test_temporary_never_wider),
	};

	return cmocka_run_group_tests(tests, private_mounts, NULL);
}
