/* The access keys of the user: made, switched, deleted, used; a use is kept in
 * spans of 15 minutes, as IAM does. Whoever changes them, it is done here. */
#include <stdio.h>
#include <string.h>

#include "world.h"

#define SPAN_MS (15 * SIM_MINUTE)

/* Asked more often than anything else. All ids begin alike: what differs is
 * compared first. */
struct sim_key *
sim_key_ever(struct sim *w, const char *id)
{
	if (id[0] == '\0')
		return NULL;
	for (size_t i = w->n_keys; i-- > 0;)
		if (memcmp(w->keys[i].id + 7, id + 7, 4) == 0 &&
		    strcmp(w->keys[i].id, id) == 0)
			return &w->keys[i];
	return NULL;
}

struct sim_key *
sim_key(struct sim *w, const char *id)
{
	struct sim_key *k = sim_key_ever(w, id);

	return k != NULL && k->exists ? k : NULL;
}

size_t
sim_keys_count(const struct sim *w)
{
	size_t n = 0;

	for (size_t i = 0; i < w->n_keys; i++)
		n += w->keys[i].exists;
	return n;
}

/* When all places are used the oldest dead key's is used again. */
static struct sim_key *
place(struct sim *w)
{
	if (w->n_keys < SIM_KEYS)
		return &w->keys[w->n_keys++];
	for (size_t i = 1; i < SIM_KEYS; i++)
		if (!w->keys[i].exists)
			return &w->keys[i];
	return NULL;
}

struct sim_key *
sim_key_make(struct sim *w, bool foreign)
{
	static const char digits[] = "ABCDEFGHIJ";
	struct sim_key *k = place(w);
	size_t n = (size_t)(k - w->keys);

	memset(k, 0, sizeof(*k));
	(void)snprintf(k->id, sizeof(k->id), "AKIASIM%c%c%c%cABCDEFGH%c",
	    digits[n / 10 % 10], digits[n % 10], digits[w->now / 1000 % 10],
	    digits[w->now / 10000 % 10], foreign ? 'F' : 'R');
	(void)snprintf(k->secret, sizeof(k->secret), "secret%034llu",
	    (unsigned long long)w->now * 64 + n);
	k->exists = k->active = true;
	k->foreign = foreign;
	k->created = w->now / 1000 * 1000;
	k->changed = w->now;
	k->since[0] = w->now + w->propagation;
	sim_say(w, "  + key %s", k->id);
	return k;
}

void
sim_key_status(struct sim *w, struct sim_key *k, bool active)
{
	if (k->active == active)
		return;
	k->active = active;
	k->changed = w->now;
	if (active) {
		k->since[0] = w->now + w->propagation;
		k->since[1] = 0;
	} else {
		k->since[1] = w->now + w->propagation;
	}
	sim_say(w, "  + %s is %s", k->id, active ? "Active" : "Inactive");
}

void
sim_key_drop(struct sim *w, struct sim_key *k)
{
	k->exists = false;
	k->gone = w->now;
	sim_say(w, "  + %s is deleted", k->id);
}

void
sim_key_use(struct sim *w, struct sim_key *k, bool stranger)
{
	if (stranger)
		k->stranger = w->now;
	if (k->used[0] != 0 && w->now - k->used[0] < SPAN_MS)
		return;
	k->used[1] = k->used[0];
	k->used[0] = w->now;
}
