/* exec_protocol: see exec_protocol.h. */
#include "clients/exec_protocol.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "clients/heard.h"

const char *const exec_actions[EXEC_ACTIONS] = {
	[EXEC_PLAN] = "plan",
	[EXEC_READ] = "read",
	[EXEC_WRITE] = "write",
	[EXEC_ACTIVATE] = "activate",
};

const char *const exec_tls[2] = {
	[SMTP_STARTTLS] = "starttls",
	[SMTP_IMPLICIT] = "implicit",
};

/* The classes that a program may name; no word is the first row. */
static const struct class_row {
	const char *name;
	enum ec ec;
} classes[] = {
	{ "", EC_CLIENT },
	{ "temp", EC_TEMP },
	{ "gone", EC_GONE },
	{ "denied", EC_DENIED },
	{ "conflict", EC_CONFLICT },
	{ "config", EC_CONFIG },
	{ "human", EC_HUMAN },
	{ "proto", EC_PROTO },
	{ "unknown", EC_UNKNOWN },
};

const char *
exec_class(enum ec ec)
{
	for (size_t i = 0; i < COUNT(classes); i++)
		if (classes[i].ec == ec)
			return classes[i].name;
	return "";
}

void
auto_exec_reply(struct exec_reply *r)
{
	smtp_cred_free(&r->cred);
}

static bool
add_place(cJSON *j, const struct client *c)
{
	cJSON *smtp;

	if (cJSON_AddStringToObject(j, "client", c->name) == NULL ||
	    cJSON_AddStringToObject(j, "identity", c->identity) == NULL ||
	    cJSON_AddStringToObject(j, "region", c->region) == NULL)
		return false;
	smtp = cJSON_AddObjectToObject(j, "smtp");
	return smtp != NULL &&
	    cJSON_AddStringToObject(smtp, "host", c->smtp.host) != NULL &&
	    cJSON_AddNumberToObject(smtp, "port", c->smtp.port) != NULL &&
	    cJSON_AddStringToObject(smtp, "tls", exec_tls[c->smtp.tls]) != NULL;
}

static bool
add_options(cJSON *j, const char *const *o)
{
	cJSON *map = cJSON_AddObjectToObject(j, "options");

	for (; map != NULL && o != NULL && *o != NULL; o += 2)
		if (cJSON_AddStringToObject(map, o[0], o[1]) == NULL)
			return false;
	return map != NULL;
}

static bool
add_driver(cJSON *j, const cJSON *driver)
{
	cJSON *copy = cJSON_Duplicate(driver, 1);

	if (copy != NULL && cJSON_AddItemToObject(j, "driver", copy))
		return true;
	cJSON_Delete(copy);
	return false;
}

/* The password is referred to, not copied. */
static bool
add_cred(cJSON *j, const struct smtp_cred *cred)
{
	cJSON *map = cJSON_AddObjectToObject(j, "credential");

	return map != NULL &&
	    cJSON_AddStringToObject(map, "username", cred->user) != NULL &&
	    json_add_secret(map, "password", cred->pass);
}

/* driver NULL: options alone, as outside programs know them. */
static bool
build(cJSON *j, const struct client *c, enum exec_action action,
    const char *const *options, const cJSON *driver,
    const struct smtp_cred *cred)
{
	if (j == NULL ||
	    cJSON_AddNumberToObject(j, "protocol", EXEC_PROTOCOL) == NULL ||
	    cJSON_AddStringToObject(j, "action", exec_actions[action]) ==
		NULL ||
	    !add_place(j, c) || !add_options(j, options))
		return false;
	if (driver != NULL && !add_driver(j, driver))
		return false;
	return action != EXEC_WRITE || add_cred(j, cred);
}

static enum ec
request(const struct client *c, enum exec_action action,
    const char *const *options, const cJSON *driver,
    const struct smtp_cred *cred, struct buf *ret, struct err *e)
{
	AUTO(json) cJSON *j = cJSON_CreateObject();
	const bool built = build(j, c, action, options, driver, cred);

	TRY(json_print(built ? j : NULL, ret, e));
	return buf_adds(ret, "\n", e);
}

enum ec
exec_request(const struct client *c, enum exec_action action,
    const char *const *options, const struct smtp_cred *cred, struct buf *ret,
    struct err *e)
{
	return request(c, action, options, NULL, cred, ret, e);
}

enum ec
exec_request_driver(const struct client *c, enum exec_action action,
    const cJSON *driver, const struct smtp_cred *cred, struct buf *ret,
    struct err *e)
{
	return request(c, action, NULL, driver, cred, ret, e);
}

/* The text of a field, "" when absent; false: it is no text. */
static bool
text_of(const cJSON *j, const char *key, const char **ret)
{
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(j, key);

	*ret = "";
	if (v == NULL || cJSON_IsNull(v))
		return true;
	if (!cJSON_IsString(v))
		return false;
	*ret = v->valuestring;
	return true;
}

static enum ec
wrong_type(const char *program, const char *key, struct err *e)
{
	return fail(
	    e, EC_PROTO, "%s: \"%s\" in its reply is no text", program, key);
}

#define TEXT(j, key, ret)                                                      \
	do {                                                                   \
		if (!text_of(j, key, ret))                                     \
			return wrong_type(program, key, e);                    \
	} while (0)

static enum ec
parse_refusal(
    const cJSON *j, const char *program, bool *ret_heard, struct err *e)
{
	const char *class, *error, *remedy;
	char shown[ERR_FIX_MAX];

	TEXT(j, "class", &class);
	TEXT(j, "error", &error);
	TEXT(j, "fix", &remedy);
	for (size_t i = 0; i < COUNT(classes); i++) {
		if (strcmp(classes[i].name, class) != 0)
			continue;
		*ret_heard = true;
		errno = 0; /* it is not ours that went wrong */
		heard_show(
		    *error != '\0' ? error : "failed", shown, sizeof(shown));
		(void)fail(e, classes[i].ec, "%s: %s", program, shown);
		heard_show(remedy, shown, sizeof(shown));
		return fix(e, "%s", shown);
	}
	return fail(e, EC_PROTO, "%s: unknown \"class\" in its reply", program);
}

static enum ec
parse_plan(
    const cJSON *j, const char *program, struct client_plan *ret, struct err *e)
{
	const char *change, *after, *warning;

	TEXT(j, "change", &change);
	TEXT(j, "after", &after);
	TEXT(j, "warning", &warning);
	if (*change == '\0')
		return fail(
		    e, EC_PROTO, "%s: its plan has no \"change\"", program);
	heard_show(change, ret->change, sizeof(ret->change));
	heard_show(after, ret->after, sizeof(ret->after));
	heard_show(warning, ret->warning, sizeof(ret->warning));
	return EC_OK;
}

static enum ec
parse_pair(
    const cJSON *j, const char *program, struct smtp_cred *ret, struct err *e)
{
	const char *user, *pass;

	TEXT(j, "username", &user);
	TEXT(j, "password", &pass);
	if (strlen(user) >= sizeof(ret->user) || strlen(pass) > SECRET_MAX)
		return fail(e, EC_CONFLICT,
		    "%s: reads no SMTP credential: %zu and %zu bytes", program,
		    strlen(user), strlen(pass));
	if (*pass != '\0')
		TRY(secret_new(pass, strlen(pass), &ret->pass, e));
	(void)snprintf(ret->user, sizeof(ret->user), "%s", user);
	return EC_OK;
}

static enum ec
parse_answer(const cJSON *j, const char *program, enum exec_action action,
    struct exec_reply *ret, bool *ret_heard, struct err *e)
{
	const cJSON *ok = cJSON_GetObjectItemCaseSensitive(j, "ok");

	if (!cJSON_IsObject(j) || !cJSON_IsBool(ok))
		return fail(e, EC_PROTO,
		    "%s: its reply has no \"ok\" of true or false", program);
	if (!cJSON_IsTrue(ok))
		return parse_refusal(j, program, ret_heard, e);
	if (action == EXEC_PLAN)
		TRY(parse_plan(j, program, &ret->plan, e));
	if (action == EXEC_READ)
		TRY(parse_pair(j, program, &ret->cred, e));
	*ret_heard = true;
	return EC_OK;
}

enum ec
exec_reply_parse(const struct buf *text, const char *program,
    enum exec_action action, struct exec_reply *ret, bool *ret_heard,
    struct err *e)
{
	AUTO(exec_reply) struct exec_reply r = { .cred = { .user = "" } };
	AUTO(json) cJSON *j = NULL;

	*ret_heard = false;
	j = json_parse(text);
	if (j == NULL)
		return fail(e, EC_PROTO, "%s: its reply is not JSON", program);
	TRY(parse_answer(j, program, action, &r, ret_heard, e));
	*ret = r;
	r.cred.pass = NULL;
	return EC_OK;
}
