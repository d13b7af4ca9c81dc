/*
 * fuzz_config: any bytes as a configuration. What stands before the first form
 * feed is the main file; what follows it is a drop-in.
 *
 * Whatever loads must be whole: every client has an identity, a region of
 * it, a host and a port, and is found by its name.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "rotator/config_p.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum ec
load(const uint8_t *data, size_t size, struct config_full **ret, struct err *e)
{
	const uint8_t *cut = memchr(data, '\f', size);
	const size_t n = cut != NULL ? (size_t)(cut - data) : size;

	*ret = config_begin();
	if (*ret == NULL)
		return config_nomem(e);
	TRY(config_add(*ret, "main.yaml", data, n, e));
	if (cut != NULL)
		TRY(config_add(*ret, "drop-in.yaml", cut + 1, size - n - 1, e));
	return config_finish(*ret, e);
}

static void
check(const struct config *c)
{
	size_t members = 0;

	assert(strlen(c->account) == 12 && c->state[0] == '/');
	for (size_t i = 0; i < c->n_identities; i++) {
		const struct identity_conf *id = &c->identities[i];

		assert(config_identity(c, id->name) == id);
		assert(id->regions[0] != NULL && id->max_age > 0);
		assert(strspn(id->account, "0123456789") == 12 &&
		    id->account[12] == '\0');
		assert(id->role_arn == NULL ||
		    strstr(id->role_arn, id->account) != NULL);
		assert(id->external_id == NULL || id->role_arn != NULL);
		for (size_t j = 0; config_client_of(c, id, j) != NULL; j++)
			members++;
	}
	assert(members == c->n_clients);
	for (size_t i = 0; i < c->n_clients; i++) {
		const struct client_conf *cl = &c->clients[i];

		assert(config_client(c, cl->client.name) == cl);
		assert(cl->identity != NULL && cl->client.drv != NULL);
		assert(cl->client.smtp.host[0] != '\0');
		assert(cl->client.smtp.port > 0);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config_full *c = NULL;
	struct err e;

	if (load(data, size, &c, &e) == EC_OK) {
		check(&c->pub);
		for (size_t i = 0; config_warning(&c->pub, i) != NULL; i++)
			assert(*config_warning(&c->pub, i) != '\0');
	} else {
		assert(e.ec == EC_CONFIG || e.ec == EC_NOMEM);
		assert(e.what[0] != '\0');
	}
	if (c != NULL)
		config_free(&c->pub);
	return 0;
}
