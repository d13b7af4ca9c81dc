/*
 * A process stands still and others run meanwhile: a suspended machine, a
 * container that is moved, SIGSTOP.
 *
 * A lease cannot protect what is behind the last look at it: the fence says
 * yes, the process stands still, another takes over and acts, and then the
 * first one wakes and its effect goes out, late. sim_gap() stands at that
 * place of each call that changes something. What may come late, and who sees
 * to it that it harms nobody, is said in sim_gap_iam() and sim_gap_client().
 */
#include "world.h"

/* Between a look at the fence and the effect there is sim_gap(). */
static bool
is_between(const struct sim *w)
{
	return w->last_call == CALL_FENCE || w->last_call == CALL_COMMIT ||
	    w->last_call == CALL_HOLD;
}

static bool
is_time(const struct sim *w)
{
	return w->freeze_at != 0 && w->calls >= w->freeze_at && !w->nested &&
	    !w->proc.dead;
}

/* People act when another has taken over: what they do between the last list
 * and an effect of the same process nobody can see, for IAM has no conditions.
 */
static void
others_run(struct sim *w)
{
	sim_advance(w, w->freeze_ms);
	for (unsigned i = 0; i < w->freeze_runs && w->bad[0] == '\0'; i++) {
		if (sim_run(w) != EC_BUSY) {
			reach_mode(w, MODE_A16);
			if (w->meanwhile != NULL)
				w->meanwhile(w);
		}
		sim_advance(w, w->freeze_ms);
	}
}

static void
stand_still(struct sim *w)
{
	const struct sim_proc mine = w->proc;
	const struct err err = w->err;
	const unsigned long crash_at = w->crash_at;
	const unsigned alarms = w->run_alarms;
	const bool stay = w->stay, force = w->force, revoke = w->revoke;
	struct store kept = { .ctx = NULL };

	sim_say(w, "--- the process is frozen");
	if (w->sql != NULL)
		kept = sim_sql_put_aside(w);
	w->nested = true;
	w->frozen = mine.id;
	w->freeze_at = w->crash_at = 0;
	w->stay = false;
	others_run(w);
	w->frozen = 0;
	w->nested = false;
	w->crash_at = crash_at;
	w->run_alarms = alarms;
	w->stay = stay;
	w->force = force;
	w->revoke = revoke;
	w->proc = mine;
	w->err = err;
	if (w->sql != NULL)
		sim_sql_take_up(w, &kept);
	sim_say(w, "--- it wakes up");
}

void
sim_freeze(struct sim *w)
{
	if (!w->freeze_gap && is_time(w) && !is_between(w))
		stand_still(w);
}

bool
sim_gap(struct sim *w)
{
	if (!w->freeze_gap || !is_time(w))
		return false;
	stand_still(w);
	return w->proc.fence != w->lease.fence;
}
