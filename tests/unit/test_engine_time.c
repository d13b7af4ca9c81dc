/*
 * Time: years of it, with all that calendars and clocks do; machines that
 * sleep, timers that die. What must hold is said above each test. The timer
 * here fires by the local time of Berlin, and starts the engine only when the
 * program would: rotation_is_due().
 */
#include "scenario.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/auto.h"
#include "base/clock.h"

#define YEAR INT64_C(31557600000)

static void
tick(struct sim *w)
{
	if (sim_due(w))
		(void)sim_run(w);
}

/* To the next HH:MM of the wall clock of Berlin, by whatever it takes. */
static void
sleep_until_local(struct sim *w, int hour, int minute)
{
	const time_t now = (time_t)((w->now - w->skew) / 1000);
	struct tm tm;
	time_t at;

	(void)localtime_r(&now, &tm);
	tm.tm_hour = hour;
	tm.tm_min = minute;
	tm.tm_sec = 0;
	tm.tm_isdst = -1;
	at = mktime(&tm);
	if (at <= now) {
		tm.tm_mday++;
		tm.tm_isdst = -1;
		at = mktime(&tm);
	}
	sim_advance(w, (int64_t)(at - now) * 1000);
}

static void
sleep_until(struct sim *w, const char *iso)
{
	const int64_t at = clock_parse_iso(iso);

	assert_true(at > w->now);
	sim_advance(w, at - w->now);
}

/* Hourly runs until it is over; at most so many. */
static void
hourly(struct sim *w, int runs)
{
	for (int i = 0; i < runs; i++) {
		tick(w);
		fine(w);
		sim_advance(w, SIM_HOUR);
	}
}

static unsigned
effects(const struct sim *w)
{
	return w->count[CALL_CREATE] + w->count[CALL_ON] + w->count[CALL_OFF] +
	    w->count[CALL_REMOVE] + w->count[CALL_WRITE];
}

/*
 * Twelve years, until after January 2038: 47 changes of summer time, three
 * leap days. Each key is replaced once, not before max_age and not later than
 * a day and a timer's turn after; at no time are there three keys, and when
 * one goes its grace and its quiet time are over (I1 to I14 at every call).
 */
static void
twelve_years(void **state)
{
	int64_t created;
	unsigned rotations = 0;
	WORLD(w, 2);
	(void)state;

	tick(&w);
	hourly(&w, 12);
	assert_string_equal(rot_state_name(w.disk.state), "IDLE");
	created = w.disk.old.created;
	while (w.now < clock_parse_iso("2038-09-01T00:00:00Z")) {
		sleep_until_local(&w, 2, 30);
		tick(&w);
		fine(&w);
		if (w.disk.state == ROT_IDLE)
			continue;
		assert_in_range(w.disk.new.created - created,
		    w.identity.max_age, w.identity.max_age + 26 * SIM_HOUR);
		created = w.disk.new.created;
		rotations++;
		for (int i = 0; i < 24 && w.disk.state != ROT_IDLE; i++)
			hourly(&w, 1);
		assert_string_equal(rot_state_name(w.disk.state), "IDLE");
		assert_int_equal(w.disk.old.created, created);
	}
	assert_int_equal(w.count[CALL_CREATE], rotations + 1);
	assert_in_range(rotations, 47, 48);
	assert_int_equal(sim_keys_count(&w), 1);
}

/* The second at which 32 bits are full comes in the middle of a rotation, in
 * each state that waits: it goes on, and the times that are told are right. */
static void
the_end_of_32_bits(void **state)
{
	static const enum rot_state states[] = { ROT_GRACE, ROT_QUIET };

	(void)state;
	for (size_t i = 0; i < COUNT(states); i++) {
		WORLD(w, 1);

		(void)sim_run(&w);
		(void)sim_finish(&w, ROUNDS);
		sleep_until(&w, "2038-01-19T02:00:00Z");
		w.identity.grace = w.identity.quiet = 5 * SIM_HOUR;
		w.force = true;
		if (states[i] == ROT_QUIET)
			w.revoke = true;
		reaches(&w, states[i]);
		assert_non_null(strstr(w.disk.waiting, "2038-01-19T07:0"));
		ends_on(&w, NULL);
		assert_true(w.disk.old.created > INT64_C(2147000000000));
	}
}

/* An hour that comes twice, and one that does not come, on the very day on
 * which a key is due: one rotation, not two and not none. */
static void
hours_that_come_twice_or_not(void **state)
{
	static const char *const nights[] = {
		"2027-10-30T22:00:00Z", /* 02:30 comes twice on the 31st */
		"2028-03-25T23:00:00Z", /* 02:30 does not come on the 26th */
		"2028-02-28T23:00:00Z", /* the 29th */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(nights); i++) {
		unsigned created;
		WORLD(w, 1);

		ends_on(&w, NULL);
		sleep_until(&w, nights[i]);
		w.identity.max_age = w.now + SIM_HOUR - w.disk.old.created;
		w.disk.next_at = w.disk.old.created + w.identity.max_age;
		created = w.count[CALL_CREATE];
		for (int h = 0; h < 48; h++) {
			tick(&w);
			tick(&w);
			sim_advance(&w, SIM_HOUR / 2);
			tick(&w);
			fine(&w);
			sim_advance(&w, SIM_HOUR / 2);
		}
		assert_int_equal(w.count[CALL_CREATE], created + 1);
		assert_string_equal(rot_state_name(w.disk.state), "IDLE");
	}
}

/* ---- somewhere in the middle -------------------------------------------- */

static void
stop_idle(struct sim *w)
{
	sim_fault(w, CALL_PLAN, 1, 1, FAULT_FAIL, EC_DENIED);
	(void)sim_run(w);
}

static void
stop_intent(struct sim *w)
{
	sim_fault(w, CALL_CREATE, 1, 1, FAULT_BEFORE, 0);
	(void)sim_run(w);
}

static void
stop_orphq(struct sim *w)
{
	sim_fault(w, CALL_CREATE, 1, 1, FAULT_AFTER, 0);
	(void)sim_until(w, ROT_ORPHQ);
}

static void
stop_created(struct sim *w)
{
	sim_fault(w, CALL_PROBE, 1, 3, FAULT_ODD, PROBE_TIMEOUT);
	(void)sim_run(w);
}

static void
stop_pushing(struct sim *w)
{
	sim_fault(w, CALL_WRITE, 1, 1, FAULT_FAIL, EC_IO);
	(void)sim_run(w);
}

static void
stop_grace(struct sim *w)
{
	(void)sim_until(w, ROT_GRACE);
}

static void
stop_deact(struct sim *w)
{
	sim_fault(w, CALL_OFF, 1, 1, FAULT_BEFORE, 0);
	(void)sim_until(w, ROT_DEACT);
}

static void
stop_quiet(struct sim *w)
{
	(void)sim_until(w, ROT_QUIET);
}

static void
stop_del(struct sim *w)
{
	sim_fault(w, CALL_REMOVE, 1, 1, FAULT_BEFORE, 0);
	(void)sim_until(w, ROT_DEL);
}

static void
stop_rb(struct sim *w)
{
	(void)sim_until(w, ROT_QUIET);
	sim_rollback(w);
	sim_fault(w, CALL_WRITE, 1, 1, FAULT_FAIL, EC_IO);
	(void)sim_run(w);
}

static const struct stop {
	enum rot_state at;
	void (*reach)(struct sim *w);
} stops[] = {
	{ ROT_IDLE, stop_idle },
	{ ROT_INTENT, stop_intent },
	{ ROT_ORPHQ, stop_orphq },
	{ ROT_CREATED, stop_created },
	{ ROT_PUSHING, stop_pushing },
	{ ROT_GRACE, stop_grace },
	{ ROT_DEACT, stop_deact },
	{ ROT_QUIET, stop_quiet },
	{ ROT_DEL, stop_del },
	{ ROT_RB, stop_rb },
};

static void
stop_at(struct sim *w, const struct stop *s)
{
	s->reach(w);
	fine(w);
	assert_string_equal(
	    rot_state_name(w->disk.state), rot_state_name(s->at));
}

/*
 * The clock jumps, a year or a day either way, in every state, and is put
 * right two days later; AWS answers meanwhile, or does not. While it is wrong
 * nothing is changed anywhere. Afterwards it goes on within the longest pause
 * between two tries, and ends within two days: not a year late. No key goes
 * earlier than by AWS's time (I4 at the call).
 */
static void
clocks_that_jump(void **state)
{
	static const int64_t jumps[] = { YEAR, -YEAR, SIM_DAY, -SIM_DAY };

	(void)state;
	for (size_t i = 0; i < COUNT(stops) * COUNT(jumps) * 2; i++) {
		const struct stop *s = &stops[i / 2 / COUNT(jumps)];
		unsigned before;
		WORLD(w, 2);

		stop_at(&w, s);
		w.skew = jumps[i / 2 % COUNT(jumps)];
		if (i % 2 == 1) {
			sim_fault(&w, CALL_CALLER, 1, 200, FAULT_FAIL, EC_TEMP);
			sim_fault(&w, CALL_LIST, 1, 200, FAULT_FAIL, EC_TEMP);
		}
		before = effects(&w);
		hourly(&w, 48);
		assert_int_equal(effects(&w), before);
		w.n_faults = 0;
		w.skew = 0;
		hourly(&w, 72);
		assert_string_equal(rot_state_name(w.disk.state), "IDLE");
		assert_int_equal(sim_keys_count(&w), 1);
		assert_true(alive(&w, w.disk.old.id));
	}
}

/*
 * The timer is dead for 200 days, in every state. It goes on where it stood:
 * nothing is retired on proofs of that time (I4: within a day), and the new
 * key, which is overdue by then, is replaced once and not twice.
 */
static void
a_timer_dead_for_200_days(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(stops); i++) {
		unsigned created;
		WORLD(w, 2);

		stop_at(&w, &stops[i]);
		sim_advance(&w, 200 * SIM_DAY);
		created = w.count[CALL_CREATE];
		hourly(&w, 72);
		assert_string_equal(rot_state_name(w.disk.state), "IDLE");
		assert_int_equal(sim_keys_count(&w), 1);
		assert_in_range(w.count[CALL_CREATE] - created, 1, 2);
		assert_true(w.now - w.disk.old.created < 73 * SIM_HOUR ||
		    w.disk.failures > 0);
		created = w.count[CALL_CREATE];
		hourly(&w, 24 * 20);
		assert_in_range(w.count[CALL_CREATE] - created, 0,
		    w.disk.failures > 0 || stops[i].at == ROT_RB);
	}
}

static void
slow(struct sim *w)
{
	w->clients[0].drv.activate = NULL;
	w->clients[0].delay = SIM_MINUTE;
	w->confs[0].pickup = SIM_HOUR;
}

/*
 * The machine is suspended past its lease, at every call of a rotation in
 * turn, and another rotator does what is due meanwhile, once or for hours.
 * The one that wakes up changes nothing any more (I10), and the rotation ends
 * with one key and no client without mail.
 */
static void
a_machine_suspended_past_its_lease(void **state)
{
	unsigned long calls = 200, taken = 0;

	(void)state;
	for (unsigned long n = 1; n < calls; n++) {
		for (int others = 1; others <= 8; others += 7) {
			WORLD(w, 2);

			slow(&w);
			w.freeze_at = n;
			w.freeze_runs = (unsigned)others;
			w.freeze_ms = others * 40 * SIM_MINUTE;
			rotates(&w);
			taken += w.processes > w.rounds;
			if (others == 1 && n == 1)
				calls = w.calls;
		}
	}
	assert_true(calls > 60);
	(void)taken;
}

/* Suspended for less than its lease: the other one is told so and leaves. */
static void
a_machine_suspended_within_its_lease(void **state)
{
	(void)state;
	for (unsigned long n = 1; n < 60; n++) {
		WORLD(w, 1);

		w.freeze_at = n;
		w.freeze_runs = 3;
		w.freeze_ms = SIM_MINUTE;
		rotates(&w);
		assert_int_equal(w.count[CALL_CREATE], 1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(twelve_years),
		cmocka_unit_test(the_end_of_32_bits),
		cmocka_unit_test(hours_that_come_twice_or_not),
		cmocka_unit_test(clocks_that_jump),
		cmocka_unit_test(a_timer_dead_for_200_days),
		cmocka_unit_test(a_machine_suspended_past_its_lease),
		cmocka_unit_test(a_machine_suspended_within_its_lease),
	};

	/* As POSIX writes it, so that no zone data are needed. */
	(void)setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	return cmocka_run_group_tests(tests, sim_tests_begin, NULL);
}
