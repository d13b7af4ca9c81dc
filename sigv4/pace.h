/*
 * pace: how many calls a second a service takes from all our lanes together,
 * found out from its throttles.
 *
 * It is the "adaptive" mode of the AWS SDKs (botocore 1.43 retries/adaptive.py,
 * throttling.py, bucket.py; the curve is that of CUBIC, RFC 9438) with these
 * differences, because here dozens of lanes share one rate, and a fleet must
 * neither knock all the time nor creep after a burst:
 *  - The base of a cut is the rate of calls that were taken, not of those
 *    that were sent: what a service takes while it throttles is its limit.
 *  - One cut for one event, as in TCP: a throttle of a call that was sent
 *    before the last cut, or booked before it, says nothing about the new
 *    rate.
 *  - The curve needs the same time at every rate. With botocore's constant a
 *    service that takes 5 calls a second is tried too hard every 3 s.
 *  - Good answers never lower the rate, so that lanes with little to do are
 *    not slowed for it afterwards.
 *  - Slots are booked ahead for a second at the most, so that lanes neither
 *    wake together nor stand in a queue that was made at an older rate.
 * There is no limit before the first throttle.
 *
 * Times are ms of any clock that does not go backwards. Not safe for threads
 * by itself: see account.h.
 */
#ifndef SIGV4_PACE_H
#define SIGV4_PACE_H

#include <stdbool.h>
#include <stdint.h>

#define PACE_MIN     0.5           /* calls a second, whatever happens */
#define PACE_BOOK_MS INT64_C(1000) /* the furthest slot that is booked */

struct pace {            /* zeroed: no limit */
	double rate;     /* calls a second; 0: no limit */
	double top;      /* rate at the last cut, before it */
	int64_t cut;     /* when the last one was */
	int64_t settled; /* when all that is sent is at the new rate */
	double next;     /* when the next slot is free */
	double taken;    /* measured calls a second that were not throttled */
	int64_t window, last; /* begin of the measurement, last answer */
	int answers, count;   /* in it; count: of these not throttled */
};

/*
 * A call wants to be sent. Returns ms to wait. *ret_go: it may be sent after
 * that time, and is counted; else it has to ask again after that time. How
 * long it goes on asking is for the caller.
 */
int64_t pace_ask(struct pace *p, int64_t now, bool *ret_go);
/* The service has answered a call that was sent at `sent`. */
void pace_answer(struct pace *p, int64_t sent, int64_t now, bool throttled);

#endif
