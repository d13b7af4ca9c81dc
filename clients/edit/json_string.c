/* json_string: the escapes of a JSON string. See json_scan.h. */
#include <stdint.h>
#include <string.h>

#include "clients/edit/json_scan.h"
#include "clients/edit/utf8.h"

static const char letters[] = "\"\\/bfnrt";
static const char meanings[] = "\"\\/\b\f\n\r\t";

static bool
hex(const char *p, const char *end, uint32_t *ret)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";

	*ret = 0;
	if (end - p < 4)
		return false;
	for (int i = 0; i < 4; i++) {
		const char *d = p[i] != '\0' ? strchr(digits, p[i]) : NULL;

		if (d == NULL)
			return false;
		*ret = *ret << 4 | ((uint32_t)(d - digits) & 0xf);
	}
	return true;
}

/* Behind "\u": one character, which may take two escapes (RFC 8259, 7). */
static enum ec
unicode(const char **p, const char *end, struct buf *ret, struct err *e)
{
	uint32_t code, low;

	if (!hex(*p, end, &code))
		return fail(e, EC_CONFLICT, "a bad \\u escape");
	*p += 4;
	if (code >= 0xd800 && code < 0xdc00 && end - *p >= 6 &&
	    (*p)[0] == '\\' && (*p)[1] == 'u' && hex(*p + 2, end, &low) &&
	    low >= 0xdc00 && low < 0xe000) {
		*p += 6;
		code = 0x10000 + ((code & 0x3ff) << 10 | (low & 0x3ff));
	}
	return utf8_put(ret, code, e);
}

enum ec
json_unescape(const char *p, size_t len, struct buf *ret, struct err *e)
{
	const char *end = p + len;

	while (p < end) {
		const char *slash = memchr(p, '\\', (size_t)(end - p));
		const size_t run = (size_t)((slash != NULL ? slash : end) - p);
		const char *hit;

		TRY(buf_add(ret, p, run, e));
		p += run;
		if (end - p < 2)
			break;
		hit = p[1] != '\0' ? strchr(letters, p[1]) : NULL;
		p += 2;
		if (hit != NULL)
			TRY(buf_add(ret, &meanings[hit - letters], 1, e));
		else
			TRY(unicode(&p, end, ret, e));
	}
	return EC_OK;
}
