/* clock: texts to times and back, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#undef fail /* ours is in base/err.h */

#include "base/auto.h"
#include "base/clock.h"

#define MIN INT64_C(60000)
#define DAY (1440 * MIN)

struct row {
	const char *s;
	int64_t ms;
};

static void
check(const struct row *rows, size_t n, int64_t (*parse)(const char *))
{
	for (size_t i = 0; i < n; i++) {
		if (parse(rows[i].s) != rows[i].ms)
			print_error("%s\n", rows[i].s);
		assert_int_equal(parse(rows[i].s), rows[i].ms);
	}
}

/* Expected values from GNU date: date -ud TEXT +%s. */
static const struct row iso[] = {
	{ "1970-01-01T00:00:00Z", 0 },
	{ "2026-11-21T03:40:00Z", INT64_C(1795232400000) },
	{ "2026-11-21T03:40:00.5Z", INT64_C(1795232400500) },
	{ "2026-11-21T03:40:00.123456789Z", INT64_C(1795232400123) },
	{ "2026-11-21T03:40:00+00:00", INT64_C(1795232400000) },
	{ "2026-11-21T05:40:00+02:00", INT64_C(1795232400000) },
	{ "2026-11-20T22:10:00-05:30", INT64_C(1795232400000) },
	{ "2038-01-19T03:14:08Z", INT64_C(2147483648000) },
	{ "2106-02-07T06:28:16Z", INT64_C(4294967296000) },
	{ "2024-02-29T00:00:00Z", INT64_C(1709164800000) },
	{ "2000-02-29T00:00:00Z", INT64_C(951782400000) },
	{ "2016-12-31T23:59:60Z", INT64_C(1483228800000) },
	{ "9999-12-31T23:59:59Z", INT64_C(253402300799000) },
	{ "2026-02-29T00:00:00Z", -1 },
	{ "2100-02-29T00:00:00Z", -1 },
	{ "2026-04-31T00:00:00Z", -1 },
	{ "2026-13-01T00:00:00Z", -1 },
	{ "2026-00-01T00:00:00Z", -1 },
	{ "2026-01-01T24:00:00Z", -1 },
	{ "2026-01-01T00:60:00Z", -1 },
	{ "2026-01-01T00:00:61Z", -1 },
	{ "1969-12-31T23:59:59Z", -1 },
	{ "1970-01-01T00:00:00+01:00", -1 },
	{ "2026-11-21T03:40:00", -1 },
	{ "2026-11-21T03:40:00.Z", -1 },
	{ "2026-11-21T03:40:00ZZ", -1 },
	{ "2026-11-21T03:40:00+2:00", -1 },
	{ "2026-11-21T03:40:00+24:00", -1 },
	{ "2026-11-21T03:40:00+00:60", -1 },
	{ "2026-11-21T03:40:00+02:000", -1 },
	{ "2026-11-21 03:40:00Z", -1 },
	{ " 2026-11-21T03:40:00Z", -1 },
	{ "2026-1-21T03:40:00Z", -1 },
	{ "+026-11-21T03:40:00Z", -1 },
	{ "2026-11-21T03:4", -1 },
	{ "", -1 },
};

static void
test_iso(void **state)
{
	(void)state;
	check(iso, COUNT(iso), clock_parse_iso);
}

/* The example of RFC 9110 5.6.7 in its three forms. */
static const struct row http[] = {
	{ "Sun, 06 Nov 1994 08:49:37 GMT", INT64_C(784111777000) },
	{ "Sunday, 06-Nov-94 08:49:37 GMT", INT64_C(784111777000) },
	{ "Sun Nov  6 08:49:37 1994", INT64_C(784111777000) },
	{ "Sat, 21 Nov 2026 03:40:00 GMT", INT64_C(1795232400000) },
	{ "Tue, 19 Jan 2038 03:14:08 GMT", INT64_C(2147483648000) },
	{ "Sun, 30 Feb 2026 00:00:00 GMT", -1 },
	{ "Sat, 21 Nov 2026 25:40:00 GMT", -1 },
	{ "Sat, 21 Nov 2026 03:40:00 CET", -1 },
	{ "Sat, 21 Nov 2026 03:40:00 GMT x", -1 },
	{ "Sat, 21 Nov 2026", -1 },
	{ "0", -1 },
	{ "", -1 },
};

static void
test_http(void **state)
{
	(void)state;
	check(http, COUNT(http), clock_parse_http);
}

static const struct row spans[] = {
	{ "0", 0 },
	{ "0d", 0 },
	{ "250ms", 250 },
	{ "10s", 10000 },
	{ "5m", 300000 },
	{ "36h", INT64_C(129600000) },
	{ "90d", 90 * DAY },
	{ "2w", 14 * DAY },
	{ "36525d", 36525 * DAY },
	{ "36526d", -1 },
	{ "9223372036854775808s", -1 },
	{ "99999999999999999999999ms", -1 },
	{ "5", -1 },
	{ "", -1 },
	{ "d", -1 },
	{ "-5m", -1 },
	{ "+5m", -1 },
	{ " 5m", -1 },
	{ "5 m", -1 },
	{ "5m ", -1 },
	{ "5M", -1 },
	{ "5min", -1 },
	{ "1h30m", -1 },
	{ "1.5h", -1 },
	{ "0x10s", -1 },
};

static void
test_span(void **state)
{
	(void)state;
	check(spans, COUNT(spans), clock_parse_span);
}

static const struct row span_texts[] = {
	{ "0s", 0 },
	{ "250ms", 250 },
	{ "45s", 45999 },
	{ "12m", 12 * MIN },
	{ "12m 1s", 12 * MIN + 1999 },
	{ "3d 4h", 3 * DAY + 240 * MIN + 59 * MIN },
	{ "3d", 3 * DAY + 59 * MIN },
	{ "14d", 14 * DAY },
	{ "23h 59m", DAY - 1 },
	{ "-1d 1h", -DAY - 3600000 },
	{ "106751991167d 7h", INT64_MAX },
	{ "-106751991167d 7h", INT64_MIN },
};

static void
test_span_text(void **state)
{
	char s[CLOCK_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(span_texts); i++) {
		clock_span_text(span_texts[i].ms, s);
		assert_string_equal(s, span_texts[i].s);
	}
}

static const struct row texts[] = {
	{ "1970-01-01T00:00:00Z", 999 },
	{ "1969-12-31T23:59:59Z", -1 },
	{ "1969-12-31T23:59:59Z", -1000 },
	{ "2026-11-21T03:40:00Z", INT64_C(1795232400000) },
	{ "2038-01-19T03:14:08Z", INT64_C(2147483648000) },
	{ "292278994-08-17T07:12:55Z", INT64_MAX },
};

static void
test_text(void **state)
{
	char s[CLOCK_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		clock_text(texts[i].ms, s);
		assert_string_equal(s, texts[i].s);
	}
}

/* Every day for 150 years, leap days and 2038 among them. */
static void
test_text_and_back(void **state)
{
	char s[CLOCK_TEXT_MAX];

	(void)state;
	for (int64_t ms = 0; ms < DAY * 366 * 150; ms += DAY - 1000) {
		clock_text(ms, s);
		assert_int_equal(clock_parse_iso(s), ms);
	}
}

static void
test_clocks_run(void **state)
{
	int64_t wall = clock_wall(), mono = clock_mono();

	(void)state;
	assert_true(wall > INT64_C(1600000000000));
	clock_sleep(20);
	assert_true(clock_mono() - mono >= 20);
	clock_sleep(0);
	clock_sleep(-5);
}

static void
test_boot_id(void **state)
{
	char a[BOOT_ID_MAX], b[BOOT_ID_MAX];

	(void)state;
	clock_boot_id(a);
	clock_boot_id(b);
	assert_int_equal(strlen(a), 36);
	assert_string_equal(a, b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_iso),
		cmocka_unit_test(test_http),
		cmocka_unit_test(test_span),
		cmocka_unit_test(test_span_text),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_text_and_back),
		cmocka_unit_test(test_clocks_run),
		cmocka_unit_test(test_boot_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
