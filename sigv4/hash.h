/*
 * hash: the few cryptographic steps that signing and SMTP passwords share.
 *
 * Source: "Create a signed AWS API request", section "Calculate the
 * signature",
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
#ifndef SIGV4_HASH_H
#define SIGV4_HASH_H

#include <stddef.h>

#include "base/err.h"
#include "base/secret.h"

#define HASH_LEN 32 /* SHA-256 */
#define HASH_HEX (2 * HASH_LEN + 1)

/* HMAC-SHA256. ret may be the key itself. EC_BUG when libcrypto fails. */
MUST enum ec hash_hmac(const void *key, size_t key_len, const char *text,
    unsigned char ret[HASH_LEN], struct err *e);
/* Lower-case hex of SHA-256(p); p may be NULL when n is 0. */
MUST enum ec hash_hex(
    const void *p, size_t n, char ret[HASH_HEX], struct err *e);
void hash_to_hex(const unsigned char p[HASH_LEN], char ret[HASH_HEX]);

/*
 * The signing key: HMAC chain over date, region, service, "aws4_request",
 * beginning with "AWS4" and the secret. ret is as secret as the key itself
 * within that scope: the caller wipes it. It is wiped already on failure.
 */
MUST enum ec hash_signing_key(const struct secret *secret, const char *date,
    const char *region, const char *service, unsigned char ret[HASH_LEN],
    struct err *e);

#endif
