/*
 * The engine's checks one by one: each fact of a record, each arrow, each
 * limit at the very millisecond. What a whole rotation shows only by luck is
 * put to the single function here.
 */
#include "scenario.h"

#include <stdio.h>

#include "base/auto.h"
#include "rotator/steps.h"

#define MINUTE ((int64_t)60 * 1000)
#define HOUR   (60 * MINUTE)

/* --- facts ---------------------------------------------------------------- */

static void
fill(struct rec *r, enum rot_state s)
{
	rec_init(r, "shop");
	r->state = s;
	(void)snprintf(r->user_id, sizeof(r->user_id), "AIDA1");
	(void)snprintf(r->old.id, sizeof(r->old.id), "AKIAOLD");
	if (s >= ROT_CREATED && s <= ROT_RB)
		(void)snprintf(r->new.id, sizeof(r->new.id), "AKIANEW");
	if (s == ROT_ORPH || s == ROT_ORPHQ)
		(void)snprintf(r->orphan, sizeof(r->orphan), "AKIAORPHAN");
	r->sent = 1;
	r->verified_at = r->inactive_at = 1;
}

static void
every_state_can_be_right(void **state)
{
	(void)state;
	for (unsigned s = 0; s < ROT__MAX; s++) {
		struct rec r;

		fill(&r, (enum rot_state)s);
		assert_null(rotation_broken_fact(&r));
	}
}

static void
bad_state(struct rec *r)
{
	r->state = ROT__MAX;
}

static void
bad_resume(struct rec *r)
{
	r->resume = ROT__MAX;
}

static void
bad_answers(struct rec *r)
{
	r->answered = 2;
}

static void
bad_negative(struct rec *r)
{
	r->answered = -1;
}

static void
bad_base(struct rec *r)
{
	r->base.n = IAM_KEYS_MAX + 1;
}

static void
bad_same(struct rec *r)
{
	memcpy(r->old.id, r->new.id, sizeof(r->old.id));
}

static void
bad_pin(struct rec *r)
{
	r->user_id[0] = '\0';
}

static void
bad_orphan(struct rec *r)
{
	r->orphan[0] = '\0';
}

static void
bad_orphan_answered(struct rec *r)
{
	r->answered = r->sent;
}

static void
bad_new(struct rec *r)
{
	(void)snprintf(r->new.id, sizeof(r->new.id), "AKIANEW");
}

static void
bad_no_new(struct rec *r)
{
	r->new.id[0] = '\0';
}

static void
bad_unverified(struct rec *r)
{
	r->verified_at = 0;
}

static void
bad_active(struct rec *r)
{
	r->inactive_at = 0;
}

static void
bad_no_old(struct rec *r)
{
	r->old.id[0] = '\0';
}

#define ONE(s)     (1U << (s))
#define FROM(a, b) ((ONE((b) + 1) - 1) & ~(ONE(a) - 1))
#define ALL        FROM(0, ROT_BLOCKED)

static const struct {
	void (*spoil)(struct rec *r);
	const char *fact;
	unsigned in; /* these states; harmless in all others */
} spoilt[] = {
	{ bad_resume, "state is known", ALL },
	{ bad_answers, "no more answers than requests", ALL },
	{ bad_negative, "no more answers than requests", ALL },
	{ bad_base, "baseline fits", ALL },
	{ bad_same, "new key is not the old key", FROM(ROT_CREATED, ROT_RB) },
	{ bad_pin, "user is pinned", ALL & ~ONE(ROT_IDLE) & ~ONE(ROT_BLOCKED) },
	{ bad_orphan, "an orphan has an unanswered request",
	    FROM(ROT_ORPH, ROT_ORPHQ) },
	{ bad_orphan_answered, "an orphan has an unanswered request",
	    FROM(ROT_ORPH, ROT_ORPHQ) },
	{ bad_new, "no new key before CREATED",
	    ONE(ROT_IDLE) | ONE(ROT_INTENT) },
	{ bad_no_new, "a new key from CREATED on", FROM(ROT_CREATED, ROT_RB) },
	{ bad_unverified, "all clients verified before the old key is retired",
	    FROM(ROT_GRACE, ROT_DEL) },
	{ bad_active, "old key inactive before it is deleted", ONE(ROT_DEL) },
	{ bad_no_old, "old key inactive before it is deleted", ONE(ROT_DEL) },
};

static void
each_fact_in_each_state(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(spoilt) * ROT__MAX; i++) {
		const enum rot_state s = (enum rot_state)(i % ROT__MAX);
		const bool bad = (spoilt[i / ROT__MAX].in & ONE(s)) != 0;
		const char *fact;
		struct rec r;

		fill(&r, s);
		spoilt[i / ROT__MAX].spoil(&r);
		fact = rotation_broken_fact(&r);
		if ((fact != NULL) != bad)
			print_error(
			    "row %zu, %s\n", i / ROT__MAX, rot_state_name(s));
		assert_int_equal(fact != NULL, bad);
		if (bad)
			assert_string_equal(fact, spoilt[i / ROT__MAX].fact);
	}
}

static void
facts_at_their_limits(void **state)
{
	struct rec r;

	(void)state;
	fill(&r, ROT_IDLE);
	bad_state(&r);
	assert_string_equal(rotation_broken_fact(&r), "state is known");
	fill(&r, ROT_IDLE);
	r.base.n = IAM_KEYS_MAX;
	r.answered = r.sent;
	assert_null(rotation_broken_fact(&r));
	r.sent = r.answered = 0;
	assert_null(rotation_broken_fact(&r));
	fill(&r, ROT_BLOCKED);
	bad_pin(&r);
	r.resume = ROT_IDLE;
	assert_null(rotation_broken_fact(&r));
	r.resume = ROT_INTENT;
	assert_string_equal(rotation_broken_fact(&r), "user is pinned");
	/* A state of old does not excuse one of today. */
	fill(&r, ROT_INTENT);
	bad_pin(&r);
	r.resume = ROT_IDLE;
	assert_string_equal(rotation_broken_fact(&r), "user is pinned");
}

static void
arrows_and_names(void **state)
{
	(void)state;
	assert_true(rotation_leads(ROT_IDLE, ROT_INTENT));
	assert_true(rotation_leads(ROT_BLOCKED, ROT_DEL));
	assert_false(rotation_leads(ROT_IDLE, ROT_DEL));
	assert_false(rotation_leads(ROT__MAX, ROT_IDLE));
	assert_false(rotation_leads(ROT_BLOCKED, ROT__MAX));
	assert_string_equal(rot_state_name(ROT_BLOCKED), "BLOCKED");
	assert_string_equal(rot_state_name(ROT__MAX), "?");
}

static void
what_counts_as_pushed(void **state)
{
	const unsigned pushed =
	    ONE(ROT_IDLE) | ONE(ROT_DONE) | FROM(ROT_GRACE, ROT_DEL);

	(void)state;
	for (unsigned s = 0; s < ROT__MAX; s++) {
		const struct rec r = { .state = (enum rot_state)s };

		assert_int_equal(rotation_pushed(&r), (pushed & ONE(s)) != 0);
	}
}

/* --- a rotation in hand ------------------------------------------------- */

static struct store watched; /* the sim's, and what it is told */
static unsigned events, waits;
static enum ec commit_says;
static enum rot_state commit_at; /* only there; ROT__MAX: everywhere */
static int64_t frozen;

/* No call takes time: limits can be met exactly. */
static int64_t
wall(void *ctx)
{
	(void)ctx;
	return frozen;
}

static enum ec
commit(void *ctx, int64_t now, struct rec *r, const struct event *ev,
    struct err *e)
{
	events += ev != NULL;
	waits += ev != NULL && strcmp(ev->what, "wait") == 0;
	if (commit_says != EC_OK &&
	    (commit_at == ROT__MAX || commit_at == r->state))
		return fail(e, commit_says, "the store says so");
	return sim_store.commit(ctx, now, r, ev, e);
}

/* A world whose record is in that state, and its rotation. */
static void
open_at(struct sim *w, struct rotation *r, enum rot_state s)
{
	struct err e;

	if (s != ROT_IDLE) {
		reaches(w, s);
	} else {
		w->identity.max_age = 365 * SIM_DAY;
		(void)sim_run(w);
	}
	watched = *w->world.store;
	watched.commit = commit;
	events = waits = 0;
	commit_says = EC_OK;
	commit_at = ROT__MAX;
	w->world.store = &watched;
	w->world.time.wall = wall;
	frozen = w->now - w->skew;
	assert_int_equal(rotation_open(r, &w->world, &w->identity, &e), EC_OK);
	assert_int_equal(r->rec.state, s);
}

static void
an_arrow_is_due_at_once(void **state)
{
	AUTO(rotation) struct rotation r = { .w = NULL };
	struct err e;
	WORLD(w, 1);

	(void)state;
	open_at(&w, &r, ROT_GRACE);
	r.rec.next_at = 12345;
	assert_int_equal(rotation_advance(&r, ROT_PUSHING, &e, "back"), EC_OK);
	assert_int_equal(r.rec.next_at, rotation_now(&r));
	assert_int_equal(events, 1);
}

static void
an_alarm_is_not_doubled(void **state)
{
	AUTO(rotation) struct rotation r = { .w = NULL };
	struct err e;
	WORLD(w, 1);
	unsigned before;

	(void)state;
	open_at(&w, &r, ROT_GRACE);
	before = w.alarms;
	(void)fail(&e, EC_CONFLICT, "stop");
	assert_int_equal(rotation_block(&r, ROT_GRACE, &e), EC_CONFLICT);
	assert_int_equal(w.alarms, before + 1);
	assert_int_equal(rotation_drive(&r, &e), EC_CONFLICT);
	assert_int_equal(w.alarms, before + 1); /* of this very run */
	r.moved = false;
	assert_int_equal(rotation_drive(&r, &e), EC_CONFLICT);
	assert_int_equal(w.alarms, before + 2);
}

static void
nothing_after_a_torn_commit(void **state)
{
	AUTO(rotation) struct rotation r = { .w = NULL };
	struct err e;
	WORLD(w, 1);
	unsigned long before;

	(void)state;
	open_at(&w, &r, ROT_GRACE);
	r.torn = true;
	before = w.calls;
	assert_int_equal(rotation_drive(&r, &e), EC_IO);
	assert_non_null(strstr(e.what, "the next run looks"));
	assert_int_equal(w.calls, before);
	assert_int_equal(events, 0);
}

/* Even when the store calls it by a name that would block. */
static void
a_torn_commit_does_not_block(void **state)
{
	static const enum ec classes[] = { EC_CONFLICT, EC_DENIED };

	(void)state;
	for (size_t i = 0; i < COUNT(classes); i++) {
		AUTO(rotation) struct rotation r = { .w = NULL };
		struct err e;
		WORLD(w, 1);

		w.identity.grace = 0;
		open_at(&w, &r, ROT_GRACE);
		frozen += 30 * SIM_DAY;
		commit_says = classes[i];
		assert_int_equal(rotation_drive(&r, &e), classes[i]);
		assert_int_equal(w.disk.state, ROT_GRACE);
		assert_int_equal(w.alarms, 0);
		assert_int_equal(events, 1);
	}
}

static void
a_record_that_does_not_hold(void **state)
{
	AUTO(rotation) struct rotation r = { .w = NULL };
	struct err e;
	WORLD(w, 1);

	(void)state;
	reaches(&w, ROT_GRACE);
	w.disk.verified_at = 0;
	assert_int_equal(
	    rotation_open(&r, &w.world, &w.identity, &e), EC_DAMAGED);
	assert_non_null(strstr(e.what, "all clients verified"));
	assert_non_null(strstr(e.fix, "RUNBOOK"));
}

static void
release_keeps_an_orphan_ours(void **state)
{
	AUTO(rotation) struct rotation r = { .w = NULL };
	struct err e;
	WORLD(w, 1);

	(void)state;
	open_at(&w, &r, ROT_GRACE);
	r.rec.state = ROT_BLOCKED;
	r.rec.resume = ROT_INTENT;
	r.rec.new.id[0] = '\0';
	r.rec.answered = 0;
	r.rec.sent = 3;
	(void)snprintf(r.rec.orphan, sizeof(r.rec.orphan), "AKIAORPHAN");
	assert_int_equal(rotation_advance(&r, ROT_ORPH, &e, "x"), EC_OK);
	assert_int_equal(r.rec.answered, 0);
	r.rec.orphan[0] = '\0';
	r.rec.state = ROT_BLOCKED;
	assert_int_equal(rotation_advance(&r, ROT_INTENT, &e, "x"), EC_OK);
	assert_int_equal(r.rec.answered, 2);
}

/* A client that serves another identity now is none of ours. */
static void
a_client_that_changed_hands(void **state)
{
	AUTO(rotation) struct rotation r = { .w = NULL };
	const struct rec_client *c;
	struct identity_conf other;
	struct err e;
	WORLD(w, 2);

	(void)state;
	reaches(&w, ROT_GRACE);
	assert_int_equal(w.disk.n_clients, 2);
	other = w.identity;
	other.name = "mail";
	w.confs[0].identity = &other;
	assert_int_equal(rotation_open(&r, &w.world, &w.identity, &e), EC_OK);
	/* The sim gives it back as a new one: nothing is known of it. */
	c = rec_client(&r.rec, w.confs[0].client.name);
	assert_int_equal(c->state, CL_PENDING);
	c = rec_client(&r.rec, w.confs[1].client.name);
	assert_int_equal(c->state, CL_VERIFIED);
	w.confs[0].identity = &w.identity;
}

/* 5 minutes, 10, 20, ... six hours; a person is asked every hour. */
static void
how_long_until_the_next_try(void **state)
{
	static const int64_t minutes[] = { 5, 10, 20, 40, 80, 160, 320, 360,
		360, 360 };
	AUTO(rotation) struct rotation r = { .w = NULL };
	struct err e;
	WORLD(w, 1);

	(void)state;
	open_at(&w, &r, ROT_GRACE);
	sim_fault(&w, CALL_LIST, 0, 0, FAULT_FAIL, EC_TEMP);
	for (size_t i = 0; i < COUNT(minutes); i++) {
		assert_int_equal(rotation_drive(&r, &e), EC_TEMP);
		assert_int_equal(
		    r.rec.next_at - rotation_now(&r), minutes[i] * MINUTE);
		assert_int_equal(r.rec.tries, i + 1);
	}
	assert_int_equal(waits, 1); /* the same words are no news */
	r.rec.tries = 1000;
	assert_int_equal(rotation_drive(&r, &e), EC_TEMP);
	assert_int_equal(r.rec.next_at - rotation_now(&r), 6 * HOUR);
	w.n_faults = 0;
	sim_fault(&w, CALL_LIST, 0, 0, FAULT_FAIL, EC_HUMAN);
	r.rec.tries = 0;
	(void)snprintf(r.rec.waiting, sizeof(r.rec.waiting), "old");
	(void)snprintf(r.noted, sizeof(r.noted), "old");
	assert_int_equal(rotation_drive(&r, &e), EC_HUMAN);
	assert_int_equal(r.rec.next_at - rotation_now(&r), HOUR);
}

/* Whoever else is at work finds the key by INTENT: it is left to him. */
static void
a_key_is_left_to_another_rotator(void **state)
{
	static const struct {
		enum ec says;
		size_t keys;
	} rows[] = { { EC_BUSY, 2 }, { EC_CONFLICT, 2 }, { EC_NOMEM, 1 } };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(rotation) struct rotation r = { .w = NULL };
		struct err e;
		WORLD(w, 1);

		open_at(&w, &r, ROT_IDLE);
		r.force = true;
		commit_says = rows[i].says;
		commit_at = ROT_CREATED;
		assert_int_equal(rotation_drive(&r, &e), rows[i].says);
		assert_int_equal(sim_keys_count(&w), rows[i].keys);
		if (rows[i].keys == 1)
			assert_non_null(strstr(e.what, "was deleted"));
	}
}

/* Both slots taken, says IAM: asked again when no late answer can be out. */
static void
no_room_for_a_key(void **state)
{
	AUTO(rotation) struct rotation r = { .w = NULL };
	struct err e;
	WORLD(w, 1);
	unsigned before;

	(void)state;
	open_at(&w, &r, ROT_IDLE);
	r.force = true;
	sim_fault(&w, CALL_CREATE, 0, 0, FAULT_FAIL, EC_LIMIT);
	before = events;
	assert_int_equal(rotation_drive(&r, &e), EC_LATER);
	assert_int_equal(
	    r.rec.next_at, rotation_now(&r) + w.identity.late_window);
	assert_int_equal(r.rec.answered, r.rec.sent);
	assert_int_equal(events - before, 3); /* INTENT, refused, waiting */
}

/* --- limits, at the very millisecond ------------------------------------- */

static void
a_proof_is_good_for_a_day(void **state)
{
	static const struct {
		int64_t more;
		bool good;
	} rows[] = { { 0, true }, { 1, false } };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(rotation) struct rotation r = { .w = NULL };
		struct err e;
		WORLD(w, 1);

		w.watch = ROT_PROVED;
		open_at(&w, &r, ROT_GRACE);
		r.rec.state = ROT_PROVED;
		r.rec.new.proved = rotation_now(&r) - 24 * HOUR - rows[i].more;
		(void)rotation_steps[ROT_PROVED](&r, &e);
		assert_int_equal(r.rec.state == ROT_CREATED, !rows[i].good);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(t) cmocka_unit_test(t)
		T(every_state_can_be_right),
		T(each_fact_in_each_state),
		T(facts_at_their_limits),
		T(arrows_and_names),
		T(what_counts_as_pushed),
		T(an_arrow_is_due_at_once),
		T(an_alarm_is_not_doubled),
		T(nothing_after_a_torn_commit),
		T(a_torn_commit_does_not_block),
		T(a_record_that_does_not_hold),
		T(release_keeps_an_orphan_ours),
		T(a_client_that_changed_hands),
		T(how_long_until_the_next_try),
		T(a_key_is_left_to_another_rotator),
		T(no_room_for_a_key),
		T(a_proof_is_good_for_a_day),
	};

	return cmocka_run_group_tests_name(
	    "engine guards", tests, sim_tests_begin, NULL);
}
