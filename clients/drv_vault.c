/*
 * vault: a pair as two keys of one secret in a KV version 2 engine of
 * HashiCorp Vault or OpenBao.
 *
 * Both keys change in one new version, and only if nobody wrote since we read
 * (check-and-set); other keys of the secret are carried along byte by byte. The
 * same pair again makes no version.
 */
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "clients/client.h"
#include "clients/hand_over.h"
#include "clients/json_document.h"
#include "clients/vault_kv.h"

struct conf {
	struct vault_conf vault;
	const char *mount, *path;
	const char *username, *password; /* keys */
	bool create;
};

#define AT(field) offsetof(struct conf, field)

static const struct client_opt opts[] = {
	{ "address", OPT_STR, AT(vault.address), true, NULL, NULL,
	    "https://vault.example.com:8200" },
	{ "mount", OPT_STR, AT(mount), false, "secret", NULL,
	    "where the KV version 2 engine is mounted" },
	{ "path", OPT_STR, AT(path), true, NULL, NULL,
	    "of the secret, without data/" },
	{ "username_key", OPT_STR, AT(username), false, "username", NULL,
	    "key of the user name in the secret" },
	{ "password_key", OPT_STR, AT(password), false, "password", NULL,
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

/* Other keys are not our business, so ours may always be added. */
static struct json_document
document(const struct conf *conf)
{
	return (struct json_document){ .username = conf->username,
		.password = conf->password,
		.create = true,
		.flat = true };
}

static enum ec
check(const struct client *c, struct err *e)
{
	const struct conf *conf = c->conf;
	const struct json_document d = document(conf);

	TRY(vault_check(&conf->vault, e));
	TRY(vault_path_check("mount", conf->mount, e));
	TRY(vault_path_check("path", conf->path, e));
	return json_document_check(&d, e);
}

static enum ec
at(const struct conf *conf, struct err *e)
{
	return err_prefix(e, "Vault: %s/%s", conf->mount, conf->path);
}

static enum ec
get(const struct vault *v, const struct conf *conf, struct vault_kv *ret,
    struct err *e)
{
	TRY(vault_kv_get(v, conf->mount, conf->path, ret, e));
	return vault_kv_there(ret, conf->mount, conf->path, e);
}

/* get() for who may make what is missing. */
static enum ec
get_or_none(const struct vault *v, const struct conf *conf,
    struct vault_kv *ret, struct err *e)
{
	const enum ec ec = get(v, conf, ret, e);

	if (ec != EC_GONE || !conf->create)
		return ec;
	return buf_adds(&ret->text, "{}", e);
}

/* Puts cred into kv->text, in memory only. */
static enum ec
compose(const struct conf *conf, const struct smtp_cred *cred,
    struct vault_kv *kv, struct err *e)
{
	const struct json_document d = document(conf);
	AUTO(buf) struct buf next = BUF(kv->text.max);

	if (json_document_put(&d, &kv->text, cred, &next, e) != EC_OK)
		return at(conf, e);
	hand_over(&next, &kv->text);
	return EC_OK;
}

static enum ec
plan(const struct client *c, struct client_plan *ret, struct err *e)
{
	const struct conf *conf = c->conf;
	AUTO(vault) struct vault v = { .token = NULL };
	AUTO(vault_kv) struct vault_kv kv = { .text = BUF(0) };
	AUTO(smtp_cred) struct smtp_cred any = { .pass = NULL };
	struct client_plan p = { .change = "" };
	bool asked = false;

	TRY(vault_open(&v, c, &conf->vault, e));
	TRY(get_or_none(&v, conf, &kv, e));
	TRY(smtp_cred_any(&any, e));
	TRY(compose(conf, &any, &kv, e));
	TRY(vault_kv_may_write(&v, conf->mount, conf->path, &kv, &asked, e));
	(void)snprintf(p.change, sizeof(p.change),
	    "set %s and %s in Vault secret %s/%s, as version %ld",
	    conf->username, conf->password, conf->mount, conf->path,
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
	const struct json_document d = document(conf);
	AUTO(vault) struct vault v = { .token = NULL };
	AUTO(vault_kv) struct vault_kv kv = { .text = BUF(0) };

	TRY(vault_open(&v, c, &conf->vault, e));
	TRY(get(&v, conf, &kv, e));
	return json_document_get(&d, &kv.text, ret, e) == EC_OK ? EC_OK
								: at(conf, e);
}

static enum ec
write_pair(const struct client *c, const struct smtp_cred *cred, struct err *e)
{
	const struct conf *conf = c->conf;
	const struct json_document d = document(conf);
	AUTO(vault) struct vault v = { .token = NULL };
	AUTO(vault_kv) struct vault_kv kv = { .text = BUF(0) };
	AUTO(smtp_cred) struct smtp_cred held = { .pass = NULL };

	TRY(client_cred_check(c, cred, e));
	TRY(vault_open(&v, c, &conf->vault, e));
	TRY(get_or_none(&v, conf, &kv, e));
	if (json_document_get(&d, &kv.text, &held, e) == EC_OK &&
	    smtp_cred_eq(&held, cred))
		return EC_OK;
	TRY(compose(conf, cred, &kv, e));
	return vault_kv_put(&v, conf->mount, conf->path, &kv, e);
}

const struct client_driver drv_vault = {
	.name = "vault",
	.summary = "two keys of a secret in Vault or OpenBao (KV version 2)",
	.conf_size = sizeof(struct conf),
	.place = (const char *const[]){ "address", "mount", "path", NULL },
	.opts = opts,
	.pickup = INT64_C(3600) * 1000,
	.check = check,
	.plan = plan,
	.read = read_pair,
	.write = write_pair,
};
