/* The kubernetes driver against the stand-in tests/standin/kube.py. */
#include "standin_client.h"

extern const struct client_driver drv_kubernetes;

#define HELD                                                                   \
	"{\"username\":\"" USER1 "\",\"password\":\"" PASS1                    \
	"\",\"host\":\"mx\"}"
#define OURS "ses-smtp-rotator/Apply\":[\"password\",\"username\"]"

/* The Secret mail with the old pair, managed so; more is a JSON object. */
static void
seed(const char *data, const char *manager, const char *more)
{
	char text[2048];

	(void)snprintf(text, sizeof(text),
	    "{\"secret\":[\"mail\",%s,\"%s\",%s]}", data, manager, more);
	standin_post(&standin, "/set", text);
}

/* PEM as base64, as a kubeconfig holds it. */
static void
b64(const char *path, const char *field, char *ret, size_t n)
{
	char *pem = standin_text(&standin, path, field);
	const size_t len = strlen(pem);
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnop"
				    "qrstuvwxyz0123456789+/";
	size_t at = 0;

	for (size_t i = 0; i < len; i += 3) {
		unsigned v = 0;

		for (size_t j = 0; j < 3; j++)
			v = v << 8 |
			    (i + j < len ? (unsigned char)pem[i + j] : 0);
		assert_true(at + 5 < n);
		for (size_t j = 0; j < 4; j++)
			ret[at++] =
			    i + j > len ? '=' : plain[v >> (18 - 6 * j) & 63];
	}
	ret[at] = '\0';
	free(pem);
}

/* A kubeconfig with this cluster, by address, and this user. */
static void
config(struct fixture *fx, const char *cluster, const char *user)
{
	static char text[16384];

	(void)snprintf(text, sizeof(text),
	    "apiVersion: v1\nkind: Config\ncurrent-context: here\n"
	    "clusters:\n- {name: other, cluster: {server: 'https://x.test'}}\n"
	    "- name: c\n  cluster:\n    server: https://localhost:%u/\n%s"
	    "contexts:\n- {name: here, context: {cluster: c, user: u, "
	    "namespace: prod}}\n- {name: bare, context: {cluster: c, user: u}}\n"
	    "- {name: lost, context: {cluster: gone, user: u}}\n"
	    "- {name: half, context: {cluster: c}}\n"
	    "users:\n- name: u\n  user:\n%s",
	    standin.port, cluster, user);
	fixture_put(fx, "config", text);
	assert_int_equal(
	    fixture_set(fx, "kubeconfig", fixture_path(fx, "config"), NULL),
	    EC_OK);
}
#define CA_FILE "    certificate-authority: ca.pem\n"

static void
open_bare(struct fixture *fx)
{
	standin_post(&standin, "/reset", "{}");
	memset(standin_env, 0, sizeof(standin_env));
	fixture_open(fx, &drv_kubernetes);
	fx->c.reach = &standin_reach;
	standin_ca(fx);
	assert_int_equal(fixture_set(fx, "secret", "mail", NULL), EC_OK);
}

static void
open_as(struct fixture *fx, const char *token)
{
	char user[128];

	open_bare(fx);
	(void)snprintf(user, sizeof(user), "    token: %s\n", token);
	config(fx, CA_FILE, user);
	seed(HELD, "ses-smtp-rotator-before", "{}");
	assert_int_equal(drv_kubernetes.check(&fx->c, &fx->e), EC_OK);
}

/* As after our first write: the two keys are ours. */
static void
open_ours(struct fixture *fx)
{
	open_as(fx, "mailtok");
	assert_int_equal(fixture_set(fx, "force", "true", NULL), EC_OK);
	/* Applying the value that is there would only share it. */
	assert_int_equal(fixture_write(fx, USER2, PASS2), EC_OK);
	assert_int_equal(fixture_set(fx, "force", "false", NULL), EC_OK);
	assert_int_equal(fixture_write(fx, USER1, PASS1), EC_OK);
}

static enum ec
plan(struct fixture *fx, struct client_plan *p)
{
	*p = (struct client_plan){ .change = "" };
	return drv_kubernetes.plan(&fx->c, p, &fx->e);
}

static enum ec
reads(struct fixture *fx)
{
	AUTO(smtp_cred) struct smtp_cred cred = { .pass = NULL };

	return drv_kubernetes.read(&fx->c, &cred, &fx->e);
}

static void
told(const struct fixture *fx, enum ec got, enum ec ec, const char *what,
    const char *fix)
{
	if (got != ec || strstr(fx->e.what, what) == NULL ||
	    strstr(fx->e.fix, fix) == NULL)
		die("%s: %s (%s)", ec_name(got), fx->e.what, fx->e.fix);
	fixture_told(fx, what);
}

/* Every action ends so, and nothing is written. */
static void
refuses(struct fixture *fx, enum ec ec, const char *what, const char *fix)
{
	struct client_plan p;

	told(fx, plan(fx, &p), ec, what, fix);
	told(fx, reads(fx), ec, what, fix);
	told(fx, fixture_write(fx, USER2, PASS2), ec, what, fix);
	assert_false(standin_state_has("\"PATCH "));
}

static void
round_trip(void **state)
{
	struct client_plan p;
	struct fixture fx;

	(void)state;
	open_ours(&fx);
	fixture_reads(&fx, USER1, PASS1);
	assert_int_equal(plan(&fx, &p), EC_OK);
	assert_string_equal(p.change,
	    "apply username and password to Kubernetes secret prod/mail as "
	    "ses-smtp-rotator");
	assert_string_equal(p.after, "");
	assert_non_null(strstr(p.warning, "without rollout"));
	assert_int_equal(fixture_write(&fx, USER2, PASS2), EC_OK);
	fixture_reads(&fx, USER2, PASS2);
	assert_true(standin_state_has("\"host\":\"bXg=\""));
	assert_true(standin_state_has(OURS));
	assert_true(
	    standin_state_has("ses-smtp-rotator-before/Update\":[\"host\"]"));
	assert_true(standin_state_has(
	    "PATCH /api/v1/namespaces/prod/secrets/mail?fieldManager="
	    "ses-smtp-rotator\""));
	fixture_close(&fx);
}

/* Not even the resource version changes. */
static void
same_pair_changes_nothing(void **state)
{
	struct fixture fx;

	(void)state;
	open_ours(&fx);
	assert_true(standin_state_has("\"resourceVersion\":\"104\""));
	assert_int_equal(fixture_write(&fx, USER1, PASS1), EC_OK);
	assert_true(standin_state_has("\"resourceVersion\":\"104\""));
	assert_int_equal(fixture_write(&fx, USER2, PASS2), EC_OK);
	assert_true(standin_state_has("\"resourceVersion\":\"105\""));
	fixture_close(&fx);
}

static void
another_manager(void **state)
{
	struct client_plan p;
	struct fixture fx;

	(void)state;
	open_as(&fx, "mailtok");
	told(&fx, plan(&fx, &p), EC_CONFLICT,
	    "secret mail: its keys are managed by ses-smtp-rotator-before",
	    "set force: true");
	told(&fx, fixture_write(&fx, USER2, PASS2), EC_CONFLICT,
	    "conflicts with \"ses-smtp-rotator-before\"", "force: true");
	fixture_reads(&fx, USER1, PASS1);
	assert_int_equal(fixture_set(&fx, "force", "true", NULL), EC_OK);
	assert_int_equal(plan(&fx, &p), EC_OK);
	assert_non_null(strstr(p.change, ", taking them over"));
	assert_int_equal(fixture_write(&fx, USER2, PASS2), EC_OK);
	fixture_reads(&fx, USER2, PASS2);
	assert_true(standin_state_has("&force=true\""));
	assert_int_equal(fixture_set(&fx, "force", "false", NULL), EC_OK);
	assert_int_equal(fixture_write(&fx, USER1, PASS1), EC_OK);
	/* Our own name, but by another way than apply, is another manager. */
	seed(HELD, "ses-smtp-rotator", "{}");
	assert_int_equal(plan(&fx, &p), EC_CONFLICT);
	fixture_close(&fx);
}

/* The server tries a few times itself to store an apply. */
static void
lost_against_others(void **state)
{
	struct fixture fx;

	(void)state;
	open_as(&fx, "mailtok");
	assert_int_equal(fixture_set(&fx, "force", "true", NULL), EC_OK);
	standin_post(&standin, "/fault",
	    "{\"match\":\"PATCH .*secrets/mail\",\"do\":\"reply\","
	    "\"status\":409,\"body\":\"{\\\"kind\\\":\\\"Status\\\","
	    "\\\"message\\\":\\\"Operation cannot be fulfilled on secrets: "
	    "the object has been modified; please apply your changes to the "
	    "latest version and try again\\\"}\"}");
	told(&fx, fixture_write(&fx, USER2, PASS2), EC_TEMP,
	    "has been modified", "it is tried again");
	fixture_reads(&fx, USER1, PASS1);
	assert_int_equal(fixture_write(&fx, USER2, PASS2), EC_OK);
	fixture_reads(&fx, USER2, PASS2);
	fixture_close(&fx);
}

/* A Secret from before anybody kept account of its fields. */
static void
no_manager(void **state)
{
	struct client_plan p;
	struct fixture fx;

	(void)state;
	open_as(&fx, "mailtok");
	standin_post(
	    &standin, "/set", "{\"secret\":[\"mail\"," HELD ",null,{}]}");
	fixture_reads(&fx, USER1, PASS1);
	told(&fx, plan(&fx, &p), EC_CONFLICT, "managed by before-first-apply",
	    "set force: true");
	told(&fx, fixture_write(&fx, USER2, PASS2), EC_CONFLICT,
	    "conflicts with \"before-first-apply\"", "force: true");
	assert_int_equal(fixture_set(&fx, "force", "true", NULL), EC_OK);
	assert_int_equal(plan(&fx, &p), EC_OK);
	assert_int_equal(fixture_write(&fx, USER2, PASS2), EC_OK);
	fixture_reads(&fx, USER2, PASS2);
	/* Without our keys there is nothing that anybody could own. */
	standin_post(&standin, "/set",
	    "{\"secret\":[\"mail\",{\"other\":\"x\"},null,{}]}");
	assert_int_equal(fixture_set(&fx, "force", "false", NULL), EC_OK);
	assert_int_equal(plan(&fx, &p), EC_OK);
	assert_int_equal(fixture_write(&fx, USER2, PASS2), EC_OK);
	fixture_reads(&fx, USER2, PASS2);
	fixture_close(&fx);
}

static void
lost_reply(void **state)
{
	static const char *const how[] = { "lose", "drop" };
	struct fixture fx;
	char text[128];

	(void)state;
	for (size_t i = 0; i < COUNT(how); i++) {
		open_ours(&fx);
		(void)snprintf(text, sizeof(text),
		    "{\"match\":\"PATCH\",\"do\":\"%s\"}", how[i]);
		standin_post(&standin, "/fault", text);
		told(&fx, fixture_write(&fx, USER2, PASS2), EC_UNKNOWN,
		    "Kubernetes: secret prod/mail: ", "");
		fixture_reads(
		    &fx, i == 0 ? USER2 : USER1, i == 0 ? PASS2 : PASS1);
		assert_int_equal(fixture_write(&fx, USER2, PASS2), EC_OK);
		assert_true(standin_state_has("\"resourceVersion\":\"105\""));
		fixture_close(&fx);
	}
	open_ours(&fx);
	standin_post(&standin, "/fault",
	    "{\"match\":\"GET\",\"do\":\"lose\",\"times\":9}");
	assert_int_equal(fixture_write(&fx, USER2, PASS2), EC_TEMP);
	fixture_close(&fx);
}

/* An error that quotes the value shows it to nobody. */
static void
quoted_secret(void **state)
{
	struct fixture fx;

	(void)state;
	open_ours(&fx);
	standin_post(&standin, "/fault",
	    "{\"match\":\"PATCH\",\"do\":\"reply\",\"status\":422,\"body\":"
	    "\"{\\\"kind\\\":\\\"Status\\\",\\\"message\\\":\\\"data.password: "
	    "Invalid value: QkgwMTIzNDU2Nzg5LysvKy8renl4d3"
	    "Z1dHNycXBvbm1sa2ppaGdmZWRjYmE=\\\"}\"}");
	told(&fx, fixture_write(&fx, USER2, PASS2), EC_CONFIG, "withheld", "");
	assert_null(strstr(fx.e.what, "QkgwMTIz"));
	fixture_close(&fx);
}

static void
missing(void **state)
{
	struct client_plan p;
	struct fixture fx;

	(void)state;
	open_as(&fx, "mailtok");
	assert_int_equal(fixture_set(&fx, "secret", "new", NULL), EC_OK);
	refuses(&fx, EC_GONE, "no secret prod/new", "create: true");
	assert_int_equal(fixture_set(&fx, "create", "true", NULL), EC_OK);
	assert_int_equal(plan(&fx, &p), EC_OK);
	assert_int_equal(reads(&fx), EC_GONE);
	assert_int_equal(fixture_write(&fx, USER2, PASS2), EC_OK);
	fixture_reads(&fx, USER2, PASS2);
	assert_true(standin_state_has("\"type\":\"Opaque\""));
	/* May not be made. */
	standin_post(&standin, "/set", "{\"drop\":\"mail\"}");
	assert_int_equal(fixture_set(&fx, "secret", "mail", NULL), EC_OK);
	told(&fx, plan(&fx, &p), EC_DENIED, "not allowed: create secrets/mail",
	    "Role");
	told(&fx, fixture_write(&fx, USER2, PASS2), EC_DENIED,
	    "cannot create resource", "Role");
	fixture_close(&fx);
}

/* Gone, or another one, between our look and our write. */
static void
swapped(void **state)
{
	struct fixture fx;

	(void)state;
	open_ours(&fx);
	standin_post(&standin, "/fault",
	    "{\"match\":\"PATCH\",\"do\":\"set\",\"set\":{\"renew\":\"mail\"}}");
	told(&fx, fixture_write(&fx, USER2, PASS2), EC_TEMP, "metadata.uid",
	    "made anew meanwhile: it is tried again");
	fixture_reads(&fx, USER1, PASS1);
	standin_post(&standin, "/fault",
	    "{\"match\":\"PATCH\",\"do\":\"set\",\"set\":{\"drop\":\"mail\"}}");
	told(&fx, fixture_write(&fx, USER2, PASS2), EC_TEMP,
	    "no existing object was found", "it is tried again");
	assert_int_equal(reads(&fx), EC_GONE);
	fixture_close(&fx);
}

static void
immutable(void **state)
{
	struct client_plan p;
	struct fixture fx;

	(void)state;
	open_as(&fx, "mailtok");
	assert_int_equal(fixture_set(&fx, "force", "true", NULL), EC_OK);
	seed(HELD, "x", "{\"immutable\":true}");
	told(&fx, plan(&fx, &p), EC_CONFIG, "secret mail is immutable",
	    "without immutable: true");
	told(&fx, fixture_write(&fx, USER2, PASS2), EC_CONFIG,
	    "field is immutable when", "delete it");
	fixture_reads(&fx, USER1, PASS1);
	fixture_close(&fx);
}

static void
rights(void **state)
{
	struct client_plan p;
	struct fixture fx;

	(void)state;
	open_as(&fx, "rotok");
	assert_int_equal(
	    fixture_set(&fx, "rollout", "deployment/web", "daemonset/x", NULL),
	    EC_OK);
	told(&fx, plan(&fx, &p), EC_DENIED,
	    "not allowed: patch secrets/mail, patch deployments.apps/web, get "
	    "daemonsets.apps/x, patch daemonsets.apps/x",
	    "Role");
	assert_int_equal(reads(&fx), EC_OK);
	told(&fx, fixture_write(&fx, USER2, PASS2), EC_DENIED,
	    "User \"reader\" cannot patch resource \"secrets\"", "Role");
	fixture_close(&fx);
	open_as(&fx, "notok");
	refuses(&fx, EC_DENIED, "secrets", "Role");
	fixture_close(&fx);
	open_as(&fx, "wrong");
	refuses(&fx, EC_DENIED, "status 401: Unauthorized", "kubectl auth");
	fixture_close(&fx);
	open_as(&fx, "mutetok");
	assert_int_equal(fixture_set(&fx, "force", "true", NULL), EC_OK);
	assert_int_equal(plan(&fx, &p), EC_OK);
	assert_non_null(strstr(p.warning, "nobody knows yet"));
	assert_int_equal(fixture_write(&fx, USER2, PASS2), EC_OK);
	fixture_close(&fx);
}

static void
rollout(void **state)
{
	struct client_plan p;
	struct fixture fx;

	(void)state;
	open_ours(&fx);
	assert_int_equal(drv_kubernetes.activate(&fx.c, &fx.e), EC_OK);
	assert_int_equal(
	    fixture_set(&fx, "rollout", "deployment/web", NULL), EC_OK);
	assert_int_equal(plan(&fx, &p), EC_OK);
	assert_string_equal(p.after,
	    "then restart deployment/web by an annotation; pickup is the time "
	    "for it");
	assert_true(standin_state_has("\"generation\":1"));
	assert_int_equal(drv_kubernetes.activate(&fx.c, &fx.e), EC_OK);
	assert_true(standin_state_has(
	    "\"annotations\":{\"ses-smtp-rotator/key-id\":\"" USER1 "\"}"));
	assert_true(standin_state_has("\"generation\":2"));
	assert_int_equal(drv_kubernetes.activate(&fx.c, &fx.e), EC_OK);
	assert_false(standin_state_has("\"generation\":3"));
	assert_int_equal(fixture_write(&fx, USER2, PASS2), EC_OK);
	assert_int_equal(drv_kubernetes.activate(&fx.c, &fx.e), EC_OK);
	assert_true(standin_state_has("\"generation\":3"));
	assert_true(standin_state_has("key-id\":\"" USER2 "\""));
	fixture_close(&fx);
}

static void
rollout_that_does_not(void **state)
{
	struct client_plan p;
	struct fixture fx;

	(void)state;
	open_ours(&fx);
	assert_int_equal(
	    fixture_set(&fx, "rollout", "deployment/web", NULL), EC_OK);
	standin_post(&standin, "/set",
	    "{\"spec\":[\"deployments\",\"web\",{\"paused\":true}]}");
	assert_int_equal(plan(&fx, &p), EC_OK);
	assert_non_null(strstr(p.warning, "deployments prod/web is paused"));
	standin_post(&standin, "/set",
	    "{\"spec\":[\"deployments\",\"web\",{\"updateStrategy\":{\"type\":"
	    "\"OnDelete\"}}]}");
	assert_int_equal(plan(&fx, &p), EC_OK);
	assert_non_null(strstr(p.warning, "OnDelete"));
	standin_post(&standin, "/fault",
	    "{\"match\":\"PATCH .*deployments/web\",\"do\":\"reply\","
	    "\"status\":409,\"body\":\"{\\\"kind\\\":\\\"Status\\\","
	    "\\\"message\\\":\\\"the object has been modified\\\"}\"}");
	told(&fx, drv_kubernetes.activate(&fx.c, &fx.e), EC_TEMP,
	    "has been modified", "it is tried again");
	seed("{\"username\":\"x\"}", "ses-smtp-rotator-before", "{}");
	told(&fx, drv_kubernetes.activate(&fx.c, &fx.e), EC_CONFLICT,
	    "holds no key id", "");
	standin_post(&standin, "/set", "{\"drop\":\"mail\"}");
	assert_int_equal(drv_kubernetes.activate(&fx.c, &fx.e), EC_GONE);
	fixture_close(&fx);
}

static void
client_certificate(void **state)
{
	static char cert[4096], key[4096], ca[4096], user[12288], cluster[8192];
	struct fixture fx;

	(void)state;
	open_bare(&fx);
	seed(HELD, "x", "{}");
	b64("/env", "ca", ca, sizeof(ca));
	{
		AUTO(json)
		cJSON *j = standin_ctl(
		    &standin, "GET", "/client?cn=mailer&o=team", NULL);

		fixture_put(&fx, "mailer.pem", json_text(j, "cert"));
		fixture_put(&fx, "mailer.key", json_text(j, "key"));
	}
	(void)snprintf(cluster, sizeof(cluster),
	    "    certificate-authority-data: %s\n    tls-server-name: "
	    "localhost\n",
	    ca);
	config(&fx, cluster,
	    "    client-certificate: mailer.pem\n    client-key: mailer.key\n");
	fixture_reads(&fx, USER1, PASS1);
	/* Another one, inline; the pair belongs together only by chance. */
	b64("/client?cn=nobody", "cert", cert, sizeof(cert));
	b64("/client?cn=nobody", "key", key, sizeof(key));
	(void)snprintf(user, sizeof(user),
	    "    client-certificate-data: %s\n    client-key-data: %s\n", cert,
	    key);
	config(&fx, cluster, user);
	told(&fx, reads(&fx), EC_CONFIG, "own certificate or its key", "PEM");
	config(&fx, cluster, "    client-certificate: mailer.pem\n");
	told(&fx, reads(&fx), EC_CONFIG, "user u: has a client certificate or",
	    "");
	config(&fx, "    tls-server-name: wrong.test\n" CA_FILE,
	    "    token: mailtok\n");
	told(&fx, reads(&fx), EC_PROTO, "certificate refused", "");
	fixture_close(&fx);
}

static void
token_file(void **state)
{
	struct fixture fx;

	(void)state;
	open_bare(&fx);
	seed(HELD, "x", "{}");
	fixture_put(&fx, "tok", "mailtok\n");
	config(&fx, CA_FILE, "    token: wrong\n    tokenFile: tok\n");
	fixture_reads(&fx, USER1, PASS1);
	fixture_put(&fx, "tok", "notok");
	assert_int_equal(reads(&fx), EC_DENIED);
	assert_int_equal(unlink(fixture_path(&fx, "tok")), 0);
	told(&fx, reads(&fx), EC_CONFIG, "/tok", "");
	fixture_close(&fx);
}

static void
in_cluster(void **state)
{
	struct fixture fx;
	char port[16];
	char *pem;

	(void)state;
	open_bare(&fx);
	seed(HELD, "x", "{}");
	told(&fx, reads(&fx), EC_CONFIG, "neither a kubeconfig nor a pod",
	    "set kubeconfig");
	(void)snprintf(port, sizeof(port), "%u", standin.port);
	standin_env[0] = "KUBERNETES_SERVICE_HOST";
	standin_env[1] = "127.0.0.1";
	standin_env[2] = "KUBERNETES_SERVICE_PORT";
	standin_env[3] = port;
	assert_int_equal(
	    fixture_set(&fx, "service_account", fx.dir, NULL), EC_OK);
	told(&fx, reads(&fx), EC_CONFIG, "/token", "");
	fixture_put(&fx, "token", "mailtok");
	told(&fx, reads(&fx), EC_CONFIG, "/ca.crt", "");
	pem = standin_text(&standin, "/env", "ca");
	fixture_put(&fx, "ca.crt", pem);
	free(pem);
	told(&fx, reads(&fx), EC_CONFIG, "/namespace", "");
	fixture_put(&fx, "namespace", "prod\n");
	fixture_reads(&fx, USER1, PASS1);
	fixture_put(&fx, "token", "notok"); /* replaced under way */
	assert_int_equal(reads(&fx), EC_DENIED);
	assert_int_equal(fixture_set(&fx, "namespace", "other", NULL), EC_OK);
	told(&fx, reads(&fx), EC_DENIED, "secret other/mail", "");
	fixture_close(&fx);
}

#define V1 "client.authentication.k8s.io/v1"

/* A user whose plugin is this script; extra lines go below exec. */
static void
plugin(struct fixture *fx, const char *version, const char *script,
    const char *extra)
{
	char user[2048];

	fixture_put(fx, "plug.sh", script);
	assert_int_equal(chmod(fixture_path(fx, "plug.sh"), 0700), 0);
	(void)snprintf(user, sizeof(user),
	    "    exec:\n      apiVersion: %s\n      command: ./plug.sh\n%s",
	    version, extra);
	config(fx, CA_FILE, user);
}

#define SAYS(status)                                                           \
	"#!/bin/sh\necho '{\"apiVersion\":\"" V1                               \
	"\",\"kind\":\"ExecCredential\",\"status\":" status "}'\n"

static void
exec_plugin(void **state)
{
	struct fixture fx;

	(void)state;
	open_bare(&fx);
	seed(HELD, "x", "{}");
	standin_env[0] = "HOME";
	standin_env[1] = "/nowhere";
	standin_env[2] = "SECRET";
	standin_env[3] = "1";
	plugin(&fx, V1,
	    "#!/bin/sh\n[ \"$1 $2 $A $HOME $SECRET\" = 'one two x /nowhere ' ] "
	    "|| exit 7\ncase $KUBERNETES_EXEC_INFO in *'\"interactive\":false'*"
	    "'\"server\":\"https://localhost:'*) ;; *) exit 8 ;; esac\n"
	    "echo '{\"apiVersion\":\"" V1 "\",\"kind\":\"ExecCredential\","
	    "\"status\":{\"token\":\"mailtok\"}}'\n",
	    "      args: [one, two]\n      env: [{name: A, value: x}]\n"
	    "      interactiveMode: IfAvailable\n"
	    "      provideClusterInfo: true\n");
	fixture_reads(&fx, USER1, PASS1);
	fixture_close(&fx);
}

static void
exec_plugin_fails(void **state)
{
	static const struct {
		const char *version, *script, *extra;
		enum ec ec;
		const char *what;
	} rows[] = {
		{ V1, "#!/bin/sh\necho mailtok; exit 3\n", "", EC_CLIENT,
		    "user u: exec" },
		{ V1, "#!/bin/sh\necho mailtok\n", "", EC_PROTO,
		    "no ExecCredential" },
		{ V1, SAYS("{}"), "", EC_PROTO, "no credential" },
		{ V1, SAYS("{\"token\":\"a b\"}"), "", EC_PROTO,
		    "token is none" },
		{ V1, SAYS("{\"clientKeyData\":\"x\"}"), "", EC_PROTO,
		    "no credential" },
		{ V1 "beta1", SAYS("{\"token\":\"mailtok\"}"), "", EC_PROTO,
		    "no ExecCredential of " V1 "beta1" },
		{ V1 "alpha1", SAYS("{}"), "", EC_CONFIG,
		    "neither v1 nor v1beta1" },
		{ V1, SAYS("{}"), "      interactiveMode: Always\n", EC_CONFIG,
		    "wants a person" },
		{ V1, SAYS("{}"), "      env: [{value: x}]\n", EC_CONFIG,
		    "env: no name" },
		{ V1, SAYS("{}"), "      args: [[a]]\n", EC_CONFIG,
		    "args are not" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct fixture fx;

		open_bare(&fx);
		plugin(&fx, rows[i].version, rows[i].script, rows[i].extra);
		told(&fx, reads(&fx), rows[i].ec, rows[i].what, "");
		assert_null(strstr(fx.e.what, "mailtok"));
		fixture_close(&fx);
	}
}

/* A plugin may also hand out a certificate. */
static void
exec_plugin_certificate(void **state)
{
	static char script[8192];
	AUTO(buf) struct buf status = BUF(8192);
	struct fixture fx;

	(void)state;
	open_bare(&fx);
	seed(HELD, "x", "{}");
	{
		AUTO(json)
		cJSON *got =
		    standin_ctl(&standin, "GET", "/client?cn=mailer", NULL);
		AUTO(json) cJSON *j = cJSON_CreateObject();

		(void)cJSON_AddStringToObject(
		    j, "clientCertificateData", json_text(got, "cert"));
		(void)cJSON_AddStringToObject(
		    j, "clientKeyData", json_text(got, "key"));
		assert_int_equal(json_print(j, &status, &fx.e), EC_OK);
	}
	(void)snprintf(script, sizeof(script),
	    "#!/bin/sh\ncat <<'END'\n{\"apiVersion\":\"" V1
	    "\",\"kind\":\"ExecCredential\",\"status\":%s}\nEND\n",
	    buf_str(&status));
	plugin(&fx, V1, script, "");
	fixture_reads(&fx, USER1, PASS1);
	fixture_close(&fx);
}

static void
kubeconfigs(void **state)
{
	static const struct {
		const char *cluster, *user, *what;
	} rows[] = {
		{ "    insecure-skip-tls-verify: true\n", "    token: x\n",
		    "insecure-skip-tls-verify is not supported" },
		{ "    proxy-url: http://p\n", "    token: x\n",
		    "proxy-url is not supported" },
		{ "    certificate-authority-data: '%%'\n", "    token: x\n",
		    "certificate-authority-data: not base64" },
		{ "    certificate-authority: gone.pem\n", "    token: x\n",
		    "gone.pem" },
		{ CA_FILE, "    username: a\n    password: b\n",
		    "username is not supported" },
		{ CA_FILE, "    token: x\n    as: root\n",
		    "as is not supported" },
		{ CA_FILE, "    auth-provider: {name: gcp}\n",
		    "auth-provider is not supported" },
		{ CA_FILE, "    token: 'a b'\n", "user u: its token is none" },
		{ CA_FILE, "    other: 1\n", "user u: has no credential" },
		{ CA_FILE, "    token: [\n", "config:" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct fixture fx;

		open_bare(&fx);
		config(&fx, rows[i].cluster, rows[i].user);
		refuses(&fx, EC_CONFIG, rows[i].what, "");
		fixture_close(&fx);
	}
}

static void
contexts(void **state)
{
	static const struct {
		const char *name, *what;
	} rows[] = {
		{ "none", "no context none in its contexts" },
		{ "lost", "no cluster gone in its clusters" },
		{ "half", "context half lacks a cluster or a user" },
	};
	struct fixture fx;

	(void)state;
	open_as(&fx, "mailtok");
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(
		    fixture_set(&fx, "context", rows[i].name, NULL), EC_OK);
		told(&fx, reads(&fx), EC_CONFIG, rows[i].what, "");
	}
	assert_int_equal(fixture_set(&fx, "context", "bare", NULL), EC_OK);
	told(&fx, reads(&fx), EC_DENIED, "secret default/mail", "");
	assert_int_equal(fixture_set(&fx, "namespace", "prod", NULL), EC_OK);
	fixture_reads(&fx, USER1, PASS1);
	fixture_put(&fx, "config", "- 1\n");
	told(&fx, reads(&fx), EC_CONFIG, "no kubeconfig in it", "");
	fixture_put(&fx, "config", "");
	told(&fx, reads(&fx), EC_CONFIG, "no kubeconfig in it", "");
	fixture_put(&fx, "config", "a: 1\n");
	assert_int_equal(unlink(fixture_path(&fx, "config")), 0);
	told(&fx, reads(&fx), EC_CONFIG, "/config", "");
	fixture_close(&fx);
}

static void
odd_values(void **state)
{
	static const struct {
		const char *data, *more;
		enum ec ec;
	} rows[] = {
		{ "{}", "{}", EC_OK },
		{ "{\"username\":\"\",\"password\":\"\"}", "{}", EC_OK },
		{ "{\"username\":\"a\\u0000b\"}", "{}", EC_CONFLICT },
		{ "{}", "{\"data\":{\"username\":\"%%\"}}", EC_CONFLICT },
		{ "{}", "{\"data\":{\"username\":5}}", EC_CONFLICT },
		{ "{}", "{\"data\":{\"username\":\"YQ=a\"}}", EC_CONFLICT },
		{ "{}", "{\"data\":null}", EC_OK },
		{ "{}", "{\"kind\":\"ConfigMap\"}", EC_PROTO },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct fixture fx;

		open_as(&fx, "mailtok");
		seed(rows[i].data, "x", rows[i].more);
		if (rows[i].ec == EC_OK)
			fixture_reads(&fx, "", "");
		else
			told(&fx, reads(&fx), rows[i].ec, "Kubernetes: secret",
			    rows[i].ec == EC_CONFLICT ? "by hand" : "");
		fixture_close(&fx);
	}
}

static void
wrong_options(void **state)
{
	static const char *const rows[][3] = {
		{ "secret", "Mail", "secret: must be a name" },
		{ "secret", "a/b", "secret: must be a name" },
		{ "secret", "..", "secret: must be a name" },
		{ "namespace", "a?b", "namespace: must be a name" },
		{ "username_key", "a b", "username_key: must be" },
		{ "password_key", "username", "same as username_key" },
		{ "rollout", "web", "rollout: must be deployment/NAME" },
		{ "rollout", "pod/web", "rollout: must be deployment/NAME" },
		{ "rollout", "deployment/", "rollout: must be a name" },
		{ "context", "x", "context: needs kubeconfig" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct fixture fx;

		open_bare(&fx);
		assert_int_equal(
		    fixture_set(&fx, rows[i][0], rows[i][1], NULL), EC_OK);
		told(&fx, drv_kubernetes.check(&fx.c, &fx.e), EC_CONFIG,
		    rows[i][2], "");
		fixture_close(&fx);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(same_pair_changes_nothing),
		cmocka_unit_test(another_manager),
		cmocka_unit_test(lost_against_others),
		cmocka_unit_test(no_manager),
		cmocka_unit_test(lost_reply),
		cmocka_unit_test(quoted_secret),
		cmocka_unit_test(missing),
		cmocka_unit_test(swapped),
		cmocka_unit_test(immutable),
		cmocka_unit_test(rights),
		cmocka_unit_test(rollout),
		cmocka_unit_test(rollout_that_does_not),
		cmocka_unit_test(client_certificate),
		cmocka_unit_test(token_file),
		cmocka_unit_test(in_cluster),
		cmocka_unit_test(exec_plugin),
		cmocka_unit_test(exec_plugin_fails),
		cmocka_unit_test(exec_plugin_certificate),
		cmocka_unit_test(kubeconfigs),
		cmocka_unit_test(contexts),
		cmocka_unit_test(odd_values),
		cmocka_unit_test(wrong_options),
	};

	return standin_main(
	    "drv_kubernetes", "tests/standin/kube.py", tests, COUNT(tests));
}
