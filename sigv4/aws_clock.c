/* aws_clock: is our clock right? See aws_p.h. */
#include <stdlib.h>

#include "sigv4/aws_p.h"

#define SKEW_MAX     (INT64_C(4) * 60 * 1000)
#define EXCHANGE_MAX (INT64_C(15) * 60 * 1000)

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
