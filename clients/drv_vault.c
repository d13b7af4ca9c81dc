/*
 * vault: a pair as two keys of one secret in a KV version 2 engine of
 * HashiCorp Vault or OpenBao.
 *
 * Both keys change in one new version, and only if nobody wrote since we read
 * (check-and-set); other keys of the secret are carried along. The same pair
 * again makes no version.
 */
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "clients/client.h"
#include "clients/vault_kv.h"
#include "clients/vault_pair.h"

struct conf {
	struct vault_conf vault;
	const char *mount;
	struct vault_pair keys; /* where: the path */
	bool create;
};

#define AT(field) offsetof(struct conf, field)

static const struct client_opt opts[] = {
	{ "address", OPT_STR, AT(vault.address), true, NULL, NULL,
	    "https://vault.example.com:8200" },
	{ "mount", OPT_STR, AT(mount), false, "secret", NULL,
	    "where the KV version 2 engine is mounted" },
	{ "path", OPT_STR, AT(keys.where), true, NULL, NULL,
	    "of the secret, without data/" },
	{ "username_key", OPT_STR, AT(keys.user), false, "username", NULL,
	    "key of the user name in the secret" },
	{ "password_key", OPT_STR, AT(keys.pass), false, "password", NULL,
	    "key of the password in the secret" },
	{ "create", OPT_BOOL, AT(create), false, "false", NULL,
	    "make the secret when it is missing or deleted" },
	{ "namespace", OPT_STR, AT(vault.namespace), false, NULL, NULL,
	    "namespace of mount and log-in" },
	{ "auth", OPT_CHOICE, AT(vault.auth), false, "token", vault_auths,
	    "how to log in" },
	{ "token_file", OPT_PATH, AT(vault.token_file), false, NULL, NULL,
	    "auth token: file with the token, read anew each time" },
	{ "role_id", OPT_STR, AT(vault.role_id), false, NULL, NULL,
	    "auth approle: the role's id" },
	{ "secret_id_file", OPT_PATH, AT(vault.secret_id_file), false, NULL,
	    NULL, "auth approle: file with the secret id" },
	{ "role", OPT_STR, AT(vault.role), false, NULL, NULL,
	    "auth kubernetes: the role" },
	{ "jwt_file", OPT_PATH, AT(vault.jwt_file), false, NULL, NULL,
	    "auth kubernetes: token of the service account, if elsewhere" },
	{ "auth_mount", OPT_STR, AT(vault.auth_mount), false, NULL, NULL,
	    "where the auth method is mounted; default: its name" },
	{ "ca_file", OPT_PATH, AT(vault.ca_file), false, NULL, NULL,
	    "authority of the server's certificate, in PEM" },
	{ .key = NULL },
};

static enum ec
check(const struct client *c, struct err *e)
{
	const struct conf *conf = c->conf;

	TRY(vault_check(&conf->vault, e));
	TRY(vault_path_check("mount", conf->mount, e));
	TRY(vault_path_check("path", conf->keys.where, e));
	if (strcmp(conf->keys.user, conf->keys.pass) == 0)
		return fail(
		    e, EC_CONFIG, "password_key: is the same as username_key");
	return EC_OK;
}

static enum ec
get(const struct vault *v, const struct conf *conf, struct vault_kv *ret,
    struct err *e)
{
	TRY(vault_kv_get(v, conf->mount, conf->keys.where, ret, e));
	if (ret->state == VAULT_KV_ABSENT) {
		(void)fail(e, EC_GONE, "Vault: %s/%s: no such secret",
		    conf->mount, conf->keys.where);
		return fix(e, "check the path, or set create: true");
	}
	if (ret->state == VAULT_KV_DELETED) {
		(void)fail(e, EC_GONE,
		    "Vault: %s/%s: version %ld, the newest, is deleted",
		    conf->mount, conf->keys.where, ret->version);
		return fix(e,
		    "vault kv undelete -mount=%s -versions=%ld %s, or set "
		    "create: true",
		    conf->mount, ret->version, conf->keys.where);
	}
	return EC_OK;
}

/* get() for who may make what is missing. */
static enum ec
get_or_none(const struct vault *v, const struct conf *conf,
    struct vault_kv *ret, struct err *e)
{
	const enum ec ec = get(v, conf, ret, e);

	return ec == EC_GONE && conf->create ? EC_OK : ec;
}

static enum ec
plan(const struct client *c, struct client_plan *ret, struct err *e)
{
	const struct conf *conf = c->conf;
	AUTO(vault) struct vault v = { .token = NULL };
	AUTO(vault_kv) struct vault_kv kv = { .data = NULL };
	AUTO(smtp_cred) struct smtp_cred held = { .pass = NULL };
	struct client_plan p = { .change = "" };
	bool asked = false;

	TRY(vault_open(&v, c, &conf->vault, e));
	TRY(get_or_none(&v, conf, &kv, e));
	TRY(vault_pair_get(&conf->keys, kv.data, &held, e));
	TRY(vault_kv_keeps(&kv, e));
	TRY(vault_kv_may_write(
	    &v, conf->mount, conf->keys.where, &kv, &asked, e));
	(void)snprintf(p.change, sizeof(p.change),
	    "set %s and %s in Vault secret %s/%s, as version %ld",
	    conf->keys.user, conf->keys.pass, conf->mount, conf->keys.where,
	    kv.version + 1);
	if (!asked)
		(void)snprintf(p.warning, sizeof(p.warning),
		    "the token may not ask sys/capabilities-self, so nobody "
		    "knows yet whether it may write");
	*ret = p;
	return EC_OK;
}

static enum ec
read_pair(const struct client *c, struct smtp_cred *ret, struct err *e)
{
	const struct conf *conf = c->conf;
	AUTO(vault) struct vault v = { .token = NULL };
	AUTO(vault_kv) struct vault_kv kv = { .data = NULL };

	TRY(vault_open(&v, c, &conf->vault, e));
	TRY(get(&v, conf, &kv, e));
	return vault_pair_get(&conf->keys, kv.data, ret, e);
}

static enum ec
write_pair(const struct client *c, const struct smtp_cred *cred, struct err *e)
{
	const struct conf *conf = c->conf;
	AUTO(vault) struct vault v = { .token = NULL };
	AUTO(vault_kv) struct vault_kv kv = { .data = NULL };
	AUTO(smtp_cred) struct smtp_cred held = { .pass = NULL };

	TRY(client_cred_check(c, cred, e));
	TRY(vault_open(&v, c, &conf->vault, e));
	TRY(get_or_none(&v, conf, &kv, e));
	TRY(vault_pair_get(&conf->keys, kv.data, &held, e));
	if (smtp_cred_eq(&held, cred))
		return EC_OK;
	if (kv.data == NULL)
		kv.data = cJSON_CreateObject();
	TRY(vault_pair_set(&conf->keys, kv.data, cred, e));
	return vault_kv_put(&v, conf->mount, conf->keys.where, &kv, e);
}

const struct client_driver drv_vault = {
	.name = "vault",
	.summary = "two keys of a secret in Vault or OpenBao (KV version 2)",
	.conf_size = sizeof(struct conf),
	.opts = opts,
	.pickup = INT64_C(3600) * 1000,
	.check = check,
	.plan = plan,
	.read = read_pair,
	.write = write_pair,
};
