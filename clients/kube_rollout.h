/*
 * kube_rollout: workloads that are restarted by an annotation of their pods.
 *
 * Pods do not notice that a Secret changed which they have as environment.
 * The annotation carries the key id and no time, so that setting it again
 * restarts nothing.
 */
#ifndef CLIENTS_KUBE_ROLLOUT_H
#define CLIENTS_KUBE_ROLLOUT_H

#include "clients/kube.h"

#define KUBE_ANNOTATION KUBE_MANAGER "/key-id"

struct kube_target {
	const char *resource; /* "deployments", of group apps */
	const char *name;     /* within the option's text */
};

/* "deployment/web", "statefulset/x", "daemonset/y". EC_CONFIG. Pure. */
MUST enum ec kube_target_parse(
    const char *text, struct kube_target *ret, struct err *e);

/* Is it there? EC_GONE, EC_DENIED. warning (n bytes) tells when a changed
 * annotation would not restart it, else it stays. Reads only. */
MUST enum ec kube_target_look(const struct kube *k, const struct kube_target *t,
    char *warning, size_t n, struct err *e);

/* Sets the annotation to that key id. May be repeated. EC_TEMP: others kept
 * changing the workload. */
MUST enum ec kube_target_mark(const struct kube *k, const struct kube_target *t,
    const char *key_id, struct err *e);

#endif
