/*
 * The invariants that are asked right before an effect, or a commit: was it
 * announced, was everything looked at, is it proved, who is affected. As in
 * sim_check.c, the world and the durable record are asked, never the engine.
 */
#include "sim_check_p.h"

/* I10, A11, A12: whose lease, which user, asked so many calls ago. */
static void
check_pins(struct sim *w, const char *what, unsigned long since)
{
	reach_check(w, CHECK_I10);
	reach_check(w, CHECK_L2);
	if (w->calls - w->proc.last_fence > since)
		sim_bad(w, "I10: %s without looking at the fence", what);
	if (w->proc.fence != w->lease.fence)
		sim_bad(w, "I10: %s by a rotator without the lease", what);
	if (!w->proc.fresh_list && !is(what, "create"))
		sim_bad(w, "I8: %s before anything was looked at", what);
	reach_check(w, CHECK_I8);
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
	reach_check(w, CHECK_I7);
	if (w->disk.state != ROT_INTENT || w->disk.sent <= w->disk.answered)
		sim_bad(w, "I7: create was not announced");
	if (is(mark, w->create_mark))
		sim_bad(w, "I8: create repeated under one announcement");
	if (w->proc.last_list < 0 || w->proc.last_list > 1)
		sim_bad(w, "I2: create after a list of %d", w->proc.last_list);
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
	if (is(s->user, old) && s->exempt && s->read > s->edited &&
	    !w->disk.emergency && c->client.drv->read != NULL)
		sim_bad(w, "I4: %s was read and is still on %s", c->client.name,
		    old);
	/* Whoever switched it off by hand has broken what still ran with it,
	 * and no use can show that any more. */
	if ((is(s->user, old) || is(s->live, old)) && !s->exempt &&
	    !sim_key_ever(w, old)->others)
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

	reach_check(w, CHECK_I4);
	for (size_t i = 0; i < w->config.n_clients; i++)
		check_moved(w, &w->confs[i], old->id);
	if (new == NULL || !new->active)
		sim_bad(w, "I4: the new key is not Active");
	else if (!never_deployed(d) && !unprovable(w) &&
	    w->now - new->accepted > SIM_DAY + 2 * SIM_MINUTE)
		sim_bad(w, "I4: no proof of the new key within a day");
	if (w->hold.held)
		sim_bad(w, "I4: it is held");
	if (w->calls - w->proc.last_hold > 2)
		sim_bad(w, "I4: the hold was not looked at");
	/* AWS keeps the first use of 15 minutes only. */
	if (!d->emergency &&
	    old->stranger > expected_until(w) + 15 * SIM_MINUTE &&
	    old->stranger + w->use_lag + 16 * SIM_MINUTE < w->now)
		sim_bad(w, "I4: a stranger uses %s", old->id);
}

static void
check_orphan(struct sim *w, const struct sim_key *k)
{
	reach_check(w, CHECK_I5);
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
	if ((d->state == ROT_ORPH || d->state == ROT_ORPHQ) &&
	    is(d->orphan, k->id)) {
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

/* A key that could not be kept goes at once: only its maker ever saw it, even
 * if another rotator has set it aside meanwhile. */
static bool
just_made(const struct sim *w, const struct sim_key *k)
{
	const enum rot_state s = w->disk.state;

	return (s == ROT_INTENT || s == ROT_ORPH || s == ROT_ORPHQ) &&
	    !k->foreign && w->proc.unkept && k->used[0] == 0;
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
		if (!k->others &&
		    w->now - k->changed < w->identity.late_window - SIM_MINUTE)
			sim_bad(w, "I4: orphan %s had no quarantine", k->id);
		return;
	}
	if (d->state != ROT_DEL || !is(d->old.id, k->id))
		sim_bad(w, "I7: deleting %s was not announced", k->id);
	check_proof(w, k);
	if (!k->others && w->now - k->changed < quiet - SIM_MINUTE)
		sim_bad(w, "I4: %s was not quiet", k->id);
}

/* I13: a pair reaches a client as it was made, for its region; or as it was
 * found there. */
static void
check_pair(struct sim *w, const struct client *c, const struct rec_client *rc,
    const struct smtp_cred *cred)
{
	const struct sim_key *k = sim_key_ever(w, cred->user);
	char want[64] = "";

	reach_check(w, CHECK_I13);
	if (k != NULL)
		sim_password(k, c->region, want);
	else if (rc == NULL || !is(rc->pre_user, cred->user))
		sim_bad(w, "I13: %s is given %s", c->name, cred->user);
	if (k != NULL &&
	    (cred->pass == NULL || !is(secret_reveal(cred->pass), want)))
		sim_bad(w, "I13: %s is given another password than that of %s",
		    c->name, cred->user);
}

/* I6: what a client held before the first write can be given back, and the
 * old key is still there to go back to. */
static void
check_way_back(struct sim *w, const struct client *c,
    const struct sim_client *s, const struct rec_client *rc)
{
	const struct rec *d = &w->disk;
	const struct sim_key *old = sim_key_ever(w, d->old.id);

	char pass[64];

	if (d->rollback || c->drv->read == NULL || !is(s->user, d->old.id) ||
	    old == NULL || s->exempt)
		return;
	sim_password(old, c->region, pass);
	if (!is(s->pass, pass)) /* nothing that would work again */
		return;
	reach_check(w, CHECK_I6);
	if (!is(rc->pre_user, d->old.id) &&
	    rec_key_sealed(&d->old, c->region) == NULL)
		sim_bad(w, "I6: the former pair of %s was not kept", c->name);
	if (!old->exists && !old->others)
		sim_bad(w, "I6: the old key is gone before DEL");
}

void
sim_check_write(
    struct sim *w, const struct client *c, const struct smtp_cred *cred)
{
	const struct sim_client *s = c->conf;
	const char *client = c->name;
	struct rec_client *rc = rec_client(&w->disk, client);

	reach_check(w, CHECK_I7);
	reach_check(w, CHECK_I8);
	reach_check(w, CHECK_I10);
	check_pair(w, c, rc, cred);
	if (rc != NULL)
		check_way_back(w, c, s, rc);
	if (w->proc.fence != w->lease.fence)
		sim_bad(w, "I10: write by a rotator without the lease");
	if (c->drv->read != NULL && s->life_read != w->proc.id)
		sim_bad(w, "I8: %s is written and was not read", client);
	if (w->calls - w->proc.last_fence > 1)
		sim_bad(w, "I10: write without looking at the fence");
	if (w->disk.state != ROT_PUSHING && w->disk.state != ROT_RB)
		sim_bad(w, "I7: write in %s", rot_state_name(w->disk.state));
	if (rc == NULL || rc->state != CL_WRITING || !rc->touched)
		sim_bad(w, "I7: write of %s was not announced", client);
}

static bool
has_word(const struct sim_client *s, const char *id)
{
	for (size_t i = 0; i < s->n_confirmed; i++)
		if (is(s->confirmed[i].id, id))
			return true;
	return false;
}

/* I11: a client counts as moved only after a person's word, or after SES has
 * accepted the key from its way since this process wrote or began. */
static void
check_verified(struct sim *w, const struct rec *r, const struct rec_client *rc)
{
	const struct client_conf *c = sim_conf(w, rc->name);
	const struct rec_client *was = rec_client(&w->disk, rc->name);
	const struct sim_key *new = sim_key_ever(w, r->new.id);
	const struct sim_client *s = c == NULL ? NULL : c->client.conf;
	const size_t at = c == NULL ? 0 : sim_region(w, c->client.region);

	if (rc->state != CL_VERIFIED || s == NULL ||
	    (was != NULL && was->state == CL_VERIFIED))
		return;
	reach_check(w, CHECK_I11);
	if (c->client.drv->human) {
		if (!has_word(s, r->new.id))
			sim_bad(w, "I11: nobody confirmed %s", rc->name);
	} else if (new == NULL || at >= COUNT(new->accepted_in) ||
	    new->accepted_in[at] < larger(s->written, w->proc.began)) {
		sim_bad(w, "I11: %s was not proved", rc->name);
	}
}

/* I11: a key counts as proved when SES accepted it, now, in each region. */
static void
check_evidence(struct sim *w, const struct rec *r)
{
	const struct sim_key *new = sim_key_ever(w, r->new.id);

	for (size_t i = 0; i < r->n_clients; i++)
		check_verified(w, r, &r->clients[i]);
	if (w->disk.state != ROT_CREATED || r->state != ROT_PROVED)
		return;
	reach_check(w, CHECK_I11);
	for (size_t i = 0; w->regions[i] != NULL; i++)
		if (new == NULL || new->accepted_in[i] < w->proc.began)
			sim_bad(w, "I11: %s was not proved in %s", r->new.id,
			    w->regions[i]);
}

/* I14: only along the arrows; the numbers only grow. */
void
sim_check_commit(struct sim *w, const struct rec *r)
{
	const struct rec *d = &w->disk;

	reach_check(w, CHECK_I14);
	check_evidence(w, r);
	if (w->proc.fence != w->lease.fence)
		sim_bad(w, "I10: a commit by a rotator without the lease");
	/* An adoption begins anew. */
	if (w->on_disk && r->state != ROT_IDLE && d->state != ROT_BLOCKED &&
	    is(r->rotation, d->rotation) &&
	    (r->sent < d->sent || r->answered < d->answered))
		sim_bad(w, "I14: calls are forgotten");

	if (w->on_disk && r->state != d->state &&
	    !rotation_leads(d->state, r->state))
		sim_bad(w, "I14: %s -> %s", rot_state_name(d->state),
		    rot_state_name(r->state));
	if (r->sent < r->answered)
		sim_bad(w, "I14: more answers than calls");
	if (rotation_broken_fact(r) != NULL)
		sim_bad(w, "I14: not true: %s", rotation_broken_fact(r));
}
