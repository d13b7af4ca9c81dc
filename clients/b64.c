/* b64: see b64.h. */
#include "clients/b64.h"

#include <limits.h>
#include <stdbool.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/auto.h"
#include "base/secret.h"

/* EVP_DecodeBlock() skips blanks and takes '=' for zeros anywhere. */
static bool
sound(const char *s, size_t n, size_t *ret_padding)
{
	static const char plain[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	    "0123456789+/";
	const size_t body = strspn(s, plain);

	*ret_padding = n - body;
	return n % 4 == 0 && n <= INT_MAX && *ret_padding <= 2 &&
	    strspn(s + body, "=") == *ret_padding;
}

/* In small blocks, so that no memory is needed that must be wiped. */
enum ec
b64_decode(const char *text, struct buf *ret, struct err *e)
{
	const size_t n = strlen(text);
	unsigned char out[3];
	size_t padding = 0;
	enum ec ec = EC_OK;

	if (!sound(text, n, &padding))
		return fail(e, EC_PROTO, "%zu bytes that are not base64", n);
	for (size_t i = 0; i < n && ec == EC_OK; i += 4) {
		const size_t less = i + 4 == n ? padding : 0;

		(void)EVP_DecodeBlock(out, (const unsigned char *)text + i, 4);
		ec = buf_add(ret, out, 3 - less, e);
	}
	wipe(out, sizeof(out));
	return ec;
}

enum ec
b64_encode(const void *p, size_t n, struct buf *ret, struct err *e)
{
	const unsigned char *in = p;
	unsigned char out[5];
	enum ec ec = EC_OK;

	for (size_t i = 0; i < n && ec == EC_OK; i += 3) {
		(void)EVP_EncodeBlock(
		    out, in + i, n - i < 3 ? (int)(n - i) : 3);
		ec = buf_add(ret, out, 4, e);
	}
	wipe(out, sizeof(out));
	return ec;
}
