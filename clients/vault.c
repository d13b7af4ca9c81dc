/* vault: see vault.h. */
#include "clients/vault.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "clients/key_file.h"

#define URL_MAX    ((size_t)4096)
#define BODY_MAX   ((size_t)2 * 1024 * 1024)
#define HEADER_MAX ((size_t)512)
#define NAME_MAX_  255 /* of a namespace, of a mount */
#define SHORT_MS   5000

const char *const vault_auths[] = {
	[VAULT_TOKEN] = "token",
	[VAULT_APPROLE] = "approle",
	[VAULT_KUBERNETES] = "kubernetes",
	NULL,
};

/* https://developer.hashicorp.com/vault/api-docs#http-status-codes */
static const struct rest_status statuses[] = {
	{ 307, EC_CONFIG,
	    "this node is a standby and points elsewhere; a token does not "
	    "follow a redirect: set address to the active node's or the "
	    "cluster's (vault status: Active Node Address)" },
	{ 308, EC_CONFIG, "set address to where this one points" },
	{ 405, EC_CONFIG, "is this the address of a Vault server?" },
	{ 412, EC_TEMP, NULL },
	{ 472, EC_TEMP, "set address to a cluster that serves reads" },
	{ 473, EC_TEMP, "set address to the active node or the cluster" },
	{ 501, EC_CONFIG, "it was never initialised: vault operator init" },
	{ 503, EC_TEMP,
	    "if it is sealed: vault operator unseal (bao operator unseal); "
	    "else wait for an active node" },
	{ 0, EC_OK, NULL },
};

static enum ec
check_address(const char *address, struct err *e)
{
	if ((strncmp(address, "https://", 8) == 0 ||
		strncmp(address, "http://", 7) == 0) &&
	    strpbrk(address, "@?# ") == NULL)
		return EC_OK;
	return fail(e, EC_CONFIG,
	    "address: must be such as https://vault.example.com:8200, "
	    "without a user or a query");
}

enum ec
vault_path_check(const char *option, const char *path, struct err *e)
{
	for (const char *p = path;; p++) {
		const size_t n = strcspn(p, "/");

		if (n == 0 || (n == 1 && *p == '.') ||
		    (n == 2 && p[0] == '.' && p[1] == '.'))
			return fail(e, EC_CONFIG,
			    "%s: must be such as mail/news, without \".\", "
			    "\"..\" and slashes too many",
			    option);
		p += n;
		if (*p == '\0')
			return EC_OK;
	}
}

/* What belongs to a method; the first `need` of them must be given. */
struct wants {
	const char *name;
	enum vault_auth auth;
	bool needed;
	const char *value;
};

static enum ec
check_auth(const struct vault_conf *v, const struct wants *w, struct err *e)
{
	const char *auth = vault_auths[v->auth];

	if (w->auth == v->auth && w->needed && w->value == NULL)
		return fail(
		    e, EC_CONFIG, "%s: auth %s needs it", w->name, auth);
	if (w->auth != v->auth && w->value != NULL)
		return fail(e, EC_CONFIG, "%s: is of auth %s, and auth is %s",
		    w->name, vault_auths[w->auth], auth);
	return EC_OK;
}

/* It goes into a header, as it is. */
static enum ec
check_namespace(const char *name, struct err *e)
{
	size_t n = 0;

	while (name != NULL && name[n] > ' ' && name[n] <= '~')
		n++;
	if (name == NULL || (name[n] == '\0' && n > 0 && n <= NAME_MAX_))
		return EC_OK;
	return fail(e, EC_CONFIG,
	    "namespace: must be 1 to %d printable characters without blanks",
	    NAME_MAX_);
}

static enum ec
check_mount(const struct vault_conf *v, struct err *e)
{
	if (v->auth_mount == NULL)
		return EC_OK;
	if (v->auth == VAULT_TOKEN)
		return fail(
		    e, EC_CONFIG, "auth_mount: auth token has no mount");
	if (strlen(v->auth_mount) > NAME_MAX_)
		return fail(e, EC_CONFIG,
		    "auth_mount: has more than %d characters", NAME_MAX_);
	return vault_path_check("auth_mount", v->auth_mount, e);
}

enum ec
vault_check(const struct vault_conf *v, struct err *e)
{
	const struct wants list[] = {
		{ "token_file", VAULT_TOKEN, true, v->token_file },
		{ "role_id", VAULT_APPROLE, true, v->role_id },
		{ "secret_id_file", VAULT_APPROLE, false, v->secret_id_file },
		{ "role", VAULT_KUBERNETES, true, v->role },
		{ "jwt_file", VAULT_KUBERNETES, false, v->jwt_file },
	};

	TRY(check_address(v->address, e));
	for (size_t i = 0; i < COUNT(list); i++)
		TRY(check_auth(v, &list[i], e));
	TRY(check_namespace(v->namespace, e));
	return check_mount(v, e);
}

enum ec
vault_open(struct vault *v, const struct client *c,
    const struct vault_conf *conf, struct err *e)
{
	*v = (struct vault){ .c = c, .conf = conf };
	if (conf->auth == VAULT_TOKEN)
		return key_file_word(
		    conf->token_file, KEY_FILE_GROUP, &v->token, e);
	return vault_login(v, e);
}

/* Tokens that nobody gives back pile up as leases until they expire. A batch
 * token cannot be given back; that refusal, as any other, changes nothing. */
void
vault_close(struct vault *v)
{
	AUTO(rest_reply) struct rest_reply r = { .json = NULL };
	const struct vault_call q = { .method = "POST",
		.path = "auth/token/revoke-self",
		.reads = true };
	struct err e;

	if (v->ours)
		(void)!vault_call(v, &q, &r, &e);
	secret_free(v->token);
	v->token = NULL;
	v->ours = false;
}

void
auto_vault(struct vault *v)
{
	vault_close(v);
}

static enum ec
compose(const struct vault *v, const struct vault_call *q, struct buf *ret,
    struct err *e)
{
	TRY(rest_base(v->conf->address, ret, e));
	TRY(buf_adds(ret, "/v1/", e));
	return rest_escape(q->path, "/", ret, e);
}

/* A table has no place for the path. */
static enum ec
explain(const struct vault_call *q, int status, struct err *e)
{
	if (status == 403 && e->fix[0] == '\0')
		return fix(e,
		    "the token is expired, or its policies do not allow %s; "
		    "a mount or namespace that is not there looks the same",
		    q->path);
	return e->ec;
}

enum ec
vault_call(const struct vault *v, const struct vault_call *q,
    struct rest_reply *ret, struct err *e)
{
	AUTO(buf) struct buf url = BUF(URL_MAX);
	AUTO(buf) struct buf body = BUF(BODY_MAX);
	AUTO(buf) struct buf namespace = BUF(HEADER_MAX);
	const char *headers[] = { "X-Vault-Request: true", NULL, NULL };
	struct rest_call h = {
		.service = "Vault",
		.object = q->path,
		.method = q->method,
		.headers = headers,
		.auth = "X-Vault-Token: ",
		.token = q->bare ? NULL : v->token,
		.statuses = q->statuses,
		.service_statuses = statuses,
		.ca_file = v->conf->ca_file,
		.reads = q->reads,
		.body_max = BODY_MAX,
	};
	enum ec ec;

	if (v->conf->namespace != NULL) {
		TRY(buf_addf(&namespace, e, "X-Vault-Namespace: %s",
		    v->conf->namespace));
		headers[1] = buf_str(&namespace);
	}
	TRY(compose(v, q, &url, e));
	h.url = buf_str(&url);
	if (q->body != NULL) {
		TRY(json_print(q->body, &body, e));
		h.body = &body;
	}
	ec = rest_do(v->c, &h, ret, e);
	return ec == EC_OK ? EC_OK : explain(q, ret->status, e);
}
