/* aws_json: what a refusal of an AWS service means for a driver's operator. */
#include "aws_world.h"

#include "clients/aws_json.h"

extern const struct client_driver drv_aws_secretsmanager;

static const struct {
	struct fake_step step;
	enum ec reads, writes;
	const char *what, *fix; /* parts; or "" */
} rows[] = {
	{ REFUSE("UnrecognizedClientException", "invalid token"), EC_DENIED,
	    EC_DENIED,
	    "Secrets Manager: prod/smtp (eu-west-1): GetSecretValue: "
	    "UnrecognizedClientException: invalid token (request rid-1)",
	    "our AWS identity is environment: check that this access key" },
	{ REFUSE("ExpiredTokenException", ""), EC_DENIED, EC_DENIED,
	    "ExpiredTokenException (request", "environment: get a new" },
	{ REFUSE("AccessDeniedException",
	      "User: arn:aws:iam::1:user/x is not authorized to perform: "
	      "secretsmanager:GetSecretValue on resource: y"),
	    EC_DENIED, EC_DENIED, "user/x",
	    "allow secretsmanager:GetSecretValue for our AWS identity "
	    "(environment)" },
	{ REFUSE("AccessDeniedException",
	      "is not authorized to perform: kms:Decrypt on"),
	    EC_DENIED, EC_DENIED, "", "allow kms:Decrypt for" },
	{ REFUSE("AccessDeniedException", "Access to KMS is not allowed"),
	    EC_DENIED, EC_DENIED, "", "allow kms:" },
	{ REFUSE("AccessDeniedException", ""), EC_DENIED, EC_DENIED, "",
	    "allow secretsmanager:GetSecretValue for" },
	{ REFUSE("ResourceNotFoundException", "no"), EC_GONE, EC_GONE, "no",
	    "" },
	/* Whoever names an error like that shows a password. */
	{ ANSWER("500 x",
	      "x-amzn-ErrorType: BK/+abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN"
	      "\r\n",
	      "{}"),
	    EC_TEMP, EC_UNKNOWN, "(text withheld: it holds a password)", "" },
	{ REFUSE("ThrottlingException", "slow"), EC_TEMP, EC_TEMP, "slow", "" },
	{ REFUSE("LimitExceeded", "many"), EC_CLIENT, EC_CLIENT, "many", "" },
	{ REFUSE("Special", "s"), EC_HUMAN, EC_HUMAN, "s",
	    "as the table says" },
	{ REFUSE("InternalServiceError", "oops"), EC_TEMP, EC_UNKNOWN, "oops",
	    "" },
	{ ANSWER("500 x", "x-amzn-ErrorType: Special\r\n", "{}"), EC_HUMAN,
	    EC_UNKNOWN, "Special", "" },
	{ ANSWER("502 x", "", "<html>"), EC_TEMP, EC_UNKNOWN,
	    "Secrets Manager: prod/smtp (eu-west-1): ", "" },
	{ ANSWER("404 x", "", "<html>"), EC_PROTO, EC_UNKNOWN,
	    "GetSecretValue: not an answer of AWS (HTTP 404)",
	    "check that the endpoint is AWS" },
	{ { FAKE_DROP, NULL }, EC_TEMP, EC_UNKNOWN,
	    "Secrets Manager: prod/smtp (eu-west-1): ", "" },
	{ OK("<html>"), EC_PROTO, EC_UNKNOWN, "not JSON", "" },
	{ OK(""), EC_PROTO, EC_UNKNOWN, "not JSON", "" },
	{ OK("[]"), EC_PROTO, EC_UNKNOWN, "not JSON", "" },
};

static enum ec
call(struct aws_world *w, bool reads, cJSON **ret)
{
	static const struct aws_json_error errors[] = {
		{ "Special", EC_HUMAN, "as the table says" },
		{ .code = NULL },
	};
	AUTO(json) cJSON *body = cJSON_CreateObject();
	const struct aws_json_call q = { .action = "GetSecretValue",
		.body = body,
		.reads = reads,
		.errors = errors };
	struct aws_object o;

	aws_object_at(&w->fx.c, &aws_secrets_manager, "prod/smtp", NULL, &o);
	return aws_json_do(&o, &q, ret, &w->fx.e);
}

static void
check_row(size_t i, bool reads)
{
	const enum ec want = reads ? rows[i].reads : rows[i].writes;
	AUTO(json) cJSON *j = NULL;
	struct aws_world w;
	enum ec ec;

	world_begin(&w, &drv_aws_secretsmanager, &rows[i].step, 1);
	ec = call(&w, reads, &j);
	if (ec != want || w.fx.e.ec != want ||
	    strstr(w.fx.e.what, rows[i].what) == NULL ||
	    strstr(w.fx.e.fix, rows[i].fix) == NULL) {
		print_error("row %zu: %s not %s: %s; fix: %s\n", i, ec_name(ec),
		    ec_name(want), w.fx.e.what, w.fx.e.fix);
		_fail(__FILE__, __LINE__);
	}
	assert_null(j);
	assert_null(strstr(w.fx.e.what, "OURSECRET"));
	assert_string_equal(w.asked, "eu-west-1");
	world_end(&w);
}

static void
classes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		check_row(i, true);
		check_row(i, false);
	}
}

/* Lambda quotes the value that it did not like, cut anywhere. */
static void
words_withheld(void **state)
{
	static const struct fake_step half[] = { REFUSE(
	    "InvalidParameterValueException", "measured: BH0123456789/+/") };
	static const struct fake_step whole[] = { REFUSE(
	    "AccessDeniedException", "no: " PASS1) };
	struct aws_world w;
	cJSON *j = NULL;

	(void)state;
	world_begin(&w, &drv_aws_secretsmanager, half, 1);
	assert_int_equal(call(&w, false, &j), EC_CONFIG);
	assert_null(strstr(w.fx.e.what, "BH01"));
	assert_non_null(strstr(w.fx.e.what, "withheld"));
	assert_int_equal(call(&w, true, &j), EC_CONFIG);
	assert_non_null(strstr(w.fx.e.what, "measured"));
	world_end(&w);
	world_begin(&w, &drv_aws_secretsmanager, whole, 1);
	assert_int_equal(call(&w, true, &j), EC_DENIED);
	fixture_told(&w.fx, "withheld");
	world_end(&w);
}

/* A proxy took the header with the code away, or the words are its own. */
static void
words_without_code(void **state)
{
	static const char *const statuses[] = { "400 x", "413 x", "500 x" };
	static char text[512];
	static const struct fake_step script[] = { { FAKE_REPLY_CLOSE, text } };
	struct aws_world w;
	cJSON *j = NULL;

	(void)state;
	for (size_t i = 0; i < COUNT(statuses); i++)
		for (int reads = 0; reads < 2; reads++) {
			(void)snprintf(text, sizeof(text),
			    "HTTP/1.1 %s\r\nConnection: close\r\n"
			    "x-amzn-RequestId: rid-1\r\n\r\n"
			    "{\"message\":\"measured: {'DB':'hunter2',"
			    "'P':'BH0123456789'}%s\"}",
			    statuses[i], reads ? PASS1 : "");
			world_begin(&w, &drv_aws_secretsmanager, script, 1);
			assert_int_not_equal(call(&w, reads != 0, &j), EC_OK);
			assert_null(strstr(w.fx.e.what, "hunter2"));
			assert_null(strstr(w.fx.e.what, "BH0123"));
			fixture_told(&w.fx, "withheld");
			assert_non_null(strstr(w.fx.e.what,
			    "GetSecretValue: "
			    "not an answer of AWS"));
			assert_non_null(strstr(w.fx.e.what, "request rid-1"));
			world_end(&w);
		}
}

static void
sends_target(void **state)
{
	static const struct fake_step script[] = { OK("{\"a\":1}") };
	AUTO(json) cJSON *j = NULL;
	struct aws_world w;

	(void)state;
	world_begin(&w, &drv_aws_secretsmanager, script, 1);
	assert_int_equal(call(&w, true, &j), EC_OK);
	assert_non_null(j);
	world_asked(&w, 0, "X-Amz-Target: secretsmanager.GetSecretValue\r\n",
	    "Content-Type: application/x-amz-json-1.1\r\n");
	world_asked(&w, 0, "/secretsmanager/aws4_request",
	    "SignedHeaders=content-type;host;x-amz-date;x-amz-target,");
	world_end(&w);
}

static void
lent_nothing(void **state)
{
	struct aws_world w;
	cJSON *j = NULL;

	(void)state;
	world_begin(&w, &drv_aws_secretsmanager, &rows[0].step, 1);
	w.fx.c.reach = NULL;
	assert_int_equal(call(&w, true, &j), EC_BUG);
	world_end(&w);
}

static void
objects(void **state)
{
	static const struct {
		const char *name, *option, *region; /* region NULL: EC_CONFIG */
	} cases[] = {
		{ "a", NULL, "eu-west-1" },
		{ "a", "us-east-1", "us-east-1" },
		{ "a", "mars", NULL },
		{ "a b", NULL, NULL },
		{ "\xc3\xbc", NULL, NULL },
		{ "arn:aws:secretsmanager:us-east-2:1:secret:x", NULL,
		    "us-east-2" },
		{ "arn:aws:secretsmanager:us-east-2:1:secret:x", "us-east-2",
		    "us-east-2" },
		{ "arn:aws:secretsmanager:us-east-2:1:secret:x", "us-east-1",
		    NULL },
		{ "arn:aws:ssm:us-east-2:1:parameter/x", NULL, NULL },
		{ "arn:aws:secretsmanager::1:secret:x", NULL, NULL },
		{ "arn:aws", NULL, NULL },
		{ "arn:aws:secretsmanager", "us-east-1", NULL },
	};
	const struct client c = { .region = "eu-west-1" };
	struct aws_object o;
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const enum ec want =
		    cases[i].region != NULL ? EC_OK : EC_CONFIG;

		if (aws_object_check(&aws_secrets_manager, "secret",
			cases[i].name, cases[i].option, &e) != want) {
			print_error("case %zu\n", i);
			_fail(__FILE__, __LINE__);
		}
		if (want != EC_OK)
			continue;
		aws_object_at(&c, &aws_secrets_manager, cases[i].name,
		    cases[i].option, &o);
		assert_string_equal(o.region, cases[i].region);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(classes),
		cmocka_unit_test(words_withheld),
		cmocka_unit_test(words_without_code),
		cmocka_unit_test(sends_target),
		cmocka_unit_test(lent_nothing),
		cmocka_unit_test(objects),
	};
	struct err e;

	if (secret_init(&e) != EC_OK)
		return 1;
	return cmocka_run_group_tests_name("aws_json", tests, NULL, NULL);
}
