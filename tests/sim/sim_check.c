/*
 * The invariants. What is asked here is asked of the world itself and of the
 * durable record, never of the engine's memory: a process may die now.
 */
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "world.h"

static int64_t
larger(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static bool
is(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

/* ---- after every call ---- */

/* `revoke` does not wait for a process that lags behind its file. */
static bool
lags_in_emergency(const struct sim *w, struct sim_client *s)
{
	if (w->disk.emergency && s->live_at != 0)
		s->exempt = true; /* until it has picked up what we wrote */
	return s->exempt;
}

/* I1: what a registered client holds is Active and accepted by SES. */
static void
check_client(struct sim *w, const struct client_conf *c)
{
	const struct sim_client *s = c->client.conf;
	const bool counts =
	    c->required && !lags_in_emergency(w, c->client.conf);
	const char *held[] = { s->user, s->live };

	for (size_t i = 0; counts && i < COUNT(held); i++) {
		const struct sim_key *k = sim_key(w, held[i]);

		if (held[i][0] == '\0')
			continue;
		if (k == NULL || !k->active || !sim_ses_accepts(w, k))
			sim_bad(w, "I1: %s %s %s, which is %s", c->client.name,
			    i == 0 ? "holds" : "runs with", held[i],
			    k == NULL        ? "gone"
				: !k->active ? "Inactive"
					     : "not accepted yet");
	}
}

static bool
in_record(const struct rec *r, const char *id)
{
	return is(r->old.id, id) || is(r->new.id, id) || is(r->orphan, id) ||
	    iam_keys_find(&r->base, id) != NULL;
}

/* I3: every key of ours is in the record, or covered by an unanswered call. */
static void
check_forgotten(struct sim *w)
{
	int64_t covered = w->disk.sent - w->disk.answered;

	for (size_t i = 0; i < w->n_keys; i++) {
		const struct sim_key *k = &w->keys[i];

		if (!k->exists || k->foreign || in_record(&w->disk, k->id))
			continue;
		if (covered-- <= 0 &&
		    !(w->disk.state == ROT_BLOCKED &&
			strstr(w->disk.alarm, k->id) != NULL))
			sim_bad(w, "I3: %s is forgotten", k->id);
	}
}

void
sim_check(struct sim *w)
{
	for (size_t i = 0; i < w->config.n_clients; i++)
		check_client(w, &w->confs[i]);
	check_forgotten(w);
	if (sim_keys_count(w) > 2)
		sim_bad(w, "I2: three keys");
}

/* ---- before an effect ---- */

/* I10, A11, A12: whose lease, which user, asked so many calls ago. */
static void
check_pins(struct sim *w, const char *what, unsigned long since)
{
	if (w->calls - w->last_fence > since)
		sim_bad(w, "I10: %s without looking at the fence", what);
	if (!is(w->account, SIM_ACCOUNT))
		sim_bad(w, "A11: %s in account %s", what, w->account);
	if (!is(w->user_id, w->disk.user_id))
		sim_bad(w, "A12: %s at another user", what);
	if (w->skew > 2 * SIM_MINUTE || w->skew < -2 * SIM_MINUTE)
		sim_bad(w, "A17: %s with a wrong clock", what);
	if (w->disk.state == ROT_BLOCKED)
		sim_bad(w, "L2: %s while BLOCKED", what);
}

/* I2, I7: announced, each call by itself, after a list with a free slot. */
void
sim_check_create(struct sim *w)
{
	char mark[sizeof(w->create_mark)];

	check_pins(w, "create", 1);
	(void)snprintf(
	    mark, sizeof(mark), "%s/%d", w->disk.rotation, (int)w->disk.sent);
	if (w->disk.state != ROT_INTENT || w->disk.sent <= w->disk.answered)
		sim_bad(w, "I7: create was not announced");
	if (is(mark, w->create_mark))
		sim_bad(w, "I8: create repeated under one announcement");
	if (w->last_list < 0 || w->last_list > 1)
		sim_bad(w, "I2: create after a list of %d", w->last_list);
	memcpy(w->create_mark, mark, sizeof(mark));
}

/* Back on a key that nobody but people can try. */
static bool
unprovable(struct sim *w)
{
	for (size_t i = 0; i < w->config.n_clients; i++) {
		const struct client_conf *c = &w->confs[i];
		const struct rec_client *rc =
		    rec_client(&w->disk, c->client.name);

		if (c->required && !c->client.drv->human && rc != NULL &&
		    rc->touched)
			return false;
	}
	return w->disk.rollback && w->disk.new.n == 0;
}

static bool
never_deployed(const struct rec *d)
{
	for (size_t i = 0; i < d->n_clients; i++)
		if (d->clients[i].touched)
			return false;
	return d->rollback;
}

/* I4, the part about one client. */
static void
check_moved(struct sim *w, const struct client_conf *c, const char *old)
{
	const struct sim_client *s = c->client.conf;
	const struct rec_client *rc = rec_client(&w->disk, c->client.name);
	const bool alone = w->disk.rollback && (rc == NULL || !rc->touched);

	if (!c->required || (rc != NULL && rc->state == CL_LEFT))
		return;
	if (!alone && (rc == NULL || rc->state != CL_VERIFIED))
		sim_bad(w, "I4: %s was never verified", c->client.name);
	if ((is(s->user, old) || is(s->live, old)) && !s->exempt)
		sim_bad(w, "I4: %s is still on %s", c->client.name, old);
}

/* Until then a use of the old key may be that of a client that lags. */
static int64_t
expected_until(const struct sim *w)
{
	int64_t ms = w->identity.slack;

	for (size_t i = 0; i < w->config.n_clients; i++)
		ms = larger(ms, w->confs[i].pickup);
	return w->disk.verified_at + ms;
}

/* I4: everything but the waiting times. */
static void
check_proof(struct sim *w, const struct sim_key *old)
{
	const struct rec *d = &w->disk;
	const struct sim_key *new = sim_key(w, d->new.id);

	for (size_t i = 0; i < w->config.n_clients; i++)
		check_moved(w, &w->confs[i], old->id);
	if (new == NULL || !new->active)
		sim_bad(w, "I4: the new key is not Active");
	else if (!never_deployed(d) && !unprovable(w) &&
	    w->now - new->accepted > SIM_DAY + 2 * SIM_MINUTE)
		sim_bad(w, "I4: no proof of the new key within a day");
	if (w->hold.held)
		sim_bad(w, "I4: it is held");
	if (w->calls - w->last_hold > 2)
		sim_bad(w, "I4: the hold was not looked at");
	if (!d->emergency && old->stranger > expected_until(w) &&
	    old->stranger + w->use_lag + 16 * SIM_MINUTE < w->now)
		sim_bad(w, "I4: a stranger uses %s", old->id);
}

static void
check_orphan(struct sim *w, const struct sim_key *k)
{
	if (w->disk.sent <= w->disk.answered)
		sim_bad(w, "I5: %s is nobody's orphan", k->id);
	if (k->used[0] + w->use_lag < w->now && k->used[0] != 0)
		sim_bad(w, "I5: orphan %s is used", k->id);
}

void
sim_check_off(struct sim *w, const struct sim_key *k)
{
	const struct rec *d = &w->disk;

	check_pins(w, "deactivate", 1);
	if (d->state == ROT_ORPH && is(d->orphan, k->id)) {
		check_orphan(w, k);
		return;
	}
	if (d->state != ROT_DEACT || !is(d->old.id, k->id) || d->off_at == 0)
		sim_bad(w, "I7: deactivating %s was not announced", k->id);
	check_proof(w, k);
	if (!d->emergency && !never_deployed(d) &&
	    w->now < d->verified_at + w->identity.grace - SIM_MINUTE)
		sim_bad(w, "I4: no grace for %s", k->id);
}

void
sim_check_on(struct sim *w, const struct sim_key *k)
{
	const struct rec *d = &w->disk;

	check_pins(w, "activate", 1);
	if (!is(d->old.id, k->id) && !is(d->orphan, k->id))
		sim_bad(w, "I5: activating %s", k->id);
}

/* A key that could not be kept goes at once: only its maker ever saw it. */
static bool
just_made(const struct sim *w, const struct sim_key *k)
{
	return w->disk.state == ROT_INTENT && !k->foreign &&
	    w->now - k->created < SIM_MINUTE && k->used[0] == 0;
}

void
sim_check_remove(struct sim *w, const struct sim_key *k)
{
	const struct rec *d = &w->disk;
	const int64_t quiet =
	    larger(w->identity.quiet, w->identity.late_window);

	if (just_made(w, k))
		return;
	check_pins(w, "delete", 2);
	if (k->active)
		sim_bad(w, "I4: %s is Active and deleted", k->id);
	if (d->state == ROT_ORPHQ && is(d->orphan, k->id)) {
		check_orphan(w, k);
		if (w->now - k->changed < w->identity.late_window - SIM_MINUTE)
			sim_bad(w, "I4: orphan %s had no quarantine", k->id);
		return;
	}
	if (d->state != ROT_DEL || !is(d->old.id, k->id))
		sim_bad(w, "I7: deleting %s was not announced", k->id);
	check_proof(w, k);
	if (w->now - k->changed < quiet - SIM_MINUTE)
		sim_bad(w, "I4: %s was not quiet", k->id);
}

void
sim_check_write(struct sim *w, const char *client)
{
	struct rec_client *rc = rec_client(&w->disk, client);

	if (w->calls - w->last_fence > 1)
		sim_bad(w, "I10: write without looking at the fence");
	if (w->disk.state != ROT_PUSHING && w->disk.state != ROT_RB)
		sim_bad(w, "I7: write in %s", rot_state_name(w->disk.state));
	if (rc == NULL || rc->state != CL_WRITING || !rc->touched)
		sim_bad(w, "I7: write of %s was not announced", client);
}

/* I14: only along the arrows; the numbers only grow. */
void
sim_check_commit(struct sim *w, const struct rec *r)
{
	const struct rec *d = &w->disk;

	if (w->on_disk && r->state != d->state &&
	    !rotation_leads(d->state, r->state))
		sim_bad(w, "I14: %s -> %s", rot_state_name(d->state),
		    rot_state_name(r->state));
	if (r->sent < r->answered)
		sim_bad(w, "I14: more answers than calls");
	if (rotation_broken_fact(r) != NULL)
		sim_bad(w, "I14: not true: %s", rotation_broken_fact(r));
}

/* ---- at the end ---- */

static void
check_idle(struct sim *w)
{
	for (size_t i = 0; i < w->n_keys; i++) {
		const struct sim_key *k = &w->keys[i];

		if (k->exists && !k->foreign && !is(k->id, w->disk.old.id))
			sim_bad(w, "I3: %s is left over", k->id);
	}
	if (w->disk.old.id[0] != '\0' && sim_key(w, w->disk.old.id) == NULL)
		sim_bad(w, "I3: the key in use does not exist");
}

/* L2: whatever both keys are for, both can send. */
static void
check_blocked(struct sim *w)
{
	const char *ids[] = { w->disk.old.id, w->disk.new.id };

	if (w->alarms == 0 || w->disk.alarm[0] == '\0' ||
	    w->disk.alarm_fix[0] == '\0')
		sim_bad(w, "L1: BLOCKED without an alarm and a remedy");
	if (w->disk.off_at != 0)
		return; /* a call without an answer has landed since */
	for (size_t i = 0; i < COUNT(ids); i++) {
		const struct sim_key *k = sim_key(w, ids[i]);

		if (k != NULL && !k->active && w->disk.resume != ROT_QUIET &&
		    w->disk.resume != ROT_DEL && w->disk.resume != ROT_CREATED)
			sim_bad(w, "L2: BLOCKED with %s Inactive", k->id);
	}
}

void
sim_check_end(struct sim *w)
{
	sim_check(w);
	if (w->disk.state == ROT_IDLE)
		check_idle(w);
	else if (w->disk.state == ROT_BLOCKED)
		check_blocked(w);
}
