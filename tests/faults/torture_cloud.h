/*
 * torture_cloud: what torture.c does to the store in DynamoDB and to seals of
 * KMS. They speak to table_cloud.h; while libcurl does, no memory fails: that
 * it tells of it is seen in torture_net.h.
 */
#ifndef TESTS_TORTURE_CLOUD_H
#define TESTS_TORTURE_CLOUD_H

#include "rotator/store_dynamodb.h"
#include "tests/faults/table_cloud.h"
#include "tests/faults/torture_net.h"

static struct {
	struct aws *aws;
	char url[64];
	int64_t now;
} cloud;

/* Far ahead with each look: whoever holds the lease has been silent. */
static int64_t
cloud_mono(void *ctx)
{
	(void)ctx;
	cloud.now += 3600 * 1000;
	return cloud.now;
}

static void
cloud_sleep(void *ctx, int64_t ms)
{
	(void)ctx;
	(void)ms;
}

static const char *
cloud_seen(void)
{
	static char path[128];

	(void)snprintf(path, sizeof(path), "%s/seen", own.dir);
	return path;
}

static struct dynamodb_options
cloud_options(void)
{
	return (struct dynamodb_options){ .aws = cloud.aws,
		.table = "rotate",
		.seen = cloud_seen(),
		.mono = cloud_mono,
		.sleep = cloud_sleep };
}

/* Whoever had it before has lost it with its memory. To learn that takes two
 * looks, and one more when what the first one saw cannot be read. */
static enum ec
cloud_lease(struct store *s, struct err *e)
{
	enum ec ec = EC_BUSY;

	for (int i = 0; ec == EC_BUSY && i < 3; i++)
		ec = s->lease(s->ctx, OWN_T0, 1000, e);
	return ec;
}

static enum ec
cloud_record(struct store *s, const char *name, struct err *e)
{
	static const struct event ev = {
		.at = OWN_T0, .identity = "mail", .what = "state", .text = "t"
	};
	AUTO(rec) struct rec r = { 0 };
	const enum ec ec = s->load(s->ctx, name, &r, e);

	if (ec == EC_GONE)
		rec_init(&r, name);
	else if (ec != EC_OK)
		return ec;
	return s->commit(s->ctx, OWN_T0, &r, &ev, e);
}

static enum ec
cloud_words(struct store *s, struct err *e)
{
	AUTO(buf) struct buf b = BUF(MAX);
	struct hold h = { true, OWN_T0, "ann", "why" };
	struct confirmation yes;

	TRY(s->hold_set(s->ctx, "mail", &h, e));
	TRY(s->hold_get(s->ctx, "mail", &h, e));
	TRY(s->confirm_set(s->ctx, "c", OWN_ID, OWN_T0, "ann", e));
	TRY(s->confirm_get(s->ctx, "c", OWN_ID, &yes, e));
	TRY(s->meta_set(s->ctx, "k", "no UTF-8: \xff", e));
	TRY(s->meta_get(s->ctx, "k", &b, e));
	return h.held && yes.confirmed &&
		strcmp(buf_str(&b), "no UTF-8: \xff") == 0
	    ? EC_OK
	    : fail(e, EC_BUG, "not what was written");
}

/* The first run makes the table; the others go on with it. */
static enum ec
cloud_write(const struct input *in, struct err *e)
{
	static const struct hold none = { .held = false };
	const struct dynamodb_options o = cloud_options();
	AUTO(store) struct store dead = { 0 };
	AUTO(store) struct store s = { 0 };
	struct hold h;
	bool made, bare;

	(void)in;
	TRY(store_dynamodb_init(&o, &made, &bare, e));
	TRY(store_dynamodb_open(&o, STORE_RW, &dead, e));
	TRY(cloud_lease(&dead, e)); /* and never gives it back */
	TRY(store_dynamodb_open(&o, STORE_RW, &s, e));
	TRY(cloud_lease(&s, e));
	TRY(s.fence(s.ctx, OWN_T0, e));
	TRY(cloud_record(&s, "mail", e));
	TRY(cloud_words(&s, e));
	TRY(s.hold_set(s.ctx, "mail", &none, e));
	TRY(s.hold_get(s.ctx, "mail", &h, e));
	s.unlease(s.ctx);
	return h.held ? fail(e, EC_BUG, "still held") : EC_OK;
}

static enum ec
cloud_word(void *arg, const struct word *w, struct err *e)
{
	unsigned *n = arg;

	(void)e;
	*n += w->name[0] != '\0';
	return EC_OK;
}

/* More than one page and one batch of everything. */
static bool
cloud_fill(struct err *e)
{
	static const char *const names[] = { "mail", "shop", "news" };
	const struct dynamodb_options o = cloud_options();
	AUTO(store) struct store s = { 0 };
	bool made, bare, ok;

	++*cloud_server.forget;
	ok = store_dynamodb_init(&o, &made, &bare, e) == EC_OK &&
	    store_dynamodb_open(&o, STORE_RW, &s, e) == EC_OK &&
	    cloud_lease(&s, e) == EC_OK && cloud_words(&s, e) == EC_OK;
	for (size_t i = 0; ok && i < COUNT(names); i++)
		ok = cloud_record(&s, names[i], e) == EC_OK;
	if (ok)
		s.unlease(s.ctx);
	return ok;
}

static enum ec
cloud_read(const struct input *in, struct err *e)
{
	const struct dynamodb_options o = cloud_options();
	AUTO(store) struct store s = { 0 };
	AUTO(rec) struct rec r = { 0 };
	static bool filled;
	unsigned n = 0;

	(void)in;
	filled = filled || cloud_fill(e);
	TRY(store_dynamodb_open(&o, STORE_RO, &s, e));
	TRY(s.each(s.ctx, INT64_MAX, own_record, NULL, e));
	TRY(s.load(s.ctx, "mail", &r, e));
	TRY(s.history(s.ctx, NULL, own_event, &n, e));
	TRY(s.words(s.ctx, cloud_word, &n, e));
	return n == 6 ? EC_OK : fail(e, EC_BUG, "%u events and words", n);
}

/* ---- seals of KMS ---- */

static enum ec
cloud_seals(const struct input *in, struct err *e)
{
	struct client_reach reach = { .ctx = cloud.aws, .aws = net_lend };
	const struct seal_kms_conf conf = { .key = "alias/mail",
		.region = "eu-west-1",
		.account = "123456789012",
		.former = own_path("seal.key"),
		.reach = &reach };
	AUTO(seal) struct seal *s = NULL;
	AUTO(seal) struct seal *other = NULL;
	AUTO(secret) struct secret *pass = NULL;
	AUTO(secret) struct secret *back = NULL;
	AUTO(secret) struct secret *former = NULL;
	char sealed[SEALED_MAX], by_file[SEALED_MAX];

	(void)in;
	TRY(secret_new(OWN_PASS, strlen(OWN_PASS), &pass, e));
	TRY(seal_wrap(own.seal, "a|b|c", pass, by_file, e));
	TRY(seal_open_kms(&conf, &s, e));
	TRY(seal_ready(s, e));
	TRY(seal_wrap(s, "a|b|c", pass, sealed, e));
	TRY(seal_unwrap(s, "a|b|c", by_file, &former, e));
	TRY(seal_open_kms(&conf, &other, e));
	TRY(seal_unwrap(other, "a|b|c", sealed, &back, e));
	return secret_eq(pass, back) && secret_eq(pass, former)
	    ? EC_OK
	    : fail(e, EC_BUG, "not the same");
}

/* ---- before and after all of them ---- */

static const char *
cloud_env(void *ctx, const char *name)
{
	return strcmp(name, "AWS_ENDPOINT_URL") == 0 ? cloud.url
						     : own_env(ctx, name);
}

static bool
cloud_begin(struct err *e)
{
	static const struct aws_env env = { .env = cloud_env };
	static const struct aws_options o = { .attempts = 1,
		.region = "eu-west-1" };

	(void)snprintf(cloud.url, sizeof(cloud.url), "http://127.0.0.1:%u",
	    cloud_server.port);
	return aws_open(own.net, &env, &o, &cloud.aws, e) == EC_OK;
}

static void
cloud_end(void)
{
	aws_close(cloud.aws);
}

#endif
