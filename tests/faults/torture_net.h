/*
 * torture_net: what torture.c does to the parts that ask others: providers of
 * our AWS identity, calls of clients, programs, the network process. Nobody
 * listens where they ask.
 */
#ifndef TESTS_TORTURE_NET_H
#define TESTS_TORTURE_NET_H

#include <sys/stat.h>

#include "base/far.h"
#include "base/wire.h"
#include "clients/aws_json.h"
#include "clients/exec_protocol.h"
#include "clients/json_document.h"
#include "sigv4/imds.h"
#include "sigv4/sso_token.h"
#include "sigv4/sts.h"
#include "tests/faults/torture_own.h"

#define NOBODY "http://127.0.0.1:9/"

static struct far *net_process;
static struct net *net_through; /* it */

/* ---- programs ---- */

static enum ec
net_request(const struct input *in, struct err *e)
{
	static const char *const options[] = { "path", "/a", "key", "K", NULL };
	const struct client c = { .name = "web",
		.identity = "mail",
		.region = "us-east-1",
		.smtp = { .host = "h", .port = 587 } };
	AUTO(smtp_cred) struct smtp_cred cred = { .pass = NULL };
	AUTO(json) cJSON *driver = cJSON_CreateObject();
	AUTO(buf) struct buf one = BUF(MAX);
	AUTO(buf) struct buf two = BUF(MAX);

	(void)in;
	if (driver == NULL)
		return fail(e, EC_NOMEM, "no memory for a driver");
	TRY(smtp_cred_any(&cred, e));
	TRY(exec_request(&c, EXEC_WRITE, options, &cred, &one, e));
	return exec_request_driver(&c, EXEC_PLAN, driver, NULL, &two, e);
}

static const char net_json_text[] = "{\"a\": {\"u\": \"old\"}, \"b\": 1}";

static enum ec
net_document(const struct input *in, struct err *e)
{
	const struct json_document d = {
		.username = "a.u", .password = "a.p", .create = true
	};
	AUTO(smtp_cred) struct smtp_cred cred = { .pass = NULL };
	AUTO(smtp_cred) struct smtp_cred got = { .pass = NULL };
	AUTO(buf) struct buf text = BUF(MAX);
	AUTO(buf) struct buf now = BUF(MAX);
	AUTO(buf) struct buf part = BUF(MAX);

	TRY(smtp_cred_any(&cred, e));
	TRY(buf_add(&text, in->data, in->size, e));
	TRY(json_document_check(&d, e));
	TRY(json_document_put(&d, &text, &cred, &now, e));
	TRY(json_document_get(&d, &now, &got, e));
	TRY(json_document_part(&now, "b", &part, e));
	return smtp_cred_eq(&cred, &got) ? EC_OK
					 : fail(e, EC_BUG, "not the same");
}

/* ---- services ---- */

static const char *const net_always[] = {
	"AWS_ENDPOINT_URL_STS",
	NOBODY,
	"AWS_ENDPOINT_URL_SSM",
	NOBODY,
	"AWS_ENDPOINT_URL_SSO",
	NOBODY,
	"AWS_EC2_METADATA_SERVICE_ENDPOINT",
	NOBODY "x",
	"AWS_MAX_ATTEMPTS",
	"1",
	"AWS_PROFILE",
	"p",
	NULL,
};

/* ctx: more of them. A value that begins with '~' is in our directory. */
static const char *
net_env(void *ctx, const char *name)
{
	static char path[128];
	const char *const *lists[] = { ctx, net_always };

	for (size_t i = 0; i < COUNT(lists); i++)
		for (const char *const *p = lists[i]; p != NULL && *p != NULL;
		     p += 2) {
			if (strcmp(*p, name) != 0)
				continue;
			if (*p[1] != '~')
				return p[1];
			(void)snprintf(
			    path, sizeof(path), "%s%s", own.dir, p[1] + 1);
			return path;
		}
	return NULL;
}

static void
net_sleep(void *ctx, int64_t ms)
{
	(void)ctx;
	(void)ms;
}

static struct aws_env
net_world(const char *const *more)
{
	struct aws_env env = { .env = net_env,
		.sleep = net_sleep,
		.net = own.net,
		.process_ms = 5000 };

	memcpy(&env.ctx, &more, sizeof(env.ctx));
	return env;
}

static const char *const net_keys[] = { "AWS_SHARED_CREDENTIALS_FILE", "~/keys",
	"AWS_CONFIG_FILE", "~/none", NULL };

static enum ec
net_lend(void *ctx, const struct sts_role *as, const char *region,
    struct aws **ret, struct err *e)
{
	(void)as;
	(void)region;
	(void)e;
	*ret = ctx;
	return EC_OK;
}

static enum ec
net_aws_json(const struct input *in, struct err *e)
{
	static const struct aws_options o = { .attempts = 1,
		.timeout_ms = 2000 };
	const struct aws_env env = net_world(net_keys);
	AUTO(aws) struct aws *a = NULL;
	AUTO(json) cJSON *body = cJSON_CreateObject();
	cJSON *reply = NULL;
	struct client_reach reach = { .aws = net_lend };
	const struct client c = { .name = "web", .reach = &reach };
	const struct aws_object to = { .c = &c,
		.service = &aws_ssm,
		.name = "/p",
		.region = "eu-west-1" };
	const struct aws_json_call q = {
		.action = "GetParameter", .body = body, .reads = true
	};
	enum ec ec;

	(void)in;
	if (body == NULL ||
	    !aws_json_add(body, "Name", cJSON_CreateString("/p")))
		return fail(e, EC_NOMEM, "no memory for a body");
	TRY(aws_open(own.net, &env, &o, &a, e));
	reach.ctx = a;
	ec = aws_json_do(&to, &q, &reply, e);
	cJSON_Delete(reply);
	return ec;
}

static enum ec
net_role(const struct input *in, struct err *e)
{
	const struct aws_env env = net_world(net_keys);
	const struct sts_role r = { "arn:aws:iam::123456789012:role/r",
		"session", "external", 900, "profile p" };
	AUTO(aws_cred) struct aws_cred as = { .key_id = "" };
	AUTO(aws_cred) struct aws_cred got = { .key_id = "" };

	(void)in;
	TRY(identity_of_profile(&env, &as, e));
	return sts_assume_role(&env, "eu-west-1", &as, &r, &got, e);
}

static enum ec
net_provider(const struct provider *p, const char *const *more, struct err *e)
{
	const struct aws_env env = net_world(more);
	AUTO(aws_cred) struct aws_cred got = { .key_id = "" };

	return p->load(&env, &got, e);
}

static enum ec
net_web(const struct input *in, struct err *e)
{
	static const char *const more[] = { "AWS_CONFIG_FILE", "~/web", "HOME",
		"~", NULL };

	(void)in;
	return net_provider(&provider_web, more, e);
}

static const char *const net_sso[] = { "AWS_CONFIG_FILE", "~/sso", "HOME", "~",
	NULL };

static enum ec
net_portal(const struct input *in, struct err *e)
{
	(void)in;
	return net_provider(&provider_sso, net_sso, e);
}

static enum ec
net_sso_token(const struct input *in, struct err *e)
{
	const struct aws_env env = net_world(net_sso);
	AUTO(buf) struct buf token = BUF(MAX);

	(void)in;
	return sso_token(&env, "s", &token, e);
}

static enum ec
net_container(const struct input *in, struct err *e)
{
	static const char *const more[] = {
		"AWS_CONTAINER_CREDENTIALS_FULL_URI", NOBODY "c",
		"AWS_CONTAINER_AUTHORIZATION_TOKEN", "token", NULL
	};

	(void)in;
	return net_provider(&provider_container, more, e);
}

/* That host is not asked: no token is on two lines. */
static enum ec
net_container_path(const struct input *in, struct err *e)
{
	static const char *const more[] = {
		"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/c",
		"AWS_CONTAINER_AUTHORIZATION_TOKEN", "a\nb", NULL
	};

	(void)in;
	return net_provider(&provider_container, more, e);
}

static enum ec
net_imds(const struct input *in, struct err *e)
{
	(void)in;
	return net_provider(&provider_imds, net_keys, e);
}

static enum ec
net_imds_get(const struct input *in, struct err *e)
{
	const struct aws_env env = net_world(net_keys);
	AUTO(http_reply) struct http_reply r = { .status = 0 };
	AUTO(imds) struct imds m = { .env = NULL };

	(void)in;
	TRY(imds_open(&env, &m, e));
	m.header = BUF(MAX);
	TRY(buf_adds(&m.header, "x-aws-ec2-metadata-token: t", e));
	return imds_get(&m, "latest/", "meta-data", &r, e);
}

static enum ec
net_program(const struct input *in, struct err *e)
{
	static const char *const more[] = { "AWS_CONFIG_FILE", "~/process",
		"AWS_REGION", "eu-west-1", NULL };

	(void)in;
	return net_provider(&provider_process, more, e);
}

static enum ec
net_cred_copy(const struct input *in, struct err *e)
{
	AUTO(secret) struct secret *secret = NULL;
	AUTO(secret) struct secret *token = NULL;
	AUTO(aws_cred) struct aws_cred c = { .key_id = "AKIDEXAMPLE" };
	AUTO(aws_cred) struct aws_cred copy = { .key_id = "" };

	(void)in;
	TRY(secret_new("wJalrXUtnFEMI", 13, &secret, e));
	TRY(secret_new("token", 5, &token, e));
	c.secret = TAKE(secret);
	c.token = TAKE(token);
	return aws_cred_dup(&c, &copy, e);
}

/* ---- the network process ---- */

static enum ec
net_far_probe(const struct input *in, struct err *e)
{
	AUTO(smtp_cred) struct smtp_cred cred = { .pass = NULL };
	struct probe_result r;

	(void)in;
	TRY(smtp_cred_any(&cred, e));
	TRY(probe_smtp(net_through, &nobody, &cred, &own_mail, 2000, &r, e));
	return own_verdict(&r, e);
}

/* As put_job() of probe_far.c writes it. */
static enum ec
net_question(struct buf *ask, struct err *e)
{
	TRY(wire_put(ask, 1, e));
	TRY(wire_put(ask, 2000, e));
	TRY(wire_put_text(ask, nobody.host, e));
	TRY(wire_put(ask, nobody.port, e));
	TRY(wire_put(ask, nobody.tls, e));
	TRY(wire_put_text(ask, "ca.pem", e));
	TRY(wire_put_bytes(ask, "x", 1, e));
	TRY(wire_put_text(ask, OWN_ID, e));
	TRY(wire_put_text(ask, OWN_PASS, e));
	TRY(wire_put_text(ask, own_mail.from, e));
	return wire_put_text(ask, own_mail.to, e);
}

static enum ec
net_serve(const struct input *in, struct err *e)
{
	AUTO(buf) struct buf ask = BUF(MAX);
	AUTO(buf) struct buf answer = BUF(MAX);
	struct probe_result r = { .code = 0 };
	struct err told = { .ec = EC_OK };
	struct wire w;

	(void)in;
	TRY(net_question(&ask, e));
	TRY(probe_serve(own.net, &ask, &answer, e));
	wire_open(&w, &answer);
	wire_get_err(&w, &told);
	if (told.ec != EC_OK) {
		*e = told;
		return e->ec;
	}
	r.verdict = (enum probe_verdict)wire_get(&w, 0, PROBE__MAX - 1);
	return own_verdict(&r, e);
}

/* ---- before and after all of them ---- */

static const char net_web_config[] =
    "[profile p]\nrole_arn = arn:aws:iam::123456789012:role/r\n"
    "web_identity_token_file = ~/token\nregion = eu-west-1\n";
static const char net_sso_config[] =
    "[profile p]\nsso_session = s\nsso_account_id = 123456789012\n"
    "sso_role_name = r\n[sso-session s]\nsso_region = eu-west-1\n"
    "sso_start_url = https://d.awsapps.com/start\n";
static const char net_sso_cache[] = "{\"accessToken\": \"token\", "
				    "\"expiresAt\": \"2126-11-21T03:40:00Z\"}";
static const char net_process_config[] =
    "[profile p]\ncredential_process = /bin/cat \"%s/printed\"\n";
static const char net_process_printed[] =
    "{\"Version\": 1, \"AccessKeyId\": \"AKIDEXAMPLE\", "
    "\"SecretAccessKey\": \"wJalrXUtnFEMI\"}";
/* After the SHA-1 of "s". */
#define NET_CACHE                                                              \
	"/.aws/sso/cache/a0f1490a20d0211c997b44bc357e1972deab8ae3.json"

/* Before there are secrets. */
static bool
net_begin_process(struct err *e)
{
	static far_fn *const table[] = {
		[HTTP_FAR_OP] = http_serve, [PROBE_FAR_OP] = probe_serve
	};
	struct confined how;

	return far_start(table, COUNT(table), &net_process, &how, e) == EC_OK &&
	    net_new_far(net_process, "/etc/ssl/certs/ca-certificates.crt",
		&net_through, e) == EC_OK;
}

static bool
net_begin(void)
{
	char text[512];

	(void)snprintf(text, sizeof(text), net_process_config, own.dir);
	return mkdir(own_path(".aws"), 0700) == 0 &&
	    mkdir(own_path(".aws/sso"), 0700) == 0 &&
	    mkdir(own_path(".aws/sso/cache"), 0700) == 0 &&
	    own_file(&NET_CACHE[1], net_sso_cache, strlen(net_sso_cache)) &&
	    own_file("web", net_web_config, strlen(net_web_config)) &&
	    own_file("token", "jwt", 3) &&
	    own_file("sso", net_sso_config, strlen(net_sso_config)) &&
	    own_file("process", text, strlen(text)) &&
	    own_file(
		"printed", net_process_printed, strlen(net_process_printed));
}

static void
net_end(void)
{
	net_free(net_through);
}

#endif
