/* jwt: see jwt.h. */
#include "clients/jwt.h"

#include <limits.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "base/auto.h"

#define BITS_MIN      2048 /* RFC 7518, 3.3 */
#define SIGNATURE_MAX 2048 /* bytes, of a key of 16384 bits */

static void
auto_bio(BIO **b)
{
	BIO_free(*b);
}

static void
auto_md(EVP_MD_CTX **m)
{
	EVP_MD_CTX_free(*m);
}

void
auto_jwt_key(EVP_PKEY **k)
{
	EVP_PKEY_free(*k);
}

/* OpenSSL's own would ask the terminal. */
static int
no_passphrase(char *to, int size, int writing, void *ctx)
{
	(void)to;
	(void)size;
	(void)writing;
	(void)ctx;
	return -1;
}

static EVP_PKEY *
decode_rsa(const unsigned char *p, long n)
{
	return d2i_PrivateKey(EVP_PKEY_RSA, NULL, &p, n);
}

/* The RSA key inside a PKCS#8 structure, which wipes itself. */
static EVP_PKEY *
decode_pkcs8(const unsigned char *p, long n)
{
	PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &p, n);
	const ASN1_OBJECT *kind = NULL;
	const unsigned char *inner = NULL;
	EVP_PKEY *k = NULL;
	int len = 0;

	if (info != NULL &&
	    PKCS8_pkey_get0(&kind, &inner, &len, NULL, info) == 1 &&
	    OBJ_obj2nid(kind) == NID_rsaEncryption)
		k = decode_rsa(inner, len);
	PKCS8_PRIV_KEY_INFO_free(info);
	return k;
}

/*
 * PEM_read_bio_PrivateKey() and d2i_AutoPrivateKey() leave a key in freed heap
 * (found by a scan of our own memory, OpenSSL 3.0.19); these steps do not.
 */
static EVP_PKEY *
decode(BIO *b)
{
	unsigned char *der = NULL;
	char *name = NULL;
	EVP_PKEY *k = NULL;
	long n = 0;

	if (PEM_bytes_read_bio_secmem(&der, &n, &name, PEM_STRING_EVP_PKEY, b,
		no_passphrase, NULL) != 1)
		return NULL;
	if (strcmp(name, PEM_STRING_PKCS8INF) == 0)
		k = decode_pkcs8(der, n);
	else if (strcmp(name, PEM_STRING_RSA) == 0)
		k = decode_rsa(der, n);
	OPENSSL_secure_clear_free(der, (size_t)n);
	OPENSSL_secure_free(name);
	return k;
}

enum ec
jwt_key_parse(
    const struct secret *pem, const char *where, EVP_PKEY **ret, struct err *e)
{
	AUTO(bio)
	BIO *b = BIO_new_mem_buf(secret_reveal(pem), (int)secret_len(pem));
	AUTO(jwt_key) EVP_PKEY *k = NULL;

	if (b == NULL)
		return fail(e, EC_NOMEM, "no memory for a key");
	k = decode(b);
	ERR_clear_error();
	if (k == NULL)
		return fail(e, EC_CONFIG,
		    "%s: no private RSA key in PEM, or it has a passphrase",
		    where);
	if (EVP_PKEY_get_bits(k) < BITS_MIN)
		return fail(e, EC_CONFIG,
		    "%s: not an RSA key of %d bits or more", where, BITS_MIN);
	*ret = TAKE(k);
	return EC_OK;
}

enum ec
jwt_base64url(const void *p, size_t n, struct buf *ret, struct err *e)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	    "0123456789-_";
	const unsigned char *b = p;

	for (size_t i = 0; i < n; i += 3) {
		const size_t left = n - i < 3 ? n - i : 3;
		const unsigned v = (unsigned)b[i] << 16 |
		    (left > 1 ? (unsigned)b[i + 1] << 8 : 0) |
		    (left > 2 ? (unsigned)b[i + 2] : 0);
		const char unit[] = { digits[v >> 18], digits[v >> 12 & 63],
			digits[v >> 6 & 63], digits[v & 63] };

		TRY(buf_add(ret, unit, left + 1, e));
	}
	return EC_OK;
}

static enum ec
add_part(const cJSON *j, struct buf *ret, struct err *e)
{
	AUTO(buf) struct buf text = BUF(SECRET_MAX);

	TRY(json_print(j, &text, e));
	return jwt_base64url(buf_str(&text), text.len, ret, e);
}

static enum ec
add_header(const char *kid, struct buf *ret, struct err *e)
{
	AUTO(json) cJSON *j = cJSON_CreateObject();

	if (cJSON_AddStringToObject(j, "alg", "RS256") == NULL ||
	    cJSON_AddStringToObject(j, "typ", "JWT") == NULL ||
	    (kid != NULL && cJSON_AddStringToObject(j, "kid", kid) == NULL))
		return fail(e, EC_NOMEM, "no memory for an assertion");
	return add_part(j, ret, e);
}

static enum ec
add_signature(EVP_PKEY *key, struct buf *ret, struct err *e)
{
	AUTO(md) EVP_MD_CTX *m = EVP_MD_CTX_new();
	unsigned char sig[SIGNATURE_MAX];
	size_t n = sizeof(sig);

	if (m == NULL ||
	    EVP_DigestSignInit(m, NULL, EVP_sha256(), NULL, key) != 1 ||
	    EVP_DigestSign(
		m, sig, &n, (const unsigned char *)ret->p, ret->len) != 1) {
		ERR_clear_error();
		return fail(e, EC_CONFIG, "this key cannot sign with RS256");
	}
	TRY(buf_adds(ret, ".", e));
	return jwt_base64url(sig, n, ret, e);
}

enum ec
jwt_sign(const cJSON *claims, const char *kid, EVP_PKEY *key,
    struct secret **ret, struct err *e)
{
	AUTO(buf) struct buf text = BUF(SECRET_MAX);

	TRY(add_header(kid, &text, e));
	TRY(buf_adds(&text, ".", e));
	TRY(add_part(claims, &text, e));
	TRY(add_signature(key, &text, e));
	return secret_new(text.p, text.len, ret, e);
}
