/*
 * kube_inside: as the service account of our own pod.
 * https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/
 */
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/file.h"
#include "clients/key_file.h"
#include "clients/kube.h"
#include "clients/reach.h"

#define PATH_MAX_ 4200

static const char *
file_of(const struct kube_conf *conf, const char *name, char ret[PATH_MAX_])
{
	(void)snprintf(ret, PATH_MAX_, "%s/%s", conf->service_account, name);
	return ret;
}

/* The name of a namespace, without the line end. */
static enum ec
read_space(struct kube *k, const struct kube_conf *conf, struct err *e)
{
	char path[PATH_MAX_];

	if (conf->namespace != NULL)
		return EC_OK;
	TRY(file_read(file_of(conf, "namespace", path), &k->space, e));
	buf_cut(&k->space, strcspn(buf_str(&k->space), " \r\n"));
	return EC_OK;
}

enum ec
kube_inside(struct kube *k, const struct kube_conf *conf, struct err *e)
{
	const char *host = reach_env(k->c, "KUBERNETES_SERVICE_HOST");
	const char *port = reach_env(k->c, "KUBERNETES_SERVICE_PORT");
	char path[PATH_MAX_];
	bool v6;
	enum ec ec;

	if (host == NULL || port == NULL) {
		(void)fail(e, EC_CONFIG,
		    "Kubernetes: neither a kubeconfig nor a pod around us");
		return fix(e, "set kubeconfig, or run it in the cluster");
	}
	v6 = strchr(host, ':') != NULL;
	TRY(buf_addf(&k->server, e, "https://%s%s%s:%s", v6 ? "[" : "", host,
	    v6 ? "]" : "", port));
	TRY(key_file_word(
	    file_of(conf, "token", path), KEY_FILE_SHARED, &k->token, e));
	ec = file_read(file_of(conf, "ca.crt", path), &k->ca, e);
	if (ec == EC_OK)
		ec = read_space(k, conf, e);
	return ec == EC_GONE ? (e->ec = EC_CONFIG) : ec;
}
