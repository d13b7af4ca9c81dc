/*
 * canonical: see canonical.h. Path and query; headers are in
 * canonical_headers.c.
 */
#include "sigv4/canonical.h"

#include <stdlib.h>
#include <string.h>

#include "base/auto.h"

#define UNRESERVED                                                             \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"

enum ec
canonical_escape(
    struct buf *b, const char *s, size_t n, bool keep_slash, struct err *e)
{
	static const char digits[] = "0123456789ABCDEF";
	char hex[3] = { '%', '0', '0' };

	for (size_t i = 0; i < n; i++) {
		if ((s[i] != '\0' && strchr(UNRESERVED, s[i]) != NULL) ||
		    (keep_slash && s[i] == '/')) {
			TRY(buf_add(b, &s[i], 1, e));
			continue;
		}
		hex[1] = digits[(unsigned char)s[i] >> 4];
		hex[2] = digits[(unsigned char)s[i] & 15];
		TRY(buf_add(b, hex, sizeof(hex), e));
	}
	return EC_OK;
}

/* Cuts the last "/segment"; an empty path stays empty. */
static void
pop_segment(struct buf *b)
{
	const char *slash = b->p != NULL ? strrchr(b->p, '/') : NULL;

	buf_cut(b, slash != NULL ? (size_t)(slash - b->p) : 0);
}

/* b becomes "/a/b" without a slash at its end; "" for the root. */
static enum ec
add_segment(struct buf *b, const char *s, size_t n, struct err *e)
{
	if (n == 0 || (n == 1 && s[0] == '.'))
		return EC_OK;
	if (n == 2 && memcmp(s, "..", 2) == 0) {
		pop_segment(b);
		return EC_OK;
	}
	TRY(buf_add(b, "/", 1, e));
	return buf_add(b, s, n, e);
}

/* RFC 3986 5.2.4, and runs of '/' become one. */
static enum ec
normalise(struct buf *b, const char *path, struct err *e)
{
	const char *s = path;
	size_t n = 0, all = strlen(path);

	for (; *s != '\0'; s += n + (s[n] == '/')) {
		n = strcspn(s, "/");
		TRY(add_segment(b, s, n, e));
	}
	if (b->len == 0 || path[all - 1] == '/')
		return buf_add(b, "/", 1, e);
	return EC_OK;
}

enum ec
canonical_path(struct buf *b, const char *path, bool keep, struct err *e)
{
	AUTO(buf) struct buf plain = BUF(b->max);

	if (keep)
		return canonical_escape(b, path, strlen(path), true, e);
	TRY(normalise(&plain, path, e));
	return canonical_escape(b, buf_str(&plain), plain.len, true, e);
}

/* One "name=value", both encoded, as offsets: the buffer still grows. */
struct pair {
	struct buf name, value;
};

static void
auto_pairs(struct pair **p)
{
	for (size_t i = 0; *p != NULL && i < CANONICAL_PAIRS_MAX; i++) {
		buf_free(&(*p)[i].name);
		buf_free(&(*p)[i].value);
	}
	free(*p);
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decodes and encodes again byte by byte; a '%' that begins no escape is an
 * ordinary character. */
static enum ec
respell(struct buf *b, const char *s, size_t n, struct err *e)
{
	char c;

	for (size_t i = 0; i < n; i++) {
		c = s[i];
		if (c == '%' && n - i > 2 && hex_value(s[i + 1]) >= 0 &&
		    hex_value(s[i + 2]) >= 0) {
			c = (char)(hex_value(s[i + 1]) * 16 +
			    hex_value(s[i + 2]));
			i += 2;
		}
		TRY(canonical_escape(b, &c, 1, false, e));
	}
	return EC_OK;
}

static enum ec
add_pair(struct pair *p, size_t max, const char *s, size_t n, struct err *e)
{
	const char *eq = memchr(s, '=', n);
	size_t name = eq != NULL ? (size_t)(eq - s) : n;

	p->name = BUF(max);
	p->value = BUF(max);
	TRY(respell(&p->name, s, name, e));
	return eq != NULL ? respell(&p->value, eq + 1, n - name - 1, e) : EC_OK;
}

static int
by_name_and_value(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;
	int d = strcmp(buf_str(&x->name), buf_str(&y->name));

	return d != 0 ? d : strcmp(buf_str(&x->value), buf_str(&y->value));
}

static enum ec
add_pairs(
    struct pair *p, size_t max, const char *s, size_t *count, struct err *e)
{
	size_t n = 0;

	for (; *s != '\0'; s += n + (s[n] == '&')) {
		n = strcspn(s, "&");
		if (n == 0)
			continue;
		if (*count == CANONICAL_PAIRS_MAX)
			return fail(e, EC_PROTO, "query of over %d parameters",
			    CANONICAL_PAIRS_MAX);
		TRY(add_pair(&p[(*count)++], max, s, n, e));
	}
	return EC_OK;
}

enum ec
canonical_query(struct buf *b, const char *query, struct err *e)
{
	AUTO(pairs) struct pair *p = NULL;
	size_t count = 0;

	if (*query == '\0')
		return EC_OK;
	p = calloc(CANONICAL_PAIRS_MAX, sizeof(*p));
	if (p == NULL)
		return fail(e, EC_NOMEM, "no memory for a query");
	TRY(add_pairs(p, b->max, query, &count, e));
	qsort(p, count, sizeof(*p), by_name_and_value);
	for (size_t i = 0; i < count; i++) {
		TRY(buf_adds(b, i > 0 ? "&" : "", e));
		TRY(buf_adds(b, buf_str(&p[i].name), e));
		TRY(buf_adds(b, "=", e));
		TRY(buf_adds(b, buf_str(&p[i].value), e));
	}
	return EC_OK;
}
