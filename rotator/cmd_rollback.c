/*
 * rollback: back to the old key, until it is deleted. A rollback is itself a
 * rotation and obeys the same proofs: the old key is switched on first, every
 * client is given its former pair, read back and tried, and only then the new
 * key goes the way of an old one.
 */
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "rotator/app.h"
#include "rotator/out.h"

/* While these are the states, both keys exist and the way back is open. */
static bool
has_way_back(const struct rec *rec)
{
	const enum rot_state s =
	    rec->state == ROT_BLOCKED ? rec->resume : rec->state;

	return s >= ROT_CREATED && s <= ROT_QUIET && rec->old.id[0] != '\0' &&
	    rec->new.id[0] != '\0';
}

/* release is for an identity that was stopped; any other goes on with a run,
 * and would only be told that nothing holds it. */
static enum ec
only_forward(const struct rec *rec, struct err *e)
{
	const char *how = rec->state == ROT_BLOCKED ? "release" : "--identity";

	return fix(e,
	    "only forward is left; mend what is wrong and: rotate %s %s", how,
	    rec->identity);
}

/* Can every client that was written be given something that works? */
static enum ec
all_restorable(const struct app *a, const struct rec *rec, struct err *e)
{
	for (size_t i = 0; i < rec->n_clients; i++) {
		const struct rec_client *rc = &rec->clients[i];
		const struct client_conf *c =
		    config_client(a->config, rc->name);

		if (!rc->touched || c->client.drv->human ||
		    strcmp(rc->pre_user, rec->old.id) == 0 ||
		    rec_key_sealed(&rec->old, c->client.region) != NULL)
			continue;
		(void)fail(e, EC_CONFLICT,
		    "the former pair of client %s was "
		    "never known, there is no way back for it",
		    rc->name);
		return only_forward(rec, e);
	}
	return EC_OK;
}

static enum ec
may_roll_back(const struct app *a, const struct rec *rec, struct err *e)
{
	if (rec->rollback)
		return fail(
		    e, EC_USAGE, "%s is already going back", rec->identity);
	if (rec->state == ROT_RB)
		return EC_OK;
	if (!has_way_back(rec)) {
		(void)fail(e, EC_USAGE,
		    "%s is %s: there is nothing to go back "
		    "from",
		    rec->identity, rot_state_name(rec->state));
		return fix(e, "rotate status %s", rec->identity);
	}
	return all_restorable(a, rec, e);
}

static enum ec
exec_rollback(struct app *a, struct err *e)
{
	AUTO(rotation) struct rotation r = { .w = NULL };
	const struct identity_conf *id;
	char ask[400], who[64];

	TRY(app_identity(a, a->args->words[0], &id, e));
	TRY(app_world(a, id, e));
	TRY(rotation_open(&r, &a->world, id, e));
	TRY(may_roll_back(a, &r.rec, e));
	(void)snprintf(ask, sizeof(ask),
	    "Every client of %s goes back to %s, "
	    "then %s is retired.",
	    id->name, r.rec.old.id, r.rec.new.id);
	TRY(app_confirm(a, ask, e));
	app_who(who, sizeof(who));
	if (r.rec.state != ROT_RB)
		TRY(rotation_advance(
		    &r, ROT_RB, e, "rollback asked for by %s", who));
	return rotation_drive(&r, e);
}

const struct command cmd_rollback = {
	.name = "rollback",
	.operands = "NAME",
	.summary = "back to the old key, as long as it exists",
	.help = "Possible until the old key is deleted. Waits out grace and\n"
		"quiet like any rotation, with the keys exchanged.\n"
		"\n"
		"  rotate rollback mail\n",
	.min_words = 1,
	.max_words = 1,
	.options = O_CONFIG | O_LOG | O_YES,
	.run = exec_rollback,
};
