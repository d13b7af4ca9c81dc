/*
 * config_mem: an arena. A configuration is made once, never shrinks, and is
 * dropped as a whole; one free a file instead of one a string.
 */
#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "rotator/config_p.h"

#define CHUNK_BYTES ((size_t)64 * 1024)

struct chunk {
	struct chunk *below;
	size_t used, size;
	alignas(max_align_t) char bytes[];
};

static struct chunk *
chunk_add(struct arena *a, size_t need)
{
	size_t size = need > CHUNK_BYTES ? need : CHUNK_BYTES;
	struct chunk *c = calloc(1, sizeof(*c) + size);

	if (c == NULL)
		return NULL;
	c->size = size;
	c->below = a->top;
	a->top = c;
	return c;
}

void *
arena_get(struct arena *a, size_t n)
{
	const size_t grain = alignof(max_align_t);
	struct chunk *c = a->top;
	void *p;

	if (n > SIZE_MAX / 2)
		return NULL;
	n = (n + grain - 1) / grain * grain;
	if (c == NULL || c->size - c->used < n)
		c = chunk_add(a, n);
	if (c == NULL)
		return NULL;
	p = c->bytes + c->used;
	c->used += n;
	return p;
}

char *
arena_dup(struct arena *a, const char *s, size_t n)
{
	char *p = arena_get(a, n + 1);

	if (p != NULL && n > 0)
		memcpy(p, s, n);
	return p;
}

char *
arena_printf(struct arena *a, const char *fmt, ...)
{
	AUTO(free) char *s = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&s, fmt, ap);
	va_end(ap);
	if (n < 0) {
		s = NULL;
		return NULL;
	}
	return arena_dup(a, s, (size_t)n);
}

void
arena_free(struct arena *a)
{
	while (a->top != NULL) {
		struct chunk *c = a->top;

		a->top = c->below;
		free(c);
	}
}

enum ec
config_nomem(struct err *e)
{
	return fail(e, EC_NOMEM, "no memory for the configuration");
}
