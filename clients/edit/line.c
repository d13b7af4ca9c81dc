/* line: see line.h. Works on bytes; UTF-8 passes through untouched. */
#include "clients/edit/line_p.h"

#include <string.h>

struct cursor {
	const char *p, *end; /* the line, without its line end */
	const char *value;   /* behind '='; NULL: no assignment */
	unsigned line;
};

bool
line_blank(char c)
{
	return c == ' ' || c == '\t';
}

bool
line_control(char c)
{
	unsigned char u = (unsigned char)c;

	return u < 0x20 || u == 0x7f;
}

static const char *
skip_blanks(const char *p, const char *end)
{
	while (p < end && line_blank(*p))
		p++;
	return p;
}

static const char *
trim_blanks(const char *p, const char *end)
{
	while (end > p && line_blank(end[-1]))
		end--;
	return end;
}

/* Does text hold a NUL or a carriage return that ends no line? Some programs
 * end the line there, others do not. */
static bool
odd_bytes(const struct buf *text)
{
	const char *p = text->p, *end = p + text->len;

	if (text->len > 0 && memchr(p, '\0', text->len) != NULL)
		return true;
	for (; p < end; p++)
		if (*p == '\r' && (p + 1 == end || p[1] != '\n'))
			return true;
	return false;
}

/* Behind "export" and blanks, or p itself. */
static const char *
skip_export(const struct line_dialect *d, const char *p, const char *end)
{
	if (!d->exports || end - p < 7 || strncmp(p, "export", 6) != 0 ||
	    !line_blank(p[6]))
		return p;
	return skip_blanks(p + 6, end);
}

/* Is the line an assignment of key? */
static bool
names(const struct line_dialect *d, const struct cursor *c, const char *key)
{
	const char *p, *end;

	if (c->value == NULL)
		return false;
	p = skip_export(d, skip_blanks(c->p, c->end), c->end);
	end = trim_blanks(p, c->value - 1);
	return (size_t)(end - p) == strlen(key) &&
	    strncmp(p, key, strlen(key)) == 0;
}

static bool
comments(const struct line_dialect *d, const struct cursor *c)
{
	const char *p = skip_blanks(c->p, c->end);

	return p < c->end && strchr(d->comments, *p) != NULL;
}

/* Behind the '=' of the line, or NULL. A '=' that comes first is part of the
 * name, as systemd has it. */
static const char *
assigns(const char *p, const char *end)
{
	p = skip_blanks(p, end);
	if (p < end)
		p = memchr(p + 1, '=', (size_t)(end - p - 1));
	return p != NULL && p < end ? p + 1 : NULL;
}

/* To the line that begins at p; false at the end of the text. */
static bool
next(const struct line_dialect *d, const struct buf *text, struct cursor *c,
    const char **p)
{
	const char *stop = text->p + text->len, *nl;

	if (*p == stop)
		return false;
	nl = memchr(*p, '\n', (size_t)(stop - *p));
	c->p = *p;
	c->end = nl != NULL ? nl : stop;
	*p = nl != NULL ? nl + 1 : stop;
	if (c->end > c->p && c->end[-1] == '\r')
		c->end--;
	c->line++;
	c->value = assigns(c->p, c->end);
	if (comments(d, c))
		c->value = NULL;
	return true;
}

/* What may stand behind the closing quote. */
static const char *
tail(const struct line_dialect *d, const char *p, const char *end)
{
	const char *q = skip_blanks(p, end);

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
	const char *p = skip_blanks(c->value, c->end), *end = c->end;
	const bool quote = p < end && (*p == '"' || *p == '\'');
	const char *why = quote ? quoted(d, p, &end) : d->plain(p, &end);

	/* An empty value goes directly behind the '='. */
	if (!quote && end <= p)
		p = end = c->value;
	s->at = (size_t)(p - text->p);
	s->len = (size_t)(end - p);
	s->quote = '\0';
	if (quote)
		s->quote = *p;
	s->line = c->line;
	s->column = (unsigned)(p - c->p) + 1;
	return why;
}

static enum ec
refuse(struct err *e, const char *where, const struct edit_span *s,
    const char *key, const char *why)
{
	(void)fail(e, EC_CONFLICT, "%s:%u:%u: %s: %s", where, s->line,
	    s->column, key, why);
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
	struct cursor c = { 0 };
	enum line_state s = FREE;
	const char *p = text->p;

	if (d->bom && text->len >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
		p += 3;
	while (next(d, text, &c, &p)) {
		if (names(d, &c, key))
			TRY(take(d, text, where, key, &c, s, hit, e));
		if (s != FREE)
			s = line_run(d, s, c.p, c.end);
		else if (c.value != NULL)
			s = line_run(d, BEFORE, c.value, c.end);
		else if (d->joins && comments(d, &c))
			s = line_run(d, COMMENT, c.p, c.end);
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
	if (odd_bytes(text))
		return fail(e, EC_CONFLICT,
		    "%s: holds a NUL byte or a lone carriage return", where);
	if (text->len > 0)
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
	const bool crlf = text->len > 0 && strstr(text->p, "\r\n") != NULL;
	const char *eol = crlf ? "\r\n" : "\n";

	TRY(buf_add(ret, buf_str(text), text->len, e));
	if (text->len > 0 && text->p[text->len - 1] != '\n')
		TRY(buf_adds(ret, eol, e));
	TRY(buf_adds(ret, key, e));
	TRY(buf_adds(ret, "=", e));
	return buf_adds(ret, eol, e);
}

void
line_inside(const struct buf *text, const struct edit_span *s, const char **ret,
    size_t *ret_len)
{
	const size_t q = s->quote != '\0' ? 1 : 0;

	*ret = buf_str(text) + s->at + q;
	*ret_len = s->len - 2 * q;
}
