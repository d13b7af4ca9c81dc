/*
 * verify: what a client really holds, and whether SES accepts it. Nothing here
 * writes to a client.
 */
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/clock.h"
#include "rotator/cred.h"
#include "rotator/guard.h"
#include "rotator/push_p.h"
#include "rotator/settle.h"

bool
push_leaves_alone(const struct rotation *r, const struct rec_client *rc)
{
	return r->rec.rollback && !rc->touched;
}

bool
push_settled(const struct rotation *r, const struct rec_client *rc)
{
	return rc->state == CL_VERIFIED || rc->state == CL_LEFT ||
	    push_leaves_alone(r, rc);
}

bool
push_all_settled(const struct rotation *r)
{
	for (size_t i = 0; i < r->rec.n_clients; i++) {
		const struct rec_client *rc = &r->rec.clients[i];

		if (config_client(r->w->config, rc->name)->required &&
		    !push_settled(r, rc))
			return false;
	}
	return true;
}

/* A person is asked again only where nobody else could have been the one. */
void
push_look_again(const struct rotation *r, struct rec_client *rc)
{
	const bool human =
	    config_client(r->w->config, rc->name)->client.drv->human;

	if (rc->state != CL_VERIFIED)
		return;
	if (!human)
		rc->state = CL_WRITING;
	else if (guard_only_people(r))
		rc->state = CL_PENDING;
}

/* The pair a client holds; user "" when it holds none or cannot be read. */
enum ec
push_held_by(const struct client_conf *c, struct smtp_cred *ret, struct err *e)
{
	enum ec ec;

	if (c->client.drv->read == NULL)
		return EC_OK;
	ec = c->client.drv->read(&c->client, ret, e);
	return ec == EC_GONE ? EC_OK : ec;
}

/* The pair this client is to hold: the new one; when rolling back the pair it
 * had, or the restored key's own if that was never known. */
enum ec
push_wanted(const struct rotation *r, const struct client_conf *c,
    const struct rec_client *rc, struct smtp_cred *ret, struct err *e)
{
	if (r->rec.rollback && strcmp(rc->pre_user, r->rec.new.id) == 0)
		return cred_former(r, rc, ret, e);
	return cred_of_key(r, &r->rec.new, c->client.region, ret, e);
}

/* AUTH through the client's own way to SES. */
enum ec
push_prove(struct rotation *r, const struct client_conf *c,
    struct rec_client *rc, const struct smtp_cred *held, int successes,
    struct err *e)
{
	const struct settle_job job = {
		.peer = &c->client.smtp,
		.cred = held,
		.conf = &c->settle,
		.successes = successes,
		.send = false,
		.key = &r->rec.new,
	};
	struct probe_result p;
	char at[CLOCK_TEXT_MAX];

	TRY(settle(r, &job, &p, e));
	clock_text(p.at, at);
	(void)snprintf(rc->evidence, sizeof(rc->evidence),
	    "%d from %.60s:%u as %.40s at %s", p.code, job.peer->host,
	    job.peer->port, held->user, at);
	return EC_OK;
}

static enum ec
prove_held(struct rotation *r, const struct client_conf *c,
    struct rec_client *rc, const struct smtp_cred *held, struct err *e)
{
	return push_prove(r, c, rc, held, 1, e);
}

/* Reads back and proves. A client that cannot be read is proved with our own
 * pair: SES accepts it, the driver said it stored it. */
enum ec
push_verify(struct rotation *r, const struct client_conf *c,
    struct rec_client *rc, struct err *e)
{
	AUTO(smtp_cred) struct smtp_cred want = { 0 };
	AUTO(smtp_cred) struct smtp_cred held = { 0 };
	enum ec known = push_wanted(r, c, rc, &want, e);

	if (known != EC_OK && known != EC_GONE)
		return known;
	if (c->client.drv->read == NULL)
		return known != EC_OK ? known : prove_held(r, c, rc, &want, e);
	TRY(c->client.drv->read(&c->client, &held, e));
	if (held.pass != NULL && strcmp(held.user, r->rec.new.id) == 0 &&
	    (known == EC_GONE || smtp_cred_eq(&held, &want)))
		return prove_held(r, c, rc, &held, e);
	(void)fail(e, EC_CONFLICT, "holds %s, not the pair of %s",
	    held.user[0] != '\0' ? held.user : "no credential", r->rec.new.id);
	return fix(e, "see who else changes what it holds, then run again");
}

/* A client that a way back leaves alone is only asked whether it holds the
 * key that goes. */
static enum ec
not_on_old(const struct rotation *r, const struct client_conf *c, struct err *e)
{
	AUTO(smtp_cred) struct smtp_cred held = { 0 };

	TRY(push_held_by(c, &held, e));
	if (strcmp(held.user, r->rec.old.id) != 0)
		return EC_OK;
	(void)fail(
	    e, EC_CONFLICT, "holds %s, which is to be retired", r->rec.old.id);
	return fix(e, "give it %s, then: rotate release %s", r->rec.new.id,
	    r->rec.identity);
}

/* A client's own trouble is neither a missing permission of ours nor a failed
 * disk of ours, which end or block a run: it is tried again later. */
static void
as_client(struct err *e)
{
	static const bool table[EC__MAX] = {
		[EC_UNKNOWN] = true,
		[EC_DENIED] = true,
		[EC_GONE] = true,
		[EC_LIMIT] = true,
		[EC_CONFIG] = true,
		[EC_IO] = true,
	};

	if (table[e->ec])
		e->ec = EC_CLIENT;
}

static enum ec
verify_again(struct rotation *r, const struct client_conf *c,
    struct rec_client *rc, struct err *e)
{
	enum ec ec;

	if (push_leaves_alone(r, rc))
		ec = not_on_old(r, c, e);
	else if (rc->state == CL_LEFT || c->client.drv->human)
		return EC_OK;
	else
		ec = push_verify(r, c, rc, e);
	if (ec == EC_OK)
		return EC_OK;
	/* It was accepted before; refused all the time now, mail is down. */
	if (ec == EC_AUTH)
		e->ec = EC_CONFLICT;
	as_client(e);
	return err_prefix(e, "client %s", c->client.name);
}

enum ec
push_verify_all(struct rotation *r, struct err *e)
{
	for (size_t i = 0; i < r->rec.n_clients; i++) {
		struct rec_client *rc = &r->rec.clients[i];
		const struct client_conf *c =
		    config_client(r->w->config, rc->name);

		if (!c->required)
			continue;
		if (!push_settled(r, rc)) {
			(void)fail(e, EC_CONFLICT,
			    "client %s was registered "
			    "after the others had moved",
			    rc->name);
			return fix(e, "rotate release %s gives it the new pair",
			    r->rec.identity);
		}
		TRY(verify_again(r, c, rc, e));
	}
	return EC_OK;
}
