/*
 * store_dynamodb: records; see store.h for the promises and store_dynamodb_p.h
 * for where the other parts lie and why it is built this way.
 *
 * A commit is one transaction: the lease still ours (and renewed), the record
 * as it was loaded, the new record, the event. The caller's record changes
 * only after it.
 */
#include "rotator/store_dynamodb.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/clock.h"
#include "rotator/store_dynamodb_p.h"

#define ITEM_MAX ((size_t)1024 * 1024)

static enum ec
sum_of(const char *identity, const struct dyn_record *r, int64_t fence,
    const char *body, unsigned char ret[DYN_SUM], struct err *e)
{
	return dyn_sum(ret, e, "siisis", identity, r->version, fence,
	    rot_state_name(r->state), r->next_at, body);
}

enum ec
dyn_record(struct dyn *d, const cJSON *item, const char *identity,
    struct dyn_record *ret, struct buf *body, struct err *e)
{
	unsigned char sum[DYN_SUM], want[DYN_SUM];
	char state[32] = "";
	int64_t fence = 0;
	bool known;

	TRY(dyn_get_number(d, item, "version", &ret->version, e));
	TRY(dyn_get_number(d, item, "fence", &fence, e));
	TRY(dyn_get_str(d, item, "state", state, sizeof(state), e));
	TRY(dyn_get_number(d, item, "next_at", &ret->next_at, e));
	TRY(dyn_get_text(d, item, "body", body, e));
	TRY(dyn_get_sum(d, item, "sum", want, e));
	known = rot_state_find(state, &ret->state);
	TRY(sum_of(identity, ret, fence, buf_str(body), sum, e));
	return known && memcmp(sum, want, DYN_SUM) == 0
	    ? EC_OK
	    : dyn_damaged(d, e, "the record of %s was altered", identity);
}

static enum ec
decode(struct dyn *d, const char *identity, int64_t version, const char *body,
    struct rec *ret, struct err *e)
{
	AUTO(rec) struct rec r = { 0 };

	if (rec_decode(body, &r, e) != EC_OK) {
		(void)err_prefix(e, "%s", identity);
		return dyn_prefix(d, e);
	}
	if (r.version != (uint64_t)version || strcmp(r.identity, identity) != 0)
		return dyn_damaged(
		    d, e, "the record of %s was altered", identity);
	*ret = r;
	r.clients = NULL;
	r.n_clients = 0;
	return EC_OK;
}

/* No record is a fact that a rotation is begun on; see root_verify(). */
static enum ec
no_record(struct dyn *d, const char *identity, struct err *e)
{
	TRY(root_verify(d, e));
	(void)fail(e, EC_GONE, "no record of %s", identity);
	(void)fix(e, "the first run of `rotate` for it makes one");
	return dyn_prefix(d, e);
}

static enum ec
load(void *ctx, const char *identity, struct rec *ret, struct err *e)
{
	AUTO(json) cJSON *item = NULL;
	AUTO(buf) struct buf body = BUF(DYN_BODY_MAX);
	struct dyn_record r = { .version = 0 };
	struct dyn *d = ctx;

	TRY(dyn_get(d, "record", identity, &item, e));
	if (item == NULL)
		return no_record(d, identity, e);
	TRY(dyn_record(d, item, identity, &r, &body, e));
	return decode(d, identity, r.version, buf_str(&body), ret, e);
}

/* ---- commit ------------------------------------------------------------ */

struct commit {
	const struct rec *rec; /* as it will be stored */
	const char *body;
	const struct event *ev;
};

/* Refused before: is it because what is stored is not what was loaded? */
static enum ec
compare(struct dyn *d, const struct rec *rec, struct err *e)
{
	AUTO(json) cJSON *item = NULL;
	const int64_t expected = (int64_t)rec->version - 1;
	int64_t stored = 0;

	TRY(dyn_get(d, "record", rec->identity, &item, e));
	if (item != NULL)
		TRY(dyn_get_number(d, item, "version", &stored, e));
	if (stored == expected)
		return EC_OK;
	(void)fail(e, EC_CONFLICT,
	    "record of %s has version %" PRId64 ", not %" PRId64, rec->identity,
	    stored, expected);
	(void)fix(e, "run again; another command changed it meanwhile");
	return dyn_prefix(d, e);
}

static enum ec
item_of(const struct dyn *d, const struct commit *c, const char *write,
    struct buf *ret, struct err *e)
{
	const struct dyn_record r = { .version = (int64_t)c->rec->version,
		.next_at = c->rec->next_at,
		.state = c->rec->state };
	unsigned char sum[DYN_SUM];

	TRY(sum_of(c->rec->identity, &r, d->fence, c->body, sum, e));
	TRY(dyn_begin(ret, "record", c->rec->identity, e));
	TRY(dyn_number(ret, "version", r.version, e));
	TRY(dyn_number(ret, "fence", d->fence, e));
	TRY(dyn_text(ret, "state", rot_state_name(r.state), e));
	TRY(dyn_number(ret, "next_at", r.next_at, e));
	TRY(dyn_text(ret, "body", c->body, e));
	TRY(dyn_text(ret, "write", write, e));
	TRY(dyn_add_sum(ret, "sum", sum, e));
	return buf_adds(ret, "}", e);
}

static enum ec
put(struct dyn *d, struct change *c, void *arg, struct err *e)
{
	AUTO(buf) struct buf item = BUF(ITEM_MAX);
	const struct commit *a = arg;
	const bool first = a->rec->version == 1;

	TRY(dyn_hold(d, c, e));
	if (c->again)
		TRY(compare(d, a->rec, e));
	TRY(item_of(d, a, c->write, &item, e));
	c->next.records += first ? 1 : 0;
	change_proof(c, "record", a->rec->identity);
	TRY(change_put(d, c, &item, first ? IF_ABSENT : IF_VERSION,
	    (int64_t)a->rec->version - 1, e));
	return a->ev != NULL ? dyn_log(d, c, a->ev, e) : EC_OK;
}

static enum ec
too_large(const struct dyn *d, const struct rec *r, struct err *e)
{
	(void)fail(e, EC_LIMIT,
	    "the record of %s has more than %zu bytes, an item may have 400 KB",
	    r->identity, DYN_BODY_MAX);
	(void)fix(
	    e, "divide its %zu clients among two identities", r->n_clients);
	return dyn_prefix(d, e);
}

static enum ec
commit(void *ctx, int64_t now, struct rec *r, const struct event *ev,
    struct err *e)
{
	AUTO(buf) struct buf body = BUF(DYN_BODY_MAX);
	struct rec next = *r; /* borrows the clients */
	struct commit c = { .rec = &next, .ev = ev };
	enum ec ec;

	(void)now; /* of the wall: nobody is to go by it */
	next.version++;
	ec = rec_encode(&next, &body, e);
	if (ec != EC_OK)
		return ec == EC_PROTO ? too_large(ctx, r, e) : ec;
	c.body = buf_str(&body);
	TRY(dyn_change(ctx, put, &c, e));
	r->version = next.version;
	return EC_OK;
}

static bool
relief(void *ctx)
{
	(void)ctx;
	return false;
}

/* ---- open -------------------------------------------------------------- */

static void
close_(void *ctx)
{
	struct dyn *d = ctx;

	if (d->own)
		aws_close(d->aws);
	free(d);
}

static void
auto_dyn(struct dyn **d)
{
	if (*d != NULL)
		close_(*d);
}

static const struct store functions = {
	.lease = dyn_lease,
	.fence = dyn_fence,
	.unlease = dyn_unlease,
	.load = load,
	.commit = commit,
	.relief = relief,
	.each = dyn_due,
	.all = dyn_all,
	.history = dyn_history,
	.note = dyn_note,
	.hold_set = dyn_hold_set,
	.hold_get = dyn_hold_get,
	.confirm_set = dyn_confirm_set,
	.confirm_get = dyn_confirm_get,
	.meta_get = dyn_meta_get,
	.meta_set = dyn_meta_set,
	.words = dyn_words,
	.close = close_,
};

static int64_t
real_mono(void *ctx)
{
	(void)ctx;
	return clock_mono();
}

static void
real_sleep(void *ctx, int64_t ms)
{
	(void)ctx;
	clock_sleep(ms);
}

bool
store_dynamodb_table(const char *name)
{
	const size_t n = strlen(name);

	return n >= 3 && n < DYN_TABLE &&
	    strspn(name,
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"0123456789_.-") == n;
}

struct dyn *
dyn_new(const struct dynamodb_options *o, struct err *e)
{
	struct dyn *d;

	if (!store_dynamodb_table(o->table)) {
		(void)fail(e, EC_CONFIG,
		    "\"%.60s\" cannot be the name of a DynamoDB table",
		    o->table);
		(void)fix(e, "use 3 to 255 of a-z A-Z 0-9 . _ -");
		return NULL;
	}
	d = calloc(1, sizeof(*d));
	if (d == NULL) {
		(void)fail(e, EC_NOMEM, "no memory for a store");
		return NULL;
	}
	d->aws = o->aws;
	(void)snprintf(d->table, sizeof(d->table), "%s", o->table);
	(void)snprintf(d->seen, sizeof(d->seen), "%s", o->seen);
	d->mono = o->mono != NULL ? o->mono : real_mono;
	d->sleep = o->sleep != NULL ? o->sleep : real_sleep;
	d->ctx = o->ctx;
	dyn_id(d->session);
	return d;
}

enum ec
store_dynamodb_open(const struct dynamodb_options *o, enum store_mode mode,
    struct store *ret, struct err *e)
{
	AUTO(dyn) struct dyn *d = dyn_new(o, e);

	if (d == NULL) {
		if (o->own)
			aws_close(o->aws);
		return e->ec;
	}
	d->own = o->own;
	d->readonly = mode == STORE_RO;
	TRY(root_read(d, e));
	*ret = functions;
	ret->ctx = TAKE(d);
	return EC_OK;
}
