/*
 * The engine where a story of a rotation hardly comes by: answers that arrive
 * at the one wrong moment, texts that do not fit, records that no program of
 * ours wrote, and what each fact and arrow by itself forbids.
 */
#include "scenario.h"

#include <stdlib.h>

#include "base/auto.h"
#include "rotator/guard.h"
#include "rotator/settle.h"

/* ---- the new key cannot be kept ---- */

static void
another_rotation_is_on_disk(struct sim *w)
{
	memcpy(w->disk.rotation, "another", sizeof("another"));
}

/* The commit of the key fails; then, before the disk is read. */
static void
fail_and_change_the_record(struct sim *w)
{
	sim_fault(w, CALL_COMMIT, 1, 1, FAULT_FAIL, EC_NOMEM);
	w->watch_call = CALL_LOAD;
	w->event = another_rotation_is_on_disk;
}

/* Only of our own announcement is it sure that nobody has the key. */
static void
a_key_under_another_announcement_is_left(void **state)
{
	WORLD(w, 1);
	(void)state;

	w.watch = ROT_INTENT;
	w.watch_call = CALL_CREATE;
	w.event = fail_and_change_the_record;
	assert_int_equal(sim_run(&w), EC_NOMEM);
	fine(&w);
	assert_string_equal(w.disk.rotation, "another");
	assert_int_equal(w.count[CALL_REMOVE], 0);
	assert_int_equal(sim_keys_count(&w), 2);
	w.watch = ROT__MAX;
	rotates(&w);
}

/* Another rotator is at work: the key may be in its hands. */
static void
a_key_is_left_to_the_other_rotator(void **state)
{
	static const enum ec classes[] = { EC_BUSY, EC_CONFLICT };

	(void)state;
	for (size_t i = 0; i < COUNT(classes); i++) {
		WORLD(w, 1);

		sim_fault(&w, CALL_COMMIT, 3, 1, FAULT_FAIL, classes[i]);
		assert_int_equal(sim_run(&w), classes[i]);
		assert_int_equal(w.count[CALL_CREATE], 1);
		assert_int_equal(w.count[CALL_REMOVE], 0);
		assert_int_equal(sim_keys_count(&w), 2);
		rotates(&w);
	}
}

static void
a_key_whose_passwords_cannot_be_made_goes_at_once(void **state)
{
	WORLD(w, 1);
	(void)state;

	w.regions[1] = "no region";
	assert_int_equal(sim_run(&w), EC_CONFIG);
	fine(&w);
	assert_non_null(strstr(w.err.what, "was deleted"));
	assert_int_equal(w.count[CALL_REMOVE], 1);
	assert_int_equal(sim_keys_count(&w), 1);
	w.regions[1] = NULL;
	rotates(&w);
}

/* ---- stragglers and drift, asked for by hand ---- */

static void
opened(struct sim *w, struct rotation *r)
{
	struct err e;

	assert_int_equal(rotation_open(r, &w->world, &w->identity, &e), EC_OK);
}

/* Nobody uses a key that there is not, and IAM is not asked about it. */
static void
without_an_old_key_there_is_no_straggler(void **state)
{
	AUTO(rotation) struct rotation r = { .w = NULL };
	struct err e;

	WORLD(w, 1);
	(void)state;
	opened(&w, &r);
	assert_string_equal(r.rec.old.id, "");
	assert_int_equal(guard_straggler(&r, &e), EC_OK);
	assert_int_equal(w.count[CALL_USED], 0);
}

/* Whoever was never given a pair did not go back to another. */
static void
a_client_outside_the_record_is_no_drift(void **state)
{
	AUTO(rotation) struct rotation r = { .w = NULL };
	struct err e;

	WORLD(w, 1);
	(void)state;
	reaches(&w, ROT_GRACE);
	opened(&w, &r);
	sim_client(&w, "c0")->exempt = true;
	sim_client_hold(sim_client(&w, "c0"), w.keys[0].id, "x");
	assert_int_equal(guard_drift(&r, &e), EC_CONFLICT);
	r.rec.n_clients = 0;
	assert_int_equal(guard_drift(&r, &e), EC_OK);
}

/* A word that the store has lost sets no date: whoever uses the old key has
 * the time that a program would have. */
static void
a_word_that_is_lost_sets_no_date(void **state)
{
	WORLD(w, 1);
	(void)state;

	sim_client_human(&w.clients[0]);
	w.clients[0].answers = w.clients[0].silent = true;
	w.clients[0].answer_after = SIM_HOUR;
	reaches(&w, ROT_GRACE);
	w.clients[0].n_confirmed = 0;
	sim_advance(&w, 10 * SIM_MINUTE);
	sim_key_use(&w, &w.keys[0], true);
	rotates(&w);
	assert_int_equal(w.alarms, 0);
}

/* Two people: the later word is the one that counts, in whatever order they
 * stand in the record. */
static void
the_later_of_two_words_counts(void **state)
{
	(void)state;
	for (size_t late = 0; late < 2; late++) {
		WORLD(w, 2);

		for (size_t i = 0; i < 2; i++) {
			sim_client_human(&w.clients[i]);
			w.clients[i].answers = w.clients[i].silent = true;
			w.clients[i].answer_after =
			    i == late ? 2 * SIM_HOUR : SIM_HOUR;
		}
		w.identity.slack = 3 * SIM_HOUR;
		assert_int_equal(sim_run(&w), EC_HUMAN);
		sim_advance(&w, SIM_HOUR + 10 * SIM_MINUTE);
		/* The one who has not spoken yet. */
		sim_key_use(&w, &w.keys[0], true);
		sim_advance(&w, SIM_HOUR);
		rotates(&w);
		assert_int_equal(w.alarms, 0);
	}
}

/* ---- the new key in IAM, and its proof ---- */

/* Not young any more, so no lag of lists explains it. */
static void
a_new_key_that_is_missing_for_long(void **state)
{
	WORLD(w, 1);
	(void)state;

	w.identity.grace = 3 * SIM_DAY;
	reaches(&w, ROT_GRACE);
	sim_advance(&w, 4 * SIM_DAY);
	sim_fault(&w, CALL_LIST, 1, 2, FAULT_STALE, 5 * SIM_DAY);
	assert_int_equal(sim_run(&w), EC_CONFLICT);
	fine(&w);
	assert_non_null(strstr(w.disk.alarm, "is missing in IAM"));
	assert_true(alive(&w, w.keys[0].id));
	sim_release(&w);
	rotates(&w);
}

/* Back on a key whose password nobody told us, with nobody but people on it:
 * their word is all there is. */
static void
back_on_a_key_that_only_people_hold(void **state)
{
	WORLD(w, 1);
	(void)state;

	sim_client_human(&w.clients[0]);
	w.clients[0].answers = true;
	reaches(&w, ROT_GRACE);
	w.identity.grace = 3 * SIM_DAY;
	/* The way back needs a former pair: told when the key was adopted. */
	memcpy(w.disk.old.pw[0].region, "us-east-1", sizeof("us-east-1"));
	w.disk.old.n = 1;
	sim_rollback(&w);
	reaches(&w, ROT_GRACE);
	assert_true(w.disk.rollback);
	w.disk.new.n = 0; /* and lost again */
	ends_on(&w, w.keys[0].id);
}

/* Nobody can be tried, and SES takes our own password no more. */
static void
a_proof_that_cannot_be_renewed(void **state)
{
	WORLD(w, 1);
	(void)state;

	w.identity.grace = 3 * SIM_DAY;
	sim_client_human(&w.clients[0]);
	w.clients[0].answers = true;
	reaches(&w, ROT_GRACE);
	w.clients[0].exempt = true;
	w.refuse_new = true;
	blocks(&w, "could not be shown that SES accepts");
	assert_int_equal(w.count[CALL_OFF], 0);
	w.refuse_new = false;
	sim_release(&w);
	rotates(&w);
}

/* Forward, and no password is left of the new key: that is no proof. */
static void
without_a_password_there_is_no_proof(void **state)
{
	WORLD(w, 1);
	(void)state;

	w.identity.grace = 3 * SIM_DAY;
	sim_client_human(&w.clients[0]);
	w.clients[0].answers = true;
	reaches(&w, ROT_GRACE);
	w.disk.new.n = 0;
	blocks(&w, "could not be shown that SES accepts");
	assert_int_equal(w.count[CALL_OFF], 0);
}

/* The same on the way back, to a key whose password we do have. */
static void
a_former_key_that_ses_takes_no_more(void **state)
{
	WORLD(w, 1);
	(void)state;

	sim_client_human(&w.clients[0]);
	w.clients[0].answers = true;
	rotates(&w);
	sim_advance(&w, 91 * SIM_DAY);
	w.identity.grace = 3 * SIM_DAY;
	reaches(&w, ROT_GRACE);
	sim_rollback(&w);
	reaches(&w, ROT_GRACE);
	assert_true(w.disk.rollback && w.disk.new.n == 1);
	w.clients[0].exempt = true;
	w.refuse_new = true;
	blocks(&w, "could not be shown that SES accepts");
	assert_non_null(strstr(w.disk.alarm, w.clients[0].user));
}

/* One region showed it just now; of the other one, which came later, there
 * is no password to show it with. */
static void
one_region_renews_the_proof(void **state)
{
	WORLD(w, 1);
	(void)state;

	w.identity.grace = 3 * SIM_DAY;
	sim_client_human(&w.clients[0]);
	w.clients[0].answers = true;
	reaches(&w, ROT_GRACE);
	w.regions[1] = "eu-west-1";
	rotates(&w);
	assert_int_equal(w.alarms, 0);
}

/* ---- keys by name ---- */

static enum ec
odd_list(void *ctx, const char *name, struct iam_keys *ret, struct err *e)
{
	const enum ec ec = sim_iam.list(ctx, name, ret, e);

	if (ec == EC_OK && ret->n > 1)
		ret->key[1].status = KEY_OTHER;
	return ec;
}

/* A person who has to choose sees what state each key is in. */
static void
unknown_keys_are_named_with_their_status(void **state)
{
	static const struct {
		bool active, other;
		const char *want;
	} rows[] = {
		{ true, false, "(Active, " },
		{ false, false, "(Inactive, " },
		{ true, true, "(neither Active nor Inactive, " },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char want[400];

		WORLD(w, 1);
		if (rows[i].other)
			w.world.iam.list = odd_list;
		sim_key_status(&w, sim_key_make(&w, true), rows[i].active);
		blocks(&w, "keys we do not know");
		(void)snprintf(
		    want, sizeof(want), "%s %s", w.keys[1].id, rows[i].want);
		assert_non_null(strstr(w.disk.alarm, want));
	}
}

/* What has no room is cut off; nothing is written behind the end. */
static void
names_of_keys_are_cut_to_their_room(void **state)
{
	AUTO(rotation) struct rotation r = { .w = NULL };
	char whole[400], text[64];

	WORLD(w, 1);
	(void)state;
	(void)sim_key_make(&w, true);
	(void)sim_run(&w); /* the list is known */
	opened(&w, &r);
	r.keys = (struct iam_keys){ .n = 2 };
	for (size_t i = 0; i < 2; i++)
		memcpy(r.keys.key[i].id, w.keys[i].id, KEY_ID_MAX);
	guard_name_keys(&r, &r.keys, whole, sizeof(whole));
	assert_non_null(strstr(whole, w.keys[1].id));
	for (size_t size = 1; size < sizeof(text); size++) {
		memset(text, '#', sizeof(text));
		guard_name_keys(&r, &r.keys, text, size);
		assert_true(strlen(text) < size);
		assert_memory_equal(text, whole, strlen(text));
		assert_int_equal(text[size], '#');
	}
}

/* ---- orphans ---- */

/* It must go on again, but not by a process that lost its lease. */
static void
a_used_orphan_without_the_lease(void **state)
{
	WORLD(w, 1);
	(void)state;

	sim_fault(&w, CALL_CREATE, 1, 1, FAULT_AFTER, 0);
	reaches(&w, ROT_ORPHQ);
	sim_key_use(&w, sim_key(&w, w.disk.orphan), true);
	sim_advance(&w, SIM_HOUR);
	sim_fault(&w, CALL_FENCE, 1, 1, FAULT_FAIL, EC_BUSY);
	assert_int_equal(sim_run(&w), EC_BUSY);
	assert_int_equal(w.disk.state, ROT_ORPHQ);
	assert_int_equal(w.count[CALL_ON], 0);
	blocks(&w, "looked like a leftover");
	assert_int_equal(w.count[CALL_ON], 1);
}

static void
somebody_deletes_it(struct sim *w)
{
	struct sim_key *k = sim_key(w, w->disk.orphan);

	if (w->disk.orphan[0] == '\0')
		k = sim_key(w, w->disk.old.id);
	if (k != NULL)
		sim_key_drop(w, k);
}

/* Between the list and our call. */
static void
an_orphan_that_goes_before_us(void **state)
{
	WORLD(w, 1);
	(void)state;

	sim_fault(&w, CALL_CREATE, 1, 1, FAULT_AFTER, 0);
	w.watch = ROT_ORPHQ;
	w.watch_call = CALL_REMOVE;
	w.event = somebody_deletes_it;
	reaches(&w, ROT_IDLE);
	rotates(&w);
	assert_int_equal(w.alarms, 0);
}

static void
an_old_key_that_goes_before_us(void **state)
{
	WORLD(w, 1);
	(void)state;

	w.watch = ROT_DEL;
	w.watch_call = CALL_REMOVE;
	w.event = somebody_deletes_it;
	rotates(&w);
	assert_int_equal(w.count[CALL_REMOVE], 1);
	assert_int_equal(w.alarms, 0);
}

/* So many that the baseline has no more room to remember them. */
static void
more_orphans_than_the_baseline_holds(void **state)
{
	WORLD(w, 1);
	(void)state;

	sim_fault(&w, CALL_CREATE, 1, IAM_KEYS_MAX + 1, FAULT_AFTER, 0);
	rotates(&w);
	assert_int_equal(w.count[CALL_CREATE], IAM_KEYS_MAX + 2);
	assert_int_equal(w.alarms, 0);
}

/* ---- former pairs ---- */

static void
hold_other(struct sim *w, const char *id)
{
	sim_client(w, "c0")->exempt = true;
	sim_client_hold(sim_client(w, "c0"), id,
	    "BM4qrDmCFxdbe8yfxsdtmdbGmi9YsEXAMPLEabcdefgh");
}

#define THIRD  "AKIATHIRD00000000000"
#define FOURTH "AKIAFOURTH0000000000"

static void
somebody_else_writes(struct sim *w)
{
	hold_other(w, FOURTH);
}

/* A pair of neither key is former only until the next one is found. */
static void
a_former_pair_of_another_key_is_replaced(void **state)
{
	WORLD(w, 1);
	(void)state;

	hold_other(&w, THIRD);
	w.watch = ROT_PUSHING;
	w.event = somebody_else_writes;
	blocks(&w, "was changed by someone else");
	assert_string_equal(w.disk.clients[0].pre_user, THIRD);
	w.watch = ROT__MAX;
	sim_release(&w);
	reaches(&w, ROT_GRACE);
	assert_string_equal(w.disk.clients[0].pre_user, FOURTH);
	rotates(&w);
}

/* A pair of another key is none to go back to the old one with. */
static void
no_way_back_with_another_keys_pair(void **state)
{
	WORLD(w, 1);
	(void)state;

	hold_other(&w, THIRD);
	reaches(&w, ROT_GRACE);
	sim_rollback(&w);
	blocks(&w, "former pair of client c0 was never known");
	assert_string_equal(w.clients[0].user, w.disk.new.id);
}

/* What a program would be given back, a person would have to be told, and
 * only the key's own password can be shown to him. */
static void
no_way_back_for_a_client_that_became_a_persons(void **state)
{
	WORLD(w, 1);
	(void)state;

	reaches(&w, ROT_GRACE);
	assert_string_equal(w.disk.clients[0].pre_user, w.keys[0].id);
	sim_client_human(&w.clients[0]);
	sim_rollback(&w);
	blocks(&w, "former pair of client c0 was never known");
}

/* ---- the old key, at the wrong moment ---- */

static void
gone_after_the_call(struct sim *w)
{
	if (w->count[CALL_OFF] > 0 && w->keys[0].exists)
		sim_key_drop(w, &w->keys[0]);
}

/* Somebody deletes what we have just switched off. */
static void
deleted_while_its_change_is_awaited(void **state)
{
	WORLD(w, 1);
	(void)state;

	w.watch = ROT_DEACT;
	w.watch_call = CALL_LIST;
	w.event = gone_after_the_call;
	rotates(&w);
	assert_int_equal(w.count[CALL_REMOVE], 0);
	assert_int_equal(w.alarms, 0);
}

static void
stop_after_the_call(struct sim *w)
{
	w->stop = w->count[CALL_OFF] > 0;
}

/* SIGTERM while a list lags: it leaves at once, and goes on next time. */
static void
a_stop_while_a_change_is_awaited(void **state)
{
	unsigned naps;

	WORLD(w, 1);
	(void)state;
	reaches(&w, ROT_GRACE);
	w.watch = ROT_DEACT;
	w.watch_call = CALL_LIST;
	w.event = stop_after_the_call;
	sim_fault(&w, CALL_OFF, 1, 1, FAULT_LIE, 0);
	naps = w.count[CALL_SLEEP];
	reaches(&w, ROT_DEACT);
	assert_int_equal(w.count[CALL_SLEEP], naps);
	assert_int_equal(w.last, EC_LATER);
	assert_non_null(strstr(w.err.what, "does not show the change"));
	w.stop = false;
	w.watch = ROT__MAX;
	rotates(&w);
}

/* Switched off by hand in the grace, and then needed. */
static void
switched_off_by_hand_and_needed(void **state)
{
	char pass[64];

	WORLD(w, 1);
	(void)state;
	w.identity.grace = 3 * SIM_DAY;
	reaches(&w, ROT_GRACE);
	sim_password(&w.keys[0], w.regions[0], pass);
	w.clients[0].exempt = true;
	sim_client_hold(&w.clients[0], w.keys[0].id, pass);
	sim_key_status(&w, &w.keys[0], false);
	blocks(&w, "switched on again");
	assert_int_equal(w.disk.off_at, 0);
	assert_true(alive(&w, w.keys[0].id));
}

/* ---- the loop ---- */

/* One process says it once, however often it is driven. */
static void
one_alarm_a_process(void **state)
{
	AUTO(rotation) struct rotation r = { .w = NULL };
	struct err e;

	WORLD(w, 1);
	(void)state;
	(void)sim_key_make(&w, true);
	opened(&w, &r);
	assert_int_equal(rotation_drive(&r, &e), EC_CONFLICT);
	assert_int_equal(w.alarms, 1);
	assert_int_equal(rotation_drive(&r, &e), EC_CONFLICT);
	assert_int_equal(w.alarms, 1);
	assert_non_null(strstr(e.fix, "rotate adopt"));
	assert_int_equal(sim_run(&w), EC_CONFLICT); /* another one */
	assert_int_equal(w.alarms, 2);
}

/* Whoever drives on after a commit that failed gets nowhere: not one call. */
static void
nothing_is_done_after_a_commit_that_failed(void **state)
{
	AUTO(rotation) struct rotation r = { .w = NULL };
	unsigned long calls;
	struct err e;

	WORLD(w, 1);
	(void)state;
	opened(&w, &r);
	sim_fault(&w, CALL_COMMIT, 2, 1, FAULT_FAIL, EC_IO);
	assert_int_equal(rotation_drive(&r, &e), EC_IO);
	calls = w.calls;
	assert_int_equal(rotation_drive(&r, &e), EC_IO);
	assert_int_equal(w.calls, calls);
	assert_non_null(strstr(e.what, "could not be kept"));
}

static void
pushed_is_what_every_client_has(void **state)
{
	static const bool pushed[ROT__MAX] = {
		[ROT_IDLE] = true,
		[ROT_GRACE] = true,
		[ROT_DEACT] = true,
		[ROT_QUIET] = true,
		[ROT_DEL] = true,
		[ROT_DONE] = true,
	};

	(void)state;
	for (unsigned s = 0; s < ROT__MAX; s++) {
		const struct rec r = { .state = (enum rot_state)s };

		assert_int_equal(rotation_pushed(&r), pushed[s]);
	}
}

/* What it holds was verified for the other one. */
static void
a_client_of_another_identity_begins_anew(void **state)
{
	AUTO(rotation) struct rotation r = { .w = NULL };
	static const struct identity_conf other = { .name = "other" };
	const struct rec_client *rc;

	WORLD(w, 2);
	(void)state;
	reaches(&w, ROT_GRACE);
	assert_int_equal(rec_client(&w.disk, "c1")->state, CL_VERIFIED);
	sim_conf(&w, "c1")->identity = &other;
	opened(&w, &r);
	rc = rec_client(&r.rec, "c1");
	assert_int_equal(rec_client(&r.rec, "c0")->state, CL_VERIFIED);
	assert_true(rc == NULL || rc->state == CL_PENDING);
}

/* A record that has no room for one more client. */
static enum ec
full_record(void *ctx, const char *identity, struct rec *ret, struct err *e)
{
	enum { ALL = 10000 };

	(void)ctx;
	rec_init(ret, identity);
	ret->clients = calloc(ALL, sizeof(*ret->clients));
	if (ret->clients == NULL)
		return fail(e, EC_NOMEM, "no memory");
	ret->n_clients = ALL;
	for (size_t i = 0; i < ALL; i++)
		memcpy(ret->clients[i].name, "c0", sizeof("c0"));
	return EC_OK;
}

/* One client too many is refused before anything is done. */
static void
too_many_clients(void **state)
{
	AUTO(rotation) struct rotation r = { .w = NULL };
	struct err e;

	WORLD(w, 2);
	(void)state;
	w.store.load = full_record;
	assert_int_equal(
	    rotation_open(&r, &w.world, &w.identity, &e), EC_LIMIT);
	assert_non_null(strstr(e.what, "more than 10000 clients"));
	assert_int_equal(w.calls, 0);
}

/* ---- facts and arrows ---- */

static void
new_is_old(struct rec *r)
{
	memcpy(r->new.id, r->old.id, sizeof(r->new.id));
}

static void
begun(struct rec *r)
{
	r->state = ROT_INTENT;
	r->new.id[0] = '\0';
}

static void
orphaned(struct rec *r)
{
	begun(r);
	r->state = ROT_ORPH;
	r->sent = 1;
	memcpy(r->orphan, "AKIAORPHAN", sizeof("AKIAORPHAN"));
}

static void
deleting(struct rec *r)
{
	r->state = ROT_DEL;
	r->inactive_at = 1;
}

static void
blocked_at_first_sight(struct rec *r)
{
	begun(r);
	r->state = ROT_BLOCKED;
	r->resume = ROT_IDLE;
	r->user_id[0] = '\0';
}

/* Each breaks one fact of a record that is good otherwise; NULL: none. Those
 * of a second function alone would not: it is the pair that is forbidden. */
static void
state_out(struct rec *r)
{
	r->state = ROT__MAX;
}
static void
resume_out(struct rec *r)
{
	r->resume = ROT__MAX;
}
static void
answered_low(struct rec *r)
{
	r->answered = -1;
}
static void
answered_high(struct rec *r)
{
	r->answered = r->sent + 1;
}
static void
base_big(struct rec *r)
{
	r->base.n = IAM_KEYS_MAX + 1;
}
static void
no_pin(struct rec *r)
{
	r->user_id[0] = '\0';
}
static void
no_orphan(struct rec *r)
{
	r->orphan[0] = '\0';
}
static void
all_answered(struct rec *r)
{
	r->answered = r->sent;
}
static void
idle(struct rec *r)
{
	r->state = ROT_IDLE;
}
static void
intent(struct rec *r)
{
	r->state = ROT_INTENT;
}
static void
no_new(struct rec *r)
{
	r->new.id[0] = '\0';
}
static void
done(struct rec *r)
{
	r->state = ROT_DONE;
}
static void
orph(struct rec *r)
{
	r->state = ROT_ORPH;
}
static void
orphq(struct rec *r)
{
	r->state = ROT_ORPHQ;
}
static void
unverified(struct rec *r)
{
	r->verified_at = 0;
}
static void
pushing(struct rec *r)
{
	r->state = ROT_PUSHING;
}
static void
blocked(struct rec *r)
{
	r->state = ROT_BLOCKED;
}
static void
resume_idle(struct rec *r)
{
	r->resume = ROT_IDLE;
}
static void
active(struct rec *r)
{
	r->inactive_at = 0;
}
static void
no_old(struct rec *r)
{
	r->old.id[0] = '\0';
}

static void
each_fact_forbids_what_it_says(void **state)
{
	static const struct {
		void (*make)(struct rec *), (*spoil)(struct rec *);
		const char *fact;
	} rows[] = {
		{ NULL, NULL, NULL },
		{ NULL, state_out, "state is known" },
		{ NULL, resume_out, "state is known" },
		{ NULL, answered_low, "no more answers than requests" },
		{ NULL, answered_high, "no more answers than requests" },
		{ NULL, base_big, "baseline fits" },
		{ NULL, new_is_old, "new key is not the old key" },
		{ NULL, no_pin, "user is pinned" },
		{ begun, no_pin, "user is pinned" },
		{ blocked, no_pin, "user is pinned" },
		{ blocked_at_first_sight, NULL, NULL },
		{ begun, NULL, NULL },
		{ begun, idle, NULL },
		{ orphaned, NULL, NULL },
		{ orphaned, orphq, NULL },
		{ orphaned, no_orphan, "an orphan has an unanswered request" },
		{ orphaned, all_answered,
		    "an orphan has an unanswered request" },
		{ NULL, orph, "an orphan has an unanswered request" },
		{ NULL, orphq, "an orphan has an unanswered request" },
		{ NULL, intent, "no new key before CREATED" },
		{ NULL, idle, "no new key before CREATED" },
		{ NULL, no_new, "a new key from CREATED on" },
		{ done, no_new, "a new key from CREATED on" },
		{ blocked, no_new, NULL },
		{ blocked, resume_idle, NULL },
		{ NULL, unverified,
		    "all clients verified before the old key is retired" },
		{ deleting, unverified,
		    "all clients verified before the old key is retired" },
		{ pushing, unverified, NULL },
		{ deleting, NULL, NULL },
		{ deleting, active, "old key inactive before it is deleted" },
		{ deleting, no_old, "old key inactive before it is deleted" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct rec r = {
			.state = ROT_GRACE,
			.resume = ROT_GRACE,
			.user_id = "AIDA",
			.old.id = "AKIAOLD",
			.new.id = "AKIANEW",
			.verified_at = 1,
		};
		const char *fact;

		if (rows[i].make != NULL)
			rows[i].make(&r);
		assert_null(rotation_broken_fact(&r));
		if (rows[i].spoil != NULL)
			rows[i].spoil(&r);
		fact = rotation_broken_fact(&r);
		assert_int_equal(fact == NULL, rows[i].fact == NULL);
		if (fact != NULL)
			assert_string_equal(fact, rows[i].fact);
	}
}

/* Nobody goes on from a record that cannot be true. */
static void
a_record_that_breaks_a_fact_is_not_driven(void **state)
{
	WORLD(w, 1);
	(void)state;

	reaches(&w, ROT_GRACE);
	w.disk.verified_at = 0;
	assert_int_equal(sim_run(&w), EC_DAMAGED);
	assert_non_null(strstr(w.err.what, "all clients verified"));
	assert_non_null(strstr(w.err.fix, "RUNBOOK.md"));
	assert_true(alive(&w, w.keys[0].id));
}

static void
arrows_that_there_are_not(void **state)
{
	(void)state;
	assert_true(rotation_leads(ROT_GRACE, ROT_DEACT));
	assert_false(rotation_leads(ROT_GRACE, ROT_DEL));
	assert_false(rotation_leads(ROT_DONE, ROT_BLOCKED));
	assert_false(rotation_leads(ROT__MAX, ROT_IDLE));
	assert_false(rotation_leads(ROT_BLOCKED, ROT__MAX));
	assert_string_equal(rot_state_name(ROT_RB), "RB");
	assert_string_equal(rot_state_name(ROT__MAX), "?");
}

/* ---- settling ---- */

static enum ec probe_says;
static unsigned mails, probes;

static enum ec
counting_probe(void *ctx, const struct smtp_peer *peer,
    const struct smtp_cred *cred, const struct prove_send *send,
    struct probe_result *ret, struct err *e)
{
	probes++;
	mails += send->from != NULL;
	if (probe_says != EC_OK)
		return fail(e, probe_says, "no probe");
	return sim_prober.probe(ctx, peer, cred, send, ret, e);
}

static void
counting(struct sim *w)
{
	w->world.prober.probe = counting_probe;
	probe_says = EC_OK;
	mails = probes = 0;
}

/* A probe that was not made is no refusal. */
static void
a_probe_that_cannot_be_made(void **state)
{
	static const enum ec classes[] = { EC_NOMEM, EC_CONFIG };

	(void)state;
	for (size_t i = 0; i < COUNT(classes); i++) {
		WORLD(w, 1);

		counting(&w);
		probe_says = classes[i];
		assert_int_equal(sim_run(&w), classes[i]);
		assert_int_equal(w.disk.state, ROT_CREATED);
		assert_int_equal(probes, 1);
		probe_says = EC_OK;
		rotates(&w);
	}
}

/* The mail goes with the last log-in of a row, and never for a client. */
static void
one_mail_proves_a_region(void **state)
{
	WORLD(w, 1);
	(void)state;

	counting(&w);
	w.identity.prove_send = true;
	w.identity.prove_from = "probe@example.org";
	w.identity.settle.successes = 3;
	w.propagation = 0;
	reaches(&w, ROT_GRACE);
	assert_int_equal(mails, 1);
	assert_int_equal(probes, 3 + 1);
}

/* Without an interval nobody sleeps between successes. */
static void
no_interval_no_sleep(void **state)
{
	WORLD(w, 1);
	(void)state;

	w.identity.settle.interval = 0;
	w.identity.settle.successes = 4;
	w.propagation = 0;
	reaches(&w, ROT_GRACE);
	assert_int_equal(w.count[CALL_SLEEP], 0);
}

/* However short the time-out, it is spent in several attempts: a refusal has
 * to be repeated to be a verdict. */
static void
a_short_time_out_is_several_attempts(void **state)
{
	WORLD(w, 1);
	(void)state;

	w.identity.settle.timeout = 4000;
	w.refuse_new = true;
	(void)sim_run(&w);
	fine(&w);
	assert_true(w.count[CALL_PROBE] >= 3);
	assert_true(w.disk.rollback);
	ends_on(&w, w.keys[0].id);
}

/* ---- what a client holds ---- */

/* The sealed password was moved or altered: nobody is retired on it. */
static void
a_damaged_password_stops_the_retirement(void **state)
{
	WORLD(w, 1);
	(void)state;

	reaches(&w, ROT_GRACE);
	sim_advance(&w, SIM_DAY);
	w.disk.new.pw[0].sealed[0] ^= 1;
	assert_int_equal(sim_run(&w), EC_DAMAGED);
	fine(&w);
	assert_int_equal(w.disk.state, ROT_GRACE);
	assert_true(alive(&w, w.keys[0].id));
	w.disk.new.pw[0].sealed[0] ^= 1;
	rotates(&w);
}

/* It cannot be read, and of its region, which the settings changed, we have
 * no password: there is nothing to prove it with. */
static void
a_client_that_can_neither_be_read_nor_tried(void **state)
{
	WORLD(w, 1);
	(void)state;

	w.clients[0].drv.read = NULL;
	reaches(&w, ROT_GRACE);
	sim_advance(&w, SIM_DAY);
	sim_conf(&w, "c0")->client.region = "eu-west-1";
	assert_int_equal(sim_run(&w), EC_CLIENT);
	assert_non_null(strstr(w.err.what, "client c0"));
	assert_int_equal(w.count[CALL_OFF], 0);
	sim_conf(&w, "c0")->client.region = w.regions[0];
	rotates(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_under_another_announcement_is_left),
		cmocka_unit_test(a_key_is_left_to_the_other_rotator),
		cmocka_unit_test(
		    a_key_whose_passwords_cannot_be_made_goes_at_once),
		cmocka_unit_test(without_an_old_key_there_is_no_straggler),
		cmocka_unit_test(a_client_outside_the_record_is_no_drift),
		cmocka_unit_test(a_word_that_is_lost_sets_no_date),
		cmocka_unit_test(the_later_of_two_words_counts),
		cmocka_unit_test(a_new_key_that_is_missing_for_long),
		cmocka_unit_test(back_on_a_key_that_only_people_hold),
		cmocka_unit_test(a_proof_that_cannot_be_renewed),
		cmocka_unit_test(without_a_password_there_is_no_proof),
		cmocka_unit_test(a_former_key_that_ses_takes_no_more),
		cmocka_unit_test(one_region_renews_the_proof),
		cmocka_unit_test(unknown_keys_are_named_with_their_status),
		cmocka_unit_test(names_of_keys_are_cut_to_their_room),
		cmocka_unit_test(a_used_orphan_without_the_lease),
		cmocka_unit_test(an_orphan_that_goes_before_us),
		cmocka_unit_test(an_old_key_that_goes_before_us),
		cmocka_unit_test(more_orphans_than_the_baseline_holds),
		cmocka_unit_test(a_former_pair_of_another_key_is_replaced),
		cmocka_unit_test(no_way_back_with_another_keys_pair),
		cmocka_unit_test(
		    no_way_back_for_a_client_that_became_a_persons),
		cmocka_unit_test(deleted_while_its_change_is_awaited),
		cmocka_unit_test(a_stop_while_a_change_is_awaited),
		cmocka_unit_test(switched_off_by_hand_and_needed),
		cmocka_unit_test(one_alarm_a_process),
		cmocka_unit_test(nothing_is_done_after_a_commit_that_failed),
		cmocka_unit_test(pushed_is_what_every_client_has),
		cmocka_unit_test(a_client_of_another_identity_begins_anew),
		cmocka_unit_test(too_many_clients),
		cmocka_unit_test(each_fact_forbids_what_it_says),
		cmocka_unit_test(a_record_that_breaks_a_fact_is_not_driven),
		cmocka_unit_test(arrows_that_there_are_not),
		cmocka_unit_test(a_probe_that_cannot_be_made),
		cmocka_unit_test(one_mail_proves_a_region),
		cmocka_unit_test(no_interval_no_sleep),
		cmocka_unit_test(a_short_time_out_is_several_attempts),
		cmocka_unit_test(a_damaged_password_stops_the_retirement),
		cmocka_unit_test(a_client_that_can_neither_be_read_nor_tried),
	};

	return cmocka_run_group_tests_name(
	    "engine: edges", tests, sim_tests_begin, NULL);
}
