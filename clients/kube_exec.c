/*
 * kube_exec: a credential from a plugin of the kubeconfig, such as `aws eks
 * get-token` or gke-gcloud-auth-plugin.
 * https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
 *
 * It is run without a shell and with a clean environment: PATH, LANG, HOME and
 * what the kubeconfig itself names. Its output is a secret.
 */
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/run.h"
#include "clients/b64.h"
#include "clients/key_file.h"
#include "clients/kube_config.h"
#include "clients/reach.h"

#define ARGS_MAX   32
#define ENV_MAX    32
#define TEXT_MAX   ((size_t)256 * 1024)
#define OUT_MAX    ((size_t)64 * 1024)
#define TIMEOUT_MS 30000

struct command {
	const char *argv[ARGS_MAX + 2], *env[ENV_MAX + 3];
	struct buf path, text[ENV_MAX + 2];
	size_t n; /* of env and text */
};

static void
auto_command(struct command *c)
{
	buf_free(&c->path);
	for (size_t i = 0; i < c->n; i++)
		buf_free(&c->text[i]);
}

static enum ec
add_env(struct command *c, const char *name, const char *value, struct err *e)
{
	struct buf *b = &c->text[c->n];

	if (c->n == COUNT(c->text))
		return fail(e, EC_CONFIG, "exec: more than %d env", ENV_MAX);
	c->n++;
	*b = BUF(TEXT_MAX);
	TRY(buf_adds(b, name, e));
	TRY(buf_adds(b, "=", e));
	TRY(buf_adds(b, value, e));
	c->env[c->n - 1] = buf_str(b);
	return EC_OK;
}

/* With a slash it is seen from the kubeconfig, without it is in PATH. */
static enum ec
add_argv(struct command *c, struct kube_chosen *f, const yaml_node_t *exec,
    struct err *e)
{
	const char *command = kube_yaml_text(&f->y, exec, "command");
	const yaml_node_t *args = kube_yaml_get(&f->y, exec, "args");
	const yaml_node_t *item;

	c->path = BUF(TEXT_MAX);
	if (command == NULL)
		return kube_config_fail(f, "exec: no command", e);
	if (strchr(command, '/') != NULL)
		TRY(kube_config_path(f, command, &c->path, e));
	else
		TRY(buf_adds(&c->path, command, e));
	c->argv[0] = buf_str(&c->path);
	for (size_t i = 0; (item = kube_yaml_item(&f->y, args, i)) != NULL;
	     i++) {
		if (i == ARGS_MAX || item->type != YAML_SCALAR_NODE)
			return kube_config_fail(
			    f, "exec: args are not a short list of texts", e);
		c->argv[i + 1] = (const char *)item->data.scalar.value;
	}
	return EC_OK;
}

/* What it may want to know of the cluster, when it asks. */
static void
add_cluster(const struct kube *k, struct kube_chosen *f,
    const yaml_node_t *exec, cJSON *spec)
{
	const char *wants = kube_yaml_text(&f->y, exec, "provideClusterInfo");
	const char *ca =
	    kube_yaml_text(&f->y, f->cluster, "certificate-authority-data");
	cJSON *cluster;

	if (wants == NULL || strcmp(wants, "true") != 0)
		return;
	cluster = cJSON_AddObjectToObject(spec, "cluster");
	(void)cJSON_AddStringToObject(cluster, "server", buf_str(&k->server));
	if (ca != NULL)
		(void)cJSON_AddStringToObject(
		    cluster, "certificate-authority-data", ca);
	if (k->tls_name.len > 0)
		(void)cJSON_AddStringToObject(
		    cluster, "tls-server-name", buf_str(&k->tls_name));
}

static enum ec
add_info(struct command *c, const struct kube *k, struct kube_chosen *f,
    const yaml_node_t *exec, const char *version, struct err *e)
{
	AUTO(json) cJSON *info = cJSON_CreateObject();
	AUTO(buf) struct buf text = BUF(TEXT_MAX);
	cJSON *spec = cJSON_AddObjectToObject(info, "spec");

	if (cJSON_AddStringToObject(info, "kind", "ExecCredential") == NULL ||
	    cJSON_AddStringToObject(info, "apiVersion", version) == NULL ||
	    cJSON_AddFalseToObject(spec, "interactive") == NULL)
		return fail(e, EC_NOMEM, "no memory for a plugin");
	add_cluster(k, f, exec, spec);
	TRY(json_print(info, &text, e));
	return add_env(c, "KUBERNETES_EXEC_INFO", buf_str(&text), e);
}

static enum ec
add_envs(struct command *c, const struct kube *k, struct kube_chosen *f,
    const yaml_node_t *exec, struct err *e)
{
	const yaml_node_t *list = kube_yaml_get(&f->y, exec, "env"), *item;
	const char *home = reach_env(k->c, "HOME");

	if (home != NULL)
		TRY(add_env(c, "HOME", home, e));
	for (size_t i = 0; (item = kube_yaml_item(&f->y, list, i)) != NULL;
	     i++) {
		const char *name = kube_yaml_text(&f->y, item, "name");
		const char *value = kube_yaml_text(&f->y, item, "value");

		if (name == NULL || strchr(name, '=') != NULL)
			return kube_config_fail(f, "exec: env: no name", e);
		TRY(add_env(c, name, value != NULL ? value : "", e));
	}
	return EC_OK;
}

static const char *const versions[] = {
	"client.authentication.k8s.io/v1",
	"client.authentication.k8s.io/v1beta1",
};

static enum ec
check_version(struct kube_chosen *f, const yaml_node_t *exec, const char **ret,
    struct err *e)
{
	const char *mode = kube_yaml_text(&f->y, exec, "interactiveMode");

	*ret = kube_yaml_text(&f->y, exec, "apiVersion");
	if (mode != NULL && strcmp(mode, "Always") == 0)
		return kube_config_fail(
		    f, "exec: wants a person (interactiveMode)", e);
	for (size_t i = 0; *ret != NULL && i < COUNT(versions); i++)
		if (strcmp(*ret, versions[i]) == 0)
			return EC_OK;
	return kube_config_fail(
	    f, "exec: apiVersion is neither v1 nor v1beta1", e);
}

static enum ec
take(struct kube *k, const cJSON *status, struct err *e)
{
	const char *token = json_text(status, "token");
	const char *cert = json_text(status, "clientCertificateData");
	const char *key = json_text(status, "clientKeyData");

	if ((cert != NULL) != (key != NULL) || (token == NULL && cert == NULL))
		return fail(e, EC_PROTO, "its status has no credential");
	if (token != NULL && !token_valid(token, strlen(token)))
		return fail(e, EC_PROTO, "its token is none");
	if (token != NULL)
		TRY(secret_new(token, strlen(token), &k->token, e));
	if (cert == NULL)
		return EC_OK;
	TRY(buf_adds(&k->cert, cert, e));
	return secret_new(key, strlen(key), &k->key, e);
}

static enum ec
understand(
    struct kube *k, const struct buf *out, const char *version, struct err *e)
{
	AUTO(json) cJSON *j = json_parse(out);
	const char *kind = json_text(j, "kind");
	const char *said = json_text(j, "apiVersion");

	if (kind == NULL || strcmp(kind, "ExecCredential") != 0 ||
	    said == NULL || strcmp(said, version) != 0)
		return fail_lib(
		    e, EC_PROTO, "it said no ExecCredential of %s", version);
	return take(k, cJSON_GetObjectItemCaseSensitive(j, "status"), e);
}

enum ec
kube_exec(struct kube *k, struct kube_chosen *f, const yaml_node_t *exec,
    struct err *e)
{
	AUTO(command) struct command c = { .n = 0 };
	AUTO(buf) struct buf out = BUF(OUT_MAX);
	struct run r = { .argv = c.argv,
		.env = c.env,
		.out = &out,
		.timeout_ms = TIMEOUT_MS };
	const char *version = NULL;
	enum ec ec;

	TRY(check_version(f, exec, &version, e));
	TRY(add_argv(&c, f, exec, e));
	TRY(add_envs(&c, k, f, exec, e));
	TRY(add_info(&c, k, f, exec, version, e));
	ec = run(&r, e);
	if (ec == EC_OK)
		ec = understand(k, &out, version, e);
	if (ec == EC_OK)
		return EC_OK;
	(void)err_prefix(e, "%s: user %.40s: exec", f->file, f->user_name);
	return e->fix[0] != '\0'
	    ? e->ec
	    : fix(e, "run it by hand, as the user that rotate runs as");
}
