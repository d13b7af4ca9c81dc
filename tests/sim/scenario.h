/* What the scenario tests of the engine share. Include after world.h's needs:
 * cmocka's own headers come first. */
#ifndef SIM_SCENARIO_H
#define SIM_SCENARIO_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#undef fail /* cmocka's; ours is in base/err.h */

#include "world.h"

#define ROUNDS 400

/* A world of its own for every test, and no violation at its end. */
#define WORLD(name, clients)                                                   \
	AUTO(sim) struct sim name;                                             \
	sim_init(&(name), clients)

static inline void
fine(const struct sim *w)
{
	assert_string_equal(w->bad, "");
}

/* Runs to the end, which is IDLE on a key of ours (or of id). */
static inline void
ends_on(struct sim *w, const char *id)
{
	(void)sim_finish(w, ROUNDS);
	fine(w);
	assert_string_equal(rot_state_name(w->disk.state), "IDLE");
	if (id != NULL)
		assert_string_equal(w->disk.old.id, id);
	for (size_t i = 0; i < w->config.n_clients; i++) {
		const struct sim_client *c = w->confs[i].client.conf;

		if (!c->exempt)
			assert_string_equal(c->user, w->disk.old.id);
	}
}

/* Ends on a key that did not exist at the beginning, which is gone. */
static inline void
rotates(struct sim *w)
{
	const struct sim_key *first = &w->keys[0];

	ends_on(w, NULL);
	assert_string_not_equal(w->disk.old.id, first->id);
	assert_false(first->exists);
	assert_int_equal(sim_keys_count(w), 1);
}

/* Runs to BLOCKED; the alarm tells all the words, the remedy is there. */
static inline void
blocks(struct sim *w, const char *word)
{
	(void)sim_finish(w, ROUNDS);
	fine(w);
	assert_string_equal(rot_state_name(w->disk.state), "BLOCKED");
	if (strstr(w->disk.alarm, word) == NULL)
		assert_string_equal(w->disk.alarm, word); /* shows both */
	assert_string_not_equal(w->disk.alarm_fix, "");
	assert_true(w->alarms > 0);
}

/* Runs until one run ends in that state. */
static inline void
reaches(struct sim *w, enum rot_state s)
{
	(void)sim_until(w, s);
	fine(w);
	assert_string_equal(rot_state_name(w->disk.state), rot_state_name(s));
}

static inline bool
alive(struct sim *w, const char *id)
{
	const struct sim_key *k = sim_key(w, id);

	return k != NULL && k->active;
}

static inline int
sim_tests_begin(void **state)
{
	struct err e;

	(void)state;
	return secret_init(&e) == EC_OK ? 0 : -1;
}

#endif
