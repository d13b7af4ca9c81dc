/*
 * Back to the old key. A rollback is a rotation (P3): old and new change
 * places and the way is the same, with the same proofs. Until then the key to
 * go back to must be on, and stay on.
 */
#include <string.h>

#include "base/auto.h"
#include "base/clock.h"
#include "rotator/guard.h"
#include "rotator/push.h"
#include "rotator/steps.h"

static void
exchange(struct rec *rec)
{
	struct rec_key k = rec->old;

	rec->old = rec->new;
	rec->new = k;
	rec->rollback = true;
	rec->failures++;
	rec->verified_at = rec->inactive_at = rec->off_at = 0;
	for (size_t i = 0; i < rec->n_clients; i++)
		if (rec->clients[i].touched)
			rec->clients[i].state = CL_WRITING;
}

static bool
any_touched(const struct rec *rec)
{
	for (size_t i = 0; i < rec->n_clients; i++)
		if (rec->clients[i].touched)
			return true;
	return false;
}

/* The key to go back to must be on before any client is told of it, and no
 * unanswered call may be left that could still switch it off (A20). */
static enum ec
switch_on(struct rotation *r, const struct iam_key *k, struct err *e)
{
	const int64_t until = r->rec.off_at + r->conf->late_window;
	const struct iam *iam = &r->w->iam;
	char at[CLOCK_TEXT_MAX];

	if (k->status != KEY_ACTIVE) {
		TRY(guard_mutation(r, e));
		TRY(iam->set_status(
		    iam->ctx, r->conf->iam_user, k->id, true, r->fenced, e));
	}
	if (r->rec.off_at == 0 || rotation_now(r) >= until)
		return EC_OK;
	clock_text(until, at);
	return rotation_wait(r, EC_LATER, until, e,
	    "%s is on again, but a call against it may still land "
	    "until %s",
	    k->id, at);
}

/* Nothing to go back to, or no way for some client: only forward is left. */
static enum ec
go_forward(struct rotation *r, struct err *e)
{
	(void)fix(e,
	    "mend what made you go back, then go forward: rotate "
	    "release %s",
	    r->rec.identity);
	/* A key that every client was seen to work with needs no new proof in
	 * each region; of one that was adopted not every password is known. */
	return rotation_block(
	    r, r->rec.verified_at != 0 ? ROT_PUSHING : ROT_CREATED, e);
}

static enum ec
turn_round(struct rotation *r, struct err *e)
{
	const char *old = r->rec.old.id;
	const struct iam_key *k;

	TRY(guard_mutation(r, e));
	TRY(guard_list(r, e));
	k = iam_keys_find(&r->keys, old);
	if (k == NULL) {
		(void)fail(e, EC_CONFLICT,
		    "%s is gone, there is nothing to go "
		    "back to",
		    old[0] != '\0' ? old : "the old key");
		return go_forward(r, e);
	}
	TRY(switch_on(r, k, e));
	if (push_may_return(r, e) != EC_OK)
		return go_forward(r, e);
	exchange(&r->rec);
	return rotation_note(r, "rollback", e, "going back from %s to %s",
	    r->rec.old.id, r->rec.new.id);
}

/* A key that no client was ever given needs no grace. */
enum ec
step_rollback(struct rotation *r, struct err *e)
{
	struct rec *rec = &r->rec;

	if (!rec->rollback)
		TRY(turn_round(r, e));
	TRY(guard_mutation(r, e));
	TRY(push_all(r, e));
	rec->verified_at = rotation_now(r);
	return rotation_advance(r, any_touched(rec) ? ROT_GRACE : ROT_DEACT, e,
	    "every client is on %s again", rec->new.id);
}
