/*
 * The small decisions of the writer that a whole replacement does not show
 * (tests/mutants): are two files one, and is a name on the disk.
 */
#include "file_fault.h"

static void
open_it(struct world *w, const char *name, struct file **ret)
{
	struct err e;

	assert_int_equal(
	    file_open(at(w, name), FILE_MAY_BE_ABSENT, ret, &e), EC_OK);
}

/* By device and number where there is one; else by directory and name. */
static void
test_same(void **state)
{
	static const struct {
		const char *a, *b;
		bool same;
	} rows[] = {
		{ "conf", "conf", true },
		{ "conf", "link", true },
		{ "conf", "other", false },
		{ "conf", "none", false },
		{ "none", "conf", false },
		{ "none", "none", true },
		{ "none", "nil", false },
		{ "none", "sub/none", false },
		{ "sub/none", "sub/none", true },
	};
	struct world *w = *state;
	char link[PATH_MAX];

	put(at(w, "other"), OLD, 0600);
	(void)snprintf(link, sizeof(link), "%s", at(w, "link"));
	assert_int_equal(symlink(w->path, link), 0);
	assert_int_equal(mkdir(at(w, "sub"), 0700), 0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(pinned) struct file *a = NULL;
		AUTO(pinned) struct file *b = NULL;

		open_it(w, rows[i].a, &a);
		open_it(w, rows[i].b, &b);
		assert_int_equal(file_same(a, b), rows[i].same);
		assert_int_equal(file_same(b, a), rows[i].same);
	}
}

/* Each call of it that can fail is noticed; the sync among them. */
static void
test_sync_parent(void **state)
{
	struct world *w = *state;
	bool synced = false, fired = true;
	struct err e;

	for (long turn = 0; fired; turn++) {
		enum ec ec;

		arm(w, turn, EIO, NULL);
		ec = file_sync_parent(w->path, &e);
		fault.armed = false;
		fired = fault.fired;
		if (!fired)
			assert_int_equal(ec, EC_OK);
		else if (strcmp(fault.name, "fsync") == 0) {
			synced = true;
			assert_int_equal(ec, EC_IO);
			assert_non_null(strstr(e.what, "sync its directory"));
		}
	}
	assert_true(synced);
}

/* A file system that cannot sync a directory says EINVAL. */
static void
test_sync_where_there_is_none(void **state)
{
	struct world *w = *state;
	bool synced = false, fired = true;
	struct err e;

	for (long turn = 0; fired && !synced; turn++) {
		enum ec ec;

		arm(w, turn, EINVAL, NULL);
		ec = file_sync_parent(w->path, &e);
		fault.armed = false;
		fired = fault.fired;
		if (fired && strcmp(fault.name, "fsync") == 0) {
			synced = true;
			assert_int_equal(ec, EC_OK);
		}
	}
	assert_true(synced);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, world_make, fault_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_same),
		TEST(test_sync_parent),
		TEST(test_sync_where_there_is_none),
	};

	return cmocka_run_group_tests(tests, private_mounts, NULL);
}
