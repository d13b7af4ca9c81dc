/* rows_kv: secret stores, against their stand-ins in tests/standin. */
#include <stdio.h>
#include <stdlib.h>

#include "base/auto.h"
#include "conform.h"
#include "server.h"
#include "tests/standin/standin.h"

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

extern const struct row rows_kv[];
const struct row rows_kv[] = {
	{ .name = "vault", .driver = "vault", .setup = setup_vault },
	{ .name = "kubernetes",
	    .driver = "kubernetes",
	    .setup = setup_kubernetes },
	{ .name = NULL },
};
