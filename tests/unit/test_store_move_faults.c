/*
 * store_move between two databases: each call of either fails in turn, or is
 * said to be done and is not; and what stands in the target that was never
 * written by this move.
 */
#include "store_world.h"

#include "base/secret.h"
#include "rotator/store_move.h"
#include "store_faulty.h"

#define FROM "sqlite one"
#define TO   "sqlite two"

struct pair {
	struct conform home;
	char places[2][4096];
	struct store real[2], shown[2]; /* from, to */
	struct faulty faulty[2];
	struct faulty_plan plan[2];
};

static void
open_both(struct pair *p)
{
	struct err e = { 0 };

	for (int i = 0; i < 2; i++) {
		auto_store(&p->real[i]);
		WANT(EC_OK,
		    store_sqlite_open(p->places[i], STORE_RW, &p->real[i], &e));
		p->plan[i] = (struct faulty_plan){ .turn = -1 };
		p->faulty[i] =
		    (struct faulty){ .s = &p->real[i], .plan = &p->plan[i] };
		p->shown[i] = faulty_store(&p->faulty[i]);
	}
}

static void
fill(const struct store *s)
{
	struct hold h = { true, T0, "ann", "Friday" };
	struct event ev = { .at = T0 + 5, .what = "note", .text = "all" };
	AUTO(rec) struct rec r = { 0 };
	struct err e = { 0 };

	rec_init(&r, "shop");
	WANT(EC_OK, s->lease(s->ctx, T0, TTL, &e));
	WANT(EC_OK, s->commit(s->ctx, T0, &r, NULL, &e));
	ev.identity = "shop";
	WANT(EC_OK, s->note(s->ctx, &ev, &e));
	WANT(EC_OK, s->hold_set(s->ctx, "shop", &h, &e));
	WANT(EC_OK, s->confirm_set(s->ctx, "web", "AKIA1", T0, "ann", &e));
	WANT(EC_OK, s->meta_set(s->ctx, "config-hash", "1", &e));
	s->unlease(s->ctx);
}

static int
pair_make(void **state)
{
	struct pair *p = calloc(1, sizeof(*p));
	void *c = NULL;

	assert_non_null(p);
	assert_int_equal(world_make(&c), 0);
	p->home = *(struct conform *)c;
	free(c);
	for (int i = 0; i < 2; i++)
		(void)snprintf(p->places[i], sizeof(p->places[i]), "%.3900s%d",
		    p->home.place, i);
	open_both(p);
	fill(&p->real[0]);
	*state = p;
	return 0;
}

static int
pair_end(void **state)
{
	struct pair *p = *state;
	struct conform *c = calloc(1, sizeof(*c));
	void *home = c;

	assert_non_null(c);
	auto_store(&p->real[0]);
	auto_store(&p->real[1]);
	*c = p->home;
	free(p);
	return world_end(&home);
}

static enum ec
move(struct pair *p, struct moved *n, struct err *e)
{
	return store_move(&(struct store_end){ &p->shown[0], FROM },
	    &(struct store_end){ &p->shown[1], TO }, T0, TTL, n, e);
}

static void
mark_of(const struct store *s, char ret[64])
{
	AUTO(buf) struct buf b = BUF(4096);
	struct err e;

	(void)!s->meta_get(s->ctx, STORE_MOVED, &b, &e);
	(void)snprintf(ret, 64, "%s", buf_str(&b));
}

/* All of it is here, and the other one is not gone by any more. */
static void
assert_moved(struct pair *p)
{
	AUTO(buf) struct buf b = BUF(4096);
	struct hold h = { .held = false };
	struct confirmation yes = { .confirmed = false };
	char from[64], to[64];
	struct err e = { 0 };

	open_both(p);
	assert_loads(&p->real[1], "shop", 1, "");
	assert_events(&p->real[1], NULL, "1 shop note all\n");
	WANT(EC_OK, p->real[1].hold_get(p->real[1].ctx, "shop", &h, &e));
	assert_true(h.held);
	WANT(EC_OK,
	    p->real[1].confirm_get(p->real[1].ctx, "web", "AKIA1", &yes, &e));
	assert_true(yes.confirmed);
	WANT(EC_OK, p->real[1].meta_get(p->real[1].ctx, "config-hash", &b, &e));
	assert_string_equal(buf_str(&b), "1");
	mark_of(&p->real[0], from);
	mark_of(&p->real[1], to);
	assert_string_equal(from, "to " TO);
	assert_string_equal(to, "");
}

/* Never both, and never one that is only half there. */
static void
assert_not_two(struct pair *p)
{
	char from[64], to[64];

	mark_of(&p->real[0], from);
	mark_of(&p->real[1], to);
	assert_true(from[0] == '\0' || strcmp(from, "to " TO) == 0);
	if (from[0] == '\0') {
		AUTO(rec) struct rec r = { 0 };
		struct err e;

		assert_true(strcmp(to, "from " FROM) == 0 ||
		    p->real[1].load(p->real[1].ctx, "shop", &r, &e) == EC_GONE);
	}
}

static void
each_fails(void **state, int side)
{
	struct moved n;
	struct err e = { 0 };
	long turns = 0;
	bool whole = false;

	for (; !whole; turns++) {
		struct pair *p = *state;

		p->plan[side] =
		    (struct faulty_plan){ .turn = turns, .ec = EC_IO };
		whole = move(p, &n, &e) == EC_OK;
		if (!whole)
			assert_int_equal(e.ec, EC_IO);
		assert_int_equal(p->plan[side].fired, !whole);
		p->plan[side].turn = -1;
		assert_not_two(p);
		WANT(EC_OK, move(p, &n, &e)); /* leases were given back */
		assert_moved(p);
		assert_int_equal(pair_end(state), 0);
		assert_int_equal(pair_make(state), 0);
	}
	assert_true(turns > 20);
}

static void
test_source_fails(void **state)
{
	each_fails(state, 0);
}

static void
test_target_fails(void **state)
{
	each_fails(state, 1);
}

/* A target that forgets what it was told is found before the source is left:
 * what is written is read back. */
static void
test_forgetful(void **state)
{
	static const char *const calls[] = { "commit", "note", "hold_set",
		"confirm_set" };
	struct moved n;
	struct err e = { 0 };

	for (size_t i = 0; i < COUNT(calls); i++) {
		struct pair *p = *state;
		char from[64];

		p->plan[1] =
		    (struct faulty_plan){ .only = calls[i], .lost = true };
		WANT(EC_DAMAGED, move(p, &n, &e));
		assert_non_null(strstr(e.what, "does not read back"));
		mark_of(&p->real[0], from);
		assert_string_equal(from, "");
		p->plan[1].turn = -1;
		WANT(EC_OK, move(p, &n, &e));
		assert_moved(p);
		assert_int_equal(pair_end(state), 0);
		assert_int_equal(pair_make(state), 0);
	}
}

/* ---- what a move has begun and another hand went on with --------------- */

static void
hand_record(const struct store *s)
{
	AUTO(rec) struct rec r = { 0 };
	struct err e = { 0 };

	rec_init(&r, "other");
	WANT(EC_OK, s->lease(s->ctx, T0, TTL, &e));
	WANT(EC_OK, s->commit(s->ctx, T0, &r, NULL, &e));
	s->unlease(s->ctx);
}

static void
hand_event(const struct store *s)
{
	struct event ev = {
		.at = T0, .identity = "shop", .what = "x", .text = "y"
	};
	struct err e = { 0 };

	WANT(EC_OK, s->note(s->ctx, &ev, &e));
}

static void
hand_more_events(const struct store *s)
{
	struct event ev = {
		.at = T0 + 5, .identity = "shop", .what = "note", .text = "all"
	};
	struct err e = { 0 };

	WANT(EC_OK, s->note(s->ctx, &ev, &e));
	hand_event(s);
}

static void
hand_confirmation(const struct store *s)
{
	struct err e = { 0 };

	WANT(EC_OK, s->confirm_set(s->ctx, "web", "AKIA2", T0, "bob", &e));
}

static void
hand_value(const struct store *s)
{
	struct err e = { 0 };

	WANT(EC_OK, s->meta_set(s->ctx, "other", "1", &e));
}

static const struct {
	void (*hand)(const struct store *s);
	const char *says;
} strange[] = {
	{ hand_record, "a record of other" },
	{ hand_event, "an event 1" },
	{ hand_more_events, "more events" },
	{ hand_confirmation, "the confirmation of web" },
	{ hand_value, "the value other" },
};

static void
test_foreign(void **state)
{
	struct moved n;
	struct err e = { 0 };

	for (size_t i = 0; i < COUNT(strange); i++) {
		struct pair *p = *state;
		char from[64];

		WANT(EC_OK,
		    p->real[1].meta_set(
			p->real[1].ctx, STORE_MOVED, "from " FROM, &e));
		strange[i].hand(&p->real[1]);
		WANT(EC_CONFLICT, move(p, &n, &e));
		if (strstr(e.what, strange[i].says) == NULL)
			print_error("%s\n", e.what);
		assert_non_null(strstr(e.what, strange[i].says));
		mark_of(&p->real[0], from);
		assert_string_equal(from, "");
		assert_int_equal(pair_end(state), 0);
		assert_int_equal(pair_make(state), 0);
	}
}

/* A copy that another version of a word is in is brought up to date, and what
 * was lifted meanwhile is lifted here. */
static const struct word_row {
	struct hold hold;
	int64_t at;
	const char *by;
} older[] = {
	{ { true, T0 + 1, "ann", "Friday" }, T0 + 1, "ann" },
	{ { true, T0, "bob", "Friday" }, T0, "bob" },
	{ { true, T0, "ann", "Monday" }, T0, "ann" },
};

static void
test_older_copy(void **state)
{
	struct moved n;
	struct err e = { 0 };

	for (size_t i = 0; i < COUNT(older); i++) {
		struct pair *p = *state;
		const struct store *s = &p->real[1];
		struct hold h;

		WANT(EC_OK, s->meta_set(s->ctx, STORE_MOVED, "from " FROM, &e));
		WANT(EC_OK, s->hold_set(s->ctx, "shop", &older[i].hold, &e));
		WANT(EC_OK, s->hold_set(s->ctx, "gone", &older[i].hold, &e));
		WANT(EC_OK,
		    s->confirm_set(
			s->ctx, "web", "AKIA1", older[i].at, older[i].by, &e));
		WANT(EC_OK, s->meta_set(s->ctx, "config-hash", "0", &e));
		WANT(EC_OK, move(p, &n, &e));
		assert_moved(p);
		WANT(
		    EC_OK, p->real[1].hold_get(p->real[1].ctx, "shop", &h, &e));
		assert_int_equal(h.since, T0);
		assert_string_equal(h.by, "ann");
		assert_string_equal(h.reason, "Friday");
		WANT(
		    EC_OK, p->real[1].hold_get(p->real[1].ctx, "gone", &h, &e));
		assert_false(h.held);
		assert_int_equal(pair_end(state), 0);
		assert_int_equal(pair_make(state), 0);
	}
}

/* A hold that should be lifted in the copy, and is not. */
static void
test_not_lifted(void **state)
{
	struct pair *p = *state;
	const struct store *s = &p->real[1];
	struct moved n;
	struct err e = { 0 };

	WANT(EC_OK, s->meta_set(s->ctx, STORE_MOVED, "from " FROM, &e));
	WANT(EC_OK, s->hold_set(s->ctx, "gone", &older[0].hold, &e));
	p->plan[1] =
	    (struct faulty_plan){ .only = "hold_set", .turn = 1, .ec = EC_IO };
	assert_int_equal(
	    move(p, &n, &e), EC_IO); /* the first one set, this one lifts */
	p->plan[1] = (struct faulty_plan){ .only = "hold_set", .lost = true };
	WANT(EC_DAMAGED, move(p, &n, &e));
	assert_non_null(strstr(e.what, "the hold of gone"));
}

/* What a store says about itself is no content. */
static void
test_about_itself(void **state)
{
	struct pair *p = *state;
	AUTO(buf) struct buf seal = BUF(100);
	struct moved n;
	struct err e = { 0 };

	for (int i = 0; i < 2; i++)
		WANT(EC_OK,
		    p->real[i].meta_set(p->real[i].ctx, STORE_SEAL,
			i == 0 ? "mine" : "yours", &e));
	WANT(EC_OK, move(p, &n, &e));
	assert_int_equal(n.words, 3);
	assert_moved(p);
	WANT(EC_OK, p->real[1].meta_get(p->real[1].ctx, STORE_SEAL, &seal, &e));
	assert_string_equal(buf_str(&seal), "yours");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(t) cmocka_unit_test_setup_teardown(t, pair_make, pair_end)
		T(test_source_fails),
		T(test_target_fails),
		T(test_forgetful),
		T(test_foreign),
		T(test_older_copy),
		T(test_not_lifted),
		T(test_about_itself),
	};
	struct err e;

	(void)umask(077);
	if (secret_init(&e) != EC_OK)
		return 1;
	return cmocka_run_group_tests_name(
	    "store move, faults", tests, NULL, NULL);
}
