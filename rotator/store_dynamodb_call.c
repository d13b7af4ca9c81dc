/*
 * store_dynamodb_call: one request to DynamoDB, and what a refusal means for
 * the operator. Reads may be sent again by sigv4/aws.h; writes are sent again
 * by store_dynamodb_change.c alone, which knows how to find out what became
 * of them.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "clients/heard.h"
#include "rotator/store_dynamodb_p.h"

#define TARGET "DynamoDB_20120810."

/* Requests that this store makes, and the IAM actions that they need. */
static const struct action {
	const char *name, *permission;
	bool writes;
} actions[] = {
	{ "GetItem", "dynamodb:GetItem", false },
	{ "BatchGetItem", "dynamodb:BatchGetItem", false },
	{ "Query", "dynamodb:Query", false },
	{ "DescribeTable", "dynamodb:DescribeTable", false },
	{ "DescribeContinuousBackups", "dynamodb:DescribeContinuousBackups",
	    false },
	/* "TransactWriteItems: uses the permissions of its parts." */
	{ "TransactWriteItems", "dynamodb:PutItem and dynamodb:DeleteItem",
	    true },
	{ "CreateTable", "dynamodb:CreateTable", true },
	{ "UpdateTable", "dynamodb:UpdateTable", true },
	{ "UpdateContinuousBackups", "dynamodb:UpdateContinuousBackups", true },
};

static const struct action *
find_action(const char *name)
{
	size_t i = 0;

	while (strcmp(actions[i].name, name) != 0)
		i++;
	return &actions[i];
}

enum ec
dyn_prefix(const struct dyn *d, struct err *e)
{
	return err_prefix(
	    e, "DynamoDB table %s (%s)", d->table, aws_region(d->aws));
}

enum ec
dyn_damaged(const struct dyn *d, struct err *e, const char *fmt, ...)
{
	char text[300];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	(void)fail(e, EC_DAMAGED, "%s", text);
	(void)fix(e,
	    "restore the table to a moment before that (point-in-time "
	    "recovery) under another name, and set store.table to it; "
	    "RUNBOOK.md, \"damaged state\"");
	return dyn_prefix(d, e);
}

static enum ec
explain(struct dyn *d, const struct action *x, const struct aws_error *why,
    struct err *e)
{
	switch (e->ec) {
	case EC_AUTH:
		e->ec = EC_DENIED;
		(void)err_prefix(
		    e, "our AWS identity is %s", aws_identity(d->aws));
		break;
	case EC_DENIED:
		if (why->code[0] != '\0')
			(void)fix(e,
			    "allow %s on this table for our AWS identity "
			    "(%s); `rotate store policy` prints the whole",
			    x->permission, aws_identity(d->aws));
		break;
	case EC_GONE:
		return dyn_why_not(d, e);
	case EC_CONFIG:
		/* Of our own making are none but for a table that is not
		 * ours: "The provided key element does not match ...". */
		if (strcmp(why->code, "ValidationException") == 0)
			return dyn_why_not(d, e);
		break;
	default:
		break;
	}
	return dyn_prefix(d, e);
}

enum ec
dyn_ask(struct dyn *d, const char *action, const struct buf *ask, cJSON **ret,
    struct aws_error *why, struct err *e)
{
	AUTO(http_reply) struct http_reply r = { .body = BUF(0) };
	AUTO(json) cJSON *j = NULL;
	const struct action *x = find_action(action);
	char target[64];
	const struct aws_call c = {
		.service = "dynamodb",
		.action = action,
		.content_type = "application/x-amz-json-1.0",
		.target = target,
		.body = ask,
		.resend = x->writes ? AWS_RESEND_UNSENT : AWS_RESEND,
		.body_max = DYN_REPLY_MAX,
	};

	*why = (struct aws_error){ .status = 0 };
	(void)snprintf(target, sizeof(target), TARGET "%s", action);
	TRY(aws_do(d->aws, &c, &r, why, e));
	j = json_parse(&r.body);
	if (!cJSON_IsObject(j)) {
		(void)fail_lib(
		    e, EC_PROTO, "%s: the reply is not JSON", action);
		if (x->writes) /* carried out, whatever was not understood */
			e->ec = EC_UNKNOWN;
		return fix(e, "check that this endpoint is DynamoDB's");
	}
	if (ret != NULL)
		*ret = TAKE(j);
	e->what[0] = '\0'; /* of what went wrong on the way */
	return EC_OK;
}

enum ec
dyn_call(struct dyn *d, const char *action, const struct buf *ask, cJSON **ret,
    struct err *e)
{
	struct aws_error why;

	if (d->broken) {
		(void)fail(e, EC_UNKNOWN,
		    "it is not known whether the last write was stored");
		(void)fix(e, "run again");
		return dyn_prefix(d, e);
	}
	d->later = false;
	if (dyn_ask(d, action, ask, ret, &why, e) == EC_OK)
		return EC_OK;
	d->later = e->ec == EC_TEMP && why.status != 0;
	return explain(d, find_action(action), &why, e);
}
