/*
 * torture_more: what torture.c does to what runs around an engine: a move
 * between stores, a glance at one, a quiet run, accounts with roles, identities
 * that take turns, and the other end of a request over the network.
 */
#ifndef TESTS_TORTURE_MORE_H
#define TESTS_TORTURE_MORE_H

#include "rotator/fleet_kin.h"
#include "rotator/fleet_turns.h"
#include "rotator/quiet.h"
#include "rotator/store_move.h"
#include "rotator/store_shared.h"
#include "sigv4/account.h"
#include "tests/faults/torture_net.h"

/* ---- a move ---- */

/* The source has one of everything. The target forgets what it is told, so a
 * move ends when it is read back; or it has another record of that name. */
struct more_end {
	bool target, empty;
};

static enum ec
more_ok(void *ctx, int64_t now, struct err *e)
{
	(void)ctx;
	(void)now;
	(void)e;
	return EC_OK;
}

static enum ec
more_lease(void *ctx, int64_t now, int64_t ttl, struct err *e)
{
	(void)ttl;
	return more_ok(ctx, now, e);
}

static void
more_unlease(void *ctx)
{
	(void)ctx;
}

static enum ec
more_load(void *ctx, const char *identity, struct rec *ret, struct err *e)
{
	const struct more_end *m = ctx;

	if (m->target && m->empty)
		return fail(e, EC_GONE, "no record");
	rec_init(ret, identity);
	ret->next_at = m->target ? 1 : 2;
	return EC_OK;
}

static enum ec
more_commit(void *ctx, int64_t now, struct rec *r, const struct event *ev,
    struct err *e)
{
	(void)r;
	(void)ev;
	return more_ok(ctx, now, e);
}

static enum ec
more_each(void *ctx, int64_t now,
    enum ec (*fn)(void *arg, const struct store_row *, struct err *), void *arg,
    struct err *e)
{
	const struct more_end *m = ctx;
	const struct store_row row = { .identity = "mail", .body = "" };

	(void)now;
	return m->target && m->empty ? EC_OK : fn(arg, &row, e);
}

static enum ec
more_history(void *ctx, const char *identity,
    enum ec (*fn)(void *arg, const struct event *, struct err *), void *arg,
    struct err *e)
{
	const struct more_end *m = ctx;
	const struct event ev = { .seq = 1,
		.at = OWN_T0,
		.identity = "mail",
		.what = "note",
		.text = "text" };

	(void)identity;
	return m->target ? EC_OK : fn(arg, &ev, e);
}

static enum ec
more_note(void *ctx, const struct event *ev, struct err *e)
{
	(void)ev;
	return more_ok(ctx, 0, e);
}

static enum ec
more_meta_get(void *ctx, const char *key, struct buf *ret, struct err *e)
{
	const struct more_end *m = ctx;

	if (strcmp(key, STORE_MOVED) == 0)
		return buf_adds(
		    ret, m->target && !m->empty ? "from one" : "", e);
	return m->target ? fail(e, EC_GONE, "no value") : buf_adds(ret, "v", e);
}

static enum ec
more_meta_set(void *ctx, const char *key, const char *value, struct err *e)
{
	(void)key;
	(void)value;
	return more_ok(ctx, 0, e);
}

static enum ec
more_words(void *ctx,
    enum ec (*fn)(void *arg, const struct word *, struct err *), void *arg,
    struct err *e)
{
	const struct more_end *m = ctx;
	const struct word w = { WORD_META, "k", "", 0, "", "v" };

	return m->target ? EC_OK : fn(arg, &w, e);
}

static enum ec
more_move(bool empty, struct err *e)
{
	struct more_end ends[2] = { { false, false }, { true, empty } };
	struct store s[2];
	struct moved n;

	for (int i = 0; i < 2; i++)
		s[i] = (struct store){ .ctx = &ends[i],
			.lease = more_lease,
			.fence = more_ok,
			.unlease = more_unlease,
			.load = more_load,
			.commit = more_commit,
			.each = more_each,
			.history = more_history,
			.note = more_note,
			.meta_get = more_meta_get,
			.meta_set = more_meta_set,
			.words = more_words };
	return store_move(&(struct store_end){ &s[0], "one" },
	    &(struct store_end){ &s[1], "two" }, OWN_T0, 1000, &n, e);
}

static enum ec
more_move_new(const struct input *in, struct err *e)
{
	(void)in;
	return more_move(true, e);
}

static enum ec
more_move_on(const struct input *in, struct err *e)
{
	(void)in;
	return more_move(false, e);
}

/* ---- a run with nothing to do ---- */

static enum ec
more_glance(const struct input *in, struct err *e)
{
	AUTO(buf) struct buf mark = BUF(MAX);
	AUTO(buf) struct buf value = BUF(MAX);

	(void)in;
	return store_sqlite_glance(own_path("state"), "k", &mark, &value, e);
}

static const char more_config[] =
    "account: \"123456789012\"\nstate: %s/state\nidentities:\n"
    "- name: mail\n  regions: [us-east-1]\n"
    "- name: shop\n  regions: [us-east-1]\n"
    "clients:\n- name: a\n  identity: mail\n  type: file\n"
    "  path: /etc/x\n  format: dotenv\n  username: U\n"
    "  password: P\n"
    "- name: b\n  identity: shop\n  type: file\n  path: /etc/x\n"
    "  format: dotenv\n  username: U2\n  password: P2\n";

static enum ec
more_quiet(const struct input *in, struct err *e)
{
	static char path[128];
	struct args args = { .config = path };
	struct app a = { .args = &args };
	struct quiet q;
	enum ec ec, ended = EC_OK;

	(void)in;
	(void)snprintf(path, sizeof(path), "%s/rotate.yaml", own.dir);
	(void)quiet_look(&a, OWN_T0, &q, &ended);
	q.seen.changed = 0; /* the file is as old as one can wish */
	ec = app_store(&a, STORE_RW, e);
	if (ec == EC_OK)
		ec = quiet_keep(&a, &q, EC_OK, e);
	app_close(&a);
	return ec;
}

/* ---- many identities ---- */

static enum ec
more_fleet(const struct input *in, struct err *e)
{
	static const struct fleet_rules rules = { .stop_after = 1 };
	AUTO(turns) struct turns *turns = NULL;
	struct fleet_item items[2] = { { .turn = TURN_WAITS },
		{ .turn = TURN_WAITS } };
	struct store real = { .ctx = NULL }, shared = { .ctx = NULL };
	struct config *c = NULL;
	enum ec ec;

	(void)in;
	TRY(config_load(own_path("rotate.yaml"), &c, e));
	for (size_t i = 0; i < 2; i++)
		items[i].conf = &c->identities[i];
	ec = fleet_kin(c, items, 2, e);
	if (ec == EC_OK && items[1].kin != 0)
		ec = fail(e, EC_BUG, "no kin");
	if (ec == EC_OK)
		ec = turns_new(items, 2, &rules, &turns, e);
	if (ec == EC_OK)
		ec = store_shared(&real, &shared, e);
	if (ec == EC_OK)
		shared.close(shared.ctx);
	config_free(c);
	return ec;
}

/* ---- accounts ---- */

static enum ec
more_accounts(const struct input *in, struct err *e)
{
	static const struct sts_role r = { "arn:aws:iam::123456789012:role/r",
		"session", "external", 900, "profile p" };
	AUTO(aws_account) struct aws_account *base = NULL;
	AUTO(aws_account) struct aws_account *role = NULL;

	(void)in;
	TRY(aws_account_open(&own_aws_env, &base, e));
	TRY(aws_account_ready(base, own.net, e));
	return aws_account_open_role(base, "eu-west-1", &r, &role, e);
}

/* ---- the other end of a request ---- */

/* As put_request() of http_far.c writes it. */
static enum ec
more_question(struct buf *ask, struct err *e)
{
	TRY(wire_put_text(ask, "POST", e));
	TRY(wire_put_text(ask, NOBODY, e));
	TRY(wire_put_text(ask, "Content-Type: text/plain", e));
	TRY(wire_put_text(ask, NULL, e));
	TRY(wire_put_text(ask, "body", e));
	TRY(wire_put_text(ask, NULL, e));
	TRY(wire_put_text(ask, NULL, e));
	TRY(wire_put_text(ask, NULL, e));
	TRY(wire_put_text(ask, NULL, e));
	TRY(wire_put_bytes(ask, "key", 3, e));
	TRY(wire_put(ask, 1000, e));
	TRY(wire_put(ask, 2000, e));
	TRY(wire_put(ask, 0, e));
	for (int i = 0; i < HTTP_KEEP; i++)
		TRY(wire_put_text(ask, NULL, e));
	return EC_OK;
}

static enum ec
more_serve(const struct input *in, struct err *e)
{
	AUTO(buf) struct buf ask = BUF(MAX);
	AUTO(buf) struct buf answer = BUF(MAX);
	struct err told = { .ec = EC_OK };
	struct wire w;

	(void)in;
	TRY(more_question(&ask, e));
	TRY(http_serve(own.net, &ask, &answer, e));
	wire_open(&w, &answer);
	wire_get_err(&w, &told);
	*e = told;
	return e->ec;
}

static bool
more_begin(void)
{
	char text[1024];

	(void)snprintf(text, sizeof(text), more_config, own.dir);
	return own_file("rotate.yaml", text, strlen(text));
}

#endif
