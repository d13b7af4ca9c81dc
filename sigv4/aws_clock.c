/*
 * aws_clock: the two questions of time in a call: is our clock right, and how
 * long to wait. Source of the numbers: "Retry behavior" (standard mode), AWS
 * SDKs and Tools Reference Guide.
 */
#include <stdlib.h>
#include <sys/random.h>

#include "sigv4/aws_p.h"

#define SKEW_MAX     (INT64_C(4) * 60 * 1000)
#define EXCHANGE_MAX (INT64_C(15) * 60 * 1000)
#define DELAY_MAX    INT64_C(20000)
#define DELAY_BASE   INT64_C(1000)

void
aws_clock_see(struct aws *a, const struct http_reply *r)
{
	if (r->date < 0 || r->aged || r->got < r->sent ||
	    r->got - r->sent > EXCHANGE_MAX)
		return;
	a->skew = r->date - (r->sent + (r->got - r->sent) / 2);
}

bool
aws_clock_correct(struct aws *a)
{
	if (llabs(a->skew - a->offset) <= SKEW_MAX)
		return false;
	a->offset = a->skew;
	return true;
}

int64_t
aws_clock_delay(int n, int64_t retry_after)
{
	int64_t cap = n < 6 ? DELAY_BASE << (n - 1) : DELAY_MAX;
	uint32_t r = UINT32_MAX / 2;
	int64_t delay;

	/* Without random numbers half the time is as good as any. */
	(void)!getrandom(&r, sizeof(r), GRND_NONBLOCK);
	delay = cap * (int64_t)r / (int64_t)UINT32_MAX;
	if (retry_after > delay)
		delay = retry_after;
	return delay < DELAY_MAX ? delay : DELAY_MAX;
}
