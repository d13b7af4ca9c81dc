/* line: see line.h. Works on bytes; UTF-8 passes through untouched. */
#include "clients/edit/line_p.h"

#include <string.h>

struct cursor {
	struct line l;
	const char *value; /* behind '='; NULL: no assignment */
};

/* Behind "export" and blanks, or p itself. */
static const char *
skip_export(const struct line_dialect *d, const char *p, const char *end)
{
	if (!d->exports || end - p < 7 || strncmp(p, "export", 6) != 0 ||
	    !line_blank(p[6]))
		return p;
	return line_skip(p + 6, end);
}

/* Is the line an assignment of key? */
static bool
names(const struct line_dialect *d, const struct cursor *c, const char *key)
{
	const char *p, *end;

	if (c->value == NULL)
		return false;
	p = skip_export(d, line_skip(c->l.p, c->l.end), c->l.end);
	end = line_trim(p, c->value - 1);
	return line_is(p, end, key);
}

static bool
comments(const struct line_dialect *d, const struct cursor *c)
{
	const char *p = line_skip(c->l.p, c->l.end);

	return p < c->l.end && strchr(d->comments, *p) != NULL;
}

/* Behind the '=' of the line, or NULL. A '=' that comes first is part of the
 * name, as systemd has it. */
static const char *
assigns(const char *p, const char *end)
{
	p = line_skip(p, end);
	if (p < end)
		p = memchr(p + 1, '=', (size_t)(end - p - 1));
	return p != NULL && p < end ? p + 1 : NULL;
}

static bool
next(const struct line_dialect *d, struct cursor *c)
{
	if (!line_next(&c->l))
		return false;
	c->value = assigns(c->l.p, c->l.end);
	if (comments(d, c))
		c->value = NULL;
	return true;
}

/* What may stand behind the closing quote. */
static const char *
tail(const struct line_dialect *d, const char *p, const char *end)
{
	const char *q = line_skip(p, end);

	if (q == end || (d->tail_comment && *q == '#' && q > p))
		return NULL;
	return "text behind the closing quote";
}

static const char *
quoted(const struct line_dialect *d, const char *p, const char **end)
{
	const char *q = p + 1;

	for (; q < *end && *q != *p; q++) {
		if (strchr(d->odd, *q) != NULL)
			return "escapes, $ and ` mean different things to "
			       "different programs";
		if (*q == '\\' && *p == '"')
			q++;
	}
	if (q >= *end)
		return "the quoted value does not end on its line";
	p = *end;
	*end = q + 1;
	return tail(d, *end, p);
}

/* The span of the value on line c; NULL, or why it is not touched. */
static const char *
measure(const struct line_dialect *d, const struct buf *text,
    const struct cursor *c, struct edit_span *s)
{
	const char *p = line_skip(c->value, c->l.end), *end = c->l.end;
	const bool quote = p < end && (*p == '"' || *p == '\'');
	const char *why = quote ? quoted(d, p, &end) : d->plain(p, &end);

	/* An empty value goes directly behind the '='. */
	if (!quote && end <= p)
		p = end = c->value;
	line_span(text, &c->l, p, end, s);
	if (quote)
		s->quote = *p;
	return why;
}

static enum ec
refuse(struct err *e, const char *where, const struct edit_span *s,
    const char *key, const char *why)
{
	(void)line_refuse(e, where, s, key, why);
	return fix(e, "write it once, on one line: %s=value", key);
}

/* An assignment of key on line c, seen in state `inside`. */
static enum ec
take(const struct line_dialect *d, const struct buf *text, const char *where,
    const char *key, const struct cursor *c, enum line_state inside,
    struct edit_span *hit, struct err *e)
{
	struct edit_span s = { 0 };
	const char *why = measure(d, text, c, &s);

	if (inside != FREE)
		why = "stands inside a value or comment begun further up";
	else if (hit->line != 0)
		why = "is set more than once";
	if (why != NULL)
		return refuse(e, where, &s, key, why);
	*hit = s;
	return EC_OK;
}

static enum ec
scan(const struct line_dialect *d, const struct buf *text, const char *where,
    const char *key, struct edit_span *hit, struct err *e)
{
	struct cursor c = { .l = LINE_FIRST(text) };
	enum line_state s = FREE;

	if (d->bom)
		line_skip_bom(&c.l);
	while (next(d, &c)) {
		if (names(d, &c, key))
			TRY(take(d, text, where, key, &c, s, hit, e));
		if (s != FREE)
			s = line_run(d, s, c.l.p, c.l.end);
		else if (c.value != NULL)
			s = line_run(d, BEFORE, c.value, c.l.end);
		else if (d->joins && comments(d, &c))
			s = line_run(d, COMMENT, c.l.p, c.l.end);
	}
	return EC_OK;
}

/* A name that every reader of such files takes for one. */
static bool
key_valid(const char *key)
{
	const size_t n = strspn(key,
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	    "0123456789_.-");

	return n > 0 && key[n] == '\0' && strchr("0123456789.-", *key) == NULL;
}

enum ec
line_find(const struct line_dialect *d, const struct buf *text,
    const char *where, const char *key, struct edit_span *ret, struct err *e)
{
	struct edit_span hit = { 0 };

	if (!key_valid(key))
		return fail(e, EC_CONFIG,
		    "\"%s\" is no name for a variable in %s", key, where);
	TRY(line_check(text, where, e));
	TRY(scan(d, text, where, key, &hit, e));
	if (hit.line == 0)
		return fail(e, EC_GONE, "%s: no %s in it", where, key);
	*ret = hit;
	return EC_OK;
}

enum ec
line_append(
    const struct buf *text, const char *key, struct buf *ret, struct err *e)
{
	TRY(line_copy(text, ret, e));
	TRY(buf_adds(ret, key, e));
	TRY(buf_adds(ret, "=", e));
	return buf_adds(ret, line_eol(text), e);
}

void
line_inside(const struct buf *text, const struct edit_span *s, const char **ret,
    size_t *ret_len)
{
	const size_t q = s->quote != '\0' ? 1 : 0;

	*ret = buf_str(text) + s->at + q;
	*ret_len = s->len - 2 * q;
}
