/*
 * store_dynamodb_due: records by next_at. The index gives names alone, so
 * that a run in which nothing is due costs one request; the records follow a
 * hundred at a time.
 */
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "rotator/store_dynamodb_p.h"

#define BATCH     100 /* BatchGetItem takes no more */
#define NAMES_MAX ((size_t)64 * 1024 * 1024)
#define ASK_MAX   ((size_t)256 * 1024)
#define TRIES     8
#define PAUSE_MS  50

struct due {
	int64_t next_at;
	char name[NAME_MAX_];
};

static int
earlier(const void *a, const void *b)
{
	const struct due *x = a, *y = b;

	if (x->next_at != y->next_at)
		return x->next_at < y->next_at ? -1 : 1;
	return strcmp(x->name, y->name);
}

static enum ec
take_name(struct dyn *d, void *arg, const cJSON *item, struct err *e)
{
	struct due one = { .next_at = 0 };

	TRY(dyn_get_number(d, item, "next_at", &one.next_at, e));
	TRY(dyn_get_str(d, item, "s", one.name, sizeof(one.name), e));
	return buf_add(arg, &one, sizeof(one), e);
}

static enum ec
ask_for(const struct dyn *d, const struct due *due, size_t n, struct buf *ret,
    struct err *e)
{
	TRY(buf_addf(ret, e,
	    "{\"RequestItems\":{\"%s\":{\"ConsistentRead\":true,\"Keys\":[",
	    d->table));
	for (size_t i = 0; i < n; i++) {
		TRY(buf_adds(ret, i > 0 ? "," : "", e));
		TRY(dyn_begin(ret, "record", due[i].name, e));
		TRY(buf_adds(ret, "}", e));
	}
	return buf_adds(ret, "]}}}", e);
}

/* "A single operation can retrieve up to 16 MB of data": the rest is said to
 * be unprocessed, and asked for again. */
static enum ec
ask_again(const cJSON *reply, struct buf *ask, bool *ret, struct err *e)
{
	const cJSON *rest =
	    cJSON_GetObjectItemCaseSensitive(reply, "UnprocessedKeys");

	*ret = cJSON_IsObject(rest) && rest->child != NULL;
	if (!*ret)
		return EC_OK;
	buf_cut(ask, 0);
	TRY(buf_adds(ask, "{\"RequestItems\":", e));
	TRY(json_print(rest, ask, e));
	return buf_adds(ask, "}", e);
}

/* Moves the items of one reply into `all`. */
static enum ec
collect(struct dyn *d, cJSON *reply, cJSON *all, struct err *e)
{
	cJSON *list = cJSON_GetObjectItemCaseSensitive(
	    cJSON_GetObjectItemCaseSensitive(reply, "Responses"), d->table);
	cJSON *item;

	while ((item = cJSON_DetachItemFromArray(list, 0)) != NULL) {
		const char *name =
		    json_text(cJSON_GetObjectItemCaseSensitive(item, "s"), "S");

		if (name != NULL && cJSON_AddItemToObject(all, name, item))
			continue;
		cJSON_Delete(item);
		return name == NULL
		    ? dyn_damaged(d, e, "a record has no name")
		    : fail(e, EC_NOMEM, "no memory for a record");
	}
	return EC_OK;
}

static enum ec
fetch(struct dyn *d, const struct due *due, size_t n, cJSON *all, struct err *e)
{
	AUTO(buf) struct buf ask = BUF(ASK_MAX);
	bool more = true;

	TRY(ask_for(d, due, n, &ask, e));
	for (int i = 0; more && i < TRIES; i++) {
		cJSON *j = NULL;
		enum ec ec;

		if (i > 0)
			d->sleep(d->ctx, (int64_t)i * i * PAUSE_MS);
		TRY(dyn_call(d, "BatchGetItem", &ask, &j, e));
		ec = collect(d, j, all, e);
		if (ec == EC_OK)
			ec = ask_again(j, &ask, &more, e);
		cJSON_Delete(j);
		TRY(ec);
	}
	if (!more)
		return EC_OK;
	(void)fail(e, EC_TEMP, "BatchGetItem: gives only some of the records");
	(void)fix(e, "run again");
	return dyn_prefix(d, e);
}

static enum ec
tell(struct dyn *d, const struct due *due, const cJSON *item,
    enum ec (*fn)(void *arg, const struct store_row *, struct err *), void *arg,
    struct err *e)
{
	AUTO(buf) struct buf body = BUF(DYN_BODY_MAX);
	struct dyn_record r = { .version = 0 };
	struct store_row row = { .identity = due->name };

	if (item == NULL)
		return dyn_damaged(d, e, "the record of %s is gone", due->name);
	TRY(dyn_record(d, item, due->name, &r, &body, e));
	row.state = r.state;
	row.next_at = r.next_at;
	row.body = buf_str(&body);
	return fn(arg, &row, e);
}

static enum ec
batch(struct dyn *d, const struct due *due, size_t n,
    enum ec (*fn)(void *arg, const struct store_row *, struct err *), void *arg,
    struct err *e)
{
	AUTO(json) cJSON *all = cJSON_CreateObject();

	if (all == NULL)
		return fail(e, EC_NOMEM, "no memory for records");
	TRY(fetch(d, due, n, all, e));
	for (size_t i = 0; i < n; i++)
		TRY(tell(d, &due[i],
		    cJSON_GetObjectItemCaseSensitive(all, due[i].name), fn, arg,
		    e));
	return EC_OK;
}

enum ec
dyn_due(void *ctx, int64_t now,
    enum ec (*fn)(void *arg, const struct store_row *, struct err *), void *arg,
    struct err *e)
{
	AUTO(buf) struct buf names = BUF(NAMES_MAX);
	struct due *due;
	size_t n;

	TRY(dyn_each_due(ctx, now, take_name, &names, e));
	if (names.len == 0)
		return EC_OK;
	due = (struct due *)(void *)names.p;
	n = names.len / sizeof(*due);
	qsort(due, n, sizeof(*due), earlier);
	for (size_t i = 0; i < n; i += BATCH)
		TRY(batch(
		    ctx, due + i, n - i < BATCH ? n - i : BATCH, fn, arg, e));
	return EC_OK;
}
