/* toml: strings and their escapes; the walk is in toml_walk.c. */
#include "clients/edit/toml.h"

#include <string.h>

#include "clients/edit/lines.h"
#include "clients/edit/utf8.h"

#define NAMES "btnfr\"\\" /* letters behind a backslash, */
#define NAMED "\b\t\n\f\r\"\\"

/* The escape behind a backslash at *p. */
static enum ec
take_escape(const char **p, const char *end, struct buf *ret, struct err *e)
{
	const char c = *(*p)++;
	const char *name = c != '\0' ? strchr(NAMES, c) : NULL;
	uint32_t cp;

	if (name != NULL)
		return buf_add(ret, &NAMED[name - NAMES], 1, e);
	if ((c != 'u' && c != 'U') ||
	    !utf8_hex(p, end, c == 'u' ? 4 : 8, &cp) || cp == 0 ||
	    cp > 0x10ffff || (cp & ~0x7ffU) == 0xd800)
		return fail(e, EC_CONFLICT, "an escape that is not supported");
	return utf8_put(ret, cp, e);
}

enum ec
toml_unescape(
    const char *p, const char *end, char quote, struct buf *ret, struct err *e)
{
	while (p < end) {
		if (quote == '"' && *p == '\\' && p + 1 < end) {
			p++;
			TRY(take_escape(&p, end, ret, e));
		} else {
			TRY(buf_add(ret, p++, 1, e));
		}
	}
	return EC_OK;
}

static enum ec
decode(const struct buf *text, const struct edit_span *s, struct buf *ret,
    struct err *e)
{
	const char *p = buf_str(text) + s->at;

	return toml_unescape(p + 1, p + s->len - 1, s->quote, ret, e);
}

static enum ec
put_basic(struct buf *ret, const char *p, size_t n, struct err *e)
{
	const char *named = strchr(NAMED, *p);

	if (named != NULL) {
		TRY(buf_adds(ret, "\\", e));
		return buf_add(ret, &NAMES[named - NAMED], 1, e);
	}
	if (line_control(*p))
		return buf_addf(ret, e, "\\u%04X", (unsigned char)*p);
	return buf_add(ret, p, n, e);
}

static enum ec
put_literal(struct buf *ret, const char *p, size_t n, struct err *e)
{
	if (*p == '\'' || (line_control(*p) && *p != '\t'))
		return fail(e, EC_CONFLICT,
		    "the new value cannot stand between these quotes");
	return buf_add(ret, p, n, e);
}

static enum ec
encode(const struct edit_span *s, const char *value, struct buf *ret,
    struct err *e)
{
	const char quote[2] = { s->quote, '\0' };
	const char *p = value, *const end = value + strlen(value);

	TRY(buf_adds(ret, quote, e));
	while (p < end) {
		const size_t n = utf8_next(p, end, NULL);

		if (n == 0)
			return fail(
			    e, EC_CONFLICT, "the new value is no UTF-8");
		TRY((*quote == '"' ? put_basic : put_literal)(ret, p, n, e));
		p += n;
	}
	return buf_adds(ret, quote, e);
}

const struct edit_syntax edit_toml = {
	.name = "toml",
	.summary = "TOML",
	.key = "table.key",
	.find = toml_find,
	.decode = decode,
	.encode = encode,
};
