/*
 * seal: see seal.h. AES-256-GCM of OpenSSL; NIST SP 800-38D, 8.2.2: random
 * 96-bit nonces are good for 2^32 values under one key, and we seal a few a
 * rotation.
 */
#include "rotator/seal.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/rand.h>

#include "base/auto.h"
#include "rotator/seal_p.h"

#define OURS       "v1."
#define OF_KMS     "k1."
#define PREFIX_LEN (sizeof(OURS) - 1)
#define NONCE_LEN  12
#define TAG_LEN    16
#define EXTRA_LEN  (NONCE_LEN + TAG_LEN)
#define BOX_TEXT   256 /* base64, with NUL */
#define BOX_MAX    ((BOX_TEXT - PREFIX_LEN - 1) / 4 * 3)
#define PLAIN_MAX  (BOX_MAX - EXTRA_LEN)
/* A record has many: what a data key needs is not kept free without one. */
#define KMS_BOX_TEXT  (SEALED_MAX - PREFIX_LEN - DATA_KEY_TEXT)
#define KMS_PLAIN_MAX ((KMS_BOX_TEXT - 1) / 4 * 3 - EXTRA_LEN)

static_assert(KMS_BOX_TEXT <= BOX_TEXT && KMS_PLAIN_MAX >= 64,
    "a password fits in beside a data key");

struct seal {
	struct secret *key;   /* ours; or */
	struct seal_kms *kms; /* with a lock of its own */
};

static void
auto_cipher(EVP_CIPHER_CTX **c)
{
	EVP_CIPHER_CTX_free(*c);
}

static const unsigned char *
bytes_of(const struct secret *s)
{
	return (const unsigned char *)secret_reveal(s);
}

static enum ec
broken(struct err *e)
{
	return fail_lib(e, EC_BUG, "AES-256-GCM is not available in OpenSSL");
}

static bool
encrypt(EVP_CIPHER_CTX *c, const struct secret *key, const char *aad,
    const struct secret *plain, unsigned char *box)
{
	unsigned char *text = box + NONCE_LEN;
	const int len = (int)secret_len(plain);
	int n;

	return RAND_bytes(box, NONCE_LEN) == 1 &&
	    EVP_EncryptInit_ex(
		c, EVP_aes_256_gcm(), NULL, bytes_of(key), box) == 1 &&
	    EVP_EncryptUpdate(c, NULL, &n, (const unsigned char *)aad,
		(int)strlen(aad)) == 1 &&
	    EVP_EncryptUpdate(c, text, &n, bytes_of(plain), len) == 1 &&
	    EVP_EncryptFinal_ex(c, text + n, &n) == 1 &&
	    EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, TAG_LEN, text + len) ==
	    1;
}

/* ret: as large as the caller knows it to be. */
static enum ec
box(const struct secret *key, const char *aad, const struct secret *plain,
    char *ret, struct err *e)
{
	AUTO(cipher) EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	unsigned char bytes[BOX_MAX];

	errno = c == NULL ? ENOMEM : 0;
	if (c == NULL || !encrypt(c, key, aad, plain, bytes))
		return broken(e);
	(void)EVP_EncodeBlock(
	    (unsigned char *)ret, bytes, (int)(secret_len(plain) + EXTRA_LEN));
	return EC_OK;
}

static enum ec
too_long(const struct secret *plain, size_t most, struct err *e)
{
	(void)fail(e, EC_LIMIT,
	    "a password of %zu bytes is too long "
	    "to be kept",
	    secret_len(plain));
	return fix(e,
	    "at most %zu bytes can be kept; SES passwords "
	    "have 44",
	    most);
}

static enum ec
wrap_kms(const struct seal *s, const char *aad, const struct secret *plain,
    char ret[SEALED_MAX], struct err *e)
{
	AUTO(secret) struct secret *key = NULL;
	char data_key[DATA_KEY_TEXT], text[KMS_BOX_TEXT];

	TRY(seal_kms_fresh(s->kms, data_key, &key, e));
	TRY(box(key, aad, plain, text, e));
	(void)snprintf(ret, SEALED_MAX, OF_KMS "%s.%s", data_key, text);
	return EC_OK;
}

enum ec
seal_wrap(const struct seal *s, const char *aad, const struct secret *plain,
    char ret[SEALED_MAX], struct err *e)
{
	const size_t most = s->kms != NULL ? KMS_PLAIN_MAX : PLAIN_MAX;

	if (secret_len(plain) > most)
		return too_long(plain, most, e);
	if (s->kms != NULL)
		return wrap_kms(s, aad, plain, ret, e);
	TRY(box(s->key, aad, plain, ret + PREFIX_LEN, e));
	memcpy(ret, OURS, PREFIX_LEN);
	return EC_OK;
}

enum ec
seal_ready(const struct seal *s, struct err *e)
{
	AUTO(secret) struct secret *key = NULL;
	char data_key[DATA_KEY_TEXT];

	return s->kms == NULL ? EC_OK
			      : seal_kms_fresh(s->kms, data_key, &key, e);
}

/* One text for one value: EVP_DecodeBlock forgives blanks and odd padding,
 * so what it read is written again and compared. Length, or 0. */
static size_t
decode(const char *text, unsigned char box[BOX_MAX])
{
	const size_t len = strlen(text);
	char again[BOX_TEXT];
	size_t pad, n;

	if (len < 4 || len % 4 != 0 || len / 4 * 3 > BOX_MAX)
		return 0;
	if (EVP_DecodeBlock(box, (const unsigned char *)text, (int)len) < 0)
		return 0;
	pad = text[len - 1] != '=' ? 0 : text[len - 2] != '=' ? 1 : 2;
	n = len / 4 * 3 - pad;
	(void)EVP_EncodeBlock((unsigned char *)again, box, (int)n);
	return strcmp(again, text) == 0 ? n : 0;
}

/* Nothing of the text may be used before the last call said yes. */
static bool
decrypt(EVP_CIPHER_CTX *c, const struct secret *key, const char *aad,
    unsigned char *box, struct secret *plain)
{
	unsigned char *text = box + NONCE_LEN;
	const int len = (int)secret_len(plain);
	int n;

	return EVP_DecryptInit_ex(
		   c, EVP_aes_256_gcm(), NULL, bytes_of(key), box) == 1 &&
	    EVP_DecryptUpdate(c, NULL, &n, (const unsigned char *)aad,
		(int)strlen(aad)) == 1 &&
	    EVP_DecryptUpdate(c, secret_bytes(plain), &n, text, len) == 1 &&
	    EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, TAG_LEN, text + len) ==
	    1 &&
	    EVP_DecryptFinal_ex(c, secret_bytes(plain) + n, &n) == 1;
}

static enum ec
refused(const char *aad, struct err *e)
{
	(void)fail(e, EC_DAMAGED,
	    "the sealed password of %s does not open: it was altered or moved, "
	    "or sealed with another key",
	    aad);
	return fix(e,
	    "put back the sealing key that belongs to this state "
	    "directory");
}

static enum ec
unbox(const struct secret *key, const char *aad, const char *text,
    struct secret **ret, struct err *e)
{
	AUTO(cipher) EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	AUTO(secret) struct secret *plain = NULL;
	unsigned char bytes[BOX_MAX];
	const size_t n = decode(text, bytes);

	if (n <= EXTRA_LEN)
		return refused(aad, e);
	TRY(secret_blank(n - EXTRA_LEN, &plain, e));
	errno = c == NULL ? ENOMEM : 0;
	if (c == NULL || !decrypt(c, key, aad, bytes, plain))
		return errno == ENOMEM ? broken(e) : refused(aad, e);
	*ret = TAKE(plain);
	return EC_OK;
}

static enum ec
not_by_kms(const char *aad, struct err *e)
{
	(void)fail(e, EC_CONFIG,
	    "the sealed password of %s was sealed with AWS KMS, which is not "
	    "what the configuration names",
	    aad);
	return fix(e,
	    "put  seal: { kind: kms, key: ... }  back until each identity was "
	    "rotated: rotate --force");
}

static enum ec
unwrap_kms(const struct seal *s, const char *aad, const char *parts,
    struct secret **ret, struct err *e)
{
	AUTO(secret) struct secret *key = NULL;
	const char *dot = strchr(parts, '.');

	if (dot == NULL || dot == parts)
		return refused(aad, e);
	if (s->kms == NULL)
		return not_by_kms(aad, e);
	TRY(seal_kms_key(s->kms, parts, (size_t)(dot - parts), &key, e));
	return unbox(key, aad, dot + 1, ret, e);
}

static enum ec
unwrap_former(const struct seal *s, const char *aad, const char *text,
    struct secret **ret, struct err *e)
{
	AUTO(secret) struct secret *key = NULL;

	if (seal_kms_former(s->kms, &key, e) != EC_OK)
		return err_prefix(e, "the sealed password of %s", aad);
	return unbox(key, aad, text, ret, e);
}

enum ec
seal_unwrap(const struct seal *s, const char *aad, const char *sealed,
    struct secret **ret, struct err *e)
{
	if (strncmp(sealed, OF_KMS, PREFIX_LEN) == 0)
		return unwrap_kms(s, aad, sealed + PREFIX_LEN, ret, e);
	if (strncmp(sealed, OURS, PREFIX_LEN) != 0)
		return refused(aad, e);
	if (s->kms != NULL)
		return unwrap_former(s, aad, sealed + PREFIX_LEN, ret, e);
	return unbox(s->key, aad, sealed + PREFIX_LEN, ret, e);
}

enum ec
seal_open(enum seal_kind kind, const char *where, bool may_create,
    struct seal **ret, struct err *e)
{
	AUTO(secret) struct secret *key = NULL;
	struct seal *s;

	TRY(seal_key_read(kind, where, may_create, &key, e));
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return fail(e, EC_NOMEM, "no memory");
	s->key = TAKE(key);
	*ret = s;
	return EC_OK;
}

enum ec
seal_open_kms(
    const struct seal_kms_conf *conf, struct seal **ret, struct err *e)
{
	AUTO(seal) struct seal *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return fail(e, EC_NOMEM, "no memory");
	TRY(seal_kms_open(conf, &s->kms, e));
	*ret = TAKE(s);
	return EC_OK;
}

void
seal_close(struct seal *s)
{
	if (s == NULL)
		return;
	secret_free(s->key);
	seal_kms_close(s->kms);
	free(s);
}

void
auto_seal(struct seal **s)
{
	seal_close(*s);
}
