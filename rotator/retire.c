/*
 * How the old key goes: both are valid for a while (GRACE), it is switched
 * off (DEACT), that can be undone for a while (QUIET), it is deleted (DEL).
 * Everything that speaks against it on the way switches it on again first
 * and is a person's matter then.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/clock.h"
#include "rotator/guard.h"
#include "rotator/push.h"
#include "rotator/steps.h"

/* A status that was set may be listed late; it is asked for so often, first
 * at once, then after doubling delays, before the next run goes on. */
#define CONFIRM_TRIES    5
#define CONFIRM_DELAY_MS ((int64_t)1000)
#define LIST_LAG_MS      ((int64_t)5 * 60 * 1000)
/* While waiting, stragglers and drift are looked for so often. */
#define LOOK_MS HOUR_MS

static int64_t
larger(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* Never so short that a straggler had no time to show: uses are expected for
 * a while, and after that one must have had the time to be reported. */
static int64_t
grace_end(const struct rotation *r)
{
	if (r->rec.emergency)
		return r->rec.verified_at;
	return larger(r->rec.verified_at + r->conf->grace,
	    guard_expected_until(r) + r->conf->slack);
}

static enum ec
wait_until(struct rotation *r, int64_t until, struct err *e, const char *what)
{
	const int64_t look = rotation_now(r) + LOOK_MS;
	char at[CLOCK_TEXT_MAX];

	clock_text(until, at);
	return rotation_wait(r, EC_LATER, until < look ? until : look, e,
	    "%s until %s", what, at);
}

enum seen { SEEN_ACTIVE, SEEN_INACTIVE, SEEN_GONE };

static enum seen
listed_old(const struct rotation *r)
{
	const struct iam_key *k = iam_keys_find(&r->keys, r->rec.old.id);

	if (k == NULL)
		return SEEN_GONE;
	return k->status == KEY_INACTIVE ? SEEN_INACTIVE : SEEN_ACTIVE;
}

static enum ec
see_old(struct rotation *r, enum seen *ret, struct err *e)
{
	TRY(guard_list(r, e));
	*ret = listed_old(r);
	return EC_OK;
}

/* Lists until the old key is as wanted (A9, A20); EC_LATER when it is not
 * shown so within a few seconds. */
static enum ec
confirm_old(struct rotation *r, enum seen wanted, struct err *e)
{
	const struct timekeeper *t = &r->w->time;
	int64_t delay = CONFIRM_DELAY_MS;
	enum seen now;

	for (int i = 0; i < CONFIRM_TRIES; i++, delay *= 2) {
		TRY(see_old(r, &now, e));
		if (now == wanted || now == SEEN_GONE)
			return EC_OK;
		if (t->stopped(t->ctx))
			break;
		t->sleep(t->ctx, delay);
	}
	return rotation_wait(r, EC_LATER, rotation_now(r) + delay, e,
	    "IAM does not show the change of %s yet", r->rec.old.id);
}

/* A key that was made a moment ago, and is given up already, may only not be
 * listed yet (A9); to forget it would leave it behind for ever. */
static enum ec
old_is_gone(struct rotation *r, struct err *e)
{
	const int64_t until = r->rec.old.created + r->conf->late_window;

	if (rotation_now(r) < until)
		return rotation_wait(r, EC_LATER, until, e,
		    "IAM does not list %s, which is new", r->rec.old.id);
	TRY(guard_new_key(r, e)); /* with both gone nothing is finished */
	return rotation_advance(
	    r, ROT_DONE, e, "%s was deleted by someone else", r->rec.old.id);
}

/* ---- needed after all -------------------------------------------------- */

/* Lists may lag behind (A9): what we did ourselves counts as well. */
static bool
may_be_off(const struct rotation *r)
{
	return r->rec.inactive_at != 0 || r->rec.off_at != 0 ||
	    listed_old(r) == SEEN_INACTIVE;
}

/* Switches the old key on if it is off. That harms nobody and so needs no
 * proof but the pins. A call to switch it off, or to delete it, that was never
 * answered may land afterwards (A20): EC_LATER until it cannot any more. */
static enum ec
reopen(struct rotation *r, struct err *e)
{
	const struct iam *iam = &r->w->iam;
	const int64_t until = r->rec.off_at + r->conf->late_window;
	struct err why = *e;

	if (may_be_off(r)) {
		TRY(guard_mutation(r, e));
		if (iam->set_status(iam->ctx, r->conf->iam_user, r->rec.old.id,
			true, r->fenced, e) != EC_OK)
			return err_prefix(e, "%s is needed again (%.100s) but",
			    r->rec.old.id, why.what);
	}
	if (r->rec.off_at != 0 && rotation_now(r) < until)
		return rotation_wait(r, EC_LATER, until, e,
		    "%s stays on: %.200s; a late call may still take it "
		    "away",
		    r->rec.old.id, why.what);
	r->rec.inactive_at = r->rec.off_at = 0;
	*e = why;
	return EC_OK;
}

/* What every client holds is looked at again when a person lets it go on, and
 * the grace begins anew. */
static enum ec
stop(struct rotation *r, struct err *e)
{
	const bool off = listed_old(r) == SEEN_INACTIVE;
	struct err why = *e;

	TRY(reopen(r, e));
	for (size_t i = 0; i < r->rec.n_clients; i++)
		push_look_again(r, &r->rec.clients[i]);
	if (off) {
		(void)fail(e, EC_CONFLICT, "%s was switched on again: %.300s",
		    r->rec.old.id, why.what);
		(void)fix(e, "%.*s", ERR_FIX_MAX - 1, why.fix);
	}
	return rotation_block(r, ROT_PUSHING, e);
}

static enum ec
newcomer(struct rotation *r, struct err *e)
{
	(void)fail(e, EC_LATER, "a client was registered meanwhile");
	TRY(reopen(r, e));
	return rotation_advance(
	    r, ROT_PUSHING, e, "a client was registered meanwhile");
}

/* What can be seen without writing or logging in, looked for at each run. */
static enum ec
watch(struct rotation *r, struct err *e)
{
	TRY(guard_drift(r, e));
	return guard_straggler(r, e);
}

static enum ec
stop_on_conflict(struct rotation *r, enum ec ec, struct err *e)
{
	return ec == EC_CONFLICT ? stop(r, e) : ec;
}

/* ---- the steps --------------------------------------------------------- */

enum ec
step_grace(struct rotation *r, struct err *e)
{
	const int64_t end = grace_end(r), opens = guard_window(r);
	enum ec ec;
	enum seen now;

	TRY(see_old(r, &now, e));
	if (now == SEEN_GONE)
		return old_is_gone(r, e);
	if (!push_all_settled(r))
		return newcomer(r, e);
	ec = watch(r, e);
	if (ec == EC_OK && rotation_now(r) < end)
		return wait_until(r, end, e, "grace: both keys are valid");
	if (ec == EC_OK && opens != 0)
		return wait_until(r, opens, e, "grace is over; no window");
	if (ec == EC_OK)
		ec = guard_retire(r, e);
	TRY(stop_on_conflict(r, ec, e));
	return rotation_advance(r, ROT_DEACT, e,
	    r->rec.emergency ? "revoking %s now"
			     : "grace is over, nobody uses %s",
	    r->rec.old.id);
}

/* S5. While its answer is out, off_at says that it may land late. */
static enum ec
switch_off(struct rotation *r, struct err *e)
{
	const struct iam *iam = &r->w->iam;
	const int64_t before = r->rec.off_at;

	r->rec.off_at = rotation_now(r);
	TRY(rotation_note(
	    r, "deactivate", e, "switching %s off", r->rec.old.id));
	TRY(iam->set_status(
	    iam->ctx, r->conf->iam_user, r->rec.old.id, false, r->fenced, e));
	r->rec.off_at = before;
	return EC_OK;
}

enum ec
step_deactivate(struct rotation *r, struct err *e)
{
	enum seen now;

	TRY(see_old(r, &now, e));
	if (now == SEEN_GONE)
		return old_is_gone(r, e);
	if (!push_all_settled(r))
		return newcomer(r, e);
	if (now == SEEN_ACTIVE) {
		TRY(stop_on_conflict(r, guard_retire(r, e), e));
		TRY(switch_off(r, e));
		TRY(confirm_old(r, SEEN_INACTIVE, e));
	}
	r->rec.inactive_at = rotation_now(r);
	return rotation_advance(r, ROT_QUIET, e,
	    "%s is Inactive; until it is deleted it can be switched on again",
	    r->rec.old.id);
}

/* Not believed at first: a list may still be older than our own call (A9). */
static enum ec
on_again(struct rotation *r, struct err *e)
{
	const int64_t until = r->rec.inactive_at + LIST_LAG_MS;

	if (rotation_now(r) < until)
		return rotation_wait(r, EC_LATER, until, e,
		    "IAM shows %s as Active, which was just switched off",
		    r->rec.old.id);
	(void)fail(e, EC_CONFLICT,
	    "%s was switched on again, perhaps because someone needs it",
	    r->rec.old.id);
	(void)fix(e, "if nobody needs it: rotate release %s", r->rec.identity);
	return stop(r, e);
}

enum ec
step_quiet(struct rotation *r, struct err *e)
{
	const int64_t end =
	    r->rec.inactive_at + larger(r->conf->quiet, r->conf->late_window);
	enum ec ec;
	enum seen now;

	TRY(see_old(r, &now, e));
	if (now == SEEN_GONE)
		return old_is_gone(r, e);
	if (!push_all_settled(r))
		return newcomer(r, e);
	ec = watch(r, e);
	if (ec == EC_OK && now == SEEN_ACTIVE)
		return on_again(r, e);
	if (ec == EC_OK && rotation_now(r) < end)
		return wait_until(r, end, e, "quiet: the old key is off");
	if (ec == EC_OK)
		ec = guard_retire(r, e);
	TRY(stop_on_conflict(r, ec, e));
	return rotation_advance(
	    r, ROT_DEL, e, "nobody missed %s", r->rec.old.id);
}

/* S6, the point of no return: everything is asked once more, here. */
static enum ec
delete_old(struct rotation *r, struct err *e)
{
	const struct iam *iam = &r->w->iam;
	enum ec ec;

	TRY(stop_on_conflict(r, guard_retire(r, e), e));
	if (listed_old(r) != SEEN_INACTIVE)
		return on_again(r, e);
	/* Should it be needed all the same: no client is given it while this
	 * call may still land. */
	r->rec.off_at = rotation_now(r);
	TRY(rotation_note(r, "delete", e, "deleting %s", r->rec.old.id));
	ec = iam->remove(
	    iam->ctx, r->conf->iam_user, r->rec.old.id, r->fenced, e);
	if (ec != EC_OK && ec != EC_GONE)
		return ec;
	return confirm_old(r, SEEN_GONE, e);
}

enum ec
step_delete(struct rotation *r, struct err *e)
{
	enum seen now;

	TRY(see_old(r, &now, e));
	if (now == SEEN_ACTIVE)
		return on_again(r, e);
	TRY(now == SEEN_INACTIVE ? delete_old(r, e) : guard_new_key(r, e));
	return rotation_advance(r, ROT_DONE, e, "%s is deleted", r->rec.old.id);
}
