/* plan_json: the plan, for programs. Keys are never renamed. */
#include <string.h>

#include "base/auto.h"
#include "rotator/out.h"
#include "rotator/plan_p.h"

static void
add_text(cJSON *o, const char *key, const char *text)
{
	if (text == NULL || text[0] == '\0')
		(void)cJSON_AddNullToObject(o, key);
	else
		(void)cJSON_AddStringToObject(o, key, text);
}

static void
add_problem(cJSON *o, const struct problem *p)
{
	cJSON *row;

	if (p->ec == EC_OK) {
		(void)cJSON_AddNullToObject(o, "problem");
		return;
	}
	row = cJSON_AddObjectToObject(o, "problem");
	add_text(row, "class", ec_name(p->ec));
	add_text(row, "cause", p->e.what);
	add_text(row, "fix", p->e.fix);
}

static void
add_aws(struct app *a, cJSON *o, const struct plan *p)
{
	cJSON *row = cJSON_AddObjectToObject(o, "aws");

	add_text(row, "identity", p->who[0] != '\0' ? p->who : NULL);
	add_text(row, "account", p->caller.account);
	add_text(row, "arn", p->caller.arn);
	add_text(row, "endpoint", a->endpoint);
	add_problem(row, &p->aws);
	row = cJSON_AddObjectToObject(o, "seal");
	add_problem(row, &p->seal);
}

static void
add_keys(cJSON *o, const struct plan_identity *id)
{
	cJSON *list = cJSON_AddArrayToObject(o, "keys");

	for (size_t i = 0; i < id->n_keys; i++) {
		const struct plan_key *k = &id->keys[i];
		const bool used = k->use_known && !k->use.never;
		cJSON *row = cJSON_CreateObject();

		add_text(row, "id", k->key.id);
		add_text(row, "status", plan_key_status(k->key.status));
		out_json_time(row, "created", k->key.created);
		(void)cJSON_AddBoolToObject(row, "use_known", k->use_known);
		out_json_time(row, "last_used", used ? k->use.at : 0);
		add_text(row, "service", used ? k->use.service : NULL);
		add_text(row, "region", used ? k->use.region : NULL);
		(void)cJSON_AddItemToArray(list, row);
	}
}

static void
add_clients(cJSON *o, const struct plan_identity *id)
{
	cJSON *list = cJSON_AddArrayToObject(o, "clients");

	for (size_t i = 0; i < id->n_clients; i++) {
		const struct plan_client *c = &id->clients[i];
		cJSON *row = cJSON_CreateObject();

		add_text(row, "client", c->conf->client.name);
		add_text(row, "kind", c->conf->client.drv->name);
		add_text(row, "region", c->conf->client.region);
		(void)cJSON_AddBoolToObject(row, "required", c->conf->required);
		add_text(row, "change", c->plan.change);
		add_text(row, "after", c->plan.after);
		add_text(row, "warning", c->plan.warning);
		add_problem(row, &c->problem);
		add_text(row, "holds", c->holds);
		(void)cJSON_AddBoolToObject(row, "way_back", c->way_back);
		add_text(row, "way_back_why", c->back);
		(void)cJSON_AddItemToArray(list, row);
	}
}

static void
add_identities(cJSON *o, const struct plan *p)
{
	cJSON *list = cJSON_AddArrayToObject(o, "identities");

	for (size_t i = 0; i < p->n; i++) {
		const struct plan_identity *id = &p->identities[i];
		const struct rec *r = &id->look.rec;
		cJSON *row = cJSON_CreateObject();

		add_text(row, "identity", id->conf->name);
		add_text(row, "iam_user", id->conf->iam_user);
		add_text(row, "user_id", id->user.user_id);
		add_text(row, "state",
		    id->look.known ? rot_state_name(r->state) : NULL);
		add_text(row, "plan", plan_kind_name(id->kind));
		add_text(row, "next", id->next);
		add_text(row, "fix", id->fix);
		add_problem(row, &id->problem);
		add_keys(row, id);
		add_clients(row, id);
		(void)cJSON_AddItemToArray(list, row);
	}
}

static void
add_peers(cJSON *o, const struct plan *p)
{
	cJSON *list = cJSON_AddArrayToObject(o, "endpoints");

	for (size_t i = 0; i < p->n_peers; i++) {
		const struct plan_peer *one = &p->peers[i];
		cJSON *row = cJSON_CreateObject();

		add_text(row, "host", one->peer.host);
		(void)cJSON_AddNumberToObject(row, "port", one->peer.port);
		add_text(row, "tls", look_tls(one->peer.tls));
		(void)cJSON_AddBoolToObject(
		    row, "ready", one->problem.ec == EC_OK);
		(void)cJSON_AddNumberToObject(
		    row, "took_ms", (double)one->result.took);
		add_problem(row, &one->problem);
		(void)cJSON_AddItemToArray(list, row);
	}
}

enum ec
plan_json(struct app *a, const struct plan *p, struct err *e)
{
	cJSON *o = cJSON_CreateObject(), *sum;

	add_aws(a, o, p);
	add_identities(o, p);
	add_peers(o, p);
	sum = cJSON_AddObjectToObject(o, "summary");
	for (enum plan_kind k = 0; k < PLAN__MAX; k++)
		(void)cJSON_AddNumberToObject(
		    sum, plan_kind_name(k), (double)plan_count(p, k));
	return out_json(o, e);
}
