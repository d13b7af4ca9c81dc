/*
 * The engine goes back: a new key that SES refuses, a rollback at every
 * moment it is possible, and the emergency.
 */
#include "scenario.h"

#include "base/auto.h"

static void
refused_for_ever(void **state)
{
	WORLD(w, 2);
	(void)state;

	w.refuse_new = true;
	ends_on(&w, w.keys[0].id);
	assert_int_equal(w.disk.failures, 1);
	assert_int_equal(w.count[CALL_WRITE], 0);
	assert_int_equal(sim_keys_count(&w), 1);
	/* Not again at once. */
	assert_true(w.disk.next_at >= w.now + 23 * SIM_HOUR);
	memset(w.count, 0, sizeof(w.count));
	assert_int_equal(sim_run(&w), EC_OK);
	assert_int_equal(w.count[CALL_CREATE], 0);
	sim_advance(&w, 25 * SIM_HOUR);
	ends_on(&w, w.keys[0].id);
	assert_int_equal(w.disk.failures, 2);
	sim_advance(&w, 25 * SIM_HOUR);
	blocks(&w, "refused");
	assert_true(alive(&w, w.keys[0].id) && alive(&w, w.disk.new.id));
	/* A person looked; it works now. */
	w.refuse_new = false;
	sim_release(&w);
	rotates(&w);
	assert_int_equal(w.disk.failures, 0);
}

static void
refused_without_an_old_key(void **state)
{
	WORLD(w, 1);
	(void)state;

	sim_key_drop(&w, &w.keys[0]);
	sim_client_hold(sim_client(&w, "c0"), "", "");
	w.refuse_new = true;
	blocks(&w, "refused");
	w.refuse_new = false;
	sim_release(&w);
	ends_on(&w, NULL);
}

static void
rollback_from_every_state(void **state)
{
	static const enum rot_state states[] = { ROT_CREATED, ROT_PUSHING,
		ROT_GRACE, ROT_QUIET };

	(void)state;
	for (size_t i = 0; i < COUNT(states); i++) {
		WORLD(w, 3);

		if (states[i] == ROT_CREATED)
			sim_fault(&w, CALL_PROBE, 1, 3, FAULT_ODD, PROBE_BUSY);
		if (states[i] == ROT_PUSHING)
			sim_fault(&w, CALL_WRITE, 3, 1, FAULT_FAIL, EC_IO);
		reaches(&w, states[i]);
		sim_rollback(&w);
		ends_on(&w, w.keys[0].id);
		assert_int_equal(w.alarms, 0);
		assert_int_equal(sim_keys_count(&w), 1);
		/* The operator's wish holds for a day. */
		assert_true(w.disk.next_at >= w.now + 23 * SIM_HOUR);
		sim_advance(&w, 25 * SIM_HOUR);
		rotates(&w);
	}
}

static void
rollback_of_a_second_rotation(void **state)
{
	char first[KEY_ID_MAX];

	WORLD(w, 3);
	(void)state;
	w.clients[0].drv.read = NULL;
	sim_client_human(&w.clients[2]);
	w.clients[2].answers = true;
	rotates(&w);
	memcpy(first, w.disk.old.id, sizeof(first));
	sim_advance(&w, 91 * SIM_DAY);
	reaches(&w, ROT_QUIET);
	sim_rollback(&w);
	ends_on(&w, first);
	assert_int_equal(w.alarms, 0);
}

/* The secret of the first key was never ours, and the client cannot tell. */
static void
no_way_back_for_some_client(void **state)
{
	static const enum rot_state states[] = { ROT_GRACE, ROT_QUIET };

	(void)state;
	for (size_t i = 0; i < COUNT(states); i++) {
		WORLD(w, 2);

		w.clients[1].drv.read = NULL;
		reaches(&w, states[i]);
		sim_rollback(&w);
		blocks(&w, "no way back");
		assert_non_null(strstr(w.disk.alarm, "c1"));
		assert_true(alive(&w, w.keys[0].id));
		sim_release(&w);
		rotates(&w);
	}
}

static void
no_way_back_for_an_optional_client(void **state)
{
	WORLD(w, 2);
	(void)state;

	w.clients[1].drv.read = NULL;
	sim_conf(&w, "c1")->required = false;
	reaches(&w, ROT_GRACE);
	w.clients[1].silent = w.clients[1].exempt = true;
	sim_rollback(&w);
	ends_on(&w, w.keys[0].id);
	assert_int_equal(w.alarms, 0);
}

/* What a person put back by hand is as good as what we wrote. */
static void
put_back_by_hand(void **state)
{
	char pass[64];

	WORLD(w, 2);
	(void)state;
	sim_client_hold(sim_client(&w, "c1"), "", "");
	sim_conf(&w, "c1")->required = false;
	reaches(&w, ROT_GRACE);
	sim_password(&w.keys[0], w.regions[0], pass);
	sim_client_hold(sim_client(&w, "c1"), w.keys[0].id, pass);
	sim_rollback(&w);
	reaches(&w, ROT_GRACE);
	assert_true(w.disk.rollback);
	assert_int_equal(w.disk.clients[1].state, CL_VERIFIED);
	ends_on(&w, w.keys[0].id);
}

/* A list that does not show the new key yet does not make it forgotten. */
static void
given_up_before_it_is_listed(void **state)
{
	WORLD(w, 1);
	(void)state;

	sim_fault(&w, CALL_PROBE, 1, 3, FAULT_ODD, PROBE_BUSY);
	assert_int_equal(sim_run(&w), EC_TEMP);
	assert_int_equal(w.disk.state, ROT_CREATED);
	sim_fault(&w, CALL_LIST, 1, 2, FAULT_STALE, SIM_MINUTE);
	sim_rollback(&w);
	ends_on(&w, w.keys[0].id);
	assert_int_equal(sim_keys_count(&w), 1);
}

static void
the_old_key_is_gone(void **state)
{
	WORLD(w, 1);
	(void)state;

	reaches(&w, ROT_QUIET);
	sim_key_drop(&w, &w.keys[0]);
	sim_rollback(&w);
	blocks(&w, "nothing to go back to");
	sim_release(&w);
	rotates(&w);
}

/* SES learns slowly that the old key is on again: no client is told before. */
static void
back_on_a_key_that_was_off(void **state)
{
	WORLD(w, 2);
	(void)state;

	w.propagation = SIM_MINUTE;
	reaches(&w, ROT_QUIET);
	sim_rollback(&w);
	ends_on(&w, w.keys[0].id);
}

static void
back_with_lost_answers(void **state)
{
	static const enum sim_call calls[] = { CALL_ON, CALL_OFF, CALL_REMOVE };
	static const enum sim_kind kinds[] = { FAULT_BEFORE, FAULT_AFTER,
		FAULT_LATE };

	(void)state;
	for (size_t i = 0; i < COUNT(calls) * COUNT(kinds); i++) {
		WORLD(w, 2);

		reaches(&w, ROT_QUIET);
		sim_fault(
		    &w, calls[i % 3], 1, 2, kinds[i / 3], 10 * SIM_MINUTE);
		sim_rollback(&w);
		ends_on(&w, w.keys[0].id);
	}
}

static void
back_while_a_deactivation_is_out(void **state)
{
	for (int64_t minutes = 1; minutes < 20; minutes += 3) {
		WORLD(w, 2);
		(void)state;

		sim_fault(&w, CALL_OFF, 1, 1, FAULT_LATE, minutes * SIM_MINUTE);
		reaches(&w, ROT_DEACT);
		sim_rollback(&w);
		ends_on(&w, w.keys[0].id);
	}
}

static void
a_straggler_on_the_key_that_is_given_up(void **state)
{
	WORLD(w, 2);
	(void)state;

	reaches(&w, ROT_GRACE);
	memcpy(w.straggler, w.disk.new.id, sizeof(w.straggler));
	sim_rollback(&w);
	blocks(&w, "is still used");
	w.straggler[0] = '\0';
	sim_release(&w);
	ends_on(&w, w.keys[0].id);
}

/* Nobody was given the new key; what clients hold is their own affair, but
 * not when it is that key. */
static void
clients_that_were_never_touched(void **state)
{
	char pass[64];

	WORLD(w, 2);
	(void)state;
	sim_client_hold(sim_client(&w, "c1"), "", "");
	sim_client(&w, "c1")->exempt = true;
	w.refuse_new = true;
	ends_on(&w, w.keys[0].id);
	w.refuse_new = false;
	sim_fault(&w, CALL_PROBE, 1, 3, FAULT_ODD, PROBE_BUSY);
	w.force = true;
	reaches(&w, ROT_CREATED);
	sim_password(sim_key(&w, w.disk.new.id), w.regions[0], pass);
	sim_client_hold(sim_client(&w, "c1"), w.disk.new.id, pass);
	sim_rollback(&w);
	blocks(&w, "which is to be retired");
	assert_true(alive(&w, sim_client(&w, "c1")->user));
}

/* ---- revoke ---- */

static void
an_emergency_skips_the_grace(void **state)
{
	int64_t begun;

	WORLD(w, 3);
	(void)state;
	w.keys[0].created = w.now - SIM_DAY;
	w.force = w.revoke = true;
	w.identity.grace = w.identity.quiet = 7 * SIM_DAY;
	memcpy(w.straggler, w.keys[0].id, sizeof(w.straggler));
	begun = w.now;
	(void)sim_run(&w);
	fine(&w);
	assert_string_equal(rot_state_name(w.disk.state), "QUIET");
	assert_true(w.now - begun < 5 * SIM_MINUTE);
	assert_false(alive(&w, w.keys[0].id));
	rotates(&w);
	assert_true(w.now - begun > 7 * SIM_DAY);
	assert_false(w.disk.emergency);
}

static void
an_emergency_in_grace(void **state)
{
	WORLD(w, 2);
	(void)state;

	w.identity.grace = 7 * SIM_DAY;
	reaches(&w, ROT_GRACE);
	memcpy(w.straggler, w.keys[0].id, sizeof(w.straggler));
	sim_advance(&w, 3 * SIM_HOUR);
	w.revoke = true;
	(void)sim_run(&w);
	assert_string_equal(rot_state_name(w.disk.state), "QUIET");
	rotates(&w);
}

static void
an_emergency_waits_for_every_client(void **state)
{
	WORLD(w, 2);
	(void)state;

	w.force = w.revoke = true;
	sim_fault(&w, CALL_WRITE, 2, 3, FAULT_FAIL, EC_IO);
	(void)sim_run(&w);
	assert_string_equal(rot_state_name(w.disk.state), "PUSHING");
	assert_true(alive(&w, w.keys[0].id));
	rotates(&w);
}

/* A person left a client behind. */
static void
an_emergency_that_leaves_a_client_behind(void **state)
{
	WORLD(w, 2);
	(void)state;

	w.force = w.revoke = true;
	sim_fault(&w, CALL_WRITE, 2, 0, FAULT_FAIL, EC_IO);
	(void)sim_run(&w);
	assert_string_equal(rot_state_name(w.disk.state), "PUSHING");
	w.disk.clients[1].state = CL_LEFT;
	sim_client(&w, "c1")->exempt = true;
	sim_client(&w, "c1")->silent = true;
	rotates(&w);
	assert_string_equal(w.clients[1].user, w.keys[0].id);
}

static void
an_emergency_whose_new_key_is_refused_stays_one(void **state)
{
	WORLD(w, 1);
	(void)state;

	w.force = w.revoke = true;
	w.refuse_new = true;
	blocks(&w, "refused");
	assert_true(w.disk.emergency);
	w.refuse_new = false;
	sim_release(&w);
	rotates(&w);
	assert_false(w.disk.emergency);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refused_for_ever),
		cmocka_unit_test(refused_without_an_old_key),
		cmocka_unit_test(rollback_from_every_state),
		cmocka_unit_test(rollback_of_a_second_rotation),
		cmocka_unit_test(no_way_back_for_some_client),
		cmocka_unit_test(no_way_back_for_an_optional_client),
		cmocka_unit_test(put_back_by_hand),
		cmocka_unit_test(given_up_before_it_is_listed),
		cmocka_unit_test(the_old_key_is_gone),
		cmocka_unit_test(back_on_a_key_that_was_off),
		cmocka_unit_test(back_with_lost_answers),
		cmocka_unit_test(back_while_a_deactivation_is_out),
		cmocka_unit_test(a_straggler_on_the_key_that_is_given_up),
		cmocka_unit_test(clients_that_were_never_touched),
		cmocka_unit_test(an_emergency_skips_the_grace),
		cmocka_unit_test(an_emergency_in_grace),
		cmocka_unit_test(an_emergency_waits_for_every_client),
		cmocka_unit_test(an_emergency_that_leaves_a_client_behind),
		cmocka_unit_test(
		    an_emergency_whose_new_key_is_refused_stays_one),
	};

	return cmocka_run_group_tests(tests, sim_tests_begin, NULL);
}
