/* kube_config: what kube_config.c and kube_exec.c share. */
#ifndef CLIENTS_KUBE_CONFIG_H
#define CLIENTS_KUBE_CONFIG_H

#include "clients/kube.h"
#include "clients/kube_yaml.h"

/* A kubeconfig and what was chosen in it. */
struct kube_chosen {
	struct kube_yaml y;
	const char *file;
	const char *user_name;
	yaml_node_t *cluster, *user;
};

/* "FILE: user NAME: what" */
enum ec kube_config_fail(
    const struct kube_chosen *f, const char *what, struct err *e);

/* name as seen from the kubeconfig's directory; its errors are its own. */
MUST enum ec kube_config_path(const struct kube_chosen *f, const char *name,
    struct buf *ret, struct err *e);

/* Runs the user's plugin and takes its token or certificate. EC_CONFIG,
 * EC_CLIENT (it failed), EC_PROTO (what it said is no credential). */
MUST enum ec kube_exec(struct kube *k, struct kube_chosen *f,
    const yaml_node_t *exec, struct err *e);

#endif
