/*
 * github_login: a token, from a file or for the installation of an app.
 *
 * An app proves who it is by an assertion of a few minutes and gets a token
 * of an hour. We ask for no more than we need: this repository, and the one
 * permission that setting these secrets takes.
 * https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app
 * https://docs.github.com/en/rest/apps/apps#create-an-installation-access-token-for-an-app
 */
#include <string.h>

#include "base/auto.h"
#include "clients/github.h"
#include "clients/jwt.h"
#include "clients/key_file.h"
#include "clients/reach.h"

/* Seconds. GitHub advises a minute back, against clocks that differ, and
 * allows ten minutes ahead. */
#define BACK  60
#define AHEAD 480

#define REQUEST_MAX ((size_t)4096)

static enum ec
load_key(const struct github *g, EVP_PKEY **ret, struct err *e)
{
	AUTO(buf) struct buf text = BUF(SECRET_MAX);
	AUTO(secret) struct secret *pem = NULL;

	TRY(key_file_read(g->private_key_file, 0, &text, e));
	if (text.len == 0)
		return fail(e, EC_CONFIG, "%s: is empty", g->private_key_file);
	TRY(secret_take(text.p, text.len, &pem, e));
	return jwt_key_parse(pem, g->private_key_file, ret, e);
}

static enum ec
assert_app(const struct client *c, const struct github *g, struct secret **ret,
    struct err *e)
{
	const int64_t now = reach_wall(c) / 1000;
	AUTO(jwt_key) EVP_PKEY *key = NULL;
	AUTO(json) cJSON *j = cJSON_CreateObject();

	TRY(load_key(g, &key, e));
	if (cJSON_AddNumberToObject(j, "iat", (double)(now - BACK)) == NULL ||
	    cJSON_AddNumberToObject(j, "exp", (double)(now + AHEAD)) == NULL ||
	    cJSON_AddStringToObject(j, "iss", g->app_id) == NULL)
		return fail(e, EC_NOMEM, "no memory for an assertion");
	return jwt_sign(j, NULL, key, ret, e);
}

/* What is asked for. "organization_secrets", "environments" and "secrets" are
 * GitHub's names of the permissions. */
static enum ec
wishes(const struct github *g, struct buf *ret, struct err *e)
{
	const char *permission = g->organisation != NULL
	    ? "organization_secrets"
	    : (g->environment != NULL ? "environments" : "secrets");
	AUTO(json) cJSON *j = cJSON_CreateObject();
	cJSON *p = cJSON_AddObjectToObject(j, "permissions");

	if (cJSON_AddStringToObject(p, permission, "write") == NULL)
		return fail(e, EC_NOMEM, "no memory for a request");
	if (g->repository != NULL) {
		cJSON *list = cJSON_AddArrayToObject(j, "repositories");

		if (!cJSON_AddItemToArray(list,
			cJSON_CreateString(strchr(g->repository, '/') + 1)))
			return fail(e, EC_NOMEM, "no memory for a request");
	}
	return json_print(j, ret, e);
}

static const struct rest_status statuses[] = {
	{ 401, EC_DENIED,
	    "check that app_id and private_key_file belong together, and this "
	    "host's clock (timedatectl)" },
	{ 404, EC_GONE,
	    "check installation_id: it is the number at the end of the "
	    "address of the installation's settings" },
	{ 422, EC_DENIED,
	    "give the app write access to secrets (environments: to "
	    "Environments), install it on this repository, and accept the "
	    "new permissions there" },
	{ 0, EC_OK, NULL },
};

static enum ec
login_app(const struct client *c, const struct github *g, struct secret **ret,
    struct err *e)
{
	AUTO(secret) struct secret *assertion = NULL;
	AUTO(buf) struct buf body = BUF(REQUEST_MAX);
	AUTO(rest_reply) struct rest_reply r = { .json = NULL };
	char path[96];
	const struct github_call q = { .method = "POST",
		.path = path,
		.body = &body,
		.reads = true,
		.statuses = statuses };
	const char *token;

	(void)snprintf(path, sizeof(path),
	    "/app/installations/%.40s/access_tokens", g->installation_id);
	TRY(assert_app(c, g, &assertion, e));
	TRY(wishes(g, &body, e));
	TRY(github_do(c, g, assertion, &q, &r, e));
	token = json_text(r.json, "token");
	/* It becomes a header. */
	if (token == NULL || !token_valid(token, strlen(token)))
		return fail(e, EC_PROTO, "GitHub: %s: no token came", path);
	return secret_new(token, strlen(token), ret, e);
}

enum ec
github_login(const struct client *c, const struct github *g,
    struct secret **ret, struct err *e)
{
	if (g->token_file != NULL)
		return key_file_word(g->token_file, 0, ret, e);
	return login_app(c, g, ret, e);
}
