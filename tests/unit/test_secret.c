/* secret: copies, wipes, and what secret_init() promises. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/crypto.h>
#undef fail /* ours is in base/err.h */

#include "base/auto.h"
#include "base/secret.h"

static void
test_init(void **state)
{
	struct rlimit r;
	struct err e;

	(void)state;
	assert_int_equal(secret_init(&e), EC_OK);
	assert_int_equal(secret_init(&e), EC_OK);
	assert_int_equal(getrlimit(RLIMIT_CORE, &r), 0);
	assert_int_equal(r.rlim_max, 0);
	assert_int_equal(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 0);
}

static void
test_new_copies(void **state)
{
	AUTO(secret) struct secret *s = NULL;
	char in[] = "a\0b";
	struct err e;

	(void)state;
	assert_int_equal(secret_new(in, 3, &s, &e), EC_OK);
	in[0] = 'x';
	assert_int_equal(secret_len(s), 3);
	assert_memory_equal(secret_reveal(s), "a\0b\0", 4);
	assert_int_equal(CRYPTO_secure_allocated(s), 1);
}

static void
test_take_wipes_source(void **state)
{
	AUTO(secret) struct secret *s = NULL;
	struct secret *none = NULL;
	char in[] = "hunter2";
	struct err e;

	(void)state;
	assert_int_equal(secret_take(in, 7, &s, &e), EC_OK);
	assert_memory_equal(in, "\0\0\0\0\0\0\0", 7);
	assert_string_equal(secret_reveal(s), "hunter2");
	assert_int_equal(secret_take(in, 0, &none, &e), EC_PROTO);
	assert_null(none);
}

/* A refused source is wiped all the same. */
static void
test_take_too_long(void **state)
{
	static char in[SECRET_MAX + 1];
	static const char zeros[SECRET_MAX + 1];
	struct secret *none = NULL;
	struct err e;

	(void)state;
	memset(in, 'k', sizeof(in));
	assert_int_equal(secret_take(in, sizeof(in), &none, &e), EC_PROTO);
	assert_null(none);
	assert_memory_equal(in, zeros, sizeof(in));
}

static void
test_blank_and_limits(void **state)
{
	AUTO(secret) struct secret *s = NULL;
	AUTO(secret) struct secret *max = NULL;
	struct secret *none = NULL;
	struct err e;

	(void)state;
	assert_int_equal(secret_blank(4, &s, &e), EC_OK);
	assert_memory_equal(secret_reveal(s), "\0\0\0\0\0", 5);
	memcpy(secret_bytes(s), "abcd", 4);
	assert_string_equal(secret_reveal(s), "abcd");
	assert_int_equal(secret_blank(SECRET_MAX, &max, &e), EC_OK);
	assert_int_equal(secret_blank(SECRET_MAX + 1, &none, &e), EC_PROTO);
	assert_int_equal(secret_blank(0, &none, &e), EC_PROTO);
	assert_null(none);
}

static void
test_eq_and_dup(void **state)
{
	AUTO(secret) struct secret *a = NULL;
	AUTO(secret) struct secret *b = NULL;
	AUTO(secret) struct secret *c = NULL;
	AUTO(secret) struct secret *d = NULL;
	struct err e;

	(void)state;
	assert_int_equal(secret_new("same", 4, &a, &e), EC_OK);
	assert_int_equal(secret_dup(a, &b, &e), EC_OK);
	assert_int_equal(secret_new("samE", 4, &c, &e), EC_OK);
	assert_int_equal(secret_new("sam", 3, &d, &e), EC_OK);
	assert_ptr_not_equal(a, b);
	assert_true(secret_eq(a, b));
	assert_false(secret_eq(a, c));
	assert_false(secret_eq(a, d));
	assert_false(secret_eq(d, a));
}

/* The secure heap keeps its memory mapped, so freed bytes may be looked at
 * as long as nothing else was allocated. */
static void
test_free_wipes(void **state)
{
	struct secret *s = NULL;
	const char *p;
	struct err e;
	char copy[16];

	(void)state;
	assert_int_equal(secret_new("0123456789abcdef", 16, &s, &e), EC_OK);
	p = secret_reveal(s);
	secret_free(s);
	memcpy(copy, p, sizeof(copy));
	assert_null(memmem(copy, sizeof(copy), "6789", 4));
	secret_free(NULL);
}

/* A child has a copy of our memory, and that is not locked. */
static void
test_child_sees_nothing(void **state)
{
	AUTO(secret) struct secret *s = NULL;
	struct err e;
	int status = 0;
	pid_t pid;

	(void)state;
	/* Its child reports what the zeros no longer point to as lost. */
	if (getenv("LD_PRELOAD") != NULL &&
	    strstr(getenv("LD_PRELOAD"), "vgpreload") != NULL)
		return;
	assert_int_equal(secret_new("0123456789abcdef", 16, &s, &e), EC_OK);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		for (size_t i = 0; i < 16; i++)
			status |= secret_bytes(s)[i];
		_exit(status != 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_memory_equal(secret_reveal(s), "0123456789abcdef", 16);
}

static void
test_wipe(void **state)
{
	char s[] = "secret";

	(void)state;
	wipe(s, 3);
	assert_memory_equal(s, "\0\0\0ret", 7);
	wipe(NULL, 3);
}

/* Runs last: it fills the heap. */
static void
test_full_heap_is_an_error(void **state)
{
	struct secret *s[64] = { NULL };
	size_t n = 0;
	struct err e;

	(void)state;
	while (n < COUNT(s) && secret_blank(SECRET_MAX, &s[n], &e) == EC_OK)
		n++;
	assert_in_range(n, 1, COUNT(s) - 1);
	assert_int_equal(e.ec, EC_NOMEM);
	while (n > 0)
		secret_free(s[--n]);
	assert_int_equal(secret_blank(1, &s[0], &e), EC_OK);
	secret_free(s[0]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_init),
		cmocka_unit_test(test_new_copies),
		cmocka_unit_test(test_take_wipes_source),
		cmocka_unit_test(test_take_too_long),
		cmocka_unit_test(test_blank_and_limits),
		cmocka_unit_test(test_eq_and_dup),
		cmocka_unit_test(test_free_wipes),
		cmocka_unit_test(test_child_sees_nothing),
		cmocka_unit_test(test_wipe),
		cmocka_unit_test(test_full_heap_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
