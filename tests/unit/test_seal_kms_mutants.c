/* The small decisions of sealing with KMS that whole runs do not show
 * (tests/mutants): memory that is not there, how long a service that is away
 * is left alone, what is kept, and how long a data key may be. */
#include <dlfcn.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <time.h>

#include "aws_world.h"

#include "base/clock.h"
#include "rotator/seal_p.h"

extern const struct client_driver drv_aws_ssm;

#define AAD "shop|AKIAEXAMPLE|eu-west-1"
#define ONE "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=" /* 32 bytes */
#define KEY(blob)                                                              \
	OK("{\"CiphertextBlob\":\"" blob "\",\"KeyId\":\"arn:x\","             \
	   "\"Plaintext\":\"" ONE "\"}")

/* ---- what is not there ------------------------------------------------- */

static int64_t later_ms; /* than it is */

int
clock_gettime(clockid_t c, struct timespec *ret)
{
	int (*f)(clockid_t, struct timespec *);
	void *p = dlsym(RTLD_NEXT, "clock_gettime");
	static struct timespec fixed;
	int rc;

	memcpy(&f, &p, sizeof(f));
	rc = f(c, ret);
	if (c != CLOCK_BOOTTIME)
		return rc;
	if (fixed.tv_sec == 0)
		fixed = *ret;
	*ret = fixed;
	ret->tv_sec += later_ms / 1000;
	ret->tv_nsec += later_ms % 1000 * 1000000;
	if (ret->tv_nsec >= 1000000000) {
		ret->tv_nsec -= 1000000000;
		ret->tv_sec++;
	}
	return 0;
}

static bool no_mutex; /* the next time */

int
pthread_mutex_init(pthread_mutex_t *m, const pthread_mutexattr_t *a)
{
	int (*f)(pthread_mutex_t *, const pthread_mutexattr_t *);
	void *p = dlsym(RTLD_NEXT, "pthread_mutex_init");

	memcpy(&f, &p, sizeof(f));
	if (no_mutex) {
		no_mutex = false;
		return ENOMEM;
	}
	return f(m, a);
}

#ifndef __SANITIZE_ADDRESS__ /* it has an allocator of its own */
/* Of struct data_key in seal_kms.c: a text and a pointer. */
#define DATA_KEY_SIZE                                                          \
	((DATA_KEY_TEXT + sizeof(void *) - 1) / sizeof(void *) *               \
		sizeof(void *) +                                               \
	    sizeof(void *))
static size_t no_memory_of; /* the next time; 0: there is */
static long no_memory_at = -1;
static bool met;
void *__libc_calloc(size_t n, size_t size);
void *__libc_malloc(size_t n);

void *
calloc(size_t n, size_t size)
{
	if (no_memory_of == 0 || n * size < no_memory_of ||
	    (no_memory_of == DATA_KEY_SIZE && n * size != DATA_KEY_SIZE))
		return __libc_calloc(n, size);
	no_memory_of = 0;
	met = true;
	errno = ENOMEM;
	return NULL;
}

void *
malloc(size_t n)
{
	if (no_memory_at < 0 || no_memory_at-- > 0)
		return __libc_malloc(n);
	met = true;
	errno = ENOMEM;
	return NULL;
}
#endif

/* ---- the world --------------------------------------------------------- */

static struct seal *
kms(struct aws_world *w)
{
	static char former[256];
	const struct seal_kms_conf conf = { .key = "alias/mail",
		.region = "eu-west-1",
		.account = "123456789012",
		.former = former,
		.reach = &w->reach };
	struct seal *s = NULL;

	(void)snprintf(
	    former, sizeof(former), "%s", fixture_path(&w->fx, "seal.key"));
	if (seal_open_kms(&conf, &s, &w->fx.e) != EC_OK)
		assert_null(s);
	return s;
}

static void
wrap(struct aws_world *w, const struct seal *s, char ret[SEALED_MAX])
{
	AUTO(secret) struct secret *p = NULL;

	assert_int_equal(secret_new(PASS1, strlen(PASS1), &p, &w->fx.e), EC_OK);
	assert_int_equal(seal_wrap(s, AAD, p, ret, &w->fx.e), EC_OK);
}

static enum ec
unwrap(struct aws_world *w, const struct seal *s, const char *sealed)
{
	AUTO(secret) struct secret *p = NULL;
	const enum ec ec = seal_unwrap(s, AAD, sealed, &p, &w->fx.e);

	assert_true((p != NULL) == (ec == EC_OK));
	if (p != NULL)
		assert_memory_equal(secret_reveal(p), PASS1, strlen(PASS1));
	return ec;
}

/* ---- tests ------------------------------------------------------------- */

static void
no_memory(void **state)
{
	static const struct fake_step script[] = { KEY("QUJD") };
	const size_t used = CRYPTO_secure_used();
	struct aws_world w;
	struct seal *s;

	(void)state;
	world_begin(&w, &drv_aws_ssm, script, COUNT(script));
	no_mutex = true;
	assert_null(kms(&w));
	assert_int_equal(w.fx.e.ec, EC_NOMEM);
#ifndef __SANITIZE_ADDRESS__
	no_memory_of = 1;
	assert_null(kms(&w)); /* of the seal */
	assert_int_equal(w.fx.e.ec, EC_NOMEM);
	no_memory_of = 1024;
	assert_null(kms(&w)); /* of what belongs to KMS */
	assert_int_equal(w.fx.e.ec, EC_NOMEM);
	s = kms(&w);
	assert_int_equal(seal_ready(s, &w.fx.e), EC_OK);
	assert_int_equal(unwrap(&w, s, "k1.REVG.AAAA"), EC_DAMAGED);
	no_memory_of = DATA_KEY_SIZE;
	met = false;
	assert_int_equal(unwrap(&w, s, "k1.R1hJ.AAAA"), EC_NOMEM);
	assert_true(met);
	no_memory_of = 0;
	seal_close(s);
#else
	(void)s;
#endif
	world_end(&w);
	assert_int_equal(CRYPTO_secure_used(), used);
}

/* A lack of memory, wherever, is never taken for a wrong answer. */
static void
no_memory_anywhere(void **state)
{
#ifndef __SANITIZE_ADDRESS__
	static const struct fake_step script[] = { KEY("QUJD") };
	struct aws_world w;

	(void)state;
	world_begin(&w, &drv_aws_ssm, script, COUNT(script));
	met = true;
	for (long at = 0; met; at++) {
		struct seal *s = kms(&w);
		enum ec ec;

		met = false;
		no_memory_at = at;
		ec = seal_ready(s, &w.fx.e);
		no_memory_at = -1;
		if (ec == EC_PROTO)
			print_error("%ld: %s\n", at, w.fx.e.what);
		assert_int_not_equal(ec, EC_PROTO);
		assert_true(met || ec == EC_OK);
		seal_close(s);
	}
	world_end(&w);
#else
	(void)state;
#endif
}

/* Left alone for half a minute, and asked again then. */
static void
away_for_a_while(void **state)
{
	static const struct fake_step script[] = {
		ANSWER("503 x", "", ERROR("X", "away")), KEY("QUJD")
	};
	struct aws_world w;
	struct seal *s;

	(void)state;
	world_begin(&w, &drv_aws_ssm, script, COUNT(script));
	s = kms(&w);
	assert_int_equal(seal_ready(s, &w.fx.e), EC_TEMP);
	later_ms += 29999;
	assert_int_equal(seal_ready(s, &w.fx.e), EC_TEMP);
	assert_int_equal(world_requests(&w), 1);
	later_ms += 1;
	assert_int_equal(seal_ready(s, &w.fx.e), EC_OK);
	assert_int_equal(world_requests(&w), 2);
	seal_close(s);
	world_end(&w);
}

/* What a file sealed before: its key is read once, and kept. */
static void
former_is_kept(void **state)
{
	static const struct fake_step script[] = { KEY("QUJD") };
	struct seal *file = NULL, *s;
	size_t used;
	char sealed[SEALED_MAX];
	struct aws_world w;

	(void)state;
	world_begin(&w, &drv_aws_ssm, script, COUNT(script));
	assert_int_equal(seal_open(SEAL_FILE, fixture_path(&w.fx, "seal.key"),
			     true, &file, &w.fx.e),
	    EC_OK);
	wrap(&w, file, sealed);
	seal_close(file);
	used = CRYPTO_secure_used();
	s = kms(&w);
	assert_int_equal(unwrap(&w, s, sealed), EC_OK);
	assert_int_equal(unlink(fixture_path(&w.fx, "seal.key")), 0);
	assert_int_equal(unwrap(&w, s, sealed), EC_OK);
	seal_close(s);
	assert_int_equal(CRYPTO_secure_used(), used);
	world_end(&w);
}

#define X64  "QUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJD"
#define X345 X64 X64 X64 X64 X64 "QUJDQUJDQUJDQUJDQUJDQUJDQ"

/* One character more than there is room for is not cut off. */
static void
one_too_long(void **state)
{
	static const struct fake_step script[] = { KEY(X345) };
	struct aws_world w;
	struct seal *s;

	(void)state;
	assert_int_equal(strlen(X345), DATA_KEY_TEXT);
	world_begin(&w, &drv_aws_ssm, script, COUNT(script));
	s = kms(&w);
	assert_int_equal(unwrap(&w, s, "k1." X345 ".AAAA"), EC_DAMAGED);
	assert_int_equal(world_requests(&w), 0);
	assert_int_equal(seal_ready(s, &w.fx.e), EC_CONFIG);
	assert_non_null(strstr(w.fx.e.what, "of 345 characters"));
	seal_close(s);
	world_end(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_memory),
		cmocka_unit_test(no_memory_anywhere),
		cmocka_unit_test(away_for_a_while),
		cmocka_unit_test(former_is_kept),
		cmocka_unit_test(one_too_long),
	};
	unsigned char dice[16];
	struct err e;

	assert_int_equal(secret_init(&e), EC_OK);
	/* OpenSSL's own generator lives in the heap for secrets, too. */
	if (RAND_bytes(dice, sizeof(dice)) != 1)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
