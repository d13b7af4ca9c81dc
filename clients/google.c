/* google: see google.h. */
#include "clients/google.h"

#include <errno.h>
#include <string.h>

#include "base/auto.h"
#include "clients/heard.h"
#include "clients/key_file.h"
#include "clients/reach.h"
#include "clients/rest.h"

#define KEY_FILE_MAX ((size_t)32 * 1024)
#define FORM_MAX     ((size_t)16 * 1024)
#define LIFE         3600 /* s; the longest that Google takes */

void
auto_google_account(struct google_account *a)
{
	cJSON_Delete(a->json);
	EVP_PKEY_free(a->key);
}

static enum ec
take_key(cJSON *j, const char *path, EVP_PKEY **ret, struct err *e)
{
	AUTO(secret) struct secret *pem = NULL;
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(j, "private_key");

	if (!cJSON_IsString(item) || item->valuestring[0] == '\0')
		return fail(e, EC_CONFIG, "%s: has no private_key", path);
	TRY(secret_take(item->valuestring, strlen(item->valuestring), &pem, e));
	return jwt_key_parse(pem, path, ret, e);
}

enum ec
google_account_load(const char *path, struct google_account *ret, struct err *e)
{
	AUTO(buf) struct buf text = BUF(KEY_FILE_MAX);
	const char *type;

	TRY(key_file_read(path, 0, &text, e));
	ret->json = json_parse(&text);
	type = json_text(ret->json, "type");
	ret->email = json_text(ret->json, "client_email");
	ret->key_id = json_text(ret->json, "private_key_id");
	ret->client_id = json_text(ret->json, "client_id");
	ret->token_uri = json_text(ret->json, "token_uri");
	if (type == NULL || strcmp(type, "service_account") != 0 ||
	    ret->email == NULL || ret->token_uri == NULL) {
		if (fail_lib(e, EC_CONFIG,
			"%s: not the key of a service account",
			path) == EC_NOMEM)
			return e->ec;
		return fix(e,
		    "console.cloud.google.com, IAM, Service Accounts, Keys, "
		    "Add key, JSON");
	}
	return take_key(ret->json, path, &ret->key, e);
}

static enum ec
assert_user(const struct client *c, const struct google_account *a,
    const char *user, const char *scopes, struct secret **ret, struct err *e)
{
	const int64_t now = reach_wall(c) / 1000;
	AUTO(json) cJSON *j = cJSON_CreateObject();

	if (cJSON_AddStringToObject(j, "iss", a->email) == NULL ||
	    cJSON_AddStringToObject(j, "sub", user) == NULL ||
	    cJSON_AddStringToObject(j, "scope", scopes) == NULL ||
	    cJSON_AddStringToObject(j, "aud", a->token_uri) == NULL ||
	    cJSON_AddNumberToObject(j, "iat", (double)now) == NULL ||
	    cJSON_AddNumberToObject(j, "exp", (double)(now + LIFE)) == NULL)
		return fail(e, EC_NOMEM, "no memory for an assertion");
	return jwt_sign(j, a->key_id, a->key, ret, e);
}

/* What Google calls it, with a word of its description where that tells two
 * causes apart. */
static const struct refusal {
	const char *error, *word;
	enum ec ec;
	const char *fix;
} refusals[] = {
	{ "unauthorized_client", "", EC_DENIED, NULL },
	{ "access_denied", "", EC_DENIED, NULL },
	{ "invalid_scope", "", EC_DENIED, NULL },
	{ "invalid_grant", "short-lived", EC_CONFIG,
	    "check this host's clock (timedatectl)" },
	{ "invalid_grant", "reasonable timeframe", EC_CONFIG,
	    "check this host's clock (timedatectl)" },
	{ "invalid_grant", "ignature", EC_CONFIG,
	    "the key of the service account was deleted or is another's: "
	    "make a new one, replace the key file" },
	{ "invalid_grant", "email or User", EC_GONE,
	    "option user: must be a mailbox of the Workspace domain" },
	{ "invalid_grant", "ccount not found", EC_GONE,
	    "the service account was deleted: make one, and delegate to it" },
	{ "admin_policy_enforced", "", EC_DENIED,
	    "a policy of the domain's administrator forbids it" },
};

static const struct refusal *
find(const char *error, const char *said)
{
	static const struct refusal other = { "", "", EC_DENIED,
		"see the words of Google" };

	for (size_t i = 0; i < COUNT(refusals); i++)
		if (strcmp(refusals[i].error, error) == 0 &&
		    strstr(said, refusals[i].word) != NULL)
			return &refusals[i];
	return &other;
}

/* https://support.google.com/a/answer/162106 */
static enum ec
delegate(const struct google_account *a, const char *scopes, struct err *e)
{
	return fix(e,
	    "as administrator: admin.google.com, Security, Access and data "
	    "control, API controls, Manage domain-wide delegation, Add new: "
	    "client ID %.40s, scopes %.150s",
	    a->client_id != NULL ? a->client_id : "of the service account",
	    scopes);
}

static enum ec
refused(const struct google_account *a, const char *user, const char *scopes,
    const struct rest_reply *r, struct err *e)
{
	const char *error = json_text(r->json, "error");
	const char *said = json_text(r->json, "error_description");
	const struct refusal *why;
	char name[40];

	error = error != NULL ? error : "";
	said = said != NULL ? said : "";
	why = find(error, said);
	heard_show(error, name, sizeof(name));
	errno = 0; /* it is not ours that went wrong */
	(void)fail(e, why->ec, "Google: %.80s as %.80s: status %d: %s: %.160s",
	    a->email, user, r->status, name, r->said);
	return why->fix != NULL ? fix(e, "%s", why->fix)
				: delegate(a, scopes, e);
}

/* Statuses of RFC 6749, 5.2; the error in the body says more. */
static const struct rest_status statuses[] = {
	{ 400, EC_OK, NULL },
	{ 401, EC_OK, NULL },
	{ 403, EC_OK, NULL },
	{ 0, EC_OK, NULL },
};

static enum ec
form(const struct secret *assertion, struct buf *ret, struct err *e)
{
	TRY(buf_adds(ret,
	    "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3A"
	    "jwt-bearer&assertion=",
	    e));
	return buf_adds(ret, secret_reveal(assertion), e);
}

enum ec
google_token(const struct client *c, const struct google_account *a,
    const char *ca_file, const char *user, const char *scopes,
    struct secret **ret, struct err *e)
{
	AUTO(secret) struct secret *assertion = NULL;
	AUTO(buf) struct buf body = BUF(FORM_MAX);
	AUTO(rest_reply) struct rest_reply r = { .json = NULL };
	const struct rest_call q = {
		.service = "Google",
		.object = a->token_uri,
		.method = "POST",
		.url = a->token_uri,
		.content_type = "application/x-www-form-urlencoded",
		.body = &body,
		.statuses = statuses,
		.ca_file = ca_file,
		.reads = true,
	};
	const char *token;

	TRY(assert_user(c, a, user, scopes, &assertion, e));
	TRY(form(assertion, &body, e));
	TRY(rest_do(c, &q, &r, e));
	if (r.status >= 400)
		return refused(a, user, scopes, &r, e);
	token = json_text(r.json, "access_token");
	/* It becomes a header. */
	if (token == NULL || !token_valid(token, strlen(token)))
		return fail(e, EC_PROTO, "Google: no access_token came");
	return secret_new(token, strlen(token), ret, e);
}
