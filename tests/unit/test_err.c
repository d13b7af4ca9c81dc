/* err: classes, texts, remedies, and that nothing overflows. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#undef fail /* ours is in base/err.h */

#include "base/auto.h"
#include "base/err.h"

static void
test_fail(void **state)
{
	struct err e;

	(void)state;
	errno = ENOSPC;
	assert_int_equal(fail(&e, EC_CONFIG, "x.yaml:%d", 3), EC_CONFIG);
	assert_string_equal(e.what, "x.yaml:3");
	assert_string_equal(e.fix, "");
	assert_int_equal(e.sys, 0);
	errno = ENOSPC;
	assert_int_equal(fail(&e, EC_IO, "f"), EC_IO);
	assert_string_equal(e.what, "f: No space left on device");
	assert_int_equal(e.sys, ENOSPC);
}

static void
test_fail_forgets_old_fix(void **state)
{
	struct err e;

	(void)state;
	(void)fail(&e, EC_CONFIG, "a");
	assert_int_equal(fix(&e, "type %s", "b"), EC_CONFIG);
	assert_string_equal(e.fix, "type b");
	(void)fail(&e, EC_USAGE, "c");
	assert_string_equal(e.fix, "");
}

static const struct {
	int sys;
	enum ec ec;
} classes[] = {
	{ EACCES, EC_DENIED },
	{ EPERM, EC_DENIED },
	{ EROFS, EC_DENIED },
	{ ENOENT, EC_GONE },
	{ ENOMEM, EC_NOMEM },
	{ ENOSPC, EC_IO },
	{ EIO, EC_IO },
};

static void
test_fail_sys(void **state)
{
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(classes); i++) {
		errno = classes[i].sys;
		assert_int_equal(fail_sys(&e, "/p"), classes[i].ec);
		assert_int_equal(e.ec, classes[i].ec);
		assert_int_equal(e.sys, classes[i].sys);
		assert_non_null(strstr(e.what, strerrordesc_np(e.sys)));
	}
}

static void
test_prefix(void **state)
{
	struct err e;

	(void)state;
	(void)fail(&e, EC_TEMP, "time-out");
	(void)fix(&e, "wait");
	assert_int_equal(err_prefix(&e, "host:%d", 25), EC_TEMP);
	assert_string_equal(e.what, "host:25: time-out");
	assert_string_equal(e.fix, "wait");
}

static void
test_long_texts_are_cut(void **state)
{
	char s[2 * ERR_WHAT_MAX];
	struct err e;

	(void)state;
	memset(s, 'x', sizeof(s) - 1);
	s[sizeof(s) - 1] = '\0';
	errno = EIO;
	(void)fail(&e, EC_IO, "%s", s);
	assert_int_equal(strlen(e.what), ERR_WHAT_MAX - 1);
	(void)fix(&e, "%s", s);
	assert_int_equal(strlen(e.fix), ERR_FIX_MAX - 1);
	(void)err_prefix(&e, "front");
	assert_int_equal(strlen(e.what), ERR_WHAT_MAX - 1);
	assert_memory_equal(e.what, "front: xxx", 10);
	(void)err_prefix(&e, "%s", s);
	assert_int_equal(strlen(e.what), ERR_WHAT_MAX - 1);
}

static void
test_names(void **state)
{
	(void)state;
	for (unsigned a = 0; a < EC__MAX; a++)
		for (unsigned b = 0; b < a; b++)
			assert_string_not_equal(
			    ec_name((enum ec)a), ec_name((enum ec)b));
	assert_string_equal(ec_name(EC__MAX), "?");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fail),
		cmocka_unit_test(test_fail_forgets_old_fix),
		cmocka_unit_test(test_fail_sys),
		cmocka_unit_test(test_prefix),
		cmocka_unit_test(test_long_texts_are_cut),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
