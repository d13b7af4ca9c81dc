/* retry: settings, waiting times and the tries that are left. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail /* ours is in base/err.h */

#include "base/auto.h"
#include "fake_env.h"
#include "sigv4/retry.h"

static const struct {
	const char *mode, *attempts, *file; /* NULL: not set */
	enum ec want;
	enum retry_mode is;
	int n;
	const char *says;
} rows[] = {
	{ NULL, NULL, NULL, EC_OK, RETRY_STANDARD, 3, NULL },
	{ "standard", "7", NULL, EC_OK, RETRY_STANDARD, 7, NULL },
	{ "Adaptive", "1", NULL, EC_OK, RETRY_ADAPTIVE, 1, NULL },
	{ "legacy", NULL, NULL, EC_OK, RETRY_STANDARD, 3, "legacy" },
	{ "", "", NULL, EC_OK, RETRY_STANDARD, 3, NULL },
	{ NULL, NULL, "retry_mode = adaptive\nmax_attempts = 100\n", EC_OK,
	    RETRY_ADAPTIVE, 100, NULL },
	{ "standard", "2", "retry_mode = adaptive\nmax_attempts = 9\n", EC_OK,
	    RETRY_STANDARD, 2, NULL },
	{ "often", NULL, NULL, EC_CONFIG, 0, 0, "AWS_RETRY_MODE: \"often\"" },
	{ NULL, "0", NULL, EC_CONFIG, 0, 0, "AWS_MAX_ATTEMPTS: \"0\"" },
	{ NULL, "101", NULL, EC_CONFIG, 0, 0, "AWS_MAX_ATTEMPTS" },
	{ NULL, "-3", NULL, EC_CONFIG, 0, 0, "AWS_MAX_ATTEMPTS" },
	{ NULL, "3x", NULL, EC_CONFIG, 0, 0, "AWS_MAX_ATTEMPTS" },
	{ NULL, "99999999999999999999", NULL, EC_CONFIG, 0, 0,
	    "AWS_MAX_ATTEMPTS" },
	{ NULL, NULL, "max_attempts = many\n", EC_CONFIG, 0, 0,
	    "max_attempts: \"many\"" },
	{ NULL, NULL, "retry_mode = never\n", EC_CONFIG, 0, 0,
	    "retry_mode: \"never\"" },
};

static void
check_row(size_t i)
{
	AUTO(profile) struct profile *p = NULL;
	struct retry_conf c = { .attempts = -1 };
	struct fake_env f;
	char text[200];
	struct err e;

	fake_env_init(&f);
	if (rows[i].mode != NULL)
		fake_env_set(&f, "AWS_RETRY_MODE", rows[i].mode);
	if (rows[i].attempts != NULL)
		fake_env_set(&f, "AWS_MAX_ATTEMPTS", rows[i].attempts);
	if (rows[i].file != NULL) {
		(void)snprintf(
		    text, sizeof(text), "[default]\n%s", rows[i].file);
		fake_env_file(&f, "config", text);
		assert_int_equal(profile_load(&f.env, &p, &e), EC_OK);
	}
	if (retry_settings(&f.env, p, &c, &e) != rows[i].want)
		_fail("row", (int)i);
	if (rows[i].want != EC_OK) {
		assert_int_equal(c.attempts, -1);
		assert_non_null(strstr(e.what, rows[i].says));
		assert_true(e.fix[0] != '\0');
	} else {
		assert_int_equal(c.mode, rows[i].is);
		assert_int_equal(c.attempts, rows[i].n);
		assert_int_equal(c.note != NULL, rows[i].says != NULL);
		if (c.note != NULL)
			assert_non_null(strstr(c.note, rows[i].says));
	}
	fake_env_end(&f);
}

static void
test_settings(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		check_row(i);
}

/* Full jitter: from nothing to the whole of 1, 2, 4, 8, 16, 20, 20 s. */
static void
test_delays(void **state)
{
	static const int64_t caps[] = { 1000, 2000, 4000, 8000, 16000, 20000,
		20000, 20000 };

	(void)state;
	for (int n = 1; n <= (int)COUNT(caps); n++) {
		const int64_t cap = caps[n - 1];

		assert_int_equal(retry_delay(n, -1, 0), 0);
		assert_int_equal(retry_delay(n, -1, UINT32_MAX), cap);
		assert_in_range(
		    retry_delay(n, -1, UINT32_MAX / 2), cap / 2 - 1, cap / 2);
		assert_int_equal(retry_delay(n, 500, 0), 500);
	}
	assert_int_equal(retry_delay(99, -1, UINT32_MAX), RETRY_DELAY_MAX);
	/* What the server asks for is heard, within bounds. */
	assert_int_equal(retry_delay(1, 5000, UINT32_MAX), 5000);
	assert_int_equal(retry_delay(3, 1, UINT32_MAX), 4000);
	assert_int_equal(retry_delay(1, 3600 * 1000, 0), RETRY_DELAY_MAX);
}

static void
test_dice(void **state)
{
	uint32_t or = 0, and = UINT32_MAX;

	(void)state;
	for (int i = 0; i < 200; i++) {
		const uint32_t d = retry_dice(NULL);

		or |= d;
		and &= d;
	}
	/* Each bit was seen both ways: 2^-199 to be wrong. */
	assert_true(or == UINT32_MAX && and == 0);
}

static void
test_quota(void **state)
{
	struct retry_quota q = { RETRY_QUOTA };
	int n = 0;

	(void)state;
	while (retry_quota_take(&q, RETRY_COST))
		n++;
	assert_int_equal(n, 100);
	assert_int_equal(q.left, 0);
	retry_quota_give(&q, RETRY_REFUND);
	assert_false(retry_quota_take(&q, RETRY_COST));
	assert_int_equal(q.left, 1);
	retry_quota_give(&q, 9);
	assert_true(retry_quota_take(&q, RETRY_COST_TIMEOUT));
	assert_int_equal(q.left, 0);
	for (int i = 0; i < 600; i++)
		retry_quota_give(&q, RETRY_REFUND);
	assert_int_equal(q.left, RETRY_QUOTA);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_delays),
		cmocka_unit_test(test_dice),
		cmocka_unit_test(test_quota),
	};
	struct err e;

	if (secret_init(&e) != EC_OK)
		return 1;
	return cmocka_run_group_tests_name("retry", tests, NULL, NULL);
}
