/*
 * vault: calls of a HashiCorp Vault or OpenBao server, whose HTTP interfaces
 * are the same as far as we need them.
 * https://developer.hashicorp.com/vault/api-docs
 * https://openbao.org/api-docs/
 *
 * A session is opened for one action of the driver and closed with it. A
 * token that it logged in for is given back then; no token touches a disk.
 */
#ifndef CLIENTS_VAULT_H
#define CLIENTS_VAULT_H

#include "clients/client.h"
#include "clients/rest.h"

enum vault_auth { VAULT_TOKEN, VAULT_APPROLE, VAULT_KUBERNETES };
extern const char *const vault_auths[]; /* names of these; NULL ends */

struct vault_conf {
	const char *address;
	const char *namespace; /* or NULL */
	const char *ca_file;   /* or NULL: the system's */
	unsigned auth;
	const char *auth_mount; /* NULL: the name of the method */
	const char *token_file;
	const char *role_id, *secret_id_file;
	const char *role, *jwt_file;
};

/* Does each method have what it needs, and no other's? EC_CONFIG. Pure. */
MUST enum ec vault_check(const struct vault_conf *v, struct err *e);
/* "secret", "teams/mail": segments without empty ones, "." and "..". */
MUST enum ec vault_path_check(
    const char *option, const char *path, struct err *e);

struct vault {
	const struct client *c;
	const struct vault_conf *conf;
	struct secret *token;
	bool ours; /* it was made by our log-in */
};

/* Reads the token or logs in. EC_CONFIG, EC_DENIED, EC_TEMP, EC_PROTO. Close
 * it in any case. */
MUST enum ec vault_open(struct vault *v, const struct client *c,
    const struct vault_conf *conf, struct err *e);
void vault_close(struct vault *v); /* gives our token back; no errors */
void auto_vault(struct vault *v);

struct vault_call {
	const char *method;
	const char *path;                   /* below /v1/, for messages too */
	const cJSON *body;                  /* or NULL */
	bool reads;                         /* changes nothing */
	bool bare;                          /* without a token */
	const struct rest_status *statuses; /* go before vault's own */
};

/*
 * As rest_do(). 403 says that Vault shows nothing of what a token may not
 * see; 503 is EC_TEMP with the way to unseal; a redirect of a standby node is
 * not followed, since the token would go with it: EC_CONFIG.
 */
MUST enum ec vault_call(const struct vault *v, const struct vault_call *q,
    struct rest_reply *ret, struct err *e);

/* Logs in by conf->auth; in vault_login.c, for vault_open() only. */
MUST enum ec vault_login(struct vault *v, struct err *e);

#endif
