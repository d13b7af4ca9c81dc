/*
 * How a rotation begins: is it time, are the keys in IAM those we know, can
 * every client take a new pair; then one CreateAccessKey, announced durably
 * before (S1) and kept durably right after (S2).
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/clock.h"
#include "rotator/cred.h"
#include "rotator/guard.h"
#include "rotator/orphan.h"
#include "rotator/push.h"
#include "rotator/steps.h"

int64_t
step_due_at(const struct rotation *r)
{
	const struct rec *rec = &r->rec;

	if (rec->failures > 0)
		return rec->next_at;
	return rotation_due_at(r->conf, rec->old.created);
}

/* Longer than any pause: kept by a clock that was wrong then. */
static bool
too_far(const struct rotation *r)
{
	return r->rec.failures > 0 &&
	    step_due_at(r) > rotation_now(r) + FAILED_PAUSE_MS;
}

static bool
due(const struct rotation *r)
{
	return r->force || r->rec.emergency || r->rec.old.id[0] == '\0' ||
	    rotation_now(r) >= step_due_at(r) || too_far(r);
}

/* More keys than we know of: name them all and let a person choose. */
static enum ec
unknown_keys(const struct rotation *r, struct err *e)
{
	const char *me = r->rec.identity;
	char names[REC_TEXT_MAX - 80];

	guard_name_keys(r, &r->keys, names, sizeof(names));
	(void)fail(e, EC_CONFLICT, "IAM user %s has keys we do not know: %s",
	    r->conf->iam_user, names);
	return fix(e,
	    "say which key is in use: rotate adopt %s --current KEY "
	    "[--retire OTHER]; or delete the unused one in IAM and: rotate "
	    "release %s",
	    me, me);
}

/* A list may lag behind for a key that was just made (A9); it is not gone, and
 * must not be forgotten. */
#define LIST_LAG_MS HOUR_MS

/* Compares the record with the keys that IAM lists (B6, A5, A6). One key and
 * none known: the first meeting, that key becomes the one in use. */
static enum ec
reconcile(struct rotation *r, struct err *e)
{
	struct rec_key *old = &r->rec.old;
	const struct iam_keys *k = &r->keys;

	if (old->id[0] != '\0' && iam_keys_find(k, old->id) == NULL &&
	    rotation_now(r) - old->created < LIST_LAG_MS) {
		(void)fail(e, EC_TEMP, "IAM does not list %s yet", old->id);
		return fix(e, "nothing: it is asked again");
	}
	if (k->n == 0) {
		memset(old, 0, sizeof(*old));
		return EC_OK;
	}
	if (k->n > 1)
		return unknown_keys(r, e);
	if (old->id[0] == '\0')
		(void)snprintf(old->id, sizeof(old->id), "%s", k->key[0].id);
	if (strcmp(old->id, k->key[0].id) != 0)
		return unknown_keys(r, e);
	old->created = k->key[0].created;
	return EC_OK;
}

/* Each client starts anew; what it holds is read again before it is written. */
static void
forget_clients(struct rec *rec)
{
	for (size_t i = 0; i < rec->n_clients; i++) {
		struct rec_client *c = &rec->clients[i], fresh = { 0 };

		memcpy(fresh.name, c->name, sizeof(fresh.name));
		*c = fresh;
	}
}

void
step_forget(struct rec *rec)
{
	forget_clients(rec);
	memset(&rec->base, 0, sizeof(rec->base));
	memset(&rec->new, 0, sizeof(rec->new));
	memset(&rec->use, 0, sizeof(rec->use));
	rec->sent = rec->answered = rec->sent_at = 0;
	rec->orphan[0] = '\0';
	rec->orphan_at = rec->verified_at = rec->inactive_at = 0;
	rec->off_at = rec->use_sampled = 0;
	rec->rollback = false;
}

/* S1: baseline and the announcement of one CreateAccessKey, durable. */
static enum ec
begin(struct rotation *r, struct err *e)
{
	struct rec *rec = &r->rec;

	step_forget(rec);
	rec->started = rotation_now(r);
	clock_text(rec->started, rec->rotation);
	rec->base = r->keys;
	rec->sent = 1;
	rec->sent_at = rec->started;
	TRY(rotation_advance(r, ROT_INTENT, e,
	    "making a new key for %s beside %s", r->conf->iam_user,
	    rec->old.id[0] != '\0' ? rec->old.id : "none"));
	r->may_send = true;
	return EC_OK;
}

static enum ec
first_sight(struct rotation *r, struct err *e)
{
	char when[CLOCK_TEXT_MAX];

	r->rec.next_at = step_due_at(r);
	r->rec.waiting[0] = '\0';
	clock_text(r->rec.next_at, when);
	return rotation_note(
	    r, "adopt", e, "key %s is in use; due at %s", r->rec.old.id, when);
}

static enum ec
wait_for_window(struct rotation *r, struct err *e)
{
	const int64_t opens = guard_window(r);
	char at[CLOCK_TEXT_MAX];

	if (opens == 0)
		return EC_OK;
	clock_text(opens, at);
	return rotation_wait(
	    r, EC_LATER, opens, e, "it is due; its window opens at %s", at);
}

enum ec
step_idle(struct rotation *r, struct err *e)
{
	const bool met = r->rec.old.id[0] != '\0';

	if (!due(r)) {
		if (r->rec.next_at == step_due_at(r))
			return EC_OK;
		return first_sight(r, e); /* max_age was changed */
	}
	TRY(guard_hold(r, e));
	TRY(guard_mutation(r, e));
	TRY(guard_list(r, e));
	TRY(reconcile(r, e));
	if (!due(r))
		return first_sight(r, e);
	if (!met && r->rec.old.id[0] != '\0')
		TRY(rotation_note(
		    r, "adopt", e, "key %s is in use", r->rec.old.id));
	TRY(wait_for_window(r, e));
	TRY(push_preflight(r, e));
	TRY(seal_ready(r->w->seal, e));
	return begin(r, e);
}

/* The key just made is worth nothing: nobody saw it, so it goes at once. What
 * even that leaves behind is found as an orphan by the next run; or by another
 * rotator, if this one has stood still since it made it. */
static enum ec
drop_created(struct rotation *r, struct err *e)
{
	const struct iam *iam = &r->w->iam;
	const struct store *s = r->w->store;
	char id[KEY_ID_MAX];
	struct err ignored;

	memcpy(id, r->rec.new.id, sizeof(id));
	memset(&r->rec.new, 0, sizeof(r->rec.new));
	if (s->fence(s->ctx, r->w->time.wall(r->w->time.ctx), &ignored) ==
	    EC_BUSY)
		return err_prefix(e,
		    "new key %s could not be kept, another rotator sees to it",
		    id);
	if (iam->remove(iam->ctx, r->conf->iam_user, id, r->fenced, &ignored) !=
	    EC_OK)
		return err_prefix(e,
		    "new key %s could not be kept and not be deleted; the "
		    "next run will find it",
		    id);
	return err_prefix(
	    e, "new key %s could not be kept and was deleted", id);
}

/* A commit that failed may be durable all the same (a failed fsync), and then
 * the key is the one that the next run gives to clients. Only a record that
 * surely still says INTENT makes the key nobody's. */
static bool
surely_not_kept(const struct rotation *r)
{
	AUTO(rec) struct rec disk = { .n_clients = 0 };
	const struct store *s = r->w->store;
	struct err ignored;

	return s->load(s->ctx, r->rec.identity, &disk, &ignored) == EC_OK &&
	    disk.state == ROT_INTENT &&
	    strcmp(disk.rotation, r->rec.rotation) == 0;
}

/* The key exists and only this process knows its secret: if the disk cannot
 * keep it, give it space from the reserve. When another rotator is at work
 * (EC_BUSY, EC_CONFLICT) the key is left to it: INTENT finds it. */
static enum ec
keep_created(struct rotation *r, struct err *e)
{
	const struct store *s = r->w->store;
	const struct rec before = r->rec;
	enum ec ec;

	ec = rotation_advance(r, ROT_CREATED, e,
	    "key %s made, passwords sealed for %zu region(s)", r->rec.new.id,
	    r->rec.new.n);
	if (ec == EC_IO && s->relief(s->ctx)) {
		r->rec = before;
		ec = rotation_advance(r, ROT_CREATED, e,
		    "key %s made, kept in reserved space", r->rec.new.id);
	}
	if (ec == EC_OK || ec == EC_BUSY || ec == EC_CONFLICT ||
	    !surely_not_kept(r))
		return ec;
	return drop_created(r, e);
}

/* S2: derive every region's password, seal them, forget the IAM secret. */
static enum ec
seal_created(struct rotation *r, const struct iam_new_key *made, struct err *e)
{
	struct rec_key *new = &r->rec.new;

	memset(new, 0, sizeof(*new));
	(void)snprintf(new->id, sizeof(new->id), "%s", made->key.id);
	new->created = made->key.created;
	if (cred_seal_all(r, made->secret, new, e) != EC_OK)
		return drop_created(r, e);
	r->rec.answered++;
	return keep_created(r, e);
}

/* Classes that are an answer: no key was made. After any other the key may
 * exist, whatever went wrong on our side. */
static bool
is_refusal(enum ec ec)
{
	static const bool table[EC__MAX] = {
		[EC_TEMP] = true,
		[EC_AUTH] = true,
		[EC_DENIED] = true,
		[EC_GONE] = true,
		[EC_LIMIT] = true,
		[EC_CONFLICT] = true,
		[EC_CONFIG] = true,
		[EC_PROTO] = true,
	};

	return table[ec];
}

/* A refusal that surely had no effect: the announcement is answered. */
static enum ec
refused(struct rotation *r, struct err *e)
{
	struct err why = *e;

	r->rec.answered++;
	TRY(rotation_note(
	    r, "create", e, "CreateAccessKey was refused: %.200s", why.what));
	*e = why;
	if (why.ec == EC_LIMIT)
		return rotation_wait(r, EC_LATER,
		    rotation_now(r) + r->conf->late_window, e,
		    "IAM says both key slots are taken; the list is asked "
		    "again later");
	return why.ec;
}

static enum ec
no_answer(struct rotation *r, struct err *e)
{
	const int64_t until = r->rec.sent_at + r->conf->late_window;
	const struct err why = *e;
	char at[CLOCK_TEXT_MAX];

	clock_text(until, at);
	(void)rotation_wait(r, EC_LATER, until, e,
	    "CreateAccessKey had no clear answer and may still land; looking "
	    "again at %s: %.250s",
	    at, why.what);
	return fix(e,
	    "nothing: the next run looks, and deletes a key whose secret "
	    "nobody has");
}

/* What was announced is not sent after all: that is an answer, too. */
static enum ec
not_sent(struct rotation *r, const struct err *e)
{
	r->may_send = false;
	r->rec.answered++;
	return e->ec;
}

static enum ec
create(struct rotation *r, struct err *e)
{
	AUTO(iam_new_key) struct iam_new_key made = { 0 };
	const struct iam *iam = &r->w->iam;
	enum ec ec;

	assert(r->may_send && r->listed && r->keys.n <= 1); /* I2 */
	/* What cannot be sealed could not be kept. */
	if (seal_ready(r->w->seal, e) != EC_OK || guard_mutation(r, e) != EC_OK)
		return not_sent(r, e);
	r->may_send = false;
	r->listed = false;
	/* Dated as announced: from there on others wait for it to land. */
	ec = iam->create(iam->ctx, r->conf->iam_user, r->rec.sent_at, &made, e);
	if (ec == EC_OK)
		return seal_created(r, &made, e);
	return is_refusal(ec) ? refused(r, e) : no_answer(r, e);
}

/* Only the process that announced the call sends it; any other looks first. */
enum ec
step_intent(struct rotation *r, struct err *e)
{
	if (!r->may_send)
		TRY(orphan_look(r, e));
	return r->rec.state == ROT_INTENT ? create(r, e) : EC_OK;
}
