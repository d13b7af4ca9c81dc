/*
 * store_dynamodb_read: one item, and many items page by page. Every read is
 * consistent: what was written before it began is seen.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "rotator/store_dynamodb_p.h"

#define ASK_MAX ((size_t)64 * 1024)

static enum ec
add_table(const struct dyn *d, struct buf *ask, struct err *e)
{
	return buf_addf(
	    ask, e, "{\"TableName\":\"%s\",\"ConsistentRead\":true", d->table);
}

enum ec
dyn_get(struct dyn *d, const char *kind, const char *name, cJSON **ret,
    struct err *e)
{
	AUTO(buf) struct buf ask = BUF(ASK_MAX);
	AUTO(json) cJSON *j = NULL;

	TRY(add_table(d, &ask, e));
	TRY(buf_adds(&ask, ",\"Key\":", e));
	TRY(dyn_begin(&ask, kind, name, e));
	TRY(buf_adds(&ask, "}}", e));
	TRY(dyn_call(d, "GetItem", &ask, &j, e));
	*ret = cJSON_DetachItemFromObjectCaseSensitive(j, "Item");
	return EC_OK;
}

struct query {
	const char *kind;
	const char *more; /* members of the request */
	dyn_row *fn;      /* NULL: only count */
	void *arg;
	int64_t count;
};

/* Where the next page begins, as DynamoDB said it. */
static enum ec
add_start(const cJSON *reply, struct buf *ask, bool *ret, struct err *e)
{
	const cJSON *last =
	    cJSON_GetObjectItemCaseSensitive(reply, "LastEvaluatedKey");

	*ret = cJSON_IsObject(last);
	if (!*ret)
		return EC_OK;
	TRY(buf_adds(ask, ",\"ExclusiveStartKey\":", e));
	return json_print(last, ask, e);
}

static enum ec
take_page(struct dyn *d, struct query *q, const cJSON *reply, struct err *e)
{
	const cJSON *items = cJSON_GetObjectItemCaseSensitive(reply, "Items");
	const cJSON *count = cJSON_GetObjectItemCaseSensitive(reply, "Count");
	const cJSON *item;

	if (!cJSON_IsNumber(count) ||
	    (q->fn != NULL && !cJSON_IsArray(items))) {
		(void)fail(e, EC_PROTO, "Query: no items in the reply");
		(void)fix(e, "check that this endpoint is DynamoDB's");
		return dyn_prefix(d, e);
	}
	q->count += (int64_t)count->valuedouble;
	if (q->fn != NULL)
		cJSON_ArrayForEach(item, items) TRY(q->fn(d, q->arg, item, e));
	return EC_OK;
}

/* One page; ask, which lacks its last brace, becomes that for the next one,
 * unless *ret is false. */
static enum ec
page(struct dyn *d, struct query *q, struct buf *ask, size_t head, bool *ret,
    struct err *e)
{
	AUTO(json) cJSON *j = NULL;

	TRY(buf_adds(ask, "}", e));
	TRY(dyn_call(d, "Query", ask, &j, e));
	TRY(take_page(d, q, j, e));
	buf_cut(ask, head);
	return add_start(j, ask, ret, e);
}

static enum ec
run(struct dyn *d, struct query *q, struct err *e)
{
	AUTO(buf) struct buf ask = BUF(ASK_MAX);
	bool more = true;
	size_t head;

	TRY(add_table(d, &ask, e));
	TRY(buf_addf(&ask, e,
	    ",\"ExpressionAttributeNames\":{\"#k\":\"k\"},"
	    "\"ExpressionAttributeValues\":{\":k\":{\"S\":\"%s\"}",
	    q->kind));
	TRY(buf_adds(&ask, q->more, e));
	head = ask.len;
	while (more)
		TRY(page(d, q, &ask, head, &more, e));
	return EC_OK;
}

enum ec
dyn_each(struct dyn *d, const char *kind, dyn_row *fn, void *arg, struct err *e)
{
	struct query q = { .kind = kind,
		.more = "},\"KeyConditionExpression\":\"#k = :k\"",
		.fn = fn,
		.arg = arg };

	return run(d, &q, e);
}

enum ec
dyn_count(struct dyn *d, const char *kind, int64_t *ret, struct err *e)
{
	struct query q = { .kind = kind,
		.more = "},\"KeyConditionExpression\":\"#k = :k\","
			"\"Select\":\"COUNT\"" };

	TRY(run(d, &q, e));
	*ret = q.count;
	return EC_OK;
}

enum ec
dyn_each_due(
    struct dyn *d, int64_t until, dyn_row *fn, void *arg, struct err *e)
{
	char more[200];
	struct query q = {
		.kind = "record", .more = more, .fn = fn, .arg = arg
	};

	(void)snprintf(more, sizeof(more),
	    ",\":t\":{\"N\":\"%" PRId64
	    "\"}},\"IndexName\":\"due\",\"KeyConditionExpression\":"
	    "\"#k = :k AND next_at <= :t\"",
	    until);
	return run(d, &q, e);
}
