/* What a client says of a refused call to AWS, at its edges. */
#include "provider_world.h"

#include "clients/aws_json.h"

static enum ec
lend(void *ctx, const struct sts_role *as, const char *region, struct aws **ret,
    struct err *e)
{
	(void)as;
	(void)region;
	(void)e;
	*ret = ctx;
	return EC_OK;
}

static const struct aws_json_error odd_errors[] = {
	{ "Odd", EC_CONFIG, NULL },
	{ "Full", EC_CLIENT, NULL },
	{ "Who", EC_AUTH, NULL },
	{ "Proto", EC_PROTO, NULL },
	{ NULL, EC_OK, NULL },
};

static void
call(struct world *w, bool reads, enum ec want)
{
	const struct aws_options o = { .attempts = 1, .timeout_ms = 5000 };
	AUTO(aws) struct aws *a = NULL;
	AUTO(json) cJSON *body = cJSON_CreateObject();
	cJSON *reply = NULL;
	struct client_reach reach = { .aws = lend };
	const struct client c = { .name = "web", .reach = &reach };
	const struct aws_object to = { .c = &c,
		.service = &aws_ssm,
		.name = "/p",
		.region = "eu-west-1" };
	const struct aws_json_call q = { .action = "GetParameter",
		.body = body,
		.reads = reads,
		.errors = odd_errors };

	assert_int_equal(aws_open(world_net, &w->f.env, &o, &a, &w->e), EC_OK);
	reach.ctx = a;
	assert_int_equal(aws_json_do(&to, &q, &reply, &w->e), want);
	assert_null(reply);
}

#define SAYS(status, code, words)                                              \
	ANSWER(status, "{\"__type\":\"" code "\",\"message\":\"" words "\"}")
#define LONG60 "abcdefghijklmnopqrstabcdefghijklmnopqrstabcdefghijklmnopqrst"

static void
test_refusals(void **state)
{
	static const struct fake_step script[] = {
		SAYS("400 Bad", "AccessDeniedException",
		    "not authorized to perform: 1"),
		SAYS("400 Bad", "AccessDeniedException",
		    "not authorized to perform: " LONG60 LONG60 LONG60),
		SAYS("400 Bad", "AccessDeniedException",
		    "not authorized to perform: kms:Decrypt on x"),
		SAYS("400 Bad", "AccessDeniedException", "bad ciphertext"),
		SAYS("400 Bad", "AccessDeniedException", "bad KMS key"),
		SAYS("400 Bad", "Odd", "CANARY"),
		SAYS("400 Bad", "Odd", "words"),
		SAYS("400 Bad", "Full", "words"),
		SAYS("400 Bad", "Who", "words"),
		SAYS("400 Bad", "Proto", "CANARY"),
	};
	static const struct {
		bool reads;
		enum ec want;
		const char *what, *fix;
	} rows[COUNT(script)] = {
		{ true, EC_DENIED, "", "allow ssm:GetParameter for" },
		{ true, EC_DENIED, "", "allow ssm:GetParameter for" },
		{ true, EC_DENIED, "", "allow kms:Decrypt for" },
		{ true, EC_DENIED, "", "allow kms:Decrypt for" },
		{ false, EC_DENIED, "", "allow kms:GenerateDataKey and" },
		{ false, EC_CONFIG, "withheld", "" },
		{ true, EC_CONFIG, "words", "" },
		{ false, EC_CLIENT, "words", "" },
		{ true, EC_DENIED, "words", "our AWS identity is env" },
		{ false, EC_PROTO, "withheld", "" },
	};
	struct world w;

	(void)state;
	world_begin(&w, script, COUNT(script));
	fake_env_set(&w.f, "AWS_ACCESS_KEY_ID", "AKIDEXAMPLE");
	fake_env_set(&w.f, "AWS_SECRET_ACCESS_KEY", SECRET);
	fake_env_set(&w.f, "AWS_REGION", "eu-west-1");
	for (size_t i = 0; i < COUNT(rows); i++) {
		call(&w, rows[i].reads, rows[i].want);
		if (strstr(w.e.what, rows[i].what) == NULL ||
		    strstr(w.e.fix, rows[i].fix) == NULL)
			print_error("row %zu: %s (%s)\n", i, w.e.what, w.e.fix);
		assert_non_null(strstr(w.e.what, rows[i].what));
		assert_non_null(strstr(w.e.fix, rows[i].fix));
		assert_null(strstr(w.e.what, "CANARY"));
	}
	world_end(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refusals),
	};

	return world_main("refused calls of clients", tests, COUNT(tests));
}
