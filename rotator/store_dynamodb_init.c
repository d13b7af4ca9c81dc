/*
 * store_dynamodb_init: making the table.
 * On demand, because a rotator writes a few dozen items a day; protected
 * against deletion and with recovery to any second of 35 days, because what
 * stands in it is the only memory of who holds which key.
 */
#include "rotator/store_dynamodb.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "rotator/store_dynamodb_p.h"

#define ASK_MAX  ((size_t)16 * 1024)
#define LOOKS    150
#define PAUSE_MS 2000

static const char create_text[] =
    "\"BillingMode\":\"PAY_PER_REQUEST\",\"DeletionProtectionEnabled\":true,"
    "\"AttributeDefinitions\":["
    "{\"AttributeName\":\"k\",\"AttributeType\":\"S\"},"
    "{\"AttributeName\":\"s\",\"AttributeType\":\"S\"},"
    "{\"AttributeName\":\"next_at\",\"AttributeType\":\"N\"}],"
    "\"KeySchema\":[{\"AttributeName\":\"k\",\"KeyType\":\"HASH\"},"
    "{\"AttributeName\":\"s\",\"KeyType\":\"RANGE\"}],"
    "\"LocalSecondaryIndexes\":[{\"IndexName\":\"due\",\"KeySchema\":["
    "{\"AttributeName\":\"k\",\"KeyType\":\"HASH\"},"
    "{\"AttributeName\":\"next_at\",\"KeyType\":\"RANGE\"}],"
    "\"Projection\":{\"ProjectionType\":\"KEYS_ONLY\"}}]";

/* ---- making it --------------------------------------------------------- */

static enum ec
refused(struct dyn *d, const char *action, struct err *e)
{
	if (e->ec == EC_AUTH || e->ec == EC_DENIED) {
		e->ec = EC_DENIED;
		(void)fix(e,
		    "allow dynamodb:%s on it for our AWS identity (%s), or let "
		    "somebody else run this once",
		    action, aws_identity(d->aws));
	}
	return dyn_prefix(d, e);
}

static enum ec
create(struct dyn *d, bool *ret_made, struct err *e)
{
	struct aws_error why;
	enum ec ec =
	    dyn_ask_table(d, "CreateTable", create_text, NULL, &why, e);

	*ret_made = ec == EC_OK;
	/* Lost on the way, or just being made: the next look tells. */
	if (ec == EC_OK || ec == EC_UNKNOWN || ec == EC_CONFLICT)
		return EC_OK;
	return refused(d, "CreateTable", e);
}

/* *ret: the table as it is described, ready to be used; NULL: not yet. */
static enum ec
look(struct dyn *d, cJSON **ret, struct err *e)
{
	AUTO(json) cJSON *j = NULL;
	AUTO(json) cJSON *table = NULL;
	struct aws_error why;

	TRY(dyn_ask_table(d, "DescribeTable", "", &j, &why, e));
	table = cJSON_DetachItemFromObjectCaseSensitive(j, "Table");
	if (dyn_check_status(d, table, e) == EC_OK)
		*ret = TAKE(table);
	return EC_OK;
}

static enum ec
wait_for(struct dyn *d, bool *ret_made, cJSON **ret, struct err *e)
{
	enum ec ec = EC_OK;

	for (int n = 0; n < LOOKS; n++) {
		if (n > 0)
			d->sleep(d->ctx, PAUSE_MS);
		ec = look(d, ret, e);
		if (ec == EC_GONE && n % 10 == 0)
			TRY(create(d, ret_made, e));
		else if (ec != EC_OK && ec != EC_GONE)
			return refused(d, "DescribeTable", e);
		if (*ret != NULL)
			return EC_OK;
	}
	return ec == EC_GONE ? dyn_no_table(d, e) : e->ec;
}

static enum ec
protect(struct dyn *d, const cJSON *table, struct err *e)
{
	struct aws_error why;

	/* Who does not know it does not say it. */
	if (!cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(
		table, "DeletionProtectionEnabled")))
		return EC_OK;
	if (dyn_ask_table(d, "UpdateTable",
		"\"DeletionProtectionEnabled\":true", NULL, &why, e) == EC_OK ||
	    e->ec == EC_CONFLICT)
		return EC_OK;
	return refused(d, "UpdateTable", e);
}

static bool
is_on(const cJSON *reply)
{
	const cJSON *c = cJSON_GetObjectItemCaseSensitive(
	    reply, "ContinuousBackupsDescription");
	const char *s = json_text(cJSON_GetObjectItemCaseSensitive(
				      c, "PointInTimeRecoveryDescription"),
	    "PointInTimeRecoveryStatus");

	return s != NULL && strcmp(s, "ENABLED") == 0;
}

/* A table that was just made has none for some seconds
 * (ContinuousBackupsUnavailableException, which is EC_TEMP). */
static enum ec
recoverable(struct dyn *d, bool *ret_bare, struct err *e)
{
	static const char on[] = "\"PointInTimeRecoverySpecification\":"
				 "{\"PointInTimeRecoveryEnabled\":true}";
	AUTO(json) cJSON *j = NULL;
	struct aws_error why;
	enum ec ec =
	    dyn_ask_table(d, "DescribeContinuousBackups", "", &j, &why, e);

	*ret_bare =
	    ec != EC_OK && strcmp(why.code, "UnknownOperationException") == 0;
	if (*ret_bare || (ec == EC_OK && is_on(j)))
		return EC_OK;
	if (ec != EC_OK)
		return refused(d, "DescribeContinuousBackups", e);
	for (int n = 0; n < LOOKS; n++) {
		if (n > 0)
			d->sleep(d->ctx, PAUSE_MS);
		ec = dyn_ask_table(
		    d, "UpdateContinuousBackups", on, NULL, &why, e);
		if (ec != EC_TEMP)
			break;
	}
	return ec == EC_OK ? EC_OK : refused(d, "UpdateContinuousBackups", e);
}

/* ---- the root ---------------------------------------------------------- */

static enum ec
nothing_else(struct dyn *d, struct err *e)
{
	static const char *const kinds[] = { "record", "event", "hold" };
	int64_t n = 0;

	for (size_t i = 0; i < COUNT(kinds); i++) {
		TRY(dyn_count(d, kinds[i], &n, e));
		if (n > 0)
			return dyn_damaged(d, e,
			    "the root item is gone, while items of kind %s "
			    "are there",
			    kinds[i]);
	}
	return EC_OK;
}

static enum ec
write_root(struct dyn *d, struct err *e)
{
	AUTO(buf) struct buf b = BUF(ASK_MAX);
	struct root r = { .rev = 1 };

	TRY(nothing_else(d, e));
	dyn_id(r.write);
	TRY(buf_addf(&b, e,
	    "{\"ClientRequestToken\":\"%s\",\"TransactItems\":["
	    "{\"Put\":{\"TableName\":\"%s\",\"Item\":",
	    r.write, d->table));
	TRY(root_item(&r, &b, e));
	TRY(buf_adds(&b,
	    ",\"ConditionExpression\":\"attribute_not_exists(#k)\","
	    "\"ExpressionAttributeNames\":{\"#k\":\"k\"}}}]}",
	    e));
	/* Lost, or somebody was first: the next look tells. */
	if (dyn_call(d, "TransactWriteItems", &b, NULL, e) != EC_OK &&
	    e->ec != EC_UNKNOWN && e->ec != EC_CONFLICT)
		return e->ec;
	return root_read(d, e);
}

static enum ec
make_root(struct dyn *d, struct err *e)
{
	AUTO(json) cJSON *item = NULL;

	TRY(dyn_get(d, "root", "root", &item, e));
	return item == NULL ? write_root(d, e) : root_read(d, e);
}

enum ec
store_dynamodb_init(const struct dynamodb_options *o, bool *ret_made,
    bool *ret_bare, struct err *e)
{
	AUTO(json) cJSON *table = NULL;
	AUTO(free) struct dyn *d = dyn_new(o, e);

	*ret_made = *ret_bare = false;
	if (d == NULL)
		return e->ec;
	TRY(wait_for(d, ret_made, &table, e));
	TRY(dyn_check_shape(d, table, e));
	TRY(protect(d, table, e));
	TRY(recoverable(d, ret_bare, e));
	return make_root(d, e);
}

/* ---- the policy -------------------------------------------------------- */

static const char *
partition(const char *region)
{
	if (strncmp(region, "cn-", 3) == 0)
		return "aws-cn";
	return strncmp(region, "us-gov-", 7) == 0 ? "aws-us-gov" : "aws";
}

enum ec
store_dynamodb_policy(const char *table, const char *region,
    const char *account, struct buf *ret, struct err *e)
{
	return buf_addf(ret, e,
	    "{\n"
	    "  \"Version\": \"2012-10-17\",\n"
	    "  \"Statement\": [\n"
	    "    {\n"
	    "      \"Sid\": \"StateOfTheRotators\",\n"
	    "      \"Effect\": \"Allow\",\n"
	    "      \"Action\": [\n"
	    "        \"dynamodb:DescribeTable\",\n"
	    "        \"dynamodb:GetItem\",\n"
	    "        \"dynamodb:BatchGetItem\",\n"
	    "        \"dynamodb:Query\",\n"
	    "        \"dynamodb:PutItem\",\n"
	    "        \"dynamodb:DeleteItem\"\n"
	    "      ],\n"
	    "      \"Resource\": [\n"
	    "        \"arn:%s:dynamodb:%s:%s:table/%s\",\n"
	    "        \"arn:%s:dynamodb:%s:%s:table/%s/index/due\"\n"
	    "      ]\n"
	    "    }\n"
	    "  ]\n"
	    "}\n",
	    partition(region), region, account != NULL ? account : "*", table,
	    partition(region), region, account != NULL ? account : "*", table);
}
