/*
 * store_lease: one writer. The lease is a row; taking it counts its fence up,
 * and every commit of a record renews it under the fence it was taken with.
 * So a rotator that slept through its lease cannot commit, whatever it
 * believes (the usual reason for a fence:
 * https://martin.kleppmann.com/2016/02/08/how-to-do-distributed-locking.html).
 *
 * An owner that ended without giving the lease back may have been cut off in
 * a write: everything is verified before its lease is taken.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "rotator/store_p.h"

struct lease {
	struct owner owner;
	int64_t fence, since, expires;
};

struct want {
	int64_t now, ttl;
	int64_t fence; /* ret */
};

static void
text(sqlite3_stmt *q, int column, char *ret, size_t size)
{
	(void)snprintf(ret, size, "%s", db_text(q, column));
}

static enum ec
read_lease(struct db *d, struct lease *ret, struct err *e)
{
	AUTO(query) sqlite3_stmt *q = NULL;
	bool row;

	TRY(db_query(d, Q_LEASE, &q, e, ""));
	TRY(db_step(d, q, &row, e));
	if (!row || sqlite3_column_int(q, 8) != 1)
		return db_damaged(d, e, "the lease was altered");
	text(q, 0, ret->owner.host, sizeof(ret->owner.host));
	text(q, 1, ret->owner.boot, sizeof(ret->owner.boot));
	text(q, 2, ret->owner.space, sizeof(ret->owner.space));
	ret->owner.pid = sqlite3_column_int64(q, 3);
	ret->owner.started = sqlite3_column_int64(q, 4);
	ret->fence = sqlite3_column_int64(q, 5);
	ret->since = sqlite3_column_int64(q, 6);
	ret->expires = sqlite3_column_int64(q, 7);
	return EC_OK;
}

static enum ec
taken(const struct db *d, const struct lease *l, struct err *e)
{
	char since[CLOCK_TEXT_MAX], until[CLOCK_TEXT_MAX];

	clock_text(l->since, since);
	clock_text(l->expires, until);
	(void)fail(e, EC_BUSY,
	    "%.200s: the rotator with pid %" PRId64 " on %.64s has it since %s",
	    d->path, l->owner.pid, l->owner.host, since);
	return fix(e,
	    "wait for it; when it is stuck: kill %" PRId64
	    " on %.64s. It is passed over if silent until %s",
	    l->owner.pid, l->owner.host, until);
}

/* May the lease be taken from whom it names? */
static enum ec
may_take(struct db *d, const struct lease *l, int64_t now, struct err *e)
{
	/* A fence of 0 was never anybody's: its lease is free as well. */
	if (l->owner.pid == 0 || l->fence == (int64_t)d->fence)
		return EC_OK;
	if (owner_life(&l->owner) != OWNER_DEAD && l->expires > now)
		return taken(d, l, e);
	return db_verify(d, e);
}

static enum ec
take(struct db *d, void *arg, struct err *e)
{
	struct want *w = arg;
	struct owner me;
	struct lease l = { 0 };

	TRY(read_lease(d, &l, e));
	TRY(may_take(d, &l, w->now, e));
	owner_self(&me);
	w->fence = l.fence + 1;
	return db_run(d, Q_LEASE_TAKE, e, "sssiiiii", me.host, me.boot,
	    me.space, me.pid, me.started, w->fence, w->now, w->now + w->ttl);
}

enum ec
lease_take(void *ctx, int64_t now, int64_t ttl_ms, struct err *e)
{
	struct want w = { .now = now, .ttl = ttl_ms };
	struct db *d = ctx;

	TRY(db_write(d, take, &w, e));
	d->fence = (uint64_t)w.fence;
	d->ttl = ttl_ms;
	return EC_OK;
}

static enum ec
lost(struct db *d, struct err *e)
{
	struct lease l = { 0 };

	TRY(read_lease(d, &l, e));
	if (l.owner.pid != 0 && d->fence != 0) {
		(void)taken(d, &l, e);
		return err_prefix(e, "our lease was taken over");
	}
	(void)fail(e, EC_BUSY, "%.300s: we do not hold its lease", d->path);
	return fix(e, "run again");
}

enum ec
lease_hold(struct db *d, int64_t now, struct err *e)
{
	TRY(db_run(d, Q_LEASE_RENEW, e, "ii", (int64_t)d->fence, now + d->ttl));
	return sqlite3_changes(d->sql) == 1 ? EC_OK : lost(d, e);
}

static enum ec
renew(struct db *d, void *arg, struct err *e)
{
	const int64_t *now = arg;

	return lease_hold(d, *now, e);
}

enum ec
lease_fence(void *ctx, int64_t now, struct err *e)
{
	return db_write(ctx, renew, &now, e);
}

static enum ec
give_back(struct db *d, void *arg, struct err *e)
{
	(void)arg;
	return db_run(d, Q_LEASE_FREE, e, "i", (int64_t)d->fence);
}

void
lease_free(void *ctx)
{
	struct db *d = ctx;
	struct err e;

	if (d->fence == 0)
		return;
	/* When this fails, the next one finds a dead owner, and verifies. */
	if (db_write(d, give_back, NULL, &e) != EC_OK)
		d->whole = false;
	d->fence = 0;
}
