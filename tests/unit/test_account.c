/* account: what the sessions of several threads share, and what happens to
 * the others when one account is out of order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail /* ours is in base/err.h */

#include <pthread.h>

#include "base/auto.h"
#include "base/net.h"
#include "fake_env.h"
#include "fake_sts.h"
#include "sigv4/account.h"
#include "sigv4/aws.h"

#define LANES   12
#define NOON    INT64_C(1795262400000)
#define MINUTES (INT64_C(60) * 1000)

struct world {
	struct fake_env f;
	struct fake_sts sts;
	char url[64];
	struct aws_account *base;
	struct net *net;
	struct err e;
};

static struct sts_state *shared; /* time has no context of its own */

static int64_t
world_now(void *ctx)
{
	(void)ctx;
	return __atomic_load_n(&shared->now, __ATOMIC_SEQ_CST);
}

/* Time passes by waiting; no thread really waits. */
static void
world_sleep(void *ctx, int64_t ms)
{
	(void)ctx;
	__atomic_fetch_add(&shared->now, ms, __ATOMIC_SEQ_CST);
}

static void
begin(struct world *w)
{
	memset(w, 0, sizeof(*w));
	sts_start(&w->sts);
	shared = w->sts.s;
	shared->now = NOON;
	fake_env_init(&w->f);
	w->f.env.now = world_now;
	w->f.env.sleep = world_sleep;
	(void)snprintf(
	    w->url, sizeof(w->url), "http://127.0.0.1:%d", w->sts.port);
	fake_env_set(&w->f, "AWS_ENDPOINT_URL", w->url);
	fake_env_set(&w->f, "AWS_ACCESS_KEY_ID", "AKIABASE");
	fake_env_set(&w->f, "AWS_SECRET_ACCESS_KEY", "BASESECRET");
	fake_env_set(&w->f, "AWS_EC2_METADATA_DISABLED", "true");
	assert_int_equal(net_new(NULL, &w->net, &w->e), EC_OK);
	assert_int_equal(aws_account_open(&w->f.env, &w->base, &w->e), EC_OK);
}

static void
end(struct world *w)
{
	aws_account_close(w->base);
	net_free(w->net);
	sts_stop(&w->sts);
	fake_env_end(&w->f);
}

static struct aws_account *
role(struct world *w, struct aws_account *base, int n, const char *id)
{
	struct aws_account *a = NULL;
	char arn[64], where[64];
	const struct sts_role r = {
		.arn = arn, .external_id = id, .where = where
	};

	(void)snprintf(
	    arn, sizeof(arn), "arn:aws:iam::12345678901%d:role/r%d", n, n);
	(void)snprintf(where, sizeof(where), "identity i%d in x.yaml:%d", n, n);
	assert_int_equal(
	    aws_account_open_role(base, "eu-west-3", &r, &a, &w->e), EC_OK);
	return a;
}

static enum ec
call_with(struct world *w, struct aws_account *a, struct net *n, int times,
    enum aws_resend resend, struct err *e)
{
	const struct aws_options o = {
		.account = a, .sleep = world_sleep, .timeout_ms = 20000
	};
	const struct aws_call c = {
		.service = "iam", .action = "X", .resend = resend
	};
	AUTO(aws) struct aws *s = NULL;

	TRY(aws_open(n, &w->f.env, &o, &s, e));
	for (int i = 0; i < times; i++) {
		AUTO(http_reply) struct http_reply r = { .status = 0 };
		struct aws_error why = { .status = 999 };
		const enum ec ec = aws_do(s, &c, &r, &why, e);

		/* It is filled in on each way out. */
		if (ec != EC_OK && why.status == 999)
			return EC_BUG;
		TRY(ec);
	}
	return EC_OK;
}

static enum ec
call(struct world *w, struct aws_account *a, int times)
{
	return call_with(w, a, w->net, times, AWS_RESEND, &w->e);
}

/* ---- threads ---- */

struct lane {
	struct world *w;
	struct aws_account *a;
	int times;
	pthread_t t;
	enum ec ec;
	struct err e;
};

static void *
lane_run(void *arg)
{
	struct lane *l = arg;
	AUTO(net) struct net *n = NULL;

	l->ec = net_new(NULL, &n, &l->e);
	if (l->ec == EC_OK)
		l->ec = call_with(l->w, l->a, n, l->times, AWS_RESEND, &l->e);
	return NULL;
}

static void
lanes_start(struct lane *l, int count, struct world *w, struct aws_account *a,
    int times)
{
	for (int i = 0; i < count; i++) {
		l[i] = (struct lane){ .w = w, .a = a, .times = times };
		assert_int_equal(
		    pthread_create(&l[i].t, NULL, lane_run, &l[i]), 0);
	}
}

static void
lanes_join(struct lane *l, int count, enum ec want)
{
	for (int i = 0; i < count; i++)
		assert_int_equal(pthread_join(l[i].t, NULL), 0);
	for (int i = 0; i < count; i++) {
		if (l[i].ec != want)
			print_error("lane %d: %s\n", i, l[i].e.what);
		assert_int_equal(l[i].ec, want);
	}
}

/* ---- tests ---- */

static void
test_one_credential(void **state)
{
	struct lane lanes[LANES];
	struct aws_account_stats st;
	struct aws_account *a;
	struct world w;

	(void)state;
	begin(&w);
	a = role(&w, w.base, 1, NULL);
	assert_int_equal(shared->role[1].given, 0);
	lanes_start(lanes, LANES, &w, a, 10);
	lanes_join(lanes, LANES, EC_OK);
	assert_int_equal(shared->role[1].given, 1);
	assert_int_equal(shared->role[1].served, LANES * 10);
	assert_string_equal(shared->region, "eu-west-3");
	aws_account_stats(a, &st);
	assert_int_equal(st.calls, LANES * 10);
	assert_int_equal(st.loads, 1);
	assert_int_equal(st.retries, 0);
	assert_int_equal(st.quota, 500);
	/* Our own identity, by the same means. */
	lanes_start(lanes, LANES, &w, w.base, 3);
	lanes_join(lanes, LANES, EC_OK);
	assert_int_equal(shared->plain, LANES * 3);
	aws_account_close(a);
	end(&w);
}

static void
test_names(void **state)
{
	const struct aws_options o = { .region = NULL };
	struct aws_options shared_o = { .region = NULL };
	struct aws *s = NULL;
	struct world w;

	(void)state;
	begin(&w);
	shared_o.account = role(&w, w.base, 2, NULL);
	assert_int_equal(aws_open(w.net, &w.f.env, &shared_o, &s, &w.e), EC_OK);
	assert_string_equal(aws_identity(s), "role " ROLE(2));
	assert_null(aws_note(s));
	assert_int_equal(shared->role[2].given, 0);
	assert_int_equal(
	    aws_account_ready(shared_o.account, w.net, &w.e), EC_OK);
	assert_non_null(
	    strstr(aws_identity(s), ROLE(2) " by identity i2 in x.yaml:2"));
	aws_close(s);
	fake_env_set(&w.f, "AWS_RETRY_MODE", "legacy");
	assert_int_equal(aws_open(w.net, &w.f.env, &o, &s, &w.e), EC_OK);
	assert_string_equal(aws_identity(s), "environment");
	assert_non_null(strstr(aws_note(s), "standard"));
	aws_close(s);
	assert_int_equal(
	    aws_account_ready(shared_o.account, w.net, &w.e), EC_OK);
	assert_int_equal(aws_open(w.net, &w.f.env, &shared_o, &s, &w.e), EC_OK);
	assert_non_null(
	    strstr(aws_identity(s), ROLE(2) " by identity i2 in x.yaml:2"));
	aws_close(s);
	aws_account_close(shared_o.account);
	end(&w);
}

/* What a role of another partition talks to, whatever this host's region. */
static void
test_partition(void **state)
{
	static const struct {
		const char *partition, *region, *iam, *sts;
	} rows[] = {
		{ "aws-us-gov", "us-gov-west-1",
		    "https://iam.us-gov.amazonaws.com",
		    "https://sts.us-gov-west-1.amazonaws.com" },
		{ "aws-cn", "cn-north-1",
		    "https://iam.cn-north-1.amazonaws.com.cn",
		    "https://sts.cn-north-1.amazonaws.com.cn" },
		{ "aws", "eu-west-3", "https://iam.amazonaws.com",
		    "https://sts.eu-west-3.amazonaws.com" },
	};
	struct aws_options o = { .region = NULL };
	char arn[64], url[256];
	struct world w;

	(void)state;
	begin(&w);
	fake_env_set(&w.f, "AWS_ENDPOINT_URL", "");
	fake_env_set(&w.f, "AWS_REGION", "us-east-1");
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct sts_role r = { .arn = arn, .where = "x" };
		struct aws *s = NULL;

		(void)snprintf(arn, sizeof(arn),
		    "arn:%s:iam::123456789012:role/r", rows[i].partition);
		assert_int_equal(aws_account_open_role(w.base, rows[i].region,
				     &r, &o.account, &w.e),
		    EC_OK);
		assert_int_equal(
		    aws_open(w.net, &w.f.env, &o, &s, &w.e), EC_OK);
		assert_int_equal(aws_endpoint(s, "iam", url, &w.e), EC_OK);
		assert_string_equal(url, rows[i].iam);
		assert_int_equal(aws_endpoint(s, "sts", url, &w.e), EC_OK);
		assert_string_equal(url, rows[i].sts);
		aws_close(s);
		aws_account_close(o.account);
	}
	end(&w);
}

/* One account of many cannot be had: the others do not notice, and STS is
 * asked once for it, not once for each of its identities. */
static void
test_one_denied(void **state)
{
	struct aws_account *a[ROLES];
	struct lane lanes[ROLES][2];
	struct world w;

	(void)state;
	begin(&w);
	for (int i = 0; i < ROLES; i++) {
		char id[16];

		(void)snprintf(id, sizeof(id), "ext-%d", i == 3 ? 4 : i);
		shared->role[i].wants_id = true;
		a[i] = role(&w, w.base, i, id);
	}
	for (int i = 0; i < ROLES; i++)
		lanes_start(lanes[i], 2, &w, a[i], 5);
	for (int i = 0; i < ROLES; i++)
		lanes_join(lanes[i], 2, i == 3 ? EC_DENIED : EC_OK);
	for (int i = 0; i < ROLES; i++) {
		assert_int_equal(shared->role[i].given, i == 3 ? 0 : 1);
		assert_int_equal(shared->role[i].served, i == 3 ? 0 : 10);
	}
	assert_int_equal(shared->role[3].denied, 1);
	for (int i = 0; i < 50; i++)
		assert_int_equal(call(&w, a[3], 1), EC_DENIED);
	assert_int_equal(shared->role[3].denied, 1);
	assert_non_null(strstr(w.e.what, "identity i3 in x.yaml:3"));
	assert_non_null(strstr(w.e.what, ROLE(3)));
	assert_non_null(strstr(w.e.what, "AccessDenied"));
	assert_non_null(strstr(w.e.fix, "(environment)"));
	assert_non_null(strstr(w.e.fix, "trust policy"));
	assert_non_null(strstr(w.e.fix, "an external_id is sent"));
	assert_null(strstr(w.e.what, "ext-"));
	assert_null(strstr(w.e.fix, "ext-"));
	/* A minute later somebody has mended it. */
	world_sleep(NULL, 59 * 1000);
	assert_int_equal(call(&w, a[3], 1), EC_DENIED);
	assert_int_equal(shared->role[3].denied, 1);
	world_sleep(NULL, 2 * 1000);
	shared->role[3].wants_id = false;
	assert_int_equal(call(&w, a[3], 1), EC_OK);
	assert_int_equal(shared->role[3].denied, 1);
	for (int i = 0; i < ROLES; i++)
		aws_account_close(a[i]);
	end(&w);
}

static void
test_no_id_sent(void **state)
{
	struct aws_account *a;
	struct world w;

	(void)state;
	begin(&w);
	a = role(&w, w.base, 5, NULL);
	shared->role[5].wants_id = true;
	assert_int_equal(call(&w, a, 1), EC_DENIED);
	assert_non_null(strstr(w.e.fix, "no external_id is sent"));
	aws_account_close(a);
	end(&w);
}

/* While one thread has gone for a new one, the others use the old one, which
 * is good for some minutes more. */
static void
test_renewed_beside(void **state)
{
	struct lane first[1], lanes[LANES];
	struct aws_account *a;
	struct world w;

	(void)state;
	begin(&w);
	a = role(&w, w.base, 1, NULL);
	assert_int_equal(call(&w, a, 1), EC_OK);
	world_sleep(NULL, 46 * MINUTES); /* 14 are left */
	shared->gated = true;
	lanes_start(first, 1, &w, a, 1);
	while (sem_wait(&shared->arrived) != 0)
		continue;
	lanes_start(lanes, LANES, &w, a, 5);
	lanes_join(lanes, LANES, EC_OK); /* before the gate opens */
	assert_int_equal(shared->role[1].served, 1 + LANES * 5);
	assert_int_equal(shared->role[1].given, 1);
	(void)sem_post(&shared->gate);
	lanes_join(first, 1, EC_OK);
	assert_int_equal(shared->role[1].given, 2);
	aws_account_close(a);
	end(&w);
}

/* Nearly run out: all wait for the one that has gone, and one is enough. */
static void
test_renewed_before(void **state)
{
	struct lane lanes[LANES];
	struct aws_account *a;
	struct world w;

	(void)state;
	begin(&w);
	a = role(&w, w.base, 1, NULL);
	assert_int_equal(call(&w, a, 1), EC_OK);
	world_sleep(NULL, 55 * MINUTES);
	shared->gated = true;
	lanes_start(lanes, LANES, &w, a, 5);
	while (sem_wait(&shared->arrived) != 0)
		continue;
	assert_int_equal(shared->role[1].served, 1);
	(void)sem_post(&shared->gate);
	lanes_join(lanes, LANES, EC_OK);
	assert_int_equal(shared->role[1].given, 2);
	assert_int_equal(shared->role[1].served, 1 + LANES * 5);
	assert_int_equal(shared->role[1].stale, 0);
	aws_account_close(a);
	end(&w);
}

/* The trust is taken away in the middle of a run: what is left of the old
 * credential is used, then it is an error of this account only. */
static void
test_revoked(void **state)
{
	struct aws_account *a, *b;
	struct world w;

	(void)state;
	begin(&w);
	a = role(&w, w.base, 1, NULL);
	b = role(&w, w.base, 2, NULL);
	assert_int_equal(call(&w, a, 1), EC_OK);
	assert_int_equal(call(&w, b, 1), EC_OK);
	shared->role[1].revoked = true;
	world_sleep(NULL, 46 * MINUTES);
	for (int i = 0; i < 10; i++)
		assert_int_equal(call(&w, a, 1), EC_OK);
	assert_int_equal(shared->role[1].denied, 1);
	world_sleep(NULL, 5 * MINUTES);
	for (int i = 0; i < 10; i++)
		assert_int_equal(call(&w, a, 1), EC_DENIED);
	assert_int_equal(shared->role[1].denied, 2);
	assert_int_equal(call(&w, b, 1), EC_OK);
	assert_int_equal(shared->role[2].given, 2);
	shared->role[1].revoked = false;
	world_sleep(NULL, 2 * MINUTES);
	assert_int_equal(call(&w, a, 1), EC_OK);
	assert_int_equal(shared->role[1].stale, 0);
	aws_account_close(a);
	aws_account_close(b);
	end(&w);
}

/* A role by way of another one; both end, both are renewed. */
static void
test_chain(void **state)
{
	struct aws_account *a, *b;
	struct world w;

	(void)state;
	begin(&w);
	a = role(&w, w.base, 1, NULL);
	b = role(&w, a, 2, NULL);
	assert_int_equal(call(&w, b, 1), EC_DENIED);
	assert_non_null(strstr(w.e.what, "ExpiredToken"));
	shared->role[2].trusts_role = true;
	world_sleep(NULL, 2 * MINUTES);
	assert_int_equal(call(&w, b, 1), EC_OK);
	world_sleep(NULL, 300 * MINUTES);
	assert_int_equal(call(&w, b, 1), EC_OK);
	assert_int_equal(shared->role[1].given, 2);
	assert_int_equal(shared->role[2].given, 2);
	/* Their base is gone: both say which role it was for. */
	shared->role[1].revoked = true;
	world_sleep(NULL, 300 * MINUTES);
	assert_int_equal(call(&w, b, 1), EC_DENIED);
	assert_non_null(strstr(w.e.what, ROLE(2)));
	assert_non_null(strstr(w.e.what, ROLE(1)));
	aws_account_close(b);
	aws_account_close(a);
	end(&w);
}

/* STS cannot be reached: for a while that is the answer, but a short one. */
static void
test_unreachable(void **state)
{
	struct aws_account_stats st;
	struct aws_account *a;
	struct world w;
	int64_t before;

	(void)state;
	begin(&w);
	a = role(&w, w.base, 1, NULL);
	fake_env_set(&w.f, "AWS_ENDPOINT_URL_STS", "http://127.0.0.1:9");
	assert_int_equal(call(&w, a, 1), EC_TEMP);
	before = world_now(NULL);
	for (int i = 0; i < 10; i++)
		assert_int_equal(call(&w, a, 1), EC_TEMP);
	assert_int_equal(world_now(NULL), before); /* nobody waited */
	fake_env_set(&w.f, "AWS_ENDPOINT_URL_STS", w.url);
	assert_int_equal(call(&w, a, 1), EC_TEMP);
	world_sleep(NULL, 6 * 1000);
	assert_int_equal(call(&w, a, 1), EC_OK);
	aws_account_stats(a, &st);
	assert_int_equal(st.loads, 1);
	aws_account_close(a);
	end(&w);
}

/* What STS gives is nearly over each time: it is not asked for each call. */
static void
test_short_life(void **state)
{
	struct aws_account *a;
	struct world w;

	(void)state;
	begin(&w);
	shared->life = 9 * MINUTES;
	a = role(&w, w.base, 1, NULL);
	assert_int_equal(call(&w, a, 10), EC_OK);
	assert_int_equal(shared->role[1].given, 2);
	world_sleep(NULL, 59 * 1000);
	assert_int_equal(call(&w, a, 10), EC_OK);
	assert_int_equal(shared->role[1].given, 2);
	world_sleep(NULL, 2 * 1000);
	assert_int_equal(call(&w, a, 10), EC_OK);
	assert_int_equal(shared->role[1].given, 3);
	/* Over before it came: STS's clock, or ours, is wrong. */
	shared->life = -MINUTES;
	world_sleep(NULL, 10 * MINUTES);
	assert_int_equal(call(&w, a, 1), EC_DENIED);
	assert_non_null(strstr(w.e.what, "expired at "));
	aws_account_close(a);
	end(&w);
}

/* No memory is nothing about the account: it is not remembered. */
static void
test_no_memory(void **state)
{
	static struct secret *all[4096];
	struct aws_account *a;
	struct world w;
	size_t n = 0;

	(void)state;
	begin(&w);
	a = role(&w, w.base, 1, NULL);
	for (size_t size = 4096; size > 0; size /= 2)
		while (n < COUNT(all) &&
		    secret_blank(size, &all[n], &w.e) == EC_OK)
			n++;
	assert_int_equal(aws_account_ready(a, w.net, &w.e), EC_NOMEM);
	while (n > 0)
		secret_free(all[--n]);
	assert_int_equal(aws_account_ready(a, w.net, &w.e), EC_OK);
	aws_account_close(a);
	end(&w);
}

/* More roles than there is locked memory for their tokens: those not used for
 * long are forgotten, those in use are not, and nobody notices. */
static void
test_little_room(void **state)
{
	static struct secret *ballast[160];
	struct lane lanes[ROLES][2];
	struct aws_account *a[ROLES];
	unsigned given = 0;
	struct world w;
	size_t n = 0;

	(void)state;
	begin(&w);
	shared->long_by = 3900;
	for (int i = 0; i < ROLES; i++)
		a[i] = role(&w, w.base, i, NULL);
	while (n < COUNT(ballast) && secret_room() > (size_t)110 * 1024)
		assert_int_equal(
		    secret_blank(4000, &ballast[n++], &w.e), EC_OK);
	for (int i = 0; i < ROLES; i++) {
		assert_int_equal(call(&w, a[i], 2), EC_OK);
		/* The first is used all the time, and stays. */
		world_sleep(NULL, 10);
		assert_int_equal(call(&w, a[0], 1), EC_OK);
		world_sleep(NULL, 10);
		assert_true(secret_room() > (size_t)88 * 1024);
	}
	assert_int_equal(shared->role[0].given, 1);
	assert_int_equal(call(&w, a[1], 1), EC_OK);
	assert_int_equal(shared->role[1].given, 2);
	/* All at once: room or not, all is done. */
	for (int i = 0; i < ROLES; i++)
		lanes_start(lanes[i], 2, &w, a[i], 10);
	for (int i = 0; i < ROLES; i++)
		lanes_join(lanes[i], 2, EC_OK);
	for (int i = 0; i < ROLES; i++) {
		given += shared->role[i].given;
		assert_int_equal(shared->role[i].stale, 0);
		aws_account_close(a[i]);
	}
	print_message("%d roles, %u credentials\n", ROLES, given);
	while (n > 0)
		secret_free(ballast[--n]);
	end(&w);
}

/* When our credential runs out, another one of ours, of another place, is no
 * substitute: it may be of another account. */
static void
test_no_substitute(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	fake_env_file(&w.f, "credentials",
	    "[default]\naws_access_key_id = AKIABASE\n"
	    "aws_secret_access_key = OTHER\n");
	fake_env_set(&w.f, "AWS_CREDENTIAL_EXPIRATION", "2026-11-21T13:00:00Z");
	assert_int_equal(call(&w, w.base, 1), EC_OK);
	fake_env_set(&w.f, "AWS_ACCESS_KEY_ID", "");
	fake_env_set(&w.f, "AWS_SECRET_ACCESS_KEY", "");
	world_sleep(NULL, 46 * MINUTES);
	assert_int_equal(call(&w, w.base, 1), EC_OK);
	world_sleep(NULL, 10 * MINUTES);
	assert_int_equal(call(&w, w.base, 1), EC_TEMP);
	assert_non_null(strstr(w.e.what, "(environment) runs out"));
	end(&w);
}

static void
test_no_credential(void **state)
{
	struct aws_account *a;
	struct world w;

	(void)state;
	begin(&w);
	fake_env_set(&w.f, "AWS_ACCESS_KEY_ID", "");
	fake_env_set(&w.f, "AWS_SECRET_ACCESS_KEY", "");
	assert_int_equal(aws_account_ready(w.base, w.net, &w.e), EC_DENIED);
	assert_non_null(strstr(w.e.what, "no AWS credential of our own"));
	a = role(&w, w.base, 1, NULL);
	assert_int_equal(call(&w, a, 1), EC_DENIED);
	assert_non_null(strstr(w.e.what, "identity i1 in x.yaml:1: " ROLE(1)));
	aws_account_close(a);
	/* One that has expired is as good as none. */
	fake_env_set(&w.f, "AWS_ACCESS_KEY_ID", "AKIABASE");
	fake_env_set(&w.f, "AWS_SECRET_ACCESS_KEY", "BASESECRET");
	fake_env_set(&w.f, "AWS_CREDENTIAL_EXPIRATION", "2026-11-21T11:59:00Z");
	world_sleep(NULL, 2 * MINUTES);
	assert_int_equal(aws_account_ready(w.base, w.net, &w.e), EC_DENIED);
	assert_non_null(strstr(w.e.what, "expired at 2026-11-21T11:59:00Z"));
	end(&w);
}

static void
test_bad_role(void **state)
{
	static const struct sts_role bad[] = {
		{ .arn = "arn:aws:iam::123456789012:user/x", .where = "here" },
		{ .arn = ROLE(1), .external_id = "x", .where = "here" },
		{ .arn = ROLE(1), .session = "a b", .where = "here" },
		{ .arn = ROLE(1), .duration_s = 60, .where = "here" },
	};
	struct aws_account *a = NULL;
	struct world w;

	(void)state;
	begin(&w);
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_int_equal(
		    aws_account_open_role(w.base, NULL, &bad[i], &a, &w.e),
		    EC_CONFIG);
		assert_null(a);
		assert_int_equal(strncmp(w.e.what, "here: ", 6), 0);
	}
	end(&w);
}

/* ---- tries and pace ---- */

/* Ten minutes in which all is throttled. Nobody hangs, the service is left
 * alone, and afterwards all is as before. */
static void
test_ten_minutes(void **state)
{
	struct aws_account_stats st;
	unsigned failed = 0, before;
	struct world w;
	int64_t longest = 0;

	(void)state;
	begin(&w);
	shared->deaf_until = NOON + 10 * MINUTES;
	while (world_now(NULL) < shared->deaf_until) {
		const int64_t at = world_now(NULL);
		const enum ec ec = call(&w, w.base, 1);

		if (world_now(NULL) < shared->deaf_until) {
			assert_int_equal(ec, EC_TEMP);
			assert_non_null(strstr(w.e.what, "Throttling"));
			failed++;
		}
		if (world_now(NULL) - at > longest)
			longest = world_now(NULL) - at;
	}
	aws_account_stats(w.base, &st);
	print_message("%u calls failed with %u requests, longest %d ms\n",
	    failed, st.calls, (int)longest);
	assert_in_range(st.calls, 60, 330); /* half a second at most */
	assert_true(st.rate > 0 && st.rate <= 1);
	assert_true(longest < 20 * 1000);
	before = shared->calls;
	/* One lane that waits: from half a call a second upwards. */
	assert_int_equal(call(&w, w.base, 100), EC_OK);
	assert_int_equal(shared->calls, before + 100);
	assert_true(world_now(NULL) - shared->deaf_until < 100 * 1000);
	end(&w);
}

/* When most calls fail, they are not tried again: 500 tries at 5 each. */
static void
test_quota(void **state)
{
	struct aws_account_stats st;
	struct world w;

	(void)state;
	begin(&w);
	shared->deaf_until = INT64_MAX;
	for (int i = 0; i < 50; i++)
		assert_int_equal(call(&w, w.base, 1), EC_TEMP);
	assert_null(strstr(w.e.what, "given up early"));
	aws_account_stats(w.base, &st);
	assert_int_equal(st.calls, 150);
	assert_int_equal(st.retries, 100);
	assert_int_equal(st.quota, 0);
	assert_int_equal(call(&w, w.base, 1), EC_TEMP);
	assert_non_null(strstr(w.e.what, "given up early"));
	aws_account_stats(w.base, &st);
	assert_int_equal(st.calls, 151);
	/* Each that goes well gives one back; what a retry cost comes back
	 * when it helps. */
	shared->deaf_until = 0;
	assert_int_equal(call(&w, w.base, 10), EC_OK);
	aws_account_stats(w.base, &st);
	assert_int_equal(st.quota, 10);
	shared->deaf_calls = 1;
	assert_int_equal(call(&w, w.base, 1), EC_OK);
	aws_account_stats(w.base, &st);
	assert_int_equal(st.quota, 10);
	assert_int_equal(st.retries, 101);
	end(&w);
}

static enum ec
call_ssm(struct world *w, const char *region, unsigned *ret_calls)
{
	const struct aws_options o = {
		.sleep = world_sleep, .account = w->base, .region = region
	};
	const struct aws_call c = { .service = "ssm", .action = "Y" };
	AUTO(http_reply) struct http_reply r = { .status = 0 };
	struct aws_error why = { .status = 0 };
	AUTO(aws) struct aws *s = NULL;
	enum ec ec;

	assert_int_equal(aws_open(w->net, &w->f.env, &o, &s, &w->e), EC_OK);
	ec = aws_do(s, &c, &r, &why, &w->e);
	*ret_calls = aws_calls(s);
	return ec;
}

/* The tries of one service are not those of another, nor of another region. */
static void
test_services_apart(void **state)
{
	struct aws_account_stats st;
	unsigned calls = 0;
	struct world w;

	(void)state;
	begin(&w);
	shared->deaf_until = INT64_MAX;
	for (int i = 0; i < 60; i++)
		assert_int_equal(call(&w, w.base, 1), EC_TEMP);
	for (int i = 0; i < 50; i++)
		assert_int_equal(call_ssm(&w, "eu-west-1", &calls), EC_TEMP);
	assert_int_equal(calls, 3);
	assert_null(strstr(w.e.what, "given up early"));
	assert_int_equal(call_ssm(&w, "eu-west-1", &calls), EC_TEMP);
	assert_int_equal(calls, 1);
	assert_non_null(strstr(w.e.what, "given up early"));
	assert_int_equal(call_ssm(&w, "eu-west-2", &calls), EC_TEMP);
	assert_int_equal(calls, 3);
	aws_account_stats(w.base, &st);
	assert_int_equal(st.quota, 0);
	end(&w);
}

/* Nobody answers: that says nothing about how many calls are taken. */
static void
test_silence(void **state)
{
	struct aws_account_stats st;
	struct world w;

	(void)state;
	begin(&w);
	fake_env_set(&w.f, "AWS_ENDPOINT_URL_IAM", "http://127.0.0.1:9");
	assert_int_equal(call(&w, w.base, 1), EC_TEMP);
	aws_account_stats(w.base, &st);
	assert_int_equal(st.calls, 3);
	assert_int_equal(st.throttled, 0);
	assert_true(st.rate <= 0);
	end(&w);
}

static void
stopping(void *ctx, int64_t ms)
{
	(void)ms;
	++*(int *)ctx;
}

/* The program is told to end: waiting ends early, and so does the call. */
static void
test_stopped(void **state)
{
	int naps = 0;
	const struct aws_call c = { .service = "iam", .action = "Z" };
	AUTO(http_reply) struct http_reply r = { .status = 0 };
	struct aws_options o = { .sleep = stopping, .sleep_ctx = &naps };
	struct aws_error why;
	struct aws *s = NULL;
	struct world w;

	(void)state;
	begin(&w);
	o.account = w.base;
	shared->deaf_until = INT64_MAX;
	assert_int_equal(aws_open(w.net, &w.f.env, &o, &s, &w.e), EC_OK);
	for (int i = 0; i < 3; i++)
		assert_int_equal(aws_do(s, &c, &r, &why, &w.e), EC_TEMP);
	assert_true(naps < 300);
	assert_non_null(strstr(w.e.what, "not sent"));
	aws_close(s);
	end(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_credential),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_partition),
		cmocka_unit_test(test_one_denied),
		cmocka_unit_test(test_no_id_sent),
		cmocka_unit_test(test_renewed_beside),
		cmocka_unit_test(test_renewed_before),
		cmocka_unit_test(test_revoked),
		cmocka_unit_test(test_chain),
		cmocka_unit_test(test_unreachable),
		cmocka_unit_test(test_short_life),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_little_room),
		cmocka_unit_test(test_no_substitute),
		cmocka_unit_test(test_no_credential),
		cmocka_unit_test(test_bad_role),
		cmocka_unit_test(test_ten_minutes),
		cmocka_unit_test(test_quota),
		cmocka_unit_test(test_services_apart),
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_stopped),
	};
	struct err e;

	if (secret_init(&e) != EC_OK)
		return 1;
	return cmocka_run_group_tests_name("account", tests, NULL, NULL);
}
