/*
 * kube: calls of a Kubernetes API server, as the user of a kubeconfig or as
 * the service account of the pod that we run in.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/
 *
 * A session is opened for one action of the driver: tokens are replaced under
 * way by whoever issues them, so all is read anew each time.
 */
#ifndef CLIENTS_KUBE_H
#define CLIENTS_KUBE_H

#include "clients/client.h"
#include "clients/rest.h"

/* Under this name we own fields of objects. */
#define KUBE_MANAGER "ses-smtp-rotator"

struct kube_conf {
	const char *kubeconfig; /* or NULL: in the cluster */
	const char *context;    /* of the kubeconfig; or NULL: its current */
	const char *service_account; /* directory with token, ca.crt */
	const char *namespace;       /* or NULL: of the context or account */
};

struct kube {
	const struct client *c;
	struct buf server;   /* without a slash at its end */
	struct buf space;    /* namespace */
	struct buf ca;       /* PEM; empty: the system's */
	struct buf tls_name; /* empty: as in server */
	struct buf cert;     /* PEM; empty: none */
	struct secret *key;
	struct secret *token;
};

/* Reads only, except that a plugin of the kubeconfig is run. EC_CONFIG,
 * EC_DENIED, EC_CLIENT. Close it in any case. */
MUST enum ec kube_open(struct kube *k, const struct client *c,
    const struct kube_conf *conf, struct err *e);
void kube_close(struct kube *k);
void auto_kube(struct kube *k);

struct kube_call {
	const char *object; /* "secret prod/mail", for messages */
	const char *method;
	const char *path; /* with its query, nothing to be escaped in it */
	const char *content_type;
	const cJSON *body; /* or NULL */
	const char *known; /* as in rest.h */
	bool reads;
	const struct rest_status *statuses; /* or NULL */
};
/* As rest_do(). */
MUST enum ec kube_call(const struct kube *k, const struct kube_call *q,
    struct rest_reply *ret, struct err *e);

/* Is it fit for a path: lower case letters, digits, '-' and '.'
 * (https://kubernetes.io/docs/concepts/overview/working-with-objects/names/).
 * EC_CONFIG names the option. Pure. */
MUST enum ec kube_name_check(
    const char *option, const char *name, struct err *e);

/* One right to be asked for. */
struct kube_right {
	const char *verb, *group, *resource, *name;
};
enum kube_may { KUBE_NO, KUBE_YES, KUBE_SILENT };
/* SelfSubjectAccessReview: a question, it changes nothing. */
MUST enum ec kube_may(const struct kube *k, const struct kube_right *r,
    enum kube_may *ret, struct err *e);

/* For kube_open(): fill k. In kube_config.c and kube_inside.c. */
MUST enum ec kube_config(
    struct kube *k, const struct kube_conf *conf, struct err *e);
MUST enum ec kube_inside(
    struct kube *k, const struct kube_conf *conf, struct err *e);

#endif
