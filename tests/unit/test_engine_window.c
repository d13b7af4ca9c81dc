/*
 * Windows, and the due date that is spread: a rotation begins, and an old key
 * is switched off, in the hours that the configuration names and not outside
 * of them; a person or an emergency is not held up. All else goes on.
 */
#include "scenario.h"

#include <stdlib.h>
#include <time.h>

#include "base/auto.h"
#include "base/clock.h"

/* Two hours in the night, UTC. */
static const struct window night = { .days = 0x7f, .from = 120, .to = 240 };

static void
shut_but_at_night(struct sim *w)
{
	assert_int_equal(setenv("TZ", "UTC", 1), 0);
	tzset();
	w->identity.windows = (struct windows){ .at = &night, .n = 1 };
}

static void
sleep_until(struct sim *w, const char *iso)
{
	const int64_t at = clock_parse_iso(iso);

	assert_true(at > w->now);
	sim_advance(w, at - w->now);
}

static void
begins_in_its_window(void **state)
{
	WORLD(w, 1);
	(void)state;

	(void)sim_run(&w);
	(void)sim_finish(&w, ROUNDS);
	shut_but_at_night(&w);
	sim_advance(&w, w.identity.max_age);
	sleep_until(&w, "2031-06-10T12:00:00Z");
	assert_int_equal(sim_run(&w), EC_LATER);
	fine(&w);
	assert_string_equal(rot_state_name(w.disk.state), "IDLE");
	assert_int_equal(sim_keys_count(&w), 1);
	assert_int_equal(
	    w.disk.next_at, clock_parse_iso("2031-06-11T02:00:00Z"));
	assert_non_null(strstr(w.disk.waiting, "window opens at 2031-06-11"));
	sleep_until(&w, "2031-06-11T02:00:00Z");
	assert_true(sim_due(&w));
	(void)sim_run(&w);
	fine(&w);
	assert_true(w.disk.state > ROT_INTENT);
}

static void
forced_begins_at_once(void **state)
{
	WORLD(w, 1);
	(void)state;

	(void)sim_run(&w);
	(void)sim_finish(&w, ROUNDS);
	shut_but_at_night(&w);
	sleep_until(&w, "2031-06-10T12:00:00Z");
	w.force = true;
	(void)sim_run(&w);
	fine(&w);
	assert_true(w.disk.state > ROT_INTENT);
}

/* Clients are moved in the day when the night was too short for them; the old
 * key goes at night only. */
static void
switches_off_in_its_window(void **state)
{
	WORLD(w, 1);
	(void)state;

	(void)sim_run(&w);
	(void)sim_finish(&w, ROUNDS);
	w.force = true;
	reaches(&w, ROT_GRACE);
	w.force = false;
	shut_but_at_night(&w);
	sim_advance(&w, w.identity.grace + SIM_DAY);
	sleep_until(&w, "2031-06-10T12:00:00Z");
	for (int i = 0; i < 14; i++) {
		assert_int_equal(sim_run(&w), EC_LATER);
		fine(&w);
		assert_string_equal(rot_state_name(w.disk.state), "GRACE");
		assert_non_null(strstr(w.disk.waiting, "no window"));
		assert_true(
		    w.disk.next_at <= clock_parse_iso("2031-06-11T02:00:00Z"));
		sim_advance(&w, SIM_HOUR);
	}
	(void)sim_run(&w);
	fine(&w);
	assert_string_equal(rot_state_name(w.disk.state), "QUIET");
}

static void
emergencies_know_no_window(void **state)
{
	WORLD(w, 1);
	(void)state;

	(void)sim_run(&w);
	(void)sim_finish(&w, ROUNDS);
	shut_but_at_night(&w);
	sleep_until(&w, "2031-06-10T12:00:00Z");
	w.force = w.revoke = true;
	sim_fault(
	    &w, CALL_WRITE, 1, 1, FAULT_FAIL, EC_TEMP); /* then it waits */
	for (int i = 0; i < 10 && w.disk.state != ROT_QUIET; i++) {
		(void)sim_run(&w);
		w.force = false;
		fine(&w);
		sim_advance(&w, 20 * SIM_MINUTE);
	}
	assert_string_equal(rot_state_name(w.disk.state), "QUIET");
	assert_true(w.now < clock_parse_iso("2031-06-10T18:00:00Z"));
}

static void
due_by_so_much_earlier(void **state)
{
	const int64_t early = 7 * SIM_HOUR;
	WORLD(w, 1);
	(void)state;

	(void)sim_run(&w);
	(void)sim_finish(&w, ROUNDS);
	w.identity.early = early;
	assert_int_equal(sim_run(&w), EC_OK);
	assert_int_equal(
	    w.disk.next_at, w.disk.old.created + w.identity.max_age - early);
	sim_advance(&w, w.disk.next_at - w.now - SIM_MINUTE);
	(void)sim_run(&w);
	assert_string_equal(rot_state_name(w.disk.state), "IDLE");
	sim_advance(&w, 2 * SIM_MINUTE);
	(void)sim_run(&w);
	fine(&w);
	assert_true(w.disk.state > ROT_INTENT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(begins_in_its_window),
		cmocka_unit_test(forced_begins_at_once),
		cmocka_unit_test(switches_off_in_its_window),
		cmocka_unit_test(emergencies_know_no_window),
		cmocka_unit_test(due_by_so_much_earlier),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
