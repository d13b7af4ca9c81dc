/*
 * vault_login: a token for one session, by AppRole or by the service account
 * of a pod. The identity may be used as often as one likes, so a lost reply
 * costs nothing but a lease that expires.
 * https://developer.hashicorp.com/vault/api-docs/auth/approle#login-with-approle
 * https://developer.hashicorp.com/vault/api-docs/auth/kubernetes#login
 */
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "clients/key_file.h"
#include "clients/vault.h"

#define PATH_MAX_ 512

/* Of a wrong identity, depending on version and method. */
static const struct rest_status refusals[] = {
	{ 400, EC_DENIED,
	    "check the role, its secret id, and that they are of this "
	    "namespace" },
	{ 403, EC_DENIED,
	    "check the role, and that the auth method is mounted there "
	    "(vault auth list)" },
	{ 500, EC_TEMP, NULL },
	{ 0, EC_OK, NULL },
};

/* A kubelet replaces this token well before it expires, and makes it readable
 * for every user of the pod. */
static enum ec
kubernetes_body(
    const struct vault_conf *v, cJSON *body, struct secret **key, struct err *e)
{
	static const char usual[] =
	    "/var/run/secrets/kubernetes.io/serviceaccount/token";
	const char *path = v->jwt_file != NULL ? v->jwt_file : usual;

	TRY(key_file_word(path, KEY_FILE_SHARED, key, e));
	if (cJSON_AddStringToObject(body, "role", v->role) == NULL ||
	    !json_add_secret(body, "jwt", *key))
		return fail(e, EC_NOMEM, "no memory for a log-in");
	return EC_OK;
}

static enum ec
approle_body(
    const struct vault_conf *v, cJSON *body, struct secret **key, struct err *e)
{
	bool ok = cJSON_AddStringToObject(body, "role_id", v->role_id) != NULL;

	if (v->secret_id_file != NULL) {
		TRY(key_file_word(v->secret_id_file, KEY_FILE_GROUP, key, e));
		ok = ok && json_add_secret(body, "secret_id", *key);
	}
	return ok ? EC_OK : fail(e, EC_NOMEM, "no memory for a log-in");
}

static enum ec
take(struct vault *v, const char *path, const cJSON *reply, struct err *e)
{
	const char *token = json_text(
	    cJSON_GetObjectItemCaseSensitive(reply, "auth"), "client_token");

	if (token == NULL || !token_valid(token, strlen(token)))
		return fail(
		    e, EC_PROTO, "Vault: %s: a reply without a token", path);
	TRY(secret_new(token, strlen(token), &v->token, e));
	v->ours = true;
	return EC_OK;
}

enum ec
vault_login(struct vault *v, struct err *e)
{
	const struct vault_conf *conf = v->conf;
	AUTO(rest_reply) struct rest_reply r = { .json = NULL };
	AUTO(secret) struct secret *key = NULL;
	AUTO(json) cJSON *body = cJSON_CreateObject();
	char path[PATH_MAX_]; /* vault_check() saw what goes into it */
	const struct vault_call q = { .method = "POST",
		.path = path,
		.body = body,
		.reads = true,
		.bare = true,
		.statuses = refusals };

	(void)snprintf(path, sizeof(path), "auth/%s/login",
	    conf->auth_mount != NULL ? conf->auth_mount
				     : vault_auths[conf->auth]);
	TRY(conf->auth == VAULT_APPROLE ? approle_body(conf, body, &key, e)
					: kubernetes_body(conf, body, &key, e));
	TRY(vault_call(v, &q, &r, e));
	return take(v, path, r.json, e);
}
