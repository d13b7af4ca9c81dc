/* The store: the last committed record is what a new process finds. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "world.h"

#define LEASE_MS (5 * SIM_MINUTE)

/* A process that ended without giving it back is dead, unless it is frozen. */
static enum ec
lease(void *ctx, int64_t now, int64_t ttl, struct err *e)
{
	struct sim *w = ctx;

	(void)ttl;
	if (w->lease.owner != 0 && w->lease.owner == w->frozen &&
	    w->lease.expires > now)
		return fail(e, EC_BUSY, "another rotator has it");
	w->lease.owner = w->proc.id;
	w->lease.expires = now + LEASE_MS;
	w->proc.fence = ++w->lease.fence;
	return EC_OK;
}

static bool
lease_is_ours(struct sim *w, int64_t now)
{
	if (w->proc.fence != w->lease.fence && !w->proc.lease_lost) {
		reach_mode(w, MODE_B11);
		w->proc.lease_lost = true;
	}
	if (!w->proc.lease_lost)
		w->lease.expires = now + LEASE_MS;
	return !w->proc.lease_lost;
}

static enum ec
fence(void *ctx, int64_t now, struct err *e)
{
	struct sim *w = ctx;

	if (sim_enter(w, CALL_FENCE, "", e))
		return e->ec;
	if (sim_fault_now(w, CALL_FENCE, NULL)->kind != FAULT_NONE)
		w->proc.lease_lost = true;
	if (!lease_is_ours(w, now))
		return sim_leave(w, fail(e, EC_BUSY, "lease lost"), e);
	w->proc.last_fence = w->calls;
	return sim_leave(w, EC_OK, e);
}

static void
unlease(void *ctx)
{
	struct sim *w = ctx;

	if (!w->proc.dead && w->lease.fence == w->proc.fence)
		w->lease.owner = 0;
}

/* The part of a key that means something: most places for passwords are
 * empty, and a record is copied with every call of the store. */
static void
copy_key(struct rec_key *to, const struct rec_key *from)
{
	memcpy(to, from,
	    offsetof(struct rec_key, pw) + from->n * sizeof(from->pw[0]));
}

static void
copy_fields(struct rec *to, const struct rec *from)
{
	const size_t between = offsetof(struct rec, new);
	const size_t after = between + sizeof(to->new);

	memcpy(to, from, offsetof(struct rec, old));
	copy_key(&to->old, &from->old);
	copy_key(&to->new, &from->new);
	memcpy((char *)to + after, (const char *)from + after,
	    sizeof(*to) - after);
}

/* The clients of a record live behind a pointer. */
static enum ec
copy(struct rec *to, const struct rec *from, struct err *e)
{
	struct rec_client *c = NULL;

	if (from->n_clients > 0) {
		c = calloc(from->n_clients, sizeof(*c));
		if (c == NULL)
			return fail(e, EC_NOMEM, "no memory");
		memcpy(c, from->clients, from->n_clients * sizeof(*c));
	}
	free(to->clients);
	copy_fields(to, from);
	to->clients = c;
	return EC_OK;
}

/* As the real store: through the text form and back. */
static enum ec
through_text(const struct rec *from, struct rec *to, struct err *e)
{
	AUTO(buf) struct buf b = BUF((size_t)1 << 20);

	TRY(rec_encode(from, &b, e));
	return rec_decode(buf_str(&b), to, e);
}

static enum ec
load(void *ctx, const char *identity, struct rec *ret, struct err *e)
{
	struct sim *w = ctx;
	const struct sim_fault *f;

	if (sim_enter(w, CALL_LOAD, identity, e))
		return e->ec;
	f = sim_fault_now(w, CALL_LOAD, NULL);
	if (f->kind == FAULT_FAIL)
		return sim_leave(w, fail(e, (enum ec)f->arg, "disk"), e);
	w->proc.life.found = w->on_disk ? w->disk.state : ROT_IDLE;
	w->proc.life.loaded = true;
	if (!w->on_disk)
		return sim_leave(w, fail(e, EC_GONE, "no record"), e);
	ret->clients = NULL;
	if (w->text)
		TRY(through_text(&w->disk, ret, e));
	else
		TRY(copy(ret, &w->disk, e));
	return sim_leave(w, EC_OK, e);
}

static enum ec
keep(struct sim *w, struct rec *r, const struct event *ev, struct err *e)
{
	const enum rot_state was = w->on_disk ? w->disk.state : ROT_IDLE;

	if (w->on_disk && w->disk.version != r->version)
		return fail(e, EC_CONFLICT, "version moved");
	sim_check_commit(w, r);
	if (ev != NULL)
		sim_check_text(w, ev->text);
	reach_commit(w, &w->disk, r);
	r->version++;
	TRY(copy(&w->disk, r, e));
	w->on_disk = true;
	w->proc.unkept = w->proc.unkept && r->state != ROT_CREATED;
	w->proc.last_fence = w->calls;
	sim_say(w, "  + %s: %s", ev == NULL ? "-" : ev->what,
	    ev == NULL ? r->waiting : ev->text);
	if (r->state == w->watch && was != w->watch &&
	    w->watch_call == CALL_COMMIT && w->event != NULL)
		w->event(w);
	return EC_OK;
}

static enum ec
commit(void *ctx, int64_t now, struct rec *r, const struct event *ev,
    struct err *e)
{
	struct sim *w = ctx;
	const struct sim_fault *f;
	enum ec ec;

	if (sim_enter(w, CALL_COMMIT, "", e))
		return e->ec;
	f = sim_fault_now(w, CALL_COMMIT, NULL);
	w->proc.full = w->proc.full || f->kind == FAULT_FULL;
	if (!lease_is_ours(w, now))
		return sim_leave(w, fail(e, EC_BUSY, "lease lost"), e);
	if (f->kind == FAULT_FAIL || w->proc.full)
		return sim_leave(w,
		    fail(e, w->proc.full ? EC_IO : (enum ec)f->arg, "disk"), e);
	ec = keep(w, r, ev, e);
	/* Kept, but the process is told otherwise: a failed fsync. */
	if (ec == EC_OK && f->kind == FAULT_AFTER) {
		reach_mode(w, MODE_B2);
		ec = fail(e, EC_IO, "fsync");
	}
	return sim_leave(w, ec, e);
}

static bool
relief(void *ctx)
{
	struct sim *w = ctx;
	const bool had = w->reserve && !w->proc.dead;

	if (had && w->proc.unkept)
		reach_mode(w, MODE_B3);
	w->reserve = false;
	if (had)
		w->proc.full = false;
	return had;
}

static enum ec
hold_get(void *ctx, const char *identity, struct hold *ret, struct err *e)
{
	struct sim *w = ctx;

	if (sim_enter(w, CALL_HOLD, identity, e))
		return e->ec;
	*ret = w->hold;
	if (w->hold.held)
		reach_mode(w, MODE_G12);
	w->proc.last_hold = w->calls;
	return sim_leave(w, EC_OK, e);
}

static enum ec
confirm_get(void *ctx, const char *client, const char *key_id,
    struct confirmation *ret, struct err *e)
{
	struct sim *w = ctx;
	const struct sim_client *c = sim_client(w, client);

	if (sim_enter(w, CALL_CONFIRM, client, e))
		return e->ec;
	memset(ret, 0, sizeof(*ret));
	for (size_t i = 0; i < c->n_confirmed; i++)
		if (strcmp(c->confirmed[i].id, key_id) == 0) {
			ret->confirmed = true;
			ret->at = c->confirmed[i].at;
		}
	return sim_leave(w, EC_OK, e);
}

const struct store sim_store = {
	.lease = lease,
	.fence = fence,
	.unlease = unlease,
	.load = load,
	.commit = commit,
	.relief = relief,
	.hold_get = hold_get,
	.confirm_get = confirm_get,
};
