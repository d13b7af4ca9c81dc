/* php_string: the two quoted forms. See php_tree.h.
 * https://www.php.net/manual/en/language.types.string.php */
#include <string.h>

#include "clients/edit/php_tree.h"
#include "clients/edit/utf8.h"

static const char letters[] = "ntrvef\\$\"";
static const char meanings[] = "\n\t\r\v\033\f\\$\"";
static const char digits[] = "0123456789abcdef0123456789ABCDEF";

/* Up to `most` digits of the base; how many there were. */
static size_t
number(
    const char *p, const char *end, unsigned base, size_t most, uint32_t *ret)
{
	size_t n = 0;

	for (*ret = 0; n < most && p + n < end; n++) {
		const char *d = p[n] != '\0' ? strchr(digits, p[n]) : NULL;
		const uint32_t digit =
		    d != NULL ? (uint32_t)(d - digits) & 0xf : base;

		if (digit >= base)
			break;
		*ret = *ret * base + digit;
	}
	return n;
}

static enum ec
byte(uint32_t code, struct buf *ret, struct err *e)
{
	const unsigned char c = (unsigned char)(code & 0xff);

	return buf_add(ret, &c, 1, e);
}

/* Behind "\u{". */
static enum ec
unicode(const char **p, const char *end, struct buf *ret, struct err *e)
{
	uint32_t code;
	const size_t n = number(*p, end, 16, 7, &code);

	if (n == 0 || *p + n == end || (*p)[n] != '}')
		return fail(e, EC_CONFLICT, "a bad escape");
	*p += n + 1;
	return utf8_put(ret, code, e);
}

/* Behind a backslash. One that means nothing stays. */
static enum ec
escaped(const char **p, const char *end, struct buf *ret, struct err *e)
{
	const char *hit = *p < end && **p != '\0' ? strchr(letters, **p) : NULL;
	uint32_t code;
	size_t n;

	if (hit != NULL) {
		++*p;
		return buf_add(ret, &meanings[hit - letters], 1, e);
	}
	n = number(*p, end, 8, 3, &code);
	if (n > 0) {
		*p += n;
		return byte(code, ret, e);
	}
	if (end - *p >= 2 && **p == 'x' &&
	    (n = number(*p + 1, end, 16, 2, &code)) > 0) {
		*p += n + 1;
		return byte(code, ret, e);
	}
	if (end - *p >= 2 && **p == 'u' && (*p)[1] == '{') {
		*p += 2;
		return unicode(p, end, ret, e);
	}
	return buf_adds(ret, "\\", e);
}

/* Is a variable replaced here? */
static bool
variable(const char *p, const char *end)
{
	if (p + 1 >= end)
		return false;
	if (*p == '{')
		return p[1] == '$';
	return *p == '$' &&
	    (p[1] == '{' || p[1] == '_' || (unsigned char)p[1] >= 0x80 ||
		(p[1] >= 'a' && p[1] <= 'z') || (p[1] >= 'A' && p[1] <= 'Z'));
}

enum ec
php_unquote(
    char quote, const char *p, size_t len, struct buf *ret, struct err *e)
{
	const char *end = p + len;

	while (p < end) {
		const char *from = p++;

		if (quote == '"' && variable(from, end))
			return fail(e, EC_CONFLICT, "a variable in a string");
		if (quote == '"' && *from == '\\') {
			TRY(escaped(&p, end, ret, e));
			continue;
		}
		if (*from == '\\' && p < end && (*p == '\'' || *p == '\\'))
			from = p++;
		TRY(buf_add(ret, from, 1, e));
	}
	return EC_OK;
}

static enum ec
put(char quote, char c, struct buf *ret, struct err *e)
{
	const bool control = (unsigned char)c < 0x20 || c == 0x7f;

	if (control && quote == '\'')
		return fail(e, EC_CONFLICT,
		    "the new value cannot stand in single quotes");
	if (control)
		return buf_addf(ret, e, "\\x%02x", (unsigned char)c);
	if (c == '\\' || c == quote || (c == '$' && quote == '"'))
		TRY(buf_adds(ret, "\\", e));
	return buf_add(ret, &c, 1, e);
}

enum ec
php_quote(char quote, const char *value, struct buf *ret, struct err *e)
{
	TRY(buf_add(ret, &quote, 1, e));
	for (const char *p = value; *p != '\0'; p++)
		TRY(put(quote, *p, ret, e));
	return buf_add(ret, &quote, 1, e);
}
