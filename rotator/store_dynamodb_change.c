/*
 * store_dynamodb_change: every write. READ dyn_change() FIRST: it is where a
 * write may be sent a second time.
 *
 * A request carries a token, by which DynamoDB knows it again for ten minutes
 * ("Idempotency", TransactWriteItems); but nothing here rests on that. All
 * tries of one change bear one id and each is bound to the root's revision,
 * so at most one of them has an effect, and the id tells that one did. While
 * the revision is still the one a lost request was bound to, that request may
 * yet arrive.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "rotator/store_dynamodb_p.h"

#define TRIES     8
#define ITEMS_MAX ((size_t)2 * 1024 * 1024)
#define PAUSE_MS  50
#define NAP_MS    1000 /* the first while throttled; twice that, and so on */
#define NAP_MAX   8000

static const char *const conditions[] = {
	[IF_ANY] = NULL,
	[IF_ABSENT] = "\"ConditionExpression\":\"attribute_not_exists(#k)\","
		      "\"ExpressionAttributeNames\":{\"#k\":\"k\"}",
	[IF_PRESENT] = "\"ConditionExpression\":\"attribute_exists(#k)\","
		       "\"ExpressionAttributeNames\":{\"#k\":\"k\"}",
	[IF_VERSION] = "\"ConditionExpression\":\"#v = :v\","
		       "\"ExpressionAttributeNames\":{\"#v\":\"version\"},"
		       "\"ExpressionAttributeValues\":{\":v\":{\"N\":\"",
};

enum ec
change_put(const struct dyn *d, struct change *c, const struct buf *item,
    enum condition cond, int64_t version, struct err *e)
{
	struct buf *b = &c->items;

	TRY(buf_addf(
	    b, e, ",{\"Put\":{\"TableName\":\"%s\",\"Item\":", d->table));
	TRY(buf_add(b, item->p, item->len, e));
	if (cond != IF_ANY)
		TRY(buf_addf(b, e, ",%s", conditions[cond]));
	if (cond == IF_VERSION)
		TRY(buf_addf(b, e, "%" PRId64 "\"}}", version));
	return buf_adds(b, "}}", e);
}

enum ec
change_drop(const struct dyn *d, struct change *c, const char *kind,
    const char *name, struct err *e)
{
	struct buf *b = &c->items;

	TRY(buf_addf(
	    b, e, ",{\"Delete\":{\"TableName\":\"%s\",\"Key\":", d->table));
	TRY(dyn_begin(b, kind, name, e));
	return buf_addf(b, e, "},%s}}", conditions[IF_PRESENT]);
}

void
change_proof(struct change *c, const char *kind, const char *name)
{
	c->proof_kind = kind;
	(void)snprintf(c->proof_name, sizeof(c->proof_name), "%s", name);
}

static enum ec
transaction(const struct dyn *d, const struct change *c, int try,
    struct buf *ret, struct err *e)
{
	TRY(buf_addf(ret, e,
	    "{\"ClientRequestToken\":\"%s-%d\",\"TransactItems\":["
	    "{\"Put\":{\"TableName\":\"%s\",\"Item\":",
	    c->write, try, d->table));
	TRY(root_item(&c->next, ret, e));
	TRY(buf_addf(ret, e,
	    ",\"ConditionExpression\":\"#rev = :rev\","
	    "\"ExpressionAttributeNames\":{\"#rev\":\"rev\"},"
	    "\"ExpressionAttributeValues\":{\":rev\":{\"N\":\"%" PRId64
	    "\"}}}}",
	    c->base));
	if (c->items.len > 0)
		TRY(buf_add(ret, c->items.p, c->items.len, e));
	return buf_adds(ret, "]}", e);
}

static enum ec
transmit(struct dyn *d, const struct change *c, int try, struct err *e)
{
	AUTO(buf) struct buf ask = BUF(2 * ITEMS_MAX);

	TRY(transaction(d, c, try, &ask, e));
	return dyn_call(d, "TransactWriteItems", &ask, NULL, e);
}

/* Was it written by one of the tries? Leaves a fresh root behind. */
static enum ec
find(struct dyn *d, const struct change *c, bool *ret, struct err *e)
{
	AUTO(json) cJSON *item = NULL;
	const char *id;

	*ret = false;
	TRY(root_read(d, e));
	if (strcmp(d->root.write, c->write) == 0) {
		*ret = true;
		return EC_OK;
	}
	if (d->root.rev == c->base || c->proof_kind == NULL)
		return EC_OK;
	/* Ours may have been there before those that followed. */
	TRY(dyn_get(d, c->proof_kind, c->proof_name, &item, e));
	id = json_text(cJSON_GetObjectItemCaseSensitive(item, "write"), "S");
	*ret = id != NULL && strcmp(id, c->write) == 0;
	return EC_OK;
}

static enum ec
lost(struct dyn *d, struct err *e)
{
	d->broken = true;
	d->fresh = false;
	e->ec = EC_UNKNOWN;
	return err_prefix(e, "it is not known whether this was stored");
}

static void
begin(struct dyn *d, struct change *c)
{
	buf_cut(&c->items, 0);
	c->next = d->root;
	c->base = d->root.rev;
	c->next.rev++;
	memcpy(c->next.write, c->write, DYN_ID);
	c->proof_kind = NULL;
	c->nothing = false;
}

/* How long a change has been patient. */
struct patience {
	int64_t until;
	unsigned tries;
};

/* Is it to be tried again, as DynamoDB said "later"? Waits. */
static bool
be_patient(struct dyn *d, struct patience *p, enum ec ec)
{
	int64_t nap = p->tries < 3 ? (int64_t)NAP_MS << p->tries : NAP_MAX;

	if (ec != EC_TEMP || !d->later || ++p->tries > DYN_PATIENCE_TRIES ||
	    d->mono(d->ctx) + nap > p->until)
		return false;
	d->sleep(d->ctx, nap);
	return true;
}

/* A root that is out of date costs a refused transaction, nothing else. */
static enum ec
build(struct dyn *d, struct change *c, dyn_body *fn, void *arg, struct err *e)
{
	if (!d->fresh)
		TRY(root_read(d, e));
	begin(d, c);
	return fn(d, c, arg, e);
}

static void
auto_change(struct change *c)
{
	buf_free(&c->items);
}

static enum ec
read_only(const struct dyn *d, struct err *e)
{
	(void)fail(e, EC_DENIED, "was opened for reading only");
	(void)fix(e, "run it without --dry-run");
	return dyn_prefix(d, e);
}

/* After a refusal, or no answer: was it written all the same? *e stays what it
 * is when it was not. */
static enum ec
look_after(struct dyn *d, const struct change *c, enum ec ec, int64_t *pending,
    struct patience *p, bool *ret, struct err *e)
{
	const struct err why = *e;

	if (ec == EC_UNKNOWN)
		*pending = c->base;
	do
		ec = find(d, c, ret, e);
	while (be_patient(d, p, ec));
	TRY(ec);
	/* Whoever came first, or we: the lost one's chance is over. */
	if (*ret || d->root.rev != *pending)
		*pending = -1;
	if (!*ret)
		*e = why;
	return EC_OK;
}

/* *ret: it is written. EC_OK and not: once more. */
static enum ec
attempt(struct dyn *d, struct change *c, int try, int64_t *pending,
    struct patience *p, bool *ret, struct err *e)
{
	const enum ec ec = transmit(d, c, try, e);

	d->fresh = ec == EC_OK;
	*ret = ec == EC_OK;
	if (ec == EC_OK) {
		d->root = c->next;
		*pending = -1;
		return EC_OK;
	}
	if (be_patient(d, p, ec)) {
		/* It had no effect. The next one must be bound to the same
		 * revision, for the sake of one that was lost before. */
		d->fresh = true;
		return EC_OK;
	}
	if (ec != EC_CONFLICT && ec != EC_UNKNOWN)
		return ec;
	return look_after(d, c, ec, pending, p, ret, e);
}

static enum ec
attempts(struct dyn *d, struct change *c, dyn_body *fn, void *arg,
    int64_t *pending, struct err *e)
{
	struct patience p = { .until = d->mono(d->ctx) + DYN_PATIENCE_MS };
	bool done = false;
	enum ec ec;

	for (int n = 0; n < TRIES + (int)p.tries; n++) {
		const int64_t k = n - (int64_t)p.tries;

		if (k > 1)
			d->sleep(d->ctx, k * k * PAUSE_MS);
		c->again = n > 0;
		ec = build(d, c, fn, arg, e);
		if (be_patient(d, &p, ec))
			continue;
		TRY(ec);
		if (c->nothing)
			return EC_OK;
		TRY(attempt(d, c, n, pending, &p, &done, e));
		if (done)
			return EC_OK;
	}
	e->ec = EC_TEMP;
	return fix(e, "run again; if it stays, see what else writes to it");
}

enum ec
dyn_change(struct dyn *d, dyn_body *fn, void *arg, struct err *e)
{
	AUTO(change) struct change c = { .items = BUF(ITEMS_MAX) };
	int64_t pending = -1; /* revision that a lost request is bound to */
	enum ec ec;

	if (d->readonly)
		return read_only(d, e);
	dyn_id(c.write);
	ec = attempts(d, &c, fn, arg, &pending, e);
	return ec != EC_OK && pending >= 0 ? lost(d, e) : ec;
}
