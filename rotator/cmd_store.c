/*
 * store: the place of the state. `init` makes the table that several hosts
 * share, `move` brings the state from one store into another, `policy` says
 * what a rotator must be allowed.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/clock.h"
#include "rotator/out.h"
#include "rotator/store_move.h"
#include "rotator/store_open.h"
#include "sigv4/aws.h"

#define LEASE_MS   ((int64_t)5 * 60 * 1000)
#define POLICY_MAX ((size_t)8192)

static const char *const kinds[] = {
	[STORE_SQLITE] = "sqlite",
	[STORE_DYNAMODB] = "dynamodb",
};

static enum ec
which(const char *word, enum store_kind *ret, struct err *e)
{
	for (size_t i = 0; i < COUNT(kinds); i++)
		if (strcmp(kinds[i], word) == 0) {
			*ret = (enum store_kind)i;
			return EC_OK;
		}
	(void)fail(e, EC_USAGE, "no kind of store \"%.40s\"", word);
	return fix(e, "sqlite or dynamodb");
}

static enum ec
print_policy(struct app *a, const char *region, struct err *e)
{
	AUTO(buf) struct buf b = BUF(POLICY_MAX);

	TRY(store_dynamodb_policy(
	    a->config->store_table, region, a->config->account, &b, e));
	out(PLAIN, "%s", buf_str(&b));
	return EC_OK;
}

/* ---- init, policy ------------------------------------------------------ */

static enum ec
tell_made(struct app *a, const struct dynamodb_options *o, bool made, bool bare,
    struct err *e)
{
	const char *region = aws_region(o->aws);

	out(PLAIN, "Table %s in %s %s.\n", o->table, region,
	    made ? "was made" : "is there and ready");
	if (bare)
		out(YELLOW, "This service knows no point-in-time recovery.\n");
	out(PLAIN,
	    "Every host that rotates needs the same sealing key (%s), and "
	    "this policy:\n\n",
	    a->config->seal_where);
	return print_policy(a, region, e);
}

static enum ec
run_init(struct app *a, struct err *e)
{
	char seen[PATH_MAX];
	struct dynamodb_options o = { .own = false };
	bool made = false, bare = false;
	enum ec ec;

	TRY(store_options(a, &o, seen, e));
	ec = store_dynamodb_init(&o, &made, &bare, e);
	if (ec == EC_OK)
		ec = tell_made(a, &o, made, bare, e);
	aws_close(o.aws);
	return ec;
}

static enum ec
run_policy(struct app *a, struct err *e)
{
	char seen[PATH_MAX];
	struct dynamodb_options o = { .own = false };
	enum ec ec;

	TRY(store_options(a, &o, seen, e));
	ec = print_policy(a, aws_region(o.aws), e);
	aws_close(o.aws);
	return ec;
}

/* ---- move -------------------------------------------------------------- */

struct end {
	struct store store;
	char where[STORE_WHERE];
};

static void
auto_end(struct end *x)
{
	auto_store(&x->store);
}

static enum ec
open_end(struct app *a, enum store_kind kind, bool must_exist, struct end *ret,
    struct err *e)
{
	TRY(store_where(a, kind, ret->where, e));
	/* What is to be moved is not made here. */
	if (must_exist) {
		TRY(store_open_kind(a, kind, STORE_RO, &ret->store, e));
		auto_store(&ret->store);
	}
	return store_open_kind(a, kind, STORE_RW, &ret->store, e);
}

/* What comes there was sealed with our key; without one nothing was. */
static enum ec
share_key(
    struct app *a, enum store_kind target, struct store *to, struct err *e)
{
	const enum ec ec = app_seal(a, false, e);

	if (target != STORE_DYNAMODB || ec == EC_GONE)
		return EC_OK;
	TRY(ec);
	return store_seal(a, target, to, e);
}

static enum ec
run_move(struct app *a, struct err *e)
{
	AUTO(end) struct end from = { .where = "" };
	AUTO(end) struct end to = { .where = "" };
	enum store_kind source = STORE_SQLITE, target = STORE_SQLITE;
	struct moved n = { .records = 0 };

	if (a->args->n_words != 3) {
		(void)fail(e, EC_USAGE, "rotate store move wants FROM and TO");
		return fix(e, "rotate store move sqlite dynamodb");
	}
	TRY(which(a->args->words[1], &source, e));
	TRY(which(a->args->words[2], &target, e));
	if (source == target)
		return fail(e, EC_USAGE, "from %s to %s is no move",
		    kinds[source], kinds[target]);
	TRY(open_end(a, source, true, &from, e));
	TRY(open_end(a, target, false, &to, e));
	TRY(share_key(a, target, &to.store, e));
	TRY(store_move(&(struct store_end){ &from.store, from.where },
	    &(struct store_end){ &to.store, to.where }, clock_wall(), LEASE_MS,
	    &n, e));
	if (n.before) {
		out(PLAIN, "%s was moved to %s already.\n", from.where,
		    to.where);
		return EC_OK;
	}
	out(PLAIN,
	    "Moved and read back: %zu records, %zu events, %zu holds, "
	    "confirmations and values.\n"
	    "%s is in use no more; from now on it is %s.\n",
	    n.records, n.events, n.words, from.where, to.where);
	if (a->config->store_kind != target)
		out(YELLOW, "Set  store: { kind: %s }  in %s.\n", kinds[target],
		    a->config->path);
	return EC_OK;
}

static const struct verb {
	const char *name;
	enum ec (*run)(struct app *a, struct err *e);
} verbs[] = {
	{ "init", run_init },
	{ "move", run_move },
	{ "policy", run_policy },
};

static enum ec
exec_store(struct app *a, struct err *e)
{
	TRY(app_config(a, e));
	for (size_t i = 0; i < COUNT(verbs); i++)
		if (strcmp(verbs[i].name, a->args->words[0]) == 0)
			return verbs[i].run(a, e);
	(void)fail(
	    e, EC_USAGE, "rotate store knows no \"%.40s\"", a->args->words[0]);
	return fix(e, "init, move FROM TO, or policy");
}

const struct command cmd_store = {
	.name = "store",
	.operands = "init | move FROM TO | policy",
	.summary = "make, move or describe the place of the state",
	.help =
	    "The state is in a database of this host (sqlite), or in a\n"
	    "DynamoDB table that several hosts share (dynamodb), of which\n"
	    "one rotates at a time. After store: was added to the\n"
	    "configuration:\n"
	    "\n"
	    "  rotate store init                   make the table\n"
	    "  rotate store move sqlite dynamodb   bring the state there\n"
	    "  rotate store policy                 what rotators need\n"
	    "\n"
	    "init and move may be repeated; after a crash they go on where\n"
	    "they were. A store that was moved is used no more.\n",
	.min_words = 1,
	.max_words = 3,
	.options = O_CONFIG | O_LOG,
	.run = exec_store,
};
