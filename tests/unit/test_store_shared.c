/* What the stores ask of OpenSSL and of threads, when that fails: nothing is
 * taken for a checksum that is none. */
#include <pthread.h>

#include <openssl/evp.h>
#include <openssl/rand.h>

#include "calls.h"
#include "store_world.h"

#include "base/secret.h"
#include "rotator/fleet_turns.h"
#include "rotator/seal.h"
#include "rotator/store_dynamodb_p.h"
#include "rotator/store_shared.h"

STAND_IN(int, RAND_bytes, (unsigned char *b, int n), (b, n), armed.rc)
STAND_IN(int, EVP_DigestUpdate, (EVP_MD_CTX * c, const void *p, size_t n),
    (c, p, n), armed.rc)
STAND_IN(int, EVP_DigestInit_ex,
    (EVP_MD_CTX * c, const EVP_MD *type, ENGINE *impl), (c, type, impl),
    armed.rc)
STAND_IN(int, EVP_DigestFinal_ex,
    (EVP_MD_CTX * c, unsigned char *md, unsigned int *n), (c, md, n), armed.rc)
STAND_IN(int, pthread_mutexattr_init, (pthread_mutexattr_t * a), (a), armed.rc)
STAND_IN(int, pthread_mutexattr_settype, (pthread_mutexattr_t * a, int kind),
    (a, kind), armed.rc)
STAND_IN(int, pthread_mutex_init,
    (pthread_mutex_t * m, const pthread_mutexattr_t *a), (m, a), armed.rc)
STAND_IN(int, pthread_condattr_init, (pthread_condattr_t * a), (a), armed.rc)

static void
test_sums(void **state)
{
	static const char *const names[] = { "EVP_DigestInit_ex",
		"EVP_DigestUpdate", "EVP_DigestFinal_ex" };
	unsigned char sum[DYN_SUM], hash[DYN_SUM] = { 1 };
	struct err e;
	long calls = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		enum ec ec = EC_NOMEM;

		for (long turn = 0; ec != EC_OK; turn++, calls++) {
			call_arm(names[i], turn, 0, -1);
			ec = dyn_sum(sum, &e, "isb", (int64_t)1, "text", hash);
			assert_int_equal(ec, call_disarm() ? EC_NOMEM : EC_OK);
		}
	}
	assert_true(calls > 8);
}

/* Still 32 digits, and another one each time. */
static void
test_ids(void **state)
{
	char a[DYN_ID], b[DYN_ID];

	(void)state;
	dyn_id(a);
	call_arm("RAND_bytes", 0, 0, -1);
	dyn_id(b);
	assert_true(call_disarm());
	assert_int_equal(strlen(b), DYN_ID - 1);
	assert_string_not_equal(a, b);
	assert_int_equal(strspn(b, "0123456789abcdef"), DYN_ID - 1);
}

static void
test_locks(void **state)
{
	static const char *const names[] = { "pthread_mutexattr_init",
		"pthread_mutexattr_settype", "pthread_mutex_init" };
	const struct seal_kms_conf conf = { .key = "k", .region = "eu-west-1" };
	struct store none = { .ctx = NULL }, shared = { .ctx = NULL };
	const struct fleet_rules rules = { .free = true };
	struct turns *turns = NULL;
	struct seal *seal = NULL;
	struct err e = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		call_arm(names[i], 0, 0, -1);
		assert_int_equal(store_shared(&none, &shared, &e), EC_NOMEM);
		assert_true(call_disarm());
		assert_null(shared.ctx);
	}
	call_arm("pthread_mutex_init", 0, 0, -1);
	assert_int_equal(seal_open_kms(&conf, &seal, &e), EC_NOMEM);
	assert_true(call_disarm());
	assert_null(seal);
	call_arm("pthread_condattr_init", 0, 0, -1);
	assert_int_equal(turns_new(NULL, 0, &rules, &turns, &e), EC_NOMEM);
	assert_true(call_disarm());
	assert_null(turns);
}

/* ---- a shared store does what every store must ------------------------- */

static struct both {
	struct store real, shared;
} boths[8];

static void
close_both(void *ctx)
{
	struct both *b = ctx;

	b->shared.close(b->shared.ctx);
	b->real.close(b->real.ctx);
	*b = (struct both){ .real.ctx = NULL };
}

/* Each function of the shared one with its own context. */
#define PASS(name, params, args)                                               \
	static enum ec both_##name params                                      \
	{                                                                      \
		const struct both *b = ctx;                                    \
                                                                               \
		return b->shared.name args;                                    \
	}
PASS(lease, (void *ctx, int64_t now, int64_t ttl, struct err *e),
    (b->shared.ctx, now, ttl, e))
PASS(fence, (void *ctx, int64_t now, struct err *e), (b->shared.ctx, now, e))
PASS(load, (void *ctx, const char *id, struct rec *r, struct err *e),
    (b->shared.ctx, id, r, e))
PASS(commit,
    (void *ctx, int64_t now, struct rec *r, const struct event *ev,
	struct err *e),
    (b->shared.ctx, now, r, ev, e))
PASS(each,
    (void *ctx, int64_t now,
	enum ec (*fn)(void *arg, const struct store_row *, struct err *),
	void *arg, struct err *e),
    (b->shared.ctx, now, fn, arg, e))
PASS(all,
    (void *ctx,
	enum ec (*row)(void *arg, const struct store_row *, struct err *),
	enum ec (*hold)(void *arg, const struct word *, struct err *),
	void *arg, struct err *e),
    (b->shared.ctx, row, hold, arg, e))
PASS(history,
    (void *ctx, const char *id,
	enum ec (*fn)(void *arg, const struct event *, struct err *), void *arg,
	struct err *e),
    (b->shared.ctx, id, fn, arg, e))
PASS(note, (void *ctx, const struct event *ev, struct err *e),
    (b->shared.ctx, ev, e))
PASS(hold_set, (void *ctx, const char *id, const struct hold *h, struct err *e),
    (b->shared.ctx, id, h, e))
PASS(hold_get, (void *ctx, const char *id, struct hold *h, struct err *e),
    (b->shared.ctx, id, h, e))
PASS(confirm_set,
    (void *ctx, const char *c, const char *key, int64_t at, const char *by,
	struct err *e),
    (b->shared.ctx, c, key, at, by, e))
PASS(confirm_get,
    (void *ctx, const char *c, const char *key, struct confirmation *ret,
	struct err *e),
    (b->shared.ctx, c, key, ret, e))
PASS(meta_get, (void *ctx, const char *key, struct buf *ret, struct err *e),
    (b->shared.ctx, key, ret, e))
PASS(meta_set, (void *ctx, const char *key, const char *value, struct err *e),
    (b->shared.ctx, key, value, e))
PASS(mark, (void *ctx, struct buf *ret, struct err *e), (b->shared.ctx, ret, e))
PASS(words,
    (void *ctx, enum ec (*fn)(void *arg, const struct word *, struct err *),
	void *arg, struct err *e),
    (b->shared.ctx, fn, arg, e))

static void
both_unlease(void *ctx)
{
	const struct both *b = ctx;

	b->shared.unlease(b->shared.ctx);
}

static bool
both_relief(void *ctx)
{
	const struct both *b = ctx;

	return b->shared.relief(b->shared.ctx);
}

static enum ec
open_shared(const struct conform *c, struct store *ret, struct err *e)
{
	struct both *b = boths;

	while (b->real.ctx != NULL)
		b++;
	TRY(store_sqlite_open(c->place, STORE_RW, &b->real, e));
	assert_int_equal(store_shared(&b->real, &b->shared, e), EC_OK);
	*ret = (struct store){ b, both_lease, both_fence, both_unlease,
		both_load, both_commit, both_relief, both_each, both_all,
		both_history, both_note, both_hold_set, both_hold_get,
		both_confirm_set, both_confirm_get, both_meta_get,
		both_meta_set, both_mark, both_words, close_both };
	return EC_OK;
}

static int
shared_make(void **state)
{
	int rc = world_make(state);

	if (rc == 0)
		((struct conform *)*state)->open = open_shared;
	return rc;
}

/* One that cannot tell its changes cannot tell them through another. */
static void
test_no_mark(void **state)
{
	struct store none = { .ctx = NULL }, shared = { .ctx = NULL };
	struct err e;

	(void)state;
	assert_int_equal(store_shared(&none, &shared, &e), EC_OK);
	assert_null(shared.mark);
	shared.close(shared.ctx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CONFORM_TESTS(shared_make, world_end),
		cmocka_unit_test(test_sums),
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_locks),
		cmocka_unit_test(test_no_mark),
	};
	struct err e;

	if (secret_init(&e) != EC_OK)
		return 1;
	return cmocka_run_group_tests_name(
	    "stores, shared and without help", tests, NULL, NULL);
}
