/*
 * table_cloud: an AWS in a child process: DynamoDB, which keeps what it is
 * told and holds to conditions, and one key of KMS. Fast enough to be asked a
 * hundred thousand times. It gives little at a time, as the real one may: two
 * items a page, two keys a batch.
 *
 * It is as strict as a test of failing memory needs; tests/standin/dynamo.py
 * is the one that refuses what DynamoDB refuses.
 */
#ifndef TESTS_FAULTS_TABLE_CLOUD_H
#define TESTS_FAULTS_TABLE_CLOUD_H

#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "base/auto.h"
#include "clients/json.h"

static struct {
	cJSON *items; /* in order of their keys "k\ns" */
	bool made, backups, protects;
} tab;

#define SAYS(code) "{\"__type\":\"x#" code "\",\"message\":\"" code "\"}"

static const cJSON *
tab_at(const cJSON *j, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(j, key);
}

/* The text of the first member, whatever it is called. */
static const char *
tab_first(const cJSON *j)
{
	return j != NULL ? cJSON_GetStringValue(j->child) : NULL;
}

static void
tab_key(const cJSON *item, char ret[512])
{
	(void)snprintf(ret, 512, "%s\n%s", tab_first(tab_at(item, "k")),
	    tab_first(tab_at(item, "s")));
}

static cJSON *
tab_find(const cJSON *item)
{
	char key[512];

	tab_key(item, key);
	return cJSON_GetObjectItemCaseSensitive(tab.items, key);
}

/* The list of an object keeps the order in which it was made. */
static void
tab_put(const cJSON *item)
{
	cJSON *all = cJSON_CreateObject(), *old;
	cJSON *copy = cJSON_Duplicate(item, 1);
	char key[512];

	tab_key(item, key);
	while ((old = cJSON_DetachItemFromArray(tab.items, 0)) != NULL) {
		const int order = copy != NULL ? strcmp(old->string, key) : -1;

		if (order >= 0) {
			cJSON_AddItemToObject(all, key, copy);
			copy = NULL;
		}
		if (order == 0)
			cJSON_Delete(old);
		else
			cJSON_AddItemToObject(all, old->string, old);
	}
	if (copy != NULL)
		cJSON_AddItemToObject(all, key, copy);
	cJSON_Delete(tab.items);
	tab.items = all;
}

static bool
tab_holds(const cJSON *op, const cJSON *old)
{
	const char *text =
	    cJSON_GetStringValue(tab_at(op, "ConditionExpression"));
	const char *name = tab_first(tab_at(op, "ExpressionAttributeNames"));
	const cJSON *values = tab_at(op, "ExpressionAttributeValues");
	const char *want, *is;

	if (text == NULL)
		return true;
	if (strncmp(text, "attribute_", 10) == 0)
		return (strncmp(text, "attribute_not", 13) == 0) ==
		    (old == NULL);
	want = values != NULL ? tab_first(values->child) : NULL;
	is = tab_first(tab_at(old, name));
	return want != NULL && is != NULL && strcmp(want, is) == 0;
}

static const cJSON *
tab_item(const cJSON *op)
{
	const cJSON *item = tab_at(op, "Item");

	return item != NULL ? item : tab_at(op, "Key");
}

static const char *
tab_transact(const cJSON *ask)
{
	const cJSON *list = tab_at(ask, "TransactItems"), *one;
	char key[512];

	cJSON_ArrayForEach(one, list) if (
	    !tab_holds(one->child,
		tab_find(tab_item(
		    one->child)))) return SAYS("TransactionCanceledException");
	cJSON_ArrayForEach(one, list)
	{
		tab_key(tab_item(one->child), key);
		if (strcmp(one->child->string, "Put") == 0)
			tab_put(tab_item(one->child));
		else
			cJSON_DeleteItemFromObjectCaseSensitive(tab.items, key);
	}
	return NULL;
}

static bool
tab_due(const cJSON *item, const cJSON *values)
{
	const char *until = tab_first(tab_at(values, ":t"));
	const char *at = tab_first(tab_at(item, "next_at"));

	return until == NULL ||
	    (at != NULL && strtoll(at, NULL, 10) <= strtoll(until, NULL, 10));
}

static void
tab_query(const cJSON *ask, cJSON *reply)
{
	const cJSON *values = tab_at(ask, "ExpressionAttributeValues"), *item;
	const cJSON *start = tab_at(ask, "ExclusiveStartKey");
	const char *kind = tab_first(tab_at(values, ":k"));
	cJSON *items = cJSON_AddArrayToObject(reply, "Items"), *last;
	char from[512] = "";
	int n = 0;

	if (start != NULL)
		tab_key(start, from);
	cJSON_ArrayForEach(item, tab.items)
	{
		if (strcmp(tab_first(tab_at(item, "k")), kind) != 0 ||
		    strcmp(item->string, from) <= 0 || !tab_due(item, values))
			continue;
		cJSON_AddItemToArray(items, cJSON_Duplicate(item, 1));
		if (++n < 2)
			continue;
		last = cJSON_AddObjectToObject(reply, "LastEvaluatedKey");
		cJSON_AddItemToObject(
		    last, "k", cJSON_Duplicate(tab_at(item, "k"), 1));
		cJSON_AddItemToObject(
		    last, "s", cJSON_Duplicate(tab_at(item, "s"), 1));
		break;
	}
	(void)cJSON_AddNumberToObject(reply, "Count", n);
	if (tab_at(ask, "Select") != NULL)
		cJSON_DeleteItemFromObjectCaseSensitive(reply, "Items");
}

static void
tab_batch(const cJSON *ask, cJSON *reply)
{
	const cJSON *table = tab_at(ask, "RequestItems")->child, *key;
	cJSON *got = cJSON_AddArrayToObject(
	    cJSON_AddObjectToObject(reply, "Responses"), table->string);
	cJSON *rest = cJSON_AddObjectToObject(reply, "UnprocessedKeys");
	cJSON *keys = NULL;
	int n = 0;

	cJSON_ArrayForEach(key, tab_at(table, "Keys"))
	{
		const cJSON *item = tab_find(key);

		if (n++ < 2) {
			if (item != NULL)
				cJSON_AddItemToArray(
				    got, cJSON_Duplicate(item, 1));
			continue;
		}
		if (keys == NULL)
			keys = cJSON_AddArrayToObject(
			    cJSON_AddObjectToObject(rest, table->string),
			    "Keys");
		cJSON_AddItemToArray(keys, cJSON_Duplicate(key, 1));
	}
}

static const char tab_text[] =
    "{\"Table\":{\"TableStatus\":\"ACTIVE\",\"DeletionProtectionEnabled\":%s,"
    "\"KeySchema\":[{\"AttributeName\":\"k\",\"KeyType\":\"HASH\"},"
    "{\"AttributeName\":\"s\",\"KeyType\":\"RANGE\"}],"
    "\"AttributeDefinitions\":[{\"AttributeName\":\"k\",\"AttributeType\":"
    "\"S\"},{\"AttributeName\":\"s\",\"AttributeType\":\"S\"},"
    "{\"AttributeName\":\"next_at\",\"AttributeType\":\"N\"}],"
    "\"LocalSecondaryIndexes\":[{\"IndexName\":\"due\",\"KeySchema\":["
    "{\"AttributeName\":\"k\",\"KeyType\":\"HASH\"},"
    "{\"AttributeName\":\"next_at\",\"KeyType\":\"RANGE\"}]}]}}";
static const char tab_backups[] =
    "{\"ContinuousBackupsDescription\":{\"PointInTimeRecoveryDescription\":"
    "{\"PointInTimeRecoveryStatus\":\"%s\"}}}";
/* A data key and its encrypted form, always the same ones. */
static const char tab_kms[] =
    "{\"CiphertextBlob\":\"QUJD\","
    "\"Plaintext\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\"}";

static void
tab_reply(cJSON *reply, struct buf *ret, struct err *e)
{
	(void)!json_print(reply, ret, e);
	cJSON_Delete(reply);
}

/* What is about the table itself. */
static const char *
tab_about(const char *action, struct buf *ret, struct err *e)
{
	if (strcmp(action, "CreateTable") == 0)
		tab.made = true;
	else if (!tab.made)
		return SAYS("ResourceNotFoundException");
	if (strcmp(action, "UpdateTable") == 0)
		tab.protects = true;
	if (strcmp(action, "UpdateContinuousBackups") == 0)
		tab.backups = true;
	if (strcmp(action, "DescribeTable") == 0)
		(void)!buf_addf(
		    ret, e, tab_text, tab.protects ? "true" : "false");
	else
		(void)!buf_addf(
		    ret, e, tab_backups, tab.backups ? "ENABLED" : "DISABLED");
	return NULL;
}

/* NULL: answered in ret; else refused thus. */
static const char *
tab_act(const char *action, const cJSON *ask, struct buf *ret, struct err *e)
{
	cJSON *reply;
	const char *bad = NULL;

	if (strncmp(action, "TrentService.", 13) == 0) {
		(void)!buf_adds(ret, tab_kms, e);
		return NULL;
	}
	action += strlen("DynamoDB_20120810.");
	if (strstr(action, "Item") == NULL && strcmp(action, "Query") != 0)
		return tab_about(action, ret, e);
	if (!tab.made)
		return SAYS("ResourceNotFoundException");
	reply = cJSON_CreateObject();
	if (strcmp(action, "GetItem") == 0) {
		const cJSON *item = tab_find(tab_at(ask, "Key"));

		if (item != NULL)
			cJSON_AddItemToObject(
			    reply, "Item", cJSON_Duplicate(item, 1));
	} else if (strcmp(action, "Query") == 0) {
		tab_query(ask, reply);
	} else if (strcmp(action, "BatchGetItem") == 0) {
		tab_batch(ask, reply);
	} else {
		bad = tab_transact(ask);
	}
	tab_reply(reply, ret, e);
	return bad;
}

/* ---- the service around it ---- */

static struct {
	pid_t pid;
	unsigned port;
	unsigned *forget; /* shared: how often all was to be forgotten */
} cloud_server;

static void
tab_forget(void)
{
	static unsigned done;

	if (tab.items != NULL && done == *cloud_server.forget)
		return;
	done = *cloud_server.forget;
	cJSON_Delete(tab.items);
	memset(&tab, 0, sizeof(tab));
	tab.items = cJSON_CreateObject();
}

static void
tab_say(int fd, const char *bad, const struct buf *good)
{
	const char *text = bad != NULL ? bad : buf_str(good);

	(void)dprintf(fd,
	    "HTTP/1.1 %s\r\nContent-Length: %zu\r\n"
	    "x-amzn-RequestId: rid-1\r\n\r\n%s",
	    bad != NULL ? "400 Bad" : "200 OK", strlen(text), text);
}

/* A whole request in text; its body, or NULL: the other end is gone. */
static const char *
tab_hear(int fd, char *text, size_t size)
{
	size_t len = 0, want = size;
	const char *body = NULL, *length;

	while (len < want) {
		const ssize_t n = read(fd, text + len, size - 1 - len);

		if (n <= 0)
			return NULL;
		len += (size_t)n;
		text[len] = '\0';
		if (body != NULL || (body = strstr(text, "\r\n\r\n")) == NULL)
			continue;
		body += 4;
		length = strcasestr(text, "\r\nContent-Length: ");
		want = (size_t)(body - text) +
		    (length != NULL ? strtoul(length + 18, NULL, 10) : 0);
	}
	return body;
}

/* False: that was the last one. */
static bool
tab_serve(int fd)
{
	static char text[1024 * 1024];
	AUTO(buf) struct buf good = BUF(sizeof(text));
	AUTO(json) cJSON *ask = NULL;
	const char *body = tab_hear(fd, text, sizeof(text));
	char *target = strcasestr(text, "x-amz-target: ");
	struct err e;

	if (body == NULL || target == NULL)
		return false;
	tab_forget();
	target += strlen("x-amz-target: ");
	ask = cJSON_Parse(body);
	target[strcspn(target, "\r")] = '\0';
	tab_say(fd, tab_act(target, ask, &good, &e), &good);
	return true;
}

#define TAB_ENDS 16

static void
tab_listen(int fd)
{
	struct pollfd ends[TAB_ENDS] = { { .fd = fd, .events = POLLIN } };
	nfds_t n = 1;

	while (poll(ends, n, -1) > 0) {
		for (nfds_t i = 1; i < n; i++)
			if (ends[i].revents != 0 && !tab_serve(ends[i].fd)) {
				(void)close(ends[i].fd);
				ends[i--] = ends[--n];
			}
		if (ends[0].revents != 0 && n < TAB_ENDS)
			ends[n++] =
			    (struct pollfd){ .fd = accept(fd, NULL, NULL),
				    .events = POLLIN };
	}
}

static bool
cloud_server_begin(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(a);
	union {
		struct sockaddr_in *in;
		struct sockaddr *any;
	} u = { &a };
	AUTO(fd) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	cloud_server.forget = mmap(NULL, sizeof(*cloud_server.forget),
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (cloud_server.forget == MAP_FAILED || fd < 0 ||
	    bind(fd, u.any, len) != 0 || listen(fd, TAB_ENDS) != 0 ||
	    getsockname(fd, u.any, &len) != 0)
		return false;
	cloud_server.port = ntohs(a.sin_port);
	cloud_server.pid = fork();
	if (cloud_server.pid != 0)
		return cloud_server.pid > 0;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)signal(SIGPIPE, SIG_IGN);
	tab_listen(fd);
	_exit(1);
}

#endif
