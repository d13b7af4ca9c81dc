/*
 * What is true of a rotation in each state, as tables: the names of the
 * states, the arrows between them (I14) and the facts that no record may
 * break. rotation.h tells the same in words.
 */
#include <string.h>

#include "base/auto.h"
#include "rotator/rotation.h"

static const char *const state_names[ROT__MAX] = {
	[ROT_IDLE] = "IDLE",
	[ROT_INTENT] = "INTENT",
	[ROT_ORPH] = "ORPH",
	[ROT_ORPHQ] = "ORPHQ",
	[ROT_CREATED] = "CREATED",
	[ROT_PROVED] = "PROVED",
	[ROT_PUSHING] = "PUSHING",
	[ROT_GRACE] = "GRACE",
	[ROT_DEACT] = "DEACT",
	[ROT_QUIET] = "QUIET",
	[ROT_DEL] = "DEL",
	[ROT_DONE] = "DONE",
	[ROT_RB] = "RB",
	[ROT_BLOCKED] = "BLOCKED",
};

#define TO(s) (1U << (s))

/* Where each state may lead (I14). BLOCKED leads back to where it stopped. */
static const unsigned arrows[ROT__MAX] = {
	[ROT_IDLE] = TO(ROT_INTENT) | TO(ROT_GRACE) | TO(ROT_BLOCKED),
	[ROT_INTENT] = TO(ROT_CREATED) | TO(ROT_ORPH) | TO(ROT_BLOCKED),
	[ROT_ORPH] = TO(ROT_ORPHQ) | TO(ROT_BLOCKED),
	[ROT_ORPHQ] = TO(ROT_INTENT) | TO(ROT_BLOCKED),
	[ROT_CREATED] = TO(ROT_PROVED) | TO(ROT_RB) | TO(ROT_BLOCKED),
	[ROT_PROVED] =
	    TO(ROT_PUSHING) | TO(ROT_CREATED) | TO(ROT_RB) | TO(ROT_BLOCKED),
	[ROT_PUSHING] =
	    TO(ROT_GRACE) | TO(ROT_DONE) | TO(ROT_RB) | TO(ROT_BLOCKED),
	[ROT_GRACE] = TO(ROT_DEACT) | TO(ROT_PUSHING) | TO(ROT_DONE) |
	    TO(ROT_RB) | TO(ROT_BLOCKED),
	[ROT_DEACT] = TO(ROT_QUIET) | TO(ROT_PUSHING) | TO(ROT_DONE) |
	    TO(ROT_RB) | TO(ROT_BLOCKED),
	[ROT_QUIET] = TO(ROT_DEL) | TO(ROT_PUSHING) | TO(ROT_DONE) |
	    TO(ROT_RB) | TO(ROT_BLOCKED),
	[ROT_DEL] = TO(ROT_DONE) | TO(ROT_BLOCKED),
	[ROT_DONE] = TO(ROT_IDLE),
	[ROT_RB] = TO(ROT_GRACE) | TO(ROT_DEACT) | TO(ROT_BLOCKED),
	[ROT_BLOCKED] = ~0U,
};

const char *
rot_state_name(enum rot_state s)
{
	return s < ROT__MAX ? state_names[s] : "?";
}

bool
rot_state_find(const char *name, enum rot_state *ret)
{
	for (unsigned s = 0; s < ROT__MAX; s++)
		if (strcmp(state_names[s], name) == 0) {
			*ret = (enum rot_state)s;
			return true;
		}
	return false;
}

bool
rotation_leads(enum rot_state from, enum rot_state to)
{
	return from < ROT__MAX && to < ROT__MAX && (arrows[from] & TO(to)) != 0;
}

/* One row a fact, so that a new one needs no new `if`. */
const char *
/* A flat table: its && and || are the facts.
 * NOLINTNEXTLINE(readability-function-cognitive-complexity) */
rotation_broken_fact(const struct rec *r)
{
	const enum rot_state s = r->state;
	const bool has_new = r->new.id[0] != '\0';
	const bool orphaned = s == ROT_ORPH || s == ROT_ORPHQ;
	/* Before the first look, or stopped by what that look showed. */
	const bool unpinned =
	    s == ROT_IDLE || (s == ROT_BLOCKED && r->resume == ROT_IDLE);
	const bool retiring = s >= ROT_GRACE && s <= ROT_DEL;
	const struct {
		bool holds;
		const char *fact;
	} facts[] = {
		{ s < ROT__MAX && r->resume < ROT__MAX, "state is known" },
		{ r->answered >= 0 && r->sent >= r->answered,
		    "no more answers than requests" },
		{ r->base.n <= IAM_KEYS_MAX, "baseline fits" },
		{ !has_new || strcmp(r->new.id, r->old.id) != 0,
		    "new key is not the old key" },
		{ unpinned || r->user_id[0] != '\0', "user is pinned" },
		{ !orphaned || (r->orphan[0] != '\0' && r->sent > r->answered),
		    "an orphan has an unanswered request" },
		{ (s != ROT_INTENT && s != ROT_IDLE) || !has_new,
		    "no new key before CREATED" },
		{ s < ROT_CREATED || s > ROT_RB || has_new,
		    "a new key from CREATED on" },
		{ !retiring || r->verified_at > 0,
		    "all clients verified before the old key is retired" },
		{ s != ROT_DEL || (r->inactive_at > 0 && r->old.id[0] != '\0'),
		    "old key inactive before it is deleted" },
	};

	for (size_t i = 0; i < COUNT(facts); i++)
		if (!facts[i].holds)
			return facts[i].fact;
	return NULL;
}
