#include "rotator/orphan.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "rotator/guard.h"

#define UNANSWERED_MAX 3
/* A list that lags behind a change is asked for again. */
#define LIST_AGAIN_MS ((int64_t)60 * 1000)
/* CreateDate is in whole seconds of another clock. */
#define DATE_SLACK_MS ((int64_t)120 * 1000)

/* Keys in IAM now that were not there when the intent was written. */
static struct iam_keys
beyond_base(const struct rotation *r)
{
	struct iam_keys d = { .n = 0 };

	for (size_t i = 0; i < r->keys.n; i++)
		if (iam_keys_find(&r->rec.base, r->keys.key[i].id) == NULL)
			d.key[d.n++] = r->keys.key[i];
	return d;
}

static enum ec
not_ours(const struct rotation *r, const struct iam_keys *d, struct err *e)
{
	char names[REC_TEXT_MAX - 80];

	guard_name_keys(r, d, names, sizeof(names));
	(void)fail(e, EC_CONFLICT, "someone else made a key for %s: %s",
	    r->conf->iam_user, names);
	return fix(e,
	    "delete it in IAM if nobody needs it, then: rotate release %s; else: "
	    "rotate adopt %s --current KEY",
	    r->rec.identity, r->rec.identity);
}

static enum ec
never_used(const struct rotation *r, const char *id, struct err *e)
{
	const struct iam *iam = &r->w->iam;
	struct iam_use u;

	TRY(iam->last_used(iam->ctx, id, &u, e));
	if (u.never)
		return EC_OK;
	(void)fail(e, EC_CONFLICT,
	    "%s looked like a leftover of ours but is "
	    "used (%s, %s)",
	    id, u.service, u.region);
	return fix(e, "rotate adopt %s --current KEY names the one in use",
	    r->rec.identity);
}

static enum ec
quarantine(struct rotation *r, const struct iam_keys *d, struct err *e)
{
	const struct iam_key *k = &d->key[0];

	if ((int64_t)d->n > r->rec.sent - r->rec.answered ||
	    k->created + DATE_SLACK_MS < r->rec.started)
		return not_ours(r, d, e);
	TRY(never_used(r, k->id, e));
	(void)snprintf(r->rec.orphan, sizeof(r->rec.orphan), "%s", k->id);
	return rotation_advance(r, ROT_ORPH, e,
	    "%s was made by a call whose answer was lost", k->id);
}

/* Nothing landed: one more call, announced first. A definite refusal was
 * counted as answered, so only lost answers add up. */
static enum ec
allow_another(struct rotation *r, struct err *e)
{
	struct rec *rec = &r->rec;

	if (rec->sent - rec->answered >= UNANSWERED_MAX) {
		(void)fail(e, EC_CONFLICT,
		    "%d CreateAccessKey calls for %s "
		    "were never answered",
		    UNANSWERED_MAX, r->conf->iam_user);
		return fix(e,
		    "check the network to %s, then: rotate release "
		    "%s",
		    r->w->endpoint, rec->identity);
	}
	if (r->keys.n > 1) /* all known: the list shows one that is gone */
		return rotation_wait(r, EC_LATER,
		    rotation_now(r) + LIST_AGAIN_MS, e,
		    "both key slots of %s seem taken", r->conf->iam_user);
	TRY(guard_hold(r, e));
	rec->sent++;
	rec->sent_at = rotation_now(r);
	TRY(rotation_note(r, "create", e, "asking for a key again (call %d)",
	    (int)rec->sent));
	r->may_send = true;
	return EC_OK;
}

enum ec
orphan_look(struct rotation *r, struct err *e)
{
	const int64_t until = r->rec.sent_at + r->conf->late_window;
	char at[CLOCK_TEXT_MAX];
	struct iam_keys d;

	clock_text(until, at);
	if (r->rec.sent > r->rec.answered && rotation_now(r) < until)
		return rotation_wait(r, EC_LATER, until, e,
		    "a CreateAccessKey without an answer may still land "
		    "until %s",
		    at);
	TRY(guard_mutation(r, e));
	TRY(guard_list(r, e));
	d = beyond_base(r);
	return d.n == 0 ? allow_another(r, e) : quarantine(r, &d, e);
}

enum ec
orphan_switch_off(struct rotation *r, struct err *e)
{
	const struct iam *iam = &r->w->iam;
	const struct iam_key *k;

	TRY(guard_list(r, e));
	k = iam_keys_find(&r->keys, r->rec.orphan);
	if (k != NULL && k->status == KEY_ACTIVE) {
		TRY(never_used(r, k->id, e));
		TRY(guard_mutation(r, e));
		TRY(iam->set_status(iam->ctx, r->conf->iam_user, r->rec.orphan,
		    false, r->fenced, e));
		TRY(guard_list(r, e));
		k = iam_keys_find(&r->keys, r->rec.orphan);
	}
	if (k != NULL && k->status == KEY_ACTIVE)
		return rotation_wait(r, EC_LATER,
		    rotation_now(r) + LIST_AGAIN_MS, e,
		    "IAM does not show %s as Inactive yet", r->rec.orphan);
	r->rec.orphan_at = rotation_now(r);
	return rotation_advance(
	    r, ROT_ORPHQ, e, "%s is Inactive", r->rec.orphan);
}

/* Someone uses it after all: on again, and a person decides (model: ORPHQ). */
static enum ec
is_used(struct rotation *r, struct err *e)
{
	const struct iam *iam = &r->w->iam;
	struct err why = *e;

	TRY(guard_mutation(r, e));
	TRY(iam->set_status(
	    iam->ctx, r->conf->iam_user, r->rec.orphan, true, r->fenced, e));
	*e = why;
	return rotation_block(r, ROT_ORPH, e);
}

static enum ec
wait_quarantine(struct rotation *r, int64_t until, struct err *e)
{
	return rotation_wait(r, EC_LATER, until, e,
	    "%s, Inactive and unused, is deleted after a waiting time",
	    r->rec.orphan);
}

/* Deletes it if it is still there and unused. A list may show it for a while
 * yet, and then it would be taken for somebody else's key in INTENT. */
static enum ec
remove_orphan(struct rotation *r, struct err *e)
{
	const struct iam *iam = &r->w->iam;
	enum ec ec = never_used(r, r->rec.orphan, e);

	if (ec == EC_CONFLICT)
		return is_used(r, e);
	TRY(ec);
	TRY(guard_hold(r, e));
	TRY(guard_mutation(r, e));
	ec = iam->remove(
	    iam->ctx, r->conf->iam_user, r->rec.orphan, r->fenced, e);
	if (ec != EC_OK && ec != EC_GONE)
		return ec;
	TRY(guard_list(r, e));
	if (iam_keys_find(&r->keys, r->rec.orphan) == NULL)
		return EC_OK;
	return rotation_wait(r, EC_LATER, rotation_now(r) + LIST_AGAIN_MS, e,
	    "IAM still lists %s, which is deleted", r->rec.orphan);
}

/* A list that lags behind may show it once more; in the baseline it cannot be
 * taken for somebody else's. */
static void
forget_orphan(struct rec *rec)
{
	struct iam_key *k = &rec->base.key[rec->base.n];

	if (rec->base.n < IAM_KEYS_MAX) {
		memset(k, 0, sizeof(*k));
		memcpy(k->id, rec->orphan, sizeof(k->id));
		k->status = KEY_INACTIVE;
		rec->base.n++;
	}
	rec->orphan[0] = '\0';
	rec->orphan_at = 0;
	rec->answered++;
}

/* A list that lagged behind did not show it when it was to be switched off, or
 * somebody switched it on: the waiting time begins anew. */
static enum ec
off_again(struct rotation *r, struct err *e)
{
	const struct iam *iam = &r->w->iam;
	const enum ec ec = never_used(r, r->rec.orphan, e);

	if (ec == EC_CONFLICT)
		return rotation_block(r, ROT_ORPH, e);
	TRY(ec);
	if (guard_mutation(r, e) != EC_OK)
		return e->ec;
	TRY(iam->set_status(
	    iam->ctx, r->conf->iam_user, r->rec.orphan, false, r->fenced, e));
	r->rec.orphan_at = rotation_now(r);
	return wait_quarantine(r, r->rec.orphan_at + r->conf->late_window, e);
}

enum ec
orphan_delete(struct rotation *r, struct err *e)
{
	const int64_t until = r->rec.orphan_at + r->conf->late_window;
	const struct iam_key *k;
	char gone[KEY_ID_MAX];

	/* A stale list is no proof that it is gone, so that waits as well. */
	TRY(guard_list(r, e));
	if (rotation_now(r) < until)
		return wait_quarantine(r, until, e);
	k = iam_keys_find(&r->keys, r->rec.orphan);
	if (k != NULL && k->status != KEY_INACTIVE)
		return off_again(r, e);
	if (k != NULL)
		TRY(remove_orphan(r, e));
	memcpy(gone, r->rec.orphan, sizeof(gone));
	forget_orphan(&r->rec);
	return rotation_advance(
	    r, ROT_INTENT, e, "the leftover %s is deleted", gone);
}
