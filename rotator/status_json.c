/*
 * status_json: the stored state for programs. Keys are never renamed; what is
 * not known is null. No sealed password leaves the store this way.
 */
#include <string.h>

#include "base/auto.h"
#include "rotator/picture.h"
#include "rotator/status.h"

static void
add_text(cJSON *o, const char *key, const char *text)
{
	if (text[0] == '\0')
		(void)cJSON_AddNullToObject(o, key);
	else
		(void)cJSON_AddStringToObject(o, key, text);
}

static void
add_key(cJSON *o, const char *name, const struct rec_key *k)
{
	cJSON *row;

	if (k->id[0] == '\0') {
		(void)cJSON_AddNullToObject(o, name);
		return;
	}
	row = cJSON_AddObjectToObject(o, name);
	add_text(row, "id", k->id);
	out_json_time(row, "created", k->created);
	out_json_time(row, "accepted", k->proved);
}

static void
add_use(cJSON *o, const struct rec *r)
{
	cJSON *row;

	if (r->use_sampled == 0) {
		(void)cJSON_AddNullToObject(o, "old_key_use");
		return;
	}
	row = cJSON_AddObjectToObject(o, "old_key_use");
	out_json_time(row, "looked", r->use_sampled);
	out_json_time(row, "at", r->use.never ? 0 : r->use.at);
	add_text(row, "service", r->use.never ? "" : r->use.service);
	add_text(row, "region", r->use.never ? "" : r->use.region);
}

static void
add_hold(cJSON *o, const struct hold *h)
{
	cJSON *row;

	if (!h->held) {
		(void)cJSON_AddNullToObject(o, "hold");
		return;
	}
	row = cJSON_AddObjectToObject(o, "hold");
	out_json_time(row, "since", h->since);
	add_text(row, "by", h->by);
	add_text(row, "reason", h->reason);
}

static void
add_alarm(cJSON *o, const struct rec *r)
{
	cJSON *row;

	if (r->state != ROT_BLOCKED) {
		(void)cJSON_AddNullToObject(o, "alarm");
		return;
	}
	row = cJSON_AddObjectToObject(o, "alarm");
	out_json_time(row, "since", r->alarm_at);
	add_text(row, "cause", r->alarm);
	add_text(row, "fix", r->alarm_fix);
	add_text(row, "in", rot_state_name(r->resume));
}

static void
add_client(
    struct app *a, cJSON *list, const struct client_conf *c, struct look *l)
{
	const struct rec_client *rc = rec_client(&l->rec, c->client.name);
	const struct rec_client none = { .state = CL_PENDING };
	struct confirmation said = { .confirmed = false };
	cJSON *row = cJSON_CreateObject();

	rc = rc != NULL ? rc : &none;
	if (!look_confirmed(a, &l->rec, c->client.name, &said))
		said.confirmed = false;
	add_text(row, "client", c->client.name);
	add_text(row, "kind", c->client.drv->name);
	add_text(row, "region", c->client.region);
	(void)cJSON_AddBoolToObject(row, "required", c->required);
	add_text(row, "state", look_client_state(rc->state));
	out_json_time(row, "since", rc->since);
	add_text(row, "evidence", rc->evidence);
	add_text(row, "error", rc->error);
	out_json_time(row, "asked", rc->asked);
	out_json_time(row, "confirmed", said.confirmed ? said.at : 0);
	(void)cJSON_AddItemToArray(list, row);
}

static void
add_top(cJSON *o, const struct look *l, const struct identity_conf *id)
{
	const struct rec *r = &l->rec;
	char waits[REC_TEXT_MAX + 64];

	status_waits(l, waits, sizeof(waits));
	add_text(o, "identity", id->name);
	add_text(o, "iam_user", id->iam_user);
	add_text(o, "user_id", r->user_id);
	add_text(o, "account", r->account);
	(void)cJSON_AddBoolToObject(o, "known", l->known);
	add_text(o, "state", l->known ? rot_state_name(r->state) : "");
	add_text(o, "waits_for", waits);
	out_json_time(o, "next", r->next_at);
	out_json_time(o, "started", r->state == ROT_IDLE ? 0 : r->started);
	(void)cJSON_AddBoolToObject(o, "emergency", r->emergency);
	(void)cJSON_AddBoolToObject(o, "rollback", r->rollback);
	(void)cJSON_AddNumberToObject(o, "failures", (double)r->failures);
	add_text(o, "current_key", look_current(r)->id);
	add_key(o, "old_key", &r->old);
	add_key(o, "new_key", &r->new);
	add_use(o, r);
	out_json_time(o, "verified", r->verified_at);
	out_json_time(o, "old_key_inactive", r->inactive_at);
	add_text(o, "orphan", r->orphan);
	add_hold(o, &l->hold);
	add_alarm(o, r);
}

static void
add_identity(
    struct app *a, const struct identity_conf *id, struct look *l, cJSON *list)
{
	const struct client_conf *c;
	cJSON *o = cJSON_CreateObject(), *clients;

	add_top(o, l, id);
	clients = cJSON_AddArrayToObject(o, "clients");
	for (size_t i = 0; (c = config_client_of(a->config, id, i)) != NULL;
	     i++)
		add_client(a, clients, c, l);
	(void)cJSON_AddItemToArray(list, o);
}

enum ec
status_json_one(struct app *a, const struct identity_conf *id, struct err *e)
{
	AUTO(look) struct look l = { .known = false };
	cJSON *o, *list;

	TRY(look_at(a, id, &l, e));
	o = cJSON_CreateObject();
	list = cJSON_AddArrayToObject(o, "identities");
	add_identity(a, id, &l, list);
	return out_json(o, e);
}

static enum ec
add_all(struct app *a, const struct roster *r, cJSON *list, struct err *e)
{
	AUTO(picture) struct picture *p = NULL;

	TRY(picture_take(a, r->names, r->n, &p, e));
	for (size_t i = 0; i < r->n; i++) {
		AUTO(look) struct look l = { .known = false };

		TRY(picture_look(p, i, &l, e));
		add_identity(
		    a, config_identity(a->config, r->names[i]), &l, list);
	}
	return EC_OK;
}

enum ec
status_json(struct app *a, const struct roster *r, struct err *e)
{
	cJSON *o = cJSON_CreateObject();
	cJSON *list = cJSON_AddArrayToObject(o, "identities");
	const enum ec ec = add_all(a, r, list, e);

	if (ec == EC_OK)
		return out_json(o, e);
	cJSON_Delete(o);
	return ec;
}
