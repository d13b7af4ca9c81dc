/*
 * aws-lambda-env: two variables in the environment of a Lambda function. All
 * the others, and the key that encrypts them, stay; see aws_function.h.
 *
 * What is read and written is $LATEST. A published version keeps its
 * environment for ever, so whoever calls one needs `activate`.
 */
#include <stdio.h>

#include "base/auto.h"
#include "clients/aws_function.h"
#include "clients/aws_role.h"
#include "clients/client.h"
#include "clients/program.h"

struct conf {
	const char *function;
	struct aws_role aws;
	const char *username, *password;
	bool create;
	int64_t wait;
	struct program_conf activate;
};

/* Read, write and read-back may each wait that long, within a lease of five
 * minutes that nobody renews meanwhile. */
#define WAIT_MAX (INT64_C(60) * 1000)

#define AT(field) offsetof(struct conf, field)

static const struct client_opt opts[] = {
	{ "function", OPT_STR, AT(function), true, NULL, NULL,
	    "name or ARN of the function, without version or alias" },
	{ "username_variable", OPT_STR, AT(username), true, NULL, NULL,
	    "variable of the user name" },
	{ "password_variable", OPT_STR, AT(password), true, NULL, NULL,
	    "variable of the password" },
	{ "create", OPT_BOOL, AT(create), false, "false", NULL,
	    "add the variables when they are missing" },
	AWS_ROLE_OPTS(AT(aws), "function"),
	{ "wait", OPT_SPAN, AT(wait), false, "60s", NULL,
	    "how long an update of the function may take, at most 60s" },
	PROGRAM_OPTS(AT(activate),
	    "command that publishes a version and moves an alias"),
	{ .key = NULL },
};

static void
function_at(const struct client *c, struct aws_function *ret)
{
	const struct conf *conf = c->conf;

	*ret = (struct aws_function){ .username = conf->username,
		.password = conf->password,
		.create = conf->create,
		.wait = conf->wait };
	aws_role_at(c, &aws_lambda, &conf->aws, conf->function, &ret->o);
}

static enum ec
check(const struct client *c, struct err *e)
{
	const struct conf *conf = c->conf;
	const struct aws_function f = { .username = conf->username,
		.password = conf->password };

	if (conf->wait > WAIT_MAX)
		return fail(e, EC_CONFIG, "wait: is at most 60s");
	TRY(aws_role_check(
	    c, &aws_lambda, &conf->aws, "function", conf->function, e));
	return aws_function_check(&f, conf->function, conf->aws.region, e);
}

static enum ec
place(const struct client *c, struct buf *ret, struct err *e)
{
	struct aws_function f;

	function_at(c, &f);
	return aws_role_place(&f.o, ret, e);
}

/* What cannot be in use is no hindrance where a pair stands: it was sent, and
 * is sent again. */
static enum ec
tell_unusable(const struct aws_function *f, const cJSON *now,
    struct client_plan *ret, struct err *e)
{
	AUTO(smtp_cred) struct smtp_cred held = { .pass = NULL };
	struct err why = { .ec = EC_OK };

	TRY(aws_function_pair(f, now, &held, e));
	if (aws_function_usable(f, now, &why) == EC_OK)
		return EC_OK;
	*e = why;
	if (held.user[0] == '\0')
		return e->ec;
	(void)snprintf(ret->warning, sizeof(ret->warning), "%.*s",
	    (int)sizeof(ret->warning) - 1, why.what);
	return EC_OK;
}

/* Tries the change with a pair of the right form, and throws it away. */
static enum ec
plan(const struct client *c, struct client_plan *ret, struct err *e)
{
	const struct conf *conf = c->conf;
	AUTO(smtp_cred) struct smtp_cred cred = { .pass = NULL };
	AUTO(json) cJSON *now = NULL;
	struct client_plan p = { .change = "" };
	struct aws_function f;

	function_at(c, &f);
	TRY(smtp_cred_any(&cred, e));
	TRY(aws_function_get(&f, &now, e));
	TRY(tell_unusable(&f, now, &p, e));
	TRY(aws_function_set(&f, now, &cred, e));
	TRY(program_plan(conf->activate.argv, &p, e));
	(void)snprintf(p.change, sizeof(p.change),
	    "set %s and %s in the environment of function %s (%s)", f.username,
	    f.password, f.o.name, aws_role_text(&f.o).s);
	if (conf->activate.argv == NULL && p.warning[0] == '\0')
		(void)snprintf(p.warning, sizeof(p.warning),
		    "only $LATEST changes: published versions and aliases "
		    "keep the old environment, and need activate");
	*ret = p;
	return EC_OK;
}

/* After an update that failed nobody knows which password the function runs
 * with; so it holds none, and is sent its pair again. The user name is still
 * told, or it would look as if somebody had changed it. */
static enum ec
read_pair(const struct client *c, struct smtp_cred *ret, struct err *e)
{
	AUTO(json) cJSON *now = NULL;
	struct err why = { .ec = EC_OK };
	struct aws_function f;

	function_at(c, &f);
	TRY(aws_function_get(&f, &now, e));
	TRY(aws_function_pair(&f, now, ret, e));
	if (aws_function_usable(&f, now, &why) != EC_OK)
		secret_free(TAKE(ret->pass));
	return EC_OK;
}

static enum ec
write_pair(const struct client *c, const struct smtp_cred *cred, struct err *e)
{
	AUTO(json) cJSON *now = NULL;
	AUTO(smtp_cred) struct smtp_cred held = { .pass = NULL };
	struct aws_function f;

	TRY(client_cred_check(c, cred, e));
	function_at(c, &f);
	TRY(aws_function_get(&f, &now, e));
	TRY(aws_function_pair(&f, now, &held, e));
	if (smtp_cred_eq(&held, cred) &&
	    aws_function_usable(&f, now, e) == EC_OK)
		return EC_OK;
	TRY(aws_function_set(&f, now, cred, e));
	return aws_function_put(&f, now, e);
}

static enum ec
activate(const struct client *c, struct err *e)
{
	const struct conf *conf = c->conf;

	return program_activate(&conf->activate, e);
}

/* An invocation that runs goes on with the old environment, for 15 minutes at
 * most ("Lambda quotas", function timeout). */
const struct client_driver drv_aws_lambda_env = {
	.name = "aws-lambda-env",
	.summary = "two environment variables of an AWS Lambda function",
	.conf_size = sizeof(struct conf),
	.place = (const char *const[]){ "function", NULL },
	.place_more = place,
	.opts = opts,
	.pickup = INT64_C(900) * 1000,
	.check = check,
	.plan = plan,
	.read = read_pair,
	.write = write_pair,
	.activate = activate,
};
