/*
 * revoke: the key is in wrong hands. A new key is made, proved, pushed and
 * verified, and the old one is switched off at once: no grace. Who will break
 * is said before anything happens. Everything else is as ever, the way back
 * included.
 */
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/clock.h"
#include "rotator/app.h"
#include "rotator/out.h"

/* With a use of the key in the last day somebody unknown may be on it. */
#define RECENT_MS ((int64_t)24 * 3600 * 1000)

static enum ec
say_last_use(const struct rotation *r, struct err *e)
{
	const struct iam *iam = &r->w->iam;
	char when[CLOCK_TEXT_MAX];
	struct iam_use u;

	if (r->rec.old.id[0] == '\0')
		return EC_OK;
	TRY(iam->last_used(iam->ctx, r->rec.old.id, &u, e));
	if (u.never) {
		out(PLAIN, "%s was never used.\n", r->rec.old.id);
		return EC_OK;
	}
	clock_text(u.at, when);
	out(rotation_now(r) - u.at < RECENT_MS ? YELLOW : PLAIN,
	    "%s was last used at %s (%s, %s). A client that is not listed "
	    "below breaks.\n",
	    r->rec.old.id, when, u.service, u.region);
	return EC_OK;
}

/* Manual clients, and those that were not moved, still hold the old pair. */
static size_t
say_who_breaks(const struct rotation *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->rec.n_clients; i++) {
		const struct rec_client *rc = &r->rec.clients[i];
		const struct client_conf *c =
		    config_client(r->w->config, rc->name);
		const bool person = c->client.drv->human;

		if (rc->state == CL_VERIFIED)
			continue;
		n += rc->error[0] != '\0' || person;
		out(person ? YELLOW : PLAIN, "  %s: %s\n", rc->name,
		    rc->error[0] != '\0' ? rc->error
			: person         ? "a person must move it"
					 : "is moved automatically");
	}
	return n;
}

/* --now: a person says that these may break. The engine goes on as if they
 * were not there; each is named in the event log. With nobody to leave behind
 * it stays at why, for which the run stopped. */
static enum ec
leave_behind(struct app *a, struct rotation *r, enum ec why, struct err *e)
{
	out(RED, "These clients still hold %s and will break:\n",
	    r->rec.old.id);
	if (say_who_breaks(r) == 0)
		return why;
	TRY(app_confirm(a, "Switch the old key off although they break?", e));
	for (size_t i = 0; i < r->rec.n_clients; i++) {
		struct rec_client *rc = &r->rec.clients[i];

		if (rc->state == CL_VERIFIED)
			continue;
		rc->state = CL_LEFT;
		TRY(rotation_note(r, "revoke", e,
		    "client %s is left behind by revoke --now", rc->name));
	}
	r->listed = r->pinned = false;
	return rotation_drive(r, e);
}

/* Only while nothing stands in the way and the old key is not yet going. */
static enum ec
may_begin(const struct rotation *r, struct err *e)
{
	const char *name = r->rec.identity;

	if (r->rec.state == ROT_BLOCKED) {
		(void)fail(
		    e, EC_CONFLICT, "%s: blocked: %s", name, r->rec.alarm);
		return fix(e,
		    "settle that, then: rotate release %s; rotate revoke %s",
		    name, name);
	}
	if (r->rec.state >= ROT_DEACT)
		return fail(e, EC_USAGE,
		    "%s: the old key is being retired already (%s)", name,
		    rot_state_name(r->rec.state));
	return EC_OK;
}

static enum ec
begin(struct app *a, struct rotation *r, struct err *e)
{
	char who[64], ask[300];

	TRY(may_begin(r, e));
	TRY(say_last_use(r, e));
	(void)say_who_breaks(r);
	(void)snprintf(ask, sizeof(ask),
	    "Revoke the key of %s: new key, push, "
	    "verify, then the old one is off at once.",
	    r->rec.identity);
	TRY(app_confirm(a, ask, e));
	app_who(who, sizeof(who));
	r->rec.emergency = true;
	r->force = true;
	return rotation_note(r, "revoke", e, "revoke asked for by %s", who);
}

static enum ec
exec_revoke(struct app *a, struct err *e)
{
	AUTO(rotation) struct rotation r = { .w = NULL };
	const struct identity_conf *id;
	enum ec ec;

	TRY(app_identity(a, a->args->words[0], &id, e));
	TRY(app_world(a, id, e));
	TRY(rotation_open(&r, &a->world, id, e));
	TRY(begin(a, &r, e));
	ec = rotation_drive(&r, e);
	if (a->args->now && r.rec.state == ROT_PUSHING)
		ec = leave_behind(a, &r, ec, e);
	if (r.rec.state == ROT_PUSHING)
		out(YELLOW,
		    "The old key is still on: not every client was "
		    "moved. `rotate revoke %s --now` switches it off "
		    "all the same.\n",
		    id->name);
	if (r.rec.state == ROT_QUIET) {
		out(GREEN, "%s is off.\n", r.rec.old.id);
		return EC_OK;
	}
	return ec;
}

const struct command cmd_revoke = {
	.name = "revoke",
	.operands = "NAME",
	.summary = "emergency: new key, push, verify, old key off at once",
	.help =
	    "For a key in wrong hands. Says who will break, asks, and skips\n"
	    "the grace. The old key is only switched off: `rotate rollback`\n"
	    "still works until it is deleted after the quiet time.\n"
	    "\n"
	    "  rotate revoke mail\n"
	    "  rotate revoke mail --now   even if some clients cannot be moved\n",
	.min_words = 1,
	.max_words = 1,
	.options = O_CONFIG | O_LOG | O_YES | O_NOW,
	.run = exec_revoke,
};
