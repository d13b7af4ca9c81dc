/* yaml_scalar: see yaml_scalar.h. Rules: https://yaml.org/spec/1.1/ chapters
 * 5 (characters, escapes) and 9; https://yaml.org/type/ for what 1.1 takes
 * for something else than a text; https://yaml.org/spec/1.2.2/ chapter 10. */
#include "clients/edit/yaml_scalar.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/auto.h"
#include "clients/edit/utf8.h"

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define SAFE    LETTERS "0123456789+/=_.@-%~:"

bool
yaml_text(const char *p, size_t len)
{
	static const char *const words[] = { "~", "null", "true", "false",
		"yes", "no", "on", "off", "y", "n", "<<", "=" };

	for (size_t i = 0; i < COUNT(words); i++)
		if (strlen(words[i]) == len &&
		    strncasecmp(p, words[i], len) == 0)
			return false;
	/* Numbers of all bases, sexagesimal ones, dates, infinity. */
	if (len > 0 && strchr("+-.0123456789", *p) != NULL)
		for (size_t i = 0; i < len; i++)
			if (strchr("0123456789abcdefABCDEFxXoO_,.:+-infINFTZtz"
				   " \t",
				p[i]) == NULL)
				return true;
	return len > 0 && strchr("+-.0123456789", *p) == NULL;
}

/* May stand in a YAML text as itself, and ends no line. */
static bool
printable(uint32_t c)
{
	return c >= 0x20 && c != 0xfeff && c != 0x2028 && c != 0x2029 &&
	    !(c >= 0x7f && c < 0xa0) && c != 0xfffe && c != 0xffff;
}

static bool
all_printable(const char *p)
{
	const char *end = p + strlen(p);
	uint32_t c = 0;

	for (size_t n; p < end; p += n) {
		n = utf8_next(p, end, &c);
		if (n == 0 || !printable(c))
			return false;
	}
	return true;
}

/* Is every ':' in the middle of a word? In front of a blank, it makes a key of
 * what stands before it. */
static bool
colons_inside(const char *p)
{
	for (; (p = strchr(p, ':')) != NULL; p++)
		if (p[1] == '\0' || strchr(LETTERS "0123456789/", p[1]) == NULL)
			return false;
	return true;
}

/* Needs no quotes anywhere: not in a list either, nor as a map's value. */
static bool
plain(const char *p)
{
	return *p != '\0' && strchr(LETTERS, *p) != NULL &&
	    p[strspn(p, SAFE)] == '\0' && colons_inside(p) &&
	    yaml_text(p, strlen(p));
}

/* The same behind "NAME=", where more is possible outside [] and {}. */
static bool
plain_rest(const char *p, unsigned style)
{
	const size_t len = strlen(p);

	if ((style & YAML_FLOW) != 0)
		return p[strspn(p, SAFE)] == '\0' && colons_inside(p);
	if (len > 0 && (p[len - 1] == ' ' || p[len - 1] == ':'))
		return false;
	return all_printable(p) && strstr(p, ": ") == NULL &&
	    strstr(p, " #") == NULL && *p != '#';
}

/* Letter behind the backslash, and what both mean. */
static const struct {
	char letter;
	uint32_t code;
} escapes[] = {
	{ '0', 0 },
	{ 'a', 7 },
	{ 'b', 8 },
	{ 't', 9 },
	{ '\t', 9 },
	{ 'n', 10 },
	{ 'v', 11 },
	{ 'f', 12 },
	{ 'r', 13 },
	{ 'e', 27 },
	{ ' ', ' ' },
	{ '"', '"' },
	{ '/', '/' },
	{ '\\', '\\' },
	{ 'N', 0x85 },
	{ '_', 0xa0 },
	{ 'L', 0x2028 },
	{ 'P', 0x2029 },
};

static enum ec
bad_escape(struct err *e)
{
	return fail(e, EC_CONFLICT, "no escape of YAML");
}

/* \xNN, \uNNNN, \UNNNNNNNN: at the letter. */
static enum ec
by_number(const char **p, const char *end, struct buf *ret, struct err *e)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const size_t n = **p == 'x' ? 2 : **p == 'u' ? 4 : 8;
	uint32_t code = 0;

	if (strchr("xuU", **p) == NULL || (size_t)(end - *p) <= n)
		return bad_escape(e);
	for (size_t i = 1; i <= n; i++) {
		const char *d =
		    (*p)[i] != '\0' ? strchr(digits, (*p)[i]) : NULL;

		if (d == NULL)
			return bad_escape(e);
		code = code << 4 | ((uint32_t)(d - digits) & 0xf);
	}
	*p += n + 1;
	return utf8_put(ret, code, e);
}

static enum ec
escaped(const char **p, const char *end, struct buf *ret, struct err *e)
{
	if (*p == end || **p == '\0')
		return bad_escape(e);
	for (size_t i = 0; i < COUNT(escapes); i++)
		if (escapes[i].letter == **p) {
			++*p;
			return utf8_put(ret, escapes[i].code, e);
		}
	return by_number(p, end, ret, e);
}

enum ec
yaml_unquote(
    char quote, const char *p, size_t len, struct buf *ret, struct err *e)
{
	const char *end = p + len;

	while (p < end) {
		const char *from = p++;

		if (*from == '\'' && quote == '\'' && p < end && *p == '\'')
			p++;
		if (*from == '\\' && quote == '"')
			TRY(escaped(&p, end, ret, e));
		else
			TRY(buf_add(ret, from, 1, e));
	}
	return EC_OK;
}

/* One character into double quotes. */
static enum ec
put(const char *p, size_t n, uint32_t c, struct buf *ret, struct err *e)
{
	if (c == '"' || c == '\\')
		TRY(buf_adds(ret, "\\", e));
	if (printable(c))
		return buf_add(ret, p, n, e);
	return buf_addf(ret, e, c < 0x100 ? "\\x%02x" : "\\u%04x", c);
}

/* The inside of a quoted scalar. */
static enum ec
inside(char quote, const char *value, struct buf *ret, struct err *e)
{
	const char *end = value + strlen(value);
	uint32_t c = 0;
	size_t n;

	for (const char *p = value; p < end; p += n) {
		n = utf8_next(p, end, &c);
		if (n == 0)
			return fail(e, EC_CONFLICT, "a value that is no UTF-8");
		if (quote == '"') {
			TRY(put(p, n, c, ret, e));
			continue;
		}
		if (c == '\'')
			TRY(buf_adds(ret, "'", e));
		TRY(buf_add(ret, p, n, e));
	}
	return EC_OK;
}

enum ec
yaml_whole(char quote, const char *value, struct buf *ret, struct err *e)
{
	const bool bare = quote == '\0' && plain(value);
	const char *mark = quote != '"' && all_printable(value) ? "'" : "\"";

	if (bare)
		return buf_adds(ret, value, e);
	TRY(buf_adds(ret, mark, e));
	TRY(inside(*mark, value, ret, e));
	return buf_adds(ret, mark, e);
}

enum ec
yaml_part(char quote, unsigned style, const char *value, struct buf *ret,
    struct err *e)
{
	const bool good = quote == '"' ||
	    (quote == '\'' ? all_printable(value) : plain_rest(value, style));

	if (!good)
		return fail(e, EC_CONFLICT,
		    "the new value cannot stand there unless the whole entry "
		    "is in double quotes");
	if (quote == '\0')
		return buf_adds(ret, value, e);
	return inside(quote, value, ret, e);
}
