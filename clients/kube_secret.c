/* kube_secret: see kube_secret.h. */
#include "clients/kube_secret.h"

#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "clients/b64.h"

#define PATH_MAX_  1024
#define VALUE_MAX  ((size_t)SECRET_MAX)
#define OBJECT_MAX 600

void
auto_kube_secret(struct kube_secret *s)
{
	cJSON_Delete(s->json);
}

/* https://kubernetes.io/docs/concepts/configuration/secret/#restriction-names-data
 */
static enum ec
check_key(const char *option, const char *key, struct err *e)
{
	static const char plain[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	    "0123456789-_.";
	const size_t n = strlen(key);

	if (n > 0 && n < 254 && strspn(key, plain) == n)
		return EC_OK;
	return fail(e, EC_CONFIG,
	    "%s: must be of letters, digits, '-', '_' and '.'", option);
}

enum ec
kube_keys_check(const struct kube_keys *n, struct err *e)
{
	TRY(kube_name_check("secret", n->secret, e));
	TRY(check_key("username_key", n->user, e));
	TRY(check_key("password_key", n->pass, e));
	if (strcmp(n->user, n->pass) == 0)
		return fail(
		    e, EC_CONFIG, "password_key: is the same as username_key");
	return EC_OK;
}

static void
place(const struct kube *k, const struct kube_keys *n, char path[PATH_MAX_],
    char object[OBJECT_MAX])
{
	(void)snprintf(path, PATH_MAX_, "/api/v1/namespaces/%s/secrets/%s",
	    buf_str(&k->space), n->secret);
	(void)snprintf(
	    object, OBJECT_MAX, "secret %s/%s", buf_str(&k->space), n->secret);
}

enum ec
kube_secret_get(const struct kube *k, const struct kube_keys *n,
    struct kube_secret *ret, struct err *e)
{
	static const struct rest_status absent[] = { { 404, EC_OK, NULL },
		{ 0, EC_OK, NULL } };
	AUTO(rest_reply) struct rest_reply r = { .json = NULL };
	char path[PATH_MAX_], object[OBJECT_MAX];
	const struct kube_call q = { .object = object,
		.method = "GET",
		.path = path,
		.reads = true,
		.statuses = absent };
	const char *kind;

	*ret = (struct kube_secret){ .json = NULL };
	place(k, n, path, object);
	TRY(kube_call(k, &q, &r, e));
	kind = json_text(r.json, "kind");
	if (kind == NULL ||
	    strcmp(kind, r.status == 404 ? "Status" : "Secret") != 0)
		return fail(e, EC_PROTO,
		    "Kubernetes: %s: a reply that is no Secret", object);
	if (r.status == 404)
		return EC_OK;
	ret->json = r.json;
	r.json = NULL;
	return EC_OK;
}

static bool
holds(const struct kube_secret *s, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(
		   cJSON_GetObjectItemCaseSensitive(s->json, "data"), key) !=
	    NULL;
}

/* Who else has that key among the fields he manages (FieldsV1: "f:" before
 * the name of a field). */
static const char *
owner(const struct kube_secret *s, const char *key)
{
	const cJSON *meta =
	    cJSON_GetObjectItemCaseSensitive(s->json, "metadata");
	const cJSON *list =
	    cJSON_GetObjectItemCaseSensitive(meta, "managedFields");
	const cJSON *item;
	char field[260];

	/* Written before anybody kept account: the first apply makes this name
	 * the owner (apimachinery, managedfields/internal/lastapplied and
	 * skipnonapplied.go), and refuses us. */
	if (cJSON_GetArraySize(list) == 0 && holds(s, key))
		return "before-first-apply";
	(void)snprintf(field, sizeof(field), "f:%s", key);
	cJSON_ArrayForEach(item, list)
	{
		const char *name = json_text(item, "manager");
		const char *how = json_text(item, "operation");
		const cJSON *data = cJSON_GetObjectItemCaseSensitive(
		    cJSON_GetObjectItemCaseSensitive(item, "fieldsV1"),
		    "f:data");

		if (cJSON_GetObjectItemCaseSensitive(data, field) == NULL)
			continue;
		if (name == NULL || how == NULL ||
		    strcmp(name, KUBE_MANAGER) != 0 ||
		    strcmp(how, "Apply") != 0)
			return name != NULL ? name : "(unnamed)";
	}
	return NULL;
}

enum ec
kube_secret_fit(const struct kube_secret *s, const struct kube_keys *n,
    bool force, struct err *e)
{
	const char *other;

	if (cJSON_IsTrue(
		cJSON_GetObjectItemCaseSensitive(s->json, "immutable"))) {
		(void)fail(e, EC_CONFIG, "Kubernetes: secret %s is immutable",
		    n->secret);
		return fix(
		    e, "delete it and make it again without immutable: true");
	}
	other = owner(s, n->user);
	if (other == NULL)
		other = owner(s, n->pass);
	if (other == NULL || force)
		return EC_OK;
	(void)fail(e, EC_CONFLICT,
	    "Kubernetes: secret %s: its keys are managed by %.100s", n->secret,
	    other);
	return fix(e,
	    "make sure that %.100s does not write them again (take them out "
	    "of what it applies), then set force: true to take them over",
	    other);
}

/* Adds the bytes of one key; nothing when it is absent. */
static enum ec
value(const struct kube_secret *s, const struct kube_keys *n, const char *key,
    struct buf *ret, struct err *e)
{
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(
	    cJSON_GetObjectItemCaseSensitive(s->json, "data"), key);
	const char *text = cJSON_GetStringValue(v);

	if (v == NULL || cJSON_IsNull(v))
		return EC_OK;
	if (text != NULL && b64_decode(text, ret, e) == EC_OK)
		return EC_OK;
	(void)fail(e, EC_CONFLICT,
	    "Kubernetes: secret %s: the value of %s is no SMTP credential",
	    n->secret, key);
	return fix(e,
	    "check that it is the right key, and empty it by hand: kubectl "
	    "edit secret %s",
	    n->secret);
}

enum ec
kube_secret_pair(const struct kube_secret *s, const struct kube_keys *n,
    struct smtp_cred *ret, struct err *e)
{
	AUTO(buf) struct buf user = BUF(VALUE_MAX);
	AUTO(buf) struct buf pass = BUF(VALUE_MAX);

	TRY(value(s, n, n->user, &user, e));
	TRY(value(s, n, n->pass, &pass, e));
	if (smtp_cred_from(buf_str(&user), user.len, buf_str(&pass), pass.len,
		ret, e) != EC_OK)
		return err_prefix(e, "Kubernetes: secret %s", n->secret);
	return EC_OK;
}

static enum ec
add_value(
    cJSON *data, const char *key, const char *p, size_t len, struct err *e)
{
	AUTO(buf) struct buf text = BUF(2 * VALUE_MAX);

	TRY(b64_encode(p, len, &text, e));
	if (cJSON_AddStringToObject(data, key, buf_str(&text)) == NULL)
		return fail(e, EC_NOMEM, "no memory for a Secret");
	return EC_OK;
}

static const char *
uid_of(const struct kube_secret *s)
{
	return json_text(
	    cJSON_GetObjectItemCaseSensitive(s->json, "metadata"), "uid");
}

/* With the uid of the object that was read, a server refuses to make a new
 * one, and to change one that was made anew under the same name. */
static enum ec
compose(const struct kube *k, const struct kube_secret *s,
    const struct kube_keys *n, const struct smtp_cred *cred, cJSON *body,
    struct err *e)
{
	const char *uid = uid_of(s);
	cJSON *meta = cJSON_AddObjectToObject(body, "metadata");
	cJSON *data = cJSON_AddObjectToObject(body, "data");

	if (cJSON_AddStringToObject(body, "apiVersion", "v1") == NULL ||
	    cJSON_AddStringToObject(body, "kind", "Secret") == NULL ||
	    cJSON_AddStringToObject(meta, "name", n->secret) == NULL ||
	    cJSON_AddStringToObject(meta, "namespace", buf_str(&k->space)) ==
		NULL ||
	    (uid != NULL && cJSON_AddStringToObject(meta, "uid", uid) == NULL))
		return fail(e, EC_NOMEM, "no memory for a Secret");
	TRY(add_value(data, n->user, cred->user, strlen(cred->user), e));
	return add_value(data, n->pass, secret_reveal(cred->pass),
	    secret_len(cred->pass), e);
}

/*
 * Refusals that only mean that somebody was there in the same moment; nothing
 * was written, and who looks again sees whose it is. The object is another or
 * gone by now (validation.go of apimachinery, ValidateObjectMetaAccessorUpdate,
 * and "uid mismatch" of its patch handler); or the server's own tries to store
 * it lost against other writers, which happens to an apply that names no
 * version, too (https://github.com/argoproj/argo-cd/pull/29390). Keys that
 * another manager has are none of these.
 */
static enum ec
refused(struct err *e)
{
	static const struct {
		enum ec ec;
		const char *said, *fix;
	} lost[] = {
		{ EC_CONFIG, "metadata.uid",
		    "it was made anew meanwhile: it is tried again" },
		{ EC_CONFLICT, "uid mismatch",
		    "it was deleted meanwhile: it is tried again" },
		{ EC_CONFLICT, "the object has been modified",
		    "others changed it at the same time: it is tried again" },
	};

	for (size_t i = 0; i < COUNT(lost); i++)
		if (e->ec == lost[i].ec &&
		    strstr(e->what, lost[i].said) != NULL) {
			e->ec = EC_TEMP;
			return fix(e, "%s", lost[i].fix);
		}
	return e->ec;
}

/* The body is JSON, which is YAML too. */
enum ec
kube_secret_apply(const struct kube *k, const struct kube_secret *s,
    const struct kube_keys *n, bool force, const struct smtp_cred *cred,
    struct err *e)
{
	static const struct rest_status table[] = {
		{ 409, EC_CONFLICT,
		    "take its keys out of what that manager applies, then set "
		    "force: true" },
		{ 422, EC_CONFIG,
		    "if it is immutable: delete it and make it again" },
		{ 0, EC_OK, NULL },
	};
	AUTO(rest_reply) struct rest_reply r = { .json = NULL };
	AUTO(json) cJSON *body = cJSON_CreateObject();
	char base[PATH_MAX_], object[OBJECT_MAX], path[PATH_MAX_ + 64];
	const struct kube_call q = { .object = object,
		.method = "PATCH",
		.path = path,
		.content_type = "application/apply-patch+yaml",
		.body = body,
		.known = uid_of(s),
		.statuses = table };

	place(k, n, base, object);
	(void)snprintf(path, sizeof(path), "%s?fieldManager=%s%s", base,
	    KUBE_MANAGER, force ? "&force=true" : "");
	TRY(compose(k, s, n, cred, body, e));
	return kube_call(k, &q, &r, e) == EC_OK ? EC_OK : refused(e);
}
