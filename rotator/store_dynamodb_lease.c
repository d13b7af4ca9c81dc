/*
 * store_dynamodb_lease: one writer among hosts. The lease is part of the root
 * item; taking it counts its fence up, and every write of its owner is bound
 * to that fence. A rotator that was frozen, or cut off, while another took
 * over finds another fence there and can write nothing.
 *
 * Whose lease may be taken? A free one; one whose owner ran under this very
 * kernel and has ended; and one that has been silent for its span
 * (store_dynamodb_seen.c). That an owner of the same host name ran under
 * another boot proves nothing here: hosts cloned from one image share names.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "rotator/store_dynamodb_p.h"

struct want {
	int64_t now, ttl;
};

/* A fence is never used twice, so it says whose lease it is. */
static bool
ours(const struct dyn *d, const struct root *r)
{
	return r->owner.pid != 0 && r->fence == d->fence;
}

/* Also when the reply to taking it was lost, and an operator's write came
 * before we looked: then we do not know its fence yet. */
static bool
by_us(const struct dyn *d, const struct root *r)
{
	return strcmp(r->session, d->session) == 0;
}

/* left < 0: how long it must be silent is not known. */
static enum ec
taken(const struct dyn *d, const struct root *r, int64_t left, struct err *e)
{
	char since[CLOCK_TEXT_MAX], span[CLOCK_TEXT_MAX];

	clock_text(r->since, since);
	(void)fail(e, EC_BUSY,
	    "the rotator with pid %" PRId64 " on %.64s has it since %s",
	    r->owner.pid, r->owner.host, since);
	if (left < 0)
		(void)fix(e, "run again");
	else {
		clock_span_text(left, span);
		(void)fix(e,
		    "wait for it; when it is stuck: kill %" PRId64
		    " on %.64s. It is passed over if silent for %s more",
		    r->owner.pid, r->owner.host, span);
	}
	return dyn_prefix(d, e);
}

static bool
ended(const struct owner *o)
{
	struct owner me;

	owner_self(&me);
	return me.boot[0] != '\0' && strcmp(o->boot, me.boot) == 0 &&
	    owner_life(o) == OWNER_DEAD;
}

/* May the lease be taken from whom it names? */
static enum ec
may_take(struct dyn *d, const struct root *r, int64_t ttl, struct err *e)
{
	int64_t left = 0;
	struct err why;
	enum ec ec;

	if (r->owner.pid == 0 || by_us(d, r) || ended(&r->owner))
		return EC_OK;
	if (r->ttl > ttl)
		ttl = r->ttl;
	ec = seen_silent(d, ttl, &left, e);
	TRY_MEMORY(ec);
	if (ec == EC_OK)
		return left == 0 ? EC_OK : taken(d, r, left, e);
	why = *e;
	(void)taken(d, r, left, e);
	return fix(e,
	    "%.150s: without it a silent rotator is never passed over",
	    why.what);
}

static enum ec
take(struct dyn *d, struct change *c, void *arg, struct err *e)
{
	const struct want *w = arg;
	struct root *r = &c->next;

	TRY(may_take(d, r, w->ttl, e));
	r->fence++;
	r->beat = 0;
	r->since = w->now;
	r->ttl = w->ttl;
	owner_self(&r->owner);
	memcpy(r->session, d->session, DYN_ID);
	return EC_OK;
}

enum ec
dyn_lease(void *ctx, int64_t now, int64_t ttl_ms, struct err *e)
{
	struct want w = { .now = now, .ttl = ttl_ms };
	struct dyn *d = ctx;

	d->fresh = false;
	TRY(dyn_change(d, take, &w, e));
	d->fence = d->root.fence;
	d->ttl = ttl_ms;
	return EC_OK;
}

enum ec
dyn_hold(struct dyn *d, struct change *c, struct err *e)
{
	if (ours(d, &c->next)) {
		c->next.beat++;
		return EC_OK;
	}
	if (d->fence != 0 && c->next.owner.pid != 0) {
		(void)taken(d, &c->next, -1, e);
		return err_prefix(e, "our lease was taken over");
	}
	(void)fail(e, EC_BUSY, "%s",
	    d->fence != 0 ? "our lease was taken over, and is free again"
			  : "we do not hold its lease");
	(void)fix(e, "run again");
	return dyn_prefix(d, e);
}

static enum ec
renew(struct dyn *d, struct change *c, void *arg, struct err *e)
{
	(void)arg;
	return dyn_hold(d, c, e);
}

enum ec
dyn_fence(void *ctx, int64_t now, struct err *e)
{
	(void)now; /* of the wall: nobody is to go by it */
	return dyn_change(ctx, renew, NULL, e);
}

static enum ec
give_back(struct dyn *d, struct change *c, void *arg, struct err *e)
{
	(void)arg;
	(void)e;
	c->nothing = !ours(d, &c->next);
	c->next.owner.pid = 0;
	c->next.session[0] = '\0';
	return EC_OK;
}

void
dyn_unlease(void *ctx)
{
	struct dyn *d = ctx;
	struct err e;

	if (d->fence == 0 || d->broken)
		return;
	/* When this fails, the next one on this host finds a dead owner, and
	 * one on another host waits. */
	(void)!dyn_change(d, give_back, NULL, &e);
	d->fence = 0;
}
