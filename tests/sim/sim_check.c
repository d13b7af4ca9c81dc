/*
 * The invariants. What is asked here is asked of the world itself and of the
 * durable record, never of the engine's memory: a process may die now.
 */
#include "sim_check_p.h"

/* ---- after every call ---- */

/* `revoke` does not wait for a process that lags behind its file. */
static bool
lags_in_emergency(const struct sim *w, struct sim_client *s)
{
	if (w->disk.emergency && (s->live_at != 0 || s->lied))
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
		const struct sim_key *k = NULL;

		if (held[i][0] == '\0' || (i == 1 && is(s->user, s->live)))
			continue;
		k = sim_key_ever(w, held[i]);
		if (k != NULL && k->others)
			continue; /* not our doing */
		if (k != NULL && !k->exists)
			k = NULL;
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
	reach_check(w, CHECK_I1);
	reach_check(w, CHECK_I2);
	reach_check(w, CHECK_I3);
}

/* I12: no text that people or logs get holds a secret. */
void
sim_check_text(struct sim *w, const char *text)
{
	char pass[64];

	reach_check(w, CHECK_I12);
	if (strstr(text, "secret0") != NULL)
		sim_bad(w, "I12: an IAM secret in \"%.200s\"", text);
	for (size_t i = 0; i < w->n_keys; i++) {
		if (!w->keys[i].exists)
			continue;
		for (size_t j = 0; w->regions[j] != NULL; j++) {
			if (strchr(w->regions[j], ' ') != NULL)
				continue; /* of which no password is made */
			sim_password(&w->keys[i], w->regions[j], pass);
			pass[20] = '\0'; /* half of it is too much */
			if (strstr(text, pass) != NULL)
				sim_bad(w, "I12: a password in a text");
		}
	}
}

/* L3, G4: the alarm repeats with every run, and comes once in each. */
void
sim_check_run(struct sim *w, bool blocked)
{
	unsigned people = 0;

	for (size_t i = 0; i < w->config.n_clients; i++)
		people += w->confs[i].client.drv->human;
	reach_check(w, CHECK_L3);
	if (blocked && w->run_alarms == 0)
		sim_bad(w, "L3: blocked, and the alarm does not repeat");
	if (w->unsaid)
		sim_bad(w, "L3: a client was written late, and nobody is told");
	if (w->run_alarms > people + 1)
		sim_bad(w, "L3: %u alarms in one run", w->run_alarms);
}

/* ---- at the end ---- */

static void
check_idle(struct sim *w)
{
	const struct sim_key *k;

	for (size_t i = 0; i < w->n_keys; i++) {
		k = &w->keys[i];
		if (k->exists && !k->foreign && !is(k->id, w->disk.old.id))
			sim_bad(w, "I3: %s is left over", k->id);
	}
	k = sim_key_ever(w, w->disk.old.id);
	if (k != NULL && !k->exists && !k->others)
		sim_bad(w, "I3: the key in use does not exist");
}

/* Where the old key may be off: it was shown before that nobody needs it; or
 * it could not be switched on yet for going back. */
static bool
may_be_off(const struct rec *r)
{
	const enum rot_state s = r->resume;

	return (s == ROT_RB && !r->rollback) || s == ROT_DEACT ||
	    s == ROT_QUIET || s == ROT_DEL || s == ROT_CREATED;
}

/* L2: whatever both keys are for, both can send. */
static void
check_blocked(struct sim *w)
{
	const char *ids[] = { w->disk.old.id, w->disk.new.id };

	if (w->alarms == 0 || w->disk.alarm[0] == '\0' ||
	    w->disk.alarm_fix[0] == '\0')
		sim_bad(w, "L1: BLOCKED without an alarm and a remedy");
	if (w->wiped || w->restored)
		return; /* it is as the record that is lost left it */
	if (w->disk.off_at != 0)
		return; /* a call without an answer has landed since */
	for (size_t i = 0; i < COUNT(ids); i++) {
		const struct sim_key *k = sim_key(w, ids[i]);

		if (k != NULL && !k->active && !k->others &&
		    !may_be_off(&w->disk))
			sim_bad(w, "L2: BLOCKED with %s Inactive", k->id);
	}
}

void
sim_check_end(struct sim *w)
{
	sim_check(w);
	reach_check(w, CHECK_L1);
	if (w->disk.state == ROT_IDLE)
		check_idle(w);
	else if (w->disk.state == ROT_BLOCKED)
		check_blocked(w);
}
