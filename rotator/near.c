#include "rotator/near.h"

#include <stdio.h>
#include <string.h>

#define NEAR_MAX 48 /* longer words are compared no further */

static unsigned
least(unsigned a, unsigned b, unsigned c)
{
	const unsigned d = a < b ? a : b;

	return d < c ? d : c;
}

/* Edits that turn a into b: insert, remove, replace, or exchange two
 * neighbours (optimal string alignment). Three rows of the matrix. */
static unsigned
distance(const char *a, const char *b)
{
	unsigned row[3][NEAR_MAX + 1];
	const size_t n = strlen(a), m = strlen(b);
	unsigned *old = row[0], *up = row[1], *now = row[2];

	for (size_t j = 0; j <= m; j++)
		old[j] = up[j] = (unsigned)j;
	for (size_t i = 1; i <= n; i++) {
		unsigned *spare = old;

		now[0] = (unsigned)i;
		for (size_t j = 1; j <= m; j++) {
			now[j] = least(up[j] + 1, now[j - 1] + 1,
			    up[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] && old[j - 2] + 1 < now[j])
				now[j] = old[j - 2] + 1;
		}
		old = up;
		up = now;
		now = spare;
	}
	return up[m];
}

void
near_try(struct near *n, const char *candidate)
{
	unsigned d;

	if (strlen(n->want) > NEAR_MAX || strlen(candidate) > NEAR_MAX)
		return;
	d = distance(n->want, candidate);
	if (n->best != NULL && d >= n->distance)
		return;
	n->best = candidate;
	n->distance = d;
}

struct hint
near_hint(const struct near *n)
{
	struct hint r = { "" };
	const size_t len = strlen(n->want);
	const size_t close = len > 8 ? 3 : len > 3 ? 2 : 1;

	if (n->best != NULL && n->distance <= close)
		(void)snprintf(
		    r.s, sizeof(r.s), " (did you mean '%s'?)", n->best);
	return r;
}
