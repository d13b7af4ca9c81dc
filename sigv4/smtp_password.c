/*
 * smtp_password: see smtp_password.h. An SES SMTP password is a signature
 * over a constant, made with the key of a constant date and prefixed by a
 * version byte; nothing leads back from it to the IAM secret.
 */
#include "sigv4/smtp_password.h"

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/auto.h"
#include "sigv4/hash.h"

/* Constants of the recipe in "Obtaining Amazon SES SMTP credentials". */
#define DATE    "11111111"
#define SERVICE "ses"
#define MESSAGE "SendRawEmail"
#define RAW_LEN 33
#define V4_BYTE 0x04
#define V2_BYTE 0x02
#define BASE64                                                                 \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
#define LOWER    "abcdefghijklmnopqrstuvwxyz"
#define DIGITS   "0123456789"
#define KEY_CHAR "ABCDEFGHIJKLMNOPQRSTUVWXYZ" DIGITS

void
smtp_cred_free(struct smtp_cred *c)
{
	secret_free(c->pass);
	c->pass = NULL;
	c->user[0] = '\0';
}

void
auto_smtp_cred(struct smtp_cred *c)
{
	smtp_cred_free(c);
}

bool
smtp_cred_eq(const struct smtp_cred *a, const struct smtp_cred *b)
{
	if (strcmp(a->user, b->user) != 0)
		return false;
	if (a->pass == NULL || b->pass == NULL)
		return a->pass == b->pass;
	return secret_eq(a->pass, b->pass);
}

enum ec
smtp_cred_from(const char *user, size_t user_len, const char *pass,
    size_t pass_len, struct smtp_cred *ret, struct err *e)
{
	struct smtp_cred got = { .pass = NULL };

	if (user_len >= sizeof(got.user) || pass_len > SECRET_MAX ||
	    memchr(user, '\0', user_len) != NULL ||
	    memchr(pass, '\0', pass_len) != NULL) {
		(void)fail(e, EC_CONFLICT,
		    "holds no SMTP credential: %zu and %zu bytes", user_len,
		    pass_len);
		return fix(e,
		    "check that it is the right place, and empty it by hand: "
		    "then a pair is written there");
	}
	memcpy(got.user, user, user_len);
	if (pass_len > 0)
		TRY(secret_new(pass, pass_len, &got.pass, e));
	*ret = got;
	return EC_OK;
}

enum ec
smtp_cred_any(struct smtp_cred *ret, struct err *e)
{
	static const char user[] = "AKIAIOSFODNN7EXAMPLE";
	static const char pass[SMTP_PASSWORD_LEN + 1] =
	    "BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

	return smtp_cred_from(
	    user, strlen(user), pass, SMTP_PASSWORD_LEN, ret, e);
}

/* raw[0] is the version, the rest the signature; the caller wipes it. */
static enum ec
derive(const struct secret *key, const char *region, unsigned char raw[RAW_LEN],
    struct err *e)
{
	raw[0] = V4_BYTE;
	TRY(hash_signing_key(key, DATE, region, SERVICE, raw + 1, e));
	return hash_hmac(raw + 1, HASH_LEN, MESSAGE, raw + 1, e);
}

enum ec
smtp_password_derive(const struct secret *key, const char *region,
    struct secret **ret, struct err *e)
{
	AUTO(secret) struct secret *pass = NULL;
	unsigned char raw[RAW_LEN];
	enum ec ec;

	if (!region_valid(region)) {
		(void)fail(e, EC_CONFIG, "\"%.40s\" is no region", region);
		return fix(e, "write a region such as eu-west-1");
	}
	TRY(secret_blank(SMTP_PASSWORD_LEN, &pass, e));
	ec = derive(key, region, raw, e);
	/* Writes a NUL behind the 44 characters: a secret has room for it. */
	if (ec == EC_OK)
		(void)EVP_EncodeBlock(secret_bytes(pass), raw, RAW_LEN);
	OPENSSL_cleanse(raw, sizeof(raw));
	if (ec == EC_OK)
		*ret = TAKE(pass);
	return ec;
}

enum smtp_password_form
smtp_password_form(const char *p, size_t len)
{
	char text[SMTP_PASSWORD_LEN + 1];
	unsigned char raw[RAW_LEN];
	int version = -1;

	if (len != SMTP_PASSWORD_LEN)
		return SMTP_PASSWORD_NONE;
	memcpy(text, p, len);
	text[len] = '\0';
	/* EVP_DecodeBlock alone would skip white space. */
	if (strspn(text, BASE64) == len &&
	    EVP_DecodeBlock(raw, (const unsigned char *)text, (int)len) ==
		RAW_LEN)
		version = raw[0];
	OPENSSL_cleanse(text, sizeof(text));
	OPENSSL_cleanse(raw, sizeof(raw));
	if (version == V4_BYTE)
		return SMTP_PASSWORD_V4;
	return version == V2_BYTE ? SMTP_PASSWORD_V2 : SMTP_PASSWORD_NONE;
}

bool
key_id_valid(const char *s)
{
	size_t n = strlen(s);

	return *s == 'A' && n >= 16 && n < KEY_ID_MAX &&
	    strspn(s, KEY_CHAR) == n;
}

bool
region_valid(const char *s)
{
	size_t n = strspn(s, LOWER), words = 0;

	if (n < 2 || n > 4 || strlen(s) >= REGION_MAX)
		return false;
	for (s += n; *s == '-' && (n = strspn(s + 1, LOWER)) > 0; words++)
		s += 1 + n;
	if (words == 0 || *s != '-')
		return false;
	n = strspn(s + 1, DIGITS);
	return n >= 1 && n <= 2 && s[1 + n] == '\0';
}
