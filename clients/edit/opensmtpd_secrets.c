/*
 * opensmtpd-secrets: a table of credentials for smtpd(8), LABEL USER:PASSWORD;
 * the value of a label is USER:PASSWORD.
 *
 * Rules: table(5), and how smtpd reads it: table_static.c in 6.8 (Debian 12),
 * parse_table_line() in util.c since 7.0. A name ends at a blank or colon;
 * what is around the value, or a '#' in the first place, does not count; there
 * are no quotes, and a double quote would be part of the password. Names are
 * folded to lower case, and the last of two equal ones wins: they are
 * refused. The two versions differ on names in brackets and on "LABEL :
 * VALUE", which are refused too.
 */
#include <string.h>
#include <strings.h>

#include "clients/edit/lines.h"
#include "clients/edit/nearest.h"

static bool
space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool
separates(char c)
{
	return space(c) || c == ':';
}

/* Does the line at p make a mere list of the table? Sets *first at the first
 * line that decides. */
static bool
is_list(const struct line *l, bool *first)
{
	const char *p = line_skip(l->p, l->end);
	const char *end = line_trim(p, l->end);

	if (p < end && *p == '#')
		return line_is(line_skip(p + 1, end), end, "@list");
	*first = p < end;
	while (p < end && !separates(*p))
		p++;
	/* A label alone may be the first one, as append() makes it. */
	return *first && p == end && l->next != l->eof;
}

static enum ec
check_kind(const struct buf *text, const char *where, struct err *e)
{
	struct line l = LINE_FIRST(text);

	for (bool first = false; !first && line_next(&l);)
		if (is_list(&l, &first))
			return fail(e, EC_CONFLICT,
			    "%s:%u:1: this line makes the table a list "
			    "without values",
			    where, l.no);
	return EC_OK;
}

/* The value on line l, whose name ends at p. */
static enum ec
take(const struct buf *text, const char *where, const char *key,
    const struct line *l, const char *p, struct edit_span *hit, struct err *e)
{
	const char *end = line_trim(p, l->end);
	const char *q = p < end ? line_skip(p + 1, end) : p;
	struct edit_span s;

	if (q >= end)
		q = end = p + (p < l->end ? 1 : 0);
	line_span(text, l, q, end, &s);
	s.style = q == p; /* no room: it wants a blank */
	if (hit->line != 0)
		return line_twice(e, where, &s, key, hit->line);
	if (q < end && *q == ':')
		return line_refuse(e, where, &s, key,
		    "two separators: write one blank behind the label");
	*hit = s;
	return EC_OK;
}

static enum ec
scan(const struct buf *text, const char *where, const char *key,
    struct nearest *near, struct edit_span *hit, struct err *e)
{
	const size_t n = strlen(key);
	struct line l = LINE_FIRST(text);

	while (line_next(&l)) {
		const char *p = line_skip(l.p, l.end), *q = p;

		if (p == l.end || *p == '#')
			continue;
		while (q < l.end && !separates(*q))
			q++;
		nearest_see(near, p, (size_t)(q - p), l.no);
		if ((size_t)(q - p) == n && strncasecmp(p, key, n) == 0)
			TRY(take(text, where, key, &l, q, hit, e));
	}
	return EC_OK;
}

static enum ec
find(const struct buf *text, const char *where, const char *key,
    struct edit_span *ret, struct err *e)
{
	struct nearest near = NEAREST(key);
	struct edit_span hit = { 0 };

	if (*key == '\0' || *key == '#' || *key == '[' ||
	    strpbrk(key, ": \t\v\f\r\n") != NULL)
		return fail(e, EC_CONFIG, "key \"%.80s\" is no label for %s",
		    key, where);
	TRY(line_check_plain(text, where, e));
	TRY(check_kind(text, where, e));
	TRY(scan(text, where, key, &near, &hit, e));
	if (hit.line != 0) {
		*ret = hit;
		return EC_OK;
	}
	(void)fail(e, EC_GONE, "%s: no label %.80s in it", where, key);
	if (near.name == NULL)
		return fix(e, "add the line: %.80s USER:PASSWORD", key);
	return fix(e, "line %u has the label %.*s: is that the one?", near.line,
	    near.len, near.name);
}

/* A colon in front would be a second separator. */
static enum ec
encode(const struct edit_span *s, const char *value, struct buf *ret,
    struct err *e)
{
	if (*value == ':')
		return fail(
		    e, EC_CONFLICT, "the new value cannot begin with a colon");
	if (s->style != 0)
		TRY(buf_adds(ret, " ", e));
	return line_encode(value, ret, e);
}

static enum ec
append(const struct buf *text, const char *key, struct buf *ret, struct err *e)
{
	TRY(line_copy(text, ret, e));
	return buf_addf(ret, e, "%s %s", key, line_eol(text));
}

const struct edit_syntax edit_opensmtpd_secrets = {
	.name = "opensmtpd-secrets",
	.summary = "secrets table of OpenSMTPD, label user:password",
	.key = "label",
	.joint = ":",
	.find = find,
	.decode = line_decode,
	.encode = encode,
	.append = append,
};
