/* aws_clock: which replies tell the time, and how long a wait may be. */
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

static void
test_delay(void **state)
{
	int64_t d, high = 0;

	(void)state;
	for (int n = 1; n < 40; n++) {
		d = aws_clock_delay(n, -1);
		assert_true(d >= 0 && d <= 20000);
		if (n == 1)
			assert_true(d <= 1000);
		if (d > high)
			high = d;
	}
	assert_true(high > 2000);
	assert_int_equal(aws_clock_delay(1, 3600 * 1000), 20000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_skew_of_cache),
		cmocka_unit_test(test_delay),
	};

	return cmocka_run_group_tests_name("aws_clock", tests, NULL, NULL);
}
