/* xml_text: characters and entities. See xml_scan.h.
 * https://www.w3.org/TR/xml/ sections 2.2 and 4.1. */
#include <string.h>

#include "base/auto.h"
#include "clients/edit/utf8.h"
#include "clients/edit/xml_scan.h"

static const struct entity {
	const char *name;
	char c;
} entities[] = {
	{ "amp;", '&' },
	{ "lt;", '<' },
	{ "gt;", '>' },
	{ "quot;", '"' },
	{ "apos;", '\'' },
};

static bool
character(uint32_t c)
{
	return (c >= 0x20 || c == '\t' || c == '\n' || c == '\r') &&
	    c != 0xfffe && c != 0xffff;
}

static enum ec
unknown(struct err *e)
{
	return fail(e, EC_CONFLICT, "an entity that is not one of XML itself");
}

/* Behind "&#": a character by its number. */
static enum ec
by_number(const char **p, const char *end, struct buf *ret, struct err *e)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const bool hex = *p < end && **p == 'x';
	const size_t usable = hex ? sizeof(digits) - 1 : 10;
	uint32_t code = 0;

	*p += hex ? 1 : 0;
	for (; *p < end && **p != ';'; ++*p) {
		const char *d = memchr(digits, **p, usable);

		if (d == NULL || code > 0x10ffff)
			return unknown(e);
		code = code * (hex ? 16 : 10) + ((uint32_t)(d - digits) & 0xf);
	}
	if (*p == end || !character(code))
		return unknown(e);
	++*p;
	return utf8_put(ret, code, e);
}

/* Behind "&". */
static enum ec
entity(const char **p, const char *end, struct buf *ret, struct err *e)
{
	for (size_t i = 0; i < COUNT(entities); i++) {
		const size_t n = strlen(entities[i].name);

		if ((size_t)(end - *p) < n ||
		    memcmp(*p, entities[i].name, n) != 0)
			continue;
		*p += n;
		return buf_add(ret, &entities[i].c, 1, e);
	}
	if (*p == end || **p != '#')
		return unknown(e);
	++*p;
	return by_number(p, end, ret, e);
}

enum ec
xml_unescape(const char *p, size_t len, struct buf *ret, struct err *e)
{
	const char *end = p + len;

	while (p < end) {
		const char *amp = memchr(p, '&', (size_t)(end - p));
		const char *stop = amp != NULL ? amp : end;

		TRY(buf_add(ret, p, (size_t)(stop - p), e));
		p = stop;
		if (p == end)
			break;
		p++;
		TRY(entity(&p, end, ret, e));
	}
	return EC_OK;
}

static enum ec
impossible(struct err *e)
{
	return fail(
	    e, EC_CONFLICT, "the new value cannot stand in this place of XML");
}

static enum ec
cdata(const char *value, struct buf *ret, struct err *e)
{
	for (const char *p = value; *p != '\0'; p++)
		if (*p < 0x20 || *p == 0x7f)
			return impossible(e);
	if (strstr(value, "]]>") != NULL)
		return impossible(e);
	return buf_adds(ret, value, e);
}

/* All that is not plain ASCII goes by number, whatever encoding the text
 * declares. */
static enum ec
put(char quote, uint32_t c, bool edge, struct buf *ret, struct err *e)
{
	const char ascii = (char)(c < 0x7f ? c : 0);

	if (!character(c))
		return impossible(e);
	for (size_t i = 0; i < COUNT(entities); i++)
		if (ascii == entities[i].c &&
		    (strchr("&<>", ascii) != NULL || ascii == quote)) {
			TRY(buf_adds(ret, "&", e));
			return buf_adds(ret, entities[i].name, e);
		}
	if (ascii >= 0x20 && !(ascii == ' ' && edge))
		return buf_add(ret, &ascii, 1, e);
	return buf_addf(ret, e, "&#%u;", (unsigned)c);
}

enum ec
xml_escape(char quote, unsigned style, const char *value, struct buf *ret,
    struct err *e)
{
	const char *end = value + strlen(value);
	uint32_t c = 0;
	size_t n;

	if ((style & XML_CDATA) != 0)
		return cdata(value, ret, e);
	for (const char *p = value; p < end; p += n) {
		n = utf8_next(p, end, &c);
		if (n == 0)
			return impossible(e);
		/* Programs differ on blanks beside a tag. */
		TRY(put(quote, c, p == value || p + n == end, ret, e));
	}
	return EC_OK;
}
