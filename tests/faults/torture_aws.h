/*
 * torture_aws: what torture.c does to the parts that keep their state at AWS:
 * the store in DynamoDB and seals of KMS, against torture_fake.h. Whoever was
 * told that memory is out has written nothing, and what was written is said to
 * be: the table itself is asked.
 */
#ifndef TESTS_TORTURE_AWS_H
#define TESTS_TORTURE_AWS_H

#include "rotator/store_dynamodb_p.h"
#include "tests/faults/torture_fake.h"
#include "tests/faults/torture_net.h"

#define AWS_TTL 60000

static struct aws *aws_ours;
static int64_t aws_now = 1000;

static int64_t
aws_mono(void *ctx)
{
	(void)ctx;
	return aws_now;
}

static enum ec
aws_dyn(enum store_mode mode, struct store *ret, struct err *e)
{
	static char seen[128];
	const struct dynamodb_options o = { .aws = aws_ours,
		.table = "rotator",
		.seen = seen,
		.mono = aws_mono,
		.sleep = net_sleep };

	(void)snprintf(seen, sizeof(seen), "%s", own_path("lease-seen"));
	return store_dynamodb_open(&o, mode, ret, e);
}

/* What a write came to: is it what was done? */
static enum ec
aws_done(int64_t before, enum ec ec, struct err *e)
{
	if (ec == EC_OK && fake->rev == before)
		return fail(e, EC_BUG, "nothing was written");
	if (ec == EC_NOMEM && fake->rev != before)
		return fail(e, EC_BUG, "it was written all the same");
	return ec;
}
#define WRITE(call)                                                            \
	do {                                                                   \
		const int64_t before_ = fake->rev;                             \
		TRY(aws_done(before_, (call), e));                             \
	} while (0)

/* An empty table, opened and leased. */
static enum ec
aws_fresh(struct store *s, struct err *e)
{
	fake->order = FAKE_SEED;
	TRY(aws_dyn(STORE_RW, s, e));
	WRITE(s->lease(s->ctx, OWN_T0, AWS_TTL, e));
	return EC_OK;
}

/* A commit that had no memory can be made once more, with nothing lost. */
static enum ec
aws_commit(
    struct store *s, struct rec *r, const struct event *ev, struct err *e)
{
	const uint64_t was = r->version;
	const int64_t before = fake->rev;
	struct err again;
	enum ec ec;

	ec = aws_done(before, s->commit(s->ctx, OWN_T0, r, ev, e), e);
	if (ec == EC_NOMEM &&
	    (r->version != was ||
		s->commit(s->ctx, OWN_T0, r, ev, &again) != EC_OK))
		return fail(e, EC_BUG, "it cannot be made again");
	if (fake->version != (int64_t)r->version || r->version != was + 1)
		return fail(e, EC_BUG, "version %lld is stored",
		    (long long)fake->version);
	return ec;
}

static const struct event aws_event = { .at = OWN_T0,
	.identity = "mail",
	.what = "state",
	.text = "no UTF-8: \xff" };

static enum ec
aws_write(const struct input *in, struct err *e)
{
	AUTO(store) struct store s = { 0 };
	AUTO(rec) struct rec r = { 0 };

	(void)in;
	rec_init(&r, "mail");
	TRY(aws_fresh(&s, e));
	TRY(aws_commit(&s, &r, &aws_event, e));
	s.unlease(s.ctx);
	return EC_OK;
}

/* Refused first, so that it is looked up what is in the way. */
static enum ec
aws_refused(const struct input *in, struct err *e)
{
	AUTO(store) struct store s = { 0 };
	AUTO(rec) struct rec r = { 0 };

	(void)in;
	rec_init(&r, "mail");
	TRY(aws_fresh(&s, e));
	fake->cancel = 1;
	return aws_commit(&s, &r, NULL, e);
}

/* No record yet: counted, to be sure of it. */
static enum ec
aws_absent(const struct input *in, struct err *e)
{
	AUTO(store) struct store s = { 0 };
	AUTO(rec) struct rec r = { 0 };

	(void)in;
	fake->order = FAKE_SEED;
	TRY(aws_dyn(STORE_RO, &s, e));
	return s.load(s.ctx, "mail", &r, e);
}

static enum ec
aws_words(const struct input *in, struct err *e)
{
	struct hold h = { true, OWN_T0, "ann", "why" };
	AUTO(store) struct store s = { 0 };
	AUTO(buf) struct buf b = BUF(MAX);

	(void)in;
	fake->order = FAKE_SEED;
	TRY(aws_dyn(STORE_RW, &s, e));
	WRITE(s.hold_set(s.ctx, "mail", &h, e));
	h.held = false;
	WRITE(s.hold_set(s.ctx, "mail", &h, e));
	WRITE(s.confirm_set(s.ctx, "c", OWN_ID, OWN_T0, "ann", e));
	WRITE(s.meta_set(s.ctx, "k", "v", e));
	TRY(s.meta_get(s.ctx, "k", &b, e));
	return fake->holds == 0 && strcmp(buf_str(&b), "v") == 0
	    ? EC_OK
	    : fail(e, EC_BUG, "not what was written");
}

/* Somebody else has the lease, and is silent. */
static enum ec
aws_other(const struct input *in, struct err *e)
{
	AUTO(store) struct store a = { 0 };
	AUTO(store) struct store b = { 0 };
	enum ec ec;

	(void)in;
	(void)unlink(own_path("lease-seen"));
	TRY(aws_fresh(&a, e));
	TRY(aws_dyn(STORE_RW, &b, e));
	aws_now += AWS_TTL;
	ec = b.lease(b.ctx, OWN_T0, AWS_TTL, e);
	if (ec != EC_BUSY)
		return ec != EC_OK ? ec : fail(e, EC_BUG, "taken at once");
	aws_now += AWS_TTL;
	WRITE(b.lease(b.ctx, OWN_T0, AWS_TTL, e));
	return EC_OK;
}

static enum ec
aws_word(void *arg, const struct word *w, struct err *e)
{
	unsigned *n = arg;

	(void)e;
	*n += w->name[0] != '\0';
	return EC_OK;
}

static enum ec
aws_read(const struct input *in, struct err *e)
{
	AUTO(store) struct store s = { 0 };
	AUTO(rec) struct rec r = { 0 };
	unsigned n = 0;

	(void)in;
	fake->order = FAKE_RESTORE;
	TRY(aws_dyn(STORE_RO, &s, e));
	TRY(s.each(s.ctx, INT64_MAX, own_record, NULL, e));
	TRY(s.load(s.ctx, "mail", &r, e));
	TRY(s.history(s.ctx, NULL, own_event, &n, e));
	return n == 2 ? EC_OK : fail(e, EC_BUG, "%u events", n);
}

static enum ec
aws_read_words(const struct input *in, struct err *e)
{
	AUTO(store) struct store s = { 0 };
	struct confirmation yes;
	struct hold h, none;
	unsigned n = 0;

	(void)in;
	fake->order = FAKE_RESTORE;
	TRY(aws_dyn(STORE_RO, &s, e));
	TRY(s.hold_get(s.ctx, "mail", &h, e));
	TRY(s.hold_get(s.ctx, "shop", &none, e));
	TRY(s.confirm_get(s.ctx, "c", OWN_ID, &yes, e));
	TRY(s.words(s.ctx, aws_word, &n, e));
	return h.held && !none.held && yes.confirmed && n == 3
	    ? EC_OK
	    : fail(e, EC_BUG, "not what was written");
}

static enum ec
aws_no_table(const struct input *in, struct err *e)
{
	AUTO(store) struct store s = { 0 };
	enum ec ec;

	(void)in;
	fake->missing = true;
	ec = aws_dyn(STORE_RO, &s, e);
	fake->missing = false;
	return ec;
}

/* ---- seals of KMS ---- */

static enum ec
aws_seal(struct seal **ret, struct err *e)
{
	static struct client_reach reach = { .aws = net_lend };
	static const struct seal_kms_conf conf = { .key = "alias/mail",
		.region = "us-east-1",
		.account = "123456789012",
		.former = "/nowhere",
		.reach = &reach };

	reach.ctx = aws_ours;
	return seal_open_kms(&conf, ret, e);
}

/* In one process, then in another one, which has to ask for the data key. A
 * seal that was out of memory seals as well as any other afterwards. */
static enum ec
aws_seals(const struct input *in, struct err *e)
{
	AUTO(seal) struct seal *one = NULL;
	AUTO(seal) struct seal *two = NULL;
	AUTO(secret) struct secret *pass = NULL;
	AUTO(secret) struct secret *back = NULL;
	char sealed[SEALED_MAX];
	struct err again;
	enum ec ec;

	(void)in;
	TRY(secret_new(OWN_PASS, strlen(OWN_PASS), &pass, e));
	TRY(aws_seal(&one, e));
	TRY(aws_seal(&two, e));
	ec = seal_wrap(one, "a|b|c", pass, sealed, e);
	if (ec != EC_OK)
		return ec != EC_NOMEM ||
			seal_wrap(one, "a|b|c", pass, sealed, &again) == EC_OK
		    ? ec
		    : fail(e, EC_BUG, "it does not seal any more");
	ec = seal_unwrap(two, "a|b|c", sealed, &back, e);
	if (ec != EC_OK)
		return ec != EC_NOMEM ||
			seal_unwrap(two, "a|b|c", sealed, &back, &again) ==
			    EC_OK
		    ? ec
		    : fail(e, EC_BUG, "it does not open any more");
	return secret_eq(pass, back) ? EC_OK : fail(e, EC_BUG, "not the same");
}

static enum ec
aws_no_key(const struct input *in, struct err *e)
{
	AUTO(seal) struct seal *s = NULL;
	enum ec ec;

	(void)in;
	TRY(aws_seal(&s, e));
	fake->missing = true;
	ec = seal_ready(s, e);
	fake->missing = false;
	return ec;
}

/* ---- before all of them ---- */

/* What aws_read() finds. */
static enum ec
aws_furnish(struct err *e)
{
	static const char *const names[] = { "mail", "shop" };
	const struct hold h = { true, OWN_T0, "ann", "why" };
	AUTO(store) struct store s = { 0 };

	TRY(aws_fresh(&s, e));
	for (size_t i = 0; i < COUNT(names); i++) {
		AUTO(rec) struct rec r = { 0 };

		rec_init(&r, names[i]);
		TRY(s.commit(s.ctx, OWN_T0, &r, &aws_event, e));
	}
	TRY(s.hold_set(s.ctx, "mail", &h, e));
	TRY(s.confirm_set(s.ctx, "c", OWN_ID, OWN_T0, "ann", e));
	TRY(s.meta_set(s.ctx, "k", "v", e));
	s.unlease(s.ctx);
	fake->order = FAKE_KEEP;
	return s.meta_set(s.ctx, "k", "v", e);
}

static bool
aws_begin(struct err *e)
{
	static const char *more[] = { "AWS_ENDPOINT_URL_DYNAMODB", NOBODY,
		"AWS_ENDPOINT_URL_KMS", NOBODY, "AWS_SHARED_CREDENTIALS_FILE",
		"~/keys", "AWS_CONFIG_FILE", "~/none", NULL };
	static const struct aws_options o = { .attempts = 3,
		.region = "us-east-1",
		.timeout_ms = 10000,
		.sleep = net_sleep };
	static struct aws_env env;
	AUTO(buf) struct buf seed = BUF(sizeof(fake->seed));
	struct root root = { .rev = 1 };

	dyn_id(root.write);
	if (root_item(&root, &seed, e) != EC_OK)
		return false;
	(void)snprintf(fake->seed, sizeof(fake->seed), "%s", buf_str(&seed));
	env = net_world(more);
	return aws_open(fake_net, &env, &o, &aws_ours, e) == EC_OK &&
	    aws_furnish(e) == EC_OK;
}

static void
aws_end(void)
{
	aws_close(aws_ours);
}

#endif
