/* wiping: see wiping.h. */
#include "base/wiping.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"

void
wiping_free(void *p)
{
	if (p == NULL)
		return;
	wipe(p, malloc_usable_size(p));
	free(p);
}

void *
wiping_realloc(void *p, size_t n)
{
	const size_t had = p != NULL ? malloc_usable_size(p) : 0;
	void *q;

	if (p != NULL && n <= had)
		return p;
	q = malloc(n > 0 ? n : 1);
	if (q == NULL)
		return NULL;
	if (p != NULL)
		memcpy(q, p, had);
	wiping_free(p);
	return q;
}
