/*
 * push: writing. Every client gets its turn, one commit a client; whether it
 * really holds the pair is verify.c's question, people are push_person.c's.
 */
#include "rotator/push_p.h"

#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "rotator/cred.h"
#include "rotator/guard.h"

/* What cannot be read then is as much in the way as what cannot be written:
 * better now than with a second key. */
static enum ec
ready(const struct client_conf *c, struct err *e)
{
	AUTO(smtp_cred) struct smtp_cred held = { 0 };
	struct client_plan plan = { .change = "" };

	TRY(c->client.drv->plan(&c->client, &plan, e));
	return push_held_by(c, &held, e);
}

enum ec
push_preflight(const struct rotation *r, struct err *e)
{
	for (size_t i = 0;; i++) {
		const struct client_conf *c =
		    config_client_of(r->w->config, r->conf, i);

		if (c == NULL)
			return EC_OK;
		if (!c->required)
			continue;
		if (ready(c, e) != EC_OK) {
			e->ec = EC_CLIENT;
			return err_prefix(e,
			    "client %s is not ready, no key "
			    "was made",
			    c->client.name);
		}
	}
}

/* The former pair that was already kept, of either key of this rotation, is
 * worth more than what somebody put there since. */
static bool
keeps_former(const struct rotation *r, const struct rec_client *rc)
{
	return rc->pre_sealed[0] != '\0' &&
	    (strcmp(rc->pre_user, r->rec.old.id) == 0 ||
		strcmp(rc->pre_user, r->rec.new.id) == 0);
}

static enum ec
prepare(struct rotation *r, const struct client_conf *c, struct rec_client *rc,
    struct err *e)
{
	AUTO(smtp_cred) struct smtp_cred held = { 0 };

	TRY(push_held_by(c, &held, e));
	if (!keeps_former(r, rc))
		TRY(cred_keep_former(r, &held, rc, e));
	rc->state = CL_WRITING;
	rc->since = rotation_now(r);
	rc->touched = true;
	return EC_OK;
}

void
push_prepare(struct rotation *r)
{
	struct err ignored;

	for (size_t i = 0; i < r->rec.n_clients; i++) {
		struct rec_client *rc = &r->rec.clients[i];
		const struct client_conf *c =
		    config_client(r->w->config, rc->name);

		if (rc->state == CL_PENDING && !c->client.drv->human &&
		    prepare(r, c, rc, &ignored) != EC_OK)
			rc->state = CL_PENDING;
	}
}

enum ec
push_may_return(const struct rotation *r, struct err *e)
{
	for (size_t i = 0; i < r->rec.n_clients; i++) {
		const struct rec_client *rc = &r->rec.clients[i];
		const struct client_conf *c =
		    config_client(r->w->config, rc->name);
		const bool kept = rc->pre_sealed[0] != '\0' &&
		    strcmp(rc->pre_user, r->rec.old.id) == 0;

		if (!c->required || !rc->touched ||
		    (kept && !c->client.drv->human) ||
		    rec_key_sealed(&r->rec.old, c->client.region) != NULL)
			continue;
		return fail(e, EC_CONFLICT,
		    "the former pair of client %s was "
		    "never known, there is no way back for it",
		    rc->name);
	}
	return EC_OK;
}

/* Only a pair that we know of may be overwritten: the one found at the start,
 * either key of this rotation, or none. Anything else is someone's work. */
static enum ec
not_foreign(const struct rotation *r, const struct rec_client *rc,
    const struct smtp_cred *held, struct err *e)
{
	if (held->user[0] == '\0' || strcmp(held->user, rc->pre_user) == 0 ||
	    strcmp(held->user, r->rec.old.id) == 0 ||
	    strcmp(held->user, r->rec.new.id) == 0 || rc->pre_user[0] == '\0')
		return EC_OK;
	(void)fail(e, EC_CONFLICT,
	    "was changed by someone else: it holds %s, expected %s", held->user,
	    rc->pre_user);
	return fix(e, "restore it or let us overwrite it: rotate release %s",
	    r->rec.identity);
}

static enum ec
look_at_lease(const struct rotation *r, struct err *e)
{
	const struct store *s = r->w->store;

	return s->fence(s->ctx, r->w->time.wall(r->w->time.ctx), e);
}

/* A process that was frozen right before the write has written late, and no
 * client can refuse that: what it holds now may be out of date. Whoever has
 * the lease looks at it until the old key is deleted; after that only a person
 * who is told. It is not made to take effect, too. */
static enum ec
still_ours(const struct rotation *r, const struct client_conf *c,
    const struct smtp_cred *given, struct err *e)
{
	const struct notify *n = &r->w->notify;
	const enum ec ec = look_at_lease(r, e);

	if (ec != EC_BUSY)
		return ec;
	(void)err_prefix(e,
	    "client %s was given %s by a rotator that had stood still, and",
	    c->client.name, given->user);
	(void)fix(e, "rotate verify %s tells whether that is still right",
	    r->rec.identity);
	n->alarm(n->ctx, r->rec.identity, e->what, e->fix, rotation_now(r));
	return EC_BUSY;
}

static enum ec
write_pair(struct rotation *r, const struct client_conf *c,
    struct rec_client *rc, const struct smtp_cred *want, struct err *e)
{
	struct err mine = { .ec = EC_OK };
	enum ec ec;

	/* A new key was proved before; the one to go back to may have been off
	 * until now, and no client is told of a key that SES refuses (I1). */
	if (r->rec.rollback)
		TRY(push_prove(r, c, rc, want, c->settle.successes, e));
	TRY(look_at_lease(r, e));
	ec = c->client.drv->write(&c->client, want, &mine);
	TRY(still_ours(r, c, want, e)); /* also what failed may be done */
	if (ec != EC_OK)
		*e = mine;
	return ec;
}

/* Does it hold what it should? The password was never known to us: then the
 * key id must do, and SES says whether the password is right. */
static bool
is_there(const struct rotation *r, const struct smtp_cred *held)
{
	return held->pass != NULL && strcmp(held->user, r->rec.new.id) == 0;
}

/* Nothing that we can try again will make it known: a region that came after
 * the key, or after it was adopted with what its clients held. */
static enum ec
nobody_knows(const struct rotation *r, struct err *e)
{
	if (e->ec != EC_GONE)
		return e->ec;
	e->ec = EC_CONFLICT;
	return fix(e,
	    "give it the pair of %s by hand (rotate derive), or set `required: "
	    "false` until the next rotation; then: rotate release %s",
	    r->rec.new.id, r->rec.identity);
}

/* Read, write, make the consumer notice, prove. seen: what it holds was read
 * and kept a moment ago, so it is nobody's unknown work.
 *
 * Also written when it is there already: a run that was killed, or whose last
 * fsync failed, may have put it there, and then it is in the page cache only.
 * Once the old key is gone a power cut must not bring the old pair back. */
static enum ec
give(struct rotation *r, const struct client_conf *c, struct rec_client *rc,
    bool seen, struct err *e)
{
	const struct client_driver *drv = c->client.drv;
	AUTO(smtp_cred) struct smtp_cred want = { 0 };
	AUTO(smtp_cred) struct smtp_cred held = { 0 };
	struct err unknown;
	enum ec ec = push_wanted(r, c, rc, &want, &unknown);

	TRY(push_held_by(c, &held, e));
	if (!seen)
		TRY(not_foreign(r, rc, &held, e));
	if (ec == EC_OK)
		TRY(write_pair(r, c, rc, &want, e));
	else if (!is_there(r, &held)) {
		*e = unknown;
		return nobody_knows(r, e);
	}
	if (drv->activate != NULL)
		TRY(drv->activate(&c->client, e));
	if (push_verify(r, c, rc, e) == EC_OK)
		return EC_OK;
	/* Just written, so not someone else's work: a failing client. */
	return e->ec == EC_CONFLICT ? (e->ec = EC_CLIENT) : e->ec;
}

/* Intent, effect, proof of one client; the commit of its outcome. */
static enum ec
push_one(struct rotation *r, const struct client_conf *c, struct rec_client *rc,
    struct err *e)
{
	/* Also when it was a person's client until the settings changed. */
	const bool fresh = rc->state != CL_WRITING;

	if (c->client.drv->human) {
		TRY(push_ask_person(r, c, rc, e));
	} else {
		if (fresh) {
			TRY(prepare(r, c, rc, e));
			TRY(rotation_note(
			    r, "push", e, "writing client %s", rc->name));
		}
		TRY(give(r, c, rc, fresh, e));
	}
	rc->state = CL_VERIFIED;
	rc->since = rotation_now(r);
	rc->error[0] = '\0';
	return rotation_note(
	    r, "verify", e, "client %s verified: %s", rc->name, rc->evidence);
}

/* After these the run cannot go on with another client. */
static bool
ends_run(enum ec ec)
{
	static const bool table[EC__MAX] = {
		[EC_BUSY] = true,
		[EC_DAMAGED] = true,
		[EC_NOMEM] = true,
		[EC_BUG] = true,
	};

	return table[ec];
}

/* The gravest outcome of all clients wins: a foreign edit, then a failure,
 * then a person's turn. */
static int
gravity(enum ec ec)
{
	return ec == EC_OK ? 0 : ec == EC_HUMAN ? 1 : ec == EC_CONFLICT ? 3 : 2;
}

static void
keep_worst(
    struct err *worst, const struct err *e, const char *client, bool required)
{
	if (!required || gravity(e->ec) <= gravity(worst->ec))
		return;
	*worst = *e;
	if (e->ec == EC_HUMAN)
		return; /* it names the client: push_person.c */
	if (e->ec != EC_CONFLICT)
		worst->ec = EC_CLIENT;
	(void)err_prefix(worst, "client %s", client);
}

enum ec
push_all(struct rotation *r, struct err *e)
{
	struct err worst = { .ec = EC_OK };

	/* Somebody may have switched it off since it was proved, or our record
	 * is an old one: no client is given a key that does not work (I1). A
	 * list that cannot be had now is no evidence. */
	if (guard_new_key(r, e) == EC_CONFLICT)
		return e->ec;
	for (size_t i = 0; i < r->rec.n_clients; i++) {
		struct rec_client *rc = &r->rec.clients[i];
		const struct client_conf *c =
		    config_client(r->w->config, rc->name);
		struct err mine = { .ec = EC_OK };

		if (push_settled(r, rc) || push_one(r, c, rc, &mine) == EC_OK)
			continue;
		if (r->torn || ends_run(mine.ec)) {
			*e = mine;
			return mine.ec;
		}
		(void)snprintf(rc->error, sizeof(rc->error), "%.*s",
		    (int)sizeof(rc->error) - 1, mine.what);
		keep_worst(&worst, &mine, rc->name, c->required);
	}
	if (worst.ec != EC_OK)
		*e = worst;
	return worst.ec;
}
