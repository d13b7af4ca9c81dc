/*
 * plan: everything the next run would look at, looked at now. A problem of
 * one identity, client or endpoint never hides those of another.
 */
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/clock.h"
#include "rotator/fleet.h"
#include "rotator/plan_p.h"

static void
auto_plan(struct plan *p)
{
	for (size_t i = 0; i < p->n; i++)
		look_free(&p->identities[i].look);
	free(p->identities);
	free(p->clients);
	free(p->peers);
}

static void
add_clients(struct app *a, struct plan *p, struct plan_identity *id)
{
	const struct client_conf *c;

	id->clients = &p->clients[p->n_clients];
	while ((c = config_client_of(a->config, id->conf, id->n_clients)) !=
	    NULL) {
		struct plan_client *pc = &p->clients[p->n_clients++];

		id->n_clients++;
		pc->conf = c;
		plan_client(pc, &id->look.rec);
	}
}

static enum ec
add_identity(struct app *a, struct plan *p, const struct identity_conf *conf,
    struct err *e)
{
	struct plan_identity *id = &p->identities[p->n];

	id->conf = conf;
	TRY(look_at(a, conf, &id->look, e));
	p->n++;
	add_clients(a, p, id);
	plan_aws_identity(a, p, id);
	return EC_OK;
}

static enum ec
gather(struct app *a, struct plan *p, struct err *e)
{
	const struct config *c = a->config;

	p->identities = calloc(c->n_identities + 1, sizeof(*p->identities));
	p->clients = calloc(c->n_clients + 1, sizeof(*p->clients));
	if (p->identities == NULL || p->clients == NULL)
		return fail(e, EC_NOMEM, "no memory for the plan");
	plan_aws_open(a, p);
	p->seal.ec = look_seal(a, &p->seal.e);
	/* Of KMS only an answer tells. */
	if (p->seal.ec == EC_OK && a->seal != NULL)
		p->seal.ec = seal_ready(a->seal, &p->seal.e);
	for (size_t i = 0; i < c->n_identities && !app_stopped(); i++)
		if (look_wanted(a->args, c->identities[i].name))
			TRY(add_identity(a, p, &c->identities[i], e));
	p->now = clock_wall() +
	    (a->aws != NULL ? a->world.iam.skew(a->world.iam.ctx) : 0);
	for (size_t i = 0; i < p->n; i++)
		plan_next(a->args, p, &p->identities[i]);
	return plan_peers(a, p, e);
}

static enum ec
worst_of(const struct plan *p)
{
	enum ec worst = fleet_graver(p->aws.ec, p->seal.ec);

	for (size_t i = 0; i < p->n; i++)
		worst = fleet_graver(worst, p->identities[i].ec);
	for (size_t i = 0; i < p->n_peers; i++)
		worst = fleet_graver(worst, p->peers[i].problem.ec);
	return worst;
}

size_t
plan_count(const struct plan *p, enum plan_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++)
		n += p->identities[i].kind == kind;
	return n;
}

const char *
plan_kind_name(enum plan_kind kind)
{
	static const char *const names[PLAN__MAX] = {
		[PLAN_ROTATE] = "rotate",
		[PLAN_WAIT] = "waiting",
		[PLAN_BLOCKED] = "blocked",
	};

	return names[kind];
}

const char *
plan_key_status(enum key_status s)
{
	static const char *const names[] = {
		[KEY_ACTIVE] = "Active",
		[KEY_INACTIVE] = "Inactive",
		[KEY_OTHER] = "neither Active nor Inactive",
	};

	return names[s];
}

enum ec
plan_run(struct app *a, struct err *e)
{
	AUTO(plan) struct plan p = { .n = 0 };

	TRY(app_config(a, e));
	TRY(look_names(a, e));
	TRY(look_open(a, e));
	TRY(gather(a, &p, e));
	if (a->args->json)
		TRY(plan_json(a, &p, e));
	else
		plan_text(a, &p);
	e->what[0] = '\0'; /* the plan has told it */
	return worst_of(&p);
}
