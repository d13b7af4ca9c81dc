/*
 * wire: values in a row of bytes, between two processes of one program.
 *
 * Whoever reads may not trust whoever wrote: a length beyond the end, a text
 * without its end or a number out of range makes the reader bad, and from
 * then on it gives zeros and NULLs. Look at it once, after the last value.
 */
#ifndef BASE_WIRE_H
#define BASE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/* Failures: EC_PROTO over b->max, EC_NOMEM. */
MUST enum ec wire_put(struct buf *b, int64_t n, struct err *e);
/* p NULL is another thing than nothing. A NUL is put behind the bytes. */
MUST enum ec wire_put_bytes(
    struct buf *b, const void *p, size_t n, struct err *e);
MUST enum ec wire_put_text(struct buf *b, const char *s, struct err *e);
/* Class, number and both texts. */
MUST enum ec wire_put_err(struct buf *b, const struct err *what, struct err *e);

struct wire {
	const char *p;
	size_t left;
	bool bad;
};

void wire_open(struct wire *w, const struct buf *b); /* borrows b */
/* Bad when not between these two, both included. */
int64_t wire_get(struct wire *w, int64_t least, int64_t most);
/* Points into the buffer; NULL when NULL was put, or bad. */
const char *wire_get_bytes(struct wire *w, size_t *n);
const char *wire_get_text(struct wire *w); /* NUL terminated */
/* Into ret, size bytes with its NUL; bad when it does not fit, or is NULL. */
void wire_get_into(struct wire *w, char *ret, size_t size);
void wire_get_err(struct wire *w, struct err *ret);
bool wire_done(const struct wire *w); /* not bad, and nothing is left */

#endif
