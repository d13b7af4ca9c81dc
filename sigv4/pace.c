/* pace: see pace.h. */
#include "sigv4/pace.h"

#include <math.h>

#define BETA     0.7  /* what is left by a cut, as in botocore */
#define LAG      1.25 /* what was taken was measured at an older rate */
#define GROWTH   2.0  /* no faster than this many times what is taken */
#define TURN     10.0 /* s from a cut until the rate is as before it */
#define TURN_LOW 2.0  /* the same next to the bottom, where an outage ends */
#define LOW      1.0

#define WINDOW_MS     INT64_C(500)
#define WINDOW_MAX_MS INT64_C(3000)
#define WINDOW_CALLS  10 /* fewer are not worth dividing by */

static double
slot_ms(const struct pace *p)
{
	return 1000.0 / p->rate;
}

int64_t
pace_ask(struct pace *p, int64_t now, bool *ret_go)
{
	double wait;

	*ret_go = true;
	if (p->rate <= 0)
		return 0;
	if (p->next < (double)now)
		p->next = (double)now;
	wait = p->next - (double)now;
	*ret_go = wait <= (double)PACE_BOOK_MS;
	if (!*ret_go)
		return PACE_BOOK_MS;
	p->next += slot_ms(p);
	return wait > 0 ? (int64_t)ceil(wait) : 0;
}

/* When nobody was sent for a while, the time in between says nothing about
 * what the service would have taken. */
static int64_t
idle_ms(const struct pace *p)
{
	const int64_t slots = p->rate > 0 ? (int64_t)(3 * slot_ms(p)) : 0;

	return slots > WINDOW_MAX_MS ? slots : WINDOW_MAX_MS;
}

static void
measure(struct pace *p, int64_t now, bool throttled)
{
	int64_t span;
	double rate;

	if (p->last == 0 || now - p->last > idle_ms(p)) {
		p->window = now;
		p->count = p->answers = 0;
	}
	p->last = now;
	p->answers++;
	p->count += !throttled;
	span = now - p->window;
	if (span < WINDOW_MS ||
	    (span < WINDOW_MAX_MS && p->answers < WINDOW_CALLS))
		return;
	rate = p->count * 1000.0 / (double)span;
	p->taken = (rate + p->taken) / (p->taken > 0 ? 2 : 1);
	p->window = now;
	p->count = p->answers = 0;
}

/* Before the first window is full, what is in it is all there is. */
static double
taken_now(const struct pace *p, int64_t now)
{
	const int64_t span = now - p->window;

	if (p->taken > 0)
		return p->taken;
	return p->count * 1000.0 /
	    (double)(span > WINDOW_MS ? span : WINDOW_MS);
}

static void
cut(struct pace *p, int64_t now)
{
	const double taken = taken_now(p, now) * LAG;

	/* What is booked by now still goes out at the old rate. */
	p->settled =
	    now + PACE_BOOK_MS + (p->rate > 0 ? (int64_t)slot_ms(p) : 0);
	p->top = p->rate > 0 && p->rate < taken ? p->rate : taken;
	if (p->top < PACE_MIN)
		p->top = PACE_MIN;
	p->rate = p->top * BETA;
	if (p->rate < PACE_MIN)
		p->rate = PACE_MIN;
	p->cut = now;
}

/* From BETA of the old rate back to it, level there, and up from it: the
 * curve of CUBIC, in the same time for every rate. */
static void
grow(struct pace *p, int64_t now)
{
	const double turn = p->top > LOW ? TURN : TURN_LOW;
	const double t = (double)(now - p->cut) / 1000.0 / turn - 1;
	const double most = GROWTH * p->taken;
	double rate = p->top + p->top * (1 - BETA) * t * t * t;

	if (rate > most)
		rate = most;
	if (rate > p->rate)
		p->rate = rate;
}

void
pace_answer(struct pace *p, int64_t sent, int64_t now, bool throttled)
{
	measure(p, now, throttled);
	if (throttled && (p->rate <= 0 || sent > p->settled))
		cut(p, now);
	else if (!throttled && p->rate > 0)
		grow(p, now);
}
