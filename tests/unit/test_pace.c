/* pace: many lanes against a service that takes so many calls a second, all
 * in virtual time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/auto.h"
#include "sigv4/pace.h"

#define LANES_MAX 256
#define BEGIN     INT64_C(1000000)
#define S         INT64_C(1000)

/* As AWS counts: tokens that come with the time, and some saved. */
struct service {
	double rate, burst, tokens;
	int64_t at;
	int64_t deaf_until; /* throttles everything */
};

static bool
takes(struct service *s, int64_t now)
{
	s->tokens += s->rate * (double)(now - s->at) / 1000.0;
	s->at = now;
	if (s->tokens > s->burst)
		s->tokens = s->burst;
	if (now < s->deaf_until || s->tokens < 1)
		return false;
	s->tokens -= 1;
	return true;
}

enum what { ASK, SEND, ANSWER };

struct lane {
	enum what next;
	int64_t when, sent;
	bool taken;
};

struct play {
	struct pace p;
	struct service s;
	struct lane lane[LANES_MAX];
	int lanes;
	int64_t now, trip; /* there and back, ms */
	int64_t rest;      /* between two calls of a lane */
	unsigned sent, throttled, asked;
};

static void
act(struct play *g, struct lane *l)
{
	bool go;

	switch (l->next) {
	case ASK:
		l->when = g->now + pace_ask(&g->p, g->now, &go);
		l->next = go ? SEND : ASK;
		g->asked++;
		break;
	case SEND:
		l->sent = g->now;
		l->taken = takes(&g->s, g->now + g->trip / 2);
		l->when = g->now + g->trip;
		l->next = ANSWER;
		g->sent++;
		g->throttled += !l->taken;
		break;
	case ANSWER:
		pace_answer(&g->p, l->sent, g->now, !l->taken);
		l->when = g->now + g->rest;
		l->next = ASK;
		break;
	}
}

static void
begin(struct play *g, int lanes, double rate, double burst)
{
	memset(g, 0, sizeof(*g));
	g->lanes = lanes;
	g->now = BEGIN;
	g->trip = 40;
	g->s = (struct service){
		.rate = rate, .burst = burst, .tokens = burst, .at = BEGIN
	};
	for (int i = 0; i < lanes; i++)
		g->lane[i].when = BEGIN;
}

/* So many ms; counts from zero. */
static void
play(struct play *g, int64_t ms)
{
	const int64_t end = g->now + ms;

	g->sent = g->throttled = 0;
	for (; g->now < end; g->now++)
		for (int i = 0; i < g->lanes; i++)
			while (g->lane[i].when <= g->now) {
				const enum what was = g->lane[i].next;

				act(g, &g->lane[i]);
				if (was == ANSWER && g->rest == 0)
					break;
			}
}

static const struct {
	int lanes;
	double rate, burst;
} rows[] = {
	{ 1, 5, 5 }, /* one lane, 25 a second without a limit */
	{ 8, 5, 1 },
	{ 8, 20, 20 },
	{ 64, 10, 50 },
	{ 64, 100, 100 },
	{ 128, 2, 10 },
	{ 256, 40, 200 },
};

/* After half a minute: at most one call of twelve is throttled, and at least
 * three quarters of what there is are used. */
static void
test_converges(void **state)
{
	static struct play g;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		double used;

		begin(&g, rows[i].lanes, rows[i].rate, rows[i].burst);
		play(&g, 30 * S);
		play(&g, 120 * S);
		used = (g.sent - g.throttled) / (rows[i].rate * 120);
		print_message("%d lanes, %.0f a second: %u sent, %u throttled, "
			      "%.0f %% used\n",
		    rows[i].lanes, rows[i].rate, g.sent, g.throttled,
		    used * 100);
		assert_true(g.throttled * 12 <= g.sent);
		assert_true(used >= 0.75 && used <= 1.05);
	}
}

/* Nothing is slowed before it is throttled. */
static void
test_unlimited(void **state)
{
	static struct play g;

	(void)state;
	begin(&g, 64, 1e6, 1e6);
	play(&g, 10 * S);
	assert_int_equal(g.throttled, 0);
	assert_true(g.sent >= 64 * (10 * S / 40) * 95 / 100);
	assert_true(g.p.rate <= 0);
}

/* Throttled for ten minutes, then as before: hardly any calls meanwhile, and
 * soon after it all of them. */
static void
test_ten_minutes(void **state)
{
	static struct play g;

	(void)state;
	begin(&g, 64, 50, 50);
	play(&g, 60 * S);
	g.s.deaf_until = g.now + 600 * S;
	play(&g, 30 * S);
	play(&g, 570 * S);
	print_message("ten minutes: %u sent\n", g.sent);
	assert_int_equal(g.sent, g.throttled);
	assert_in_range(g.sent, 570 / 4, 570);
	play(&g, 30 * S);
	play(&g, 60 * S);
	print_message("after it: %u sent, %u throttled\n", g.sent, g.throttled);
	assert_true(g.sent - g.throttled >= 60 * 50 * 3 / 4);
}

/* Twice as much, half as much: it follows. */
static void
test_follows(void **state)
{
	static const double rates[] = { 10, 80, 5, 40 };
	static struct play g;

	(void)state;
	begin(&g, 32, 10, 10);
	for (size_t i = 0; i < COUNT(rates); i++) {
		g.s.rate = g.s.burst = rates[i];
		play(&g, 60 * S);
		play(&g, 60 * S);
		print_message("%.0f: %u sent, %u throttled\n", rates[i], g.sent,
		    g.throttled);
		assert_true(g.throttled * 12 <= g.sent);
		assert_true(g.sent - g.throttled >= 60 * rates[i] * 0.7);
	}
}

/* Two calls a minute never become slower for it: good answers of an idle time
 * do not lower the rate. */
static void
test_idle(void **state)
{
	static struct play g;
	double rate;

	(void)state;
	begin(&g, 32, 20, 20);
	play(&g, 60 * S);
	rate = g.p.rate;
	assert_true(rate > 10);
	g.lanes = 8;
	g.rest = 30 * S;
	play(&g, 600 * S);
	assert_int_equal(g.throttled, 0);
	assert_true(g.p.rate >= rate);
}

/* A burst of refusals is one event. */
static void
test_one_cut(void **state)
{
	struct pace p = { .rate = 0 };
	double rate;

	(void)state;
	for (int i = 0; i < 100; i++)
		pace_answer(&p, BEGIN + i * 10, BEGIN + i * 10 + 50, false);
	assert_true(p.rate <= 0);
	pace_answer(&p, BEGIN + 900, BEGIN + 1000, true);
	rate = p.rate;
	assert_true(rate > 80 && rate < 95);
	for (int i = 0; i < 50; i++)
		pace_answer(&p, BEGIN + 990 + i, BEGIN + 1040, true);
	/* Booked before the cut, sent after it. */
	pace_answer(&p, BEGIN + 1000 + PACE_BOOK_MS, BEGIN + 2020, true);
	assert_true(p.rate >= rate);
	pace_answer(&p, BEGIN + 1100 + PACE_BOOK_MS, BEGIN + 2120, true);
	assert_true(p.rate < rate);
	for (int i = 0; i < 100; i++)
		pace_answer(&p, BEGIN + i * 2000, BEGIN + i * 2000 + 1, true);
	assert_true(p.rate >= PACE_MIN && p.rate <= PACE_MIN);
}

/* What counts is what was taken, however much more was sent. */
static void
test_base_of_a_cut(void **state)
{
	struct pace p = { .rate = 1000, .top = 1000, .settled = INT64_MAX };

	(void)state;
	for (int i = 0; i < 500; i++)
		pace_answer(
		    &p, BEGIN + i * 10, BEGIN + i * 10 + 5, i % 10 != 0);
	p.settled = 0;
	pace_answer(&p, BEGIN + 5000, BEGIN + 5005, true);
	assert_true(p.rate > 7 && p.rate < 11);
}

/* A limit that nobody has come near to for a while is not tried out by a
 * burst: it does not grow beyond twice of what was taken. */
static void
test_no_growth_by_rest(void **state)
{
	struct pace p = { .rate = 70, .top = 100, .cut = BEGIN };

	(void)state;
	for (int i = 1; i < 300; i++)
		pace_answer(&p, BEGIN + i * S, BEGIN + i * S + 5, false);
	assert_true(p.rate >= 70 && p.rate < 71);
	for (int i = 0; i < 100; i++)
		pace_answer(&p, BEGIN + 400 * S + i * 20,
		    BEGIN + 400 * S + i * 20 + 5, false);
	assert_true(p.rate > 80 && p.rate < 110);
}

/* The time in which nobody called is no sign of a slow service. */
static void
test_after_a_rest(void **state)
{
	struct pace p = { .rate = 0 };
	int64_t now = BEGIN;

	(void)state;
	for (int i = 0; i < 60; i++, now += 50)
		pace_answer(&p, now, now + 5, false);
	now += 60 * S;
	for (int i = 0; i < 30; i++, now += 3)
		pace_answer(&p, now, now + 5, false);
	pace_answer(&p, now, now + 5, true);
	assert_true(p.rate > 14);
}

/* No slot is booked further ahead than that; who waits for one is told to ask
 * again, and nothing is booked for him. */
static void
test_booking(void **state)
{
	struct pace p = { .rate = 10 };
	int64_t wait, last = -1;
	bool go = true;
	int booked = 0;

	(void)state;
	while (go) {
		wait = pace_ask(&p, BEGIN, &go);
		assert_true(wait <= PACE_BOOK_MS && wait >= last);
		last = wait;
		booked += go;
	}
	assert_in_range(booked, 10, 13);
	assert_int_equal(pace_ask(&p, BEGIN, &go), PACE_BOOK_MS);
	assert_false(go);
	wait = pace_ask(&p, BEGIN + PACE_BOOK_MS, &go);
	assert_true(go);
	assert_in_range(wait, 1, 200);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_converges),
		cmocka_unit_test(test_unlimited),
		cmocka_unit_test(test_ten_minutes),
		cmocka_unit_test(test_follows),
		cmocka_unit_test(test_idle),
		cmocka_unit_test(test_one_cut),
		cmocka_unit_test(test_base_of_a_cut),
		cmocka_unit_test(test_no_growth_by_rest),
		cmocka_unit_test(test_after_a_rest),
		cmocka_unit_test(test_booking),
	};

	return cmocka_run_group_tests_name("pace", tests, NULL, NULL);
}
