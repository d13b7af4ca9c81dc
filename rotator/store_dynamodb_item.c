/*
 * store_dynamodb_item: values as DynamoDB writes them, {"N":"17"} and so on,
 * and checksums over them. What an operator typed may be of any bytes, and a
 * message may be cut in the middle of a character; DynamoDB refuses text that
 * is no UTF-8, so that goes as binary.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/rand.h>

#include "base/auto.h"
#include "clients/b64.h"
#include "clients/edit/utf8.h"
#include "rotator/store_dynamodb_p.h"

static void
to_hex(const unsigned char *p, size_t n, char *ret)
{
	for (size_t i = 0; i < n; i++)
		(void)snprintf(ret + 2 * i, 3, "%02x", p[i]);
}

/* Unique is enough: it is no secret. */
void
dyn_id(char ret[DYN_ID])
{
	unsigned char b[(DYN_ID - 1) / 2] = { 0 };

	if (RAND_bytes(b, sizeof(b)) != 1) {
		const int64_t t[2] = { clock_wall(), clock_mono() };

		memcpy(b, t, sizeof(b));
	}
	to_hex(b, sizeof(b), ret);
}

enum ec
dyn_quote(struct buf *b, const char *s, struct err *e)
{
	TRY(buf_adds(b, "\"", e));
	for (; *s != '\0'; s++) {
		const size_t n = strcspn(s,
		    "\"\\\x01\x02\x03\x04\x05\x06\x07"
		    "\b\t\n\v\f\r\x0e\x0f\x10\x11\x12"
		    "\x13\x14\x15\x16\x17\x18\x19\x1a"
		    "\x1b\x1c\x1d\x1e\x1f\x7f");

		TRY(buf_add(b, s, n, e));
		s += n;
		if (*s == '\0')
			break;
		TRY(buf_addf(b, e, "\\u%04x", (unsigned char)*s));
	}
	return buf_adds(b, "\"", e);
}

static bool
is_utf8(const char *s)
{
	const char *end = s + strlen(s);

	while (s < end) {
		const size_t n = utf8_next(s, end, NULL);

		if (n == 0)
			return false;
		s += n;
	}
	return true;
}

enum ec
dyn_begin(struct buf *b, const char *kind, const char *name, struct err *e)
{
	TRY(buf_addf(b, e, "{\"k\":{\"S\":\"%s\"},\"s\":{\"S\":", kind));
	TRY(dyn_quote(b, name, e));
	return buf_adds(b, "}", e);
}

enum ec
dyn_number(struct buf *b, const char *attribute, int64_t v, struct err *e)
{
	return buf_addf(b, e, ",\"%s\":{\"N\":\"%" PRId64 "\"}", attribute, v);
}

enum ec
dyn_text(struct buf *b, const char *attribute, const char *s, struct err *e)
{
	const bool utf8 = is_utf8(s);

	TRY(buf_addf(b, e, ",\"%s\":{\"%s\":", attribute, utf8 ? "S" : "B"));
	if (utf8) {
		TRY(dyn_quote(b, s, e));
	} else {
		TRY(buf_adds(b, "\"", e));
		TRY(b64_encode(s, strlen(s), b, e));
		TRY(buf_adds(b, "\"", e));
	}
	return buf_adds(b, "}", e);
}

enum ec
dyn_add_sum(struct buf *b, const char *attribute,
    const unsigned char sum[DYN_SUM], struct err *e)
{
	char hex[DYN_HEX];

	to_hex(sum, DYN_SUM, hex);
	return dyn_text(b, attribute, hex, e);
}

/* ---- what comes -------------------------------------------------------- */

static const char *
value(const cJSON *item, const char *attribute, const char *type)
{
	return json_text(
	    cJSON_GetObjectItemCaseSensitive(item, attribute), type);
}

static enum ec
bad(const struct dyn *d, const cJSON *item, const char *attribute,
    struct err *e)
{
	const char *kind = value(item, "k", "S"), *name = value(item, "s", "S");

	return dyn_damaged(d, e, "item %.20s/%.80s: \"%s\" was altered",
	    kind != NULL ? kind : "?", name != NULL ? name : "?", attribute);
}

enum ec
dyn_get_number(const struct dyn *d, const cJSON *item, const char *attribute,
    int64_t *ret, struct err *e)
{
	const char *s = value(item, attribute, "N");
	char *end = NULL;
	long long v;

	if (s == NULL || *s == '\0' || strspn(s, "-0123456789") != strlen(s))
		return bad(d, item, attribute, e);
	errno = 0;
	v = strtoll(s, &end, 10);
	if (errno != 0 || *end != '\0')
		return bad(d, item, attribute, e);
	*ret = v;
	return EC_OK;
}

enum ec
dyn_get_text(const struct dyn *d, const cJSON *item, const char *attribute,
    struct buf *ret, struct err *e)
{
	const char *s = value(item, attribute, "S");

	if (s != NULL)
		return buf_adds(ret, s, e);
	s = value(item, attribute, "B");
	if (s == NULL)
		return bad(d, item, attribute, e);
	TRY_MEMORY(b64_decode(s, ret, e));
	return strlen(buf_str(ret)) == ret->len ? EC_OK
						: bad(d, item, attribute, e);
}

enum ec
dyn_get_str(const struct dyn *d, const cJSON *item, const char *attribute,
    char *ret, size_t n, struct err *e)
{
	AUTO(buf) struct buf b = BUF(DYN_TEXT_MAX);

	TRY(dyn_get_text(d, item, attribute, &b, e));
	if (b.len >= n)
		return bad(d, item, attribute, e);
	(void)snprintf(ret, n, "%s", buf_str(&b));
	return EC_OK;
}

static int
digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

enum ec
dyn_get_sum(const struct dyn *d, const cJSON *item, const char *attribute,
    unsigned char ret[DYN_SUM], struct err *e)
{
	char hex[DYN_HEX] = "";

	TRY(dyn_get_str(d, item, attribute, hex, sizeof(hex), e));
	if (strspn(hex, "0123456789abcdef") != DYN_HEX - 1)
		return bad(d, item, attribute, e);
	for (size_t i = 0; i < DYN_SUM; i++)
		ret[i] = (unsigned char)(digit(hex[2 * i]) * 16 +
		    digit(hex[2 * i + 1]));
	return EC_OK;
}

/* ---- checksums --------------------------------------------------------- */

static void
auto_digest(EVP_MD_CTX **c)
{
	EVP_MD_CTX_free(*c);
}

static bool
add_int(EVP_MD_CTX *c, uint64_t v)
{
	unsigned char b[8];

	for (size_t i = 0; i < sizeof(b); i++)
		b[i] = (unsigned char)(v >> (56 - 8 * i));
	return EVP_DigestUpdate(c, b, sizeof(b)) == 1;
}

static bool
add_bytes(EVP_MD_CTX *c, uint64_t type, const void *p, size_t n)
{
	return add_int(c, type) && add_int(c, n) &&
	    (n == 0 || EVP_DigestUpdate(c, p, n) == 1);
}

/* The numbers are SQLITE_INTEGER, SQLITE_TEXT and SQLITE_BLOB. */
static bool
add_value(EVP_MD_CTX *c, char type, va_list *ap)
{
	const char *s;

	switch (type) {
	case 'i':
		return add_int(c, 1) &&
		    add_int(c, (uint64_t)va_arg(*ap, int64_t));
	case 's':
		s = va_arg(*ap, const char *);
		return add_bytes(c, 3, s, strlen(s));
	default:
		return add_bytes(
		    c, 4, va_arg(*ap, const unsigned char *), DYN_SUM);
	}
}

enum ec
dyn_sum(unsigned char ret[DYN_SUM], struct err *e, const char *types, ...)
{
	AUTO(digest) EVP_MD_CTX *c = EVP_MD_CTX_new();
	bool ok = c != NULL && EVP_DigestInit_ex(c, EVP_sha256(), NULL) == 1;
	va_list ap;

	memset(ret, 0, DYN_SUM);
	va_start(ap, types);
	for (; ok && *types != '\0'; types++)
		ok = add_value(c, *types, &ap);
	va_end(ap);
	return ok && EVP_DigestFinal_ex(c, ret, NULL) == 1
	    ? EC_OK
	    : fail(e, EC_NOMEM, "no memory for a checksum");
}
