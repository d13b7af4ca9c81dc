/*
 * buf: growing bytes with a mandatory maximum.
 *
 * May hold secrets: it never moves without wiping the old place, and wipes
 * when it ends. Growth beyond `max` is an error, never a truncation. Always
 * NUL terminated behind the last byte, so b->p is a C string when the content
 * holds no NUL.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stddef.h>

#include "base/err.h"

struct buf {
	char *p; /* NULL until the first byte */
	size_t len, cap, max;
};

/* AUTO(buf) struct buf b = BUF(65536); */
#define BUF(limit)                                                             \
	(struct buf)                                                           \
	{                                                                      \
		.p = NULL, .len = 0, .cap = 0, .max = (limit)                  \
	}

/* On failure (EC_PROTO over max, EC_NOMEM) the content is as before. */
MUST enum ec buf_add(struct buf *b, const void *p, size_t n, struct err *e);
MUST enum ec buf_adds(struct buf *b, const char *s, struct err *e);
/* Never for secrets: printf leaves copies on its own stack. */
MUST enum ec buf_addf(struct buf *b, struct err *e, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Reads fd to its end; EC_PROTO when more than max comes. */
MUST enum ec buf_read(struct buf *b, int fd, struct err *e);
void buf_cut(struct buf *b, size_t len); /* shorten to len, wiping the rest */
void buf_free(struct buf *b);            /* wipes; b is empty and reusable */
void auto_buf(struct buf *b);
const char *buf_str(const struct buf *b); /* "" when empty, never NULL */

#endif
