/* percent: see percent.h. */
#include "clients/percent.h"

#include <string.h>

/* 0 to 15, or -1. */
static int
hex_digit(char c)
{
	static const char digits[] = "0123456789abcdefABCDEF";
	const char *p = c != '\0' ? strchr(digits, c) : NULL;
	const int at = p != NULL ? (int)(p - digits) : -1;

	return at > 15 ? at - 6 : at;
}

enum ec
percent_decode(const char *p, size_t n, struct buf *ret, struct err *e)
{
	for (const char *end = p + n; p < end; p++) {
		char c = *p;

		if (c == '%') {
			const int hi = end - p > 2 ? hex_digit(p[1]) : -1;
			const int lo = end - p > 2 ? hex_digit(p[2]) : -1;

			if (hi < 0 || lo < 0)
				return fail(e, EC_PROTO, "a stray %%");
			c = (char)(hi * 16 + lo);
			p += 2;
		}
		TRY(buf_add(ret, &c, 1, e));
	}
	return EC_OK;
}
