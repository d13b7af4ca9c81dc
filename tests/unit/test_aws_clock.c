/* aws_clock: which replies tell the time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail /* ours is in base/err.h */

#include "sigv4/aws_p.h"

static void
test_skew_of_cache(void **state)
{
	struct aws a = { .skew = 7 };
	struct http_reply r = {
		.date = 9999999, .aged = true, .sent = 1, .got = 2
	};

	(void)state;
	aws_clock_see(&a, &r);
	assert_int_equal(a.skew, 7);
	r.aged = false;
	r.got = INT64_C(16) * 60 * 1000;
	aws_clock_see(&a, &r);
	assert_int_equal(a.skew, 7);
	r.got = 3;
	aws_clock_see(&a, &r);
	assert_int_equal(a.skew, 9999997);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_skew_of_cache),
	};

	return cmocka_run_group_tests_name("aws_clock", tests, NULL, NULL);
}
