/* gitlab: see gitlab.h. */
#include "clients/gitlab.h"

#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "clients/key_file.h"
#include "clients/rest.h"

#define SERVICE  "GitLab"
#define PART_MAX ((size_t)4096)
#define BODY_MAX ((size_t)256 * 1024)

void
auto_gitlab_variable(struct gitlab_variable *v)
{
	cJSON_Delete(v->json);
}

enum ec
gitlab_check(const struct gitlab *g, struct err *e)
{
	if ((g->project == NULL) == (g->group == NULL))
		return fail(e, EC_CONFIG, "either project or group is needed");
	return EC_OK;
}

enum ec
gitlab_login(const struct gitlab *g, struct secret **ret, struct err *e)
{
	return key_file_word(g->token_file, 0, ret, e);
}

static const char *
kind(const struct gitlab *g)
{
	return g->group != NULL ? "group" : "project";
}

static const char *
name_of(const struct gitlab *g)
{
	return g->group != NULL ? g->group : g->project;
}

void
gitlab_where(const struct gitlab *g, char *ret, size_t n)
{
	(void)snprintf(ret, n, "%s %.160s", kind(g), name_of(g));
}

/* A path is one segment here: "group%2Fproject"
 * (https://docs.gitlab.com/api/rest/#namespaced-paths). */
static enum ec
add_place(const struct gitlab *g, struct buf *ret, struct err *e)
{
	TRY(rest_base(g->api, ret, e));
	TRY(buf_addf(ret, e, "/api/v4/%ss/", kind(g)));
	TRY(rest_escape(name_of(g), "", ret, e));
	return buf_adds(ret, "/variables", e);
}

static enum ec
add_name(
    const struct gitlab *g, const char *name, struct buf *ret, struct err *e)
{
	TRY(buf_addf(ret, e, "/%s?filter%%5Benvironment_scope%%5D=", name));
	return rest_escape(g->scope, "", ret, e);
}

static const struct rest_status statuses[] = {
	{ 400, EC_CONFIG,
	    "GitLab does not take this value or name: a masked variable that "
	    "is expanded has letters, digits and +/=@:.~-_ only" },
	{ 401, EC_DENIED,
	    "the token is wrong, expired or revoked: make a new one" },
	{ 403, EC_DENIED,
	    "the token needs the scope api (read_api to look) and the role "
	    "Maintainer (of a group: Owner)" },
	{ 404, EC_OK, NULL },
	{ 0, EC_OK, NULL },
};

static enum ec
call(const struct client *c, const struct gitlab *g, const struct secret *token,
    const char *method, const char *name, const struct buf *body,
    struct rest_reply *ret, struct err *e)
{
	AUTO(buf) struct buf url = BUF(PART_MAX);
	AUTO(buf) struct buf object = BUF(PART_MAX);
	char where[GITLAB_WHERE_MAX];
	struct rest_call q = {
		.service = SERVICE,
		.method = method,
		.auth = "PRIVATE-TOKEN: ",
		.token = token,
		.body = body,
		.statuses = statuses,
		.ca_file = g->ca_file,
		.reads = strcmp(method, "GET") == 0,
	};

	TRY(add_place(g, &url, e));
	if (strcmp(method, "POST") != 0)
		TRY(add_name(g, name, &url, e));
	gitlab_where(g, where, sizeof(where));
	TRY(buf_addf(
	    &object, e, "%s, variable %s, scope %.60s", where, name, g->scope));
	q.url = buf_str(&url);
	q.object = buf_str(&object);
	return rest_do(c, &q, ret, e);
}

/* "404 Project Not Found" is not "404 Variable Not Found". */
static enum ec
missing(const struct gitlab *g, const struct rest_reply *r, struct err *e)
{
	const char *said = json_text(r->json, "message");
	char where[GITLAB_WHERE_MAX];

	if (said != NULL && strstr(said, "Variable") != NULL)
		return EC_OK;
	gitlab_where(g, where, sizeof(where));
	(void)fail(
	    e, EC_GONE, SERVICE ": %s: status 404: %.100s", where, r->said);
	return fix(e,
	    "check the path and api; GitLab says the same when the "
	    "token may not see it");
}

static bool
is_true(const cJSON *j, const char *key)
{
	return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(j, key));
}

/* Is this what was asked for? Another scope's value is not ours to touch. */
static enum ec
same(const struct gitlab *g, const char *name, const cJSON *j, struct err *e)
{
	const char *key = json_text(j, "key");
	const char *scope = json_text(j, "environment_scope");

	if (key == NULL || strcmp(key, name) != 0)
		return fail(e, EC_PROTO,
		    SERVICE ": variable %s: the reply is about another", name);
	if (scope == NULL || strcmp(scope, g->scope) == 0)
		return EC_OK;
	(void)fail(e, EC_CONFLICT,
	    SERVICE ": variable %s has another scope than %.60s", name,
	    g->scope);
	return fix(e, "give this client the scope that is meant");
}

enum ec
gitlab_look(const struct client *c, const struct gitlab *g,
    const struct secret *token, const char *name, struct gitlab_variable *ret,
    struct err *e)
{
	AUTO(rest_reply) struct rest_reply r = { .json = NULL };

	TRY(call(c, g, token, "GET", name, NULL, &r, e));
	if (r.status == 404)
		return missing(g, &r, e);
	TRY(same(g, name, r.json, e));
	*ret = (struct gitlab_variable){ .there = true,
		.masked = is_true(r.json, "masked"),
		.hidden = is_true(r.json, "hidden"),
		.raw = is_true(r.json, "raw"),
		.value = json_text(r.json, "value"),
		.json = r.json };
	r.json = NULL;
	return EC_OK;
}

/* A new variable is raw: nothing in it is to be expanded. */
static bool
add_new(
    cJSON *j, const struct gitlab *g, const struct pair_place *at, bool hidden)
{
	const bool secret = at->part != PAIR_USERNAME;

	return cJSON_AddStringToObject(j, "key", at->name) != NULL &&
	    cJSON_AddStringToObject(j, "environment_scope", g->scope) != NULL &&
	    cJSON_AddBoolToObject(j, "raw", true) != NULL &&
	    cJSON_AddBoolToObject(
		j, hidden ? "masked_and_hidden" : "masked", secret) != NULL;
}

/* Only what is not so yet. A value that is expanded can be masked only when
 * it has no other characters than a password of SES has
 * (app/models/concerns/ci/maskable.rb). */
static bool
add_mask(cJSON *j, const struct gitlab_variable *was, enum pair_part part)
{
	const bool secret = part != PAIR_USERNAME;
	const bool both = part == PAIR_JSON || part == PAIR_DSN;

	return (!secret || was->masked ||
		   cJSON_AddTrueToObject(j, "masked") != NULL) &&
	    (!both || was->raw || cJSON_AddTrueToObject(j, "raw") != NULL);
}

enum ec
gitlab_put(const struct client *c, const struct gitlab *g,
    const struct secret *token, const struct pair_place *at,
    const struct gitlab_variable *was, const struct buf *value, bool hidden,
    struct err *e)
{
	AUTO(rest_reply) struct rest_reply r = { .json = NULL };
	AUTO(buf) struct buf body = BUF(BODY_MAX);
	AUTO(json) cJSON *j = cJSON_CreateObject();
	cJSON *v = cJSON_CreateStringReference(buf_str(value));

	if (!cJSON_AddItemToObject(j, "value", v)) {
		cJSON_Delete(v);
		return fail(e, EC_NOMEM, "no memory for a request");
	}
	if (was->there ? !add_mask(j, was, at->part)
		       : !add_new(j, g, at, hidden))
		return fail(e, EC_NOMEM, "no memory for a request");
	TRY(json_print(j, &body, e));
	TRY(call(
	    c, g, token, was->there ? "PUT" : "POST", at->name, &body, &r, e));
	if (r.status != 404)
		return EC_OK;
	TRY(missing(g, &r, e));
	return fail(
	    e, EC_GONE, SERVICE ": variable %s: it went away", at->name);
}
