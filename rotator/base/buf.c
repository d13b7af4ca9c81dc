/*
 * buf: see buf.h for the promises. Growing is always malloc, copy, wipe,
 * free: realloc could move the bytes and leave the old ones in the heap.
 */
#include "base/buf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/secret.h"

#define CHUNK 4096

/* More room than asked for, so that many small adds copy rarely. */
static size_t
roomier(const struct buf *b, size_t len)
{
	size_t half = len / 2 + 64;

	return half < b->max - len ? len + half : b->max;
}

/* Room for n more bytes and the NUL, or an error and nothing changed. */
static enum ec
reserve(struct buf *b, size_t n, struct err *e)
{
	size_t cap;
	char *p;

	if (n > b->max - b->len)
		return fail(e, EC_PROTO, "more than %zu bytes", b->max);
	if (b->p != NULL && n < b->cap - b->len)
		return EC_OK;
	cap = roomier(b, b->len + n) + 1;
	p = malloc(cap);
	if (p == NULL)
		return fail(e, EC_NOMEM, "no memory for %zu bytes", cap);
	if (b->p != NULL)
		memcpy(p, b->p, b->len);
	p[b->len] = '\0';
	wipe(b->p, b->cap);
	free(b->p);
	b->p = p;
	b->cap = cap;
	return EC_OK;
}

enum ec
buf_add(struct buf *b, const void *p, size_t n, struct err *e)
{
	TRY(reserve(b, n, e));
	if (n > 0)
		memcpy(b->p + b->len, p, n);
	b->len += n;
	b->p[b->len] = '\0';
	return EC_OK;
}

enum ec
buf_adds(struct buf *b, const char *s, struct err *e)
{
	return buf_add(b, s, strlen(s), e);
}

enum ec
buf_addf(struct buf *b, struct err *e, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		return fail(e, EC_BUG, "cannot format");
	TRY(reserve(b, (size_t)n, e));
	va_start(ap, fmt);
	(void)vsnprintf(b->p + b->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
	return EC_OK;
}

/* read() that goes on after a signal; -1 with errno set, 0 at the end. */
static ssize_t
read_some(int fd, void *p, size_t n)
{
	ssize_t got;

	do
		got = read(fd, p, n);
	while (got < 0 && errno == EINTR);
	return got;
}

/* With the buffer full only the end of the file is still acceptable. */
static enum ec
expect_end(const struct buf *b, int fd, struct err *e)
{
	char over = 0;
	ssize_t got = read_some(fd, &over, 1);

	wipe(&over, sizeof(over));
	if (got < 0)
		return fail_sys(e, "cannot read");
	if (got > 0)
		return fail(e, EC_PROTO, "more than %zu bytes", b->max);
	return EC_OK;
}

static enum ec
read_all(struct buf *b, int fd, struct err *e)
{
	size_t room;
	ssize_t got;

	while (b->len < b->max) {
		room = b->max - b->len < CHUNK ? b->max - b->len : CHUNK;
		TRY(reserve(b, room, e));
		got = read_some(fd, b->p + b->len, room);
		if (got < 0)
			return fail_sys(e, "cannot read");
		b->len += (size_t)got;
		b->p[b->len] = '\0';
		if (got == 0)
			return EC_OK;
	}
	return expect_end(b, fd, e);
}

enum ec
buf_read(struct buf *b, int fd, struct err *e)
{
	size_t had = b->len;
	enum ec ec = read_all(b, fd, e);

	if (ec != EC_OK)
		buf_cut(b, had);
	return ec;
}

void
buf_cut(struct buf *b, size_t len)
{
	/* Up to cap: a failed read may have left bytes behind len. */
	if (b->p == NULL || len > b->len)
		return;
	wipe(b->p + len, b->cap - len);
	b->len = len;
	b->p[len] = '\0';
}

void
buf_free(struct buf *b)
{
	wipe(b->p, b->cap);
	free(b->p);
	b->p = NULL;
	b->len = 0;
	b->cap = 0;
}

void
auto_buf(struct buf *b)
{
	buf_free(b);
}

const char *
buf_str(const struct buf *b)
{
	return b->p != NULL ? b->p : "";
}
