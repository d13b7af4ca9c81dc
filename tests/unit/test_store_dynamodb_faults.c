/* store_dynamodb when the network and the service are not kind: requests and
 * replies are lost, land late, are refused; and what a hand in the table did is
 * damage, not absence. */
#include <sys/wait.h>

#include "dynamo_world.h"
#include "fork_secrets.h"
#include "rotator/store_dynamodb_p.h"

static void
fault(const char *json)
{
	standin_post(&door, "/strict/fault", json);
}

static void
clear(void)
{
	standin_post(&door, "/strict/clear", "{}");
}

static const char *
table_of(const struct conform *c)
{
	return strrchr(c->place, '/') + 1;
}

/* A request as admin, unchecked; the reply. */
static cJSON *
meddle(const char *action, const char *fmt, const struct conform *c,
    const char *more)
{
	char body[4096], all[4400];

	(void)snprintf(body, sizeof(body), "{\"TableName\":\"%s\",%s%s}",
	    table_of(c), fmt, more);
	(void)snprintf(
	    all, sizeof(all), "{\"action\":\"%s\",\"body\":%s}", action, body);
	return standin_ctl(&door, "POST", "/strict/do", all);
}

static void
drop_item(const struct conform *c, const char *kind, const char *name)
{
	char key[200];

	(void)snprintf(key, sizeof(key),
	    "\"Key\":{\"k\":{\"S\":\"%s\"},\"s\":{\"S\":\"%s\"}}", kind, name);
	cJSON_Delete(meddle("DeleteItem", key, c, ""));
}

static void
alter(const struct conform *c, const char *kind, const char *name,
    const char *attribute, const char *value)
{
	char key[200], more[400];
	AUTO(json) cJSON *j = NULL;

	(void)snprintf(key, sizeof(key),
	    "\"Key\":{\"k\":{\"S\":\"%s\"},\"s\":{\"S\":\"%s\"}}", kind, name);
	(void)snprintf(more, sizeof(more),
	    ",\"UpdateExpression\":\"SET #a = :v\","
	    "\"ExpressionAttributeNames\":{\"#a\":\"%s\"},"
	    "\"ExpressionAttributeValues\":{\":v\":%s}",
	    attribute, value);
	j = meddle("UpdateItem", key, c, more);
	assert_int_equal((int)cJSON_GetNumberValue(
			     cJSON_GetObjectItemCaseSensitive(j, "status")),
	    200);
}

/* All kinds of writes, each of which must have its effect once; what was
 * written is found in the end. */
static void
session(const struct conform *c)
{
	AUTO(store) struct store s = { 0 };
	AUTO(rec) struct rec r = { 0 };
	struct event ev = { .at = T0, .what = "note", .text = "hello" };
	struct hold h = { true, T0, "ann", "Friday" };
	struct err e = { 0 };

	leased(c, &s);
	rec_init(&r, "shop");
	keep(&s, &r, "one");
	WANT(EC_OK, s.note(s.ctx, &ev, &e));
	WANT(EC_OK, s.fence(s.ctx, T0, &e));
	WANT(EC_OK, s.hold_set(s.ctx, "shop", &h, &e));
	WANT(EC_OK, s.hold_set(s.ctx, "mail", &h, &e));
	h.held = false;
	WANT(EC_OK, s.hold_set(s.ctx, "mail", &h, &e));
	WANT(EC_OK, s.commit(s.ctx, T0, &r, NULL, &e));
	keep(&s, &r, "three");
	WANT(EC_OK, s.meta_set(s.ctx, "config-hash", "1", &e));
	WANT(EC_OK, s.confirm_set(s.ctx, "web", "AKIA1", T0, "ann", &e));
	s.unlease(s.ctx);
}
#define SESSION_WRITES 11

static void
assert_session(const struct conform *c)
{
	AUTO(store) struct store s = { 0 };
	AUTO(buf) struct buf b = BUF(100);
	struct hold h = { .held = false };
	struct confirmation f = { .confirmed = false };
	struct err e = { 0 };

	leased(c, &s); /* free again */
	assert_loads(&s, "shop", 3, "");
	assert_events(
	    &s, NULL, "1 shop state one\n2  note hello\n3 shop state three\n");
	WANT(EC_OK, s.hold_get(s.ctx, "shop", &h, &e));
	assert_true(h.held);
	WANT(EC_OK, s.hold_get(s.ctx, "mail", &h, &e));
	assert_false(h.held);
	WANT(EC_OK, s.confirm_get(s.ctx, "web", "AKIA1", &f, &e));
	assert_true(f.confirmed);
	WANT(EC_OK, s.meta_get(s.ctx, "config-hash", &b, &e));
}

/* How one transaction of each place may go wrong without anybody noticing. */
static const char *const passing[] = {
	"\"how\":\"lost\",\"times\":1", /* done, not told */
	"\"how\":\"cut\",\"times\":1",  /* not done, not told */
	"\"how\":\"lost\",\"times\":2",
	"\"how\":\"error\",\"code\":\"InternalServerError\",\"status\":500,"
	"\"times\":1",
	"\"how\":\"error\",\"code\":\"TransactionConflictException\","
	"\"times\":1",
	"\"how\":\"error\",\"code\":\"TransactionCanceledException\","
	"\"times\":2",
	"\"how\":\"error\",\"code\":\"TransactionInProgressException\","
	"\"times\":1",
};

static void
each_place(void **state, const char *how)
{
	for (int at = 0; at < SESSION_WRITES; at++) {
		char json[300];

		clear();
		(void)snprintf(json, sizeof(json),
		    "{\"at\":\"TransactWriteItems\",\"after\":%d,%s}", at, how);
		fault(json);
		session(*state);
		clear();
		assert_session(*state);
		assert_int_equal(dynamo_end(state), 0);
		assert_int_equal(dynamo_make(state), 0);
	}
}

static void
test_passing(void **state)
{
	for (size_t i = 0; i < COUNT(passing); i++)
		each_place(state, passing[i]);
}

/* Tokens are not what it rests on: lost replies are found without them. */
static void
test_no_tokens(void **state)
{
	const struct conform *c = *state;
	AUTO(store) struct store s = { 0 };
	AUTO(rec) struct rec r = { 0 };

	leased(c, &s);
	rec_init(&r, "shop");
	for (int i = 0; i < 3; i++) {
		fault("{\"at\":\"TransactWriteItems\",\"how\":\"lost\","
		      "\"times\":1}");
		standin_post(&door, "/strict/forget", "{}");
		keep(&s, &r, "x");
	}
	assert_events(
	    &s, NULL, "1 shop state x\n2 shop state x\n3 shop state x\n");
}

/* A request that lands after it was given up: refused, whatever came in
 * between. */
static void
test_late(void **state)
{
	const struct conform *c = *state;
	AUTO(store) struct store s = { 0 };
	AUTO(rec) struct rec r = { 0 };
	AUTO(json) cJSON *j = NULL;
	const cJSON *landed;

	leased(c, &s);
	rec_init(&r, "shop");
	fault("{\"at\":\"TransactWriteItems\",\"how\":\"late\",\"times\":1}");
	keep(&s, &r, "one");
	standin_post(&door, "/strict/forget", "{}");
	j = standin_ctl(&door, "POST", "/strict/land", "{}");
	landed = cJSON_GetObjectItemCaseSensitive(j, "landed");
	assert_int_equal(cJSON_GetArraySize(landed), 1);
	assert_int_equal((int)cJSON_GetNumberValue(landed->child), 400);
	keep(&s, &r, "two");
	assert_events(&s, NULL, "1 shop state one\n2 shop state two\n");
}

/* No answer, nothing to be seen, and then refused: it may yet land, and does.
 * Whoever was told "later" would have gone on from the wrong record. */
static void
test_late_refused(void **state)
{
	const struct conform *c = *state;
	AUTO(store) struct store s = { 0 };
	AUTO(rec) struct rec r = { 0 };
	struct err e = { 0 };

	leased(c, &s);
	rec_init(&r, "shop");
	keep(&s, &r, "one");
	fault("{\"at\":\"TransactWriteItems\",\"how\":\"late\",\"times\":1}");
	fault("{\"at\":\"TransactWriteItems\",\"how\":\"error\","
	      "\"code\":\"ThrottlingException\"}");
	WANT(EC_UNKNOWN, s.commit(s.ctx, T0, &r, NULL, &e));
	clear();
	WANT(EC_UNKNOWN, s.commit(s.ctx, T0, &r, NULL, &e));
	standin_post(&door, "/strict/land", "{}");
	reopen(c, &s);
	assert_loads(&s, "shop", 2, "");
}

/* Cut off for good in the middle of a write: it says that it does not know,
 * and believes nothing any more; who opens it again finds the one or the
 * other. */
static void
unknown(void **state, const char *how, uint64_t version)
{
	const struct conform *c = *state;
	AUTO(store) struct store s = { 0 };
	AUTO(rec) struct rec r = { 0 };
	AUTO(rec) struct rec again = { 0 };
	struct hold h = { .held = false };
	struct err e = { 0 };

	leased(c, &s);
	rec_init(&r, "shop");
	keep(&s, &r, "one");
	fault(how);
	fault("{\"at\":\"*\",\"how\":\"cut\"}");
	WANT(EC_UNKNOWN, s.commit(s.ctx, T0, &r, NULL, &e));
	assert_int_equal(r.version, 1);
	clear();
	WANT(EC_UNKNOWN, s.commit(s.ctx, T0, &r, NULL, &e));
	WANT(EC_UNKNOWN, s.fence(s.ctx, T0, &e));
	WANT(EC_UNKNOWN, s.load(s.ctx, "shop", &again, &e));
	WANT(EC_UNKNOWN, s.hold_get(s.ctx, "shop", &h, &e));
	reopen(c, &s);
	assert_loads(&s, "shop", version, "");
}

static void
test_unknown_done(void **state)
{
	unknown(state,
	    "{\"at\":\"TransactWriteItems\",\"how\":\"lost\",\"times\":1}", 2);
}

static void
test_unknown_not_done(void **state)
{
	unknown(state,
	    "{\"at\":\"TransactWriteItems\",\"how\":\"cut\",\"times\":1}", 1);
}

/* Refusals, with the class and what the operator is told. */
static const struct refusal {
	const char *fault;
	enum ec want;
	const char *says, *fix;
} refusals[] = {
	{ "{\"at\":\"*\",\"how\":\"error\",\"code\":"
	  "\"ProvisionedThroughputExceededException\"}",
	    EC_TEMP, "ProvisionedThroughput", "" },
	{ "{\"at\":\"*\",\"how\":\"error\",\"code\":\"ThrottlingException\"}",
	    EC_TEMP, "Throttling", "" },
	{ "{\"at\":\"*\",\"how\":\"error\",\"code\":"
	  "\"RequestLimitExceeded\"}",
	    EC_TEMP, "RequestLimit", "" },
	{ "{\"at\":\"*\",\"how\":\"error\",\"code\":"
	  "\"ExpiredTokenException\"}",
	    EC_DENIED, "our AWS identity is", "token" },
	{ "{\"at\":\"TransactWriteItems\",\"how\":\"error\",\"code\":"
	  "\"AccessDeniedException\"}",
	    EC_DENIED, "DynamoDB table", "allow dynamodb:PutItem" },
	{ "{\"at\":\"*\",\"how\":\"error\",\"code\":"
	  "\"ResourceNotFoundException\"}",
	    EC_CONFIG, "no such table", "rotate store init" },
};

static void
test_refused(void **state)
{
	const struct conform *c = *state;
	AUTO(store) struct store s = { 0 };
	AUTO(rec) struct rec r = { 0 };
	struct err e = { 0 };

	leased(c, &s);
	rec_init(&r, "shop");
	for (size_t i = 0; i < COUNT(refusals); i++) {
		fault(refusals[i].fault);
		WANT(refusals[i].want, s.commit(s.ctx, T0, &r, NULL, &e));
		if (strstr(e.what, refusals[i].says) == NULL ||
		    strstr(e.fix, refusals[i].fix) == NULL)
			print_error("%s | %s\n", e.what, e.fix);
		assert_non_null(strstr(e.what, refusals[i].says));
		assert_non_null(strstr(e.what, table_of(c)));
		assert_non_null(strstr(e.fix, refusals[i].fix));
		clear();
	}
	WANT(EC_OK, s.commit(s.ctx, T0, &r, NULL, &e));
}

/* Throttled for longer than the SDKs would try: it waits, and writes once; not
 * for ever, though, and then it has written nothing. */
static void
test_patience(void **state)
{
	static const char *const how =
	    "{\"at\":\"%s\",\"how\":\"error\",\"code\":"
	    "\"ProvisionedThroughputExceededException\",\"times\":%d}";
	const struct conform *c = *state;
	AUTO(store) struct store s = { 0 };
	AUTO(rec) struct rec r = { 0 };
	struct err e = { 0 };
	char json[200];

	leased(c, &s);
	rec_init(&r, "shop");
	for (int times = 1; times < 2 * DYN_PATIENCE_TRIES; times += 5) {
		(void)snprintf(
		    json, sizeof(json), how, "TransactWriteItems", times);
		fault(json);
		dynamo_naps = 0;
		keep(&s, &r, "x");
		assert_true(times < 2 || dynamo_naps >= times / 2);
	}
	/* After a lost reply, while it looks what became of it. */
	fault("{\"at\":\"TransactWriteItems\",\"how\":\"lost\",\"times\":1}");
	(void)snprintf(json, sizeof(json), how, "GetItem", 7);
	fault(json);
	keep(&s, &r, "x");
	assert_loads(&s, "shop", r.version, "");
	fault("{\"at\":\"TransactWriteItems\",\"how\":\"error\","
	      "\"code\":\"ThrottlingException\"}");
	WANT(EC_TEMP, s.commit(s.ctx, T0, &r, NULL, &e));
	clear();
	assert_loads(&s, "shop", r.version, "");
	keep(&s, &r, "x");
}

/* A request that was lost lands while the next one is throttled: it is found,
 * and not made twice. */
static void
test_patience_late(void **state)
{
	const struct conform *c = *state;
	AUTO(store) struct store s = { 0 };
	struct event ev = { .at = T0, .what = "note", .text = "once" };
	struct err e = { 0 };

	leased(c, &s);
	fault("{\"at\":\"TransactWriteItems\",\"how\":\"late\",\"times\":1}");
	fault("{\"at\":\"TransactWriteItems\",\"how\":\"error\","
	      "\"code\":\"ThrottlingException\",\"times\":3}");
	dynamo_land = true;
	WANT(EC_OK, s.note(s.ctx, &ev, &e));
	assert_false(dynamo_land);
	assert_events(&s, NULL, "1  note once\n");
}

/* ---- hands in the table ------------------------------------------------ */

static void
furnish(const struct conform *c)
{
	static const char *const names[] = { "shop", "mail" };
	AUTO(store) struct store s = { 0 };
	struct hold h = { true, T0, "ann", "Friday" };
	struct err e = { 0 };

	leased(c, &s);
	for (size_t i = 0; i < COUNT(names); i++) {
		AUTO(rec) struct rec r = { 0 };

		rec_init(&r, names[i]);
		keep(&s, &r, "one");
		keep(&s, &r, "two");
	}
	WANT(EC_OK, s.hold_set(s.ctx, "shop", &h, &e));
	WANT(EC_OK, s.confirm_set(s.ctx, "web", "AKIA1", T0, "ann", &e));
	WANT(EC_OK, s.meta_set(s.ctx, "config-hash", "1", &e));
	s.unlease(s.ctx);
}

static enum ec
do_load(struct store *s, struct err *e)
{
	AUTO(rec) struct rec r = { 0 };

	return s->load(s->ctx, "shop", &r, e);
}

static enum ec
do_each(struct store *s, struct err *e)
{
	AUTO(buf) struct buf b = BUF(65536);

	return s->each(s->ctx, INT64_MAX, add_row, &b, e);
}

static enum ec
do_history(struct store *s, struct err *e)
{
	AUTO(buf) struct buf b = BUF(65536);

	return s->history(s->ctx, NULL, add_event, &b, e);
}

static enum ec
do_hold(struct store *s, struct err *e)
{
	struct hold h = { .held = false };

	return s->hold_get(s->ctx, "shop", &h, e);
}

static enum ec
do_confirm(struct store *s, struct err *e)
{
	struct confirmation f = { .confirmed = false };

	return s->confirm_get(s->ctx, "web", "AKIA1", &f, e);
}

static enum ec
do_meta(struct store *s, struct err *e)
{
	AUTO(buf) struct buf b = BUF(100);

	return s->meta_get(s->ctx, "config-hash", &b, e);
}

static enum ec
do_words(struct store *s, struct err *e)
{
	AUTO(buf) struct buf b = BUF(65536);

	return s->words(s->ctx, add_word, &b, e);
}

#define E1 "00000000000000000001"
#define E4 "00000000000000000004"

/* attribute NULL: the item is removed. */
static const struct hand {
	const char *kind, *name, *attribute, *value;
	enum ec (*see)(struct store *s, struct err *e);
} hands[] = {
	{ "record", "shop", NULL, NULL, do_load },
	{ "record", "shop", "version", "{\"N\":\"1\"}", do_load },
	{ "record", "shop", "version", "{\"N\":\"x\"}", do_load },
	{ "record", "shop", "version", "{\"S\":\"2\"}", do_load },
	{ "record", "shop", "fence", "{\"N\":\"9\"}", do_load },
	{ "record", "shop", "state", "{\"S\":\"DONE\"}", do_load },
	{ "record", "shop", "state", "{\"S\":\"?\"}", do_load },
	{ "record", "shop", "next_at", "{\"N\":\"1\"}", do_load },
	{ "record", "shop", "next_at", "{\"N\":\"1\"}", do_each },
	{ "record", "shop", "body", "{\"S\":\"{}\"}", do_load },
	{ "record", "shop", "body", "{\"B\":\"AGE=\"}", do_load },
	{ "record", "shop", "body", "{\"N\":\"1\"}", do_each },
	{ "record", "shop", "sum", "{\"S\":\"00\"}", do_load },
	{ "event", E1, NULL, NULL, do_history },
	{ "event", E4, NULL, NULL, do_history },
	{ "event", E4, "text", "{\"S\":\"y\"}", do_history },
	{ "event", E4, "at", "{\"N\":\"1\"}", do_history },
	{ "event", E4, "identity", "{\"S\":\"y\"}", do_history },
	{ "event", E4, "what", "{\"S\":\"y\"}", do_history },
	{ "event", E4, "prev", "{\"S\":\"y\"}", do_history },
	{ "event", E4, "hash", "{\"S\":\"y\"}", do_history },
	{ "hold", "shop", NULL, NULL, do_hold },
	{ "hold", "shop", NULL, NULL, do_words },
	{ "hold", "shop", "reason", "{\"S\":\"y\"}", do_hold },
	{ "hold", "shop", "by", "{\"S\":\"y\"}", do_hold },
	{ "hold", "shop", "since", "{\"N\":\"1\"}", do_hold },
	{ "confirm", "web AKIA1", "at", "{\"N\":\"1\"}", do_confirm },
	{ "confirm", "web AKIA1", "by", "{\"S\":\"y\"}", do_words },
	{ "meta", "config-hash", "value", "{\"S\":\"2\"}", do_meta },
};

static void
test_hands(void **state)
{
	for (size_t i = 0; i < COUNT(hands); i++) {
		const struct hand *h = &hands[i];
		AUTO(store) struct store s = { 0 };
		struct err e = { 0 };

		furnish(*state);
		reopen(*state, &s);
		WANT(EC_OK, h->see(&s, &e));
		reopen(*state, &s);
		if (h->attribute == NULL)
			drop_item(*state, h->kind, h->name);
		else
			alter(*state, h->kind, h->name, h->attribute, h->value);
		if (h->see(&s, &e) != EC_DAMAGED)
			print_error("%s %s %s\n", h->kind, h->name,
			    h->attribute != NULL ? h->attribute : "gone");
		WANT(EC_DAMAGED, h->see(&s, &e));
		assert_non_null(strstr(e.fix, "point-in-time"));
		auto_store(&s);
		assert_int_equal(dynamo_end(state), 0);
		assert_int_equal(dynamo_make(state), 0);
	}
}

/* An event with a right hash of its own, in place of another: the one behind it
 * does not follow from it. */
static void
test_forged_event(void **state)
{
	const struct conform *c = *state;
	AUTO(store) struct store s = { 0 };
	const unsigned char zero[DYN_SUM] = { 0 };
	unsigned char sum[DYN_SUM];
	char hex[2 * DYN_SUM + 16] = "{\"S\":\"";
	struct err e = { 0 };

	furnish(c);
	WANT(EC_OK,
	    dyn_sum(
		sum, &e, "iisssb", (int64_t)1, T0, "shop", "state", "y", zero));
	for (size_t i = 0; i < DYN_SUM; i++)
		(void)snprintf(hex + 6 + 2 * i, 3, "%02x", sum[i]);
	(void)strcat(hex, "\"}");
	alter(c, "event", E1, "text", "{\"S\":\"y\"}");
	alter(c, "event", E1, "hash", hex);
	reopen(c, &s);
	WANT(EC_DAMAGED, do_history(&s, &e));
	assert_non_null(strstr(e.what, "event 2 "));
}

static const char *const root_fields[] = { "rev", "seq", "records", "holds",
	"fence", "beat", "since", "ttl", "pid", "started" };

static void
test_root(void **state)
{
	const struct conform *c = *state;
	AUTO(store) struct store s = { 0 };
	struct dynamodb_options o;
	char seen[PATH_MAX];
	bool made, bare;
	struct err e = { 0 };

	furnish(c);
	for (size_t i = 0; i < COUNT(root_fields); i++) {
		alter(c, "root", "root", root_fields[i], "{\"N\":\"77\"}");
		WANT(EC_DAMAGED, c->open(c, &s, &e));
		assert_int_equal(dynamo_end(state), 0);
		assert_int_equal(dynamo_make(state), 0);
		c = *state;
		furnish(c);
	}
	alter(c, "root", "root", "format", "{\"N\":\"2\"}");
	WANT(EC_DAMAGED, c->open(c, &s, &e));
	assert_non_null(strstr(e.fix, "release"));
	drop_item(c, "root", "root");
	WANT(EC_CONFIG, c->open(c, &s, &e));
	assert_string_equal(e.fix, "rotate store init");
	o = dynamo_options(c, &rotators[0], seen);
	WANT(EC_DAMAGED, store_dynamodb_init(&o, &made, &bare, &e));
}

/* ---- many, and large --------------------------------------------------- */

static void
test_many(void **state)
{
	AUTO(store) struct store s = { 0 };
	AUTO(buf) struct buf want = BUF(65536);
	struct err e = { 0 };
	char name[32];

	leased(*state, &s);
	for (int i = 0; i < 120; i++) {
		AUTO(rec) struct rec r = { 0 };

		(void)snprintf(name, sizeof(name), "id%03d", i);
		rec_init(&r, name);
		r.next_at = T0 + 1000 - i / 2; /* two at a time */
		WANT(EC_OK, s.commit(s.ctx, T0, &r, NULL, &e));
	}
	for (int i = 118; i >= 0; i -= 2)
		WANT(EC_OK, buf_addf(&want, &e, "id%03d id%03d ", i, i + 1));
	assert_due(&s, INT64_MAX, buf_str(&want));
	assert_due(&s, T0 + 941, "id118 id119 ");
}

static void
test_large(void **state)
{
	AUTO(store) struct store s = { 0 };
	AUTO(rec) struct rec r = { 0 };
	struct rec_client *c;
	struct err e = { 0 };
	char name[32];
	enum ec ec = EC_OK;
	uint64_t version = 0;

	leased(*state, &s);
	rec_init(&r, "shop");
	for (int i = 0; ec == EC_OK && i < 5000; i += 200) {
		for (int k = i; k < i + 200; k++) {
			(void)snprintf(name, sizeof(name), "client%d", k);
			WANT(EC_OK, rec_client_add(&r, name, &c, &e));
			memset(c->evidence, 'x', sizeof(c->evidence) - 1);
		}
		version = r.version;
		ec = s.commit(s.ctx, T0, &r, NULL, &e);
	}
	assert_ec(ec, EC_LIMIT, &e);
	assert_int_equal(r.version, version);
	assert_true(version > 2);
	assert_loads(&s, "shop", version, "");
	assert_due(&s, INT64_MAX, "shop ");
}

/* More than one page of a query. */
static void
test_pages(void **state)
{
	static char text[60 * 1000];
	AUTO(store) struct store s = { 0 };
	AUTO(buf) struct buf b = BUF(1 << 22);
	struct event ev = {
		.at = T0, .identity = "shop", .what = "note", .text = text
	};
	struct err e = { 0 };

	memset(text, 'x', sizeof(text) - 1);
	reopen(*state, &s);
	for (int i = 0; i < 20; i++)
		WANT(EC_OK, s.note(s.ctx, &ev, &e));
	WANT(EC_OK, s.history(s.ctx, "shop", add_event, &b, &e));
	assert_true(b.len > 20 * sizeof(text));
	assert_non_null(strstr(buf_str(&b), "\n20 shop note x"));
}

/* ---- the lease --------------------------------------------------------- */

/* Every run is a new handle, as if by a timer: what was seen is in a file. */
static void
test_runs(void **state)
{
	const struct conform *c = *state;
	AUTO(store) struct store a = { 0 };
	AUTO(store) struct store b = { 0 };
	struct err e = { 0 };

	leased(c, &a);
	for (int64_t t = T0; t < T0 + TTL; t += TTL / 4) {
		reopen(c, &b);
		WANT(EC_BUSY, b.lease(b.ctx, t, TTL, &e));
	}
	WANT(EC_OK, a.fence(a.ctx, T0, &e));
	for (int64_t t = T0 + TTL; t < T0 + 2 * TTL; t += TTL / 4) {
		reopen(c, &b);
		WANT(EC_BUSY, b.lease(b.ctx, t, TTL, &e));
	}
	reopen(c, &b);
	WANT(EC_OK, b.lease(b.ctx, T0 + 2 * TTL, TTL, &e));
	WANT(EC_BUSY, a.fence(a.ctx, T0, &e));
}

/* An owner that ended on this machine is not waited for. */
static void
test_dead(void **state)
{
	const struct conform *c = *state;
	AUTO(store) struct store b = { 0 };
	struct err e = { 0 };
	siginfo_t info;
	pid_t pid;
	int status;

	fork_secrets();
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct store a = { 0 };

		rotator_begin(&rotators[2], 2);
		dynamo_as = &rotators[2];
		_exit(c->open(c, &a, &e) != EC_OK ||
		    a.lease(a.ctx, T0, TTL, &e) != EC_OK);
	}
	/* also while nobody has waited for it yet */
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	reopen(c, &b);
	WANT(EC_OK, b.lease(b.ctx, T0 + 1, TTL, &e));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	WANT(EC_OK, b.fence(b.ctx, T0 + 1, &e));
}

static bool
is_held(void)
{
	AUTO(json)
	cJSON *j = standin_ctl(&door, "POST", "/strict/held", "{}");

	return cJSON_GetNumberValue(
		   cJSON_GetObjectItemCaseSensitive(j, "held")) > 0;
}

/* The reply to taking the lease is lost, and before we look an operator has
 * written: it is ours all the same. */
static void
test_lost_lease(void **state)
{
	const struct conform *c = *state;
	AUTO(store) struct store b = { 0 };
	struct hold h = { true, T0, "ann", "now" };
	struct err e = { 0 };
	pid_t pid;
	int status;

	reopen(c, &b);
	/* the root on opening, the root before, the root after */
	fault("{\"at\":\"TransactWriteItems\",\"how\":\"lost\",\"times\":1,"
	      "\"user\":\"AKIAROTATORROTATOR02\"}");
	fault("{\"at\":\"GetItem\",\"how\":\"hold\",\"after\":2,\"times\":1,"
	      "\"user\":\"AKIAROTATORROTATOR02\"}");
	fork_secrets();
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct store a = { 0 };

		rotator_begin(&rotators[2], 2);
		dynamo_as = &rotators[2];
		_exit(c->open(c, &a, &e) != EC_OK ||
		    a.lease(a.ctx, T0, TTL, &e) != EC_OK ||
		    a.fence(a.ctx, T0, &e) != EC_OK);
	}
	while (!is_held())
		(void)usleep(10000);
	WANT(EC_OK, b.hold_set(b.ctx, "shop", &h, &e));
	standin_post(&door, "/strict/release", "{}");
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* Nobody's wall clock counts: one that is years ahead takes nothing. */
static void
test_clocks(void **state)
{
	const struct conform *c = *state;
	AUTO(store) struct store a = { 0 };
	AUTO(store) struct store b = { 0 };
	struct err e = { 0 };

	leased(c, &a);
	reopen(c, &b);
	for (int i = 1; i < 10; i++)
		WANT(
		    EC_BUSY, dynamo_lease(b.ctx, T0 + i * 1000 * TTL, TTL, &e));
	/* and the span is that of the owner when it is the longer one */
	dynamo_now = T0 + TTL - 1;
	WANT(EC_BUSY, dynamo_lease(b.ctx, 0, 1, &e));
	dynamo_now = T0 + TTL;
	WANT(EC_OK, dynamo_lease(b.ctx, 0, 1, &e));
	WANT(EC_BUSY, a.fence(a.ctx, T0, &e));
}

static const char *const not_ours[] = {
	"", "x", "\n",
	"00000000-0000-0000-0000-000000000000 us-east-1 t fence 1 beat 0 at 1\n"
};

/* What is in the file is believed only when it is of this boot, table and
 * lease, and not of a time to come. */
static void
test_seen(void **state)
{
	const struct conform *c = *state;
	AUTO(store) struct store a = { 0 };
	AUTO(store) struct store b = { 0 };
	struct err e = { 0 };
	char seen[PATH_MAX];
	FILE *f;

	leased(c, &a);
	(void)dynamo_options(c, dynamo_as, seen);
	for (size_t i = 0; i < COUNT(not_ours); i++) {
		f = fopen(seen, "we");
		assert_non_null(f);
		(void)fputs(not_ours[i], f);
		(void)fclose(f);
		reopen(c, &b);
		WANT(EC_BUSY, b.lease(b.ctx, T0 + 5 * TTL, TTL, &e));
		WANT(EC_BUSY, b.lease(b.ctx, T0 + 6 * TTL - 1, TTL, &e));
	}
	dynamo_now = T0; /* an earlier time than the one in the file */
	WANT(EC_BUSY, dynamo_lease(b.ctx, T0, TTL, &e));
	WANT(EC_OK, b.lease(b.ctx, T0 + TTL, TTL, &e));
}

/* No place to remember in: it says so, and never passes over anybody. */
static void
test_forgetful(void **state)
{
	struct conform c = *(struct conform *)*state;
	AUTO(store) struct store a = { 0 };
	AUTO(store) struct store b = { 0 };
	struct dynamodb_options o;
	char seen[PATH_MAX];
	struct err e = { 0 };

	leased(&c, &a);
	o = dynamo_options(&c, dynamo_as, seen);
	o.seen = "/proc/nothing/here";
	WANT(EC_OK, store_dynamodb_open(&o, STORE_RW, &b, &e));
	for (int i = 0; i < 4; i++) {
		dynamo_now += TTL;
		WANT(EC_BUSY, dynamo_lease(b.ctx, T0, TTL, &e));
		assert_non_null(strstr(e.fix, "/proc/nothing"));
	}
}

/* The fence counts up for ever, also when a lease is given back. */
static void
test_fence_grows(void **state)
{
	const struct conform *c = *state;
	AUTO(store) struct store s = { 0 };
	AUTO(rec) struct rec r = { 0 };
	struct err e = { 0 };

	for (int i = 1; i < 5; i++) {
		AUTO(json) cJSON *j = NULL;
		char want[16];

		leased(c, &s);
		rec_init(&r, "shop");
		r.version = (uint64_t)i - 1;
		WANT(EC_OK, s.commit(s.ctx, T0, &r, NULL, &e));
		s.unlease(s.ctx);
		j = meddle("GetItem",
		    "\"Key\":{\"k\":{\"S\":\"record\"},\"s\":{\"S\":\"shop\"}}",
		    c, "");
		(void)snprintf(want, sizeof(want), "%d", i);
		assert_string_equal(
		    json_text(
			cJSON_GetObjectItemCaseSensitive(
			    cJSON_GetObjectItemCaseSensitive(
				cJSON_GetObjectItemCaseSensitive(j, "body"),
				"Item"),
			    "fence"),
			"N"),
		    want);
		rec_free(&r);
	}
}

static void
test_read_only(void **state)
{
	const struct conform *c = *state;
	AUTO(store) struct store s = { 0 };
	struct event ev = { .at = T0, .what = "x" };
	struct dynamodb_options o;
	char seen[PATH_MAX];
	struct err e = { 0 };

	furnish(c);
	o = dynamo_options(c, &rotators[1], seen);
	WANT(EC_OK, store_dynamodb_open(&o, STORE_RO, &s, &e));
	assert_loads(&s, "shop", 2, "");
	WANT(EC_DENIED, s.note(s.ctx, &ev, &e));
	WANT(EC_DENIED, s.lease(s.ctx, T0, TTL, &e));
	assert_false(s.relief(s.ctx));
	o.table = "no";
	WANT(EC_CONFIG, store_dynamodb_open(&o, STORE_RO, &s, &e));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(t) cmocka_unit_test_setup_teardown(t, dynamo_make, dynamo_end)
		T(test_passing),
		T(test_no_tokens),
		T(test_late),
		T(test_late_refused),
		T(test_unknown_done),
		T(test_unknown_not_done),
		T(test_refused),
		T(test_patience),
		T(test_patience_late),
		T(test_hands),
		T(test_forged_event),
		T(test_root),
		T(test_many),
		T(test_large),
		T(test_pages),
		T(test_runs),
		T(test_dead),
		T(test_lost_lease),
		T(test_clocks),
		T(test_seen),
		T(test_forgetful),
		T(test_fence_grows),
		T(test_read_only),
	};
	struct err e;

	if (secret_init(&e) != EC_OK)
		return 1;
	door_open("moto");
	return cmocka_run_group_tests_name(
	    "store dynamodb, faults", tests, dynamo_begin, dynamo_finish);
}
