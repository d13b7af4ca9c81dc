/* window: how people write it, and when it opens next, summer time included. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail /* ours is in base/err.h */

#include <stdlib.h>
#include <time.h>

#include "base/auto.h"
#include "base/clock.h"
#include "rotator/window.h"

static void
test_parse(void **state)
{
	static const struct {
		const char *text;
		struct window w;
	} good[] = {
		{ "daily 02:00-05:00", { 0x7f, 120, 300 } },
		{ "Mon-Fri 22:00-04:00", { 0x3e, 1320, 240 } },
		{ "sat,SUN 00:00-24:00", { 0x41, 0, 1440 } },
		{ "fri-mon 09:30-10:00", { 0x63, 570, 600 } },
		{ "wed 23:59-00:00", { 0x08, 1439, 0 } },
		{ "mon,wed-thu,sun 01:02-03:04", { 0x1b, 62, 184 } },
	};
	static const char *const bad[] = { "", "daily", "daily 2:00-5:00",
		"mon-fry 02:00-03:00", "mon,, 02:00-03:00", "mon 02:00-02:00",
		"mon 24:00-02:00", "mon 02:60-03:00", "mon 02:00-24:01",
		"mon 02:00-03:00 ", "mon  02:00-03:00", "mon 02:00 03:00",
		"monday 02:00-03:00", "mon- 02:00-03:00", "02:00-03:00",
		"mon 02:00-0", "mon 0", "mon 02-00-03:00", "mon 02:x0-03:00",
		"mon 02:0x-03:00" };
	struct window w;

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		assert_true(window_parse(good[i].text, &w));
		assert_int_equal(w.days, good[i].w.days);
		assert_int_equal(w.from, good[i].w.from);
		assert_int_equal(w.to, good[i].w.to);
	}
	for (size_t i = 0; i < COUNT(bad); i++)
		if (window_parse(bad[i], &w))
			assert_null(bad[i]);
}

/* Without the files of tzdata. */
#define BERLIN "CET-1CEST,M3.5.0,M10.5.0/3"

static const struct opening {
	const char *zone, *a, *b, *now, *next; /* b: a second one, or NULL */
} openings[] = {
	/* 2026-11-21 is a Saturday */
	{ "UTC", "daily 02:00-05:00", NULL, "2026-11-21T01:59:59Z",
	    "2026-11-21T02:00:00Z" },
	{ "UTC", "daily 02:00-05:00", NULL, "2026-11-21T02:00:00Z", NULL },
	{ "UTC", "daily 02:00-05:00", NULL, "2026-11-21T04:59:59Z", NULL },
	{ "UTC", "daily 02:00-05:00", NULL, "2026-11-21T05:00:00Z",
	    "2026-11-22T02:00:00Z" },
	/* over midnight: Friday's goes on into Saturday */
	{ "UTC", "mon-fri 22:00-04:00", NULL, "2026-11-21T03:59:00Z", NULL },
	{ "UTC", "mon-fri 22:00-04:00", NULL, "2026-11-21T04:00:00Z",
	    "2026-11-23T22:00:00Z" },
	{ "UTC", "mon-fri 22:00-04:00", NULL, "2026-11-23T03:00:00Z",
	    "2026-11-23T22:00:00Z" },
	{ "UTC", "sat,sun 00:00-24:00", NULL, "2026-11-22T23:59:59Z", NULL },
	{ "UTC", "sat,sun 00:00-24:00", NULL, "2026-11-23T00:00:00Z",
	    "2026-11-28T00:00:00Z" },
	{ "UTC", "sat 02:00-03:00", NULL, "2026-11-21T03:00:00Z",
	    "2026-11-28T02:00:00Z" },
	/* the nearer of two */
	{ "UTC", "sun 02:00-03:00", "sat 20:00-21:00", "2026-11-21T03:00:00Z",
	    "2026-11-21T20:00:00Z" },
	{ "UTC", "sun 02:00-03:00", "sat 20:00-21:00", "2026-11-21T20:30:00Z",
	    NULL },
	/* a month and a year end */
	{ "UTC", "fri 02:00-03:00", NULL, "2026-12-31T12:00:00Z",
	    "2027-01-01T02:00:00Z" },
	/* Berlin: at 02:00 of 2026-03-29 it is 03:00 */
	{ BERLIN, "daily 02:00-05:00", NULL, "2026-03-28T22:00:00Z",
	    "2026-03-29T01:00:00Z" },
	{ BERLIN, "daily 01:00-01:30", NULL, "2026-03-29T22:30:00Z",
	    "2026-03-29T23:00:00Z" },
	/* and 2026-10-25 has two hours of that name: both are in it */
	{ BERLIN, "daily 02:00-03:00", NULL, "2026-10-25T00:30:00Z", NULL },
	{ BERLIN, "daily 02:00-03:00", NULL, "2026-10-25T01:30:00Z", NULL },
	{ BERLIN, "daily 02:00-03:00", NULL, "2026-10-25T02:00:00Z",
	    "2026-10-26T01:00:00Z" },
};

static void
test_next(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(openings); i++) {
		const struct opening *o = &openings[i];
		const int64_t now = clock_parse_iso(o->now);
		struct window w[2];
		const struct windows ws = { .at = w,
			.n = o->b != NULL ? 2 : 1 };
		char got[CLOCK_TEXT_MAX];
		int64_t next;

		assert_int_equal(setenv("TZ", o->zone, 1), 0);
		tzset();
		assert_true(window_parse(o->a, &w[0]));
		assert_true(o->b == NULL || window_parse(o->b, &w[1]));
		next = windows_next(&ws, now);
		clock_text(next, got);
		print_message("  %s, %s: %s\n", o->a, o->now, got);
		assert_int_equal(
		    next, o->next != NULL ? clock_parse_iso(o->next) : now);
	}
	assert_int_equal(unsetenv("TZ"), 0);
	tzset();
	assert_int_equal(windows_next(&(struct windows){ .n = 0 }, 42), 42);
	{
		/* of no day at all: nobody waits for ever */
		struct window none = { .days = 0, .from = 60, .to = 120 };

		assert_int_equal(
		    windows_next(
			&(struct windows){ .at = &none, .n = 1 }, 42000),
		    42000);
	}
}

/* Wherever it starts, the time that it names is open, and none before is. */
static void
test_agrees(void **state)
{
	struct window w[2];
	const struct windows ws = { .at = w, .n = 2 };
	const int64_t hour = INT64_C(3600) * 1000;
	int64_t now = clock_parse_iso("2026-01-01T00:30:00Z");

	(void)state;
	assert_int_equal(setenv("TZ", "EST5EDT,M3.2.0,M11.1.0", 1), 0);
	tzset();
	assert_true(window_parse("tue 23:00-01:30", &w[0]));
	assert_true(window_parse("fri-sat 03:00-04:00", &w[1]));
	for (int i = 0; i < 24 * 400; i++, now += hour) {
		const int64_t at = windows_next(&ws, now);

		assert_true(at >= now && at - now <= 7 * 24 * hour);
		assert_int_equal(windows_next(&ws, at), at);
		if (at > now)
			assert_true(windows_next(&ws, at - 1000) == at);
	}
	assert_int_equal(unsetenv("TZ"), 0);
	tzset();
}

/* The words mean the window again. */
static void
test_text(void **state)
{
	static const struct {
		const char *text, *same; /* NULL: as it stands */
	} rows[] = {
		{ "daily 02:00-05:00", NULL },
		{ "mon-fri 22:00-04:00", NULL },
		{ "sat 00:00-24:00", NULL },
		{ "Sat-Sun 01:05-01:04", "sun,sat 01:05-01:04" },
		{ "sun-sat 09:00-10:00", "daily 09:00-10:00" },
		{ "mon,tue,wed,thu,fri 09:00-10:00", "mon-fri 09:00-10:00" },
		{ "fri-mon 09:00-10:00", "sun,mon,fri,sat 09:00-10:00" },
	};
	char got[WINDOW_TEXT_MAX];
	struct window w, again;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_true(window_parse(rows[i].text, &w));
		window_text(&w, got);
		assert_string_equal(
		    got, rows[i].same != NULL ? rows[i].same : rows[i].text);
	}
	for (unsigned days = 1; days < 128; days++) {
		w = (struct window){ .days = days, .from = 61, .to = 1440 };
		window_text(&w, got);
		assert_true(window_parse(got, &again));
		assert_int_equal(again.days, days);
		assert_int_equal(again.from, 61);
		assert_int_equal(again.to, 1440);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_next),
		cmocka_unit_test(test_agrees),
		cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
