/*
 * Seals and their key when a call of OpenSSL or of the kernel fails: nothing
 * is taken for sealed or for opened that is not, and no key comes out of a
 * file that could not be read as a whole.
 */
#include "calls.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#undef fail /* ours is in base/err.h */

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "base/auto.h"
#include "rotator/seal.h"
#include "sigv4/hash.h"
#include "sigv4/smtp_password.h"

#define AAD   "shop|AKIAEXAMPLE|eu-west-1"
#define PLAIN "BEXAMPLEexampleEXAMPLEexampleEXAMPLEexample1"

static uid_t owner, somebody; /* of files, and we; 0: as it is */
static bool short_hash;
static int wrong_from; /* this HMAC and all after it; 0: none */

int
fstat(int fd, struct stat *st)
{
	int rc = call_fails("fstat") ? -1 : NEXT(fstat)(fd, st);

	if (rc == 0 && owner != 0)
		st->st_uid = owner;
	return rc;
}

uid_t
geteuid(void)
{
	return somebody != 0 ? somebody : NEXT(geteuid)();
}

STAND_IN(ssize_t, read, (int fd, void *p, size_t n), (fd, p, n), -1)

/* Its generator encrypts as well, and is not meant. */
int
RAND_bytes(unsigned char *p, int n)
{
	const char *const was = armed.name;
	int rc;

	if (call_fails("RAND_bytes"))
		return 0;
	armed.name = NULL;
	rc = NEXT(RAND_bytes)(p, n);
	armed.name = was;
	return rc;
}

STAND_IN(int, RAND_priv_bytes, (unsigned char *p, int n), (p, n), 0)
STAND_IN(int, EVP_EncryptInit_ex,
    (EVP_CIPHER_CTX * c, const EVP_CIPHER *t, ENGINE *g, const unsigned char *k,
	const unsigned char *iv),
    (c, t, g, k, iv), 0)
STAND_IN(int, EVP_EncryptUpdate,
    (EVP_CIPHER_CTX * c, unsigned char *to, int *n, const unsigned char *p,
	int len),
    (c, to, n, p, len), 0)
STAND_IN(int, EVP_EncryptFinal_ex,
    (EVP_CIPHER_CTX * c, unsigned char *to, int *n), (c, to, n), 0)
STAND_IN(int, EVP_DecryptInit_ex,
    (EVP_CIPHER_CTX * c, const EVP_CIPHER *t, ENGINE *g, const unsigned char *k,
	const unsigned char *iv),
    (c, t, g, k, iv), 0)
STAND_IN(int, EVP_DecryptUpdate,
    (EVP_CIPHER_CTX * c, unsigned char *to, int *n, const unsigned char *p,
	int len),
    (c, to, n, p, len), 0)
STAND_IN(int, EVP_DecryptFinal_ex,
    (EVP_CIPHER_CTX * c, unsigned char *to, int *n), (c, to, n), 0)
STAND_IN(int, EVP_CIPHER_CTX_ctrl, (EVP_CIPHER_CTX * c, int t, int a, void *p),
    (c, t, a, p), 0)

unsigned char *
HMAC(const EVP_MD *md, const void *key, int len, const unsigned char *p,
    size_t n, unsigned char *to, unsigned int *to_len)
{
	unsigned char *ret = NEXT(HMAC)(md, key, len, p, n, to, to_len);

	if (short_hash)
		*to_len = 16;
	if (wrong_from != 0 && --wrong_from == 0)
		wrong_from = 1, to[0] ^= 1;
	return ret;
}

static char home[64], text[PATH_MAX];

static const char *
at(const char *name)
{
	(void)snprintf(text, sizeof(text), "%s/%s", home, name);
	return text;
}

static void
put(const char *name, const void *p, size_t n)
{
	AUTO(fd)
	int fd = open(at(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, p, n), (ssize_t)n);
}

static struct seal *
open_seal(void)
{
	struct seal *s = NULL;
	struct err e;

	assert_int_equal(
	    seal_open(SEAL_FILE, at("seal.key"), true, &s, &e), EC_OK);
	return s;
}

static struct secret *
plain(void)
{
	struct secret *ret = NULL;
	struct err e;

	assert_int_equal(secret_new(PLAIN, strlen(PLAIN), &ret, &e), EC_OK);
	return ret;
}

static void
test_nothing_is_half_sealed(void **state)
{
	static const struct {
		const char *name;
		long turn;
	} rows[] = {
		{ "RAND_bytes", 0 },
		{ "EVP_EncryptInit_ex", 0 },
		{ "EVP_EncryptUpdate", 0 },
		{ "EVP_EncryptUpdate", 1 },
		{ "EVP_EncryptFinal_ex", 0 },
		{ "EVP_CIPHER_CTX_ctrl", 0 },
	};
	AUTO(seal) struct seal *s = open_seal();
	AUTO(secret) struct secret *p = plain();

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char sealed[SEALED_MAX] = "";
		struct err e = { 0 };

		call_arm(rows[i].name, rows[i].turn, EINVAL, 0);
		assert_int_equal(seal_wrap(s, AAD, p, sealed, &e), EC_BUG);
		assert_true(call_disarm());
		assert_string_equal(sealed, "");
		call_arm(rows[i].name, rows[i].turn, ENOMEM, 0);
		assert_int_equal(seal_wrap(s, AAD, p, sealed, &e), EC_NOMEM);
		assert_true(call_disarm());
	}
}

static void
test_nothing_is_half_opened(void **state)
{
	static const struct {
		const char *name;
		long turn;
	} rows[] = {
		{ "EVP_DecryptInit_ex", 0 },
		{ "EVP_DecryptUpdate", 0 },
		{ "EVP_DecryptUpdate", 1 },
		{ "EVP_CIPHER_CTX_ctrl", 0 },
		{ "EVP_DecryptFinal_ex", 0 },
	};
	AUTO(seal) struct seal *s = open_seal();
	AUTO(secret) struct secret *p = plain();
	char sealed[SEALED_MAX];
	struct err e = { 0 };

	(void)state;
	assert_int_equal(seal_wrap(s, AAD, p, sealed, &e), EC_OK);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct secret *got = NULL;

		call_arm(rows[i].name, rows[i].turn, EINVAL, 0);
		assert_int_equal(
		    seal_unwrap(s, AAD, sealed, &got, &e), EC_DAMAGED);
		assert_true(call_disarm());
		assert_null(got);
		call_arm(rows[i].name, rows[i].turn, ENOMEM, 0);
		assert_int_equal(
		    seal_unwrap(s, AAD, sealed, &got, &e), EC_NOMEM);
		assert_true(call_disarm());
		assert_null(got);
	}
}

static void
test_key_that_cannot_be_read(void **state)
{
	static const char *const names[] = { "fstat", "read" };
	struct seal *s = NULL;
	struct err e = { 0 };

	(void)state;
	seal_close(open_seal());
	for (size_t i = 0; i < COUNT(names); i++) {
		call_arm(names[i], 0, EIO, 0);
		assert_int_equal(
		    seal_open(SEAL_FILE, at("seal.key"), true, &s, &e), EC_IO);
		assert_true(call_disarm());
		assert_null(s);
		assert_non_null(strstr(e.fix, "see that this user may read"));
	}
	call_arm("read", 0, EINTR, 0); /* a signal is no end of the file */
	s = open_seal();
	assert_true(call_disarm());
	seal_close(s);
}

static void
test_owner_of_the_key(void **state)
{
	struct seal *s = NULL;
	struct err e = { 0 };

	(void)state;
	seal_close(open_seal());
	owner = 12345;
	somebody = 54321;
	assert_int_equal(
	    seal_open(SEAL_FILE, at("seal.key"), true, &s, &e), EC_DENIED);
	assert_non_null(strstr(e.fix, "chown 54321"));
	somebody = 12345;
	s = open_seal();
	owner = somebody = 0;
	seal_close(s);
}

static void
test_no_random_bytes_no_key(void **state)
{
	struct seal *s = NULL;
	struct err e = { 0 };

	(void)state;
	(void)unlink(at("new.key"));
	call_arm("RAND_priv_bytes", 0, EIO, 0);
	assert_int_equal(
	    seal_open(SEAL_FILE, at("new.key"), true, &s, &e), EC_BUG);
	assert_true(call_disarm());
	assert_int_equal(access(at("new.key"), F_OK), -1);
}

static void
another_makes_it(void)
{
	put("new.key", "0123456789abcdef0123456789abcdef", 32);
}

/* The first one's key is the key: what he sealed opens for both. */
static void
test_two_make_the_key(void **state)
{
	AUTO(seal) struct seal *first = NULL;
	AUTO(seal) struct seal *second = NULL;
	AUTO(secret) struct secret *p = plain();
	AUTO(secret) struct secret *got = NULL;
	char sealed[SEALED_MAX];
	struct err e = { 0 };

	(void)state;
	(void)unlink(at("new.key"));
	call_arm("RAND_priv_bytes", 0, 0, 0);
	armed.meddle = another_makes_it;
	assert_int_equal(
	    seal_open(SEAL_FILE, at("new.key"), true, &second, &e), EC_OK);
	assert_true(call_disarm());
	assert_int_equal(
	    seal_open(SEAL_FILE, at("new.key"), false, &first, &e), EC_OK);
	assert_int_equal(seal_wrap(first, AAD, p, sealed, &e), EC_OK);
	assert_int_equal(seal_unwrap(second, AAD, sealed, &got, &e), EC_OK);
	assert_true(secret_eq(p, got));
}

static void
test_odd_keys(void **state)
{
	char key[64];
	struct seal *s = NULL;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", home, 1), 0);
	for (int i = 0; i < 3; i++) {
		memset(key, 'a', sizeof(key));
		key[31] = "g\0 "[i];
		put("cred", key, sizeof(key));
		assert_int_equal(
		    seal_open(SEAL_CREDENTIAL, "cred", false, &s, &e),
		    EC_DAMAGED);
		assert_null(s);
	}
	put("long.key", text, 200); /* longer than we read */
	assert_int_equal(
	    seal_open(SEAL_FILE, at("long.key"), false, &s, &e), EC_DAMAGED);
}

static void
test_names_of_credentials(void **state)
{
	char *long_name = calloc(1, PATH_MAX + 1);
	const char *const names[] = { "", ".hidden", "../x", "a/b", long_name };
	struct seal *s = NULL;
	struct err e = { 0 };

	(void)state;
	assert_non_null(long_name);
	memset(long_name, 'x', PATH_MAX);
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", home, 1), 0);
	for (size_t i = 0; i < COUNT(names); i++)
		assert_int_equal(
		    seal_open(SEAL_CREDENTIAL, names[i], false, &s, &e),
		    EC_CONFIG);
	free(long_name);
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", "", 1), 0);
	assert_int_equal(
	    seal_open(SEAL_CREDENTIAL, "cred", false, &s, &e), EC_GONE);
	assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
	assert_int_equal(
	    seal_open(SEAL_CREDENTIAL, "cred", false, &s, &e), EC_GONE);
	assert_non_null(strstr(e.fix, "LoadCredential=cred"));
}

/* A hash of another length, or of a key too long for OpenSSL, is none. */
static void
test_hashes(void **state)
{
	unsigned char md[HASH_LEN];
	struct err e = { 0 };

	(void)state;
	assert_int_equal(hash_hmac("k", 1, "text", md, &e), EC_OK);
	short_hash = true;
	assert_int_equal(hash_hmac("k", 1, "text", md, &e), EC_BUG);
	short_hash = false;
	assert_int_equal(
	    hash_hmac("k", (size_t)INT_MAX + 1, "text", md, &e), EC_BUG);
}

/* A library that computes wrongly is found out before anything is written:
 * five steps make a password, and there are two of them; then a signature. */
static void
test_known_answers(void **state)
{
	static const struct {
		int from;
		const char *what;
	} rows[] = {
		{ 1, "the SMTP password" },
		{ 10, "the SMTP password" },
		{ 11, "the AWS signature" },
		{ 15, "the AWS signature" },
	};
	struct err e;

	(void)state;
	assert_int_equal(sigv4_selftest(&e), EC_OK);
	for (size_t i = 0; i < COUNT(rows); i++) {
		wrong_from = rows[i].from;
		assert_int_equal(sigv4_selftest(&e), EC_BUG);
		assert_non_null(strstr(e.what, rows[i].what));
	}
	wrong_from = 0;
}

static int
begin(void **state)
{
	struct err e;

	(void)state;
	(void)snprintf(home, sizeof(home), "/tmp/test_seal.XXXXXX");
	return mkdtemp(home) != NULL && secret_init(&e) == EC_OK ? 0 : -1;
}

static int
end(void **state)
{
	static const char *const names[] = { "seal.key", "new.key", "cred",
		"long.key" };

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++)
		(void)unlink(at(names[i]));
	return rmdir(home);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_is_half_sealed),
		cmocka_unit_test(test_nothing_is_half_opened),
		cmocka_unit_test(test_key_that_cannot_be_read),
		cmocka_unit_test(test_owner_of_the_key),
		cmocka_unit_test(test_no_random_bytes_no_key),
		cmocka_unit_test(test_two_make_the_key),
		cmocka_unit_test(test_odd_keys),
		cmocka_unit_test(test_names_of_credentials),
		cmocka_unit_test(test_hashes),
		cmocka_unit_test(test_known_answers),
	};

	return cmocka_run_group_tests_name("seal calls", tests, begin, end);
}
