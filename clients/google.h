/*
 * google: a service account of Google Cloud that acts for a user of a
 * Workspace domain (domain-wide delegation).
 *
 * https://developers.google.com/identity/protocols/oauth2/service-account
 */
#ifndef CLIENTS_GOOGLE_H
#define CLIENTS_GOOGLE_H

#include "clients/client.h"
#include "clients/json.h"
#include "clients/jwt.h"

struct google_account {
	cJSON *json;   /* the key file, without the private key */
	EVP_PKEY *key; /* owned, as is json */
	/* In json. */
	const char *email, *key_id, *client_id, *token_uri;
};
void auto_google_account(struct google_account *a);

/* From the JSON that the Cloud console hands out. EC_CONFIG: not private, no
 * such JSON, or no usable key in it. ret starts out empty. Reads only. */
MUST enum ec google_account_load(
    const char *path, struct google_account *ret, struct err *e);

/*
 * A token of an hour for scopes (separated by blanks) as user. Changes
 * nothing. EC_DENIED with the steps in the admin console when the domain has
 * not delegated these scopes; EC_GONE: no such user or account; EC_CONFIG:
 * our key or our clock.
 */
MUST enum ec google_token(const struct client *c,
    const struct google_account *a, const char *ca_file, const char *user,
    const char *scopes, struct secret **ret, struct err *e);

#endif
