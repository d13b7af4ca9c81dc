/* kube: see kube.h. */
#include "clients/kube.h"

#include <string.h>

#include "base/auto.h"

#define TEXT_MAX ((size_t)64 * 1024)
/* A Secret holds 1 MiB at most, which base64 makes longer. */
#define BODY_MAX ((size_t)2 * 1024 * 1024)

static const struct rest_status statuses[] = {
	{ 401, EC_DENIED,
	    "the token or certificate is unknown there or has expired: "
	    "kubectl auth whoami" },
	{ 403, EC_DENIED,
	    "bind a Role with this right to the user (rotate-clients(5), "
	    "kubernetes)" },
	{ 404, EC_GONE, "check its name and namespace" },
	{ 405, EC_CONFIG, "is this the address of an API server?" },
	{ 409, EC_CONFLICT, NULL },
	{ 0, EC_OK, NULL },
};

enum ec
kube_open(struct kube *k, const struct client *c, const struct kube_conf *conf,
    struct err *e)
{
	*k = (struct kube){ .c = c,
		.server = BUF(TEXT_MAX),
		.space = BUF(TEXT_MAX),
		.ca = BUF(BODY_MAX),
		.tls_name = BUF(TEXT_MAX),
		.cert = BUF(BODY_MAX) };
	if (conf->kubeconfig != NULL)
		TRY(kube_config(k, conf, e));
	else
		TRY(kube_inside(k, conf, e));
	if (conf->namespace != NULL) {
		buf_cut(&k->space, 0);
		TRY(buf_adds(&k->space, conf->namespace, e));
	}
	return kube_name_check("namespace", buf_str(&k->space), e);
}

void
kube_close(struct kube *k)
{
	buf_free(&k->server);
	buf_free(&k->space);
	buf_free(&k->ca);
	buf_free(&k->tls_name);
	buf_free(&k->cert);
	secret_free(k->key);
	secret_free(k->token);
	k->key = k->token = NULL;
}

void
auto_kube(struct kube *k)
{
	kube_close(k);
}

enum ec
kube_name_check(const char *option, const char *name, struct err *e)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz0123456789-.";
	const size_t n = strlen(name);

	if (n > 0 && n < 254 && strspn(name, plain) == n &&
	    strchr("-.", name[0]) == NULL && strchr("-.", name[n - 1]) == NULL)
		return EC_OK;
	return fail(e, EC_CONFIG,
	    "%s: must be a name of lower case letters, digits, '-' and '.'",
	    option);
}

enum ec
kube_call(const struct kube *k, const struct kube_call *q,
    struct rest_reply *ret, struct err *e)
{
	static const char *const headers[] = { "Accept: application/json",
		NULL };
	AUTO(buf) struct buf url = BUF(TEXT_MAX);
	AUTO(buf) struct buf body = BUF(BODY_MAX);
	struct rest_call h = {
		.service = "Kubernetes",
		.object = q->object,
		.method = q->method,
		.headers = headers,
		.auth = "Authorization: Bearer ",
		.token = k->token,
		.content_type = q->content_type,
		.statuses = q->statuses,
		.service_statuses = statuses,
		.reads = q->reads,
		.ca = k->ca.len > 0 ? &k->ca : NULL,
		.tls_name = k->tls_name.len > 0 ? buf_str(&k->tls_name) : NULL,
		.cert = k->cert.len > 0 ? &k->cert : NULL,
		.cert_key = k->key,
		.body_max = BODY_MAX,
		.known = q->known,
	};

	TRY(buf_adds(&url, buf_str(&k->server), e));
	TRY(buf_adds(&url, q->path, e));
	h.url = buf_str(&url);
	if (q->body != NULL) {
		TRY(json_print(q->body, &body, e));
		h.body = &body;
	}
	return rest_do(k->c, &h, ret, e);
}

static bool
compose(const struct kube *k, const struct kube_right *r, cJSON *body)
{
	cJSON *spec = cJSON_AddObjectToObject(body, "spec");
	cJSON *what = cJSON_AddObjectToObject(spec, "resourceAttributes");

	return cJSON_AddStringToObject(
		   body, "apiVersion", "authorization.k8s.io/v1") != NULL &&
	    cJSON_AddStringToObject(body, "kind", "SelfSubjectAccessReview") !=
	    NULL &&
	    cJSON_AddStringToObject(what, "namespace", buf_str(&k->space)) !=
	    NULL &&
	    cJSON_AddStringToObject(what, "verb", r->verb) != NULL &&
	    cJSON_AddStringToObject(what, "group", r->group) != NULL &&
	    cJSON_AddStringToObject(what, "resource", r->resource) != NULL &&
	    cJSON_AddStringToObject(what, "name", r->name) != NULL;
}

/* https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/
 * self-subject-access-review-v1/ */
enum ec
kube_may(const struct kube *k, const struct kube_right *r, enum kube_may *ret,
    struct err *e)
{
	static const struct rest_status silent[] = { { 403, EC_OK, NULL },
		{ 0, EC_OK, NULL } };
	AUTO(rest_reply) struct rest_reply got = { .json = NULL };
	AUTO(json) cJSON *body = cJSON_CreateObject();
	const struct kube_call q = { .object = "selfsubjectaccessreviews",
		.method = "POST",
		.path =
		    "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
		.body = body,
		.reads = true,
		.statuses = silent };
	const cJSON *allowed;

	if (!compose(k, r, body))
		return fail(e, EC_NOMEM, "no memory for a question");
	TRY(kube_call(k, &q, &got, e));
	allowed = cJSON_GetObjectItemCaseSensitive(
	    cJSON_GetObjectItemCaseSensitive(got.json, "status"), "allowed");
	*ret = got.status == 403    ? KUBE_SILENT
	    : cJSON_IsTrue(allowed) ? KUBE_YES
				    : KUBE_NO;
	return EC_OK;
}
