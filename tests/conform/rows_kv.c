/* rows_kv: secret stores, against their stand-ins in tests/standin. */
#include <stdio.h>
#include <stdlib.h>

#include "base/auto.h"
#include "conform.h"
#include "server.h"
#include "tests/standin/standin.h"
#include "trouble.h"

/* The one that the last setup() met. */
static struct standin now;

/* The stand-in, as it is after a reset, and its authority in DIR/ca.pem. */
static bool
meet(struct place *p, const char *program, struct standin *ret)
{
	const char *const argv[] = { "python3", program, NULL };
	char path[PATH_MAX];
	char *pem;

	server_reach(p);
	*ret = (struct standin){ .control = server_port(p, argv) };
	if (ret->control == 0 ||
	    p->c.reach->net(p->c.reach->ctx, &ret->net, &p->e) != EC_OK)
		return false;
	standin_post(ret, "/reset", "{}");
	standin_meet(ret);
	pem = standin_text(ret, "/env", "ca");
	place_put(place_path(p, "ca.pem", path), pem);
	free(pem);
	now = *ret;
	return true;
}

static bool
setup_vault(struct place *p)
{
	struct standin s;
	char text[512];
	char path[PATH_MAX];

	if (!meet(p, "tests/standin/vault.py", &s))
		return false;
	(void)snprintf(text, sizeof(text), "https://localhost:%u", s.port);
	place_set(p, "address", text, NULL);
	place_set(p, "ca_file", place_path(p, "ca.pem", path), NULL);
	place_put(place_path(p, "token", path), "good\n");
	place_set(p, "token_file", path, NULL);
	place_set(p, "path", "mail/news", NULL);
	(void)snprintf(text, sizeof(text),
	    "{\"put\":[\"\",\"secret\",\"mail/news\",{\"username\":\"%s\","
	    "\"password\":\"%s\",\"k\":1}]}",
	    pair_old.user, pair_old.pass);
	standin_post(&s, "/set", text);
	return true;
}

static bool
setup_kubernetes(struct place *p)
{
	struct standin s;
	char text[1024];
	char path[PATH_MAX];

	if (!meet(p, "tests/standin/kube.py", &s))
		return false;
	(void)snprintf(text, sizeof(text),
	    "current-context: c\n"
	    "clusters: [{name: c, cluster: {server: 'https://localhost:%u', "
	    "certificate-authority: ca.pem}}]\n"
	    "contexts: [{name: c, context: {cluster: c, user: u, namespace: "
	    "prod}}]\n"
	    "users: [{name: u, user: {token: mailtok}}]\n",
	    s.port);
	place_put(place_path(p, "config", path), text);
	place_set(p, "kubeconfig", path, NULL);
	place_set(p, "secret", "mail", NULL);
	place_set(p, "force", "true", NULL);
	place_set(p, "rollout", "deployment/web", NULL);
	(void)snprintf(text, sizeof(text),
	    "{\"secret\":[\"mail\",{\"username\":\"%s\",\"password\":\"%s\"},"
	    "\"kubectl\",{}]}",
	    pair_old.user, pair_old.pass);
	standin_post(&s, "/set", text);
	return true;
}

static bool
fault(struct place *p, const char *json)
{
	(void)p;
	standin_post(&now, "/fault", json);
	return true;
}

static bool
set(struct place *p, const char *json)
{
	(void)p;
	standin_post(&now, "/set", json);
	return true;
}

static bool
vault_token(struct place *p, const char *token)
{
	char path[PATH_MAX];

	place_put(place_path(p, "token", path), token);
	return true;
}

#define ANY(do)   "{\"match\":\".\",\"times\":99," do "}"
#define PUT(do)   "{\"match\":\"(POST|PUT) /v1/secret/data\",\"times\":9," do "}"
#define HANG      "\"do\":\"hang\""
#define LOSE      "\"do\":\"lose\""
#define SAY(code) "\"do\":\"reply\",\"status\":" #code ",\"body\":\"{}\""
#define AT        "Vault: secret/data/mail/news"

static const struct trouble vault_troubles[] = {
	{ "hangs: Vault", fault, ANY(HANG), { EC_TEMP, EC_TEMP, EC_TEMP }, AT,
	    HANGS },
	{ "hangs: a put", fault, PUT(HANG), { EC_OK, EC_OK, EC_UNKNOWN }, AT,
	    HANGS },
	{ "lost: the reply to a put", fault, PUT(LOSE),
	    { EC_OK, EC_OK, EC_UNKNOWN }, AT, HANGS_NOT },
	{ "denied: a token that is none", vault_token, "stale\n",
	    { EC_DENIED, EC_DENIED, EC_DENIED }, AT, HANGS_NOT },
	{ "denied: a token without policy", vault_token, "none\n",
	    { EC_DENIED, EC_DENIED, EC_DENIED }, AT, HANGS_NOT },
	{ "denied: a token that only reads", vault_token, "ro\n",
	    { EC_DENIED, EC_OK, EC_DENIED }, AT, HANGS_NOT },
	{ "missing: the secret", trouble_option, "path=mail/none",
	    { EC_GONE, EC_GONE, EC_GONE }, "Vault: secret/mail/none",
	    HANGS_NOT },
	{ "missing: deleted", set,
	    "{\"delete\":[\"\",\"secret\",\"mail/news\"]}",
	    { EC_GONE, EC_GONE, EC_GONE }, "Vault: secret/mail/news|deleted",
	    HANGS_NOT },
	{ "sealed", set, "{\"sealed\":true}", { EC_TEMP, EC_TEMP, EC_TEMP },
	    AT "|sealed", HANGS_NOT },
	{ "standby", set, "{\"standby\":true}",
	    { EC_CONFIG, EC_CONFIG, EC_CONFIG }, AT, HANGS_NOT },
	{ "full: too many requests", fault, ANY(SAY(429)),
	    { EC_TEMP, EC_TEMP, EC_TEMP }, AT, HANGS_NOT },
	{ "full: the value is too large", fault, PUT(SAY(413)),
	    { EC_OK, EC_OK, EC_CLIENT }, AT, HANGS_NOT },
	{ "full: no storage is left", fault, PUT(SAY(507)),
	    { EC_OK, EC_OK, EC_UNKNOWN }, AT, HANGS_NOT },
	{ "wrong type: a value that is no text", set,
	    "{\"put\":[\"\",\"secret\",\"mail/news\",{\"username\":[1],"
	    "\"password\":\"x\"}]}",
	    { EC_CONFLICT, EC_CONFLICT, EC_CONFLICT }, "username", HANGS_NOT },
	{ "wrong type: KV version 1", trouble_option, "mount=old",
	    { EC_CONFIG, EC_CONFIG, EC_CONFIG }, "Vault: old", HANGS_NOT },
	{ .name = NULL },
};

#define LONG64                                                                 \
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define LONG LONG64 LONG64 LONG64
#define KAT  "Kubernetes: secret prod/mail"
#define PATCH(do)                                                              \
	"{\"match\":\"PATCH /api/v1/namespaces/prod/secrets\",\"times\":9," do "}"

static const struct trouble kubernetes_troubles[] = {
	{ "hangs: the API server", fault, ANY(HANG),
	    { EC_TEMP, EC_TEMP, EC_TEMP, EC_TEMP }, "Kubernetes", HANGS },
	{ "hangs: a patch", fault, PATCH(HANG), { EC_OK, EC_OK, EC_UNKNOWN },
	    KAT, HANGS },
	{ "lost: the reply to a patch", fault, PATCH(LOSE),
	    { EC_OK, EC_OK, EC_UNKNOWN }, KAT, HANGS_NOT },
	{ "denied: may only read", set, "{\"token\":[\"mailtok\",\"reader\"]}",
	    { EC_DENIED, EC_OK, EC_DENIED, EC_DENIED }, "Kubernetes",
	    HANGS_NOT },
	{ "denied: may nothing", set, "{\"token\":[\"mailtok\",\"nobody\"]}",
	    { EC_DENIED, EC_DENIED, EC_DENIED, EC_DENIED }, "Kubernetes",
	    HANGS_NOT },
	{ "denied: the token is refused", fault, ANY(SAY(401)),
	    { EC_DENIED, EC_DENIED, EC_DENIED, EC_DENIED }, "Kubernetes",
	    HANGS_NOT },
	{ "missing: the secret", set, "{\"drop\":\"mail\"}",
	    { EC_GONE, EC_GONE, EC_GONE, EC_GONE }, "prod/mail", HANGS_NOT },
	{ "locked: an immutable secret", set,
	    "{\"secret\":[\"mail\",{\"username\":\"AKIAI44QH8DHBEXAMPLE\","
	    "\"password\":\"BNew0123456789/+/+/+zyxwvutsrqponmlkjihgfedc\"},"
	    "\"kubectl\",{\"immutable\":true}]}",
	    { EC_CONFIG, EC_OK, EC_CONFIG },
	    "Kubernetes: secret|mail|immutable", HANGS_NOT },
	{ "wrong type: a value that is no credential", set,
	    "{\"secret\":[\"mail\",{\"username\":\"" LONG
	    "\",\"password\":\"b\"},"
	    "\"kubectl\",{}]}",
	    { EC_CONFLICT, EC_CONFLICT, EC_CONFLICT, EC_CONFLICT },
	    "Kubernetes: secret mail|no SMTP credential", HANGS_NOT },
	{ "full: too many requests", fault, ANY(SAY(429)),
	    { EC_TEMP, EC_TEMP, EC_TEMP, EC_TEMP }, "Kubernetes", HANGS_NOT },
	{ "full: a quota", fault, PATCH(SAY(403)), { EC_OK, EC_OK, EC_DENIED },
	    KAT, HANGS_NOT },
	{ "full: the secret is too large", fault, PATCH(SAY(413)),
	    { EC_OK, EC_OK, EC_CLIENT }, KAT, HANGS_NOT },
	{ "full: no storage is left", fault, PATCH(SAY(507)),
	    { EC_OK, EC_OK, EC_UNKNOWN }, KAT, HANGS_NOT },
	{ .name = NULL },
};

extern const struct row rows_kv[];
const struct row rows_kv[] = {
	{ .name = "vault",
	    .driver = "vault",
	    .setup = setup_vault,
	    .troubles = vault_troubles },
	{ .name = "kubernetes",
	    .driver = "kubernetes",
	    .setup = setup_kubernetes,
	    .troubles = kubernetes_troubles },
	{ .name = NULL },
};
