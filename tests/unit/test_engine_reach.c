/* What no other test of the engine comes by. */
#include "scenario.h"

#include "base/auto.h"
#include "rotator/rotation.h"

/* Somebody switches a leftover on again; what comes then fails in turn. It is
 * never deleted before it was off for the whole time. */
static void
an_orphan_is_off_again_after_failures(void **state)
{
	static const struct {
		enum sim_call call;
		enum ec ec;
		unsigned nth;
	} rows[] = {
		{ CALL_USED, EC_TEMP, 1 },
		{ CALL_FENCE, EC_BUSY, 1 },
		{ CALL_OFF, EC_TEMP, 1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		WORLD(w, 1);

		sim_fault(&w, CALL_CREATE, 1, 1, FAULT_AFTER, 0);
		reaches(&w, ROT_ORPHQ);
		sim_key_status(&w, sim_key(&w, w.disk.orphan), true);
		w.n_faults = 0;
		memset(w.count, 0, sizeof(w.count));
		sim_advance(&w, SIM_HOUR);
		sim_fault(
		    &w, rows[i].call, rows[i].nth, 1, FAULT_FAIL, rows[i].ec);
		assert_int_equal(sim_run(&w), rows[i].ec);
		assert_int_equal(w.count[CALL_REMOVE], 0);
		rotates(&w);
	}
}

/* SES learns slowly that the old key is on again: a person is not asked to
 * type it in before. */
static void
nobody_is_asked_for_a_key_that_is_off(void **state)
{
	char first[KEY_ID_MAX];

	WORLD(w, 1);
	(void)state;
	sim_client_human(&w.clients[0]);
	w.clients[0].answers = true;
	rotates(&w);
	memcpy(first, w.disk.old.id, sizeof(first));
	sim_advance(&w, 91 * SIM_DAY);
	reaches(&w, ROT_QUIET);
	w.n_faults = 0;
	w.count[CALL_PROBE] = 0;
	sim_fault(&w, CALL_PROBE, 1, 6, FAULT_ODD, PROBE_BUSY);
	w.propagation = SIM_MINUTE;
	sim_rollback(&w);
	ends_on(&w, first);
	assert_int_equal(w.alarms, 0);
}

/* A clock that was far ahead when the next look was fixed: it is not waited
 * for longer than anything may take. */
static void
a_look_that_is_too_far_away_is_due(void **state)
{
	const struct identity_conf far = { .max_age = SIM_DAY,
		.late_window = 40 * SIM_DAY };
	const int64_t now = 1000 * SIM_DAY;

	(void)state;
	assert_true(rotation_is_due(&far, ROT_INTENT, now, now));
	assert_false(
	    rotation_is_due(&far, ROT_INTENT, now + 40 * SIM_DAY, now));
	assert_true(rotation_is_due(&far, ROT_INTENT, now + 60 * SIM_DAY, now));
	assert_false(rotation_is_due(&far, ROT_IDLE, now + SIM_DAY, now));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_orphan_is_off_again_after_failures),
		cmocka_unit_test(nobody_is_asked_for_a_key_that_is_off),
		cmocka_unit_test(a_look_that_is_too_far_away_is_due),
	};

	return cmocka_run_group_tests_name(
	    "what no other test of the engine comes by", tests, sim_tests_begin,
	    NULL);
}
