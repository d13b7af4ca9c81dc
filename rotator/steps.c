/*
 * The steps between the new key and the waiting: SES accepts it, every client
 * gets it; and the end. The table at the bottom names the step of each state.
 */
#include "rotator/steps.h"

#include <string.h>

#include "rotator/guard.h"
#include "rotator/orphan.h"
#include "rotator/push.h"
#include "rotator/settle.h"

/* With this one a person is asked: three new keys in a row were no good. */
#define FAILURES_MAX 3

/* SES refused the new key all the time: it goes again, the old one stays. */
static enum ec
give_up_new(struct rotation *r, struct err *e)
{
	struct err why = *e;

	if (r->rec.failures + 1 < FAILURES_MAX && r->rec.old.id[0] != '\0')
		return rotation_advance(
		    r, ROT_RB, e, "the new key was refused: %.200s", why.what);
	(void)fix(e,
	    "check SES in this region and the derivation, then: rotate "
	    "release %s",
	    r->rec.identity);
	return rotation_block(r, ROT_CREATED, e);
}

static enum ec
prove(struct rotation *r, struct err *e)
{
	enum ec ec;

	/* The time of the proof is kept: by a clock that AWS has confirmed. */
	if (guard_mutation(r, e) != EC_OK)
		return e->ec;
	ec = settle_regions(r, e);
	if (ec == EC_AUTH)
		return give_up_new(r, e);
	if (ec == EC_GONE) { /* a region that came after the key was made */
		(void)fix(e,
		    "finish this rotation without that region, or: rotate "
		    "rollback %s",
		    r->rec.identity);
		return e->ec = EC_CONFIG;
	}
	TRY(ec);
	return rotation_advance(
	    r, ROT_PROVED, e, "SES accepts %s in every region", r->rec.new.id);
}

/* S3: what every client holds is kept, then the commit announces the writes. */
static enum ec
proved(struct rotation *r, struct err *e)
{
	if (rotation_now(r) - r->rec.new.proved > PROOF_MS)
		return rotation_advance(
		    r, ROT_CREATED, e, "the proof is older than a day");
	push_prepare(r);
	return rotation_advance(r, ROT_PUSHING, e, "moving %zu client(s) to %s",
	    r->rec.n_clients, r->rec.new.id);
}

static enum ec
push(struct rotation *r, struct err *e)
{
	struct rec *rec = &r->rec;

	/* Also tells how far off our clock is: verified_at is measured. */
	TRY(guard_mutation(r, e));
	TRY(push_all(r, e));
	rec->verified_at = rotation_now(r);
	if (rec->old.id[0] == '\0')
		return rotation_advance(
		    r, ROT_DONE, e, "every client is on %s", rec->new.id);
	return rotation_advance(r, ROT_GRACE, e,
	    "every client is on %s and SES accepts it", rec->new.id);
}

/* After a way back the old key stays in use and is tried again another day;
 * a revocation that failed is still asked for. */
static enum ec
done(struct rotation *r, struct err *e)
{
	struct rec *rec = &r->rec;
	const bool back = rec->rollback;

	rec->old = rec->new;
	rec->emergency = back && rec->emergency;
	step_forget(rec);
	if (!back)
		rec->failures = 0;
	r->force = false;
	rec->next_at =
	    back ? rotation_now(r) + FAILED_PAUSE_MS : step_due_at(r);
	return rotation_advance(r, ROT_IDLE, e,
	    "rotation finished, %s is in "
	    "use",
	    rec->old.id);
}

rotation_step *const rotation_steps[ROT__MAX] = {
	[ROT_IDLE] = step_idle,
	[ROT_INTENT] = step_intent,
	[ROT_ORPH] = orphan_switch_off,
	[ROT_ORPHQ] = orphan_delete,
	[ROT_CREATED] = prove,
	[ROT_PROVED] = proved,
	[ROT_PUSHING] = push,
	[ROT_GRACE] = step_grace,
	[ROT_DEACT] = step_deactivate,
	[ROT_QUIET] = step_quiet,
	[ROT_DEL] = step_delete,
	[ROT_DONE] = done,
	[ROT_RB] = step_rollback,
};
