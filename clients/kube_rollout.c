/* kube_rollout: see kube_rollout.h. */
#include "clients/kube_rollout.h"

#include <stdio.h>
#include <string.h>

#include "base/auto.h"

#define PATH_MAX_  1024
#define OBJECT_MAX 600

static const struct {
	const char *kind, *resource;
} kinds[] = {
	{ "deployment/", "deployments" },
	{ "statefulset/", "statefulsets" },
	{ "daemonset/", "daemonsets" },
};

enum ec
kube_target_parse(const char *text, struct kube_target *ret, struct err *e)
{
	for (size_t i = 0; i < COUNT(kinds); i++) {
		const size_t n = strlen(kinds[i].kind);

		if (strncmp(text, kinds[i].kind, n) != 0)
			continue;
		*ret = (struct kube_target){ .resource = kinds[i].resource,
			.name = text + n };
		return kube_name_check("rollout", ret->name, e);
	}
	return fail(e, EC_CONFIG,
	    "rollout: must be deployment/NAME, statefulset/NAME or "
	    "daemonset/NAME");
}

static void
place(const struct kube *k, const struct kube_target *t, char path[PATH_MAX_],
    char object[OBJECT_MAX])
{
	(void)snprintf(path, PATH_MAX_,
	    "/apis/apps/v1/namespaces/%s/%s/%s?fieldManager=" KUBE_MANAGER,
	    buf_str(&k->space), t->resource, t->name);
	(void)snprintf(object, OBJECT_MAX, "%s %s/%s", t->resource,
	    buf_str(&k->space), t->name);
}

/* A workload whose pods stay as they are until somebody deletes them. */
static bool
on_delete(const cJSON *spec)
{
	const char *type = json_text(
	    cJSON_GetObjectItemCaseSensitive(spec, "updateStrategy"), "type");

	return type != NULL && strcmp(type, "OnDelete") == 0;
}

enum ec
kube_target_look(const struct kube *k, const struct kube_target *t,
    char *warning, size_t n, struct err *e)
{
	AUTO(rest_reply) struct rest_reply r = { .json = NULL };
	char path[PATH_MAX_], object[OBJECT_MAX];
	const struct kube_call q = {
		.object = object, .method = "GET", .path = path, .reads = true
	};
	const cJSON *spec;

	place(k, t, path, object);
	path[strcspn(path, "?")] = '\0'; /* a look has no manager */
	TRY(kube_call(k, &q, &r, e));
	spec = cJSON_GetObjectItemCaseSensitive(r.json, "spec");
	if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(spec, "paused")))
		(void)snprintf(warning, n,
		    "%s is paused: nothing restarts before it is resumed",
		    object);
	else if (on_delete(spec))
		(void)snprintf(warning, n,
		    "%s is updated OnDelete: its pods must be deleted by hand",
		    object);
	return EC_OK;
}

enum ec
kube_target_mark(const struct kube *k, const struct kube_target *t,
    const char *key_id, struct err *e)
{
	/* A patch that names no version and still lost against other writers.
	 */
	static const struct rest_status lost[] = {
		{ 409, EC_TEMP,
		    "others changed it at the same time: it is tried again" },
		{ 0, EC_OK, NULL },
	};
	AUTO(rest_reply) struct rest_reply r = { .json = NULL };
	AUTO(json) cJSON *body = cJSON_CreateObject();
	char path[PATH_MAX_], object[OBJECT_MAX];
	const struct kube_call q = { .object = object,
		.method = "PATCH",
		.path = path,
		.content_type = "application/merge-patch+json",
		.body = body,
		.statuses = lost };
	cJSON *at = cJSON_AddObjectToObject(body, "spec");

	at = cJSON_AddObjectToObject(at, "template");
	at = cJSON_AddObjectToObject(at, "metadata");
	at = cJSON_AddObjectToObject(at, "annotations");
	if (cJSON_AddStringToObject(at, KUBE_ANNOTATION, key_id) == NULL)
		return fail(e, EC_NOMEM, "no memory for an annotation");
	place(k, t, path, object);
	return kube_call(k, &q, &r, e);
}
