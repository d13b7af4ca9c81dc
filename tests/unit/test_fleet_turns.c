/*
 * fleet_turns: who comes when, who waits for whom, who is left out; and many
 * threads at it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail /* ours is in base/err.h */

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "rotator/fleet_progress.h"
#include "rotator/fleet_turns.h"

#define MANY 400

struct line {
	struct identity_conf conf[MANY];
	char names[MANY][16];
	struct fleet_item at[MANY];
	size_t n;
	struct fleet_rules rules;
	struct turns *turns;
};

static struct fleet_item *
add(struct line *l, const char *name, enum rot_state state, int64_t next_at)
{
	const size_t i = l->n++;

	(void)snprintf(l->names[i], sizeof(l->names[i]), "%s", name);
	l->conf[i].name = l->names[i];
	l->at[i] = (struct fleet_item){ .conf = &l->conf[i],
		.turn = TURN_WAITS,
		.state = state,
		.next_at = next_at,
		.begins = state == ROT_IDLE,
		.kin = i };
	return &l->at[i];
}

static void
begin(struct line *l)
{
	struct err e;

	assert_int_equal(
	    turns_new(l->at, l->n, &l->rules, &l->turns, &e), EC_OK);
}

/* Its turn, and it ended thus. */
static void
turn(struct line *l, const char *name, enum ec ec, enum rot_state left)
{
	struct fleet_item *it = turns_next(l->turns);

	assert_non_null(it);
	assert_string_equal(it->conf->name, name);
	it->res.ec = ec;
	it->state = left;
	it->trouble = fleet_failed(ec);
	turns_done(l->turns, it);
}

static void
over(struct line *l)
{
	assert_null(turns_next(l->turns));
	turns_free(l->turns);
}

static void
test_order(void **state)
{
	static struct line l;

	(void)state;
	l = (struct line){ .n = 0 };
	add(&l, "young", ROT_IDLE, 300);
	add(&l, "old", ROT_IDLE, 100);
	add(&l, "grace", ROT_GRACE, 900);
	add(&l, "pushing", ROT_PUSHING, 800);
	add(&l, "quiet", ROT_IDLE, 200)->turn = TURN_NONE;
	add(&l, "twin", ROT_IDLE, 300);
	begin(&l);
	turn(&l, "pushing", EC_CLIENT, ROT_PUSHING);
	turn(&l, "grace", EC_LATER, ROT_GRACE);
	turn(&l, "old", EC_LATER, ROT_GRACE);
	turn(&l, "young", EC_OK, ROT_IDLE);
	turn(&l, "twin", EC_HUMAN, ROT_PUSHING);
	over(&l);
}

/* What shares a place is not at it at the same time; the rest goes on. */
static void
test_kin(void **state)
{
	static struct line l;
	struct fleet_item *a, *c;

	(void)state;
	l = (struct line){ .n = 0 };
	add(&l, "a", ROT_IDLE, 1);
	add(&l, "b", ROT_IDLE, 2)->kin = 0;
	add(&l, "c", ROT_IDLE, 3);
	begin(&l);
	a = turns_next(l.turns);
	assert_string_equal(a->conf->name, "a");
	c = turns_next(l.turns);
	assert_string_equal(c->conf->name, "c");
	turns_done(l.turns, a);
	turn(&l, "b", EC_OK, ROT_IDLE);
	turns_done(l.turns, c);
	over(&l);
}

static const struct health {
	const char *what;
	enum rot_state before;
	enum turn turn;
	bool trouble;
	enum ec ec;
	enum rot_state after;
	bool well;
} healths[] = {
	{ "rotated", ROT_IDLE, TURN_WAITS, false, EC_LATER, ROT_GRACE, true },
	{ "rotated to its end", ROT_IDLE, TURN_WAITS, false, EC_OK, ROT_IDLE,
	    true },
	{ "not due", ROT_IDLE, TURN_NONE, false, EC_OK, ROT_IDLE, true },
	{ "the old key is off", ROT_QUIET, TURN_NONE, false, EC_OK, ROT_QUIET,
	    true },
	{ "held", ROT_IDLE, TURN_WAITS, false, EC_HUMAN, ROT_IDLE, false },
	{ "no key was made", ROT_IDLE, TURN_WAITS, false, EC_CLIENT, ROT_IDLE,
	    false },
	{ "still pushing", ROT_IDLE, TURN_WAITS, false, EC_LATER, ROT_PUSHING,
	    false },
	{ "a person to wait for", ROT_PUSHING, TURN_NONE, false, EC_OK,
	    ROT_PUSHING, false },
	{ "blocked", ROT_BLOCKED, TURN_NONE, true, EC_OK, ROT_BLOCKED, false },
	{ "going back", ROT_RB, TURN_WAITS, false, EC_LATER, ROT_RB, false },
	{ "in grace, a client lost", ROT_GRACE, TURN_NONE, true, EC_OK,
	    ROT_GRACE, false },
};

static void
test_rings(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(healths); i++) {
		const struct health *h = &healths[i];
		static struct line l;
		struct fleet_item *first;

		l = (struct line){ .n = 0 };
		add(&l, "later", ROT_IDLE, 1);
		l.conf[0].ring = 1;
		first = add(&l, "canary", h->before, 9);
		first->turn = h->turn;
		first->trouble = h->trouble;
		add(&l, "going", ROT_GRACE, 1);
		l.conf[2].ring = 2; /* under way: no ring holds it up */
		begin(&l);
		if (h->turn == TURN_WAITS && h->before != ROT_IDLE) {
			turn(&l, "going", EC_LATER, ROT_GRACE);
			turn(&l, "canary", h->ec, h->after);
		} else {
			turn(&l, "going", EC_LATER, ROT_GRACE);
			if (h->turn == TURN_WAITS)
				turn(&l, "canary", h->ec, h->after);
		}
		if (h->well)
			turn(&l, "later", EC_OK, ROT_IDLE);
		over(&l);
		if (h->well)
			continue;
		print_message("  %s: %s\n", h->what, l.at[0].res.e.what);
		assert_int_equal(l.at[0].turn, TURN_LEFT_OUT);
		assert_int_equal(l.at[0].res.ec, EC_LATER);
		assert_non_null(strstr(l.at[0].res.e.what, "canary of ring 0"));
	}
}

/* A later ring waits while the turn that decides is not over. */
static void *
take_next(void *arg)
{
	return turns_next(arg);
}

static void
test_ring_waits(void **state)
{
	static struct line l;
	struct fleet_item *canary, *later;
	void *got = NULL;
	pthread_t t;

	(void)state;
	l = (struct line){ .n = 0 };
	add(&l, "later", ROT_IDLE, 1);
	l.conf[0].ring = 1;
	add(&l, "canary", ROT_IDLE, 2);
	begin(&l);
	canary = turns_next(l.turns);
	assert_string_equal(canary->conf->name, "canary");
	assert_int_equal(pthread_create(&t, NULL, take_next, l.turns), 0);
	assert_int_equal(l.at[0].turn, TURN_WAITS);
	canary->res.ec = EC_OK;
	turns_done(l.turns, canary);
	assert_int_equal(pthread_join(t, &got), 0);
	later = got;
	assert_non_null(later);
	assert_string_equal(later->conf->name, "later");
	turns_done(l.turns, later);
	over(&l);
}

static void
test_stop_after(void **state)
{
	static struct line l;

	(void)state;
	l = (struct line){ .n = 0, .rules = { .stop_after = 2 } };
	add(&l, "blocked", ROT_BLOCKED, 0)->trouble = true;
	l.at[0].turn = TURN_NONE;
	add(&l, "going", ROT_PUSHING, 5);
	for (int i = 0; i < 3; i++)
		add(&l,
		    i == 0       ? "one"
			: i == 1 ? "two"
				 : "three",
		    ROT_IDLE, i + 1);
	begin(&l);
	turn(&l, "going", EC_LATER, ROT_PUSHING);
	turn(&l, "one", EC_LATER, ROT_GRACE);
	turn(&l, "two", EC_CLIENT, ROT_PUSHING);
	over(&l);
	assert_int_equal(l.at[4].turn, TURN_LEFT_OUT);
	assert_non_null(
	    strstr(l.at[4].res.e.what, "2 identities are in trouble"));
	assert_non_null(strstr(l.at[4].res.e.fix, "stop_after"));
}

/* Trouble that a turn has ended does not count any more. */
static void
test_mended(void **state)
{
	static struct line l;

	(void)state;
	l = (struct line){ .n = 0, .rules = { .stop_after = 1 } };
	add(&l, "mended", ROT_PUSHING, 0)->trouble = true;
	add(&l, "next", ROT_IDLE, 0);
	begin(&l);
	turn(&l, "mended", EC_LATER, ROT_GRACE);
	turn(&l, "next", EC_LATER, ROT_GRACE);
	over(&l);
}

/* Whoever names an identity decides. */
static void
test_named(void **state)
{
	static struct line l;

	(void)state;
	l = (struct line){ .n = 0, .rules = { .stop_after = 1, .free = true } };
	add(&l, "blocked", ROT_BLOCKED, 0)->trouble = true;
	l.at[0].turn = TURN_NONE;
	add(&l, "named", ROT_IDLE, 0);
	l.conf[1].ring = 3;
	begin(&l);
	turn(&l, "named", EC_OK, ROT_IDLE);
	over(&l);
}

static void
test_stop(void **state)
{
	static struct line l;

	(void)state;
	l = (struct line){ .n = 0 };
	add(&l, "a", ROT_IDLE, 0);
	add(&l, "b", ROT_IDLE, 1);
	begin(&l);
	turn(&l, "a", EC_IO, ROT_IDLE);
	turns_stop(l.turns);
	over(&l);
	assert_int_equal(l.at[1].turn, TURN_WAITS);
}

/* ---- many threads ------------------------------------------------------ */

static atomic_int in_kin[7], in_all, most, turns_had;

static void *
lane(void *arg)
{
	struct fleet_item *it;

	while ((it = turns_next(arg)) != NULL) {
		const int now = atomic_fetch_add(&in_all, 1) + 1;

		if (now > most)
			most = now;
		if (atomic_fetch_add(&in_kin[it->kin], 1) != 0)
			return it; /* two of one kin */
		sched_yield();
		atomic_fetch_sub(&in_kin[it->kin], 1);
		atomic_fetch_sub(&in_all, 1);
		atomic_fetch_add(&turns_had, 1);
		turns_done(arg, it);
	}
	return NULL;
}

static void
test_threads(void **state)
{
	enum { LANES = 8 };
	static struct line l;
	struct fleet_counts c;
	const char *names[3];
	pthread_t t[LANES];
	void *bad;

	(void)state;
	l = (struct line){ .n = 0 };
	for (size_t i = 0; i < MANY; i++) {
		add(&l, "x", ROT_IDLE, (int64_t)i % 50)->kin = i % 7;
		l.conf[i].ring = (int)(i % 3);
	}
	begin(&l);
	for (size_t i = 0; i < LANES; i++)
		assert_int_equal(pthread_create(&t[i], NULL, lane, l.turns), 0);
	while (turns_watch(l.turns, 1, &c, names, COUNT(names)))
		assert_true(c.now <= LANES && c.all == MANY);
	for (size_t i = 0; i < LANES; i++) {
		assert_int_equal(pthread_join(t[i], &bad), 0);
		assert_null(bad);
	}
	assert_int_equal(turns_had, MANY);
	assert_int_equal(c.over, MANY);
	print_message("  up to %d at a time\n", most);
	over(&l);
}

static void
test_progress(void **state)
{
	static const char *const names[] = { "newsletter", "shop", "alerts" };
	const struct fleet_counts c = { .all = 40,
		.over = 10,
		.left_out = 10,
		.now = 5,
		.waiting = 15,
		.failed = 2 };
	char text[200];

	(void)state;
	fleet_progress_text(
	    &c, 30000, names, COUNT(names), 120, text, sizeof(text));
	assert_string_equal(text,
	    "[##########..........] 20/40  20/min  2 failed  newsletter, shop, "
	    "alerts +2");
	for (size_t width = 0; width < 100; width++) {
		fleet_progress_text(
		    &c, 30000, names, COUNT(names), width, text, sizeof(text));
		assert_true(strlen(text) <= width);
	}
	fleet_progress_text(&(struct fleet_counts){ .all = 0 }, 0, names, 0, 80,
	    text, sizeof(text));
	assert_string_equal(text, "[....................] 0/0");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_kin),
		cmocka_unit_test(test_rings),
		cmocka_unit_test(test_ring_waits),
		cmocka_unit_test(test_stop_after),
		cmocka_unit_test(test_mended),
		cmocka_unit_test(test_named),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_progress),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
