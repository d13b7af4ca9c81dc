/*
 * store_home: a first run that was killed before its last name was synced.
 * Whoever comes second syncs it, and says so when that fails; file systems
 * that cannot sync a directory are none of its faults.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#undef fail /* ours is in base/err.h */

#include "store_world.h"

static int sync_errno; /* 0: it is done */
static unsigned synced;

/* For the whole process, instead of the C library's. */
int
fsync(int fd)
{
	struct stat st;

	if (fstat(fd, &st) != 0 || !S_ISDIR(st.st_mode))
		return fdatasync(fd);
	synced++;
	errno = sync_errno;
	return sync_errno == 0 ? 0 : -1;
}

static void
test_second(void **state)
{
	static const struct {
		int says;
		enum ec want;
	} rows[] = { { EIO, EC_IO }, { EINVAL, EC_OK }, { EROFS, EC_OK },
		{ 0, EC_OK } };
	const struct conform *c = *state;
	char reserve[PATH_MAX];
	struct err e;

	(void)snprintf(reserve, sizeof(reserve), "%.4000s/spare", c->place);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct store s = { .ctx = NULL };

		sync_errno = 0;
		assert_int_equal(c->open(c, &s, &e), EC_OK);
		s.close(s.ctx);
		assert_int_equal(unlink(reserve), 0);
		sync_errno = rows[i].says;
		synced = 0;
		s.ctx = NULL;
		assert_int_equal(c->open(c, &s, &e), rows[i].want);
		assert_true(synced > 0);
		if (rows[i].want == EC_OK)
			s.close(s.ctx);
		else
			assert_non_null(strstr(e.what, "sync"));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    test_second, world_make, world_end),
	};
	struct err e;

	if (secret_init(&e) != EC_OK)
		return 1;
	return cmocka_run_group_tests_name(
	    "the home of a store", tests, NULL, NULL);
}
