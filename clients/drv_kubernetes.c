/*
 * kubernetes: a pair as two keys of a Secret, and the workloads that use it.
 *
 * Both keys change in one server-side apply. Pods that have them as
 * environment are replaced after a change of an annotation; those that mount
 * the Secret see the new files within a minute or two, except by subPath.
 */
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "clients/client.h"
#include "clients/kube_plan.h"

struct conf {
	struct kube_conf kube;
	struct kube_wish wish;
};

#define AT(field) offsetof(struct conf, field)

static const struct client_opt opts[] = {
	{ "secret", OPT_STR, AT(wish.keys.secret), true, NULL, NULL,
	    "name of the Secret" },
	{ "namespace", OPT_STR, AT(kube.namespace), false, NULL, NULL,
	    "its namespace; default: that of context or service account" },
	{ "username_key", OPT_STR, AT(wish.keys.user), false, "username", NULL,
	    "key of the user name in its data" },
	{ "password_key", OPT_STR, AT(wish.keys.pass), false, "password", NULL,
	    "key of the password in its data" },
	{ "create", OPT_BOOL, AT(wish.create), false, "false", NULL,
	    "make the Secret when it is missing" },
	{ "force", OPT_BOOL, AT(wish.force), false, "false", NULL,
	    "take the two keys over from who manages them now" },
	{ "rollout", OPT_ARGV, AT(wish.rollout), false, NULL, NULL,
	    "workloads to be restarted: [deployment/web, daemonset/x]" },
	{ "kubeconfig", OPT_PATH, AT(kube.kubeconfig), false, NULL, NULL,
	    "how to reach the cluster; default: as the pod we run in" },
	{ "context", OPT_STR, AT(kube.context), false, NULL, NULL,
	    "of the kubeconfig; default: its current-context" },
	{ "service_account", OPT_PATH, AT(kube.service_account), false,
	    "/var/run/secrets/kubernetes.io/serviceaccount", NULL,
	    "directory with token, ca.crt and namespace, without kubeconfig" },
	{ .key = NULL },
};

static enum ec
check(const struct client *c, struct err *e)
{
	const struct conf *conf = c->conf;
	const char *const *text = conf->wish.rollout;
	struct kube_target t;

	TRY(kube_keys_check(&conf->wish.keys, e));
	if (conf->kube.namespace != NULL)
		TRY(kube_name_check("namespace", conf->kube.namespace, e));
	if (conf->kube.context != NULL && conf->kube.kubeconfig == NULL)
		return fail(e, EC_CONFIG, "context: needs kubeconfig");
	for (; text != NULL && *text != NULL; text++)
		TRY(kube_target_parse(*text, &t, e));
	return EC_OK;
}

static enum ec
plan(const struct client *c, struct client_plan *ret, struct err *e)
{
	const struct conf *conf = c->conf;
	AUTO(kube) struct kube k = { .c = c };

	TRY(kube_open(&k, c, &conf->kube, e));
	return kube_plan(&k, &conf->wish, ret, e);
}

static enum ec
get(const struct kube *k, const struct conf *conf, struct kube_secret *ret,
    struct err *e)
{
	TRY(kube_secret_get(k, &conf->wish.keys, ret, e));
	if (ret->json != NULL)
		return EC_OK;
	(void)fail(e, EC_GONE, "Kubernetes: no secret %s/%s",
	    buf_str(&k->space), conf->wish.keys.secret);
	return fix(e, "check its name, or set create: true");
}

static enum ec
read_pair(const struct client *c, struct smtp_cred *ret, struct err *e)
{
	const struct conf *conf = c->conf;
	AUTO(kube) struct kube k = { .c = c };
	AUTO(kube_secret) struct kube_secret s = { .json = NULL };

	TRY(kube_open(&k, c, &conf->kube, e));
	TRY(get(&k, conf, &s, e));
	return kube_secret_pair(&s, &conf->wish.keys, ret, e);
}

static enum ec
write_pair(const struct client *c, const struct smtp_cred *cred, struct err *e)
{
	const struct conf *conf = c->conf;
	AUTO(kube) struct kube k = { .c = c };
	AUTO(kube_secret) struct kube_secret s = { .json = NULL };
	AUTO(smtp_cred) struct smtp_cred held = { .pass = NULL };
	enum ec ec;

	TRY(client_cred_check(c, cred, e));
	TRY(kube_open(&k, c, &conf->kube, e));
	ec = get(&k, conf, &s, e);
	if (ec != EC_OK && !(ec == EC_GONE && conf->wish.create))
		return ec;
	if (s.json != NULL)
		TRY(kube_secret_pair(&s, &conf->wish.keys, &held, e));
	return kube_secret_apply(
	    &k, &s, &conf->wish.keys, conf->wish.force, cred, e);
}

/* The key id is that of the Secret as it is now: what the pods will get. */
static enum ec
activate(const struct client *c, struct err *e)
{
	const struct conf *conf = c->conf;
	const char *const *text = conf->wish.rollout;
	AUTO(kube) struct kube k = { .c = c };
	AUTO(kube_secret) struct kube_secret s = { .json = NULL };
	AUTO(smtp_cred) struct smtp_cred now = { .pass = NULL };
	struct kube_target t;

	if (text == NULL)
		return EC_OK;
	TRY(kube_open(&k, c, &conf->kube, e));
	TRY(get(&k, conf, &s, e));
	TRY(kube_secret_pair(&s, &conf->wish.keys, &now, e));
	if (!key_id_valid(now.user))
		return fail(e, EC_CONFLICT,
		    "Kubernetes: secret %s/%s holds no key id",
		    buf_str(&k.space), conf->wish.keys.secret);
	for (; *text != NULL; text++) {
		TRY(kube_target_parse(*text, &t, e));
		TRY(kube_target_mark(&k, &t, now.user, e));
	}
	return EC_OK;
}

const struct client_driver drv_kubernetes = {
	.name = "kubernetes",
	.summary = "two keys of a Kubernetes Secret, and a rollout",
	.conf_size = sizeof(struct conf),
	.place = (const char *const[]){ "secret", "namespace", "context",
	    "kubeconfig", NULL },
	.opts = opts,
	.pickup = INT64_C(3600) * 1000,
	.check = check,
	.plan = plan,
	.read = read_pair,
	.write = write_pair,
	.activate = activate,
};
