/* utf8: see utf8.h. */
#include "clients/edit/utf8.h"

#include <string.h>

/* Bytes behind the first one, or -1. */
static int
more(unsigned char c)
{
	if (c < 0x80)
		return 0;
	if (c >= 0xc2 && c < 0xe0)
		return 1;
	if (c >= 0xe0 && c < 0xf0)
		return 2;
	return c >= 0xf0 && c < 0xf5 ? 3 : -1;
}

bool
utf8_take(const char **p, const char *end, uint32_t *ret)
{
	static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };
	const unsigned char *q = (const unsigned char *)*p;
	const int n = *p < end ? more(*q) : -1;
	uint32_t cp;

	if (n < 0 || end - *p <= n)
		return false;
	cp = n == 0 ? *q : *q & (0x3fU >> n);
	for (int i = 1; i <= n; i++) {
		if ((q[i] & 0xc0) != 0x80)
			return false;
		cp = cp << 6 | (q[i] & 0x3fU);
	}
	if (cp < least[n] || cp > 0x10ffff || (cp & ~0x7ffU) == 0xd800)
		return false;
	*ret = cp;
	*p += n + 1;
	return true;
}

enum ec
utf8_put(struct buf *b, uint32_t cp, struct err *e)
{
	const int n = cp < 0x80 ? 0 : cp < 0x800 ? 1 : cp < 0x10000 ? 2 : 3;
	static const unsigned char first[] = { 0, 0xc0, 0xe0, 0xf0 };
	unsigned char out[4];

	out[0] = (unsigned char)(first[n] | cp >> (6 * n));
	for (int i = 1; i <= n; i++)
		out[i] = (unsigned char)(0x80 | (cp >> (6 * (n - i)) & 0x3f));
	return buf_add(b, out, (size_t)n + 1, e);
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
