/*
 * aws-secretsmanager: two keys of the JSON in a secret.
 *
 * A new version gets the label AWSCURRENT in one step, and only if it is
 * still on the version that was read: see aws_secret.h. The rest of the value
 * stays byte by byte: see json_document.h.
 */
#include <stdio.h>

#include "base/auto.h"
#include "clients/aws_role.h"
#include "clients/aws_secret.h"
#include "clients/client.h"
#include "clients/json_document.h"
#include "clients/program.h"

struct conf {
	const char *secret;
	struct aws_role aws;
	struct json_document document;
	struct program_conf activate;
};

#define AT(field) offsetof(struct conf, field)

static const struct client_opt opts[] = {
	{ "secret", OPT_STR, AT(secret), true, NULL, NULL,
	    "name or ARN of the secret" },
	{ "username_key", OPT_STR, AT(document.username), false, "username",
	    NULL, "key of the user name in its JSON: smtp.user is nested" },
	{ "password_key", OPT_STR, AT(document.password), false, "password",
	    NULL, "key of the password" },
	{ "create", OPT_BOOL, AT(document.create), false, "false", NULL,
	    "add the keys when they are missing; the secret must exist" },
	AWS_ROLE_OPTS(AT(aws), "secret"),
	PROGRAM_OPTS(AT(activate),
	    "command that makes the consumer read the secret again"),
	{ .key = NULL },
};

static void
object_at(const struct client *c, struct aws_object *ret)
{
	const struct conf *conf = c->conf;

	aws_role_at(c, &aws_secrets_manager, &conf->aws, conf->secret, ret);
}

static enum ec
check(const struct client *c, struct err *e)
{
	const struct conf *conf = c->conf;

	TRY(aws_role_check(
	    c, &aws_secrets_manager, &conf->aws, "secret", conf->secret, e));
	return json_document_check(&conf->document, e);
}

static enum ec
place(const struct client *c, struct buf *ret, struct err *e)
{
	struct aws_object o;

	object_at(c, &o);
	return aws_role_place(&o, ret, e);
}

/* The value as it would be with cred in it. */
static enum ec
prepare(const struct conf *conf, const struct aws_object *o,
    const struct smtp_cred *cred, struct aws_secret *ret_was, struct buf *ret,
    struct err *e)
{
	AUTO(aws_secret) struct aws_secret was = { .text = BUF(0) };

	TRY(aws_secret_get(o, &was, e));
	if (json_document_put(&conf->document, &was.text, cred, ret, e) !=
	    EC_OK)
		return aws_object_prefix(o, e);
	*ret_was = was;
	was.text = BUF(0);
	return EC_OK;
}

/* Tries the change with a pair of the right form, and throws it away. */
static enum ec
plan(const struct client *c, struct client_plan *ret, struct err *e)
{
	const struct conf *conf = c->conf;
	AUTO(smtp_cred) struct smtp_cred cred = { .pass = NULL };
	AUTO(aws_secret) struct aws_secret was = { .text = BUF(0) };
	AUTO(buf) struct buf text = BUF(AWS_SECRET_MAX);
	struct client_plan p = { .change = "" };
	struct aws_object o;

	object_at(c, &o);
	TRY(smtp_cred_any(&cred, e));
	TRY(aws_secret_look(&o, e));
	TRY(prepare(conf, &o, &cred, &was, &text, e));
	TRY(program_plan(conf->activate.argv, &p, e));
	(void)snprintf(p.change, sizeof(p.change),
	    "set %s and %s in a new version of secret %s (%s)",
	    conf->document.username, conf->document.password, o.name,
	    aws_role_text(&o).s);
	if (conf->activate.argv == NULL)
		(void)snprintf(p.warning, sizeof(p.warning),
		    "without activate, a program that keeps the value in "
		    "memory must read the secret anew by itself, within the "
		    "span pickup");
	*ret = p;
	return EC_OK;
}

static enum ec
read_pair(const struct client *c, struct smtp_cred *ret, struct err *e)
{
	const struct conf *conf = c->conf;
	AUTO(aws_secret) struct aws_secret now = { .text = BUF(0) };
	struct aws_object o;

	object_at(c, &o);
	TRY(aws_secret_get(&o, &now, e));
	if (json_document_get(&conf->document, &now.text, ret, e) != EC_OK)
		return aws_object_prefix(&o, e);
	return EC_OK;
}

static enum ec
write_pair(const struct client *c, const struct smtp_cred *cred, struct err *e)
{
	const struct conf *conf = c->conf;
	AUTO(aws_secret) struct aws_secret was = { .text = BUF(0) };
	AUTO(buf) struct buf text = BUF(AWS_SECRET_MAX);
	struct aws_object o;

	TRY(client_cred_check(c, cred, e));
	object_at(c, &o);
	TRY(prepare(conf, &o, cred, &was, &text, e));
	return aws_secret_put(&o, &was, &text, cred->user, e);
}

static enum ec
activate(const struct client *c, struct err *e)
{
	const struct conf *conf = c->conf;

	return program_activate(&conf->activate, e);
}

/* AWS's own caching clients read a secret again after an hour
 * (https://docs.aws.amazon.com/secretsmanager/latest/userguide/retrieving-secrets.html).
 */
const struct client_driver drv_aws_secretsmanager = {
	.name = "aws-secretsmanager",
	.summary = "two JSON keys of a secret in AWS Secrets Manager",
	.conf_size = sizeof(struct conf),
	.place = (const char *const[]){ "secret", NULL },
	.place_more = place,
	.opts = opts,
	.pickup = INT64_C(3600) * 1000,
	.check = check,
	.plan = plan,
	.read = read_pair,
	.write = write_pair,
	.activate = activate,
};
