/* gmail: see gmail.h. */
#include "clients/gmail.h"

#include <errno.h>
#include <string.h>

#include "base/auto.h"
#include "clients/google.h"
#include "clients/heard.h"
#include "clients/rest.h"

#define SERVICE  "Gmail"
#define URL_MAX_ ((size_t)2048)
#define BODY_MAX ((size_t)8192)

/*
 * sendAs.get and .patch both take settings.basic (discovery document of the
 * Gmail API, v1). The one scope that could look and not change settings is
 * gmail.readonly, which reads all mail: a far greater power to delegate for a
 * look than the settings are. Asking for a token is itself the look at
 * whether the domain delegated it.
 */
#define BASIC   "https://www.googleapis.com/auth/gmail.settings.basic"
#define SHARING " https://www.googleapis.com/auth/gmail.settings.sharing"

void
auto_gmail_alias(struct gmail_alias *a)
{
	cJSON_Delete(a->json);
}

enum ec
gmail_login(const struct client *c, const struct gmail *g, bool writes,
    struct secret **ret, struct err *e)
{
	AUTO(google_account) struct google_account a = { .json = NULL };

	TRY(google_account_load(g->key_file, &a, e));
	return google_token(c, &a, g->ca_file, g->user,
	    writes && g->sharing ? BASIC SHARING : BASIC, ret, e);
}

static enum ec
url_of(const struct gmail *g, struct buf *ret, struct err *e)
{
	TRY(rest_base(g->api, ret, e));
	TRY(buf_adds(ret, "/gmail/v1/users/", e));
	TRY(rest_escape(g->user, "", ret, e));
	TRY(buf_adds(ret, "/settings/sendAs/", e));
	return rest_escape(g->alias, "", ret, e);
}

/* Both reasons come with 403:
 * https://developers.google.com/gmail/api/guides/handle-errors */
static enum ec
refused(const struct gmail *g, const struct rest_reply *r, struct err *e)
{
	const cJSON *error = cJSON_GetObjectItemCaseSensitive(r->json, "error");
	const cJSON *list = cJSON_GetObjectItemCaseSensitive(error, "errors");
	const char *why = json_text(cJSON_GetArrayItem(list, 0), "reason");
	char shown[200];
	enum ec ec = EC_DENIED;

	why = why != NULL ? why : "";
	if (strstr(why, "LimitExceeded") != NULL) /* rate, userRate, daily */
		ec = EC_TEMP;
	heard_show(r->said[0] != '\0' ? r->said : why, shown, sizeof(shown));
	errno = 0; /* it is not ours that went wrong */
	(void)fail(e, ec, SERVICE ": alias %.80s of %.80s: status 403: %s",
	    g->alias, g->user, shown);
	if (ec == EC_TEMP)
		return fix(e, "the next run tries again");
	if (strcmp(why, "accessNotConfigured") == 0)
		return fix(e,
		    "enable the Gmail API in the project of the service "
		    "account: console.cloud.google.com, APIs and services");
	return fix(e,
	    "the domain must delegate gmail.settings.basic to the service "
	    "account, and with sharing: true gmail.settings.sharing too");
}

static const struct rest_status statuses[] = {
	{ 400, EC_CLIENT, "Gmail does not take these settings; see its words" },
	{ 403, EC_OK, NULL },
	{ 404, EC_GONE,
	    "add the address once by hand: Gmail, Settings, Accounts, Send "
	    "mail as, with the SMTP server" },
	{ 0, EC_OK, NULL },
};

static const char *
or_empty(const char *s)
{
	return s != NULL ? s : "";
}

/* Takes r's JSON over. */
static enum ec
understand(struct rest_reply *r, struct gmail_alias *ret, struct err *e)
{
	const cJSON *msa = cJSON_GetObjectItemCaseSensitive(r->json, "smtpMsa");
	const cJSON *port = cJSON_GetObjectItemCaseSensitive(msa, "port");

	if (json_text(r->json, "sendAsEmail") == NULL)
		return fail(e, EC_PROTO, SERVICE ": reply is about no alias");
	*ret = (struct gmail_alias){
		.json = r->json,
		.primary = cJSON_IsTrue(
		    cJSON_GetObjectItemCaseSensitive(r->json, "isPrimary")),
		.smtp = json_text(msa, "host") != NULL,
		.status = or_empty(json_text(r->json, "verificationStatus")),
		.host = or_empty(json_text(msa, "host")),
		.username = or_empty(json_text(msa, "username")),
		.security = or_empty(json_text(msa, "securityMode")),
		.port = cJSON_IsNumber(port) && port->valueint > 0
		    ? (unsigned)port->valueint
		    : 0,
	};
	r->json = NULL;
	return EC_OK;
}

static enum ec
call(const struct client *c, const struct gmail *g, const struct secret *token,
    const struct buf *body, struct gmail_alias *ret, struct err *e)
{
	AUTO(rest_reply) struct rest_reply r = { .json = NULL };
	AUTO(buf) struct buf url = BUF(URL_MAX_);
	AUTO(buf) struct buf object = BUF(URL_MAX_);
	struct rest_call q = {
		.service = SERVICE,
		.method = body != NULL ? "PATCH" : "GET",
		.auth = "Authorization: Bearer ",
		.token = token,
		.body = body,
		.statuses = statuses,
		.ca_file = g->ca_file,
		.reads = body == NULL,
	};

	TRY(url_of(g, &url, e));
	TRY(buf_addf(&object, e, "alias %.80s of %.80s", g->alias, g->user));
	q.url = buf_str(&url);
	q.object = buf_str(&object);
	TRY(rest_do(c, &q, &r, e));
	if (r.status == 403)
		return refused(g, &r, e);
	return understand(&r, ret, e);
}

enum ec
gmail_get(const struct client *c, const struct gmail *g,
    const struct secret *token, struct gmail_alias *ret, struct err *e)
{
	return call(c, g, token, NULL, ret, e);
}

const char *
gmail_security(enum smtp_tls tls)
{
	return tls == SMTP_IMPLICIT ? "ssl" : "starttls";
}

enum ec
gmail_patch(const struct client *c, const struct gmail *g,
    const struct secret *token, const struct smtp_cred *cred,
    struct gmail_alias *ret, struct err *e)
{
	AUTO(buf) struct buf body = BUF(BODY_MAX);
	AUTO(json) cJSON *j = cJSON_CreateObject();
	cJSON *msa = cJSON_AddObjectToObject(j, "smtpMsa");

	if (cJSON_AddStringToObject(msa, "host", c->smtp.host) == NULL ||
	    cJSON_AddNumberToObject(msa, "port", c->smtp.port) == NULL ||
	    cJSON_AddStringToObject(msa, "username", cred->user) == NULL ||
	    !json_add_secret(msa, "password", cred->pass) ||
	    cJSON_AddStringToObject(
		msa, "securityMode", gmail_security(c->smtp.tls)) == NULL)
		return fail(e, EC_NOMEM, "no memory for a request");
	TRY(json_print(j, &body, e));
	return call(c, g, token, &body, ret, e);
}

/* Pending: Gmail will not use it before its owner has answered. */
enum ec
gmail_verified(
    const struct gmail *g, const struct gmail_alias *a, struct err *e)
{
	char shown[40];

	if (strcmp(a->status, "accepted") == 0)
		return EC_OK;
	heard_show(
	    a->status[0] != '\0' ? a->status : "none", shown, sizeof(shown));
	(void)fail(e, EC_HUMAN,
	    "Gmail: alias %.80s of %.80s: its verification is %s", g->alias,
	    g->user, shown);
	return fix(e,
	    "open the message \"Gmail Confirmation\" that came to %.80s and "
	    "follow its link, or enter its code in the mailbox %.80s: "
	    "Settings, Accounts, Send mail as, verify; the next run looks "
	    "again",
	    g->alias, g->user);
}
