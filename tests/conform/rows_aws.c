/* rows_aws: the drivers of AWS stores, against moto and a stand-in for Lambda
 * that check signatures, and policies: the client may do what its manual says
 * and nothing else. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/http.h"
#include "clients/reach.h"
#include "server.h"
#include "trouble.h"

#define PYTHON "build/venv/bin/python3"
/* Of tests/standin/aws_auth.py. */
#define KEY_ID "AKIACLIENTCLIENTCLI1"
#define SECRET "client/secret"

struct standin {
	const char *const *argv;
	const char *const *services; /* names behind AWS_ENDPOINT_URL_ */
};
static const char *const moto_argv[] = { PYTHON, "tests/standin/moto_strict.py",
	NULL };
static const char *const moto_services[] = { "SECRETS_MANAGER", "SSM", NULL };
static const struct standin moto = { moto_argv, moto_services };
static const char *const lambda_argv[] = { PYTHON, "tests/standin/lambda.py",
	NULL };
static const char *const lambda_services[] = { "LAMBDA", NULL };
static const struct standin lambda = { lambda_argv, lambda_services };
static const char *const sts_argv[] = { PYTHON, "tests/standin/sts.py", NULL };
static const char *const sts_services[] = { "STS", NULL };
static const struct standin sts = { sts_argv, sts_services };

static bool
order(struct place *p, unsigned port, const char *path, const char *json)
{
	AUTO(buf) struct buf body = BUF(65536);
	AUTO(http_reply) struct http_reply r = { .body = BUF(0) };
	char url[128];
	struct http_request q = { .method = "POST", .url = url, .body = &body };
	struct net *net = NULL;

	(void)snprintf(
	    url, sizeof(url), "http://127.0.0.1:%u/strict/%s", port, path);
	if (reach_net(&p->c, &net, &p->e) != EC_OK ||
	    buf_adds(&body, json, &p->e) != EC_OK ||
	    http_do(net, &q, &r, &p->e) != EC_OK)
		return place_say(p, "%s: %s", path, p->e.what);
	if (r.status != 200)
		return place_say(p, "%s: %s", path, buf_str(&r.body));
	return true;
}

/* For troubles: lines of "CALL JSON" to the stand-in that was set up last. */
static unsigned port_now;

static bool
tell(struct place *p, const char *calls)
{
	char path[32], json[512];

	while (*calls != '\0') {
		const size_t name = strcspn(calls, " ");
		const size_t n = strcspn(calls, "\n");

		(void)snprintf(path, sizeof(path), "%.*s", (int)name, calls);
		(void)snprintf(
		    json, sizeof(json), "%.*s", (int)(n - name), calls + name);
		if (!order(p, port_now, path, json))
			return false;
		calls += n + (calls[n] == '\n' ? 1 : 0);
	}
	return true;
}

/* Serves, and this process's AWS settings lead to it. */
static bool
begin_standin(struct place *p, const struct standin *s)
{
	const unsigned port = server_port(p, s->argv);
	char name[64], url[64];

	if (port == 0)
		return false;
	port_now = port;
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%u", port);
	for (size_t i = 0; s->services[i] != NULL; i++) {
		(void)snprintf(
		    name, sizeof(name), "AWS_ENDPOINT_URL_%s", s->services[i]);
		(void)setenv(name, url, 1);
	}
	server_reach(p);
	return order(p, port, "reset", "{}");
}

/* The stand-in, empty but for what is ordered, and this process's AWS
 * settings. */
static bool
stand_in(struct place *p, const struct standin *s, const char *path,
    const char *const *seeds)
{
	(void)setenv("AWS_ACCESS_KEY_ID", KEY_ID, 1);
	(void)setenv("AWS_SECRET_ACCESS_KEY", SECRET, 1);
	(void)setenv("BASE_KEY_ID", KEY_ID, 1);
	(void)setenv("BASE_SECRET", SECRET, 1);
	(void)setenv("STRICT_SESSIONS", "of the conformance suite", 1);
	(void)setenv("AWS_CONFIG_FILE", "/nonexistent/aws", 1);
	(void)setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent/aws", 1);
	(void)unsetenv("AWS_SESSION_TOKEN");
	if (!begin_standin(p, s))
		return false;
	for (; *seeds != NULL; seeds++)
		if (!order(p, port_now, path, *seeds))
			return false;
	return true;
}

static void
common(struct place *p)
{
	char spy[PATH_MAX];

	place_set(p, "aws_region", "us-east-1", NULL);
	place_set(p, "activate", place_here(SPY, spy), p->spy, NULL);
}

static bool
setup_secret(struct place *p)
{
	static const char *const seeds[] = {
		"{\"service\": \"secretsmanager\", \"call\": \"create_secret\","
		"\"args\": {\"Name\": \"prod/smtp\", \"SecretString\": "
		"\"{\\\"n\\\": 1.0, \\\"smtp\\\": {\\\"user\\\": null,"
		"\\\"password\\\": \\\"\\\"}}\"}}",
		NULL
	};

	if (!stand_in(p, &moto, "do", seeds))
		return false;
	common(p);
	place_set(p, "secret", "prod/smtp", NULL);
	place_set(p, "username_key", "smtp.user", NULL);
	place_set(p, "password_key", "smtp.password", NULL);
	return true;
}

/* The same secret in the account of a role, and STS. */
#define ROLE_ACCOUNT "210987654321"
#define ROLE         "arn:aws:iam::" ROLE_ACCOUNT ":role/smtp-secrets"

static bool
setup_role(struct place *p)
{
	static const char *const seeds[] = {
		"{\"account\": \"" ROLE_ACCOUNT "\", "
		"\"service\": \"secretsmanager\", \"call\": \"create_secret\","
		"\"args\": {\"Name\": \"prod/smtp\", \"SecretString\": \"{}\"}}",
		NULL
	};

	if (!stand_in(p, &moto, "do", seeds) || !begin_standin(p, &sts) ||
	    !order(p, port_now, "trust",
		"{\"arn\": \"" ROLE "\", \"external_id\": \"ext\"}"))
		return false;
	common(p);
	place_set(p, "secret", "prod/smtp", NULL);
	place_set(p, "create", "true", NULL);
	place_set(p, "role_arn", ROLE, NULL);
	place_set(p, "external_id", "ext", NULL);
	return true;
}

static bool
setup_parameter(struct place *p)
{
	static const char *const seeds[] = {
		"{\"service\": \"ssm\", \"call\": \"put_parameter\", \"args\": "
		"{\"Name\": \"/prod/smtp/pair\", \"Type\": \"SecureString\","
		"\"Value\": \"{}\", \"KeyId\": \"alias/own\"}}",
		NULL
	};

	if (!stand_in(p, &moto, "do", seeds))
		return false;
	common(p);
	place_set(p, "parameter", "/prod/smtp/pair", NULL);
	place_set(p, "create", "true", NULL);
	return true;
}

static bool
setup_parameters(struct place *p)
{
	static const char *const seeds[] = {
		"{\"service\": \"ssm\", \"call\": \"put_parameter\", \"args\": "
		"{\"Name\": \"/prod/smtp/user\", \"Type\": \"String\","
		"\"Value\": \"x\"}}",
		"{\"service\": \"ssm\", \"call\": \"put_parameter\", \"args\": "
		"{\"Name\": \"/prod/smtp/password\", \"Value\": \"x\","
		"\"Type\": \"SecureString\"}}",
		NULL
	};

	if (!stand_in(p, &moto, "do", seeds))
		return false;
	common(p);
	place_set(p, "username_parameter", "/prod/smtp/user", NULL);
	place_set(p, "password_parameter", "/prod/smtp/password", NULL);
	return true;
}

static bool
setup_function(struct place *p)
{
	static const char *const seeds[] = {
		"{\"name\": \"mailer\", \"variables\": {\"LEVEL\": \"b\","
		"\"SMTP_USER\": \"\", \"SMTP_PASS\": \"\"}, \"kms\": \"arn:k\"}",
		NULL
	};

	if (!stand_in(p, &lambda, "put", seeds))
		return false;
	common(p);
	place_set(p, "function",
	    "arn:aws:lambda:us-east-1:123456789012:function:mailer", NULL);
	place_set(p, "username_variable", "SMTP_USER", NULL);
	place_set(p, "password_variable", "SMTP_PASS", NULL);
	return true;
}

#define ACTIVATE_HANGS                                                         \
	{                                                                      \
		"hangs: activate", trouble_program_hangs, "activate",          \
		    { EC_OK, EC_OK, EC_OK, EC_TEMP }, "/hang: still running",  \
		    HANGS                                                      \
	}
#define HANG_AT(action) "hang {\"at\":\"" action "\"}"
#define REFUSE(action, code)                                                   \
	"answer {\"at\":\"" action "\",\"code\":\"" code                       \
	"\",\"message\":\"No.\"}"
#define AS(user) "role {\"as\":\"" user "\"}"
#define DO(service, call, args)                                                \
	"do {\"service\":\"" service "\",\"call\":\"" call "\",\"args\":" args \
	"}"

#define NO_SECRET                                                               \
	DO("secretsmanager", "delete_secret",                                   \
	    "{\"SecretId\":\"prod/smtp\",\"ForceDeleteWithoutRecovery\":true}") \
	"\n"
#define SECRET_OF(text)                                                        \
	DO("secretsmanager", "create_secret",                                  \
	    "{\"Name\":\"prod/smtp\",\"SecretString\":\"" text "\"}")
#define AT "Secrets Manager: prod/smtp (us-east-1): "
static const struct trouble secret_troubles[] = {
	ACTIVATE_HANGS,
	{ "hangs: the service", tell, HANG_AT("*"),
	    { EC_TEMP, EC_TEMP, EC_TEMP }, AT, HANGS },
	{ "hangs: a put", tell, HANG_AT("PutSecretValue"),
	    { EC_OK, EC_OK, EC_TEMP }, AT, HANGS },
	{ "hangs: the label is moved", tell,
	    HANG_AT("UpdateSecretVersionStage"), { EC_OK, EC_OK, EC_UNKNOWN },
	    AT, HANGS },
	{ "denied: our key is no longer valid", tell, AS("former"),
	    { EC_DENIED, EC_DENIED, EC_DENIED }, AT, HANGS_NOT },
	{ "denied: may do nothing", tell, AS("nobody"),
	    { EC_DENIED, EC_DENIED, EC_DENIED }, AT, HANGS_NOT },
	{ "denied: may only read", tell, AS("reader"),
	    { EC_OK, EC_OK, EC_DENIED }, AT "PutSecretValue", HANGS_NOT },
	{ "denied: the key of KMS", tell,
	    REFUSE("PutSecretValue", "EncryptionFailure"),
	    { EC_OK, EC_OK, EC_DENIED }, AT, HANGS_NOT },
	{ "missing: the secret", tell, NO_SECRET, { EC_GONE, EC_GONE, EC_GONE },
	    AT, HANGS_NOT },
	{ "missing: it is going to be deleted", tell,
	    DO("secretsmanager", "delete_secret",
		"{\"SecretId\":\"prod/smtp\"}"),
	    { EC_GONE, EC_GONE, EC_GONE }, AT, HANGS_NOT },
	{ "full: too many requests", tell,
	    REFUSE("GetSecretValue", "ThrottlingException"),
	    { EC_TEMP, EC_OK, EC_OK }, AT, HANGS_NOT },
	{ "full: too many versions", tell,
	    REFUSE("PutSecretValue", "LimitExceededException"),
	    { EC_OK, EC_OK, EC_CLIENT }, AT, HANGS_NOT },
	{ "wrong type: not JSON", tell, NO_SECRET SECRET_OF("x"),
	    { EC_CONFLICT, EC_CONFLICT, EC_CONFLICT }, AT, HANGS_NOT },
	{ "wrong type: a key that holds a list", tell,
	    NO_SECRET SECRET_OF(
		"{\\\"smtp\\\":{\\\"user\\\":[],\\\"password\\\":1}}"),
	    { EC_CONFLICT, EC_CONFLICT, EC_CONFLICT }, AT, HANGS_NOT },
	{ .name = NULL },
};

#undef AT
#define AT "Secrets Manager: prod/smtp (us-east-1, account " ROLE_ACCOUNT "): "
/* Told to STS, which was set up last, between two runs. */
static bool
tell_between(struct place *p, const char *calls)
{
	server_forget();
	return tell(p, calls);
}

static const struct trouble role_troubles[] = {
	ACTIVATE_HANGS,
	{ "denied: the role trusts us no more", tell_between,
	    "trust {\"arn\":\"" ROLE "\",\"trusted\":false}",
	    { EC_DENIED, EC_DENIED, EC_DENIED }, AT, HANGS_NOT },
	{ "denied: another external id is wanted", tell_between,
	    "trust {\"arn\":\"" ROLE "\",\"external_id\":\"other\"}",
	    { EC_DENIED, EC_DENIED, EC_DENIED }, AT, HANGS_NOT },
	{ "denied: the session is over", tell_between, "ttl {\"s\":-5}",
	    { EC_DENIED, EC_DENIED, EC_DENIED }, AT, HANGS_NOT },
	{ .name = NULL },
};

#undef AT
#define AT "Parameter Store: /prod/smtp/pair (us-east-1): "
static const struct trouble parameter_troubles[] = {
	ACTIVATE_HANGS,
	{ "hangs: the service", tell, HANG_AT("*"),
	    { EC_TEMP, EC_TEMP, EC_TEMP }, AT, HANGS },
	{ "hangs: a put", tell, HANG_AT("PutParameter"),
	    { EC_OK, EC_OK, EC_UNKNOWN }, AT, HANGS },
	{ "denied: our key is no longer valid", tell, AS("former"),
	    { EC_DENIED, EC_DENIED, EC_DENIED }, AT, HANGS_NOT },
	{ "denied: may do nothing", tell, AS("nobody"),
	    { EC_DENIED, EC_DENIED, EC_DENIED }, AT, HANGS_NOT },
	{ "denied: may only read", tell, AS("reader"),
	    { EC_OK, EC_OK, EC_DENIED }, AT "PutParameter", HANGS_NOT },
	{ "missing: the parameter", tell,
	    DO("ssm", "delete_parameter", "{\"Name\":\"/prod/smtp/pair\"}"),
	    { EC_GONE, EC_GONE, EC_GONE }, AT, HANGS_NOT },
	{ "full: too many requests", tell,
	    REFUSE("PutParameter", "TooManyUpdates"), { EC_OK, EC_OK, EC_TEMP },
	    AT, HANGS_NOT },
	{ "full: too many versions", tell,
	    REFUSE("PutParameter", "ParameterMaxVersionLimitExceeded"),
	    { EC_OK, EC_OK, EC_CLIENT }, AT, HANGS_NOT },
	{ "wrong type: not JSON", tell,
	    DO("ssm", "put_parameter",
		"{\"Name\":\"/prod/smtp/pair\",\"Type\":\"SecureString\",\"Value\":\"x\",\"Overwrite\":true}"),
	    { EC_CONFLICT, EC_CONFLICT, EC_CONFLICT }, AT, HANGS_NOT },
	{ .name = NULL },
};

#undef AT
#define AT                                                                     \
	"Lambda: arn:aws:lambda:us-east-1:123456789012:function:mailer (us-east-1): "
static const struct trouble function_troubles[] = {
	ACTIVATE_HANGS,
	{ "hangs: the service", tell, HANG_AT("*"),
	    { EC_TEMP, EC_TEMP, EC_TEMP }, AT, HANGS },
	{ "hangs: an update", tell, HANG_AT("UpdateFunctionConfiguration"),
	    { EC_OK, EC_OK, EC_UNKNOWN }, AT, HANGS },
	{ "denied: our key is no longer valid", tell, AS("former"),
	    { EC_DENIED, EC_DENIED, EC_DENIED }, AT, HANGS_NOT },
	{ "denied: may do nothing", tell, AS("nobody"),
	    { EC_DENIED, EC_DENIED, EC_DENIED }, AT, HANGS_NOT },
	{ "denied: may only read", tell, AS("reader"),
	    { EC_OK, EC_OK, EC_DENIED }, AT "UpdateFunctionConfiguration",
	    HANGS_NOT },
	{ "locked: the key of KMS", tell,
	    "put {\"name\":\"mailer\",\"variables\":{},\"hidden\":true}",
	    { EC_DENIED, EC_DENIED, EC_DENIED }, AT, HANGS_NOT },
	{ "missing: the function", tell, "reset {}",
	    { EC_GONE, EC_GONE, EC_GONE }, AT, HANGS_NOT },
	{ "full: too many requests", tell,
	    REFUSE("GetFunctionConfiguration", "TooManyRequestsException"),
	    { EC_TEMP, EC_OK, EC_OK }, AT, HANGS_NOT },
	{ "full: too large", tell,
	    REFUSE("UpdateFunctionConfiguration",
		"InvalidParameterValueException"),
	    { EC_OK, EC_OK, EC_CONFIG }, AT, HANGS_NOT },
	{ .name = NULL },
};

extern const struct row rows_aws[];
const struct row rows_aws[] = {
	{ .name = "aws-secretsmanager",
	    .driver = "aws-secretsmanager",
	    .setup = setup_secret,
	    .troubles = secret_troubles },
	{ .name = "aws-secretsmanager-role",
	    .driver = "aws-secretsmanager",
	    .setup = setup_role,
	    .troubles = role_troubles },
	{ .name = "aws-ssm-json",
	    .driver = "aws-ssm",
	    .setup = setup_parameter,
	    .troubles = parameter_troubles },
	{ .name = "aws-ssm-two",
	    .driver = "aws-ssm",
	    .setup = setup_parameters },
	{ .name = "aws-lambda-env",
	    .driver = "aws-lambda-env",
	    .setup = setup_function,
	    .troubles = function_troubles },
	{ .name = NULL },
};
