#include "rotator/adopt.h"

#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "rotator/cred.h"
#include "rotator/guard.h"
#include "rotator/push.h"
#include "rotator/steps.h"

static enum ec
name_choice(const struct rotation *r, const char *why, struct err *e)
{
	char names[REC_TEXT_MAX];

	guard_name_keys(r, &r->keys, names, sizeof(names));
	(void)fail(
	    e, EC_USAGE, "%s: %s", why, names[0] != '\0' ? names : "no keys");
	return fix(e, "rotate adopt %s --current KEY [--retire OTHER]",
	    r->rec.identity);
}

static bool
is_listed(const struct rotation *r, const char *id)
{
	return id[0] != '\0' && iam_keys_find(&r->keys, id) != NULL;
}

/* The user has another id than we knew, and yet our key: a key belongs to one
 * user for ever, so what we knew was wrong. The rotation goes on. */
static enum ec
right_user(struct rotation *r, struct err *e)
{
	const char *id = r->rec.user_id;

	if (r->rec.state == ROT_BLOCKED)
		return rotation_advance(
		    r, r->rec.resume, e, "adopted: the user is %s", id);
	return rotation_note(r, "adopt", e, "the user is %s", id);
}

static enum ec
under_way(const struct rec *rec, struct err *e)
{
	(void)fail(e, EC_USAGE, "%s has a rotation under way (%s)",
	    rec->identity, rot_state_name(rec->state));
	return fix(e, "rotate status %s; rotate rollback %s", rec->identity,
	    rec->identity);
}

/* A list may lag behind for a key that was just made (A9). */
#define LIST_LAG_MS ((int64_t)3600 * 1000)

/* The key that clients were to be on was deleted by hand, for certain. With
 * it went the way forward, and perhaps the way back: a person decides. */
static bool
lost_its_key(const struct rotation *r)
{
	const struct rec *rec = &r->rec;

	return rec->state == ROT_BLOCKED && rec->new.id[0] != '\0' &&
	    !is_listed(r, rec->new.id) && rec->orphan[0] == '\0' &&
	    rotation_now(r) - rec->new.created > LIST_LAG_MS;
}

/* A key of ours that somebody has found and uses; a person says what becomes
 * of it, as of any other. */
static bool
only_an_orphan(const struct rec *rec)
{
	return rec->state == ROT_BLOCKED && rec->new.id[0] == '\0' &&
	    rec->orphan[0] != '\0';
}

/* A rotation under way has a key of ours in it that must not be forgotten, or
 * a call whose key may still land; but with a user that was deleted it is
 * gone. ret: all is said. was: the id of the user, as known before. */
static enum ec
look_under_way(struct rotation *r, const char *was, bool *ret, struct err *e)
{
	struct rec *rec = &r->rec;
	const bool other = was[0] != '\0' && strcmp(was, rec->user_id) != 0;

	*ret = false;
	if (rec->new.id[0] == '\0' && rec->orphan[0] == '\0')
		return rec->state == ROT_INTENT ? under_way(rec, e) : EC_OK;
	if (!other && !lost_its_key(r) && !only_an_orphan(rec))
		return under_way(rec, e);
	*ret =
	    other && (is_listed(r, rec->new.id) || is_listed(r, rec->orphan));
	if (*ret)
		return right_user(r, e);
	step_forget(rec);
	return EC_OK;
}

struct choice {
	const struct iam_key *current; /* NULL: not named, or not Active */
	const struct iam_key *retire;  /* NULL: none */
	bool clear;                    /* says what becomes of every key */
};

static void
choose(const struct iam_keys *k, const char *current, const char *retire,
    struct choice *ret)
{
	struct choice c = { .current = NULL };

	if (current != NULL)
		c.current = iam_keys_find(k, current);
	else if (k->n == 1)
		c.current = &k->key[0];
	if (c.current != NULL && c.current->status != KEY_ACTIVE)
		c.current = NULL;
	if (retire != NULL)
		c.retire = iam_keys_find(k, retire);
	c.clear = c.current != NULL && c.current != c.retire &&
	    (k->n == 1 ? retire == NULL : c.retire != NULL);
	*ret = c;
}

/* What the clients hold of this key tells us its passwords: without them a
 * rollback to it would not be possible later. */
static enum ec
learn_from(const struct rotation *r, const struct client_conf *c,
    struct rec_key *k, struct err *e)
{
	AUTO(smtp_cred) struct smtp_cred held = { 0 };

	if (c->client.drv->read == NULL ||
	    c->client.drv->read(&c->client, &held, e) != EC_OK ||
	    strcmp(held.user, k->id) != 0)
		return EC_OK;
	return cred_learn(r, k, c->client.region, &held, e);
}

static enum ec
learn_passwords(const struct rotation *r, struct rec_key *k, struct err *e)
{
	const struct client_conf *c;

	k->n = 0;
	for (size_t i = 0;
	     (c = config_client_of(r->w->config, r->conf, i)) != NULL; i++)
		TRY(learn_from(r, c, k, e));
	return EC_OK;
}

/* Only what was tried counts. What a person alone can change, a person has to
 * vouch for: asked for it as in any rotation, before anything is retired. */
static void
forget_unproved(struct rotation *r)
{
	for (size_t i = 0; i < r->rec.n_clients; i++) {
		struct rec_client *rc = &r->rec.clients[i];
		const struct client_conf *c =
		    config_client(r->w->config, rc->name);

		if (c->client.drv->human || !c->required)
			rc->state = CL_PENDING;
	}
}

/* The other key goes only when SES is seen to accept this one (I4), which takes
 * a client that can show its pair. */
static enum ec
can_be_proved(const struct rec *rec, struct err *e)
{
	if (rec->new.n > 0 || rec->new.proved > 0)
		return EC_OK;
	(void)fail(e, EC_USAGE,
	    "no client shows the password of %s, so it cannot be proved and %s "
	    "cannot be retired",
	    rec->new.id, rec->old.id);
	return fix(e,
	    "see that nobody uses %s, delete it in IAM, then: rotate adopt %s",
	    rec->old.id, rec->identity);
}

/* Two keys, every client on the current one: what is left is to retire the
 * other, with all the proofs of a rotation. */
static enum ec
retire_other(struct rotation *r, const struct iam_key *current,
    const struct iam_key *other, struct err *e)
{
	struct rec *rec = &r->rec;

	rec->new = rec->old;
	memset(&rec->old, 0, sizeof(rec->old));
	(void)snprintf(rec->old.id, sizeof(rec->old.id), "%s", other->id);
	rec->old.created = other->created;
	rec->started = rec->verified_at = rotation_now(r);
	for (size_t i = 0; i < rec->n_clients; i++) {
		rec->clients[i].state = CL_VERIFIED;
		/* It uses the key, whoever gave it: on a way back it is not
		 * left alone, and the key does not go without a grace. */
		rec->clients[i].touched = true;
	}
	if (push_verify_all(r, e) != EC_OK) {
		(void)err_prefix(e, "not every client is on %s", current->id);
		return fix(e,
		    "move it there first, or delete one key in IAM "
		    "and: rotate adopt %s",
		    rec->identity);
	}
	TRY(can_be_proved(rec, e));
	forget_unproved(r);
	return rotation_advance(r, ROT_GRACE, e,
	    "adopted: %s is in use, %s is retired", current->id, other->id);
}

enum ec
adopt_keys(
    struct rotation *r, const char *current, const char *retire, struct err *e)
{
	struct rec *rec = &r->rec;
	struct choice c;
	char was[USER_ID_MAX];
	bool said;

	memcpy(was, rec->user_id, sizeof(was));
	rec->user_id[0] = rec->endpoint[0] = '\0'; /* pinned anew */
	TRY(guard_mutation(r, e));
	TRY(guard_list(r, e));
	TRY(look_under_way(r, was, &said, e));
	if (said)
		return EC_OK;
	choose(&r->keys, current, retire, &c);
	if (c.current == NULL || !c.clear)
		return name_choice(r,
		    "which Active key is in use, and what "
		    "becomes of the other?",
		    e);
	rec->state = ROT_IDLE;
	rec->alarm[0] = rec->alarm_fix[0] = '\0';
	rec->sent = rec->answered = 0;
	memset(&rec->old, 0, sizeof(rec->old));
	(void)snprintf(rec->old.id, sizeof(rec->old.id), "%s", c.current->id);
	rec->old.created = c.current->created;
	TRY(learn_passwords(r, &rec->old, e));
	if (c.retire != NULL)
		return retire_other(r, c.current, c.retire, e);
	rec->next_at = rotation_due_at(r->conf, rec->old.created);
	return rotation_note(r, "adopt", e, "%s is in use", c.current->id);
}
