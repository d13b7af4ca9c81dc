/*
 * config_client: the clients of all files. A client is read from its own
 * keys; `smtp` and `settle` laid over those of its identity; whatever key is
 * not ours is its driver's.
 */
#include <string.h>

#include "base/auto.h"
#include "rotator/config_p.h"

static enum ec
ours_take(const struct node *map, struct slots *s, struct err *e)
{
	if (map->kind != NODE_MAP)
		return config_fail(
		    e, map, "lines of the form 'key: value' are expected here");
	for (const struct node *key = map->child; key != NULL;
	     key = key->next->next) {
		const struct key *k = key_find(client_keys, key->text);

		if (k != NULL)
			TRY(key_take(k, key, s, e));
	}
	return EC_OK;
}

static enum ec
no_identity(const struct config_full *c, const struct slots *s,
    const struct client_conf *cl, struct err *e)
{
	const struct node *at = s->at[SLOT_IDENTITY];
	struct near near = { .want = cl->client.identity };

	if (at == NULL) {
		(void)config_fail(e, s->self, "'identity' is missing");
		return fix(e,
		    "say which of the %zu identities client '%s' "
		    "sends as",
		    c->pub.n_identities, cl->client.name);
	}
	for (size_t i = 0; i < c->pub.n_identities; i++)
		near_try(&near, c->pub.identities[i].name);
	return config_fail(e, at, "no identity is called '%s'%s",
	    config_show(cl->client.identity).s, near_hint(&near).s);
}

static enum ec
identity_find(const struct config_full *c, const struct slots *s,
    struct client_conf *cl, struct err *e)
{
	const size_t n = c->pub.n_identities;
	const char *name = cl->client.identity;
	size_t at = name == NULL ? 0 : index_find(c->identity_index, n, name);

	if (at == SIZE_MAX || (name == NULL && n != 1))
		return no_identity(c, s, cl, e);
	cl->identity = &c->pub.identities[at];
	cl->client.identity = cl->identity->name;
	cl->client.role_arn = cl->identity->role_arn;
	cl->client.external_id = cl->identity->external_id;
	cl->client.own_account = c->pub.account;
	return EC_OK;
}

static enum ec
region_find(const struct slots *s, struct client_conf *cl, struct err *e)
{
	const char *const *r = cl->identity->regions;
	struct near near = { .want = cl->client.region };

	if (cl->client.region == NULL && r[1] != NULL) {
		(void)config_fail(e, s->self, "'region' is missing");
		return fix(e,
		    "say which region of identity '%s' client '%s' "
		    "sends through",
		    cl->identity->name, cl->client.name);
	}
	if (cl->client.region == NULL)
		cl->client.region = r[0];
	for (near.want = cl->client.region; *r != NULL; r++) {
		if (strcmp(*r, cl->client.region) == 0)
			return EC_OK;
		near_try(&near, *r);
	}
	(void)config_fail(e, s->at[SLOT_REGION],
	    "identity '%s' has no region %s%s", cl->identity->name,
	    cl->client.region, near_hint(&near).s);
	return fix(e, "add it to the regions in %s:%u", cl->identity->file,
	    cl->identity->line);
}

/* Spans whose default depends on the kind of client. */
static void
spans_default(const struct slots *s, struct client_conf *cl)
{
	if (s->at[SLOT_PICKUP] == NULL)
		cl->pickup = cl->client.drv->pickup;
	if (s->at[SLOT_DEADLINE] == NULL && !cl->client.drv->human)
		cl->deadline = 0;
}

static enum ec
client_read(
    struct config_full *c, size_t at, const char **ret_target, struct err *e)
{
	struct client_conf *cl = &c->pub.clients[at];
	struct slots s = { .self = c->client_nodes[at] };
	const char *regions[2] = { NULL, NULL };

	cl->file = s.self->file;
	cl->line = s.self->line;
	TRY(ours_take(s.self, &s, e));
	TRY(table_read(c, client_keys, &s, cl, e));
	TRY(identity_find(c, &s, cl, e));
	TRY(region_find(&s, cl, e));
	table_inherit(inherited_keys, &s,
	    &c->identity_slots[cl->identity - c->pub.identities]);
	TRY(table_read(c, inherited_keys, &s, cl, e));
	regions[0] = cl->client.region;
	TRY(smtp_complete(c, &s, regions, &cl->client.smtp, e));
	smtp_locate(&cl->client.smtp, regions[0]);
	spans_default(&s, cl);
	client_check(c, &s, cl);
	return driver_read(c, s.self, cl, ret_target, e);
}

static enum ec
clients_read(struct config_full *c, struct err *e)
{
	const size_t n = c->pub.n_clients;
	AUTO(free) struct entry *targets = calloc(n, sizeof(*targets));
	size_t n_targets = 0;

	if (targets == NULL)
		return config_nomem(e);
	for (size_t i = 0; i < n; i++) {
		struct entry *t = &targets[n_targets];

		TRY(client_read(c, i, &t->name, e));
		t->at = i;
		n_targets += t->name != NULL;
	}
	targets_check(c, targets, n_targets);
	return EC_OK;
}

static enum ec
clients_index(struct config_full *c, struct err *e)
{
	const struct client_conf *cls = c->pub.clients;
	struct entry *index = c->client_index;
	const size_t n = c->pub.n_clients;

	for (size_t i = 0; i < n; i++)
		index[i] = (struct entry){ cls[i].client.name, i };
	index_sort(index, n);
	for (size_t i = 1; i < n; i++)
		if (strcmp(index[i].name, index[i - 1].name) == 0)
			return config_fail(e, c->client_nodes[index[i].at],
			    "client '%s' is there already, in %s:%u",
			    index[i].name, cls[index[i - 1].at].file,
			    cls[index[i - 1].at].line);
	return EC_OK;
}

static void
nodes_collect(struct config_full *c)
{
	size_t at = 0;

	for (const struct part *p = c->parts; p != NULL; p = p->next) {
		const struct node *n =
		    p->clients != NULL ? p->clients->child : NULL;

		for (; n != NULL; n = n->next)
			c->client_nodes[at++] = n;
	}
}

enum ec
clients_build(struct config_full *c, struct err *e)
{
	size_t n = 0;

	for (const struct part *p = c->parts; p != NULL; p = p->next)
		n += p->clients != NULL ? p->clients->n : 0;
	if (n == 0)
		return EC_OK;
	c->pub.clients = arena_get(&c->mem, n * sizeof(*c->pub.clients));
	c->client_nodes = arena_get(&c->mem, n * sizeof(void *));
	c->client_index = arena_get(&c->mem, n * sizeof(*c->client_index));
	if (c->pub.clients == NULL || c->client_nodes == NULL ||
	    c->client_index == NULL)
		return config_nomem(e);
	c->pub.n_clients = n;
	nodes_collect(c);
	TRY(clients_read(c, e));
	return clients_index(c, e);
}
