/* The timer and the operator. */
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "rotator/adopt.h"
#include "rotator/guard.h"
#include "world.h"

#define ROUND_MIN (SIM_MINUTE / 2)

/* What was known is gone, and somebody made space meanwhile. */
static enum ec
new_process(struct sim *w)
{
	const bool died = w->proc.dead;

	if (died && w->crash_next > 0 && w->crashes == 1)
		w->crash_at = w->calls + w->crash_next;
	w->proc = (struct sim_proc){ .id = ++w->processes,
		.began = w->now,
		.last_list = -1,
		.life.after_death = died };
	w->run_alarms = 0;
	return w->store.lease(w->store.ctx, w->now - w->skew, 0, &w->err);
}

/* Has he given his word for this key since he was asked (last)? */
static bool
has_said(const struct sim_client *c, const char *id, int64_t asked)
{
	for (size_t i = 0; i < c->n_confirmed; i++)
		if (strcmp(c->confirmed[i].id, id) == 0)
			return c->confirmed[i].at + CLOCKS_MS >= asked;
	return false;
}

/* A person who missed the steps reads `rotate status`. */
static void
read_status(struct sim *w)
{
	for (size_t i = 0; i < w->config.n_clients; i++) {
		struct sim_client *c = w->confs[i].client.conf;
		const struct rec_client *rc =
		    rec_client(&w->disk, w->confs[i].client.name);

		if (rc == NULL || rc->state != CL_ASKED ||
		    (strcmp(c->asked, w->disk.new.id) == 0 &&
			(c->asked_at != 0 ||
			    has_said(c, w->disk.new.id, rc->asked))))
			continue;
		memcpy(c->asked, w->disk.new.id, sizeof(c->asked));
		c->asked_at = w->now;
	}
}

/* As the program does with --wait. */
static bool
may_pass(enum ec ec)
{
	return ec == EC_LATER || ec == EC_TEMP || ec == EC_CLIENT ||
	    ec == EC_PROTO || ec == EC_UNKNOWN;
}

enum ec
sim_run(struct sim *w)
{
	AUTO(rotation) struct rotation r = { .w = NULL };

	w->rounds++;
	w->last = new_process(w);
	if (w->last == EC_OK)
		w->last = rotation_open(&r, &w->world, &w->identity, &w->err);
	if (w->last != EC_OK) {
		w->store.unlease(w->store.ctx);
		reach_run(w, w->last);
		return w->last;
	}
	r.force = w->force && r.rec.state == ROT_IDLE;
	if (w->revoke)
		r.rec.emergency = true;
	w->last = rotation_drive(&r, &w->err);
	for (int i = 0; w->stay && i < 20 && may_pass(w->last); i++) {
		sim_advance(w, r.rec.next_at - (w->now - w->skew) + 1);
		r.listed = r.pinned = false;
		w->last = rotation_drive(&r, &w->err);
	}
	sim_say(w, "=== run ends: %s %s", ec_name(w->last),
	    w->last != EC_OK ? w->err.what : "");
	if (!w->proc.dead)
		sim_check_run(
		    w, w->proc.life.found == ROT_BLOCKED && !w->nested);
	reach_run(w, w->last);
	w->store.unlease(w->store.ctx);
	if (w->last == EC_HUMAN)
		read_status(w);
	if (w->on_disk && w->disk.emergency)
		w->revoke = false;
	if (w->disk.state != ROT_IDLE)
		w->force = false;
	return w->last;
}

/* The rule of the program for what a timer finds (fleet.c). */
bool
sim_due(const struct sim *w)
{
	return !w->on_disk ||
	    rotation_is_due(
		&w->identity, w->disk.state, w->disk.next_at, w->now - w->skew);
}

/* Is there nothing left that the timer could do? */
static bool
over(const struct sim *w)
{
	if (w->proc.dead || !w->on_disk)
		return false;
	if (w->disk.state == ROT_BLOCKED) /* and it has been said */
		return w->last == EC_CONFLICT;
	return w->disk.state == ROT_IDLE && w->last == EC_OK && !sim_due(w);
}

static void
until_next(struct sim *w)
{
	const int64_t wall = w->now - w->skew;
	int64_t wait = w->on_disk ? w->disk.next_at - wall : 0;

	if (w->proc.dead || wait < ROUND_MIN || sim_due(w))
		wait = ROUND_MIN;
	sim_advance(w, wait);
}

static bool
go_on(struct sim *w, enum rot_state s, unsigned rounds)
{
	for (unsigned i = 0; i < rounds && w->bad[0] == '\0'; i++) {
		(void)sim_run(w);
		if (over(w) ||
		    (w->on_disk && w->disk.state == s && !w->proc.dead))
			return w->bad[0] == '\0';
		until_next(w);
	}
	sim_bad(w, "L1: %s, not over after %u runs: %s",
	    rot_state_name(w->disk.state), rounds, w->err.what);
	return false;
}

bool
sim_finish(struct sim *w, unsigned rounds)
{
	if (!go_on(w, ROT__MAX, rounds))
		return false;
	sim_check_end(w);
	return w->bad[0] == '\0';
}

bool
sim_until(struct sim *w, enum rot_state s)
{
	return go_on(w, s, 400) && w->disk.state == s;
}

/* A command that dies is typed again, unless it is seen to have worked; it
 * looks whether it is still possible, as all of them do. */
static void
say_to(struct sim *w, enum rot_state to, const char *what)
{
	for (int i = 0; i < 3 && w->disk.state != to; i++) {
		AUTO(rotation) struct rotation r = { .w = NULL };

		if (new_process(w) == EC_OK &&
		    rotation_open(&r, &w->world, &w->identity, &w->err) ==
			EC_OK &&
		    rotation_leads(r.rec.state, to) &&
		    rotation_advance(&r, to, &w->err, "%s", what) == EC_OK)
			i = 3;
		w->store.unlease(w->store.ctx);
	}
}

void
sim_release(struct sim *w)
{
	memset(&w->hold, 0, sizeof(w->hold));
	if (w->disk.state == ROT_BLOCKED)
		say_to(w, w->disk.resume, "released");
}

void
sim_rollback(struct sim *w)
{
	say_to(w, ROT_RB, "rollback asked for");
}

void
sim_adopt(struct sim *w, const char *current, const char *retire)
{
	AUTO(rotation) struct rotation r = { .w = NULL };
	enum ec ec = new_process(w);

	if (ec == EC_OK)
		ec = rotation_open(&r, &w->world, &w->identity, &w->err);
	if (ec == EC_OK)
		ec = adopt_keys(&r, current, retire, &w->err);
	sim_say(
	    w, "=== adopt: %s %s", ec_name(ec), ec != EC_OK ? w->err.what : "");
	w->store.unlease(w->store.ctx);
}
