/*
 * torture_fake: DynamoDB and KMS for torture_aws.h, as far as the program asks
 * for them. They are in the place of the network process, with one table, and
 * have all the memory that they want. What is really stored is told in memory
 * that both share, past everything that may fail here.
 */
#ifndef TESTS_TORTURE_FAKE_H
#define TESTS_TORTURE_FAKE_H

#include <sys/mman.h>

#include <cjson/cJSON.h>

#include "base/far.h"
#include "base/http.h"
#include "base/wire.h"

#define FAKE_DATA_KEY "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

/* What to do before the next request. */
enum fake_order { FAKE_NOTHING, FAKE_SEED, FAKE_KEEP, FAKE_RESTORE };

static struct fake {
	char seed[4096]; /* the root item, JSON */
	volatile enum fake_order order;
	volatile int cancel;   /* so many transactions are refused */
	volatile bool missing; /* there is no such table, no such key */
	volatile int64_t rev, version, holds; /* of the root, the record "mail"
					       * and the root, as stored */
} * fake;

/* Of the child alone. */
static struct {
	cJSON *table, *kept;
} fake_side;

static const char *
fake_of(const cJSON *item, const char *attribute, const char *type)
{
	const char *s = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(
	    cJSON_GetObjectItemCaseSensitive(item, attribute), type));

	return s != NULL ? s : "";
}

/* By kind, then by name, as the keys of the table order them. */
static int
fake_compare(const cJSON *a, const cJSON *b)
{
	const int kind = strcmp(fake_of(a, "k", "S"), fake_of(b, "k", "S"));

	return kind != 0 ? kind
			 : strcmp(fake_of(a, "s", "S"), fake_of(b, "s", "S"));
}

/* *ret_at: where it is, or would be. */
static const cJSON *
fake_find(const cJSON *key, int *ret_at)
{
	const cJSON *one;

	*ret_at = 0;
	cJSON_ArrayForEach(one, fake_side.table)
	{
		const int c = fake_compare(one, key);

		if (c >= 0)
			return c == 0 ? one : NULL;
		++*ret_at;
	}
	return NULL;
}

static bool
fake_holds(const cJSON *op, const cJSON *there)
{
	const char *want = cJSON_GetStringValue(
	    cJSON_GetObjectItemCaseSensitive(op, "ConditionExpression"));
	const cJSON *names =
	    cJSON_GetObjectItemCaseSensitive(op, "ExpressionAttributeNames");
	const cJSON *values =
	    cJSON_GetObjectItemCaseSensitive(op, "ExpressionAttributeValues");

	if (want == NULL)
		return true;
	if (strncmp(want, "attribute_not_exists", 20) == 0)
		return there == NULL;
	if (strncmp(want, "attribute_exists", 16) == 0)
		return there != NULL;
	return there != NULL &&
	    strcmp(fake_of(there, cJSON_GetStringValue(names->child), "N"),
		fake_of(values, values->child->string, "N")) == 0;
}

/* Not by cJSON_InsertItemInArray(): that of Debian 12 inserts nowhere but at
 * the head. */
static void
fake_put(const cJSON *item)
{
	cJSON *to = cJSON_CreateArray(), *one;
	int at, i = 0;

	if (fake_find(item, &at) != NULL)
		cJSON_DeleteItemFromArray(fake_side.table, at);
	for (; (one = cJSON_DetachItemFromArray(fake_side.table, 0)) != NULL;
	     cJSON_AddItemToArray(to, one))
		if (i++ == at)
			cJSON_AddItemToArray(to, cJSON_Duplicate(item, true));
	if (i <= at)
		cJSON_AddItemToArray(to, cJSON_Duplicate(item, true));
	cJSON_Delete(fake_side.table);
	fake_side.table = to;
}

static void
fake_tell(void)
{
	const cJSON *one;

	fake->version = 0;
	cJSON_ArrayForEach(one, fake_side.table)
	{
		if (strcmp(fake_of(one, "k", "S"), "root") == 0) {
			fake->rev = atoll(fake_of(one, "rev", "N"));
			fake->holds = atoll(fake_of(one, "holds", "N"));
		}
		if (strcmp(fake_of(one, "k", "S"), "record") == 0 &&
		    strcmp(fake_of(one, "s", "S"), "mail") == 0)
			fake->version = atoll(fake_of(one, "version", "N"));
	}
}

/* All or nothing. False: refused. */
static bool
fake_transact(const cJSON *ask)
{
	const cJSON *all =
	    cJSON_GetObjectItemCaseSensitive(ask, "TransactItems");
	const cJSON *one;
	int at;

	if (fake->cancel > 0) {
		fake->cancel--;
		return false;
	}
	for (int apply = 0; apply < 2; apply++)
		cJSON_ArrayForEach(one, all)
		{
			const cJSON *op = one->child;
			const cJSON *item =
			    cJSON_GetObjectItemCaseSensitive(op, "Item");
			const cJSON *key = item != NULL
			    ? item
			    : cJSON_GetObjectItemCaseSensitive(op, "Key");

			if (apply == 0 && !fake_holds(op, fake_find(key, &at)))
				return false;
			if (apply != 0 && item != NULL)
				fake_put(item);
			else if (apply != 0 && fake_find(key, &at) != NULL)
				cJSON_DeleteItemFromArray(fake_side.table, at);
		}
	fake_tell();
	return true;
}

/* Two items a page, so that there are several. */
static void
fake_query(const cJSON *ask, cJSON *reply)
{
	const cJSON *values =
	    cJSON_GetObjectItemCaseSensitive(ask, "ExpressionAttributeValues");
	const cJSON *from =
	    cJSON_GetObjectItemCaseSensitive(ask, "ExclusiveStartKey");
	const char *until = fake_of(values, ":t", "N");
	cJSON *items = cJSON_AddArrayToObject(reply, "Items");
	const cJSON *one;
	cJSON *last;
	int n = 0;

	cJSON_ArrayForEach(one, fake_side.table)
	{
		if (strcmp(fake_of(one, "k", "S"),
			fake_of(values, ":k", "S")) != 0 ||
		    (*until != '\0' &&
			atoll(fake_of(one, "next_at", "N")) > atoll(until)) ||
		    (from != NULL && fake_compare(one, from) <= 0))
			continue;
		cJSON_AddItemToArray(items, cJSON_Duplicate(one, true));
		if (++n < 2)
			continue;
		last = cJSON_AddObjectToObject(reply, "LastEvaluatedKey");
		for (const char *const *k =
			 (const char *const[]){ "k", "s", NULL };
		     *k != NULL; k++)
			cJSON_AddItemToObject(last, *k,
			    cJSON_Duplicate(
				cJSON_GetObjectItemCaseSensitive(one, *k),
				true));
		break;
	}
	cJSON_AddNumberToObject(reply, "Count", n);
}

/* One item a request; the others are to be asked for again. */
static void
fake_batch(const cJSON *ask, cJSON *reply)
{
	const cJSON *of =
	    cJSON_GetObjectItemCaseSensitive(ask, "RequestItems")->child;
	const cJSON *keys = cJSON_GetObjectItemCaseSensitive(of, "Keys");
	cJSON *got = cJSON_AddArrayToObject(
	    cJSON_AddObjectToObject(reply, "Responses"), of->string);
	cJSON *rest = cJSON_AddObjectToObject(reply, "UnprocessedKeys");
	const cJSON *one;
	int at;

	one = fake_find(keys->child, &at);
	if (one != NULL)
		cJSON_AddItemToArray(got, cJSON_Duplicate(one, true));
	if (keys->child->next == NULL)
		return;
	cJSON_AddItemToObject(rest, of->string, cJSON_Duplicate(of, true));
	cJSON_DeleteItemFromArray(
	    cJSON_GetObjectItemCaseSensitive(rest->child, "Keys"), 0);
}

static void
fake_get(const cJSON *ask, cJSON *reply)
{
	int at;
	const cJSON *one =
	    fake_find(cJSON_GetObjectItemCaseSensitive(ask, "Key"), &at);

	if (one != NULL)
		cJSON_AddItemToObject(
		    reply, "Item", cJSON_Duplicate(one, true));
}

/* Returns the status. */
static int
fake_answer(const char *action, const cJSON *ask, cJSON *reply)
{
	if (fake->missing) {
		cJSON_AddStringToObject(reply, "__type",
		    strcmp(action, "GenerateDataKey") == 0
			? "NotFoundException"
			: "x#ResourceNotFoundException");
		return 400;
	}
	if (strcmp(action, "GetItem") == 0)
		fake_get(ask, reply);
	else if (strcmp(action, "Query") == 0)
		fake_query(ask, reply);
	else if (strcmp(action, "BatchGetItem") == 0)
		fake_batch(ask, reply);
	else if (strcmp(action, "GenerateDataKey") == 0 ||
	    strcmp(action, "Decrypt") == 0) {
		cJSON_AddStringToObject(reply, "CiphertextBlob", "QUJD");
		cJSON_AddStringToObject(reply, "Plaintext", FAKE_DATA_KEY);
	} else if (!fake_transact(ask)) {
		cJSON_AddStringToObject(reply, "__type",
		    "com.amazonaws.dynamodb.v20120810#"
		    "TransactionCanceledException");
		cJSON_AddStringToObject(reply, "message", "cancelled");
		return 400;
	}
	return 200;
}

static void
fake_obey(void)
{
	cJSON *to = fake->order == FAKE_SEED ? cJSON_CreateArray()
	    : fake->order == FAKE_RESTORE
	    ? cJSON_Duplicate(fake_side.kept, true)
	    : NULL;

	if (fake->order == FAKE_SEED)
		cJSON_AddItemToArray(to, cJSON_Parse(fake->seed));
	if (fake->order == FAKE_KEEP)
		fake_side.kept = cJSON_Duplicate(fake_side.table, true);
	fake->order = FAKE_NOTHING;
	if (to == NULL)
		return;
	cJSON_Delete(fake_side.table);
	fake_side.table = to;
	fake_tell();
}

/* As put_request() of http_far.c wrote it: up to the body. */
static const char *
fake_question(const struct buf *ask, char action[64])
{
	struct wire w;
	const char *s;
	size_t n;

	wire_open(&w, ask);
	(void)wire_get_text(&w); /* method */
	(void)wire_get_text(&w); /* address */
	while ((s = wire_get_text(&w)) != NULL)
		if (strncasecmp(s, "X-Amz-Target:", 13) == 0)
			(void)sscanf(s, "%*[^.].%63[A-Za-z]", action);
	s = wire_get_bytes(&w, &n);
	return s != NULL ? s : "";
}

/* As get_reply() of http_far.c reads it. */
static enum ec
fake_reply(int status, const char *text, struct buf *answer, struct err *e)
{
	const struct err well = { .ec = EC_OK };

	TRY(wire_put_err(answer, &well, e));
	TRY(wire_put(answer, status, e));
	TRY(wire_put_bytes(answer, text, strlen(text), e));
	TRY(wire_put(answer, -1, e)); /* Date */
	TRY(wire_put(answer, -1, e)); /* Retry-After */
	TRY(wire_put(answer, 0, e));
	TRY(wire_put(answer, 0, e));
	TRY(wire_put(answer, 0, e)); /* Age */
	for (size_t i = 0; i < HTTP_KEEP; i++)
		TRY(wire_put_text(answer, "", e));
	return EC_OK;
}

/* In the place of http_serve(). */
static enum ec
fake_serve(
    struct net *n, const struct buf *ask, struct buf *answer, struct err *e)
{
	char action[64] = "";
	cJSON *reply = cJSON_CreateObject();
	cJSON *what = cJSON_Parse(fake_question(ask, action));
	int status;
	char *text;
	enum ec ec;

	(void)n;
	fake_obey();
	status = fake_answer(action, what, reply);
	text = cJSON_PrintUnformatted(reply);
	ec = fake_reply(status, text, answer, e);
	cJSON_free(text);
	cJSON_Delete(what);
	cJSON_Delete(reply);
	return ec;
}

static struct net *fake_net; /* all that it leads to is fake_serve() */

/* Before there are secrets. */
static bool
fake_begin(struct err *e)
{
	static far_fn *const table[] = { [HTTP_FAR_OP] = fake_serve };
	struct confined how;
	struct far *far;

	fake = mmap(NULL, sizeof(*fake), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return fake != MAP_FAILED &&
	    far_start(table, COUNT(table), &far, &how, e) == EC_OK &&
	    net_new_far(far, NULL, &fake_net, e) == EC_OK;
}

static void
fake_end(void)
{
	net_free(fake_net);
}

#endif
