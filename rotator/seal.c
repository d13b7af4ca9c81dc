/*
 * seal: see seal.h. AES-256-GCM of OpenSSL; NIST SP 800-38D, 8.2.2: random
 * 96-bit nonces are good for 2^32 values under one key, and we seal a few a
 * rotation.
 */
#include "rotator/seal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/rand.h>

#include "base/auto.h"
#include "rotator/seal_p.h"

#define PREFIX     "v1."
#define PREFIX_LEN (sizeof(PREFIX) - 1)
#define NONCE_LEN  12
#define TAG_LEN    16
#define EXTRA_LEN  (NONCE_LEN + TAG_LEN)
/* What fits into SEALED_MAX as base64. */
#define BOX_MAX   ((SEALED_MAX - 1 - PREFIX_LEN) / 4 * 3)
#define PLAIN_MAX (BOX_MAX - EXTRA_LEN)

struct seal {
	struct secret *key;
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
encrypt(EVP_CIPHER_CTX *c, const struct seal *s, const char *aad,
    const struct secret *plain, unsigned char *box)
{
	unsigned char *text = box + NONCE_LEN;
	const int len = (int)secret_len(plain);
	int n;

	return RAND_bytes(box, NONCE_LEN) == 1 &&
	    EVP_EncryptInit_ex(
		c, EVP_aes_256_gcm(), NULL, bytes_of(s->key), box) == 1 &&
	    EVP_EncryptUpdate(c, NULL, &n, (const unsigned char *)aad,
		(int)strlen(aad)) == 1 &&
	    EVP_EncryptUpdate(c, text, &n, bytes_of(plain), len) == 1 &&
	    EVP_EncryptFinal_ex(c, text + n, &n) == 1 &&
	    EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, TAG_LEN, text + len) ==
	    1;
}

enum ec
seal_wrap(const struct seal *s, const char *aad, const struct secret *plain,
    char ret[SEALED_MAX], struct err *e)
{
	AUTO(cipher) EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	unsigned char box[BOX_MAX];

	errno = c == NULL ? ENOMEM : 0;
	if (secret_len(plain) > PLAIN_MAX) {
		(void)fail(e, EC_LIMIT,
		    "a password of %zu bytes is too long "
		    "to be kept",
		    secret_len(plain));
		return fix(e,
		    "at most %zu bytes can be kept; SES passwords "
		    "have 44",
		    (size_t)PLAIN_MAX);
	}
	if (c == NULL || !encrypt(c, s, aad, plain, box))
		return broken(e);
	memcpy(ret, PREFIX, PREFIX_LEN);
	(void)EVP_EncodeBlock((unsigned char *)ret + PREFIX_LEN, box,
	    (int)(secret_len(plain) + EXTRA_LEN));
	return EC_OK;
}

/* One text for one value: EVP_DecodeBlock forgives blanks and odd padding,
 * so what it read is written again and compared. Length, or 0. */
static size_t
decode(const char *text, unsigned char box[BOX_MAX])
{
	const size_t len = strlen(text);
	char again[SEALED_MAX];
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
decrypt(EVP_CIPHER_CTX *c, const struct seal *s, const char *aad,
    unsigned char *box, struct secret *plain)
{
	unsigned char *text = box + NONCE_LEN;
	const int len = (int)secret_len(plain);
	int n;

	return EVP_DecryptInit_ex(
		   c, EVP_aes_256_gcm(), NULL, bytes_of(s->key), box) == 1 &&
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

enum ec
seal_unwrap(const struct seal *s, const char *aad, const char *sealed,
    struct secret **ret, struct err *e)
{
	AUTO(cipher) EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	AUTO(secret) struct secret *plain = NULL;
	unsigned char box[BOX_MAX];
	size_t n;

	if (strncmp(sealed, PREFIX, PREFIX_LEN) != 0)
		return refused(aad, e);
	n = decode(sealed + PREFIX_LEN, box);
	if (n <= EXTRA_LEN)
		return refused(aad, e);
	TRY(secret_blank(n - EXTRA_LEN, &plain, e));
	errno = c == NULL ? ENOMEM : 0;
	if (c == NULL || !decrypt(c, s, aad, box, plain))
		return errno == ENOMEM ? broken(e) : refused(aad, e);
	*ret = TAKE(plain);
	return EC_OK;
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

void
seal_close(struct seal *s)
{
	if (s != NULL)
		secret_free(s->key);
	free(s);
}

void
auto_seal(struct seal **s)
{
	seal_close(*s);
}
