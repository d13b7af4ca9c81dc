/* ses_password: the secret to SMTP password recipe, see verify.h. */
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "verify.h"

static void
step(unsigned char key[32], const char *text)
{
	unsigned char out[32];

	(void)HMAC(EVP_sha256(), key, 32, (const unsigned char *)text,
	    strlen(text), out, NULL);
	memcpy(key, out, sizeof(out));
}

void
smtp_password(
    const char *secret, const char *region, char out[SMTP_PASSWORD_SIZE])
{
	unsigned char raw[33], *k = raw + 1;
	char first[128] = "AWS4";
	size_t len = strnlen(secret, sizeof(first) - 5);

	raw[0] = region != NULL ? 0x04 : 0x02;
	memcpy(first + 4, secret, len);
	if (region == NULL) {
		(void)HMAC(EVP_sha256(), secret, (int)len,
		    (const unsigned char *)"SendRawEmail", 12, k, NULL);
	} else {
		/* A constant date, by the guide: not today's. */
		(void)HMAC(EVP_sha256(), first, (int)len + 4,
		    (const unsigned char *)"11111111", 8, k, NULL);
		step(k, region);
		step(k, "ses");
		step(k, "aws4_request");
		step(k, "SendRawEmail");
	}
	(void)EVP_EncodeBlock((unsigned char *)out, raw, sizeof(raw));
}
