/*
 * far: over there the memory for secrets is full, while many identities are
 * under way. Nothing was sent then; so whoever asked is told, and the process,
 * which others need, lives on.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail /* ours is in base/err.h */

#include <string.h>

#include "base/auto.h"
#include "base/far.h"
#include "base/http.h"
#include "base/secret.h"
#include "rotator/probe.h"

#define MANY 10000

/* All that is there is taken while op answers. */
static enum ec
when_full(far_fn *op, struct net *n, const struct buf *ask, struct buf *answer,
    struct err *e)
{
	AUTO(free) struct secret **all = calloc(MANY, sizeof(struct secret *));
	size_t count = 0;
	enum ec ec;

	while (all != NULL && count < MANY &&
	    secret_blank(32, &all[count], e) == EC_OK)
		count++;
	ec = op(n, ask, answer, e);
	while (count > 0)
		secret_free(all[--count]);
	return ec;
}

static enum ec
http_full(
    struct net *n, const struct buf *ask, struct buf *answer, struct err *e)
{
	return when_full(http_serve, n, ask, answer, e);
}

static enum ec
probe_full(
    struct net *n, const struct buf *ask, struct buf *answer, struct err *e)
{
	return when_full(probe_serve, n, ask, answer, e);
}

static struct net *net;

/* Before there are secrets of ours: see far.h. */
static int
begin(void **state)
{
	static far_fn *const table[] = {
		[HTTP_FAR_OP] = http_full,
		[PROBE_FAR_OP] = probe_full,
	};
	struct confined how;
	struct far *f = NULL;
	struct err e;

	(void)state;
	return far_start(table, COUNT(table), &f, &how, &e) != EC_OK ||
	    net_new_far(f, NULL, &net, &e) != EC_OK;
}

static int
end(void **state)
{
	(void)state;
	net_free(net);
	return 0;
}

static void
test_request(void **state)
{
	AUTO(http_reply) struct http_reply r = { .status = 0 };
	AUTO(secret) struct secret *key = NULL;
	struct buf cert = BUF(100);
	struct err e = { .ec = EC_OK };
	struct http_request q = {
		.method = "GET", .url = "https://localhost:9/", .cert = &cert
	};

	(void)state;
	assert_int_equal(secret_new("a key", 5, &key, &e), EC_OK);
	assert_int_equal(buf_adds(&cert, "a certificate", &e), EC_OK);
	q.cert_key = key;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(http_do(net, &q, &r, &e), EC_NOMEM);
		assert_string_equal(e.what, "secure heap is full");
	}
	buf_free(&cert);
}

static void
test_probe(void **state)
{
	const struct smtp_peer peer = { .host = "localhost", .port = 9 };
	struct smtp_cred cred = { .user = "AKIAEXAMPLE" };
	struct probe_result r = { .reply = "" };
	struct err e = { .ec = EC_OK };

	(void)state;
	assert_int_equal(secret_new("a password", 10, &cred.pass, &e), EC_OK);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(
		    probe_smtp(net, &peer, &cred, NULL, 5000, &r, &e),
		    EC_NOMEM);
		assert_string_equal(e.what, "secure heap is full");
	}
	secret_free(cred.pass);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request),
		cmocka_unit_test(test_probe),
	};
	struct err e;

	if (secret_init(&e) != EC_OK)
		return 1;
	return cmocka_run_group_tests(tests, begin, end);
}
