/* seal: opens only what was not touched, with the key and in the place it was
 * made for; and the key file's manners. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#undef fail /* ours is in base/err.h */

#include "base/auto.h"
#include "rotator/seal.h"

#define AAD   "shop|AKIAEXAMPLE|eu-west-1"
#define PLAIN "BEXAMPLEexampleEXAMPLEexampleEXAMPLEexample1"
#define HEX                                                                    \
	"00112233445566778899aabbccddeeff"                                     \
	"0123456789ABCDEFfedcba9876543210"

static char home[PATH_MAX / 2], text[PATH_MAX];

static const char *
at(const char *name)
{
	(void)snprintf(text, sizeof(text), "%s/%s", home, name);
	return text;
}

static void
put(const char *name, const void *p, size_t n, mode_t mode)
{
	AUTO(fd)
	int fd = open(at(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, p, n), (ssize_t)n);
	assert_int_equal(fchmod(fd, mode), 0);
}

static void
refuse(enum seal_kind kind, const char *where, enum ec want)
{
	AUTO(seal) struct seal *s = NULL;
	struct err e = { 0 };

	if (seal_open(kind, where, false, &s, &e) != want)
		print_error("%s\n", e.what);
	assert_int_equal(e.ec, want);
	assert_int_not_equal(e.fix[0], '\0');
	assert_null(s);
}

static void
plain(struct secret **ret)
{
	struct err e;

	assert_int_equal(secret_new(PLAIN, strlen(PLAIN), ret, &e), EC_OK);
}

static void
open_file(struct seal **ret)
{
	struct err e = { 0 };

	if (seal_open(SEAL_FILE, at("seal.key"), true, ret, &e) != EC_OK)
		print_error("%s\n", e.what);
	assert_non_null(*ret);
}

static bool
opens(const struct seal *s, const char *aad, const char *sealed)
{
	AUTO(secret) struct secret *p = NULL;
	struct err e = { 0 };

	if (seal_unwrap(s, aad, sealed, &p, &e) != EC_OK) {
		assert_int_equal(e.ec, EC_DAMAGED);
		assert_int_not_equal(e.fix[0], '\0');
		assert_null(p);
		return false;
	}
	assert_int_equal(secret_len(p), strlen(PLAIN));
	assert_string_equal(secret_reveal(p), PLAIN);
	return true;
}

static void
test_round_trip(void **state)
{
	AUTO(seal) struct seal *s = NULL;
	AUTO(seal) struct seal *again = NULL;
	AUTO(secret) struct secret *p = NULL;
	char one[SEALED_MAX], two[SEALED_MAX];
	struct stat st;
	struct err e;

	(void)state;
	plain(&p);
	open_file(&s);
	assert_int_equal(stat(at("seal.key"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_size, 32);
	assert_int_equal(seal_wrap(s, AAD, p, one, &e), EC_OK);
	assert_int_equal(seal_wrap(s, AAD, p, two, &e), EC_OK);
	assert_string_not_equal(one, two); /* a nonce is used once */
	assert_null(strstr(one, "BEXAMPLE"));
	open_file(&again);
	assert_true(opens(again, AAD, one));
	assert_true(opens(again, AAD, two));
}

/* Every character of the text, to every other value of it. */
static void
test_tamper(void **state)
{
	AUTO(seal) struct seal *s = NULL;
	AUTO(secret) struct secret *p = NULL;
	char sealed[SEALED_MAX], bad[SEALED_MAX * 2];
	struct err e;

	(void)state;
	plain(&p);
	open_file(&s);
	assert_int_equal(seal_wrap(s, AAD, p, sealed, &e), EC_OK);
	for (size_t i = 0; i < strlen(sealed); i++) {
		memcpy(bad, sealed, sizeof(sealed));
		for (int c = 0; c < 256; c++) {
			bad[i] = (char)c;
			if (bad[i] != sealed[i])
				assert_false(opens(s, AAD, bad));
		}
	}
	(void)snprintf(bad, sizeof(bad), "%s\n", sealed);
	assert_false(opens(s, AAD, bad));
	memset(bad, 'A', sizeof(bad) - 1);
	bad[sizeof(bad) - 1] = '\0';
	memcpy(bad, "v1.", 3);
	assert_false(opens(s, AAD, bad));
	assert_false(opens(s, AAD, ""));
	assert_false(opens(s, AAD, "v1."));
	assert_false(opens(s, AAD, "v1.===="));
	assert_true(opens(s, AAD, sealed));
}

static void
test_place(void **state)
{
	AUTO(seal) struct seal *s = NULL;
	AUTO(seal) struct seal *other = NULL;
	AUTO(secret) struct secret *p = NULL;
	char sealed[SEALED_MAX];
	struct err e;

	(void)state;
	plain(&p);
	open_file(&s);
	assert_int_equal(seal_wrap(s, AAD, p, sealed, &e), EC_OK);
	assert_false(opens(s, "shop|AKIAEXAMPLE|eu-west-2", sealed));
	assert_false(opens(s, "", sealed));
	assert_int_equal(
	    seal_open(SEAL_FILE, at("other"), true, &other, &e), EC_OK);
	assert_false(opens(other, AAD, sealed));
}

static void
test_sizes(void **state)
{
	static const char long_text[200] = { 'x' };
	AUTO(seal) struct seal *s = NULL;
	struct err e;

	(void)state;
	open_file(&s);
	for (size_t n = 1; n <= 200; n++) {
		AUTO(secret) struct secret *p = NULL;
		AUTO(secret) struct secret *back = NULL;
		char sealed[SEALED_MAX];

		assert_int_equal(secret_new(long_text, n, &p, &e), EC_OK);
		if (n > 161) {
			assert_int_equal(
			    seal_wrap(s, AAD, p, sealed, &e), EC_LIMIT);
			continue;
		}
		assert_int_equal(seal_wrap(s, AAD, p, sealed, &e), EC_OK);
		assert_int_equal(seal_unwrap(s, AAD, sealed, &back, &e), EC_OK);
		assert_true(secret_eq(p, back));
	}
}

static void
test_key_file(void **state)
{
	char link[PATH_MAX];

	(void)state;
	refuse(SEAL_FILE, at("seal.key"), EC_GONE);
	put("seal.key", HEX, 31, 0600);
	refuse(SEAL_FILE, at("seal.key"), EC_DAMAGED);
	put("seal.key", HEX, 0, 0600);
	refuse(SEAL_FILE, at("seal.key"), EC_DAMAGED);
	put("seal.key", HEX, 33, 0600);
	refuse(SEAL_FILE, at("seal.key"), EC_DAMAGED);
	put("seal.key", HEX, 64, 0600);
	refuse(SEAL_FILE, at("seal.key"), EC_DAMAGED);
	for (mode_t bit = 1; bit <= 0100; bit <<= 1) {
		put("seal.key", HEX, 32, 0600 | bit);
		refuse(SEAL_FILE, at("seal.key"), EC_DENIED);
	}
	refuse(SEAL_FILE, home, EC_DAMAGED);
	put("seal.key", HEX, 32, 0400);
	if (geteuid() == 0) {
		assert_int_equal(chown(at("seal.key"), 12345, 0), 0);
		refuse(SEAL_FILE, at("seal.key"), EC_DENIED);
		assert_int_equal(chown(at("seal.key"), 0, 0), 0);
	}
	(void)snprintf(link, sizeof(link), "%s/link", home);
	assert_int_equal(symlink(at("nothing"), link), 0);
	refuse(SEAL_FILE, link, EC_GONE);
}

static void
accept_credential(const void *p, size_t n, mode_t mode)
{
	AUTO(seal) struct seal *s = NULL;
	struct err e = { 0 };

	put("cred", p, n, mode);
	if (seal_open(SEAL_CREDENTIAL, "cred", true, &s, &e) != EC_OK)
		print_error("%s\n", e.what);
	assert_non_null(s);
}

static void
test_credential(void **state)
{
	(void)state;
	assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
	refuse(SEAL_CREDENTIAL, "cred", EC_GONE);
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", home, 1), 0);
	refuse(SEAL_CREDENTIAL, "cred", EC_GONE);
	refuse(SEAL_CREDENTIAL, "../cred", EC_CONFIG);
	refuse(SEAL_CREDENTIAL, "", EC_CONFIG);
	accept_credential(HEX, 32, 0400);
	accept_credential(HEX, 64, 0440);
	accept_credential(HEX "\n", 65, 0400);
	put("cred", HEX "\n", 65, 0404);
	refuse(SEAL_CREDENTIAL, "cred", EC_DENIED);
	put("cred", HEX "\n", 65, 0420);
	refuse(SEAL_CREDENTIAL, "cred", EC_DENIED);
	put("cred", HEX "x", 65, 0400);
	refuse(SEAL_CREDENTIAL, "cred", EC_DAMAGED);
	put("cred", HEX, 63, 0400);
	refuse(SEAL_CREDENTIAL, "cred", EC_DAMAGED);
	put("cred", "\x10" HEX, 64, 0400); /* | 0x20 would be '0' */
	refuse(SEAL_CREDENTIAL, "cred", EC_DAMAGED);
	put("cred", "g" HEX, 64, 0400);
	refuse(SEAL_CREDENTIAL, "cred", EC_DAMAGED);
}

/* Hexadecimal digits are the bytes they stand for. */
static void
test_hex(void **state)
{
	static const unsigned char raw[32] = { 0, 0x11, 0x22, 0x33, 0x44, 0x55,
		0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff,
		0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0xfe, 0xdc,
		0xba, 0x98, 0x76, 0x54, 0x32, 0x10 };
	AUTO(seal) struct seal *a = NULL;
	AUTO(seal) struct seal *b = NULL;
	AUTO(secret) struct secret *p = NULL;
	char sealed[SEALED_MAX];
	struct err e;

	(void)state;
	plain(&p);
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", home, 1), 0);
	put("cred", HEX, 64, 0400);
	put("seal.key", raw, 32, 0400);
	assert_int_equal(
	    seal_open(SEAL_CREDENTIAL, "cred", false, &a, &e), EC_OK);
	open_file(&b);
	assert_int_equal(seal_wrap(a, AAD, p, sealed, &e), EC_OK);
	assert_true(opens(b, AAD, sealed));
}

static int
setup(void **state)
{
	const char *tmp = getenv("TMPDIR");

	(void)state;
	(void)snprintf(home, sizeof(home), "%.1000s/seal.XXXXXX",
	    tmp != NULL ? tmp : "/tmp");
	return mkdtemp(home) != NULL ? 0 : -1;
}

static int
drop(const char *p, const struct stat *st, int type, struct FTW *f)
{
	(void)st;
	(void)type;
	(void)f;
	return remove(p);
}

static int
teardown(void **state)
{
	(void)state;
	return nftw(home, drop, 16, FTW_DEPTH | FTW_PHYS);
}

static int
start(void **state)
{
	struct err e;

	(void)state;
	return secret_init(&e) == EC_OK ? 0 : -1;
}

#define T(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_round_trip),
		T(test_tamper),
		T(test_place),
		T(test_sizes),
		T(test_key_file),
		T(test_credential),
		T(test_hex),
	};

	return cmocka_run_group_tests_name("seal", tests, start, NULL);
}
