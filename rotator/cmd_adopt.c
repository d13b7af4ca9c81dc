/*
 * adopt: tells us which key is in use when we cannot know: at the first
 * meeting with a user that has two keys, after the state was lost, after the
 * user was made again. Reads the facts from IAM and from the clients; changes
 * nothing but our own record.
 */
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "rotator/app.h"
#include "rotator/cred.h"
#include "rotator/guard.h"
#include "rotator/out.h"
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

/* A rotation under way has a key of ours in it that must not be forgotten;
 * but with a user that was deleted it is gone. ret: all is said. was: the id
 * of the user, as known before. */
static enum ec
look_under_way(struct rotation *r, const char *was, bool *ret, struct err *e)
{
	struct rec *rec = &r->rec;
	const bool other = was[0] != '\0' && strcmp(was, rec->user_id) != 0;

	*ret = false;
	if (rec->new.id[0] == '\0' && rec->orphan[0] == '\0')
		return EC_OK;
	if (!other) {
		(void)fail(e, EC_USAGE, "%s has a rotation under way (%s)",
		    rec->identity, rot_state_name(rec->state));
		return fix(e, "rotate status %s; rotate rollback %s",
		    rec->identity, rec->identity);
	}
	*ret = is_listed(r, rec->new.id) || is_listed(r, rec->orphan);
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
choose(const struct app *a, const struct iam_keys *k, struct choice *ret)
{
	const char *current = a->args->current, *retire = a->args->retire;
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
	for (size_t i = 0; i < rec->n_clients; i++)
		rec->clients[i].state = CL_VERIFIED;
	if (push_verify_all(r, e) != EC_OK) {
		(void)err_prefix(e, "not every client is on %s", current->id);
		return fix(e,
		    "move it there first, or delete one key in IAM "
		    "and: rotate adopt %s",
		    rec->identity);
	}
	return rotation_advance(r, ROT_GRACE, e,
	    "adopted: %s is in use, %s is retired", current->id, other->id);
}

static enum ec
adopt(struct app *a, struct rotation *r, struct err *e)
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
	choose(a, &r->keys, &c);
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
	rec->next_at = rec->old.created + r->conf->max_age;
	return rotation_note(r, "adopt", e, "%s is in use", c.current->id);
}

static enum ec
exec_adopt(struct app *a, struct err *e)
{
	AUTO(rotation) struct rotation r = { .w = NULL };
	const struct identity_conf *id;

	TRY(app_identity(a, a->args->words[0], &id, e));
	TRY(app_world(a, e));
	TRY(rotation_open(&r, &a->world, id, e));
	TRY(adopt(a, &r, e));
	out(PLAIN, "%s: %s is in use.\n", id->name,
	    r.rec.state == ROT_GRACE ? r.rec.new.id : r.rec.old.id);
	return EC_OK;
}

const struct command cmd_adopt = {
	.name = "adopt",
	.operands = "NAME",
	.summary = "say which key is in use when we cannot know",
	.help =
	    "Needed when a user has two keys at the first meeting, when our\n"
	    "state was lost, or when the user was made again. Changes\n"
	    "nothing in AWS. With --retire the other key is retired like an\n"
	    "old one: only when every client is on the current key, nobody\n"
	    "uses the other, and grace and quiet are over.\n"
	    "\n"
	    "  rotate adopt mail\n"
	    "  rotate adopt mail --current AKIA...NEW --retire AKIA...OLD\n",
	.min_words = 1,
	.max_words = 1,
	.options = O_CONFIG | O_LOG | O_CURRENT | O_RETIRE,
	.run = exec_adopt,
};
