/*
 * kube_config: server and user out of a kubeconfig.
 * https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/
 * https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/
 *
 * What would weaken the connection, or let us act as somebody else, is refused
 * and not ignored.
 */
#include "clients/kube_config.h"

#include <string.h>

#include "base/auto.h"
#include "base/file.h"
#include "clients/b64.h"
#include "clients/key_file.h"

#define TEXT_MAX  ((size_t)1024 * 1024)
#define PATH_MAX_ ((size_t)8192)

/* Names out of the file are shown up to a length that no password of SES has.
 */
enum ec
kube_config_fail(const struct kube_chosen *f, const char *what, struct err *e)
{
	return fail(
	    e, EC_CONFIG, "%s: user %.40s: %s", f->file, f->user_name, what);
}

enum ec
kube_config_path(const struct kube_chosen *f, const char *name, struct buf *ret,
    struct err *e)
{
	const char *slash = strrchr(f->file, '/');

	if (*name != '/' && slash != NULL)
		TRY(buf_add(ret, f->file, (size_t)(slash - f->file) + 1, e));
	return buf_adds(ret, name, e);
}

/* The entry of that name in one of the lists. */
static enum ec
choose(struct kube_chosen *f, const char *list, const char *inner,
    const char *name, yaml_node_t **ret, struct err *e)
{
	yaml_node_t *all = kube_yaml_get(&f->y, kube_yaml_root(&f->y), list);
	yaml_node_t *item;

	for (size_t i = 0; (item = kube_yaml_item(&f->y, all, i)) != NULL;
	     i++) {
		const char *s = kube_yaml_text(&f->y, item, "name");

		*ret = kube_yaml_get(&f->y, item, inner);
		if (s != NULL && strcmp(s, name) == 0 && *ret != NULL)
			return EC_OK;
	}
	return fail(e, EC_CONFIG, "%s: no %s %.40s in its %s", f->file, inner,
	    name, list);
}

/* KEY-data as base64, or KEY as a file; ret stays empty without both. */
static enum ec
pem(struct kube_chosen *f, const yaml_node_t *map, const char *key,
    const char *key_data, struct buf *ret, struct err *e)
{
	AUTO(buf) struct buf path = BUF(PATH_MAX_);
	const char *data = kube_yaml_text(&f->y, map, key_data);
	const char *name = kube_yaml_text(&f->y, map, key);
	enum ec ec;

	if (data != NULL) {
		ec = b64_decode(data, ret, e);
		return ec == EC_PROTO ? fail(e, EC_CONFIG, "%s: %s: not base64",
					    f->file, key_data)
				      : ec;
	}
	if (name == NULL)
		return EC_OK;
	TRY(kube_config_path(f, name, &path, e));
	ec = file_read(buf_str(&path), ret, e);
	return ec == EC_GONE ? (e->ec = EC_CONFIG) : ec;
}

struct refused {
	const char *key, *why;
};

static bool
is_set(struct kube_chosen *f, const yaml_node_t *map, const char *key)
{
	const char *s = kube_yaml_text(&f->y, map, key);
	const yaml_node_t *n = kube_yaml_get(&f->y, map, key);

	return n != NULL &&
	    (n->type != YAML_SCALAR_NODE ||
		(s != NULL && strcmp(s, "false") != 0));
}

static enum ec
refuse(struct kube_chosen *f, const yaml_node_t *map,
    const struct refused *list, struct err *e)
{
	for (; list->key != NULL; list++)
		if (is_set(f, map, list->key)) {
			(void)fail(e, EC_CONFIG, "%s: %s is not supported",
			    f->file, list->key);
			return fix(e, "%s", list->why);
		}
	return EC_OK;
}

static enum ec
take_cluster(struct kube *k, struct kube_chosen *f, struct err *e)
{
	static const struct refused list[] = {
		{ "insecure-skip-tls-verify",
		    "name the authority: certificate-authority-data" },
		{ "proxy-url", "set HTTPS_PROXY for rotate" },
		{ NULL, NULL },
	};
	const char *server = kube_yaml_text(&f->y, f->cluster, "server");
	const char *name = kube_yaml_text(&f->y, f->cluster, "tls-server-name");

	TRY(refuse(f, f->cluster, list, e));
	if (server == NULL || strpbrk(server, "@?# ") != NULL)
		return fail(
		    e, EC_CONFIG, "%s: its cluster has no server", f->file);
	TRY(rest_base(server, &k->server, e));
	TRY(buf_adds(&k->tls_name, name != NULL ? name : "", e));
	return pem(f, f->cluster, "certificate-authority",
	    "certificate-authority-data", &k->ca, e);
}

static enum ec
take_certificate(struct kube *k, struct kube_chosen *f, struct err *e)
{
	AUTO(buf) struct buf key = BUF(SECRET_MAX);

	TRY(pem(f, f->user, "client-certificate", "client-certificate-data",
	    &k->cert, e));
	TRY(pem(f, f->user, "client-key", "client-key-data", &key, e));
	if ((k->cert.len > 0) != (key.len > 0))
		return kube_config_fail(
		    f, "has a client certificate or a key, not both", e);
	return key.len > 0 ? secret_new(key.p, key.len, &k->key, e) : EC_OK;
}

/* The file wins over the text, as in kubectl. */
static enum ec
take_token(struct kube *k, struct kube_chosen *f, struct err *e)
{
	AUTO(buf) struct buf path = BUF(PATH_MAX_);
	const char *name = kube_yaml_text(&f->y, f->user, "tokenFile");
	const char *token = kube_yaml_text(&f->y, f->user, "token");

	if (name != NULL) {
		TRY(kube_config_path(f, name, &path, e));
		return key_file_word(
		    buf_str(&path), KEY_FILE_SHARED, &k->token, e);
	}
	if (token == NULL)
		return EC_OK;
	if (!token_valid(token, strlen(token)))
		return kube_config_fail(f, "its token is none", e);
	return secret_new(token, strlen(token), &k->token, e);
}

static enum ec
take_user(struct kube *k, struct kube_chosen *f, struct err *e)
{
	static const char remedy[] =
	    "use a token, a client certificate or exec for this user";
	static const struct refused list[] = {
		{ "username", remedy },
		{ "password", remedy },
		{ "auth-provider", remedy },
		{ "as", "give rotate a user of its own" },
		{ "as-uid", "give rotate a user of its own" },
		{ "as-groups", "give rotate a user of its own" },
		{ "as-user-extra", "give rotate a user of its own" },
		{ NULL, NULL },
	};
	const yaml_node_t *exec = kube_yaml_get(&f->y, f->user, "exec");

	TRY(refuse(f, f->user, list, e));
	TRY(take_certificate(k, f, e));
	TRY(take_token(k, f, e));
	if (k->token != NULL || k->key != NULL)
		return EC_OK;
	if (exec != NULL)
		return kube_exec(k, f, exec, e);
	return kube_config_fail(f, "has no credential", e);
}

static enum ec
find(struct kube_chosen *f, const char *context, struct kube *k, struct err *e)
{
	yaml_node_t *ctx = NULL;
	const char *cluster, *space;

	if (context == NULL)
		context = kube_yaml_text(
		    &f->y, kube_yaml_root(&f->y), "current-context");
	if (context == NULL) {
		(void)fail(e, EC_CONFIG, "%s: no current-context", f->file);
		return fix(e, "set context");
	}
	TRY(choose(f, "contexts", "context", context, &ctx, e));
	cluster = kube_yaml_text(&f->y, ctx, "cluster");
	f->user_name = kube_yaml_text(&f->y, ctx, "user");
	space = kube_yaml_text(&f->y, ctx, "namespace");
	if (cluster == NULL || f->user_name == NULL)
		return fail(e, EC_CONFIG,
		    "%s: context %.40s lacks a cluster or a user", f->file,
		    context);
	TRY(buf_adds(&k->space, space != NULL ? space : "default", e));
	TRY(choose(f, "clusters", "cluster", cluster, &f->cluster, e));
	return choose(f, "users", "user", f->user_name, &f->user, e);
}

static void
auto_chosen(struct kube_chosen *f)
{
	auto_kube_yaml(&f->y);
}

enum ec
kube_config(struct kube *k, const struct kube_conf *conf, struct err *e)
{
	AUTO(chosen) struct kube_chosen f = { .file = conf->kubeconfig };
	AUTO(buf) struct buf text = BUF(TEXT_MAX);
	enum ec ec = file_read(conf->kubeconfig, &text, e);

	if (ec == EC_GONE)
		e->ec = ec = EC_CONFIG;
	TRY(ec);
	TRY(kube_yaml_parse(&f.y, f.file, &text, e));
	TRY(find(&f, conf->context, k, e));
	TRY(take_cluster(k, &f, e));
	return take_user(k, &f, e);
}
