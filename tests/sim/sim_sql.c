/*
 * The real store (rotator/store*.c) in the virtual world, over the disk of
 * sim_disk.h. Every process opens it anew and closes it, or dies at one of its
 * writes, with or without the power. What must hold: it opens again, it is
 * never damaged, a commit that returned is there, and one that did not is
 * there whole or not at all.
 *
 * w->disk is what is durable as far as anybody can know: the last record that
 * was committed or, after a death, found.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "sim_disk.h"
#include "world.h"

#define LEASE_MS (5 * SIM_MINUTE)

struct sim_sql {
	struct store real;
	struct dice dice;
	struct rec next; /* of a commit that was cut off; n_clients unused */
	bool cut_off;
	unsigned deaths_left;
	bool died;
};

static struct store *
real(struct sim *w)
{
	return &w->sql->real;
}

/* Damage is never an excuse: nothing here flips bits. */
static enum ec
said(struct sim *w, enum ec ec, const struct err *e)
{
	if (w->sql->died && !w->proc.dead) {
		sim_say(w, "--- the process dies in a write");
		w->proc.dead = true;
		w->crashes++;
		reach_mode(w, MODE_G14);
	}
	if (ec == EC_DAMAGED || ec == EC_BUG)
		sim_bad(w, "B1: the store says: %.300s", e->what);
	return ec;
}

/* The next death, and whether the power fails with it. */
static void
next_death(struct sim *w)
{
	struct sim_sql *s = w->sql;

	s->died = false;
	disk_die_at(0, NULL);
	if (s->deaths_left == 0)
		return;
	s->deaths_left--;
	disk_die_at(
	    1 + upto(&s->dice, s->deaths_left > 3 ? 60 : 300), &s->died);
}

static void
end_of_process(struct sim *w, bool dead)
{
	if (dead)
		disk_silence();
	else if (real(w)->ctx != NULL)
		real(w)->unlease(real(w)->ctx);
	auto_store(real(w));
	disk_revive();
}

static void
power_fails(struct sim *w)
{
	struct dice *d = &w->sql->dice;
	const enum disk_loss how = (enum disk_loss)upto(d, LOSS__MAX);

	if (w->nested || w->frozen != 0 || percent(d, 30))
		return;
	sim_say(w, "--- and the power fails (%d)", (int)how);
	disk_power_fails(how, d);
	reach_mode(w, MODE_B4);
}

static enum ec
lease(void *ctx, int64_t now, int64_t ttl, struct err *e)
{
	struct sim *w = ctx;
	enum ec ec;

	(void)ttl;
	disk_process(w->proc.id, w->frozen);
	ec = said(w, store_sqlite_open(disk_dir(), STORE_RW, real(w), e), e);
	if (ec == EC_OK)
		ec = said(w, real(w)->lease(real(w)->ctx, now, LEASE_MS, e), e);
	if (ec == EC_OK)
		w->proc.fence = ++w->lease.fence;
	return ec;
}

/* Between two processes. A frozen one keeps its store. */
static void
unlease(void *ctx)
{
	struct sim *w = ctx;
	const bool dead = w->proc.dead;
	struct err e = { .ec = EC_OK };

	end_of_process(w, dead);
	(void)said(w, EC_OK, &e); /* it may die while it closes */
	if (w->proc.dead) {
		power_fails(w);
		next_death(w);
	}
}

/* What the real store allows must be what the lease of the world allows. */
static enum ec
leased(struct sim *w, enum ec ec)
{
	if (ec == EC_OK && w->proc.fence != w->lease.fence)
		sim_bad(w, "I10: the store lets a rotator without lease work");
	if (ec == EC_BUSY)
		w->proc.lease_lost = true;
	return ec;
}

static enum ec
fence(void *ctx, int64_t now, struct err *e)
{
	struct sim *w = ctx;
	enum ec ec;

	if (sim_enter(w, CALL_FENCE, "", e))
		return e->ec;
	ec = leased(w, said(w, real(w)->fence(real(w)->ctx, now, e), e));
	if (ec == EC_OK)
		w->proc.last_fence = w->calls;
	return sim_leave(w, ec, e);
}

/* Old, or the one that was being written; nothing else, and not older. */
static void
compare(struct sim *w, const struct rec *found)
{
	const uint64_t was = w->on_disk ? w->disk.version : 0;

	if (found->version == was)
		return;
	if (!w->sql->cut_off || found->version != was + 1 ||
	    found->state != w->sql->next.state)
		sim_bad(w, "B1: version %llu after %llu",
		    (unsigned long long)found->version,
		    (unsigned long long)was);
}

/* What was found is the truth from here on. */
static enum ec
take(struct sim *w, const struct rec *found, struct err *e)
{
	AUTO(buf) struct buf b = BUF((size_t)1 << 20);

	const int64_t began = w->proc.began;

	compare(w, found);
	if (w->on_disk && found->version == w->disk.version)
		return EC_OK;
	if (w->proc.life.loaded && w->sql->cut_off &&
	    (w->proc.life.calls & ~(UINT32_C(1) << CALL_LOAD)) == 0)
		w->proc.began = 0; /* the evidence is that of the dead one */
	sim_check_commit(w, found);
	w->proc.began = began;
	reach_commit(w, &w->disk, found);
	TRY(rec_encode(found, &b, e));
	rec_free(&w->disk);
	w->on_disk = true;
	return rec_decode(buf_str(&b), &w->disk, e);
}

static enum ec
load(void *ctx, const char *identity, struct rec *ret, struct err *e)
{
	struct sim *w = ctx;
	enum ec ec;

	if (sim_enter(w, CALL_LOAD, identity, e))
		return e->ec;
	ec = said(w, real(w)->load(real(w)->ctx, identity, ret, e), e);
	if (ec == EC_GONE && w->on_disk)
		sim_bad(w, "B1: the record is gone");
	w->proc.life.found = w->disk.state;
	w->proc.life.loaded = true;
	if (ec == EC_OK) {
		ec = take(w, ret, e);
		w->proc.life.found = w->disk.state;
		w->sql->cut_off = false;
	}
	return sim_leave(w, ec, e);
}

static enum ec
commit(void *ctx, int64_t now, struct rec *r, const struct event *ev,
    struct err *e)
{
	struct sim *w = ctx;
	const enum rot_state was = w->on_disk ? w->disk.state : ROT_IDLE;
	enum ec ec;

	if (sim_enter(w, CALL_COMMIT, "", e))
		return e->ec;
	w->sql->next = *r;
	w->sql->cut_off = true;
	ec =
	    leased(w, said(w, real(w)->commit(real(w)->ctx, now, r, ev, e), e));
	if (ec != EC_OK)
		return sim_leave(w, ec, e);
	w->sql->next.version = r->version;
	ec = take(w, r, e);
	w->sql->cut_off = false;
	w->proc.last_fence = w->calls;
	w->proc.unkept = w->proc.unkept && r->state != ROT_CREATED;
	sim_say(w, "  + %s: %s", ev == NULL ? "-" : ev->what,
	    ev == NULL ? r->waiting : ev->text);
	if (r->state == w->watch && was != w->watch &&
	    w->watch_call == CALL_COMMIT && w->event != NULL)
		w->event(w);
	return sim_leave(w, ec, e);
}

static bool
relief(void *ctx)
{
	struct sim *w = ctx;

	return real(w)->relief(real(w)->ctx);
}

void
sim_sql_begin(struct sim *w, uint64_t seed, unsigned deaths)
{
	disk_wipe();
	w->sql = calloc(1, sizeof(*w->sql));
	if (w->sql == NULL)
		abort();
	w->sql->dice.s = seed;
	w->sql->deaths_left = deaths;
	w->store.lease = lease;
	w->store.fence = fence;
	w->store.unlease = unlease;
	w->store.load = load;
	w->store.commit = commit;
	w->store.relief = relief;
	next_death(w);
}

void
sim_sql_die_at(struct sim *w, uint64_t op)
{
	w->sql->died = false;
	disk_die_at(op, &w->sql->died);
}

/* The store of a process that is frozen is kept for it. */
struct store
sim_sql_put_aside(struct sim *w)
{
	const struct store s = w->sql->real;

	w->sql->real.ctx = NULL;
	return s;
}

void
sim_sql_take_up(struct sim *w, const struct store *s)
{
	w->sql->real = *s;
	disk_process(w->proc.id, 0);
}

void
sim_sql_end(struct sim *w)
{
	if (w->sql == NULL)
		return;
	end_of_process(w, true);
	free(w->sql);
	w->sql = NULL;
}
