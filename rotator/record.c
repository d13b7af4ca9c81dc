/* record: life and death of the struct, and looking things up in it. */
#include "rotator/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rotator/record_p.h"

void
rec_init(struct rec *r, const char *identity)
{
	memset(r, 0, sizeof(*r));
	(void)snprintf(r->identity, sizeof(r->identity), "%s", identity);
}

void
rec_free(struct rec *r)
{
	free(r->clients);
	r->clients = NULL;
	r->n_clients = 0;
}

void
auto_rec(struct rec *r)
{
	rec_free(r);
}

const char *
rec_key_sealed(const struct rec_key *k, const char *region)
{
	for (size_t i = 0; i < k->n; i++)
		if (strcmp(k->pw[i].region, region) == 0)
			return k->pw[i].sealed;
	return NULL;
}

struct rec_client *
rec_client(struct rec *r, const char *name)
{
	for (size_t i = 0; i < r->n_clients; i++)
		if (strcmp(r->clients[i].name, name) == 0)
			return &r->clients[i];
	return NULL;
}

enum ec
rec_client_add(
    struct rec *r, const char *name, struct rec_client **ret, struct err *e)
{
	struct rec_client *all;

	if (r->n_clients == REC_CLIENTS_MAX)
		return fail(e, EC_LIMIT, "%s: more than %d clients",
		    r->identity, REC_CLIENTS_MAX);
	all = reallocarray(r->clients, r->n_clients + 1, sizeof(*all));
	if (all == NULL)
		return fail(e, EC_NOMEM, "%s: no memory", r->identity);
	r->clients = all;
	*ret = &all[r->n_clients++];
	memset(*ret, 0, sizeof(**ret));
	(void)snprintf((*ret)->name, sizeof((*ret)->name), "%s", name);
	return EC_OK;
}
