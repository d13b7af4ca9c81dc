/*
 * The engine retires the old key: who may stop it, what must be true at the
 * very moment, and what is done when it is needed after all.
 */
#include "scenario.h"

#include "base/auto.h"

static void
a_permission_is_missing_half_way(void **state)
{
	static const enum sim_call calls[] = { CALL_OFF, CALL_REMOVE,
		CALL_USED };

	(void)state;
	for (size_t i = 0; i < COUNT(calls); i++) {
		WORLD(w, 2);

		sim_fault(&w, calls[i], 1, 1, FAULT_FAIL, EC_DENIED);
		blocks(&w, "fault");
		assert_int_equal(sim_keys_count(&w), 2);
		assert_true(alive(&w, w.disk.new.id));
		sim_release(&w);
		rotates(&w);
	}
}

static void
lost_answers_on_the_way_out(void **state)
{
	static const enum sim_call calls[] = { CALL_OFF, CALL_REMOVE };
	static const enum sim_kind kinds[] = { FAULT_BEFORE, FAULT_AFTER,
		FAULT_LATE };

	(void)state;
	for (size_t i = 0; i < COUNT(calls) * COUNT(kinds); i++) {
		WORLD(w, 2);

		sim_fault(
		    &w, calls[i % 2], 1, 2, kinds[i / 2], 15 * SIM_MINUTE);
		rotates(&w);
		assert_int_equal(w.alarms, 0);
	}
}

static void
a_straggler_in_grace(void **state)
{
	WORLD(w, 2);
	(void)state;

	memcpy(w.straggler, w.keys[0].id, sizeof(w.straggler));
	w.use_lag = 20 * SIM_MINUTE;
	blocks(&w, w.keys[0].id);
	assert_non_null(strstr(w.disk.alarm, "service ses, region us-east-1"));
	assert_true(alive(&w, w.keys[0].id));
	/* Released although it is still there: stopped again. */
	sim_release(&w);
	blocks(&w, "is still used");
	w.straggler[0] = '\0';
	sim_release(&w);
	rotates(&w);
}

/* Found within the hour, not after a week. */
static void
a_straggler_in_quiet(void **state)
{
	WORLD(w, 2);
	(void)state;

	w.identity.quiet = 7 * SIM_DAY;
	reaches(&w, ROT_QUIET);
	sim_advance(&w, SIM_DAY);
	/* AWS is late to tell of a use in the last minutes. */
	sim_key_use(&w, &w.keys[0], true);
	(void)sim_run(&w);
	fine(&w);
	assert_string_equal(rot_state_name(w.disk.state), "BLOCKED");
	assert_non_null(strstr(w.disk.alarm, "switched on again"));
	assert_true(alive(&w, w.keys[0].id));
	sim_release(&w);
	rotates(&w);
}

static void
waiting_looks_every_hour(void **state)
{
	WORLD(w, 1);
	(void)state;

	w.identity.grace = w.identity.quiet = 7 * SIM_DAY;
	reaches(&w, ROT_GRACE);
	assert_true(w.disk.next_at <= w.now + SIM_HOUR);
	assert_non_null(strstr(w.disk.waiting, "2026-09-28"));
	reaches(&w, ROT_QUIET);
	assert_true(w.disk.next_at <= w.now + SIM_HOUR);
	assert_int_equal(w.disk.off_at, 0); /* it was answered */
	rotates(&w);
}

/* `verify` logs in with the old key and notes it. */
static void
our_own_probe_is_no_straggler(void **state)
{
	WORLD(w, 1);
	(void)state;

	w.identity.grace = SIM_DAY;
	reaches(&w, ROT_GRACE);
	sim_advance(&w, 3 * SIM_HOUR);
	sim_key_use(&w, &w.keys[0], false);
	w.disk.old.probed = w.now;
	rotates(&w);
	assert_int_equal(w.alarms, 0);
}

static void
another_use_beside_our_probe_is_one(void **state)
{
	WORLD(w, 1);
	(void)state;

	w.identity.grace = SIM_DAY;
	reaches(&w, ROT_GRACE);
	sim_advance(&w, 3 * SIM_HOUR);
	sim_key_use(&w, &w.keys[0], true);
	w.disk.old.probed = w.now + 5 * SIM_MINUTE;
	blocks(&w, "is still used");
}

/* No grace is so short that a straggler has no time to show. */
static void
without_grace_a_straggler_is_seen(void **state)
{
	WORLD(w, 1);
	(void)state;

	w.identity.grace = 0;
	memcpy(w.straggler, w.keys[0].id, sizeof(w.straggler));
	blocks(&w, "is still used");
	assert_true(alive(&w, w.keys[0].id));
}

/* ---- holds ---- */

static void
pull_the_brake(struct sim *w)
{
	w->hold.held = true;
}

static void
a_hold_at_any_moment(void **state)
{
	static const enum rot_state states[] = { ROT_GRACE, ROT_DEACT,
		ROT_QUIET, ROT_DEL };

	(void)state;
	for (size_t i = 0; i < COUNT(states); i++) {
		WORLD(w, 1);

		w.watch = states[i];
		w.event = pull_the_brake;
		for (int n = 0; n < 60; n++) {
			(void)sim_run(&w);
			sim_advance(&w, SIM_HOUR);
		}
		fine(&w);
		assert_int_equal(w.last, EC_HUMAN);
		assert_int_equal(w.disk.state, states[i]);
		assert_true(w.keys[0].exists);
		assert_int_equal(w.keys[0].active, states[i] < ROT_QUIET);
		w.watch = ROT__MAX;
		sim_release(&w);
		rotates(&w);
	}
}

/* ---- the old key is somebody else's business, too ---- */

static void
use_old_key(struct sim *w)
{
	sim_key_use(w, &w->keys[0], true);
}

/* Between the end of the grace and the call. */
static void
a_straggler_at_the_last_moment(void **state)
{
	WORLD(w, 1);
	(void)state;

	w.watch = ROT_DEACT;
	w.event = use_old_key;
	blocks(&w, "is still used");
	assert_int_equal(w.count[CALL_OFF], 0);
}

static void
switched_on_by_hand_in_quiet(void **state)
{
	WORLD(w, 1);
	(void)state;

	w.identity.quiet = 7 * SIM_DAY;
	reaches(&w, ROT_QUIET);
	sim_advance(&w, SIM_HOUR);
	sim_key_status(&w, &w.keys[0], true);
	assert_int_equal(sim_run(&w), EC_CONFLICT); /* at once */
	blocks(&w, "switched on again");
	assert_true(alive(&w, w.keys[0].id));
	sim_release(&w);
	rotates(&w);
}

static void
switch_on(struct sim *w)
{
	sim_key_status(w, &w->keys[0], true);
}

static void
switched_on_by_hand_before_deletion(void **state)
{
	WORLD(w, 1);
	(void)state;

	w.watch = ROT_DEL;
	w.event = switch_on;
	blocks(&w, "switched on again");
	assert_true(alive(&w, w.keys[0].id));
	w.watch = ROT__MAX;
	sim_release(&w);
	rotates(&w);
}

static void
switched_on_by_hand_while_we_verify(void **state)
{
	WORLD(w, 1);
	(void)state;

	w.watch = ROT_DEL;
	w.watch_call = CALL_PROBE;
	w.event = switch_on;
	blocks(&w, "switched on again");
	assert_int_equal(w.count[CALL_REMOVE], 0);
}

static void
lists_lag(struct sim *w)
{
	sim_fault(w, CALL_LIST, 1, 6, FAULT_STALE, 3000);
}

/* The change is waited for, a few seconds. */
static void
a_list_that_lags_after_a_change(void **state)
{
	WORLD(w, 1);
	(void)state;

	w.watch = ROT_DEACT;
	w.event = lists_lag;
	reaches(&w, ROT_QUIET);
	assert_non_null(strstr(w.disk.waiting, "quiet: "));
	rotates(&w);
}

static void
a_change_that_never_comes(void **state)
{
	static const enum sim_call calls[] = { CALL_OFF, CALL_REMOVE };

	(void)state;
	for (size_t i = 0; i < COUNT(calls); i++) {
		WORLD(w, 1);

		sim_fault(&w, calls[i], 1, 2, FAULT_LIE, 0);
		rotates(&w);
		assert_int_equal(w.alarms, 0);
	}
}

static void
move_back(struct sim *w)
{
	struct sim_client *c = sim_client(w, "c0");
	char pass[64];

	sim_password(&w->keys[0], w->regions[0], pass);
	c->exempt = true;
	sim_client_hold(c, w->keys[0].id, pass);
}

static void
drift_before_deletion(void **state)
{
	static const enum rot_state states[] = { ROT_DEACT, ROT_DEL };

	(void)state;
	for (size_t i = 0; i < COUNT(states); i++) {
		WORLD(w, 2);

		w.watch = states[i];
		w.event = move_back;
		blocks(&w, "client c0: holds");
		assert_true(alive(&w, w.keys[0].id));
		w.watch = ROT__MAX;
		sim_release(&w);
		rotates(&w);
	}
}

/* A call to switch off that was never answered lands after the old key was
 * found to be needed: it is on when the alarm is raised, and stays on. */
static void
a_late_deactivation_does_not_win(void **state)
{
	WORLD(w, 2);
	(void)state;

	sim_fault(&w, CALL_OFF, 1, 1, FAULT_LATE, 12 * SIM_MINUTE);
	reaches(&w, ROT_DEACT);
	move_back(&w);
	blocks(&w, "c0 was moved to");
	sim_advance(&w, SIM_DAY);
	assert_true(alive(&w, w.keys[0].id));
	fine(&w);
}

/* A list that still shows Active does not keep us from switching it on. */
static void
a_stale_list_when_the_key_is_needed(void **state)
{
	WORLD(w, 2);
	(void)state;

	reaches(&w, ROT_QUIET);
	sim_advance(&w, SIM_MINUTE);
	move_back(&w);
	sim_fault(&w, CALL_LIST, 1, 3, FAULT_STALE, 2 * SIM_MINUTE);
	blocks(&w, "c0 was moved to");
	assert_true(alive(&w, w.keys[0].id));
}

static void
deleted_by_someone_else(void **state)
{
	static const enum rot_state states[] = { ROT_GRACE, ROT_QUIET };

	(void)state;
	for (size_t i = 0; i < COUNT(states); i++) {
		WORLD(w, 1);

		reaches(&w, states[i]);
		sim_key_drop(&w, &w.keys[0]);
		rotates(&w);
		assert_int_equal(w.count[CALL_REMOVE], 0);
	}
}

static void
the_new_key_is_switched_off_by_hand(void **state)
{
	static const enum rot_state states[] = { ROT_GRACE, ROT_QUIET };

	(void)state;
	for (size_t i = 0; i < COUNT(states); i++) {
		WORLD(w, 1);

		reaches(&w, states[i]);
		sim_client(&w, "c0")->exempt = true;
		sim_key_status(&w, sim_key(&w, w.disk.new.id), false);
		w.event = NULL;
		for (int n = 0; n < 40 && w.disk.state != ROT_BLOCKED; n++) {
			(void)sim_run(&w);
			sim_advance(&w, SIM_HOUR);
		}
		fine(&w);
		assert_non_null(strstr(w.disk.alarm, "not Active"));
		assert_true(alive(&w, w.keys[0].id));
		sim_key_status(&w, sim_key(&w, w.disk.new.id), true);
		sim_advance(&w, SIM_MINUTE);
		sim_release(&w);
		rotates(&w);
	}
}

static void
ses_refuses_what_a_client_holds(void **state)
{
	WORLD(w, 1);
	(void)state;

	reaches(&w, ROT_QUIET);
	sim_client(&w, "c0")->exempt = true;
	sim_client_hold(sim_client(&w, "c0"), w.disk.new.id, "altered");
	blocks(&w, "switched on again");
	assert_true(alive(&w, w.keys[0].id));
}

static void
ses_refuses_the_new_key_after_all(void **state)
{
	WORLD(w, 1);
	(void)state;

	reaches(&w, ROT_QUIET);
	sim_client(&w, "c0")->exempt = true;
	w.refuse_new = true;
	blocks(&w, "switched on again");
	assert_true(alive(&w, w.keys[0].id));
}

/* Nobody whom we could try: our own passwords prove the key within a day of
 * each retiring call. */
static void
proofs_without_clients(void **state)
{
	(void)state;
	for (size_t n = 0; n < 2; n++) {
		WORLD(w, n);

		w.identity.grace = w.identity.quiet = 7 * SIM_DAY;
		if (n > 0) {
			sim_client_human(&w.clients[0]);
			w.clients[0].answers = true;
		}
		rotates(&w);
	}
}

/* A client's disk or permission is not ours: no alarm, and no retirement. */
static void
a_client_cannot_be_read_when_it_counts(void **state)
{
	static const enum ec classes[] = { EC_TEMP, EC_IO, EC_DENIED, EC_CONFIG,
		EC_UNKNOWN };

	(void)state;
	for (size_t i = 0; i < COUNT(classes); i++) {
		WORLD(w, 1);

		reaches(&w, ROT_GRACE);
		sim_fault(&w, CALL_READ, 1, 40, FAULT_FAIL, classes[i]);
		for (int n = 0; n < 12; n++) {
			(void)sim_run(&w);
			sim_advance(&w, SIM_HOUR);
		}
		assert_int_equal(w.disk.state, ROT_GRACE);
		assert_int_equal(
		    w.last, classes[i] == EC_TEMP ? EC_TEMP : EC_CLIENT);
		rotates(&w);
		assert_int_equal(w.alarms, 0);
	}
}

/* ---- pins ---- */

static void
a_user_made_again_is_another_user(void **state)
{
	static const enum rot_state states[] = { ROT_IDLE, ROT_GRACE,
		ROT_QUIET };

	(void)state;
	for (size_t i = 0; i < COUNT(states); i++) {
		WORLD(w, 1);

		if (states[i] == ROT_IDLE)
			w.keys[0].created = w.now - 10 * SIM_DAY;
		reaches(&w, states[i]);
		memcpy(w.user_id, "AIDASIM0000000002", 18);
		w.force = true;
		blocks(&w, "deleted and made again");
		assert_non_null(strstr(w.disk.alarm_fix, "rotate adopt"));
		memcpy(w.user_id, "AIDASIM0000000001", 18);
		sim_release(&w);
		w.force = true;
		rotates(&w);
	}
}

static void
make_user_again(struct sim *w)
{
	memcpy(w->user_id, "AIDASIM0000000002", 18);
}

/* Between the announcement and the call. */
static void
a_user_made_again_at_the_last_moment(void **state)
{
	WORLD(w, 1);
	(void)state;

	w.watch = ROT_INTENT;
	w.event = make_user_again;
	blocks(&w, "deleted and made again");
	assert_int_equal(w.count[CALL_CREATE], 0);
}

static void
a_configured_user_id_counts_at_first_sight(void **state)
{
	WORLD(w, 1);
	(void)state;

	w.identity.user_id = "AIDASIM0000000009";
	blocks(&w, "AIDASIM0000000009");
	assert_int_equal(w.count[CALL_LIST], 0);
	w.identity.user_id = "AIDASIM0000000001";
	sim_release(&w);
	rotates(&w);
}

static void
a_wrong_account_leaves_no_trace(void **state)
{
	static const enum rot_state states[] = { ROT_IDLE, ROT_INTENT,
		ROT_GRACE };

	(void)state;
	for (size_t i = 0; i < COUNT(states); i++)
		for (int what = 0; what < 3; what++) {
			uint64_t version;

			WORLD(w, 1);
			if (states[i] == ROT_IDLE)
				w.keys[0].created = w.now - 10 * SIM_DAY;
			sim_fault(&w, CALL_CREATE, 1, 1, FAULT_BEFORE, 0);
			reaches(&w, states[i]);
			version = w.disk.version;
			if (what == 0)
				memcpy(w.account, "999999999999", 13);
			else if (what == 1)
				w.user_elsewhere = true;
			else
				w.world.endpoint = "https://localhost:1";
			w.force = true;
			sim_advance(&w, SIM_DAY);
			assert_int_equal(sim_run(&w), EC_CONFIG);
			assert_int_equal(w.disk.version, version);
			memcpy(w.account, SIM_ACCOUNT, 13);
			w.user_elsewhere = false;
			w.world.endpoint = SIM_URL;
			w.force = true;
			rotates(&w);
		}
}

static void
a_wrong_clock_stops_every_effect(void **state)
{
	static const int64_t skews[] = { 3 * SIM_MINUTE, -3 * SIM_MINUTE,
		365 * SIM_DAY, -365 * SIM_DAY };

	(void)state;
	for (size_t i = 0; i < COUNT(skews); i++) {
		WORLD(w, 1);

		w.skew = skews[i];
		assert_int_equal(sim_run(&w), EC_TEMP);
		assert_non_null(strstr(w.err.fix, "set-ntp"));
		assert_int_equal(w.count[CALL_CREATE], 0);
		w.skew = 0;
		reaches(&w, ROT_GRACE);
		w.skew = skews[i];
		for (int n = 0; n < 20; n++) {
			(void)sim_run(&w);
			sim_advance(&w, SIM_HOUR);
		}
		assert_true(alive(&w, w.keys[0].id));
		w.skew = 0;
		rotates(&w);
	}
}

/* One answer with a wrong Date, be it a proxy's, ends no waiting time, and
 * nothing that is measured by it is kept. */
static void
a_wrong_date_in_one_answer(void **state)
{
	static const enum rot_state states[] = { ROT_GRACE, ROT_QUIET };
	static const enum sim_call calls[] = { CALL_LIST, CALL_USED };
	static const int64_t off[] = { 365 * SIM_DAY, -365 * SIM_DAY };

	(void)state;
	for (size_t i = 0; i < COUNT(states) * COUNT(calls) * COUNT(off); i++) {
		const enum sim_call call = calls[i / 2 % 2];
		WORLD(w, 1);

		reaches(&w, states[i / 4]);
		sim_fault(&w, call, 1, 1, FAULT_DATE, off[i % 2]);
		assert_int_equal(sim_run(&w), EC_TEMP);
		assert_int_equal(w.disk.state, states[i / 4]);
		assert_int_equal(w.disk.use_sampled > w.now, false);
		rotates(&w);
	}
}

/* The moment of a proof is kept for a day: not one of another year. */
static void
a_wrong_date_with_the_new_key(void **state)
{
	WORLD(w, 1);
	(void)state;

	sim_fault(&w, CALL_CREATE, 1, 1, FAULT_DATE, 365 * SIM_DAY);
	assert_int_equal(sim_run(&w), EC_LATER);
	assert_int_equal(w.disk.state, ROT_GRACE);
	assert_in_range(w.disk.new.proved, w.now - SIM_HOUR, w.now);
	rotates(&w);
}

/* Not by our own clock either, which nobody has compared so far in the life of
 * this process (found by the simulator, seed 152893 of its first day). */
static void
a_wrong_clock_with_the_new_key(void **state)
{
	WORLD(w, 1);
	(void)state;

	sim_fault(&w, CALL_PROBE, 1, 3, FAULT_ODD, PROBE_TIMEOUT);
	assert_int_equal(sim_run(&w), EC_TEMP);
	assert_int_equal(w.disk.state, ROT_CREATED);
	w.skew = -365 * SIM_DAY;
	assert_int_equal(sim_run(&w), EC_TEMP);
	assert_int_equal(w.disk.state, ROT_CREATED);
	assert_int_equal(w.disk.new.proved, 0);
	w.skew = 0;
	rotates(&w);
}

/* A peer that does not prove itself was told nothing: no key can land. */
static void
a_key_that_was_surely_not_asked_for(void **state)
{
	WORLD(w, 1);
	(void)state;

	sim_fault(&w, CALL_CREATE, 1, 1, FAULT_FAIL, EC_PROTO);
	assert_int_equal(sim_run(&w), EC_PROTO);
	assert_int_equal(w.disk.state, ROT_INTENT);
	assert_int_equal(w.disk.answered, w.disk.sent);
	rotates(&w);
}

/* The same while a key is switched off: its quiet time begins now. */
static void
a_wrong_date_while_switching_off(void **state)
{
	WORLD(w, 1);
	int64_t began;
	(void)state;

	reaches(&w, ROT_GRACE);
	sim_advance(&w, 30 * SIM_DAY);
	for (unsigned n = 1; w.disk.state != ROT_QUIET; n++) {
		assert_true(n < 40);
		sim_fault(
		    &w, CALL_LIST, 1 + n % 8, 1, FAULT_DATE, -365 * SIM_DAY);
		(void)sim_run(&w);
		sim_advance(&w, SIM_HOUR);
	}
	began = w.disk.inactive_at;
	assert_true(began > w.now - SIM_DAY);
	rotates(&w);
}

/* The ages that matter later are measured when clients have been verified. */
static void
a_wrong_clock_while_pushing(void **state)
{
	WORLD(w, 1);
	(void)state;

	sim_fault(&w, CALL_WRITE, 1, 1, FAULT_FAIL, EC_IO);
	reaches(&w, ROT_PUSHING);
	w.skew = -SIM_DAY;
	sim_advance(&w, SIM_HOUR);
	assert_int_equal(sim_run(&w), EC_TEMP);
	assert_int_equal(w.disk.state, ROT_PUSHING);
	w.skew = 0;
	rotates(&w);
}

/* A late key is not believed away by a clock that is ahead. */
static void
a_wrong_clock_while_a_key_may_land(void **state)
{
	WORLD(w, 1);
	(void)state;

	sim_fault(&w, CALL_CREATE, 1, 1, FAULT_LATE, 15 * SIM_MINUTE);
	assert_int_equal(sim_run(&w), EC_LATER);
	w.skew = -SIM_DAY;
	sim_advance(&w, SIM_MINUTE);
	assert_int_equal(sim_run(&w), EC_TEMP);
	assert_int_equal(w.count[CALL_LIST], 1);
	w.skew = 0;
	rotates(&w);
}

/* Every look at the fence finds the lease lost, in turn. */
static void
a_lost_lease_ends_the_run(void **state)
{
	unsigned n = 1;

	(void)state;
	for (; n < 60; n++) {
		enum ec worst = EC_OK;

		WORLD(w, 2);
		sim_fault(&w, CALL_FENCE, n, 1, FAULT_FAIL, 0);
		for (int i = 0; i < 60 && w.count[CALL_FENCE] < n; i++) {
			worst = sim_run(&w);
			if (w.proc.lease_lost)
				break;
			sim_advance(&w, SIM_HOUR);
		}
		if (w.count[CALL_FENCE] < n)
			break;
		assert_int_equal(worst, EC_BUSY);
		rotates(&w);
	}
	assert_true(n > 8);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_permission_is_missing_half_way),
		cmocka_unit_test(lost_answers_on_the_way_out),
		cmocka_unit_test(a_straggler_in_grace),
		cmocka_unit_test(a_straggler_in_quiet),
		cmocka_unit_test(waiting_looks_every_hour),
		cmocka_unit_test(our_own_probe_is_no_straggler),
		cmocka_unit_test(another_use_beside_our_probe_is_one),
		cmocka_unit_test(without_grace_a_straggler_is_seen),
		cmocka_unit_test(a_hold_at_any_moment),
		cmocka_unit_test(a_straggler_at_the_last_moment),
		cmocka_unit_test(switched_on_by_hand_in_quiet),
		cmocka_unit_test(switched_on_by_hand_before_deletion),
		cmocka_unit_test(switched_on_by_hand_while_we_verify),
		cmocka_unit_test(a_list_that_lags_after_a_change),
		cmocka_unit_test(a_change_that_never_comes),
		cmocka_unit_test(a_stale_list_when_the_key_is_needed),
		cmocka_unit_test(drift_before_deletion),
		cmocka_unit_test(a_late_deactivation_does_not_win),
		cmocka_unit_test(deleted_by_someone_else),
		cmocka_unit_test(the_new_key_is_switched_off_by_hand),
		cmocka_unit_test(ses_refuses_what_a_client_holds),
		cmocka_unit_test(ses_refuses_the_new_key_after_all),
		cmocka_unit_test(proofs_without_clients),
		cmocka_unit_test(a_client_cannot_be_read_when_it_counts),
		cmocka_unit_test(a_user_made_again_is_another_user),
		cmocka_unit_test(a_user_made_again_at_the_last_moment),
		cmocka_unit_test(a_configured_user_id_counts_at_first_sight),
		cmocka_unit_test(a_wrong_account_leaves_no_trace),
		cmocka_unit_test(a_wrong_clock_stops_every_effect),
		cmocka_unit_test(a_wrong_date_in_one_answer),
		cmocka_unit_test(a_wrong_date_with_the_new_key),
		cmocka_unit_test(a_wrong_clock_with_the_new_key),
		cmocka_unit_test(a_key_that_was_surely_not_asked_for),
		cmocka_unit_test(a_wrong_date_while_switching_off),
		cmocka_unit_test(a_wrong_clock_while_pushing),
		cmocka_unit_test(a_wrong_clock_while_a_key_may_land),
		cmocka_unit_test(a_lost_lease_ends_the_run),
	};

	return cmocka_run_group_tests(tests, sim_tests_begin, NULL);
}
