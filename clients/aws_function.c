/* aws_function: see aws_function.h. */
#include "clients/aws_function.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "clients/aws_role.h"
#include "clients/heard.h"
#include "clients/reach.h"
#include "clients/rest.h"

/* "Using Lambda environment variables": all of them, as JSON. */
#define ENVIRONMENT_MAX ((size_t)4096)
#define PRINTED_MAX     ((size_t)256 * 1024)
#define POLL_FIRST      INT64_C(250) /* ms; doubled each time */
#define POLL_LONGEST    INT64_C(4000)

/* Letters, digits and '_', at least two, the first a letter; some prefixes
 * are Lambda's own ("Using Lambda environment variables"). */
static bool
is_variable(const char *s)
{
	static const char letters[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	static const char all[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";

	return strspn(s, letters) > 0 && strlen(s) > 1 &&
	    s[strspn(s, all)] == '\0' && strncmp(s, "AWS_", 4) != 0;
}

/* NAME, ACCOUNT:function:NAME or an ARN, each with :QUALIFIER or without. */
static bool
is_qualified(const char *name)
{
	const char *function = strstr(name, "function:");

	if (function != NULL)
		name = function + strlen("function:");
	return strchr(name, ':') != NULL;
}

enum ec
aws_function_check(const struct aws_function *f, const char *name,
    const char *region, struct err *e)
{
	const char *const variables[] = { f->username, f->password };

	TRY(aws_object_check(&aws_lambda, "function", name, region, e));
	if (is_qualified(name)) {
		(void)fail(e, EC_CONFIG,
		    "function: the environment of a version or an alias can "
		    "never change");
		return fix(e,
		    "leave what is behind the last ':' out, and let activate "
		    "publish a version and move the alias");
	}
	for (size_t i = 0; i < COUNT(variables); i++)
		if (!is_variable(variables[i]))
			return fail(e, EC_CONFIG,
			    "%.80s cannot be a variable of a function",
			    variables[i]);
	if (strcmp(f->username, f->password) == 0)
		return fail(e, EC_CONFIG,
		    "username_variable and password_variable are the same");
	return EC_OK;
}

static enum ec
path_of(const struct aws_function *f, struct buf *ret, struct err *e)
{
	TRY(buf_adds(ret, "/2015-03-31/functions/", e));
	TRY(rest_escape(f->o.name, "", ret, e));
	return buf_adds(ret, "/configuration", e);
}

static enum ec
get_once(const struct aws_function *f, cJSON **ret, struct err *e)
{
	static const struct aws_json_error errors[] = {
		{ "ResourceNotFoundException", EC_GONE,
		    "check the name, aws_region and role_arn" },
		{ .code = NULL },
	};
	AUTO(buf) struct buf path = BUF(2048);
	AUTO(json) cJSON *j = NULL;
	struct aws_json_call q = { .action = "GetFunctionConfiguration",
		.method = "GET",
		.reads = true,
		.errors = errors };

	TRY(path_of(f, &path, e));
	q.path = buf_str(&path);
	TRY(aws_json_do(&f->o, &q, &j, e));
	TRY(aws_role_confirm(&f->o, json_text(j, "FunctionArn"), e));
	*ret = TAKE(j);
	return EC_OK;
}

static bool
has_status(const cJSON *conf, const char *status)
{
	const char *s = json_text(conf, "LastUpdateStatus");

	return s != NULL && strcmp(s, status) == 0;
}

/* Without the right to use the key the map is left out and this stands
 * there. Sending the map back would delete every variable. */
static enum ec
check_hidden(const struct aws_function *f, const cJSON *conf, struct err *e)
{
	const cJSON *environment =
	    cJSON_GetObjectItemCaseSensitive(conf, "Environment");
	const cJSON *error =
	    cJSON_GetObjectItemCaseSensitive(environment, "Error");
	const char *key = json_text(conf, "KMSKeyArn");
	const char *message = json_text(error, "Message");
	char shown[160];

	if (!cJSON_IsObject(error))
		return EC_OK;
	heard_show(message != NULL ? message : "", shown, sizeof(shown));
	errno = 0;
	(void)fail(e, EC_DENIED, "its variables are hidden from us: %s", shown);
	(void)fix(e, "allow kms:Decrypt with the key %s",
	    key != NULL ? key : "of the function");
	return aws_object_prefix(&f->o, e);
}

/* Polls until no update is going on. Asked to stop, reach_sleep() returns at
 * once, so the polls are what is counted. */
static enum ec
settle(const struct aws_function *f, cJSON **ret, struct err *e)
{
	AUTO(json) cJSON *j = NULL;
	int64_t nap = POLL_FIRST, slept = 0;

	TRY(get_once(f, &j, e));
	while (has_status(j, "InProgress")) {
		if (slept >= f->wait) {
			(void)fail(e, EC_TEMP,
			    "an update of it is not finished after %lld s",
			    (long long)(slept / 1000));
			return aws_object_prefix(&f->o, e);
		}
		reach_sleep(f->o.c, nap);
		slept += nap;
		nap = nap * 2 < POLL_LONGEST ? nap * 2 : POLL_LONGEST;
		cJSON_Delete(TAKE(j));
		TRY(get_once(f, &j, e));
	}
	*ret = TAKE(j);
	return EC_OK;
}

enum ec
aws_function_get(const struct aws_function *f, cJSON **ret, struct err *e)
{
	AUTO(json) cJSON *j = NULL;

	TRY(settle(f, &j, e));
	TRY(check_hidden(f, j, e));
	*ret = TAKE(j);
	return EC_OK;
}

enum ec
aws_function_usable(
    const struct aws_function *f, const cJSON *conf, struct err *e)
{
	const char *reason = json_text(conf, "LastUpdateStatusReason");
	char shown[200];

	if (!has_status(conf, "Failed"))
		return EC_OK;
	heard_show(reason != NULL ? reason : "", shown, sizeof(shown));
	(void)fail(e, EC_CLIENT,
	    "its last update failed, so it still runs with the environment "
	    "before: %s",
	    shown);
	(void)fix(e, "remove the reason, then update the function once");
	return aws_object_prefix(&f->o, e);
}

static cJSON *
variables(const cJSON *conf)
{
	return cJSON_GetObjectItemCaseSensitive(
	    cJSON_GetObjectItemCaseSensitive(conf, "Environment"), "Variables");
}

enum ec
aws_function_pair(const struct aws_function *f, const cJSON *conf,
    struct smtp_cred *ret, struct err *e)
{
	const char *user = json_text(variables(conf), f->username);
	const char *pass = json_text(variables(conf), f->password);

	user = user != NULL ? user : "";
	pass = pass != NULL ? pass : "";
	if (smtp_cred_from(user, strlen(user), pass, strlen(pass), ret, e) ==
	    EC_OK)
		return EC_OK;
	(void)err_prefix(e, "%s and %s", f->username, f->password);
	return aws_object_prefix(&f->o, e);
}

/* The map to change, made when there is none at all. */
static cJSON *
room(const struct aws_function *f, cJSON *conf)
{
	cJSON *map = variables(conf);
	cJSON *environment;

	if (cJSON_IsObject(map) || !f->create)
		return map;
	cJSON_DeleteItemFromObjectCaseSensitive(conf, "Environment");
	environment = cJSON_AddObjectToObject(conf, "Environment");
	return cJSON_AddObjectToObject(environment, "Variables");
}

static enum ec
set_one(const struct aws_function *f, cJSON *map, const char *name,
    cJSON *value, struct err *e)
{
	if (cJSON_GetObjectItemCaseSensitive(map, name) == NULL) {
		if (f->create && aws_json_add(map, name, value))
			return EC_OK;
		if (!f->create)
			cJSON_Delete(value);
		(void)fail(e, EC_GONE, "there is no variable %s", name);
		(void)fix(e,
		    "add it, or name the right one; create: true "
		    "adds it");
		return aws_object_prefix(&f->o, e);
	}
	if (value != NULL &&
	    cJSON_ReplaceItemInObjectCaseSensitive(map, name, value))
		return EC_OK;
	cJSON_Delete(value);
	return fail(e, EC_NOMEM, "no memory for a variable");
}

static enum ec
check_size(const struct aws_function *f, const cJSON *conf, struct err *e)
{
	AUTO(buf) struct buf text = BUF(PRINTED_MAX);

	TRY(json_print(variables(conf), &text, e));
	if (text.len <= ENVIRONMENT_MAX)
		return EC_OK;
	(void)fail(e, EC_CONFIG,
	    "the environment would have %zu bytes with the pair in it, and "
	    "%zu are allowed",
	    text.len, ENVIRONMENT_MAX);
	(void)fix(e,
	    "remove variables, or let the function read a secret "
	    "(aws-secretsmanager)");
	return aws_object_prefix(&f->o, e);
}

enum ec
aws_function_set(const struct aws_function *f, cJSON *conf,
    const struct smtp_cred *cred, struct err *e)
{
	cJSON *map = room(f, conf);

	TRY(set_one(f, map, f->username, cJSON_CreateString(cred->user), e));
	TRY(set_one(f, map, f->password,
	    cJSON_CreateStringReference(secret_reveal(cred->pass)), e));
	return check_size(f, conf, e);
}

static enum ec
send_environment(const struct aws_function *f, const cJSON *conf, struct err *e)
{
	static const struct aws_json_error errors[] = {
		/* Nothing of ours was written, nothing of theirs is lost. */
		{ "PreconditionFailedException", EC_TEMP,
		    "somebody changed the function between our read and our "
		    "write, and theirs is kept: it is tried again" },
		{ .code = NULL },
	};
	AUTO(json) cJSON *body = cJSON_CreateObject();
	AUTO(json) cJSON *j = NULL;
	AUTO(buf) struct buf path = BUF(2048);
	const char *revision = json_text(conf, "RevisionId");
	const char *key = json_text(conf, "KMSKeyArn");
	cJSON *environment = cJSON_AddObjectToObject(body, "Environment");
	struct aws_json_call q = { .action = "UpdateFunctionConfiguration",
		.method = "PUT",
		.body = body,
		.errors = errors };

	if (revision == NULL)
		return fail(e, EC_PROTO, "the reply has no RevisionId");
	if (!aws_json_add(environment, "Variables",
		cJSON_Duplicate(variables(conf), true)) ||
	    !cJSON_AddStringToObject(body, "RevisionId", revision) ||
	    (key != NULL && *key != '\0' &&
		!cJSON_AddStringToObject(body, "KMSKeyArn", key)))
		return fail(e, EC_NOMEM, "no memory for a request");
	TRY(path_of(f, &path, e));
	q.path = buf_str(&path);
	return aws_json_do(&f->o, &q, &j, e);
}

enum ec
aws_function_put(const struct aws_function *f, const cJSON *conf, struct err *e)
{
	AUTO(json) cJSON *j = NULL;

	TRY(send_environment(f, conf, e));
	/* Accepted: whatever goes wrong now, the old pair may be out of use. */
	if (settle(f, &j, e) != EC_OK || aws_function_usable(f, j, e) != EC_OK)
		return e->ec = EC_UNKNOWN;
	return EC_OK;
}
