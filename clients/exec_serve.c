/* exec_serve: see exec_serve.h. */
#include "clients/exec_serve.h"

#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "clients/remote_conf.h"

#define NAME_MAX_LEN 63
#define PORT_MAX     65535

void
exec_ask_free(struct exec_ask *a)
{
	remote_conf_free(&a->client);
	smtp_cred_free(&a->cred);
	cJSON_Delete(a->json);
	memset(a, 0, sizeof(*a));
}

void
auto_exec_ask(struct exec_ask *a)
{
	exec_ask_free(a);
}

/* What stands there is not shown: it may be anything. */
static enum ec
wrong(const char *key, struct err *e)
{
	return fail(e, EC_PROTO, "request: \"%s\" is missing or wrong", key);
}

static const cJSON *
member(const cJSON *j, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(j, key);
}

/* As in the configuration: ^[a-z0-9][a-z0-9._-]{0,62}$ */
static bool
is_name(const char *s)
{
	static const char all[] = "abcdefghijklmnopqrstuvwxyz0123456789._-";
	const size_t n = strlen(s);

	return n > 0 && n <= NAME_MAX_LEN && strspn(s, all) == n &&
	    strchr("._-", s[0]) == NULL;
}

static bool
is_host(const char *s)
{
	static const char all[] = "abcdefghijklmnopqrstuvwxyz"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.:-_";
	const size_t n = strlen(s);

	return n > 0 && n < sizeof(((struct smtp_peer *)NULL)->host) &&
	    strspn(s, all) == n;
}

static enum ec
take_action(const cJSON *j, enum exec_action *ret, struct err *e)
{
	const char *text = json_text(j, "action");

	for (unsigned i = 0; text != NULL && i < EXEC_ACTIONS; i++)
		if (strcmp(text, exec_actions[i]) == 0) {
			*ret = (enum exec_action)i;
			return EC_OK;
		}
	return wrong("action", e);
}

static enum ec
take_names(const cJSON *j, struct client *c, struct err *e)
{
	c->name = json_text(j, "client");
	c->identity = json_text(j, "identity");
	c->region = json_text(j, "region");
	if (c->name == NULL || !is_name(c->name))
		return wrong("client", e);
	if (c->identity == NULL || !is_name(c->identity))
		return wrong("identity", e);
	if (c->region == NULL || strlen(c->region) >= REGION_MAX ||
	    !region_valid(c->region))
		return wrong("region", e);
	return EC_OK;
}

static enum ec
take_peer(const cJSON *j, struct smtp_peer *ret, struct err *e)
{
	const cJSON *port = member(j, "port");
	const char *host = json_text(j, "host"), *tls = json_text(j, "tls");

	if (!cJSON_IsObject(j) || !remote_conf_once(j) || host == NULL ||
	    !is_host(host))
		return wrong("smtp", e);
	if (!cJSON_IsNumber(port) || port->valueint < 1 ||
	    port->valueint > PORT_MAX)
		return wrong("port", e);
	for (unsigned i = 0; tls != NULL && i < COUNT(exec_tls); i++)
		if (strcmp(tls, exec_tls[i]) == 0) {
			(void)snprintf(
			    ret->host, sizeof(ret->host), "%s", host);
			ret->port = (unsigned)port->valueint;
			ret->tls = (enum smtp_tls)i;
			return EC_OK;
		}
	return wrong("tls", e);
}

static enum ec
take_cred(const cJSON *j, struct smtp_cred *ret, struct err *e)
{
	const char *user = json_text(j, "username");
	const char *pass = json_text(j, "password");
	enum ec ec;

	if (!cJSON_IsObject(j) || !remote_conf_once(j) || user == NULL ||
	    pass == NULL || *pass == '\0')
		return wrong("credential", e);
	ec = smtp_cred_from(user, strlen(user), pass, strlen(pass), ret, e);
	return ec == EC_CONFLICT ? wrong("credential", e) : ec;
}

static enum ec
take(const cJSON *j, struct exec_ask *a, struct err *e)
{
	const cJSON *protocol = member(j, "protocol");
	const cJSON *cred = member(j, "credential");

	if (!cJSON_IsObject(j) || !remote_conf_once(j))
		return fail(e, EC_PROTO, "request: not one JSON object");
	if (!cJSON_IsNumber(protocol))
		return wrong("protocol", e);
	if (protocol->valueint != EXEC_PROTOCOL) {
		(void)fail(e, EC_CONFIG,
		    "request: protocol %d, but this rotate speaks %d",
		    protocol->valueint, EXEC_PROTOCOL);
		return fix(e, "run the same version on both hosts");
	}
	TRY(take_action(j, &a->action, e));
	TRY(take_names(j, &a->client, e));
	TRY(take_peer(member(j, "smtp"), &a->client.smtp, e));
	if (a->action == EXEC_WRITE)
		return take_cred(cred, &a->cred, e);
	return cred == NULL ? EC_OK : wrong("credential", e);
}

enum ec
exec_ask_parse(const struct buf *text, struct exec_ask *ret, struct err *e)
{
	enum ec ec;

	memset(ret, 0, sizeof(*ret));
	/* A NUL inside a text would end it early for us, not for others. */
	if (strstr(buf_str(text), "\\u0000") == NULL)
		ret->json = json_parse(text);
	if (ret->json == NULL)
		return fail_lib(e, EC_PROTO, "request: not one JSON object");
	ec = take(ret->json, ret, e);
	if (ec != EC_OK)
		exec_ask_free(ret);
	return ec;
}

enum ec
exec_ask_driver(struct exec_ask *a, struct err *e)
{
	return remote_conf_make(member(a->json, "driver"), &a->client, e);
}

/* ---- replies ----------------------------------------------------------- */

static bool
add(cJSON *j, const char *key, const char *text)
{
	return cJSON_AddStringToObject(j, key, text) != NULL;
}

static bool
build_error(cJSON *j, const struct err *why)
{
	const char *class = exec_class(why->ec);

	return cJSON_AddFalseToObject(j, "ok") != NULL &&
	    (*class == '\0' || add(j, "class", class)) &&
	    add(j, "error", why->what) &&
	    (why->fix[0] == '\0' || add(j, "fix", why->fix));
}

static bool
build_answer(cJSON *j, enum exec_action action, const struct exec_reply *r)
{
	if (cJSON_AddTrueToObject(j, "ok") == NULL)
		return false;
	if (action == EXEC_PLAN)
		return add(j, "change", r->plan.change) &&
		    add(j, "after", r->plan.after) &&
		    add(j, "warning", r->plan.warning);
	if (action != EXEC_READ)
		return true;
	return add(j, "username", r->cred.user) &&
	    (r->cred.pass == NULL ||
		json_add_secret(j, "password", r->cred.pass));
}

enum ec
exec_answer(enum exec_action action, const struct err *why,
    const struct exec_reply *reply, struct buf *ret, struct err *e)
{
	AUTO(json) cJSON *j = cJSON_CreateObject();
	const bool built = j != NULL &&
	    (why->ec != EC_OK ? build_error(j, why)
			      : build_answer(j, action, reply));

	TRY(json_print(built ? j : NULL, ret, e));
	return buf_adds(ret, "\n", e);
}
