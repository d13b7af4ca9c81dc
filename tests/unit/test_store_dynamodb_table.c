/* store_dynamodb: which tables are ours, how one is made step by step when
 * somebody else is at it or it takes its time, and what an operator is told
 * when it cannot be. */
#include "dynamo_says.h"

static void
test_names(void **state)
{
	char name[260];

	(void)state;
	assert_true(store_dynamodb_table("a.b"));
	assert_false(store_dynamodb_table("ab"));
	assert_false(store_dynamodb_table("a/b/c"));
	memset(name, 'a', sizeof(name));
	name[255] = '\0';
	assert_true(store_dynamodb_table(name));
	name[255] = 'a';
	name[256] = '\0';
	assert_false(store_dynamodb_table(name));
}

static const struct shape {
	const char *json; /* of a table */
	enum ec ec;
	const char *says;
} shapes[] = {
	{ "{" OURS "}", EC_OK, "" },
	{ "{}", EC_CONFIG, "its key differs" },
	{ "{" TYPES "," INDEX("due", "next_at", "RANGE") "}", EC_CONFIG,
	    "its key differs" },
	{ "{\"KeySchema\":[{},{\"AttributeName\":\"k\"},"
	  "{\"AttributeName\":\"k\",\"KeyType\":\"RANGE\"}]}",
	    EC_CONFIG, "its key differs" },
	{ "{\"KeySchema\":[{\"AttributeName\":\"k\",\"KeyType\":\"HASH\"}]}",
	    EC_CONFIG, "its key differs" },
	{ "{" KEYS ",\"AttributeDefinitions\":[{},{\"AttributeName\":\"k\"}]}",
	    EC_CONFIG, "its key differs" },
	{ "{" KEYS ",\"AttributeDefinitions\":[" ATTRIBUTE(
	      "s", "S") "," ATTRIBUTE("k", "N") "]}",
	    EC_CONFIG, "its key differs" },
	{ "{" KEYS ",\"AttributeDefinitions\":[" ATTRIBUTE(
	      "k", "S") "," ATTRIBUTE("s", "B") "]}",
	    EC_CONFIG, "its key differs" },
	{ "{" KEYS "," TYPES "}", EC_CONFIG, "index \"due\"" },
	{ "{" KEYS "," TYPES ",\"LocalSecondaryIndexes\":[{}]}", EC_CONFIG,
	    "index \"due\"" },
	{ "{" KEYS "," TYPES ",\"LocalSecondaryIndexes\":"
	  "[{\"IndexName\":\"due\"}]}",
	    EC_CONFIG, "index \"due\"" },
	{ "{" KEYS "," TYPES "," INDEX("due", "next_at", "HASH") "}", EC_CONFIG,
	    "index \"due\"" },
	{ "{" KEYS ",\"AttributeDefinitions\":[" ATTRIBUTE(
	      "k", "S") "," ATTRIBUTE("s", "S") "," ATTRIBUTE("next_at",
	      "S") "]," INDEX("due", "next_at", "RANGE") "}",
	    EC_CONFIG, "index \"due\"" },
};

static const struct shape statuses[] = {
	{ "{\"TableStatus\":\"ACTIVE\"}", EC_OK, "" },
	{ "{\"TableStatus\":\"UPDATING\"}", EC_OK, "" },
	{ "{\"TableStatus\":\"ARCHIVED\"}", EC_CONFIG, "status is ARCHIVED" },
	{ "{}", EC_CONFIG, "status is missing" },
};

static void
test_shapes(void **state)
{
	struct says *w = *state;
	struct dyn *d;
	struct dynamodb_options o;

	o = says_begin(w);
	d = dyn_new(&o, &w->e);
	assert_non_null(d);
	for (size_t i = 0; i < COUNT(shapes) + COUNT(statuses); i++) {
		const bool key = i < COUNT(shapes);
		const struct shape *row =
		    key ? &shapes[i] : &statuses[i - COUNT(shapes)];
		AUTO(json) cJSON *j = cJSON_Parse(row->json);
		enum ec ec = key ? dyn_check_shape(d, j, &w->e)
				 : dyn_check_status(d, j, &w->e);

		assert_non_null(j);
		if (ec != row->ec)
			print_error("%s\n", row->json);
		assert_ec(ec, row->ec, &w->e);
		if (ec != EC_OK)
			assert_told(&w->e, row->says, "rotate store init");
	}
	free(d);
	says_end(w);
}

/* ---- making it --------------------------------------------------------- */

static const struct root first_root = { .rev = 1, .write = "w" };

static enum ec
init(struct says *w, bool *made, bool *bare)
{
	const struct dynamodb_options o = says_begin(w);
	enum ec ec = store_dynamodb_init(&o, made, bare, &w->e);

	if (ec != EC_OK)
		assert_int_equal(w->e.ec, ec);
	return ec;
}

static void
say_backups(struct says *w, const char *status)
{
	char json[300];

	(void)snprintf(json, sizeof(json),
	    "{\"ContinuousBackupsDescription\":"
	    "{\"PointInTimeRecoveryDescription\":"
	    "{\"PointInTimeRecoveryStatus\":\"%s\"}}}",
	    status);
	say_ok(w, json);
}

/* Another one makes it at the same time, it takes a while, and neither of the
 * two protections is there at first. */
static void
test_made_by_two(void **state)
{
	struct says *w = *state;
	bool made = true, bare = true;

	say_no(w, "ResourceNotFoundException");
	say_no(w, "ResourceInUseException");
	say_no(w, "ResourceNotFoundException");
	say_ok(w, TABLE("\"TableStatus\":\"CREATING\""));
	say_ok(w, TABLE(ACTIVE OURS ",\"DeletionProtectionEnabled\":false"));
	say_no(w, "ResourceInUseException"); /* just being updated */
	say_ok(w, "{}");                     /* of backups: nothing known */
	say_no(w, "ContinuousBackupsUnavailableException");
	say_ok(w, "{}");
	say_ok(w, "{}"); /* no root */
	for (int i = 0; i < 3; i++)
		say_ok(w, "{\"Count\":0}");
	say_no(w, "TransactionCanceledException"); /* the other was first */
	say_root(w, &first_root);
	assert_ec(init(w, &made, &bare), EC_OK, &w->e);
	assert_false(made);
	assert_false(bare);
	assert_int_equal(w->naps, 4);
	says_end(w);
}

/* The reply to making it was lost; so was that to writing the root. */
static void
test_made_unheard(void **state)
{
	struct says *w = *state;
	bool made = true, bare = true;

	say_no(w, "ResourceNotFoundException");
	say_no(w, "InternalServerError");
	say_ok(w, TABLE(ACTIVE OURS));
	say_no(w, "UnknownOperationException"); /* knows no backups */
	say_ok(w, "{}");
	for (int i = 0; i < 3; i++)
		say_ok(w, "{\"Count\":0}");
	say_no(w, "InternalServerError");
	say_root(w, &first_root);
	assert_ec(init(w, &made, &bare), EC_OK, &w->e);
	assert_false(made);
	assert_true(bare);
	says_end(w);
}

static const struct {
	const char *code[5]; /* answers, "" a good one */
	enum ec ec;
	const char *says, *fix;
} no_inits[] = {
	{ { "ExpiredTokenException" }, EC_DENIED, "Expired",
	    "allow dynamodb:DescribeTable" },
	{ { "ThrottlingException" }, EC_TEMP, "Throttling", "tried again" },
	{ { "ResourceNotFoundException", "AccessDeniedException" }, EC_DENIED,
	    "AccessDenied", "allow dynamodb:CreateTable" },
	{ { "", "AccessDeniedException" }, EC_DENIED, "AccessDenied",
	    "allow dynamodb:UpdateTable" },
	{ { "", "", "AccessDeniedException" }, EC_DENIED, "AccessDenied",
	    "allow dynamodb:DescribeContinuousBackups" },
	{ { "", "", "", "AccessDeniedException" }, EC_DENIED, "AccessDenied",
	    "allow dynamodb:UpdateContinuousBackups" },
};

static void
test_not_made(void **state)
{
	struct says *w = *state;
	bool made, bare;

	for (size_t i = 0; i < COUNT(no_inits); i++) {
		for (int k = 0; no_inits[i].code[k] != NULL; k++)
			if (no_inits[i].code[k][0] != '\0')
				say_no(w, no_inits[i].code[k]);
			else if (k == 2)
				say_backups(w, "DISABLED");
			else
				say_ok(w,
				    TABLE(ACTIVE OURS
					",\"DeletionProtectionEnabled\":false"));
		assert_ec(init(w, &made, &bare), no_inits[i].ec, &w->e);
		assert_told(&w->e, no_inits[i].says, no_inits[i].fix);
		says_end(w);
	}
}

/* Neither a table of other people nor one that is never ready is taken, and a
 * root that may not be written ends it. */
static void
test_not_ours(void **state)
{
	struct says *w = *state;
	bool made, bare;

	say_ok(w, TABLE(ACTIVE KEYS));
	assert_ec(init(w, &made, &bare), EC_CONFIG, &w->e);
	assert_told(&w->e, "is no table of ours", "name another");
	says_end(w);
	say_ok(w, TABLE(ACTIVE OURS));
	say_backups(w, "ENABLED");
	say_ok(w, "{}");
	for (int i = 0; i < 3; i++)
		say_ok(w, "{\"Count\":0}");
	say_no(w, "AccessDeniedException");
	assert_ec(init(w, &made, &bare), EC_DENIED, &w->e);
	says_end(w);
	for (int i = 0; i < 150; i++)
		say_ok(w, TABLE("\"TableStatus\":\"CREATING\""));
	assert_ec(init(w, &made, &bare), EC_CONFIG, &w->e);
	assert_told(&w->e, "status is CREATING", "waits until");
	assert_int_equal(w->naps, 149);
	says_end(w);
}

/* Made and gone again, all the time; and recovery that never comes. */
static void
test_never_there(void **state)
{
	struct says *w = *state;
	bool made, bare;

	for (int i = 0; i < 150; i++) {
		say_no(w, "ResourceNotFoundException");
		if (i % 10 == 0)
			say_ok(w, "{}");
	}
	assert_ec(init(w, &made, &bare), EC_CONFIG, &w->e);
	assert_told(&w->e, "there is no such table", "store.region");
	says_end(w);
	say_ok(w, TABLE(ACTIVE OURS));
	say_backups(w, "DISABLED");
	for (int i = 0; i < 150; i++)
		say_no(w, "ContinuousBackupsUnavailableException");
	assert_ec(init(w, &made, &bare), EC_TEMP, &w->e);
	says_end(w);
}

/* ---- what is needed for it --------------------------------------------- */

static void
test_policy(void **state)
{
	static const struct {
		const char *region, *account, *want;
	} rows[] = {
		{ "eu-west-1", "123456789012",
		    "\"arn:aws:dynamodb:eu-west-1:123456789012:table/t\"" },
		{ "cn-north-1", NULL,
		    "\"arn:aws-cn:dynamodb:cn-north-1:*:table/t/index/due\"" },
		{ "us-gov-west-1", "123456789012",
		    "\"arn:aws-us-gov:dynamodb:us-gov-west-1:123456789012:" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(buf) struct buf b = BUF(4096);
		AUTO(json) cJSON *j = NULL;
		struct err e;

		assert_int_equal(store_dynamodb_policy("t", rows[i].region,
				     rows[i].account, &b, &e),
		    EC_OK);
		assert_non_null(strstr(buf_str(&b), rows[i].want));
		j = json_parse(&b);
		assert_non_null(j);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(t) cmocka_unit_test_setup_teardown(t, says_make, says_free)
		cmocka_unit_test(test_names),
		T(test_shapes),
		T(test_made_by_two),
		T(test_made_unheard),
		T(test_not_made),
		T(test_not_ours),
		T(test_never_there),
		cmocka_unit_test(test_policy),
	};
	struct err e;

	if (secret_init(&e) != EC_OK)
		return 1;
	return cmocka_run_group_tests_name(
	    "a table in DynamoDB", tests, NULL, NULL);
}
