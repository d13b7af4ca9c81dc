/* Administrators, a controller like Terraform: whoever else changes keys. */
#include "people_p.h"

#include <string.h>

/* Of the rotation that is under way. */
struct sim_key *
people_old_key(struct sim *w)
{
	return sim_key(w, w->disk.old.id);
}

struct sim_key *
people_new_key(struct sim *w)
{
	return sim_key(w, w->disk.new.id);
}

bool
people_delete_key(struct sim *w, struct sim_key *k)
{
	if (k == NULL)
		return false;
	k->others = true;
	sim_key_drop(w, k);
	return true;
}

bool
people_switch_key(struct sim *w, struct sim_key *k, bool on)
{
	if (k == NULL || k->active == on)
		return false;
	k->others = true;
	sim_key_status(w, k, on);
	return true;
}

bool
people_delete_old(struct sim *w, struct dice *d)
{
	(void)d;
	return people_delete_key(w, people_old_key(w));
}

bool
people_delete_new(struct sim *w, struct dice *d)
{
	(void)d;
	return people_delete_key(w, people_new_key(w));
}

bool
people_old_off(struct sim *w, struct dice *d)
{
	(void)d;
	return people_switch_key(w, people_old_key(w), false);
}

bool
people_new_off(struct sim *w, struct dice *d)
{
	(void)d;
	return people_switch_key(w, people_new_key(w), false);
}

/* Somebody who slept misses it, or was only asked to try. */
bool
people_old_on(struct sim *w, struct dice *d)
{
	struct sim_key *k = people_old_key(w);

	(void)d;
	if (k == NULL || k->active)
		return false;
	sim_key_status(w, k, true);
	if (w->disk.state == ROT_QUIET)
		reach_mode(w, MODE_A23);
	return true;
}

bool
people_make_a_key(struct sim *w, struct dice *d)
{
	struct sim_key *k;

	(void)d;
	if (sim_keys_count(w) >= 2)
		return false;
	k = sim_key_make(w, true);
	sim_key_use(w, k, true);
	return true;
}

/* Not used at once: nothing but the baseline and the dates tell. */
bool
people_make_a_quiet_key(struct sim *w, struct dice *d)
{
	(void)d;
	if (sim_keys_count(w) >= 2)
		return false;
	(void)sim_key_make(w, true);
	return true;
}

bool
people_stray(struct sim *w, struct dice *d)
{
	(void)d;
	memcpy(w->straggler, w->disk.old.id, sizeof(w->straggler));
	return w->straggler[0] != '\0';
}

/* A leftover of ours is found useful by somebody. */
bool
people_use_orphan(struct sim *w, struct dice *d)
{
	struct sim_key *k = sim_key(w, w->disk.orphan);

	(void)d;
	if (k == NULL)
		return false;
	sim_key_use(w, k, true);
	return true;
}

bool
people_start_controller(struct sim *w, struct dice *d)
{
	(void)d;
	w->controller = true;
	return true;
}

void
people_control(struct sim *w, struct dice *d)
{
	struct sim_key *mine = &w->keys[0];
	bool did = false;

	if (!w->controller || percent(d, 50))
		return;
	if (percent(d, 20))
		w->controller = false;
	if (!mine->exists && sim_keys_count(w) < 2 && percent(d, 50)) {
		(void)sim_key_make(w, true);
		did = true;
	} else if (mine->exists && !mine->active) {
		did = people_switch_key(w, mine, true);
	} else {
		for (size_t i = 1; i < w->n_keys && !did; i++)
			if (w->keys[i].exists)
				did = people_delete_key(w, &w->keys[i]);
	}
	if (did)
		reach_mode(w, MODE_A7);
}
