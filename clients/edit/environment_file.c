/*
 * environment-file: what systemd reads by EnvironmentFile=.
 *
 * Rules: systemd.exec(5) of systemd 252. No "export"; '#' and ';' begin a
 * comment line only; an unquoted value runs to the end of its line, inner
 * blanks, quotes and '#' included; a backslash keeps the next character; "$"
 * is not expanded. A comment that ends with a backslash swallows the next
 * line before systemd 254 and does not since, so that line is not touched.
 */
#include <string.h>

#include "clients/edit/line.h"

/* Needs no backslash before it outside quotes, not even for a shell. */
#define SAFE                                                                   \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"                 \
	"0123456789+/=._-@:,%"
/* Those that lose their backslash inside double quotes. */
#define ESCAPED "\"\\`$"

/* Cuts trailing blanks that no backslash keeps. */
static const char *
plain(const char *p, const char **end)
{
	const char *last = p;

	for (; p < *end; p++) {
		const bool kept = *p == '\\';

		if (kept && ++p == *end)
			return "the value goes on in the next line";
		if (kept || !line_blank(*p))
			last = p + 1;
	}
	*end = last;
	return NULL;
}

static const struct line_dialect dialect = {
	.comments = "#;",
	.joins = true,
	.odd = "",
	.plain = plain,
};

static enum ec
find(const struct buf *text, const char *where, const char *key,
    struct edit_span *ret, struct err *e)
{
	return line_find(&dialect, text, where, key, ret, e);
}

/* Does this backslash vanish, in front of c? */
static bool
vanishes(char quote, char c)
{
	return quote == '\0' || (quote == '"' && strchr(ESCAPED, c) != NULL);
}

static enum ec
decode(const struct buf *text, const struct edit_span *s, struct buf *ret,
    struct err *e)
{
	const char *p;
	size_t n;

	line_inside(text, s, &p, &n);
	for (const char *end = p + n; p < end; p++) {
		if (*p == '\\' && p + 1 < end && vanishes(s->quote, p[1]))
			p++;
		TRY(buf_add(ret, p, 1, e));
	}
	return EC_OK;
}

static bool
needs_backslash(char quote, char c)
{
	if (quote == '\0')
		return (unsigned char)c < 0x80 && strchr(SAFE, c) == NULL;
	return quote == '"' && strchr(ESCAPED, c) != NULL;
}

static enum ec
encode(const struct edit_span *s, const char *value, struct buf *ret,
    struct err *e)
{
	const char quote[2] = { s->quote, '\0' };

	TRY(buf_adds(ret, quote, e));
	for (const char *p = value; *p != '\0'; p++) {
		if (line_control(*p) || (*p == '\'' && *quote == '\''))
			return fail(e, EC_CONFLICT,
			    "the new value cannot stand in this place");
		if (needs_backslash(*quote, *p))
			TRY(buf_adds(ret, "\\", e));
		TRY(buf_add(ret, p, 1, e));
	}
	return buf_adds(ret, quote, e);
}

const struct edit_syntax edit_environment_file = {
	.name = "environment-file",
	.summary = "KEY=value lines as systemd reads by EnvironmentFile=",
	.key = "KEY",
	.find = find,
	.decode = decode,
	.encode = encode,
	.append = line_append,
};
