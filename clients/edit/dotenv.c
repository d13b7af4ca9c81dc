/*
 * dotenv: KEY=value files as read by the dotenv libraries, by Docker Compose
 * and by a shell's "." command.
 *
 * There is no standard: these readers differ on escapes, on $, on # inside an
 * unquoted value and on blanks in it. So only what they all read alike is
 * touched, and only such values are written; the rest is refused. A value for
 * which this holds is its own encoding.
 */
#include <string.h>

#include "clients/edit/line.h"

#define ODD "\\$`"

/* Ends a value at " #", and takes only what needs no quotes. */
static const char *
plain(const char *p, const char **end)
{
	const char *q = p;

	while (q < *end && !(*q == '#' && line_blank(q[-1])))
		q++;
	while (q > p && line_blank(q[-1]))
		q--;
	*end = q;
	for (; p < q; p++)
		if (line_control(*p) || strchr(ODD " \"'#", *p) != NULL)
			return "the value needs quotes: programs differ in "
			       "how they read it";
	return NULL;
}

static const struct line_dialect dialect = {
	.comments = "#",
	.exports = true,
	.bom = true,
	.tail_comment = true,
	.odd = ODD,
	.plain = plain,
};

static enum ec
find(const struct buf *text, const char *where, const char *key,
    struct edit_span *ret, struct err *e)
{
	return line_find(&dialect, text, where, key, ret, e);
}

static enum ec
decode(const struct buf *text, const struct edit_span *s, struct buf *ret,
    struct err *e)
{
	const char *p;
	size_t n;

	line_inside(text, s, &p, &n);
	return buf_add(ret, p, n, e);
}

static enum ec
encode(const struct edit_span *s, const char *value, struct buf *ret,
    struct err *e)
{
	const char quote[2] = { s->quote, '\0' };
	const char *bad = *quote == '\0' ? ODD " \"'#" : ODD;

	for (const char *p = value; *p != '\0'; p++)
		if (line_control(*p) || *p == s->quote ||
		    strchr(bad, *p) != NULL)
			return fail(e, EC_CONFLICT,
			    "the new value cannot stand in %s",
			    *quote != '\0' ? "these quotes"
					   : "a place without quotes");
	TRY(buf_adds(ret, quote, e));
	TRY(buf_adds(ret, value, e));
	return buf_adds(ret, quote, e);
}

const struct edit_syntax edit_dotenv = {
	.name = "dotenv",
	.summary = "KEY=value lines as in .env files",
	.key = "KEY",
	.find = find,
	.decode = decode,
	.encode = encode,
	.append = line_append,
};
