/*
 * The engine in the virtual world: how a rotation begins, how a key is made,
 * and what is done about keys whose answer was lost.
 */
#include "scenario.h"

#include <string.h>

#include "base/auto.h"

#define LATE(minutes) ((minutes)*SIM_MINUTE)

static void
first_rotation_of_an_unknown_key(void **state)
{
	WORLD(w, 3);
	(void)state;

	rotates(&w);
	assert_int_equal(w.count[CALL_CREATE], 1);
	assert_int_equal(w.alarms, 0);
	assert_int_equal(w.disk.failures, 0);
	assert_string_equal(w.disk.new.id, "");
	assert_int_equal(w.disk.sent, 0);
	assert_true(w.disk.next_at == w.disk.old.created + w.identity.max_age);
}

static void
a_second_rotation_follows_when_due(void **state)
{
	char first[KEY_ID_MAX];

	WORLD(w, 2);
	(void)state;
	rotates(&w);
	memcpy(first, w.disk.old.id, sizeof(first));
	sim_advance(&w, 91 * SIM_DAY);
	ends_on(&w, NULL);
	assert_string_not_equal(w.disk.old.id, first);
	assert_int_equal(sim_keys_count(&w), 1);
}

/* One process that stays, as with --wait, is no different from many. */
static void
a_process_that_stays(void **state)
{
	static const enum sim_kind kinds[] = { FAULT_NONE, FAULT_BEFORE,
		FAULT_AFTER, FAULT_LATE };

	(void)state;
	for (size_t i = 0; i < COUNT(kinds); i++) {
		WORLD(w, 2);

		w.stay = true;
		sim_fault(&w, CALL_CREATE, 1, 2, kinds[i], LATE(9));
		sim_fault(&w, CALL_WRITE, 1, 1, FAULT_FAIL, EC_IO);
		rotates(&w);
	}
}

/* Nothing that the engine relies on is lost between two processes. */
static void
records_pass_through_their_text(void **state)
{
	WORLD(w, 3);
	(void)state;

	w.text = true;
	sim_fault(&w, CALL_CREATE, 1, 1, FAULT_AFTER, 0);
	sim_fault(&w, CALL_OFF, 2, 1, FAULT_LATE, LATE(3));
	sim_fault(&w, CALL_WRITE, 2, 1, FAULT_FAIL, EC_IO);
	reaches(&w, ROT_QUIET);
	sim_rollback(&w);
	ends_on(&w, w.keys[0].id);
	sim_advance(&w, 25 * SIM_HOUR);
	rotates(&w);
}

static void
calls_are_counted(void **state)
{
	WORLD(w, 1);
	(void)state;

	sim_fault(&w, CALL_CREATE, 1, 1, FAULT_BEFORE, 0);
	reaches(&w, ROT_GRACE);
	assert_int_equal(w.disk.sent, 2);
	assert_int_equal(w.disk.answered, 1);
	/* Our logins explain a last use, should this key be given up. */
	assert_true(w.disk.new.probed > 0 && w.disk.new.proved > 0);
	rotates(&w);
}

static void
the_key_in_use_was_deleted(void **state)
{
	WORLD(w, 1);
	(void)state;

	w.keys[0].created = w.now - 10 * SIM_DAY;
	ends_on(&w, w.keys[0].id);
	sim_client(&w, "c0")->exempt = true;
	sim_key_drop(&w, &w.keys[0]);
	w.force = true;
	ends_on(&w, NULL);
	assert_int_equal(w.alarms, 0);
	assert_string_equal(sim_client(&w, "c0")->user, w.disk.old.id);
}

/* What an adopted record brings from before is no part of the new rotation. */
static void
what_was_before_is_forgotten(void **state)
{
	WORLD(w, 1);
	(void)state;

	w.keys[0].created = w.now - 10 * SIM_DAY;
	ends_on(&w, w.keys[0].id);
	w.disk.rollback = true;
	w.disk.off_at = w.disk.verified_at = w.now;
	w.disk.clients[0].state = CL_VERIFIED;
	w.force = true;
	rotates(&w);
}

static void
nothing_is_done_while_not_due(void **state)
{
	WORLD(w, 1);
	(void)state;

	w.keys[0].created = w.now - 10 * SIM_DAY;
	ends_on(&w, w.keys[0].id);
	assert_int_equal(w.count[CALL_CREATE], 0);
	/* The second run asks nobody. */
	memset(w.count, 0, sizeof(w.count));
	assert_int_equal(sim_run(&w), EC_OK);
	assert_int_equal(w.count[CALL_LIST] + w.count[CALL_COMMIT], 0);
	fine(&w);
}

static void
max_age_may_be_changed(void **state)
{
	WORLD(w, 1);
	(void)state;

	w.keys[0].created = w.now - 10 * SIM_DAY;
	ends_on(&w, NULL);
	w.identity.max_age = 20 * SIM_DAY;
	assert_int_equal(sim_run(&w), EC_OK);
	assert_true(w.disk.next_at == w.disk.old.created + 20 * SIM_DAY);
	w.identity.max_age = 5 * SIM_DAY;
	w.force = true;
	rotates(&w);
}

static void
force_begins_at_once(void **state)
{
	WORLD(w, 1);
	(void)state;

	w.keys[0].created = w.now - SIM_DAY;
	w.force = true;
	rotates(&w);
}

static void
a_user_without_keys_gets_its_first(void **state)
{
	WORLD(w, 2);
	(void)state;

	sim_key_drop(&w, &w.keys[0]);
	sim_client_hold(sim_client(&w, "c0"), "", "");
	sim_client_hold(sim_client(&w, "c1"), "", "");
	ends_on(&w, NULL);
	assert_int_equal(w.count[CALL_REMOVE] + w.count[CALL_OFF], 0);
}

static void
two_unknown_keys_are_named_and_left(void **state)
{
	const struct sim_key *k;

	WORLD(w, 1);
	(void)state;
	k = sim_key_make(&w, true);
	blocks(&w, w.keys[0].id);
	assert_non_null(strstr(w.disk.alarm, k->id));
	assert_non_null(strstr(w.disk.alarm, "old, last used"));
	assert_non_null(strstr(w.disk.alarm_fix, "rotate adopt"));
	assert_true(alive(&w, w.keys[0].id) && alive(&w, k->id));
	/* The alarm repeats, nothing else happens. */
	w.alarms = 0;
	assert_int_equal(sim_run(&w), EC_CONFLICT);
	assert_int_equal(w.alarms, 1);
}

static void
another_key_than_ours_is_a_persons_matter(void **state)
{
	WORLD(w, 1);
	(void)state;

	w.keys[0].created = w.now;
	ends_on(&w, NULL);
	sim_client(&w, "c0")->exempt = true;
	sim_key_drop(&w, &w.keys[0]);
	(void)sim_key_make(&w, true);
	w.force = true;
	blocks(&w, w.keys[1].id);
}

static void
a_client_that_is_not_ready_stops_before_a_key(void **state)
{
	WORLD(w, 2);
	(void)state;

	sim_fault(&w, CALL_PLAN, 1, 3, FAULT_FAIL, EC_DENIED);
	assert_int_equal(sim_run(&w), EC_CLIENT);
	assert_int_equal(w.count[CALL_CREATE], 0);
	assert_int_equal(w.disk.state, ROT_IDLE);
	rotates(&w);
}

/* Whatever it says then, after the key it would say so again, and a conflict
 * would block. */
static void
a_client_that_cannot_be_read_stops_before_a_key(void **state)
{
	static const enum ec classes[] = { EC_CONFLICT, EC_TEMP, EC_DENIED,
		EC_CLIENT };

	(void)state;
	for (size_t i = 0; i < COUNT(classes); i++) {
		WORLD(w, 2);

		sim_fault(&w, CALL_READ, 2, 1, FAULT_FAIL, classes[i]);
		assert_int_equal(sim_run(&w), EC_CLIENT);
		assert_non_null(strstr(
		    w.err.what, "client c1 is not ready, no key was made"));
		assert_int_equal(w.count[CALL_CREATE], 0);
		assert_int_equal(w.disk.state, ROT_IDLE);
		rotates(&w);
		assert_int_equal(w.alarms, 0);
	}
}

/* What is not there yet holds nothing, and may be made. */
static void
a_client_that_is_not_there_yet(void **state)
{
	WORLD(w, 2);
	(void)state;

	sim_fault(&w, CALL_READ, 1, 2, FAULT_FAIL, EC_GONE);
	(void)sim_run(&w);
	assert_int_equal(w.count[CALL_CREATE], 1);
	rotates(&w);
}

static void
an_optional_client_that_is_not_ready(void **state)
{
	WORLD(w, 2);
	(void)state;

	sim_conf(&w, "c1")->required = false;
	sim_fault(&w, CALL_PLAN, 0, 0, FAULT_FAIL, EC_GONE);
	sim_fault(&w, CALL_READ, 1, 2, FAULT_FAIL, EC_CONFLICT);
	w.faults[0].client = w.faults[1].client = "c1";
	rotates(&w);
	assert_int_equal(w.alarms, 0);
}

static void
a_hold_stops_the_beginning(void **state)
{
	WORLD(w, 1);
	(void)state;

	w.hold.held = true;
	assert_int_equal(sim_run(&w), EC_HUMAN);
	assert_int_equal(w.count[CALL_CREATE], 0);
	sim_advance(&w, 3 * SIM_DAY);
	assert_int_equal(sim_run(&w), EC_HUMAN);
	sim_release(&w);
	rotates(&w);
}

/* ---- CreateAccessKey ---- */

static void
lost_before(void **state)
{
	WORLD(w, 2);
	(void)state;

	sim_fault(&w, CALL_CREATE, 1, 1, FAULT_BEFORE, 0);
	rotates(&w);
	assert_int_equal(w.count[CALL_CREATE], 2);
}

/* Nobody sends again before the window is over, however often it is run. */
static void
the_window_is_waited_for(void **state)
{
	WORLD(w, 1);
	(void)state;

	sim_key_drop(&w, &w.keys[0]);
	sim_client_hold(sim_client(&w, "c0"), "", "");
	sim_fault(&w, CALL_CREATE, 1, 2, FAULT_LATE, LATE(10));
	for (unsigned n = 1; n <= 2; n++) {
		assert_int_equal(sim_run(&w), EC_LATER);
		for (int i = 0; i < 18; i++) {
			sim_advance(&w, SIM_MINUTE);
			(void)sim_run(&w);
			if (w.disk.state == ROT_INTENT)
				assert_int_equal(w.count[CALL_CREATE], n);
		}
		fine(&w);
		while (
		    w.disk.state != ROT_INTENT || w.count[CALL_CREATE] == n) {
			sim_advance(&w, SIM_MINUTE);
			(void)sim_run(&w);
			if (n == 2)
				break;
		}
	}
	ends_on(&w, NULL);
	assert_int_equal(sim_keys_count(&w), 1);
}

static void
lost_after_leaves_an_orphan(void **state)
{
	WORLD(w, 2);
	(void)state;

	sim_fault(&w, CALL_CREATE, 1, 1, FAULT_AFTER, 0);
	rotates(&w);
	assert_int_equal(w.count[CALL_REMOVE], 2);
}

static void
an_effect_that_comes_late(void **state)
{
	for (int minutes = 1; minutes < 20; minutes += 6) {
		WORLD(w, 2);
		(void)state;

		sim_fault(&w, CALL_CREATE, 1, 1, FAULT_LATE, LATE(minutes));
		rotates(&w);
		assert_int_equal(w.count[CALL_REMOVE], 2);
	}
}

static void
lost_and_late_and_lost_again(void **state)
{
	WORLD(w, 1);
	(void)state;

	sim_fault(&w, CALL_CREATE, 1, 1, FAULT_LATE, LATE(19));
	sim_fault(&w, CALL_CREATE, 2, 1, FAULT_AFTER, 0);
	rotates(&w);
}

static void
lost_for_a_user_without_keys(void **state)
{
	WORLD(w, 1);
	(void)state;

	sim_key_drop(&w, &w.keys[0]);
	sim_client_hold(sim_client(&w, "c0"), "", "");
	sim_fault(&w, CALL_CREATE, 1, 2, FAULT_AFTER, 0);
	ends_on(&w, NULL);
	assert_int_equal(sim_keys_count(&w), 1);
}

static void
three_lost_answers_ask_a_person(void **state)
{
	WORLD(w, 1);
	(void)state;

	sim_fault(&w, CALL_CREATE, 1, 3, FAULT_BEFORE, 0);
	blocks(&w, "never answered");
	sim_release(&w);
	rotates(&w);
}

static void
an_orphans_steps_with_lost_answers(void **state)
{
	static const enum sim_call calls[] = { CALL_OFF, CALL_REMOVE };
	static const enum sim_kind kinds[] = { FAULT_BEFORE, FAULT_AFTER,
		FAULT_LATE };

	(void)state;
	for (size_t i = 0; i < COUNT(calls) * COUNT(kinds); i++) {
		WORLD(w, 1);

		sim_fault(&w, CALL_CREATE, 1, 1, FAULT_AFTER, 0);
		sim_fault(&w, calls[i % 2], 1, 1, kinds[i / 2], LATE(3));
		rotates(&w);
	}
}

/* IAM says yes and does nothing. */
static void
an_orphan_is_seen_off_before_it_goes(void **state)
{
	WORLD(w, 1);
	(void)state;

	sim_fault(&w, CALL_CREATE, 1, 1, FAULT_AFTER, 0);
	sim_fault(&w, CALL_OFF, 1, 1, FAULT_LIE, 0);
	sim_fault(&w, CALL_REMOVE, 1, 1, FAULT_LIE, 0);
	rotates(&w);
	assert_int_equal(w.alarms, 0);
}

static void
an_orphan_that_may_not_be_deleted(void **state)
{
	WORLD(w, 1);
	(void)state;

	sim_fault(&w, CALL_CREATE, 1, 1, FAULT_AFTER, 0);
	sim_fault(&w, CALL_REMOVE, 1, 1, FAULT_FAIL, EC_DENIED);
	blocks(&w, "fault");
	sim_release(&w);
	rotates(&w);
}

static void
a_used_orphan_is_switched_on_again(void **state)
{
	struct sim_key *k;

	WORLD(w, 1);
	(void)state;
	sim_fault(&w, CALL_CREATE, 1, 1, FAULT_AFTER, 0);
	reaches(&w, ROT_ORPHQ);
	k = sim_key(&w, w.disk.orphan);
	sim_key_use(&w, k, true);
	blocks(&w, k->id);
	assert_true(k->active);
}

static void
use_orphan(struct sim *w)
{
	sim_key_use(w, sim_key(w, w->disk.orphan), true);
}

static void
an_orphan_used_at_the_last_moment_is_left(void **state)
{
	WORLD(w, 1);
	(void)state;

	sim_fault(&w, CALL_CREATE, 1, 1, FAULT_AFTER, 0);
	w.watch = ROT_ORPH;
	w.event = use_orphan;
	blocks(&w, "looked like a leftover");
	assert_int_equal(w.count[CALL_OFF], 0);
}

static void
a_hold_stops_another_call(void **state)
{
	WORLD(w, 1);
	(void)state;

	sim_fault(&w, CALL_CREATE, 1, 1, FAULT_BEFORE, 0);
	assert_int_equal(sim_run(&w), EC_LATER);
	w.hold.held = true;
	sim_advance(&w, SIM_HOUR);
	assert_int_equal(sim_run(&w), EC_HUMAN);
	assert_int_equal(w.count[CALL_CREATE], 1);
	sim_release(&w);
	rotates(&w);
}

static void
a_hold_stops_the_deletion_of_an_orphan(void **state)
{
	WORLD(w, 1);
	(void)state;

	sim_fault(&w, CALL_CREATE, 1, 1, FAULT_AFTER, 0);
	reaches(&w, ROT_ORPHQ);
	w.hold.held = true;
	sim_advance(&w, SIM_DAY);
	assert_int_equal(sim_run(&w), EC_HUMAN);
	assert_int_equal(w.count[CALL_REMOVE], 0);
	sim_release(&w);
	rotates(&w);
}

static void
a_foreign_key_is_not_an_orphan(void **state)
{
	struct sim_key *k;

	WORLD(w, 1);
	(void)state;
	sim_fault(&w, CALL_CREATE, 1, 1, FAULT_BEFORE, 0);
	assert_int_equal(sim_run(&w), EC_LATER);
	k = sim_key_make(&w, true);
	sim_key_use(&w, k, true);
	blocks(&w, k->id);
	assert_true(k->active);
	assert_string_equal(w.disk.orphan, "");
	/* A person deletes it, and it goes on. */
	sim_key_drop(&w, k);
	sim_release(&w);
	rotates(&w);
}

static void
an_old_key_beyond_the_baseline_is_not_ours(void **state)
{
	struct sim_key *k;

	WORLD(w, 1);
	(void)state;
	sim_fault(&w, CALL_CREATE, 1, 1, FAULT_BEFORE, 0);
	assert_int_equal(sim_run(&w), EC_LATER);
	k = sim_key_make(&w, true);
	k->created -= SIM_DAY;
	blocks(&w, k->id);
	assert_true(k->active);
}

static void
more_unknown_keys_than_calls(void **state)
{
	WORLD(w, 1);
	(void)state;

	sim_key_drop(&w, &w.keys[0]);
	sim_client_hold(sim_client(&w, "c0"), "", "");
	sim_fault(&w, CALL_CREATE, 1, 1, FAULT_AFTER, 0);
	assert_int_equal(sim_run(&w), EC_LATER);
	(void)sim_key_make(&w, true);
	blocks(&w, w.keys[2].id);
	assert_int_equal(w.count[CALL_OFF], 0);
}

static void
both_slots_taken_between_list_and_call(void **state)
{
	WORLD(w, 1);
	(void)state;

	sim_fault(&w, CALL_CREATE, 1, 2, FAULT_FAIL, EC_LIMIT);
	rotates(&w);
	assert_int_equal(w.count[CALL_CREATE], 3);
	assert_int_equal(w.count[CALL_OFF], 1);
}

static void
throttling_is_waited_out(void **state)
{
	WORLD(w, 1);
	(void)state;

	for (int c = CALL_CALLER; c <= CALL_USED; c++)
		sim_fault(&w, (enum sim_call)c, 1, 2, FAULT_FAIL, EC_TEMP);
	rotates(&w);
	assert_int_equal(w.alarms, 0);
}

static void
create_denied_is_no_alarm(void **state)
{
	WORLD(w, 1);
	(void)state;

	sim_fault(&w, CALL_CREATE, 1, 2, FAULT_FAIL, EC_DENIED);
	assert_int_equal(sim_run(&w), EC_DENIED);
	assert_int_equal(w.disk.state, ROT_INTENT);
	rotates(&w);
}

static void
a_network_that_fails_before_the_call_is_no_lost_answer(void **state)
{
	WORLD(w, 1);
	(void)state;

	/* Each time between the announcement and the call. */
	sim_fault(&w, CALL_CALLER, 2, 1, FAULT_BEFORE, 0);
	assert_int_equal(sim_run(&w), EC_TEMP);
	assert_int_equal(w.disk.state, ROT_INTENT);
	assert_int_equal(w.disk.sent, w.disk.answered);
	rotates(&w);
	assert_int_equal(w.alarms, 0);
}

static void
stale_lists(void **state)
{
	(void)state;
	for (unsigned from = 1; from < 12; from++) {
		WORLD(w, 2);

		sim_fault(&w, CALL_CREATE, 1, 1, FAULT_AFTER, 0);
		sim_fault(&w, CALL_LIST, from, 6, FAULT_STALE, LATE(1));
		rotates(&w);
	}
	for (unsigned from = 1; from < 12; from++) {
		WORLD(w, 2);

		w.revoke = w.force = true;
		sim_fault(&w, CALL_LIST, from, 6, FAULT_STALE, LATE(1));
		rotates(&w);
	}
}

/* ---- the disk ---- */

static void
the_disk_is_full_after_the_key_was_made(void **state)
{
	WORLD(w, 1);
	(void)state;

	/* Commits: key seen, INTENT, CREATED. */
	sim_fault(&w, CALL_COMMIT, 3, 1, FAULT_FULL, 0);
	rotates(&w);
	assert_false(w.reserve);
	assert_int_equal(w.count[CALL_CREATE], 1);
}

static void
the_disk_fails_and_the_key_goes_at_once(void **state)
{
	WORLD(w, 1);
	(void)state;

	w.reserve = false;
	sim_fault(&w, CALL_COMMIT, 3, 1, FAULT_FAIL, EC_IO);
	assert_int_equal(sim_run(&w), EC_IO);
	assert_int_equal(sim_keys_count(&w), 1);
	assert_int_equal(w.disk.state, ROT_INTENT);
	rotates(&w);
}

/* It had stood still meanwhile: then it is no more its turn to delete (the
 * simulator, seed 771013000). */
static void
the_disk_fails_and_the_turn_is_over(void **state)
{
	unsigned left = 0;

	(void)state;
	for (unsigned nth = 1; nth < 6; nth++) {
		WORLD(w, 1);

		w.reserve = false;
		sim_fault(&w, CALL_COMMIT, 3, 1, FAULT_FAIL, EC_IO);
		sim_fault(&w, CALL_FENCE, nth, 1, FAULT_FAIL, EC_BUSY);
		(void)sim_run(&w);
		if (strstr(w.err.what, "another rotator sees to it") != NULL) {
			left++;
			assert_int_equal(w.err.ec, EC_IO);
			assert_int_equal(sim_keys_count(&w), 2);
		}
		rotates(&w);
	}
	assert_int_equal(left, 1);
}

static void
the_disk_fails_and_the_key_cannot_go(void **state)
{
	WORLD(w, 1);
	(void)state;

	w.reserve = false;
	sim_fault(&w, CALL_COMMIT, 3, 1, FAULT_FAIL, EC_IO);
	sim_fault(&w, CALL_REMOVE, 1, 1, FAULT_BEFORE, 0);
	assert_int_equal(sim_run(&w), EC_IO);
	assert_int_equal(sim_keys_count(&w), 2);
	rotates(&w);
}

/* A store that says no with a class that would otherwise be noted. */
static void
no_note_after_a_commit_that_failed(void **state)
{
	(void)state;
	for (unsigned nth = 1; nth < 20; nth++) {
		WORLD(w, 2);

		sim_fault(&w, CALL_COMMIT, nth, 1, FAULT_FAIL, EC_TEMP);
		rotates(&w);
	}
}

static void
any_commit_may_fail(void **state)
{
	(void)state;
	for (unsigned nth = 1; nth < 40; nth++)
		for (int after = 0; after < 2; after++) {
			WORLD(w, 2);

			w.reserve = nth % 3 == 0;
			sim_fault(&w, CALL_COMMIT, nth, 1,
			    after ? FAULT_AFTER : FAULT_FAIL, EC_IO);
			(void)sim_finish(&w, ROUNDS);
			fine(&w);
			assert_int_equal(w.disk.state, ROT_IDLE);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_rotation_of_an_unknown_key),
		cmocka_unit_test(a_second_rotation_follows_when_due),
		cmocka_unit_test(a_process_that_stays),
		cmocka_unit_test(records_pass_through_their_text),
		cmocka_unit_test(calls_are_counted),
		cmocka_unit_test(the_key_in_use_was_deleted),
		cmocka_unit_test(what_was_before_is_forgotten),
		cmocka_unit_test(nothing_is_done_while_not_due),
		cmocka_unit_test(max_age_may_be_changed),
		cmocka_unit_test(force_begins_at_once),
		cmocka_unit_test(a_user_without_keys_gets_its_first),
		cmocka_unit_test(two_unknown_keys_are_named_and_left),
		cmocka_unit_test(another_key_than_ours_is_a_persons_matter),
		cmocka_unit_test(a_client_that_is_not_ready_stops_before_a_key),
		cmocka_unit_test(
		    a_client_that_cannot_be_read_stops_before_a_key),
		cmocka_unit_test(a_client_that_is_not_there_yet),
		cmocka_unit_test(an_optional_client_that_is_not_ready),
		cmocka_unit_test(a_hold_stops_the_beginning),
		cmocka_unit_test(lost_before),
		cmocka_unit_test(the_window_is_waited_for),
		cmocka_unit_test(lost_after_leaves_an_orphan),
		cmocka_unit_test(an_effect_that_comes_late),
		cmocka_unit_test(lost_and_late_and_lost_again),
		cmocka_unit_test(lost_for_a_user_without_keys),
		cmocka_unit_test(three_lost_answers_ask_a_person),
		cmocka_unit_test(an_orphans_steps_with_lost_answers),
		cmocka_unit_test(an_orphan_is_seen_off_before_it_goes),
		cmocka_unit_test(an_orphan_that_may_not_be_deleted),
		cmocka_unit_test(a_used_orphan_is_switched_on_again),
		cmocka_unit_test(an_orphan_used_at_the_last_moment_is_left),
		cmocka_unit_test(a_hold_stops_another_call),
		cmocka_unit_test(a_hold_stops_the_deletion_of_an_orphan),
		cmocka_unit_test(a_foreign_key_is_not_an_orphan),
		cmocka_unit_test(an_old_key_beyond_the_baseline_is_not_ours),
		cmocka_unit_test(more_unknown_keys_than_calls),
		cmocka_unit_test(both_slots_taken_between_list_and_call),
		cmocka_unit_test(throttling_is_waited_out),
		cmocka_unit_test(create_denied_is_no_alarm),
		cmocka_unit_test(
		    a_network_that_fails_before_the_call_is_no_lost_answer),
		cmocka_unit_test(stale_lists),
		cmocka_unit_test(the_disk_is_full_after_the_key_was_made),
		cmocka_unit_test(the_disk_fails_and_the_key_goes_at_once),
		cmocka_unit_test(the_disk_fails_and_the_turn_is_over),
		cmocka_unit_test(the_disk_fails_and_the_key_cannot_go),
		cmocka_unit_test(no_note_after_a_commit_that_failed),
		cmocka_unit_test(any_commit_may_fail),
	};

	return cmocka_run_group_tests(tests, sim_tests_begin, NULL);
}
