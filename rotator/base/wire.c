/* wire: see wire.h. A number is 8 bytes as the machine has them; bytes are
 * their length (-1: NULL), themselves and a NUL. */
#include "base/wire.h"

#include <string.h>

enum ec
wire_put(struct buf *b, int64_t n, struct err *e)
{
	return buf_add(b, &n, sizeof(n), e);
}

enum ec
wire_put_bytes(struct buf *b, const void *p, size_t n, struct err *e)
{
	if (p == NULL)
		return wire_put(b, -1, e);
	TRY(wire_put(b, (int64_t)n, e));
	TRY(buf_add(b, p, n, e));
	return buf_add(b, "", 1, e);
}

enum ec
wire_put_text(struct buf *b, const char *s, struct err *e)
{
	return wire_put_bytes(b, s, s != NULL ? strlen(s) : 0, e);
}

enum ec
wire_put_err(struct buf *b, const struct err *what, struct err *e)
{
	TRY(wire_put(b, what->ec, e));
	TRY(wire_put(b, what->sys, e));
	TRY(wire_put_text(b, what->what, e));
	return wire_put_text(b, what->fix, e);
}

void
wire_open(struct wire *w, const struct buf *b)
{
	*w = (struct wire){ .p = buf_str(b), .left = b->len };
}

static void
take(struct wire *w, void *ret, size_t n)
{
	if (w->bad || w->left < n) {
		w->bad = true;
		memset(ret, 0, n);
		return;
	}
	memcpy(ret, w->p, n);
	w->p += n;
	w->left -= n;
}

int64_t
wire_get(struct wire *w, int64_t least, int64_t most)
{
	int64_t n;

	take(w, &n, sizeof(n));
	if (!w->bad && n >= least && n <= most)
		return n;
	w->bad = true;
	return 0;
}

const char *
wire_get_bytes(struct wire *w, size_t *n)
{
	const int64_t len = wire_get(w, -1, INT64_MAX - 1);
	const char *p = w->p;

	*n = 0;
	if (w->bad || len < 0)
		return NULL;
	if ((uint64_t)len >= w->left || p[len] != '\0') {
		w->bad = true;
		return NULL;
	}
	*n = (size_t)len;
	w->p += len + 1;
	w->left -= (size_t)len + 1;
	return p;
}

const char *
wire_get_text(struct wire *w)
{
	size_t n;
	const char *s = wire_get_bytes(w, &n);

	if (s == NULL || strlen(s) == n)
		return s;
	w->bad = true;
	return NULL;
}

void
wire_get_into(struct wire *w, char *ret, size_t size)
{
	const char *s = wire_get_text(w);
	const size_t n = s != NULL ? strlen(s) : size;

	if (n < size) {
		memcpy(ret, s, n + 1);
		return;
	}
	w->bad = true;
	ret[0] = '\0';
}

void
wire_get_err(struct wire *w, struct err *ret)
{
	ret->ec = (enum ec)wire_get(w, EC_OK, EC__MAX - 1);
	ret->sys = (int)wire_get(w, 0, INT32_MAX);
	wire_get_into(w, ret->what, sizeof(ret->what));
	wire_get_into(w, ret->fix, sizeof(ret->fix));
}

bool
wire_done(const struct wire *w)
{
	return !w->bad && w->left == 0;
}
