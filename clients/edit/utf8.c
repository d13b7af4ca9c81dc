/* utf8: see utf8.h. */
#include "clients/edit/utf8.h"

#include <string.h>

#include "base/auto.h"

/* By leading byte: bytes in all, and the least number that may be written so.
 */
static const struct lead {
	unsigned char mask, bits;
	size_t len;
	uint32_t least;
} leads[] = {
	{ 0x80, 0x00, 1, 0 },
	{ 0xe0, 0xc0, 2, 0x80 },
	{ 0xf0, 0xe0, 3, 0x800 },
	{ 0xf8, 0xf0, 4, 0x10000 },
};

static bool
character(uint32_t code)
{
	return code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
}

static const struct lead *
lead_of(unsigned char c)
{
	for (size_t i = 0; i < COUNT(leads); i++)
		if ((c & leads[i].mask) == leads[i].bits)
			return &leads[i];
	return NULL;
}

size_t
utf8_next(const char *p, const char *end, uint32_t *ret)
{
	const struct lead *l = p < end ? lead_of((unsigned char)*p) : NULL;
	uint32_t code;

	if (l == NULL || (size_t)(end - p) < l->len)
		return 0;
	code = (unsigned char)*p & (unsigned char)~l->mask;
	for (size_t i = 1; i < l->len; i++) {
		if (((unsigned char)p[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | ((unsigned char)p[i] & 0x3f);
	}
	if (code < l->least || !character(code))
		return 0;
	if (ret != NULL)
		*ret = code;
	return l->len;
}

enum ec
utf8_put(struct buf *b, uint32_t code, struct err *e)
{
	const struct lead *l = leads;
	char out[4];

	if (!character(code))
		return fail(e, EC_CONFLICT, "an escape that is no character");
	while (l + 1 < leads + COUNT(leads) && code >= l[1].least)
		l++;
	for (size_t i = l->len; i > 1; i--) {
		out[i - 1] = (char)(unsigned char)(0x80 | (code & 0x3f));
		code >>= 6;
	}
	out[0] = (char)(unsigned char)(l->bits | code);
	return buf_add(b, out, l->len, e);
}

bool
utf8_hex(const char **p, const char *end, unsigned n, uint32_t *ret)
{
	static const char digits[] = "0123456789abcdefABCDEF";
	uint32_t v = 0;

	if (end - *p < (ptrdiff_t)n)
		return false;
	for (unsigned i = 0; i < n; i++) {
		const char c = (*p)[i];
		const char *at = c != '\0' ? strchr(digits, c) : NULL;

		if (at == NULL)
			return false;
		v = v << 4 |
		    (uint32_t)(at - digits - (at - digits > 15 ? 6 : 0));
	}
	*p += n;
	*ret = v;
	return true;
}
