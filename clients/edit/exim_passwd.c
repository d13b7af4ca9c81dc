/*
 * exim-passwd: passwd.client of Exim, lines HOST:LOGIN:PASSWORD; the value of
 * a host is LOGIN:PASSWORD.
 *
 * Exim reads it by nwildlsearch (exim4_passwd_client(5) of Debian; Exim
 * specification, "Single-key lookup types", lsearch): a name ends at a colon
 * or blank and may stand in double quotes; a line that begins with a blank
 * continues the one before, over empty lines and comments in between; case
 * does not count. Of two equal names Exim takes the first; a person may have
 * changed the other one: so they are refused.
 */
#include <string.h>
#include <strings.h>

#include "clients/edit/lines.h"
#include "clients/edit/nearest.h"

struct hunt {
	const char *where, *key;
	struct nearest near;
	struct edit_span hit;
	bool fresh; /* the last entry was the hit */
};

static bool
space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Where the name ends; NULL: escapes or an open quote. */
static const char *
name_end(const char *p, const char *end, bool quoted)
{
	if (!quoted) {
		while (p < end && *p != ':' && !space(*p))
			p++;
		return p;
	}
	while (p < end && *p != '"' && *p != '\\')
		p++;
	return p < end && *p == '"' ? p : NULL;
}

/* The value of the entry on line l, whose name ends at p. */
static enum ec
take(struct hunt *h, const struct buf *text, const struct line *l,
    const char *p, struct err *e)
{
	const char *q = line_skip(p, l->end), *end = line_trim(p, l->end);
	struct edit_span s;

	if (q == l->end || *q != ':')
		return fail(e, EC_CONFLICT,
		    "%s:%u:%u: %s: no colon behind the host", h->where, l->no,
		    (unsigned)(q - l->p) + 1, h->key);
	p = line_skip(q + 1, l->end);
	line_span(text, l, p < end ? p : q + 1, p < end ? end : q + 1, &s);
	if (h->hit.line != 0)
		return line_twice(e, h->where, &s, h->key, h->hit.line);
	h->hit = s;
	h->fresh = true;
	return EC_OK;
}

static enum ec
entry(
    struct hunt *h, const struct buf *text, const struct line *l, struct err *e)
{
	const bool quoted = *l->p == '"';
	const char *p = l->p + (quoted ? 1 : 0);
	const char *end = name_end(p, l->end, quoted);

	h->fresh = false;
	if (end == NULL)
		return fail(e, EC_CONFLICT,
		    "%s:%u:1: a quoted name with an escape, or without an end",
		    h->where, l->no);
	nearest_see(&h->near, p, (size_t)(end - p), l->no);
	if ((size_t)(end - p) != strlen(h->key) ||
	    strncasecmp(p, h->key, (size_t)(end - p)) != 0)
		return EC_OK;
	return take(h, text, l, end + (quoted ? 1 : 0), e);
}

static enum ec
scan(struct hunt *h, const struct buf *text, struct err *e)
{
	struct line l = LINE_FIRST(text);

	while (line_next(&l)) {
		const char *p = line_skip(l.p, l.end);

		/* '#' in the first column only: behind a blank it belongs to
		 * the entry before. */
		if (p == l.end || *l.p == '#')
			continue;
		if (!space(*l.p))
			TRY(entry(h, text, &l, e));
		else if (h->fresh)
			return line_refuse(e, h->where,
			    &(struct edit_span){ .line = l.no, .column = 1 },
			    h->key,
			    "the value goes on in this line: join them");
	}
	return EC_OK;
}

static enum ec
find(const struct buf *text, const char *where, const char *key,
    struct edit_span *ret, struct err *e)
{
	struct hunt h = { .where = where, .key = key, .near = NEAREST(key) };

	if (*key == '\0' || *key == '#' || strpbrk(key, "\"\\\r\n") != NULL)
		return fail(e, EC_CONFIG,
		    "key \"%.80s\" cannot be a host in %s", key, where);
	TRY(line_check_plain(text, where, e));
	TRY(scan(&h, text, e));
	if (h.hit.line != 0) {
		*ret = h.hit;
		return EC_OK;
	}
	(void)fail(e, EC_GONE, "%s: no entry for %.80s", where, key);
	if (h.near.name == NULL)
		return fix(e, "add the line: %.80s:LOGIN:PASSWORD", key);
	return fix(e, "line %u has an entry for %.*s: is that the one?",
	    h.near.line, h.near.len, h.near.name);
}

static enum ec
encode(const struct edit_span *s, const char *value, struct buf *ret,
    struct err *e)
{
	(void)s;
	return line_encode(value, ret, e);
}

/* A name with a colon or a blank in it needs its quotes. */
static enum ec
append(const struct buf *text, const char *key, struct buf *ret, struct err *e)
{
	const char *quote = strpbrk(key, ": \t") != NULL ? "\"" : "";

	TRY(line_copy(text, ret, e));
	return buf_addf(ret, e, "%s%s%s:%s", quote, key, quote, line_eol(text));
}

const struct edit_syntax edit_exim_passwd = {
	.name = "exim-passwd",
	.summary = "passwd.client of Exim, host:login:password",
	.key = "*.amazonaws.com",
	.joint = ":",
	.find = find,
	.decode = line_decode,
	.encode = encode,
	.append = append,
};
