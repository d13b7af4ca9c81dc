/* vault_kv: see vault_kv.h. */
#include "clients/vault_kv.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "clients/json_document.h"

#define KV_PATH_MAX 1024
#define TEXT_MAX    ((size_t)2 * 1024 * 1024)

void
auto_vault_kv(struct vault_kv *kv)
{
	buf_free(&kv->text);
}

static enum ec
path_of(char ret[KV_PATH_MAX], const char *mount, const char *what,
    const char *path, struct err *e)
{
	const int n = snprintf(ret, KV_PATH_MAX, "%s/%s/%s", mount, what, path);

	return n < KV_PATH_MAX ? EC_OK
			       : fail(e, EC_CONFIG, "path: is too long");
}

static enum ec
version_one(const char *mount, struct err *e)
{
	(void)fail(e, EC_CONFIG,
	    "Vault: %s is a KV engine of version 1, which knows no "
	    "check-and-set",
	    mount);
	return fix(e, "vault kv enable-versioning %s", mount);
}

/*
 * An absent secret and an engine of version 1, where our path is just another
 * key that is absent, look alike. `vault kv` asks here too; it answers for
 * whatever path below the mount the token may see.
 */
static enum ec
tell_version(
    const struct vault *v, const char *mount, const char *path, struct err *e)
{
	static const struct rest_status hidden[] = { { 403, EC_OK, NULL },
		{ 404, EC_OK, NULL }, { 0, EC_OK, NULL } };
	AUTO(rest_reply) struct rest_reply r = { .json = NULL };
	char ask[KV_PATH_MAX + 32], at[KV_PATH_MAX];
	const struct vault_call q = {
		.method = "GET", .path = ask, .reads = true, .statuses = hidden
	};
	const cJSON *data;
	const char *type, *version;

	TRY(path_of(at, mount, "data", path, e));
	(void)snprintf(ask, sizeof(ask), "sys/internal/ui/mounts/%s", at);
	TRY(vault_call(v, &q, &r, e));
	data = cJSON_GetObjectItemCaseSensitive(r.json, "data");
	type = json_text(data, "type");
	version = json_text(
	    cJSON_GetObjectItemCaseSensitive(data, "options"), "version");
	if (r.status != 200 || type == NULL)
		return EC_OK; /* it does not tell */
	if (strcmp(type, "kv") != 0 && strcmp(type, "generic") != 0)
		return fail(e, EC_CONFIG,
		    "Vault: %s is an engine of type %.40s, not kv", mount,
		    type);
	if (version == NULL || strcmp(version, "2") != 0)
		return version_one(mount, e);
	return EC_OK;
}

/* Whole and as large as a version can be. */
static bool
version_of(const cJSON *meta, long *ret)
{
	const cJSON *n = cJSON_GetObjectItemCaseSensitive(meta, "version");

	if (!cJSON_IsNumber(n) || n->valuedouble < 1 || n->valuedouble > 1e9)
		return false;
	*ret = (long)n->valuedouble;
	return true;
}

/* "no handler for route", which only a token hears that may see the path
 * (vault/router.go). */
static bool
no_mount(const cJSON *reply)
{
	const char *s = cJSON_GetStringValue(cJSON_GetArrayItem(
	    cJSON_GetObjectItemCaseSensitive(reply, "errors"), 0));

	return s != NULL && strncmp(s, "no handler for route", 20) == 0;
}

static enum ec
understand(const char *mount, const char *at, const struct rest_reply *r,
    struct vault_kv *ret, struct err *e)
{
	const cJSON *outer = cJSON_GetObjectItemCaseSensitive(r->json, "data");
	const cJSON *meta = cJSON_GetObjectItemCaseSensitive(outer, "metadata");
	const cJSON *data = cJSON_GetObjectItemCaseSensitive(outer, "data");

	if (!cJSON_IsObject(meta) && r->status == 200)
		return version_one(mount, e);
	if (no_mount(r->json)) {
		(void)fail(e, EC_CONFIG,
		    "Vault: %s: no engine is mounted there", mount);
		return fix(e, "check mount and namespace: vault secrets list");
	}
	if (!cJSON_IsObject(meta))
		return EC_OK; /* 404 without a word: absent */
	if (!version_of(meta, &ret->version) ||
	    !(r->status == 200 ? cJSON_IsObject(data)
			       : data == NULL || cJSON_IsNull(data)))
		return fail(e, EC_PROTO,
		    "Vault: %s: a reply that is no secret of KV version 2", at);
	ret->state = r->status == 200 ? VAULT_KV_THERE : VAULT_KV_DELETED;
	if (r->status != 200)
		return EC_OK;
	if (json_document_part(&r->text, "data.data", &ret->text, e) != EC_OK)
		return err_prefix(e, "Vault: %s", at);
	return EC_OK;
}

enum ec
vault_kv_get(const struct vault *v, const char *mount, const char *path,
    struct vault_kv *ret, struct err *e)
{
	static const struct rest_status absent[] = { { 404, EC_OK, NULL },
		{ 0, EC_OK, NULL } };
	AUTO(rest_reply) struct rest_reply r = { .json = NULL };
	char at[KV_PATH_MAX];
	const struct vault_call q = {
		.method = "GET", .path = at, .reads = true, .statuses = absent
	};

	*ret = (struct vault_kv){ .state = VAULT_KV_ABSENT,
		.text = BUF(TEXT_MAX) };
	TRY(path_of(at, mount, "data", path, e));
	TRY(vault_call(v, &q, &r, e));
	TRY(understand(mount, at, &r, ret, e));
	return ret->state == VAULT_KV_ABSENT ? tell_version(v, mount, path, e)
					     : EC_OK;
}

enum ec
vault_kv_there(const struct vault_kv *kv, const char *mount, const char *path,
    struct err *e)
{
	if (kv->state == VAULT_KV_THERE)
		return EC_OK;
	if (kv->state == VAULT_KV_ABSENT) {
		(void)fail(
		    e, EC_GONE, "Vault: %s/%s: no such secret", mount, path);
		return fix(e, "check the path, or set create: true");
	}
	(void)fail(e, EC_GONE,
	    "Vault: %s/%s: version %ld, the newest, is deleted", mount, path,
	    kv->version);
	return fix(e,
	    "vault kv undelete -mount=%s -versions=%ld %s, or set create: true",
	    mount, kv->version, path);
}

/* The one 400 that is nobody's mistake
 * (vault-plugin-secrets-kv path_data.go, validateCheckAndSetOption): nothing
 * was written, and who looks again sees whether it is somebody's. */
static enum ec
refused(struct err *e)
{
	if (strstr(e->what, "check-and-set parameter did not match") == NULL)
		return e->ec;
	e->ec = EC_TEMP;
	return fix(e, "somebody wrote it at the same time: it is tried again");
}

enum ec
vault_kv_put(const struct vault *v, const char *mount, const char *path,
    const struct vault_kv *kv, struct err *e)
{
	AUTO(rest_reply) struct rest_reply r = { .json = NULL };
	AUTO(json) cJSON *body = cJSON_CreateObject();
	cJSON *options = cJSON_AddObjectToObject(body, "options");
	char at[KV_PATH_MAX];
	const struct vault_call q = {
		.method = "POST",
		.path = at,
		.body = body,
	};

	TRY(path_of(at, mount, "data", path, e));
	if (cJSON_AddNumberToObject(options, "cas", (double)kv->version) ==
		NULL ||
	    cJSON_AddRawToObject(body, "data", buf_str(&kv->text)) == NULL)
		return fail(e, EC_NOMEM, "no memory for a request");
	return vault_call(v, &q, &r, e) == EC_OK ? EC_OK : refused(e);
}

static bool
has(const cJSON *list, const char *what)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, list)
	{
		const char *s = cJSON_GetStringValue(item);

		if (s != NULL &&
		    (strcmp(s, what) == 0 || strcmp(s, "root") == 0))
			return true;
	}
	return false;
}

static enum ec
lacks(const char *at, const char *capability, struct err *e)
{
	errno = 0;
	(void)fail(
	    e, EC_DENIED, "Vault: %s: the token may not %s it", at, capability);
	return fix(e,
	    "add to its policy: path \"%s\" { capabilities = [\"read\", "
	    "\"%s\"] }",
	    at, capability);
}

enum ec
vault_kv_may_write(const struct vault *v, const char *mount, const char *path,
    const struct vault_kv *kv, bool *ret_asked, struct err *e)
{
	static const struct rest_status silent[] = { { 403, EC_OK, NULL },
		{ 404, EC_OK, NULL }, { 0, EC_OK, NULL } };
	const char *need = kv->state == VAULT_KV_ABSENT ? "create" : "update";
	AUTO(rest_reply) struct rest_reply r = { .json = NULL };
	AUTO(json) cJSON *body = cJSON_CreateObject();
	char at[KV_PATH_MAX];
	const char *paths[] = { at };
	const struct vault_call q = { .method = "POST",
		.path = "sys/capabilities-self",
		.body = body,
		.reads = true,
		.statuses = silent };
	const cJSON *list;

	TRY(path_of(at, mount, "data", path, e));
	if (!cJSON_AddItemToObject(
		body, "paths", cJSON_CreateStringArray(paths, 1)))
		return fail(e, EC_NOMEM, "no memory for a request");
	TRY(vault_call(v, &q, &r, e));
	list = cJSON_GetObjectItemCaseSensitive(
	    cJSON_GetObjectItemCaseSensitive(r.json, "data"), at);
	*ret_asked = cJSON_IsArray(list);
	return !*ret_asked || has(list, need) ? EC_OK : lacks(at, need, e);
}
