/*
 * Small decisions of the engine, each by itself: taken out one at a time
 * (tests/mutants), a rotation as a whole may still come right, only later, by
 * another way or with other words. Here it must be that way and at once.
 */
#include "scenario.h"

#include <stdio.h>

#include "base/auto.h"
#include "rotator/guard.h"
#include "rotator/push_p.h"

/* A world's rotation as the next process finds it. */
static void
take(struct sim *w, struct rotation *r)
{
	struct err e;

	w->proc = (struct sim_proc){
		.id = ++w->processes, .began = w->now, .last_list = -1
	};
	assert_int_equal(
	    w->store.lease(w->store.ctx, w->now - w->skew, 0, &e), EC_OK);
	assert_int_equal(rotation_open(r, &w->world, &w->identity, &e), EC_OK);
}

static void
hold_wrong_region(struct sim *w, const char *client, const char *id)
{
	char pass[64];

	sim_password(sim_key(w, id), "eu-west-1", pass);
	sim_client_hold(sim_client(w, client), id, pass);
}

static void
state_is(const struct sim *w, enum rot_state s)
{
	fine(w);
	assert_string_equal(rot_state_name(w->disk.state), rot_state_name(s));
}

static char told[4096]; /* texts of events, a line each */

static void
hear(void *ctx, enum log_level level, const char *identity, const char *text)
{
	const size_t n = strlen(told);

	(void)ctx;
	(void)level;
	(void)identity;
	(void)snprintf(told + n, sizeof(told) - n, "%s\n", text);
}

static void
hear_all(struct sim *w)
{
	told[0] = '\0';
	w->world.notify.event = hear;
}

/* --- begin ---------------------------------------------------------------- */

/* Without any key there is no date to wait for. */
static void
no_key_is_due_at_once(void **state)
{
	WORLD(w, 1);
	(void)state;

	w.refuse_new = true;
	ends_on(&w, w.keys[0].id);
	assert_int_equal(w.disk.failures, 1);
	w.refuse_new = false;
	sim_key_drop(&w, &w.keys[0]);
	sim_client_hold(sim_client(&w, "c0"), "", "");
	sim_fault(&w, CALL_PLAN, 1, 1, FAULT_FAIL, EC_DENIED);
	w.force = true;
	assert_int_equal(sim_run(&w), EC_CLIENT);
	assert_string_equal(w.disk.old.id, "");
	assert_true(w.disk.next_at > w.now);
	w.force = false;
	w.count[CALL_CREATE] = 0;
	hear_all(&w);
	(void)sim_run(&w);
	fine(&w);
	assert_int_equal(w.count[CALL_CREATE], 1);
	assert_non_null(strstr(told, "beside none"));
	assert_null(strstr(told, "key  is"));
}

/* A young key that is listed needs no patience. */
static void
a_young_key_can_be_replaced(void **state)
{
	WORLD(w, 1);
	(void)state;

	w.keys[0].created = w.now - 10 * SIM_MINUTE;
	assert_int_equal(sim_run(&w), EC_OK);
	state_is(&w, ROT_IDLE);
	w.force = true;
	hear_all(&w);
	(void)sim_run(&w);
	fine(&w);
	assert_int_not_equal(w.disk.state, ROT_IDLE);
	assert_non_null(strstr(told, w.keys[0].id));
	assert_null(strstr(told, "beside none"));
}

/* What was kept is not loaded again to see whether it was. */
static void
a_key_that_was_kept_is_believed(void **state)
{
	WORLD(w, 1);
	(void)state;

	(void)sim_run(&w);
	fine(&w);
	assert_int_equal(w.count[CALL_CREATE], 1);
	assert_int_equal(w.count[CALL_LOAD], 1);
}

/* Nothing is done on a record that could not be read, and why is said. */
static void
an_unreadable_record(void **state)
{
	static const enum ec classes[] = { EC_IO, EC_NOMEM, EC_DAMAGED };

	(void)state;
	for (size_t i = 0; i < COUNT(classes); i++) {
		unsigned long before;
		WORLD(w, 1);

		sim_fault(&w, CALL_LOAD, 1, 1, FAULT_FAIL, classes[i]);
		before = w.calls;
		assert_int_equal(sim_run(&w), classes[i]);
		assert_string_equal(w.err.what, "disk");
		assert_int_equal(w.calls, before + 1);
	}
}

/* --- push ----------------------------------------------------------------- */

static void
foreign_in_c0(struct sim *w)
{
	sim_client(w, "c0")->exempt = true;
	sim_client_hold(sim_client(w, "c0"), "AKIAFOREIGNFOREIGNXX", "x");
}

/* What somebody put there since does not displace the pair from before. */
static void
the_former_pair_stays(void **state)
{
	WORLD(w, 1);
	(void)state;

	sim_fault(&w, CALL_WRITE, 1, 1, FAULT_FAIL, EC_IO);
	reaches(&w, ROT_PUSHING);
	foreign_in_c0(&w);
	blocks(&w, "changed by someone else");
	sim_release(&w);
	reaches(&w, ROT_GRACE);
	assert_string_equal(w.disk.clients[0].pre_user, w.keys[0].id);
	assert_string_not_equal(w.disk.clients[0].pre_sealed, "");
}

static void
changed_while_pushing(struct sim *w)
{
	sim_fault(w, CALL_WRITE, 1, 1, FAULT_FAIL, EC_IO);
	reaches(w, ROT_PUSHING);
	assert_string_equal(w->disk.clients[0].pre_user, w->keys[0].id);
	/* Somebody gives it a right pair, of another key. */
	sim_client_give(sim_client(w, "c0"), sim_key(w, w->disk.new.id));
	w->disk.clients[0].state = CL_PENDING; /* as after a release */
}

static void
kept_on_the_way_forward(void **state)
{
	WORLD(w, 1);
	(void)state;

	changed_while_pushing(&w);
	reaches(&w, ROT_GRACE);
	assert_string_equal(w.disk.clients[0].pre_user, w.keys[0].id);
}

/* On the way back the pair to go back to is that of the new key. */
static void
kept_on_the_way_back(void **state)
{
	WORLD(w, 1);
	(void)state;

	reaches(&w, ROT_GRACE);
	sim_fault(&w, CALL_WRITE, 1, 1, FAULT_FAIL, EC_IO);
	sim_rollback(&w);
	assert_int_equal(sim_run(&w), EC_CLIENT);
	state_is(&w, ROT_RB);
	assert_string_equal(w.disk.new.id, w.keys[0].id);
	assert_string_equal(w.disk.clients[0].pre_user, w.keys[0].id);
	w.disk.clients[0].state = CL_PENDING;
	sim_advance(&w, SIM_HOUR);
	ends_on(&w, w.keys[0].id);
}

/* A pair whose sealing failed is not kept yet, whatever its name says. */
static void
half_kept_is_kept_again(void **state)
{
	WORLD(w, 1);
	(void)state;

	sim_fault(&w, CALL_WRITE, 1, 1, FAULT_FAIL, EC_IO);
	reaches(&w, ROT_PUSHING);
	w.disk.clients[0].pre_sealed[0] = '\0';
	w.disk.clients[0].state = CL_PENDING;
	reaches(&w, ROT_GRACE);
	assert_string_not_equal(w.disk.clients[0].pre_sealed, "");
}

static void
half_kept_is_no_way_back(void **state)
{
	WORLD(w, 1);
	(void)state;

	reaches(&w, ROT_GRACE);
	w.disk.clients[0].pre_sealed[0] = '\0';
	sim_rollback(&w);
	blocks(&w, "no way back");
}

static void
look_at_push(struct sim *w)
{
	const struct rec_client *people = rec_client(&w->disk, "c0");

	assert_int_equal(people->state, CL_PENDING);
	assert_false(people->touched);
	w->watch = ROT__MAX;
	w->event = NULL;
}

/* Nothing is announced for a client that only a person can write. */
static void
people_are_not_prepared(void **state)
{
	WORLD(w, 2);
	(void)state;

	sim_client_human(sim_client(&w, "c0"));
	w.clients[0].answers = true;
	w.watch = ROT_PUSHING;
	w.event = look_at_push;
	reaches(&w, ROT_GRACE);
	assert_null(w.event);
}

/* A client that was verified is not written again because another one made
 * the way go through CREATED. */
static void
what_is_verified_is_not_prepared(void **state)
{
	WORLD(w, 2);
	AUTO(rotation) struct rotation r = { .w = NULL };
	(void)state;

	sim_fault(&w, CALL_WRITE, 2, 1, FAULT_FAIL, EC_IO);
	reaches(&w, ROT_PUSHING);
	take(&w, &r);
	assert_int_equal(r.rec.clients[0].state, CL_VERIFIED);
	r.rec.clients[1].state = CL_PENDING;
	push_prepare(&r);
	assert_int_equal(r.rec.clients[0].state, CL_VERIFIED);
	assert_int_equal(r.rec.clients[1].state, CL_WRITING);
}

static void
an_emptied_client_is_written(void **state)
{
	WORLD(w, 1);
	(void)state;

	sim_fault(&w, CALL_WRITE, 1, 1, FAULT_FAIL, EC_IO);
	reaches(&w, ROT_PUSHING);
	sim_client_hold(sim_client(&w, "c0"), "", "");
	reaches(&w, ROT_GRACE);
	assert_int_equal(w.alarms, 0);
}

/* It held nothing that we knew of: there is nothing to be protected. */
static void
what_came_into_an_empty_client(void **state)
{
	WORLD(w, 1);
	(void)state;

	sim_client_hold(sim_client(&w, "c0"), "", "");
	sim_fault(&w, CALL_WRITE, 1, 1, FAULT_FAIL, EC_IO);
	reaches(&w, ROT_PUSHING);
	foreign_in_c0(&w);
	reaches(&w, ROT_GRACE);
	assert_int_equal(w.alarms, 0);
}

/* Of what it is to get back no password is known: it is not touched, unless
 * it holds that key already. */
static void
no_password_to_give_back(void **state)
{
	static const struct {
		bool on_it, with_pass;
	} rows[] = { { false, true }, { true, false } };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct rec_client *c;
		unsigned before;
		WORLD(w, 2);

		sim_client_hold(sim_client(&w, "c1"), "", "");
		sim_conf(&w, "c1")->required = false;
		reaches(&w, ROT_GRACE);
		w.clients[1].silent = w.clients[1].exempt = true;
		if (rows[i].on_it)
			sim_client_hold(sim_client(&w, "c1"), w.keys[0].id, "");
		before = w.count[CALL_ACTIVATE];
		sim_rollback(&w);
		(void)sim_run(&w);
		fine(&w);
		assert_int_equal(w.count[CALL_ACTIVATE], before + 1);
		c = rec_client(&w.disk, "c1");
		assert_non_null(strstr(c->error, "no password of"));
	}
}

/* --- verify, drift -------------------------------------------------------- */

static void
who_is_looked_at_again(void **state)
{
	AUTO(rotation) struct rotation r = { .w = NULL };
	WORLD(w, 2);
	(void)state;

	sim_client_human(sim_client(&w, "c1"));
	w.clients[1].answers = true;
	reaches(&w, ROT_GRACE);
	take(&w, &r);
	r.rec.clients[0].state = CL_LEFT;
	push_look_again(&r, &r.rec.clients[0]);
	assert_int_equal(r.rec.clients[0].state, CL_LEFT);
	r.rec.clients[0].state = CL_VERIFIED;
	push_look_again(&r, &r.rec.clients[0]);
	assert_int_equal(r.rec.clients[0].state, CL_WRITING);
	push_look_again(&r, &r.rec.clients[1]);
	assert_int_equal(r.rec.clients[1].state, CL_VERIFIED);
	/* None but people: one of them it was. */
	sim_client_forget(&w, "c0");
	push_look_again(&r, &r.rec.clients[1]);
	assert_int_equal(r.rec.clients[1].state, CL_PENDING);
}

/* A client that a way back leaves alone, and that holds the key that goes. */
static void
left_alone_on_the_key_that_goes(void **state)
{
	AUTO(rotation) struct rotation r = { .w = NULL };
	WORLD(w, 1);
	struct err e;
	(void)state;

	reaches(&w, ROT_GRACE);
	take(&w, &r);
	r.rec.rollback = true;
	r.rec.clients[0].touched = false;
	sim_client_give(sim_client(&w, "c0"), &w.keys[0]);
	assert_int_equal(push_verify_all(&r, &e), EC_CONFLICT);
	assert_non_null(strstr(e.what, "which is to be retired"));
	assert_int_equal(guard_drift(&r, &e), EC_CONFLICT);
	assert_non_null(strstr(e.what, "which is to be retired"));
	assert_non_null(strstr(e.fix, "give it"));
	/* Anything else is its own affair. */
	foreign_in_c0(&w);
	assert_int_equal(push_verify_all(&r, &e), EC_OK);
	assert_int_equal(guard_drift(&r, &e), EC_OK);
	/* What cannot be read is not known to be off it. */
	sim_fault(&w, CALL_READ, 1, 1, FAULT_FAIL, EC_TEMP);
	assert_int_equal(push_verify_all(&r, &e), EC_TEMP);
}

/* On the way forward anything but the new pair is drift, seen at once. */
static void
drift_to_a_third_key(void **state)
{
	WORLD(w, 1);
	(void)state;

	w.identity.grace = 3 * SIM_DAY;
	reaches(&w, ROT_GRACE);
	foreign_in_c0(&w);
	(void)sim_run(&w);
	state_is(&w, ROT_BLOCKED);
	assert_non_null(strstr(w.disk.alarm, "was moved to"));
	assert_non_null(strstr(w.disk.alarm_fix, "configuration management"));
	assert_null(strstr(w.disk.alarm, "switched on again"));
	assert_int_equal(w.count[CALL_ON], 0);
}

/* A pair found in a client is given back, not given forward. */
static void
the_new_key_with_another_regions_password(void **state)
{
	char pass[64];

	WORLD(w, 1);
	(void)state;
	sim_fault(&w, CALL_PROBE, 1, 3, FAULT_ODD, PROBE_BUSY);
	reaches(&w, ROT_CREATED);
	sim_client(&w, "c0")->exempt = true;
	hold_wrong_region(&w, "c0", w.disk.new.id);
	reaches(&w, ROT_GRACE);
	sim_password(sim_key(&w, w.disk.new.id), w.regions[0], pass);
	assert_string_equal(sim_client(&w, "c0")->pass, pass);
}

static void
what_is_read_back(void **state)
{
	AUTO(rotation) struct rotation r = { .w = NULL };
	WORLD(w, 1);
	struct err e;
	(void)state;

	reaches(&w, ROT_GRACE);
	take(&w, &r);
	sim_client(&w, "c0")->exempt = true;
	/* The right user with another password is another pair. */
	hold_wrong_region(&w, "c0", r.rec.new.id);
	assert_int_equal(
	    push_verify(&r, &w.confs[0], &r.rec.clients[0], &e), EC_CONFLICT);
	assert_non_null(strstr(e.what, r.rec.new.id));
	assert_null(strstr(e.what, "no credential"));
	/* So is one without, also when ours is not known. */
	r.rec.new.n = 0;
	sim_client_hold(sim_client(&w, "c0"), r.rec.new.id, "");
	assert_int_equal(
	    push_verify(&r, &w.confs[0], &r.rec.clients[0], &e), EC_CONFLICT);
	sim_client_hold(sim_client(&w, "c0"), "", "");
	assert_int_equal(
	    push_verify(&r, &w.confs[0], &r.rec.clients[0], &e), EC_CONFLICT);
	assert_non_null(strstr(e.what, "no credential"));
}

/* Nothing is retired behind the back of a client that came in. */
static void
a_client_that_was_never_verified(void **state)
{
	AUTO(rotation) struct rotation r = { .w = NULL };
	WORLD(w, 1);
	struct err e;
	(void)state;

	reaches(&w, ROT_GRACE);
	take(&w, &r);
	assert_int_equal(push_verify_all(&r, &e), EC_OK);
	r.rec.clients[0].state = CL_PENDING;
	assert_int_equal(push_verify_all(&r, &e), EC_CONFLICT);
	assert_non_null(strstr(e.what, "was registered"));
}

static void
how_to_mend_a_new_key(void **state)
{
	static const struct {
		bool gone, back;
		const char *fix;
	} rows[] = {
		{ true, true, "rotate adopt" },
		{ true, false, "rotate rollback" },
		{ false, true, "make it Active again" },
		{ false, false, "make it Active again" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(rotation) struct rotation r = { .w = NULL };
		WORLD(w, 1);
		struct sim_key *k;
		struct err e;

		reaches(&w, ROT_GRACE);
		sim_advance(&w, 2 * SIM_HOUR);
		take(&w, &r);
		k = sim_key(&w, r.rec.new.id);
		k->others = true;
		if (rows[i].gone)
			sim_key_drop(&w, k);
		else
			sim_key_status(&w, k, false);
		r.rec.rollback = rows[i].back;
		assert_int_equal(guard_new_key(&r, &e), EC_CONFLICT);
		assert_non_null(strstr(e.fix, rows[i].fix));
	}
}

/* --- retire --------------------------------------------------------------- */

static int lists_stale; /* so many after the key was switched off */

static void
lists_lag(struct sim *w)
{
	if (lists_stale > 0)
		sim_fault(w, CALL_LIST, 1, (unsigned)lists_stale, FAULT_STALE,
		    10 * SIM_MINUTE);
	w->watch = ROT__MAX;
}

static void
off_goes_out(struct sim *w, void (*event)(struct sim *w))
{
	w->watch = ROT_DEACT;
	w->watch_call = CALL_OFF;
	w->event = event;
	memset(w->count, 0, sizeof(w->count));
}

/* Five looks, at once and after 1, 2, 4 and 8 seconds. */
static void
a_change_is_awaited_for_seconds(void **state)
{
	for (lists_stale = 0; lists_stale <= 5; lists_stale++) {
		int64_t began;
		WORLD(w, 1);
		(void)state;

		reaches(&w, ROT_GRACE);
		off_goes_out(&w, lists_lag);
		sim_advance(&w, 10 * SIM_HOUR);
		began = w.now;
		(void)sim_run(&w);
		fine(&w);
		assert_int_equal(w.count[CALL_SLEEP], lists_stale);
		if (lists_stale < 5) {
			state_is(&w, ROT_QUIET);
			assert_in_range((w.now - began) / 1000,
			    (1 << lists_stale) - 1, (1 << lists_stale) + 2);
			continue;
		}
		state_is(&w, ROT_DEACT);
		assert_in_range((w.now - began) / 1000, 31, 34);
		assert_in_range(
		    w.disk.next_at - (w.now - w.skew), 31000, 32000);
	}
}

static void
drop_old(struct sim *w)
{
	struct sim_key *k = sim_key(w, w->disk.old.id);

	k->others = true;
	sim_key_drop(w, k);
	w->watch = ROT__MAX;
}

/* Gone is more than off. */
static void
gone_is_off(void **state)
{
	WORLD(w, 1);
	(void)state;

	reaches(&w, ROT_GRACE);
	off_goes_out(&w, NULL);
	w.event = lists_lag;
	lists_stale = 0;
	sim_fault(&w, CALL_OFF, 1, 1, FAULT_LIE, 0);
	sim_advance(&w, 10 * SIM_HOUR);
	(void)sim_run(&w);
	fine(&w);
	assert_int_equal(w.disk.state, ROT_DEACT);
	drop_old(&w);
	memset(w.count, 0, sizeof(w.count));
	hear_all(&w);
	(void)sim_run(&w);
	state_is(&w, ROT_IDLE);
	assert_non_null(strstr(told, "DEACT -> DONE"));
	assert_int_equal(w.count[CALL_SLEEP], 0);
}

static void
drop_at_next_list(struct sim *w)
{
	if (w->count[CALL_OFF] == 0)
		return;
	drop_old(w);
}

/* And while it is awaited, too. */
static void
gone_while_it_is_awaited(void **state)
{
	WORLD(w, 1);
	(void)state;

	reaches(&w, ROT_GRACE);
	memset(w.count, 0, sizeof(w.count));
	w.watch = ROT_DEACT;
	w.watch_call = CALL_LIST;
	w.event = drop_at_next_list;
	sim_advance(&w, 10 * SIM_HOUR);
	(void)sim_run(&w);
	fine(&w);
	assert_int_equal(w.count[CALL_OFF], 1);
	assert_int_equal(w.count[CALL_SLEEP], 0);
	assert_int_not_equal(w.disk.state, ROT_DEACT);
}

static void
to_deact(struct sim *w, enum sim_kind kind)
{
	reaches(w, ROT_GRACE);
	sim_fault(w, CALL_OFF, 1, 1, kind, 10 * SIM_MINUTE);
	sim_advance(w, 10 * SIM_HOUR);
	assert_int_equal(sim_run(w), EC_TEMP);
	state_is(w, ROT_DEACT);
	memset(w->count, 0, sizeof(w->count));
}

/* Not an alarm: it gets the new pair, and the old key stays for so long. */
static void
a_client_comes_in_before_it_is_off(void **state)
{
	WORLD(w, 1);
	(void)state;

	to_deact(&w, FAULT_BEFORE);
	sim_client_give(sim_client_add(&w, "c1"), &w.keys[0]);
	sim_advance(&w, SIM_HOUR);
	(void)sim_run(&w);
	fine(&w);
	assert_int_equal(w.alarms, 0);
	assert_int_equal(w.count[CALL_OFF], 0);
	rotates(&w);
}

/* A call to switch it off is out: it is switched on although it is on. */
static void
needed_while_a_call_is_out(void **state)
{
	WORLD(w, 1);
	(void)state;

	to_deact(&w, FAULT_LATE);
	assert_int_not_equal(w.disk.off_at, 0);
	foreign_in_c0(&w);
	assert_int_equal(sim_run(&w), EC_LATER);
	fine(&w);
	assert_int_equal(w.count[CALL_ON], 1);
	/* Until it cannot land any more, at that millisecond. */
	assert_int_equal(
	    w.disk.next_at, w.disk.off_at + w.identity.late_window);
	sim_advance(&w, w.disk.next_at - (w.now - w.skew));
	blocks(&w, "was moved to");
}

/* A straggler in the quiet time is not waited for till its end. */
static void
missed_in_the_quiet_time(void **state)
{
	WORLD(w, 1);
	(void)state;

	w.identity.quiet = 10 * SIM_DAY;
	reaches(&w, ROT_GRACE);
	w.propagation = SIM_HOUR; /* accepted for a while yet */
	reaches(&w, ROT_QUIET);
	memcpy(w.straggler, w.keys[0].id, sizeof(w.straggler));
	sim_advance(&w, 30 * SIM_MINUTE);
	(void)sim_run(&w);
	state_is(&w, ROT_BLOCKED);
	assert_non_null(strstr(w.disk.alarm, "still used"));
}

/* An answer that did not come is not one. */
static void
on_again_is_asked_with_all_answers(void **state)
{
	WORLD(w, 1);
	(void)state;

	w.identity.quiet = 10 * SIM_DAY;
	reaches(&w, ROT_QUIET);
	sim_advance(&w, SIM_HOUR);
	sim_key_status(&w, &w.keys[0], true);
	sim_fault(&w, CALL_USED, 1, 1, FAULT_FAIL, EC_TEMP);
	assert_int_equal(sim_run(&w), EC_TEMP);
	state_is(&w, ROT_QUIET);
	sim_advance(&w, SIM_HOUR);
	blocks(&w, "was switched on again");
}

static void
drop_at_remove(struct sim *w)
{
	drop_old(w);
}

/* Somebody was quicker: it is done, now. */
static void
deleted_a_moment_before_us(void **state)
{
	WORLD(w, 1);
	(void)state;

	reaches(&w, ROT_QUIET);
	w.watch = ROT_DEL;
	w.watch_call = CALL_REMOVE;
	w.event = drop_at_remove;
	sim_advance(&w, 10 * SIM_HOUR);
	assert_int_equal(sim_run(&w), EC_OK);
	state_is(&w, ROT_IDLE);
}

/* --- rollback ------------------------------------------------------------- */

/* A key that no client was given goes without a grace. */
static void
back_before_any_client_had_it(void **state)
{
	WORLD(w, 2);
	(void)state;

	w.refuse_new = true;
	hear_all(&w);
	(void)sim_run(&w);
	state_is(&w, ROT_QUIET);
	assert_null(strstr(told, "GRACE"));
	assert_int_equal(w.disk.clients[0].state, CL_PENDING);
	assert_int_equal(w.disk.clients[1].state, CL_PENDING);
}

/* In another account nothing is turned round. */
static void
back_in_another_account(void **state)
{
	WORLD(w, 1);
	(void)state;

	reaches(&w, ROT_GRACE);
	sim_rollback(&w);
	w.account[0] = '9';
	assert_int_equal(sim_run(&w), EC_CONFIG);
	assert_false(w.disk.rollback);
	assert_int_equal(w.disk.state, ROT_RB);
	/* Nor is anything written there when it is turned round already. */
	w.account[0] = SIM_ACCOUNT[0];
	sim_fault(&w, CALL_WRITE, 1, 1, FAULT_FAIL, EC_IO);
	assert_int_equal(sim_run(&w), EC_CLIENT);
	assert_true(w.disk.rollback);
	w.account[0] = '9';
	w.count[CALL_WRITE] = w.count[CALL_LIST] = 0;
	assert_int_equal(sim_run(&w), EC_CONFIG);
	assert_int_equal(w.count[CALL_WRITE] + w.count[CALL_LIST], 0);
}

static void
which_key_is_gone(void **state)
{
	WORLD(w, 1);
	(void)state;

	reaches(&w, ROT_GRACE);
	sim_key_drop(&w, &w.keys[0]);
	w.keys[0].others = true;
	sim_rollback(&w);
	blocks(&w, "nothing to go back to");
	assert_non_null(strstr(w.disk.alarm, w.keys[0].id));
}

/* --- orphans -------------------------------------------------------------- */

/* The answer to CreateAccessKey was lost; its window is over. */
static struct sim_key *
leftover(struct sim *w)
{
	sim_fault(w, CALL_CREATE, 1, 1, FAULT_AFTER, 0);
	assert_int_equal(sim_run(w), EC_LATER);
	state_is(w, ROT_INTENT);
	sim_advance(w, w->identity.late_window + SIM_MINUTE);
	memset(w->count, 0, sizeof(w->count));
	return &w->keys[1];
}

static void
lag_at_off(struct sim *w)
{
	sim_fault(w, CALL_LIST, 1, 1, FAULT_STALE, 10 * SIM_MINUTE);
	w->watch = ROT__MAX;
}

/* Off is believed when it is listed; a list that lags is asked in a minute. */
static void
an_orphan_is_seen_off(void **state)
{
	(void)state;
	for (int lags = 0; lags < 2; lags++) {
		WORLD(w, 1);

		(void)leftover(&w);
		w.watch = lags ? ROT_ORPH : ROT__MAX;
		w.watch_call = CALL_OFF;
		w.event = lag_at_off;
		assert_int_equal(sim_run(&w), EC_LATER);
		state_is(&w, lags ? ROT_ORPH : ROT_ORPHQ);
		assert_int_equal(w.count[CALL_OFF], 1);
		if (lags)
			assert_in_range(w.disk.next_at - w.now, 59000, 60000);
		else
			assert_non_null(
			    strstr(w.disk.waiting, "deleted after a waiting"));
		rotates(&w);
	}
}

static void
an_orphan_that_is_off_already(void **state)
{
	WORLD(w, 1);
	struct sim_key *k;
	(void)state;

	k = leftover(&w);
	sim_key_status(&w, k, false);
	assert_int_equal(sim_run(&w), EC_LATER);
	state_is(&w, ROT_ORPHQ);
	assert_int_equal(w.count[CALL_OFF], 0);
}

static struct sim_key *
in_quarantine(struct sim *w)
{
	struct sim_key *k = leftover(w);

	assert_int_equal(sim_run(w), EC_LATER);
	state_is(w, ROT_ORPHQ);
	sim_advance(w, w->identity.late_window + SIM_MINUTE);
	memset(w->count, 0, sizeof(w->count));
	return k;
}

static void
drop_orphan(struct sim *w)
{
	struct sim_key *k = sim_key(w, w->disk.orphan);

	k->others = true;
	sim_key_drop(w, k);
	w->watch = ROT__MAX;
}

static void
lag_at_remove(struct sim *w)
{
	sim_fault(w, CALL_LIST, 1, 1, FAULT_STALE, SIM_MINUTE);
	w->watch = ROT__MAX;
}

/* Deleted, by us or by somebody else, it is over in one run; as long as it is
 * listed it is not. */
static void
an_orphan_is_seen_gone(void **state)
{
	static void (*const events[])(
	    struct sim * w) = { NULL, drop_orphan, lag_at_remove };

	(void)state;
	for (size_t i = 0; i < COUNT(events); i++) {
		WORLD(w, 1);

		(void)in_quarantine(&w);
		w.watch = events[i] == NULL ? ROT__MAX : ROT_ORPHQ;
		w.watch_call = CALL_REMOVE;
		w.event = events[i];
		(void)sim_run(&w);
		fine(&w);
		if (events[i] != lag_at_remove) {
			assert_int_equal(w.count[CALL_CREATE], 1);
			continue;
		}
		state_is(&w, ROT_ORPHQ);
		assert_in_range(w.disk.next_at - w.now, 59000, 60000);
	}
}

/* Without an answer to whether it is used it is neither deleted nor off. */
static void
an_orphan_nobody_knows_about(void **state)
{
	(void)state;
	for (int on = 0; on < 2; on++) {
		WORLD(w, 1);
		struct sim_key *k = in_quarantine(&w);

		if (on)
			sim_key_status(&w, k, true);
		sim_fault(&w, CALL_USED, 1, 1, FAULT_FAIL, EC_TEMP);
		assert_int_equal(sim_run(&w), EC_TEMP);
		state_is(&w, ROT_ORPHQ);
		assert_int_equal(w.count[CALL_OFF], 0);
		assert_int_equal(w.count[CALL_REMOVE], 0);
	}
}

/* Switched on by somebody who uses it: a person's matter. */
static void
an_orphan_on_again_and_used(void **state)
{
	WORLD(w, 1);
	struct sim_key *k;
	(void)state;

	k = in_quarantine(&w);
	sim_key_status(&w, k, true);
	sim_key_use(&w, k, true);
	sim_advance(&w, SIM_HOUR);
	assert_int_equal(sim_run(&w), EC_CONFLICT);
	state_is(&w, ROT_BLOCKED);
	assert_int_equal(w.disk.resume, ROT_ORPH); /* from its beginning */
	assert_int_equal(w.count[CALL_OFF], 0);
}

/* A refusal is an answer: nothing can land, nothing is waited for. */
static void
after_a_refusal_nothing_is_waited_for(void **state)
{
	WORLD(w, 1);
	(void)state;

	sim_fault(&w, CALL_CREATE, 1, 1, FAULT_FAIL, EC_TEMP);
	assert_int_equal(sim_run(&w), EC_TEMP);
	state_is(&w, ROT_INTENT);
	(void)sim_run(&w);
	fine(&w);
	assert_int_equal(w.count[CALL_CREATE], 2);
	assert_int_not_equal(w.disk.state, ROT_INTENT);
}

/* CreateDate may be two minutes before our call, and no more. */
static void
how_old_an_orphan_may_be(void **state)
{
	static const struct {
		int64_t before;
		enum rot_state s;
	} rows[] = { { 120000, ROT_ORPHQ }, { 120001, ROT_BLOCKED } };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		WORLD(w, 1);
		struct sim_key *k = leftover(&w);

		k->created = w.disk.started - rows[i].before;
		(void)sim_run(&w);
		state_is(&w, rows[i].s);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(t) cmocka_unit_test(t)
		T(no_key_is_due_at_once),
		T(a_young_key_can_be_replaced),
		T(a_key_that_was_kept_is_believed),
		T(an_unreadable_record),
		T(the_former_pair_stays),
		T(kept_on_the_way_forward),
		T(kept_on_the_way_back),
		T(half_kept_is_kept_again),
		T(half_kept_is_no_way_back),
		T(people_are_not_prepared),
		T(what_is_verified_is_not_prepared),
		T(an_emptied_client_is_written),
		T(what_came_into_an_empty_client),
		T(no_password_to_give_back),
		T(who_is_looked_at_again),
		T(left_alone_on_the_key_that_goes),
		T(drift_to_a_third_key),
		T(the_new_key_with_another_regions_password),
		T(what_is_read_back),
		T(a_client_that_was_never_verified),
		T(how_to_mend_a_new_key),
		T(a_change_is_awaited_for_seconds),
		T(gone_is_off),
		T(gone_while_it_is_awaited),
		T(a_client_comes_in_before_it_is_off),
		T(needed_while_a_call_is_out),
		T(missed_in_the_quiet_time),
		T(on_again_is_asked_with_all_answers),
		T(deleted_a_moment_before_us),
		T(back_before_any_client_had_it),
		T(back_in_another_account),
		T(which_key_is_gone),
		T(an_orphan_is_seen_off),
		T(an_orphan_that_is_off_already),
		T(an_orphan_is_seen_gone),
		T(an_orphan_nobody_knows_about),
		T(an_orphan_on_again_and_used),
		T(after_a_refusal_nothing_is_waited_for),
		T(how_old_an_orphan_may_be),
#undef T
	};

	return cmocka_run_group_tests(tests, sim_tests_begin, NULL);
}
