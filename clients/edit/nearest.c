/* nearest: see nearest.h. */
#include "clients/edit/nearest.h"

#include <string.h>
#include <strings.h>

#define MORE 16 /* a name meant is not longer by more than this */

/* Length of the longest text that stands in both. */
static size_t
common(const char *name, size_t len, const char *want)
{
	size_t best = 0;

	for (size_t i = 0; i < len; i++)
		for (const char *k = want; *k != '\0'; k++) {
			size_t n = 0;

			while (i + n < len && k[n] != '\0' &&
			    strncasecmp(&name[i + n], &k[n], 1) == 0)
				n++;
			best = n > best ? n : best;
		}
	return best;
}

void
nearest_see(struct nearest *n, const char *name, size_t len, unsigned line)
{
	const size_t want = strlen(n->want);
	size_t same;

	if (len == 0 || len >= want + MORE)
		return;
	same = common(name, len, n->want);
	if (same <= n->best || same <= want / 2)
		return;
	n->best = same;
	n->name = name;
	n->len = (int)len;
	n->line = line;
}
