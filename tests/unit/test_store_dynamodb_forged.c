/* store_dynamodb: items that a hand put there with a right checksum, values
 * that are none. */
#include <inttypes.h>

#include "dynamo_says.h"

static const struct root plain_root = { .rev = 1, .write = "w" };

static enum ec
load(struct says *w)
{
	AUTO(rec) struct rec r = { 0 };

	return w->s.load(w->s.ctx, "shop", &r, &w->e);
}

/* ---- records ----------------------------------------------------------- */

/* The item is whole, but what is in it is another record. */
static void
test_other_record(void **state)
{
	static const struct {
		const char *of;
		uint64_t version;
		enum ec want;
	} rows[] = {
		{ "shop", 1, EC_OK },
		{ "mail", 1, EC_DAMAGED },
		{ "shop", 2, EC_DAMAGED },
	};
	struct says *w = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(buf) struct buf b = BUF(65536);

		add_record(&b, "shop", rows[i].of, rows[i].version);
		say_root(w, &plain_root);
		say_item(w, &b, NULL, NULL);
		says_open(w);
		assert_ec(load(w), rows[i].want, &w->e);
		says_end(w);
	}
}

/* from becomes to, in a record that is good otherwise. */
static const struct {
	const char *from, *to, *says;
} values[] = {
	{ "\"fence\"", "\"fench\"", "\"fence\" was altered" },
	{ "\"next_at\"", "\"next_ah\"", "\"next_at\" was altered" },
	{ "\"version\":{\"N\":\"1\"}", "\"version\":{\"N\":\"\" }",
	    "\"version\" was altered" },
	{ "\"fence\":{\"N\":\"1\"},", "\"fence\":{\"N\":\"-\"},",
	    "\"fence\" was altered" },
	{ "\"k\":{\"S\"", "\"k\":{\"N\"", NULL }, /* only for words */
};

static void
test_values(void **state)
{
	struct says *w = *state;

	for (size_t i = 0; i < COUNT(values); i++) {
		AUTO(buf) struct buf b = BUF(65536);

		add_record(&b, "shop", "shop", 1);
		say_root(w, &plain_root);
		say_item(w, &b, values[i].from, values[i].to);
		says_open(w);
		if (values[i].says == NULL) {
			assert_ec(load(w), EC_OK, &w->e);
		} else {
			assert_ec(load(w), EC_DAMAGED, &w->e);
			assert_told(&w->e, "item record/shop", "");
			assert_told(&w->e, values[i].says, "point-in-time");
		}
		says_end(w);
	}
}

/* Numbers that no int64_t holds, texts that are too long for where they go,
 * and an item of which not even the key can be told. */
static void
test_limits(void **state)
{
	static const struct {
		const char *json, *says;
	} rows[] = {
		{ "{\"Item\":{\"version\":{\"N\":\"99999999999999999999\"}}}",
		    "item ?/?: \"version\" was altered" },
		{ "{\"Item\":{\"k\":{\"S\":\"record\"},\"version\":{\"N\":"
		  "\"1-1\"}}}",
		    "item record/?: \"version\" was altered" },
		{ "{\"Item\":{\"s\":{\"S\":\"shop\"},\"version\":{\"N\":"
		  "\"1\"},\"fence\":{\"N\":\"1\"},\"state\":{\"S\":"
		  "\"01234567890123456789012345678901\"}}}",
		    "item ?/shop: \"state\" was altered" },
	};
	struct says *w = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		say_root(w, &plain_root);
		say_ok(w, rows[i].json);
		says_open(w);
		assert_ec(load(w), EC_DAMAGED, &w->e);
		assert_told(&w->e, rows[i].says, "");
		says_end(w);
	}
}

/* ---- commits ----------------------------------------------------------- */

/* Until patience is at its end. */
static void
say_later(struct says *w)
{
	for (int i = 0; i <= DYN_PATIENCE_TRIES; i++)
		say_no(w, "ThrottlingException");
}

static void
test_commit_refused(void **state)
{
	static const char *const stored[] = { NULL,
		"{\"Item\":{\"version\":{\"S\":\"1\"}}}" };
	struct says *w = *state;

	for (size_t i = 0; i < COUNT(stored); i++) {
		AUTO(rec) struct rec r = { 0 };
		const struct root held = held_root(2, 1);

		rec_init(&r, "shop");
		say_root(w, &plain_root);
		say_root(w, &plain_root);
		say_ok(w, "{}"); /* the lease is ours */
		say_no(w, "TransactionCanceledException");
		say_root(w, &held);
		if (stored[i] == NULL)
			say_later(w);
		else
			say_ok(w, stored[i]);
		says_open(w);
		MUST_BE(EC_OK, w->s.lease(w->s.ctx, T0, TTL, &w->e));
		assert_ec(w->s.commit(w->s.ctx, T0, &r, NULL, &w->e),
		    stored[i] == NULL ? EC_TEMP : EC_DAMAGED, &w->e);
		assert_int_equal(r.version, 0);
		says_end(w);
	}
}

/* After a lost reply somebody else has written: the item tells whether ours
 * was there before; and when it cannot be read, nobody knows. */
static const struct {
	const char *json; /* of the item; NULL: refused */
	enum ec ec;       /* of the note */
} proofs[] = {
	{ NULL, EC_UNKNOWN },
	{ "{}", EC_OK },
	{ "{\"Item\":{\"write\":{\"S\":\"of somebody\"}}}", EC_OK },
};

static void
test_proofs(void **state)
{
	struct says *w = *state;

	for (size_t i = 0; i < COUNT(proofs); i++) {
		const struct event ev = { .at = T0, .what = "x" };
		struct root other = plain_root;

		other.rev = 2;
		say_root(w, &plain_root);
		say_no(w, "InternalServerError");
		say_root(w, &other);
		if (proofs[i].json == NULL)
			say_later(w);
		else
			say_ok(w, proofs[i].json);
		if (proofs[i].ec == EC_OK)
			say_ok(w, "{}"); /* once more, and well */
		says_open(w);
		assert_ec(w->s.note(w->s.ctx, &ev, &w->e), proofs[i].ec, &w->e);
		says_end(w);
	}
}

/* The item bears our id: it was stored before what the others wrote. */
#define NO_ID "the-id-of-this-write-in-32-bytes"

struct hint {
	struct says *w;
	bool again;
};

static enum ec
show_id(struct dyn *d, struct change *c, void *arg, struct err *e)
{
	struct hint *h = arg;

	(void)d;
	(void)e;
	for (size_t i = 0; i < h->w->n; i++) {
		/* Our own memory, which the service shares. */
		const char *at = strstr(h->w->steps[i].text, NO_ID);

		if (at != NULL)
			memcpy(h->w->pool + (at - h->w->pool), c->write,
			    DYN_ID - 1);
	}
	h->again |= c->again;
	change_proof(c, "event", "x");
	return EC_OK;
}

static void
test_proof_found(void **state)
{
	struct says *w = *state;
	struct root other = plain_root;
	struct hint h = { .w = w };

	other.rev = 2;
	say_root(w, &plain_root);
	say_no(w, "InternalServerError");
	say_root(w, &other);
	say_ok(w, "{\"Item\":{\"write\":{\"S\":\"" NO_ID "\"}}}");
	says_open(w);
	assert_ec(dyn_change(w->s.ctx, show_id, &h, &w->e), EC_OK, &w->e);
	assert_false(h.again);
	says_end(w);
}

/* What answers a write, and not in JSON, may have carried it out. */
static void
test_no_json(void **state)
{
	const struct event ev = { .at = T0, .what = "x" };
	struct says *w = *state;

	say_root(w, &plain_root);
	say_ok(w, "<html>");
	say_later(w);
	says_open(w);
	assert_ec(w->s.note(w->s.ctx, &ev, &w->e), EC_UNKNOWN, &w->e);
	assert_told(&w->e, "not known whether this was stored", "");
	says_end(w);
}

static void
test_too_much(void **state)
{
	static char text[65 * 1024 + 1];
	const struct event ev = { .at = T0, .what = "x", .text = text };
	const struct hold h = { true, T0, "ann", "x" };
	struct confirmation yes;
	struct hold got;
	struct says *w = *state;

	memset(text, 'x', sizeof(text) - 1);
	say_root(w, &plain_root);
	says_open(w);
	assert_ec(w->s.note(w->s.ctx, &ev, &w->e), EC_LIMIT, &w->e);
	text[300] = '\0';
	assert_ec(w->s.hold_set(w->s.ctx, text, &h, &w->e), EC_LIMIT, &w->e);
	assert_ec(w->s.hold_get(w->s.ctx, text, &got, &w->e), EC_LIMIT, &w->e);
	assert_ec(w->s.hold_get(w->s.ctx, "", &got, &w->e), EC_LIMIT, &w->e);
	assert_ec(w->s.meta_set(w->s.ctx, text, "x", &w->e), EC_LIMIT, &w->e);
	assert_ec(w->s.confirm_get(w->s.ctx, text, "K", &yes, &w->e), EC_LIMIT,
	    &w->e);
	assert_told(&w->e, "is too long a name", "shorter");
	says_end(w);
}

/* ---- events and words -------------------------------------------------- */

/* name: of the item; forged: another hash than the chain's. */
static void
add_item(struct buf *b, int64_t seq, unsigned char hash[DYN_SUM])
{
	unsigned char sum[DYN_SUM];
	char name[32];
	struct err e = { 0 };

	(void)snprintf(name, sizeof(name), "%020" PRId64, seq);
	WANT(EC_OK,
	    dyn_sum(sum, &e, "iisssb", seq, (int64_t)T0, "", "x", "", hash));
	WANT(EC_OK, buf_adds(b, seq > 1 ? "," : "", &e));
	WANT(EC_OK, dyn_begin(b, "event", name, &e));
	WANT(EC_OK, dyn_number(b, "at", T0, &e));
	WANT(EC_OK, dyn_text(b, "identity", "", &e));
	WANT(EC_OK, dyn_text(b, "what", "x", &e));
	WANT(EC_OK, dyn_text(b, "text", "", &e));
	WANT(EC_OK, dyn_add_sum(b, "prev", hash, &e));
	WANT(EC_OK, dyn_add_sum(b, "hash", sum, &e));
	WANT(EC_OK, buf_adds(b, "}", &e));
	memcpy(hash, sum, DYN_SUM);
}

/* A root that ends with event `end`, of which the hash may be another one. */
static void
history(struct says *w, int64_t end, bool forged, const char *from,
    const char *to, enum ec want)
{
	AUTO(buf) struct buf items = BUF(65536);
	AUTO(buf) struct buf got = BUF(65536);
	unsigned char hash[DYN_SUM] = { 0 };
	struct root r = plain_root;
	char *at;

	r.seq = end;
	MUST_BE(EC_OK, buf_adds(&items, "{\"Count\":2,\"Items\":[", &w->e));
	for (int64_t seq = 1; seq <= 2; seq++) {
		add_item(&items, seq, hash);
		if (seq == end)
			memcpy(r.hash, hash, DYN_SUM);
	}
	MUST_BE(EC_OK, buf_adds(&items, "]}", &w->e));
	r.hash[0] ^= forged ? 1 : 0;
	at = from != NULL ? strstr(items.p, from) : NULL;
	if (at != NULL)
		memcpy(at, to, strlen(to));
	say_root(w, &r);
	say_root(w, &r);
	say_ok(w, "{\"Count\":0}");
	say_ok(w, "{\"Count\":0}");
	say_ok(w, buf_str(&items));
	if (want == EC_OK)
		say_ok(w, buf_str(&items));
	says_open(w);
	assert_ec(
	    w->s.history(w->s.ctx, NULL, add_event, &got, &w->e), want, &w->e);
	if (want == EC_OK)
		assert_string_equal(
		    buf_str(&got), end == 1 ? "1  x \n" : "1  x \n2  x \n");
	says_end(w);
}

static void
test_events(void **state)
{
	struct says *w = *state;

	history(w, 2, false, NULL, NULL, EC_OK);
	history(w, 1, false, NULL, NULL, EC_OK); /* one came meanwhile */
	history(w, 2, true, NULL, NULL, EC_DAMAGED);
	history(w, 3, false, NULL, NULL, EC_DAMAGED);
	history(w, 2, false, "\"at\"", "\"a?\"", EC_DAMAGED);
}

/* A confirmation whose name has no blank, and one of nobody, each with a right
 * checksum; and a time that is none. */
static void
confirmation(struct says *w, const char *name, const char *number,
    struct confirmation *ret, enum ec want)
{
	AUTO(buf) struct buf b = BUF(65536);
	unsigned char sum[DYN_SUM];

	MUST_BE(EC_OK,
	    dyn_sum(
		sum, &w->e, "ssiss", "confirm", name, (int64_t)T0, "ann", ""));
	MUST_BE(EC_OK, dyn_begin(&b, "confirm", name, &w->e));
	MUST_BE(EC_OK,
	    buf_addf(&b, &w->e, ",\"at\":{\"%s\":\"%" PRId64 "\"}", number,
		(int64_t)T0));
	MUST_BE(EC_OK, dyn_text(&b, "by", "ann", &w->e));
	MUST_BE(EC_OK, dyn_add_sum(&b, "sum", sum, &w->e));
	MUST_BE(EC_OK, buf_adds(&b, "}", &w->e));
	say_root(w, &plain_root);
	say_item(w, &b, NULL, NULL);
	says_open(w);
	assert_ec(
	    w->s.confirm_get(w->s.ctx, "web", "K", ret, &w->e), want, &w->e);
	says_end(w);
}

static void
test_confirmations(void **state)
{
	struct says *w = *state;
	struct confirmation yes = { .confirmed = false };

	confirmation(w, "web K", "N", &yes, EC_OK);
	assert_true(yes.confirmed);
	assert_int_equal(yes.at, T0);
	confirmation(w, "web", "N", &yes, EC_OK);
	confirmation(w, "web K", "S", &yes, EC_DAMAGED);
	confirmation(w, "", "N", &yes, EC_DAMAGED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(t) cmocka_unit_test_setup_teardown(t, says_make, says_free)
		T(test_other_record),
		T(test_values),
		T(test_limits),
		T(test_commit_refused),
		T(test_proofs),
		T(test_proof_found),
		T(test_no_json),
		T(test_too_much),
		T(test_events),
		T(test_confirmations),
	};
	struct err e;

	if (secret_init(&e) != EC_OK)
		return 1;
	return cmocka_run_group_tests_name(
	    "forged items of DynamoDB", tests, NULL, NULL);
}
