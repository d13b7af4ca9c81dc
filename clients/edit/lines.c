/* lines: see lines.h. Works on bytes; UTF-8 passes through untouched. */
#include "clients/edit/lines.h"

#include <string.h>

bool
line_next(struct line *l)
{
	const char *nl;

	if (l->next == l->eof)
		return false;
	nl = memchr(l->next, '\n', (size_t)(l->eof - l->next));
	l->p = l->next;
	l->end = nl != NULL ? nl : l->eof;
	l->next = nl != NULL ? nl + 1 : l->eof;
	if (l->end > l->p && l->end[-1] == '\r')
		l->end--;
	l->no++;
	return true;
}

void
line_skip_bom(struct line *l)
{
	if (l->eof - l->next >= 3 && memcmp(l->next, "\xef\xbb\xbf", 3) == 0)
		l->next += 3;
}

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

const char *
line_skip(const char *p, const char *end)
{
	while (p < end && line_blank(*p))
		p++;
	return p;
}

const char *
line_trim(const char *p, const char *end)
{
	while (end > p && line_blank(end[-1]))
		end--;
	return end;
}

bool
line_is(const char *p, const char *end, const char *name)
{
	const size_t n = strlen(name);

	return (size_t)(end - p) == n && memcmp(p, name, n) == 0;
}

/* A byte that is refused, or NULL. */
static const char *
odd_byte(const struct line *l, bool plain)
{
	/* The last line may end with a lone CR, which was taken off. */
	const char *stop = l->next == l->eof ? l->eof : l->end;

	for (const char *p = l->p; p < stop; p++)
		if (*p == '\0' ||
		    (*p == '\r' && (p + 1 == l->eof || p[1] != '\n')) ||
		    (plain && line_control(*p) && strchr("\t\r\n", *p) == NULL))
			return p;
	return NULL;
}

static enum ec
check(const struct buf *text, const char *where, bool plain, struct err *e)
{
	struct line l = LINE_FIRST(text);
	const char *p;

	while (line_next(&l)) {
		p = odd_byte(&l, plain);
		if (p == NULL)
			continue;
		return fail(e, EC_CONFLICT, "%s:%u:%u: holds a %s", where, l.no,
		    (unsigned)(p - l.p) + 1,
		    *p == '\0'       ? "NUL byte"
			: *p == '\r' ? "carriage return that ends no line"
				     : "control character");
	}
	return EC_OK;
}

enum ec
line_check(const struct buf *text, const char *where, struct err *e)
{
	return check(text, where, false, e);
}

enum ec
line_check_plain(const struct buf *text, const char *where, struct err *e)
{
	return check(text, where, true, e);
}

void
line_span(const struct buf *text, const struct line *l, const char *p,
    const char *end, struct edit_span *ret)
{
	*ret = (struct edit_span){
		.at = (size_t)(p - buf_str(text)),
		.len = (size_t)(end - p),
		.line = l->no,
		.column = (unsigned)(p - l->p) + 1,
	};
}

enum ec
line_refuse(struct err *e, const char *where, const struct edit_span *s,
    const char *key, const char *why)
{
	return fail(e, EC_CONFLICT, "%s:%u:%u: %s: %s", where, s->line,
	    s->column, key, why);
}

enum ec
line_twice(struct err *e, const char *where, const struct edit_span *s,
    const char *key, unsigned first)
{
	(void)fail(e, EC_CONFLICT,
	    "%s:%u:%u: %s: is set more than once, first in line %u", where,
	    s->line, s->column, key, first);
	return fix(e, "remove one of the two lines");
}

const char *
line_eol(const struct buf *text)
{
	return text->len > 0 && strstr(text->p, "\r\n") != NULL ? "\r\n" : "\n";
}

enum ec
line_copy(const struct buf *text, struct buf *ret, struct err *e)
{
	TRY(buf_add(ret, buf_str(text), text->len, e));
	if (text->len > 0 && text->p[text->len - 1] != '\n')
		return buf_adds(ret, line_eol(text), e);
	return EC_OK;
}

enum ec
line_decode(const struct buf *text, const struct edit_span *s, struct buf *ret,
    struct err *e)
{
	return buf_add(ret, buf_str(text) + s->at, s->len, e);
}

enum ec
line_encode(const char *value, struct buf *ret, struct err *e)
{
	const size_t n = strlen(value);
	bool no = n > 0 && (line_blank(*value) || line_blank(value[n - 1]));

	for (const char *p = value; *p != '\0'; p++)
		no = no || line_control(*p);
	if (no)
		return fail(
		    e, EC_CONFLICT, "the new value cannot stand in this place");
	return buf_adds(ret, value, e);
}
