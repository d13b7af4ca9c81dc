/*
 * config_lookup: finding identities and clients by name, and the clients of
 * an identity, in a time that does not grow with the fleet.
 */
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "rotator/config_p.h"

/* config_load() made it, and every config stands at the start of its full
 * form; only the owner may free or change it. */
static const struct config_full *
full(const struct config *c)
{
	return (const struct config_full *)(const void *)c;
}

static int
entry_cmp(const void *pa, const void *pb)
{
	const struct entry *a = pa, *b = pb;
	const int by_name = strcmp(a->name, b->name);

	return by_name != 0 ? by_name : (a->at > b->at) - (a->at < b->at);
}

void
index_sort(struct entry *index, size_t n)
{
	if (n > 1)
		qsort(index, n, sizeof(*index), entry_cmp);
}

size_t
index_find(const struct entry *index, size_t n, const char *name)
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		const size_t mid = lo + (hi - lo) / 2;
		const int cmp = strcmp(index[mid].name, name);

		if (cmp == 0)
			return index[mid].at;
		if (cmp < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return SIZE_MAX;
}

/* Counting sort of the clients by identity keeps file order. */
static enum ec
members_sort(struct config_full *c, struct err *e)
{
	const size_t n = c->pub.n_identities, m = c->pub.n_clients;
	size_t *at = arena_get(&c->mem, (n + 2) * sizeof(*at));

	c->members = arena_get(&c->mem, (m + 1) * sizeof(void *));
	if (at == NULL || c->members == NULL)
		return config_nomem(e);
	/* at[i + 1] runs from the start of i to its end, the start of i + 1 */
	for (size_t j = 0; j < m; j++)
		at[c->pub.clients[j].identity - c->pub.identities + 2]++;
	for (size_t i = 2; i < n + 2; i++)
		at[i] += at[i - 1];
	for (size_t j = 0; j < m; j++) {
		const struct client_conf *cl = &c->pub.clients[j];

		c->members[at[cl->identity - c->pub.identities + 1]++] = cl;
	}
	c->members_at = at;
	return EC_OK;
}

static enum ec
names_build(struct config_full *c, size_t i, struct err *e)
{
	const size_t n = c->members_at[i + 1] - c->members_at[i];
	struct identity_conf *id = &c->pub.identities[i];
	const char **names = arena_get(&c->mem, (n + 1) * sizeof(*names));

	if (names == NULL)
		return config_nomem(e);
	for (size_t j = 0; j < n; j++)
		names[j] = c->members[c->members_at[i] + j]->client.name;
	id->clients = names;
	if (n == 0)
		config_warn(c, c->identity_slots[i].self,
		    "identity '%s' has no clients: nobody would learn of its "
		    "new key",
		    id->name);
	return EC_OK;
}

enum ec
members_build(struct config_full *c, struct err *e)
{
	TRY(members_sort(c, e));
	for (size_t i = 0; i < c->pub.n_identities; i++)
		TRY(names_build(c, i, e));
	return EC_OK;
}

const struct identity_conf *
config_identity(const struct config *c, const char *name)
{
	const size_t at =
	    index_find(full(c)->identity_index, c->n_identities, name);

	return at != SIZE_MAX ? &c->identities[at] : NULL;
}

const struct client_conf *
config_client(const struct config *c, const char *name)
{
	const size_t at = index_find(full(c)->client_index, c->n_clients, name);

	return at != SIZE_MAX ? &c->clients[at] : NULL;
}

const struct client_conf *
config_client_of(
    const struct config *c, const struct identity_conf *id, size_t i)
{
	const struct config_full *f = full(c);
	const size_t *at = &f->members_at[id - c->identities];

	return i < at[1] - at[0] ? f->members[at[0] + i] : NULL;
}

void
config_peer(
    const struct identity_conf *id, const char *region, struct smtp_peer *ret)
{
	*ret = id->smtp;
	smtp_locate(ret, region);
}

const char *
config_warning(const struct config *c, size_t i)
{
	return i < full(c)->n_warnings ? full(c)->warnings[i] : NULL;
}
