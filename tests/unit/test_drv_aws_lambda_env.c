/* The aws-lambda-env driver against a script: revisions, updates that take
 * their time or fail, and an environment that it may not see. */
#include "aws_world.h"

extern const struct client_driver drv_aws_lambda_env;

#define MAP(user, pass)                                                        \
	"{\"LEVEL\":\"b\\u00fc\\\"\",\"U_\":\"" user "\",\"P_\":\"" pass "\"}"
#define CONF(status, more, map)                                                \
	OK("{\"RevisionId\":\"r1\",\"LastUpdateStatus\":\"" status "\"" more   \
	   ",\"Environment\":{\"Variables\":" map "}}")
#define HAS(user, pass) CONF("Successful", "", MAP(user, pass))
#define BUSY            CONF("InProgress", "", MAP(USER2, PASS2))
#define FAILED                                                                 \
	CONF("Failed", ",\"LastUpdateStatusReason\":\"no subnet\"",            \
	    MAP(USER2, PASS2))
#define HIDDEN                                                                 \
	OK("{\"RevisionId\":\"r1\",\"KMSKeyArn\":\"arn:k\",\"Environment\":{"  \
	   "\"Error\":{\"ErrorCode\":\"AccessDeniedException\","               \
	   "\"Message\":\"unable to decrypt\"}}}")
#define SAYS(status, type)                                                     \
	ANSWER(status, "x-amzn-ErrorType: " type "\r\n",                       \
	    "{\"Message\":\"words\",\"Type\":\"User\"}")
#define PATH "/2015-03-31/functions/mailer/configuration HTTP/1.1\r\n"

static void
begin(struct aws_world *w, const struct fake_step *script, size_t count)
{
	static const char *const options[][2] = { { "function", "mailer" },
		{ "username_variable", "U_" }, { "password_variable", "P_" },
		{ "wait", "3s" } };

	world_begin(w, &drv_aws_lambda_env, script, count);
	for (size_t i = 0; i < COUNT(options); i++)
		assert_int_equal(
		    fixture_set(&w->fx, options[i][0], options[i][1], NULL),
		    EC_OK);
	assert_int_equal(drv_aws_lambda_env.check(&w->fx.c, &w->fx.e), EC_OK);
}

static void
writes(void **state)
{
	static const struct fake_step script[] = {
		CONF("Successful", ",\"KMSKeyArn\":\"arn:k\"",
		    MAP(USER1, PASS1)),
		OK("{}"), BUSY, BUSY, HAS(USER2, PASS2)
	};
	struct aws_world w;

	(void)state;
	begin(&w, script, COUNT(script));
	assert_int_equal(fixture_write(&w.fx, USER2, PASS2), EC_OK);
	world_asked(&w, 0, "GET " PATH, "/lambda/aws4_request");
	world_asked(&w, 1, "PUT " PATH, "Content-Type: application/json\r\n");
	world_asked(&w, 1, "PUT " PATH,
	    "\r\n\r\n{\"Environment\":{\"Variables\":{\"LEVEL\":\"b\xc3\xbc\\\"\","
	    "\"U_\":\"" USER2 "\",\"P_\":\"" PASS2
	    "\"}},\"RevisionId\":\"r1\",\"KMSKeyArn\":\"arn:k\"}");
	assert_int_equal(world_requests(&w), 5);
	assert_int_equal(w.naps, 2);
	world_end(&w);
}

static void
same_again(void **state)
{
	static const struct fake_step script[] = { HAS(USER2, PASS2) };
	struct aws_world w;

	(void)state;
	begin(&w, script, COUNT(script));
	assert_int_equal(fixture_write(&w.fx, USER2, PASS2), EC_OK);
	assert_int_equal(world_requests(&w), 1);
	world_end(&w);
}

/* What is there already, but not in use, is sent once more. */
static void
repairs(void **state)
{
	static const struct fake_step script[] = { FAILED, OK("{}"),
		HAS(USER2, PASS2) };
	struct aws_world w;

	(void)state;
	begin(&w, script, COUNT(script));
	assert_int_equal(fixture_write(&w.fx, USER2, PASS2), EC_OK);
	world_asked(&w, 1, "PUT " PATH, "\"RevisionId\":\"r1\"");
	world_end(&w);
}

static const struct {
	const char *name;
	struct fake_step script[4];
	enum ec ec;
	unsigned requests;
	const char *told, *fix;
} ends[] = {
	{ "somebody changed it meanwhile",
	    { HAS(USER1, PASS1), SAYS("412 x", "PreconditionFailedException") },
	    EC_TEMP, 2, "PreconditionFailedException",
	    "theirs is kept: it is tried again" },
	{ "another update began",
	    { HAS(USER1, PASS1), SAYS("409 x", "ResourceConflictException") },
	    EC_TEMP, 2, "ResourceConflictException", "" },
	{ "may not write",
	    { HAS(USER1, PASS1), SAYS("403 x", "AccessDeniedException") },
	    EC_DENIED, 2, "AccessDeniedException",
	    "allow lambda:UpdateFunctionConfiguration" },
	{ "the update fails", { HAS(USER1, PASS1), OK("{}"), FAILED },
	    EC_UNKNOWN, 3, "no subnet", "" },
	{ "the update takes too long", { HAS(USER1, PASS1), OK("{}"), BUSY },
	    EC_UNKNOWN, 7, "not finished after 3 s", "" },
	{ "the answer is lost", { HAS(USER1, PASS1), { FAKE_DROP, NULL } },
	    EC_UNKNOWN, 2, "Lambda: mailer (eu-west-1)", "" },
	{ "busy all the time", { BUSY }, EC_TEMP, 5, "not finished", "" },
	{ "not to be seen: never written", { HIDDEN }, EC_DENIED, 1,
	    "hidden from us: unable to decrypt",
	    "kms:Decrypt with the key "
	    "arn:k" },
	{ "not there", { SAYS("404 x", "ResourceNotFoundException") }, EC_GONE,
	    1, "ResourceNotFoundException", "aws_region" },
	{ "no such variable", { CONF("Successful", "", "{\"U_\":\"\"}") },
	    EC_GONE, 1, "no variable P_", "create" },
	{ "no environment", { OK("{\"RevisionId\":\"r\"}") }, EC_GONE, 1,
	    "no variable U_", "create" },
	{ "no revision",
	    { OK("{\"Environment\":{\"Variables\":" MAP("", "") "}}") },
	    EC_PROTO, 1, "RevisionId", "" },
};

static void
write_ends(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(ends); i++) {
		struct aws_world w;
		size_t n = 0;
		enum ec ec;

		while (n < 4 &&
		    (ends[i].script[n].text != NULL ||
			ends[i].script[n].act != FAKE_REPLY))
			n++;
		begin(&w, ends[i].script, n);
		ec = fixture_write(&w.fx, USER2, PASS2);
		if (ec != ends[i].ec ||
		    world_requests(&w) != ends[i].requests ||
		    strstr(w.fx.e.fix, ends[i].fix) == NULL) {
			print_error("%s: %s after %u: %s; %s\n", ends[i].name,
			    ec_name(ec), world_requests(&w), w.fx.e.what,
			    w.fx.e.fix);
			_fail(__FILE__, __LINE__);
		}
		fixture_told(&w.fx, ends[i].told);
		assert_true(w.slept < 8000);
		world_end(&w);
	}
}

static void
creates(void **state)
{
	static const struct fake_step script[] = {
		OK("{\"RevisionId\":\"r1\"}"), OK("{}"), HAS(USER2, PASS2)
	};
	struct aws_world w;

	(void)state;
	begin(&w, script, COUNT(script));
	assert_int_equal(fixture_set(&w.fx, "create", "true", NULL), EC_OK);
	assert_int_equal(fixture_write(&w.fx, USER2, PASS2), EC_OK);
	world_asked(&w, 1, "PUT " PATH,
	    "{\"Environment\":{\"Variables\":{\"U_\":\"" USER2
	    "\",\"P_\":\"" PASS2 "\"}},\"RevisionId\":\"r1\"}");
	world_end(&w);
}

static void
reads(void **state)
{
	static const struct fake_step fine[] = { BUSY, HAS(USER1, PASS1) };
	static const struct fake_step none[] = { OK("{\"RevisionId\":\"r\"}") };
	static const struct fake_step failed[] = { FAILED };
	struct aws_world w;

	(void)state;
	begin(&w, fine, COUNT(fine));
	fixture_reads(&w.fx, USER1, PASS1);
	assert_int_equal(w.naps, 1);
	world_end(&w);
	begin(&w, none, COUNT(none));
	fixture_reads(&w.fx, "", "");
	world_end(&w);
	/* It holds the pair, but who knows what is in use? */
	begin(&w, failed, COUNT(failed));
	fixture_reads(&w.fx, USER2, "");
	world_end(&w);
}

static void
plan_says(void **state)
{
	static const struct fake_step script[] = { HAS(USER1, PASS1) };
	struct client_plan p;
	struct aws_world w;

	(void)state;
	begin(&w, script, COUNT(script));
	assert_int_equal(world_plan(&w, &p), EC_OK);
	assert_string_equal(p.change,
	    "set U_ and P_ in the environment of function mailer (eu-west-1)");
	assert_non_null(strstr(p.warning, "aliases"));
	assert_int_equal(world_requests(&w), 1);
	world_end(&w);
}

/* An update of ours that failed is no reason to stop; one before ours is. */
static void
plan_after_failure(void **state)
{
	static const struct fake_step ours[] = { FAILED };
	static const struct fake_step none[] = { CONF("Failed",
	    ",\"LastUpdateStatusReason\":\"no subnet\"", MAP("", "")) };
	struct client_plan p;
	struct aws_world w;

	(void)state;
	begin(&w, ours, COUNT(ours));
	assert_int_equal(world_plan(&w, &p), EC_OK);
	assert_non_null(strstr(p.warning, "no subnet"));
	world_end(&w);
	begin(&w, none, COUNT(none));
	assert_int_equal(world_plan(&w, &p), EC_CLIENT);
	fixture_told(&w.fx, "no subnet");
	world_end(&w);
}

/* Longer than a lease lives, it would wait under nobody's. */
static void
longest_wait(void **state)
{
	static const struct fake_step script[] = { HAS(USER1, PASS1) };
	struct aws_world w;

	(void)state;
	begin(&w, script, COUNT(script));
	assert_int_equal(fixture_set(&w.fx, "wait", "60s", NULL), EC_OK);
	assert_int_equal(drv_aws_lambda_env.check(&w.fx.c, &w.fx.e), EC_OK);
	assert_int_equal(fixture_set(&w.fx, "wait", "61s", NULL), EC_OK);
	assert_int_equal(drv_aws_lambda_env.check(&w.fx.c, &w.fx.e), EC_CONFIG);
	fixture_told(&w.fx, "at most 60s");
	world_end(&w);
}

static void
limit(void **state)
{
	static char text[8192];
	const struct fake_step script[] = { { FAKE_REPLY_CLOSE, text } };

	(void)state;
	/* {"X_":"...","U_":"(20)","P_":"(44)"} with the pair of plan(). */
	for (int fill = 4007; fill <= 4008; fill++) {
		struct client_plan p;
		struct aws_world w;

		(void)snprintf(text, sizeof(text),
		    "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
		    "{\"RevisionId\":\"r\",\"Environment\":{\"Variables\":"
		    "{\"X_\":\"%0*d\",\"U_\":\"\",\"P_\":\"\"}}}",
		    fill, 0);
		begin(&w, script, 1);
		assert_int_equal(
		    world_plan(&w, &p), fill == 4007 ? EC_OK : EC_CONFIG);
		if (fill == 4008)
			fixture_told(&w.fx, "4097 bytes");
		world_end(&w);
	}
}

static void
checks(void **state)
{
	static const struct {
		const char *function, *user, *pass;
		enum ec ec;
	} cases[] = {
		{ "mailer", "SMTP_USER", "SMTP_PASS", EC_OK },
		{ "arn:aws:lambda:us-east-1:1:function:mailer", "U1", "P1",
		    EC_OK },
		{ "1:function:mailer", "U1", "P1", EC_OK },
		{ "mailer:live", "U1", "P1", EC_CONFIG },
		{ "mailer:$LATEST", "U1", "P1", EC_CONFIG },
		{ "arn:aws:lambda:us-east-1:1:function:mailer:3", "U1", "P1",
		    EC_CONFIG },
		{ "1:function:mailer:live", "U1", "P1", EC_CONFIG },
		{ "mailer", "U1", "U1", EC_CONFIG },
		{ "mailer", "U", "P1", EC_CONFIG },
		{ "mailer", "1U", "P1", EC_CONFIG },
		{ "mailer", "U-1", "P1", EC_CONFIG },
		{ "mailer", "U1", "AWS_SECRET", EC_CONFIG },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct fixture fx;

		fixture_open(&fx, &drv_aws_lambda_env);
		assert_int_equal(
		    fixture_set(&fx, "function", cases[i].function, NULL),
		    EC_OK);
		assert_int_equal(
		    fixture_set(&fx, "username_variable", cases[i].user, NULL),
		    EC_OK);
		assert_int_equal(
		    fixture_set(&fx, "password_variable", cases[i].pass, NULL),
		    EC_OK);
		if (drv_aws_lambda_env.check(&fx.c, &fx.e) != cases[i].ec) {
			print_error("case %zu: %s\n", i, fx.e.what);
			_fail(__FILE__, __LINE__);
		}
		fixture_close(&fx);
	}
}

/* Below two path steps an ARN is one: its colons are encoded. */
static void
by_arn(void **state)
{
	static const struct fake_step script[] = { HAS(USER1, PASS1) };
	struct aws_world w;

	(void)state;
	begin(&w, script, COUNT(script));
	assert_int_equal(fixture_set(&w.fx, "function",
			     "arn:aws:lambda:us-east-1:1:function:m", NULL),
	    EC_OK);
	fixture_reads(&w.fx, USER1, PASS1);
	assert_string_equal(w.asked, "us-east-1");
	world_asked(&w, 0, "GET /2015-03-31/functions/",
	    "/arn%3Aaws%3Alambda%3Aus-east-1%3A1%3Afunction%3Am/"
	    "configuration HTTP");
	world_end(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes),
		cmocka_unit_test(same_again),
		cmocka_unit_test(repairs),
		cmocka_unit_test(write_ends),
		cmocka_unit_test(creates),
		cmocka_unit_test(reads),
		cmocka_unit_test(plan_says),
		cmocka_unit_test(plan_after_failure),
		cmocka_unit_test(longest_wait),
		cmocka_unit_test(limit),
		cmocka_unit_test(checks),
		cmocka_unit_test(by_arn),
	};
	struct err e;

	if (secret_init(&e) != EC_OK)
		return 1;
	return cmocka_run_group_tests_name(
	    "drv_aws_lambda_env", tests, NULL, NULL);
}
