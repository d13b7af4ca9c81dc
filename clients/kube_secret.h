/*
 * kube_secret: two keys of a Secret, changed by server-side apply.
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/
 *
 * Applied are our two keys and nothing else, under our own name: what others
 * apply to the same object stays theirs, and who changes our keys is told.
 */
#ifndef CLIENTS_KUBE_SECRET_H
#define CLIENTS_KUBE_SECRET_H

#include "clients/kube.h"

struct kube_keys {
	const char *secret;
	const char *user, *pass; /* keys in its data */
};
MUST enum ec kube_keys_check(const struct kube_keys *n, struct err *e);

struct kube_secret {
	cJSON *json; /* as the server shows it; NULL: there is none */
};
void auto_kube_secret(struct kube_secret *s);

/* EC_OK also when there is none. Changes nothing. */
MUST enum ec kube_secret_get(const struct kube *k, const struct kube_keys *n,
    struct kube_secret *ret, struct err *e);

/* EC_CONFIG: it says that it is immutable. EC_CONFLICT unless force: another
 * manager owns one of our keys, so apply would be refused. Pure. */
MUST enum ec kube_secret_fit(const struct kube_secret *s,
    const struct kube_keys *n, bool force, struct err *e);

/* What is absent or empty gives user "" or pass NULL. EC_CONFLICT: a value
 * that is no text of a credential's length. */
MUST enum ec kube_secret_pair(const struct kube_secret *s,
    const struct kube_keys *n, struct smtp_cred *ret, struct err *e);

/*
 * Sets both keys in that very object, or makes a new one when there was none.
 * The same pair again changes nothing, not even the resource version.
 * EC_CONFLICT: another manager owns a key. EC_TEMP: the object is not the one
 * that was read any more, nothing was written. EC_UNKNOWN: it may be done.
 */
MUST enum ec kube_secret_apply(const struct kube *k,
    const struct kube_secret *s, const struct kube_keys *n, bool force,
    const struct smtp_cred *cred, struct err *e);

#endif
