/*
 * hash: see hash.h. Every intermediate key overwrites the one before it in
 * the caller's buffer, so there is only one place to wipe.
 */
#include "sigv4/hash.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include "base/auto.h"

enum ec
hash_hmac(const void *key, size_t key_len, const char *text,
    unsigned char ret[HASH_LEN], struct err *e)
{
	unsigned int n = 0;

	errno = 0;
	if (key_len > INT_MAX ||
	    HMAC(EVP_sha256(), key, (int)key_len, (const unsigned char *)text,
		strlen(text), ret, &n) == NULL ||
	    n != HASH_LEN)
		return fail_lib(e, EC_BUG, "libcrypto cannot do HMAC-SHA256");
	return EC_OK;
}

void
hash_to_hex(const unsigned char p[HASH_LEN], char ret[HASH_HEX])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < HASH_LEN; i++) {
		ret[2 * i] = digits[p[i] >> 4];
		ret[2 * i + 1] = digits[p[i] & 15];
	}
	ret[HASH_HEX - 1] = '\0';
}

enum ec
hash_hex(const void *p, size_t n, char ret[HASH_HEX], struct err *e)
{
	unsigned char md[HASH_LEN];

	errno = 0;
	if (SHA256(p != NULL ? p : "", n, md) == NULL)
		return fail_lib(e, EC_BUG, "libcrypto cannot do SHA-256");
	hash_to_hex(md, ret);
	return EC_OK;
}

static enum ec
chain(const struct secret *secret, const char *const *steps,
    unsigned char key[HASH_LEN], struct err *e)
{
	AUTO(secret) struct secret *first = NULL;
	size_t len = secret_len(secret);

	TRY(secret_blank(4 + len, &first, e));
	memcpy(secret_bytes(first), "AWS4", 4);
	memcpy(secret_bytes(first) + 4, secret_reveal(secret), len);
	TRY(hash_hmac(secret_reveal(first), 4 + len, *steps++, key, e));
	for (; *steps != NULL; steps++)
		TRY(hash_hmac(key, HASH_LEN, *steps, key, e));
	return EC_OK;
}

enum ec
hash_signing_key(const struct secret *secret, const char *date,
    const char *region, const char *service, unsigned char ret[HASH_LEN],
    struct err *e)
{
	const char *const steps[] = { date, region, service, "aws4_request",
		NULL };
	enum ec ec = chain(secret, steps, ret, e);

	if (ec != EC_OK)
		wipe(ret, HASH_LEN);
	return ec;
}
