/* kube_plan: would it work? Rights first, all of them, then the objects. */
#ifndef CLIENTS_KUBE_PLAN_H
#define CLIENTS_KUBE_PLAN_H

#include "clients/kube_rollout.h"
#include "clients/kube_secret.h"

struct kube_wish {
	struct kube_keys keys;
	bool create, force;
	const char *const *rollout; /* NULL ended; or NULL */
};

/*
 * Fills ret, or says what is missing: EC_DENIED lists every right that is not
 * given, EC_GONE no such secret or workload, EC_CONFIG immutable, EC_CONFLICT
 * another's keys. Reads only.
 */
MUST enum ec kube_plan(const struct kube *k, const struct kube_wish *w,
    struct client_plan *ret, struct err *e);

#endif
