/*
 * store_dynamodb_shape: what table there is, and why it cannot be used. Asked
 * only when something was refused, and by store_dynamodb_init.c.
 */
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "rotator/store_dynamodb_p.h"

#define ASK_MAX ((size_t)16 * 1024)

enum ec
dyn_ask_table(struct dyn *d, const char *action, const char *more, cJSON **ret,
    struct aws_error *why, struct err *e)
{
	AUTO(buf) struct buf b = BUF(ASK_MAX);

	TRY(buf_addf(&b, e, "{\"TableName\":\"%s\"%s%s}", d->table,
	    *more != '\0' ? "," : "", more));
	return dyn_ask(d, action, &b, ret, why, e);
}

static bool
has_key(const cJSON *schema, const char *name, const char *type)
{
	const cJSON *key;

	cJSON_ArrayForEach(key, schema)
	{
		const char *n = json_text(key, "AttributeName");
		const char *t = json_text(key, "KeyType");

		if (n != NULL && t != NULL && strcmp(n, name) == 0 &&
		    strcmp(t, type) == 0)
			return true;
	}
	return false;
}

static bool
has_type(const cJSON *table, const char *name, const char *type)
{
	const cJSON *one;

	cJSON_ArrayForEach(one,
	    cJSON_GetObjectItemCaseSensitive(table, "AttributeDefinitions"))
	{
		const char *n = json_text(one, "AttributeName");
		const char *t = json_text(one, "AttributeType");

		if (n != NULL && t != NULL && strcmp(n, name) == 0)
			return strcmp(t, type) == 0;
	}
	return false;
}

static bool
has_index(const cJSON *table)
{
	const cJSON *one;

	cJSON_ArrayForEach(one,
	    cJSON_GetObjectItemCaseSensitive(table, "LocalSecondaryIndexes"))
	{
		const cJSON *schema =
		    cJSON_GetObjectItemCaseSensitive(one, "KeySchema");
		const char *name = json_text(one, "IndexName");

		if (name != NULL && strcmp(name, "due") == 0)
			return has_key(schema, "k", "HASH") &&
			    has_key(schema, "next_at", "RANGE");
	}
	return false;
}

enum ec
dyn_check_shape(const struct dyn *d, const cJSON *table, struct err *e)
{
	const cJSON *schema =
	    cJSON_GetObjectItemCaseSensitive(table, "KeySchema");
	const bool keys = has_key(schema, "k", "HASH") &&
	    has_key(schema, "s", "RANGE") && has_type(table, "k", "S") &&
	    has_type(table, "s", "S");

	if (keys && has_index(table) && has_type(table, "next_at", "N"))
		return EC_OK;
	(void)fail(e, EC_CONFIG, "is no table of ours: its %s differs",
	    keys ? "index \"due\"" : "key");
	(void)fix(
	    e, "name another one in store.table, then: rotate store init");
	return dyn_prefix(d, e);
}

enum ec
dyn_check_status(const struct dyn *d, const cJSON *table, struct err *e)
{
	const char *status = json_text(table, "TableStatus");

	if (status != NULL &&
	    (strcmp(status, "ACTIVE") == 0 || strcmp(status, "UPDATING") == 0))
		return EC_OK;
	(void)fail(e, EC_CONFIG, "is not usable, its status is %.40s",
	    status != NULL ? status : "missing");
	(void)fix(e, "rotate store init  waits until it is");
	return dyn_prefix(d, e);
}

enum ec
dyn_no_table(const struct dyn *d, struct err *e)
{
	(void)fail(e, EC_CONFIG, "there is no such table");
	(void)fix(e,
	    "rotate store init; or mend store.table and store.region, or the "
	    "account: our AWS identity is %s",
	    aws_identity(d->aws));
	return dyn_prefix(d, e);
}

enum ec
dyn_why_not(struct dyn *d, struct err *e)
{
	AUTO(json) cJSON *j = NULL;
	const struct err was = *e;
	struct aws_error why;
	const cJSON *table;

	if (dyn_ask_table(d, "DescribeTable", "", &j, &why, e) != EC_OK) {
		TRY_MEMORY(e->ec);
		if (e->ec == EC_GONE)
			return dyn_no_table(d, e);
		*e = was;
		e->ec = EC_CONFIG;
		(void)fix(e,
		    "rotate store init; allow dynamodb:DescribeTable to learn "
		    "more");
		return dyn_prefix(d, e);
	}
	table = cJSON_GetObjectItemCaseSensitive(j, "Table");
	TRY(dyn_check_status(d, table, e));
	TRY(dyn_check_shape(d, table, e));
	*e = was;
	e->ec = was.ec == EC_GONE ? EC_TEMP : was.ec;
	return dyn_prefix(d, e);
}
