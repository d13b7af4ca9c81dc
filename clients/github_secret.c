/* github_secret: one secret and the key to which it is sealed; see github.h. */
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "base/auto.h"
#include "clients/github.h"
#include "clients/heard.h"

#define PATH_MAX_ ((size_t)2048)
#define BODY_MAX  ((size_t)256 * 1024)
#define PAGE_LEN  100 /* GitHub's longest */
#define PAGES_MAX 50

void
auto_github_secret(struct github_secret *s)
{
	cJSON_Delete(s->access);
}

/* Where the secrets of this place are, and what of them: a name, or more. */
static enum ec
path_of(
    const struct github *g, const char *what, struct buf *ret, struct err *e)
{
	if (g->organisation != NULL)
		return buf_addf(ret, e, "/orgs/%s/actions/secrets/%s",
		    g->organisation, what);
	if (g->environment == NULL)
		return buf_addf(ret, e, "/repos/%s/actions/secrets/%s",
		    g->repository, what);
	TRY(buf_addf(ret, e, "/repos/%s/environments/", g->repository));
	TRY(rest_escape(g->environment, "", ret, e));
	return buf_addf(ret, e, "/secrets/%s", what);
}

static enum ec
get(const struct client *c, const struct github *g, const struct secret *token,
    const char *what, struct rest_reply *ret, struct err *e)
{
	AUTO(buf) struct buf path = BUF(PATH_MAX_);
	struct github_call q = { .method = "GET", .reads = true };

	TRY(path_of(g, what, &path, e));
	q.path = buf_str(&path);
	return github_do(c, g, token, &q, ret, e);
}

enum ec
github_key_get(const struct client *c, const struct github *g,
    const struct secret *token, struct github_key *ret, struct err *e)
{
	AUTO(rest_reply) struct rest_reply r = { .json = NULL };
	const char *id, *key;
	size_t n = 0;

	TRY(get(c, g, token, "public-key", &r, e));
	id = json_text(r.json, "key_id");
	key = json_text(r.json, "key");
	if (id == NULL || key == NULL || strlen(id) >= sizeof(ret->id) ||
	    sodium_base642bin(ret->bytes, sizeof(ret->bytes), key, strlen(key),
		NULL, &n, NULL, sodium_base64_VARIANT_ORIGINAL) != 0 ||
	    n != sizeof(ret->bytes))
		return fail(e, EC_PROTO,
		    "GitHub: the public key is not one of 32 bytes");
	(void)snprintf(ret->id, sizeof(ret->id), "%s", id);
	return EC_OK;
}

enum ec
github_seal(const struct github_key *key, const struct buf *value,
    struct buf *ret, struct err *e)
{
	const size_t n = value->len + crypto_box_SEALBYTES;
	const size_t chars =
	    sodium_base64_ENCODED_LEN(n, sodium_base64_VARIANT_ORIGINAL);
	AUTO(free) unsigned char *box = malloc(n);
	AUTO(free) char *text = malloc(chars);

	if (box == NULL || text == NULL)
		return fail(e, EC_NOMEM, "no memory for a sealed box");
	if (sodium_init() < 0)
		return fail(e, EC_BUG, "libsodium does not start");
	if (crypto_box_seal(box, (const unsigned char *)buf_str(value),
		value->len, key->bytes) != 0)
		return fail(e, EC_PROTO,
		    "GitHub: nothing can be sealed to this public key");
	(void)sodium_bin2base64(
	    text, chars, box, n, sodium_base64_VARIANT_ORIGINAL);
	return buf_adds(ret, text, e);
}

/* The ids of one page of repositories; *ret_n is how many there were. */
static enum ec
add_page(const struct client *c, const struct github *g,
    const struct secret *token, const char *what, cJSON *ids, int *ret_n,
    struct err *e)
{
	AUTO(rest_reply) struct rest_reply r = { .json = NULL };
	const cJSON *list, *repo;

	TRY(get(c, g, token, what, &r, e));
	list = cJSON_GetObjectItemCaseSensitive(r.json, "repositories");
	if (!cJSON_IsArray(list))
		return fail(
		    e, EC_PROTO, "GitHub: %s: no list of repositories", what);
	cJSON_ArrayForEach(repo, list)
	{
		const cJSON *id = cJSON_GetObjectItemCaseSensitive(repo, "id");

		if (!cJSON_IsNumber(id) ||
		    !cJSON_AddItemToArray(ids, cJSON_Duplicate(id, false)))
			return fail(e, EC_PROTO,
			    "GitHub: %s: a repository without id", what);
	}
	*ret_n = cJSON_GetArraySize(list);
	return EC_OK;
}

/* The repositories that may use the secret. The address comes from us and not
 * from the reply: a token is sent to it. */
static enum ec
add_selected(const struct client *c, const struct github *g,
    const struct secret *token, const char *name, cJSON *access, struct err *e)
{
	cJSON *ids = cJSON_AddArrayToObject(access, "selected_repository_ids");
	char what[400];
	int n = PAGE_LEN;

	if (ids == NULL)
		return fail(e, EC_NOMEM, "no memory for a reply");
	for (int page = 1; n == PAGE_LEN && page <= PAGES_MAX; page++) {
		(void)snprintf(what, sizeof(what),
		    "%s/repositories?per_page=%d&page=%d", name, PAGE_LEN,
		    page);
		TRY(add_page(c, g, token, what, ids, &n, e));
	}
	if (n < PAGE_LEN)
		return EC_OK;
	return fail(e, EC_CONFIG,
	    "GitHub: secret %s: more than %d repositories may use it", name,
	    PAGE_LEN * PAGES_MAX);
}

static enum ec
learn_access(const struct client *c, const struct github *g,
    const struct secret *token, const char *name, const cJSON *from,
    cJSON *access, struct err *e)
{
	const char *visibility = json_text(from, "visibility");

	if (visibility == NULL)
		return fail(
		    e, EC_PROTO, "GitHub: secret %s: no visibility", name);
	if (cJSON_AddStringToObject(access, "visibility", visibility) == NULL)
		return fail(e, EC_NOMEM, "no memory for a reply");
	if (strcmp(visibility, "selected") != 0)
		return EC_OK;
	return add_selected(c, g, token, name, access, e);
}

enum ec
github_look(const struct client *c, const struct github *g,
    const struct secret *token, const char *name, struct github_secret *ret,
    struct err *e)
{
	AUTO(rest_reply) struct rest_reply r = { .json = NULL };
	AUTO(json) cJSON *access = cJSON_CreateObject();
	const char *updated;

	TRY(get(c, g, token, name, &r, e));
	updated = json_text(r.json, "updated_at");
	if (access == NULL)
		return fail(e, EC_NOMEM, "no memory for a reply");
	if (g->organisation != NULL)
		TRY(learn_access(c, g, token, name, r.json, access, e));
	heard_show(updated != NULL ? updated : "?", ret->updated,
	    sizeof(ret->updated));
	ret->access = TAKE(access);
	return EC_OK;
}

enum ec
github_put(const struct client *c, const struct github *g,
    const struct secret *token, const char *name, const struct github_key *key,
    const char *sealed, const struct github_secret *was, struct err *e)
{
	AUTO(rest_reply) struct rest_reply r = { .json = NULL };
	AUTO(buf) struct buf path = BUF(PATH_MAX_);
	AUTO(buf) struct buf body = BUF(BODY_MAX);
	AUTO(json)
	cJSON *j = was->access != NULL ? cJSON_Duplicate(was->access, true)
				       : cJSON_CreateObject();
	struct github_call q = { .method = "PUT", .body = &body };

	TRY(path_of(g, name, &path, e));
	q.path = buf_str(&path);
	if (cJSON_AddStringToObject(j, "encrypted_value", sealed) == NULL ||
	    cJSON_AddStringToObject(j, "key_id", key->id) == NULL)
		return fail(e, EC_NOMEM, "no memory for a request");
	TRY(json_print(j, &body, e));
	return github_do(c, g, token, &q, &r, e);
}
