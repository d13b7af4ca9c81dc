/*
 * The sealing key and each call to the system that reading it takes: refused,
 * interrupted, failing; and OpenSSL without memory. None of these may look
 * like an altered secret, nor make a second key beside the first.
 */
#undef _FORTIFY_SOURCE /* its inline functions would get in the way of ours */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>
#undef fail /* ours is in base/err.h */

#include <dlfcn.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "base/auto.h"
#include "rotator/seal.h"

static const char *bad; /* this call fails the next time */
static int bad_errno;
static uid_t euid, owner; /* 0: as they are */
static char key_file[PATH_MAX], dir[PATH_MAX / 2];

static bool
turn(const char *call)
{
	if (bad == NULL || strcmp(bad, call) != 0)
		return false;
	bad = NULL;
	errno = bad_errno;
	return true;
}

int
open(const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	if (strcmp(path, key_file) == 0 && turn("open"))
		return -1;
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

ssize_t
read(int fd, void *p, size_t n)
{
	ssize_t got;

	if (turn("read"))
		return -1;
	got = syscall(SYS_read, fd, p, n > 7 ? 7 : n);
	if (got >= 0)
		errno = EINTR; /* means nothing after a success */
	return got;
}

int
fstat(int fd, struct stat *st)
{
	const int rc = turn("fstat") ? -1 : (int)syscall(SYS_fstat, fd, st);

	if (owner != 0)
		st->st_uid = owner;
	return rc;
}

int
fsync(int fd)
{
	return turn("fsync") ? -1 : (int)syscall(SYS_fsync, fd);
}

uid_t
geteuid(void)
{
	return euid != 0 ? euid : (uid_t)syscall(SYS_geteuid);
}

#ifndef __SANITIZE_ADDRESS__ /* it has an allocator of its own */
static bool no_memory;       /* the next time */
void *__libc_calloc(size_t n, size_t size);

void *
calloc(size_t n, size_t size)
{
	if (!no_memory)
		return __libc_calloc(n, size);
	no_memory = false;
	return NULL;
}
#endif

EVP_CIPHER_CTX *
EVP_CIPHER_CTX_new(void)
{
	EVP_CIPHER_CTX *(*f)(void);

	*(void **)&f = dlsym(RTLD_NEXT, "EVP_CIPHER_CTX_new");
	return turn("cipher") ? NULL : f();
}

int
RAND_bytes(unsigned char *p, int n)
{
	int (*f)(unsigned char *, int);

	*(void **)&f = dlsym(RTLD_NEXT, "RAND_bytes");
	return turn("random") ? 0 : f(p, n);
}

static void
put(const void *p, size_t n)
{
	const int fd = (int)syscall(SYS_openat, AT_FDCWD, key_file,
	    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, p, n), (ssize_t)n);
	assert_int_equal(close(fd), 0);
}

static int
begin(void **state)
{
	const char *tmp = getenv("TMPDIR");
	struct err e;

	(void)state;
	(void)snprintf(dir, sizeof(dir), "%.1000s/seal.XXXXXX",
	    tmp != NULL ? tmp : "/tmp");
	if (mkdtemp(dir) == NULL || secret_init(&e) != EC_OK)
		return -1;
	(void)snprintf(key_file, sizeof(key_file), "%s/key", dir);
	bad = NULL;
	euid = owner = 0;
	put("0123456789abcdef0123456789abcdef", 32);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	bad = NULL;
	(void)unsetenv("CREDENTIALS_DIRECTORY");
	(void)unlink(key_file);
	return rmdir(dir);
}

static enum ec
open_key(enum seal_kind kind, const char *where, bool create, struct err *e)
{
	AUTO(seal) struct seal *s = NULL;

	memset(e, 0, sizeof(*e));
	return seal_open(kind, where, create, &s, e);
}

static void
test_calls(void **state)
{
	static const struct {
		const char *call;
		int sys;
		bool create;
		enum ec ec;
		const char *fix;
	} rows[] = {
		{ "open", EACCES, true, EC_DENIED, "see that this user" },
		{ "open", ENOENT, false, EC_GONE, "put the sealing key back" },
		/* Another process was faster: its key is the key. */
		{ "open", ENOENT, true, EC_OK, "" },
		{ "fstat", EIO, true, EC_IO, "see that this user" },
		{ "read", EIO, true, EC_IO, "see that this user" },
		{ "read", EINTR, false, EC_OK, "" },
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		bad = rows[i].call;
		bad_errno = rows[i].sys;
		assert_int_equal(
		    open_key(SEAL_FILE, key_file, rows[i].create, &e),
		    rows[i].ec);
		assert_non_null(strstr(e.fix, rows[i].fix));
		assert_null(bad);
	}
}

/* The name of a key that was made a moment ago is durable before anything is
 * sealed with it; only the disk may object. */
static void
test_name(void **state)
{
	static const struct {
		int sys;
		bool create;
		enum ec ec;
	} rows[] = {
		{ EIO, true, EC_IO },
		{ EIO, false, EC_OK },
		{ EACCES, true, EC_OK },
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		bad = "fsync";
		bad_errno = rows[i].sys;
		assert_int_equal(
		    open_key(SEAL_FILE, key_file, rows[i].create, &e),
		    rows[i].ec);
		assert_int_equal(bad == NULL, rows[i].create);
	}
}

static void
test_owner(void **state)
{
	static const struct {
		uid_t owner, euid;
		enum ec ec;
	} rows[] = {
		{ 0, 12345, EC_OK }, /* root's */
		{ 12345, 12345, EC_OK },
		{ 12345, 0, EC_DENIED },
		{ 12345, 999, EC_DENIED },
	};
	struct err e;

	(void)state;
	if (getuid() != 0) /* file and user are pretended but for root's */
		return;
	for (size_t i = 0; i < COUNT(rows); i++) {
		owner = rows[i].owner;
		euid = rows[i].euid;
		assert_int_equal(
		    open_key(SEAL_FILE, key_file, false, &e), rows[i].ec);
	}
}

static void
test_no_stdin(void **state)
{
	const int kept = dup(0);
	struct err e;

	(void)state;
	(void)close(0);
	assert_int_equal(open_key(SEAL_FILE, key_file, false, &e), EC_OK);
	if (kept >= 0) {
		(void)dup2(kept, 0);
		(void)close(kept);
	}
}

#define HEX64 "0123456789abcdefABCDEF0123456789abcdefABCDEF01234567890123456789"

static void
test_hex(void **state)
{
	static const struct {
		const char *text;
		enum ec ec;
	} rows[] = {
		{ HEX64, EC_OK },
		{ HEX64 "\n", EC_OK },
		{ HEX64 "\nX", EC_DAMAGED },
		{ HEX64 "X", EC_DAMAGED },
		{ "g" HEX64, EC_DAMAGED },
	};
	static const char wrong[] = "/:@G`g\x01\x1f ";
	struct err e;

	(void)state;
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", dir, 1), 0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		put(rows[i].text, strlen(rows[i].text));
		assert_int_equal(
		    open_key(SEAL_CREDENTIAL, "key", false, &e), rows[i].ec);
	}
	for (size_t i = 0; i < 2 * (sizeof(wrong) - 1); i++) {
		char text[] = HEX64;

		text[10 + i % 2] = wrong[i / 2];
		put(text, strlen(text));
		assert_int_equal(
		    open_key(SEAL_CREDENTIAL, "key", false, &e), EC_DAMAGED);
	}
	put(HEX64, 64); /* a file's key is no text */
	assert_int_equal(open_key(SEAL_FILE, key_file, false, &e), EC_DAMAGED);
}

static void
test_credential_names(void **state)
{
	static const char *const names[] = { "", ".", "..", ".key", "a/b",
		"../key" };
	char longest[PATH_MAX];
	struct err e;

	(void)state;
	assert_int_equal(open_key(SEAL_CREDENTIAL, "key", false, &e), EC_GONE);
	assert_non_null(strstr(e.what, "is not set"));
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", "", 1), 0);
	assert_int_equal(open_key(SEAL_CREDENTIAL, "key", false, &e), EC_GONE);
	assert_non_null(strstr(e.what, "is not set"));
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", dir, 1), 0);
	for (size_t i = 0; i < COUNT(names); i++) {
		assert_int_equal(
		    open_key(SEAL_CREDENTIAL, names[i], false, &e), EC_CONFIG);
		assert_non_null(strstr(e.what, "cannot be a credential"));
	}
	memset(longest, 'x', sizeof(longest));
	longest[PATH_MAX - strlen(dir) - 1] = '\0'; /* one too long */
	assert_int_equal(
	    open_key(SEAL_CREDENTIAL, longest, false, &e), EC_CONFIG);
	longest[PATH_MAX - strlen(dir) - 2] = '\0'; /* fits, but is none */
	assert_int_not_equal(
	    open_key(SEAL_CREDENTIAL, longest, false, &e), EC_CONFIG);
}

static void
test_openssl(void **state)
{
	AUTO(seal) struct seal *s = NULL;
	AUTO(secret) struct secret *plain = NULL;
	AUTO(secret) struct secret *empty = NULL;
	AUTO(secret) struct secret *again = NULL;
	char sealed[SEALED_MAX] = "";
	struct err e;

	(void)state;
	seal_close(NULL);
#ifndef __SANITIZE_ADDRESS__
	no_memory = true;
	assert_int_equal(
	    seal_open(SEAL_FILE, key_file, false, &s, &e), EC_NOMEM);
	assert_false(no_memory);
#endif
	assert_int_equal(seal_open(SEAL_FILE, key_file, false, &s, &e), EC_OK);
	assert_int_equal(secret_blank(10, &plain, &e), EC_OK);
	bad = "cipher";
	bad_errno = 0;
	assert_int_equal(seal_wrap(s, "a", plain, sealed, &e), EC_NOMEM);
	bad = "random";
	assert_int_equal(seal_wrap(s, "a", plain, sealed, &e), EC_BUG);
	assert_int_equal(seal_wrap(s, "a", plain, sealed, &e), EC_OK);
	assert_memory_equal(sealed, "v1.", 3);
	bad = "cipher";
	assert_int_equal(seal_unwrap(s, "a", sealed, &again, &e), EC_NOMEM);
	assert_int_equal(seal_unwrap(s, "a", sealed, &again, &e), EC_OK);
	/* A password of no bytes is none. */
	if (secret_blank(0, &empty, &e) != EC_OK)
		return;
	assert_int_equal(seal_wrap(s, "a", empty, sealed, &e), EC_OK);
	secret_free(again);
	again = NULL;
	assert_int_equal(seal_unwrap(s, "a", sealed, &again, &e), EC_DAMAGED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(t) cmocka_unit_test_setup_teardown(t, begin, end)
		T(test_calls),
		T(test_name),
		T(test_owner),
		T(test_no_stdin),
		T(test_hex),
		T(test_credential_names),
		T(test_openssl),
	};

	return cmocka_run_group_tests_name("seal calls", tests, NULL, NULL);
}
