/*
 * aws-ssm: the pair in the Parameter Store of AWS Systems Manager, as one
 * JSON parameter or as two. How they are replaced is said in aws_parameter.h,
 * why the order matters in aws_parameter_pair.h.
 */
#include "base/auto.h"
#include "clients/aws_parameter_pair.h"
#include "clients/client.h"
#include "clients/program.h"

struct conf {
	struct aws_parameter_pair pair;
	struct program_conf activate;
};

#define AT(field) offsetof(struct conf, field)

static const struct client_opt opts[] = {
	{ "parameter", OPT_STR, AT(pair.parameter), false, NULL, NULL,
	    "name or ARN of a SecureString whose value is JSON with both" },
	{ "username_key", OPT_STR, AT(pair.document.username), false,
	    "username", NULL,
	    "with parameter: key of the user name; smtp.user is nested" },
	{ "password_key", OPT_STR, AT(pair.document.password), false,
	    "password", NULL, "with parameter: key of the password" },
	{ "create", OPT_BOOL, AT(pair.document.create), false, "false", NULL,
	    "add the keys when they are missing; the parameter must exist" },
	{ "username_parameter", OPT_STR, AT(pair.username), false, NULL, NULL,
	    "parameter that holds the user name, String or SecureString" },
	{ "password_parameter", OPT_STR, AT(pair.password), false, NULL, NULL,
	    "SecureString that holds the password" },
	AWS_ROLE_OPTS(AT(pair.aws), "parameters"),
	PROGRAM_OPTS(AT(activate),
	    "command that makes the consumer read the parameters again"),
	{ .key = NULL },
};

static enum ec
check(const struct client *c, struct err *e)
{
	const struct conf *conf = c->conf;

	return aws_parameter_pair_check(&conf->pair, c, e);
}

static enum ec
place(const struct client *c, struct buf *ret, struct err *e)
{
	const struct conf *conf = c->conf;

	return aws_parameter_pair_place(&conf->pair, c, ret, e);
}

static enum ec
plan(const struct client *c, struct client_plan *ret, struct err *e)
{
	const struct conf *conf = c->conf;
	struct client_plan p = { .change = "" };

	TRY(aws_parameter_pair_plan(&conf->pair, c, &p, e));
	TRY(program_plan(conf->activate.argv, &p, e));
	*ret = p;
	return EC_OK;
}

static enum ec
read_pair(const struct client *c, struct smtp_cred *ret, struct err *e)
{
	const struct conf *conf = c->conf;

	return aws_parameter_pair_read(&conf->pair, c, ret, e);
}

static enum ec
write_pair(const struct client *c, const struct smtp_cred *cred, struct err *e)
{
	const struct conf *conf = c->conf;

	TRY(client_cred_check(c, cred, e));
	return aws_parameter_pair_write(&conf->pair, c, cred, e);
}

static enum ec
activate(const struct client *c, struct err *e)
{
	const struct conf *conf = c->conf;

	return program_activate(&conf->activate, e);
}

const struct client_driver drv_aws_ssm = {
	.name = "aws-ssm",
	.summary = "parameters in AWS Systems Manager Parameter Store",
	.conf_size = sizeof(struct conf),
	.place = (const char *const[]){ "parameter", "username_parameter",
	    "password_parameter", NULL },
	.place_more = place,
	.opts = opts,
	.pickup = INT64_C(3600) * 1000,
	.check = check,
	.plan = plan,
	.read = read_pair,
	.write = write_pair,
	.activate = activate,
};
