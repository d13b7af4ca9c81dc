/* store_dynamodb: answers such as DynamoDB does not give, and items that a
 * hand put there with a right checksum: each is told of, none is believed. */

#include "dynamo_says.h"

#include "sigv4/account.h"

static const struct root plain_root = { .rev = 1, .write = "w" };

static enum ec
load(struct says *w)
{
	AUTO(rec) struct rec r = { 0 };

	return w->s.load(w->s.ctx, "shop", &r, &w->e);
}

/* ---- refusals ---------------------------------------------------------- */

static const struct {
	const char *code, *table; /* of the table: NULL: not asked for */
	enum ec ec;
	const char *says;
} reasons[] = {
	{ "ResourceNotFoundException", TABLE(ACTIVE OURS), EC_TEMP,
	    "ResourceNotFound" },
	{ "ResourceNotFoundException", TABLE("\"TableStatus\":\"CREATING\""),
	    EC_CONFIG, "CREATING" },
	{ "ResourceNotFoundException", TABLE(ACTIVE KEYS), EC_CONFIG,
	    "no table of ours" },
	{ "ValidationException", TABLE(ACTIVE KEYS), EC_CONFIG,
	    "no table of ours" },
	{ "ValidationException", TABLE(ACTIVE OURS), EC_CONFIG, "Validation" },
	{ "InvalidParameterValue", NULL, EC_CONFIG, "InvalidParameterValue" },
};

static void
test_reasons(void **state)
{
	struct says *w = *state;

	for (size_t i = 0; i < COUNT(reasons); i++) {
		say_root(w, &plain_root);
		say_no(w, reasons[i].code);
		if (reasons[i].table != NULL)
			say_ok(w, reasons[i].table);
		says_open(w);
		assert_ec(load(w), reasons[i].ec, &w->e);
		assert_told(&w->e, reasons[i].says, "");
		assert_told(&w->e, "DynamoDB table rotate (us-east-1)", "");
		says_end(w);
	}
	say_root(w, &plain_root);
	say_no(w, "ResourceNotFoundException");
	say_no(w, "AccessDeniedException"); /* nor may we look */
	says_open(w);
	assert_ec(load(w), EC_CONFIG, &w->e);
	assert_told(&w->e, "ResourceNotFound", "allow dynamodb:DescribeTable");
	says_end(w);
}

/* We have no key of our own: that is no permission which the table lacks. */
static void
test_nobody(void **state)
{
	struct says *w = *state;
	const struct aws_options o = { .attempts = 1, .region = "us-east-1" };
	struct dynamodb_options to;
	struct aws_account *none = NULL;
	struct aws_options with = o;
	struct fake_env f;

	to = says_begin(w);
	fake_env_init(&f);
	fake_env_set(&f, "AWS_EC2_METADATA_DISABLED", "true");
	MUST_BE(EC_OK, aws_account_open(&f.env, &none, &w->e));
	with.account = none;
	MUST_BE(EC_OK, aws_open(w->net, &f.env, &with, &to.aws, &w->e));
	to.own = true; /* it is closed for us */
	assert_ec(
	    store_dynamodb_open(&to, STORE_RO, &w->s, &w->e), EC_DENIED, &w->e);
	assert_null(strstr(w->e.fix, "dynamodb:"));
	aws_account_close(none);
	fake_env_end(&f);
	says_end(w);
}

/* It is closed with the store, and when there is none. */
static void
test_own(void **state)
{
	struct says *w = *state;
	struct dynamodb_options o;

	say_root(w, &plain_root);
	o = says_begin(w);
	o.own = true;
	w->aws = NULL;
	assert_ec(
	    store_dynamodb_open(&o, STORE_RO, &w->s, &w->e), EC_OK, &w->e);
	says_end(w);
	o = says_begin(w);
	o.own = true;
	o.table = "x";
	w->aws = NULL;
	assert_ec(
	    store_dynamodb_open(&o, STORE_RO, &w->s, &w->e), EC_CONFIG, &w->e);
	says_end(w);
}

/* ---- roots ------------------------------------------------------------- */

static void
test_roots(void **state)
{
	static const char *const gone[] = { "\"format\"", "\"rev\"", "\"ttl\"",
		"\"pid\"" };
	struct says *w = *state;
	struct dynamodb_options o;

	for (size_t i = 0; i < COUNT(gone); i++) {
		AUTO(buf) struct buf item = BUF(65536);
		char other[16];

		(void)snprintf(other, sizeof(other), "%s", gone[i]);
		other[1] = '?';
		MUST_BE(EC_OK, root_item(&plain_root, &item, &w->e));
		say_item(w, &item, gone[i], other);
		o = says_begin(w);
		assert_ec(store_dynamodb_open(&o, STORE_RW, &w->s, &w->e),
		    EC_DAMAGED, &w->e);
		assert_told(&w->e, gone[i], "point-in-time");
		says_end(w);
	}
}

/* Somebody writes while it is counted, every time. */
static void
test_never_still(void **state)
{
	struct says *w = *state;
	struct root r = plain_root;
	struct hold h;

	say_root(w, &r);
	say_ok(w, "{}");
	for (int i = 0; i < 5; i++) {
		r.rev++;
		say_root(w, &r);
		say_ok(w, "{\"Count\":1}");
		say_ok(w, "{\"Count\":0}");
		r.rev++;
		say_root(w, &r);
	}
	says_open(w);
	assert_ec(w->s.hold_get(w->s.ctx, "shop", &h, &w->e), EC_TEMP, &w->e);
	assert_told(&w->e, "faster than it can be counted", "run again");
	says_end(w);
	say_root(w, &r);
	say_ok(w, "{}");
	say_root(w, &r);
	say_ok(w, "{\"Count\":1}");
	say_ok(w, "{\"Count\":0}");
	say_no(w, "ThrottlingException");
	says_open(w);
	assert_ec(w->s.hold_get(w->s.ctx, "shop", &h, &w->e), EC_TEMP, &w->e);
	says_end(w);
}

/* ---- queries ----------------------------------------------------------- */

static enum ec
add_name(void *arg, const struct store_row *row, struct err *e)
{
	return buf_addf(arg, e, "%s ", row->identity);
}

static void
each(struct says *w, enum ec want, const char *what)
{
	AUTO(buf) struct buf b = BUF(65536);

	says_open(w);
	assert_ec(
	    w->s.each(w->s.ctx, INT64_MAX, add_name, &b, &w->e), want, &w->e);
	if (want != EC_OK)
		assert_told(&w->e, what, "");
	else
		assert_string_equal(buf_str(&b), what);
	says_end(w);
}

#define ROW(name, at)                                                          \
	"{\"s\":{\"S\":\"" name "\"},\"next_at\":{\"N\":\"" at "\"}}"

static void
test_queries(void **state)
{
	static const char *const none[] = { "{}", "{\"Items\":[]}",
		"{\"Count\":0,\"Items\":{}}" };
	struct says *w = *state;

	for (size_t i = 0; i < COUNT(none); i++) {
		say_root(w, &plain_root);
		say_ok(w, none[i]);
		each(w, EC_PROTO, "no items in the reply");
	}
	say_root(w, &plain_root);
	say_ok(w, "{\"Count\":1,\"Items\":[{\"s\":{\"S\":\"shop\"}}]}");
	each(w, EC_DAMAGED, "\"next_at\" was altered");
	say_root(w, &plain_root);
	say_ok(w, "no JSON");
	each(w, EC_PROTO, "the reply is not JSON");
}

/* What is due comes in its order, whatever order it was given in; who is in
 * the index and is no record is missed. */
static void
test_due(void **state)
{
	struct says *w = *state;
	AUTO(buf) struct buf two = BUF(65536);

	MUST_BE(EC_OK, buf_adds(&two, "{\"Responses\":{\"rotate\":[", &w->e));
	add_record(&two, "shop", "shop", 1);
	MUST_BE(EC_OK, buf_adds(&two, ",", &w->e));
	add_record(&two, "mail", "mail", 1);
	MUST_BE(EC_OK, buf_adds(&two, "]}}", &w->e));
	say_root(w, &plain_root);
	say_ok(w,
	    "{\"Count\":2,\"Items\":[" ROW("shop", "9") "," ROW(
		"mail", "7") "]}");
	say_ok(w, buf_str(&two));
	each(w, EC_OK, "mail shop ");
	say_root(w, &plain_root);
	say_ok(w, "{\"Count\":1,\"Items\":[" ROW("shop", "9") "]}");
	say_ok(w, "{\"Responses\":{\"rotate\":[]}}");
	each(w, EC_DAMAGED, "the record of shop is gone");
	say_root(w, &plain_root);
	say_ok(w, "{\"Count\":1,\"Items\":[" ROW("shop", "9") "]}");
	say_ok(w, "{\"Responses\":{\"rotate\":[{}]}}");
	each(w, EC_DAMAGED, "a record has no name");
	say_root(w, &plain_root);
	say_ok(w, "{\"Count\":1,\"Items\":[" ROW("shop", "9") "]}");
	for (int i = 0; i < 8; i++)
		say_ok(w,
		    "{\"Responses\":{},\"UnprocessedKeys\":{\"rotate\":{}}}");
	each(w, EC_TEMP, "gives only some of the records");
}

/* ---- leases ------------------------------------------------------------ */

/* It was taken over and given back meanwhile: ours it is not. */
static void
test_free_again(void **state)
{
	struct says *w = *state;
	struct root r = held_root(2, 2);

	r.owner.pid = 0;
	say_root(w, &plain_root);
	say_root(w, &plain_root);
	say_ok(w, "{}");
	say_no(w, "TransactionCanceledException");
	say_root(w, &r);
	says_open(w);
	MUST_BE(EC_OK, w->s.lease(w->s.ctx, T0, TTL, &w->e));
	assert_ec(w->s.fence(w->s.ctx, T0, &w->e), EC_BUSY, &w->e);
	assert_told(&w->e, "taken over, and is free again", "run again");
	says_end(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(t) cmocka_unit_test_setup_teardown(t, says_make, says_free)
		T(test_reasons),
		T(test_nobody),
		T(test_own),
		T(test_roots),
		T(test_never_still),
		T(test_queries),
		T(test_due),
		T(test_free_again),
	};
	struct err e;

	if (secret_init(&e) != EC_OK)
		return 1;
	return cmocka_run_group_tests_name(
	    "odd answers of DynamoDB", tests, NULL, NULL);
}
