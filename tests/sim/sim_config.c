/* The configuration's questions, answered from the world of the run. */
#include <stdio.h>
#include <string.h>

#include "world.h"

const struct identity_conf *
config_identity(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->n_identities; i++)
		if (strcmp(c->identities[i].name, name) == 0)
			return &c->identities[i];
	return NULL;
}

const struct client_conf *
config_client(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->n_clients; i++)
		if (strcmp(c->clients[i].client.name, name) == 0)
			return &c->clients[i];
	return NULL;
}

const struct client_conf *
config_client_of(
    const struct config *c, const struct identity_conf *id, size_t i)
{
	(void)id;
	return i < c->n_clients ? &c->clients[i] : NULL;
}

void
config_peer(
    const struct identity_conf *id, const char *region, struct smtp_peer *ret)
{
	(void)id;
	memset(ret, 0, sizeof(*ret));
	(void)snprintf(ret->host, sizeof(ret->host),
	    "email-smtp.%s.amazonaws.com", region);
	ret->port = 587;
}
