/* People put in order what an alarm asks for: the account, the clock, the
 * keys, what clients hold; then they let it go on, go back, or begin anew. */
#include "people_p.h"

#include <stdio.h>
#include <string.h>

void
people_calm(struct sim *w)
{
	w->hold.held = w->controller = false;
	w->skew = w->skew > SIM_MINUTE || w->skew < -SIM_MINUTE ? 0 : w->skew;
	w->freeze_at = 0;
	(void)snprintf(w->account, sizeof(w->account), SIM_ACCOUNT);
	if (w->disk.user_id[0] != '\0') /* the one that was met first */
		(void)snprintf(
		    w->user_id, sizeof(w->user_id), "%.30s", w->disk.user_id);
}

static void
give_to(struct sim *w, const struct sim_key *k, bool all)
{
	if (k->since[0] > w->now)
		sim_advance(w, k->since[0] - w->now);
	for (size_t i = 0; i < w->config.n_clients; i++) {
		struct sim_client *c = w->confs[i].client.conf;

		if (all || c->drv.human || !w->confs[i].required)
			sim_client_give(c, k);
	}
}

/* Also those that a way back leaves alone, where they hold the wrong one. */
static void
give_left_alone(struct sim *w, const struct sim_key *k, const char *old)
{
	for (size_t i = 0; i < w->config.n_clients; i++) {
		struct sim_client *c = w->confs[i].client.conf;

		if (strcmp(c->user, old) == 0 || strcmp(c->live, old) == 0)
			sim_client_give(c, k);
	}
}

/* Whoever has the secret can derive what we cannot; where nobody sees what a
 * client holds, it is left out until the next rotation. */
static void
give_by_hand(struct sim *w, const struct sim_key *k)
{
	for (size_t i = 0; i < w->config.n_clients; i++) {
		struct sim_client *c = w->confs[i].client.conf;

		if (k != NULL)
			sim_client_give(c, k);
		if (c->drv.read == NULL)
			w->confs[i].required = false;
	}
}

bool
people_is_held(struct sim *w, const struct sim_key *k)
{
	for (size_t i = 0; i < w->config.n_clients; i++) {
		const struct sim_client *c = w->confs[i].client.conf;

		if (strcmp(c->user, k->id) == 0 || strcmp(c->live, k->id) == 0)
			return true;
	}
	return false;
}

/* The one that clients hold, or any, or one that is made for it. */
static struct sim_key *
best_key(struct sim *w)
{
	struct sim_key *any = NULL;

	for (size_t i = 0; i < w->n_keys; i++) {
		struct sim_key *k = &w->keys[i];

		if (!k->exists)
			continue;
		if (people_is_held(w, k))
			return k;
		any = k;
	}
	return any != NULL ? any : sim_key_make(w, true);
}

static struct sim_key *
other_key(struct sim *w, const struct sim_key * not )
{
	for (size_t i = 0; i < w->n_keys; i++)
		if (w->keys[i].exists && &w->keys[i] != not )
			return &w->keys[i];
	return NULL;
}

/* Nothing is known any more: one key for all, and we are told which. */
static void
begin_anew(struct sim *w, struct dice *d)
{
	struct sim_key *k = best_key(w), *other;

	sim_key_status(w, k, true);
	k->foreign = k->others = true;
	give_to(w, k, true);
	sim_advance(w, SIM_HOUR);
	other = other_key(w, k);
	if (other != NULL && percent(d, 50)) {
		(void)people_delete_key(w, other);
		other = NULL;
	}
	if (other != NULL)
		other->others = true; /* it is as people left it */
	sim_adopt(w, k->id, other == NULL ? NULL : other->id);
	if (other != NULL && w->disk.state == ROT_BLOCKED &&
	    people_delete_key(w, other))
		sim_adopt(w, k->id, NULL);
}

void
people_mend(struct sim *w, struct dice *d)
{
	const struct rec *r = &w->disk;
	struct sim_key *old = people_old_key(w), *new = people_new_key(w);
	const bool lost = r->new.id[0] != '\0' && new == NULL;

	w->straggler[0] = '\0';
	w->refuse_new = false;
	people_calm(w);
	if (r->resume == ROT_IDLE ||
	    ((r->resume == ROT_ORPH || r->resume == ROT_ORPHQ) &&
		percent(d, 50)) ||
	    (r->resume == ROT_INTENT && percent(d, 50)) ||
	    (lost &&
		(r->rollback || old == NULL ||
		    strstr(r->alarm, "back") != NULL))) {
		begin_anew(w, d);
		return;
	}
	if (old != NULL && lost) {
		(void)people_switch_key(w, old, true);
		give_to(w, old, false);
		sim_rollback(w);
		return;
	}
	if (strstr(r->alarm, "could not be shown") != NULL &&
	    people_delete_key(w, old))
		old = NULL;
	if (r->resume == ROT_ORPH || r->resume == ROT_ORPHQ)
		(void)people_delete_key(w, sim_key(w, r->orphan));
	if (new != NULL) {
		(void)people_switch_key(w, new, true);
		/* Where it is going: back, or forward. */
		if (r->resume != ROT_RB || r->rollback)
			give_to(w, new, false);
		else if (old != NULL && old->active)
			give_to(w, old, false);
		if (r->rollback)
			give_left_alone(w, new, r->old.id);
	}
	if (strstr(r->alarm, "no password of") != NULL)
		give_by_hand(w, new);
	for (size_t i = 1; i < w->n_keys; i++)
		if (w->keys[i].exists && w->keys[i].foreign &&
		    &w->keys[i] != old && &w->keys[i] != new &&
		    !people_is_held(w, &w->keys[i]))
			sim_key_drop(w, &w->keys[i]);
	sim_release(w);
}
