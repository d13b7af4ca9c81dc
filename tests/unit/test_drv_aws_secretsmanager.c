/* The aws-secretsmanager driver against a script: what it sends, and what it
 * makes of races, repeats and secrets that cannot be written. With the real
 * program and moto: tests/e2e/aws_stores.t. */
#include "aws_world.h"

extern const struct client_driver drv_aws_secretsmanager;

#define VALUE(user, pass)                                                      \
	"{\\\"n\\\":1.0,\\\"username\\\":\\\"" user                            \
	"\\\",\\\"password\\\":\\\"" pass "\\\"}"
#define HOLDS(version, user, pass)                                             \
	OK("{\"VersionId\":\"" version                                         \
	   "\",\"SecretString\":\"" VALUE(user, pass) "\"}")
#define STAGES(id)                                                             \
	"{\"VersionIdsToStages\":{\"" id "\":[\"x\",\"AWSCURRENT\"]}}"
#define THEIRS                                                                 \
	"{\"VersionIdsToStages\":{\"" TOKEN "\":[\"ROTATE_NEXT\"],"            \
	"\"theirs\":[\"AWSCURRENT\"]}}"
#define MOVE_REFUSED                                                           \
	REFUSE("InvalidParameterException", "not attached to version v1")
/* SHA-256 of "prod/smtp\nv1\nAKIAI44QH8DHBEXAMPLE\n0", by sha256sum. */
#define TOKEN "853d6813b95d3730008d5e08abfee858ec993c06d3502fe2b5f98ee2e2e6e772"
#define TOKEN1                                                                 \
	"84aac597a1a89299578220ed36815d42f7cd7617fe792be89af61bfd85484650"

static void
begin(struct aws_world *w, const struct fake_step *script, size_t count)
{
	world_begin(w, &drv_aws_secretsmanager, script, count);
	assert_int_equal(
	    fixture_set(&w->fx, "secret", "prod/smtp", NULL), EC_OK);
}

static void
writes(void **state)
{
	static const struct fake_step script[] = { HOLDS("v1", USER1, PASS1),
		OK("{}"), OK("{}") };
	struct aws_world w;

	(void)state;
	begin(&w, script, COUNT(script));
	assert_int_equal(fixture_write(&w.fx, USER2, PASS2), EC_OK);
	assert_int_equal(world_requests(&w), 3);
	world_asked(&w, 0, "secretsmanager.GetSecretValue\r\n",
	    "\"VersionStage\":\"AWSCURRENT\"");
	world_asked(&w, 1, "secretsmanager.PutSecretValue\r\n",
	    "\"VersionStages\":[\"ROTATE_NEXT\"]");
	world_asked(&w, 1, "\"ClientRequestToken\":\"" TOKEN "\"",
	    "\"SecretString\":\"" VALUE(USER2, PASS2) "\"");
	world_asked(&w, 2, "secretsmanager.UpdateSecretVersionStage\r\n",
	    "\"VersionStage\":\"AWSCURRENT\",\"MoveToVersionId\":\"" TOKEN
	    "\",\"RemoveFromVersionId\":\"v1\"");
	world_end(&w);
}

static void
same_again(void **state)
{
	static const struct fake_step script[] = { HOLDS("v2", USER2, PASS2),
		REFUSE("AccessDeniedException", "") };
	struct aws_world w;

	(void)state;
	begin(&w, script, COUNT(script));
	assert_int_equal(fixture_write(&w.fx, USER2, PASS2), EC_OK);
	assert_int_equal(world_requests(&w), 1);
	world_end(&w);
}

/* A row: the answers behind the read, and how it ends. */
static const struct {
	const char *name;
	struct fake_step script[5];
	enum ec ec;
	unsigned requests;
	const char *told;
} ends[] = {
	{ "somebody wrote meanwhile: theirs stays",
	    { OK("{}"), MOVE_REFUSED, OK(THEIRS) }, EC_TEMP, 4,
	    "somebody wrote a new version" },
	{ "the move is refused, and nobody wrote",
	    { OK("{}"), MOVE_REFUSED, OK(STAGES("v1")) }, EC_CLIENT, 4,
	    "InvalidParameterException" },
	{ "it was moved by an earlier run, we read an old copy",
	    { OK("{}"), MOVE_REFUSED, OK(STAGES(TOKEN)) }, EC_OK, 4, NULL },
	{ "who has it cannot be asked",
	    { OK("{}"), MOVE_REFUSED, REFUSE("AccessDeniedException", "") },
	    EC_UNKNOWN, 4, "DescribeSecret" },
	{ "the id has another value: the next one",
	    { REFUSE("ResourceExistsException", "x"), OK("{}"), OK("{}") },
	    EC_OK, 4, NULL },
	{ "every id is taken", { REFUSE("ResourceExistsException", "x") },
	    EC_CONFLICT, 5, "ResourceExistsException" },
	{ "may not put", { REFUSE("AccessDeniedException", "") }, EC_DENIED, 2,
	    "PutSecretValue" },
	{ "may not move", { OK("{}"), REFUSE("AccessDeniedException", "") },
	    EC_DENIED, 3, "UpdateSecretVersionStage" },
	/* Nobody looks at what was put, so the old pair is in place. */
	{ "the answer to the put is lost", { { FAKE_DROP, NULL } }, EC_TEMP, 2,
	    "Secrets Manager: prod/smtp (eu-west-1)" },
	{ "the answer to the move is lost", { OK("{}"), { FAKE_DROP, NULL } },
	    EC_UNKNOWN, 3, "Secrets Manager: prod/smtp (eu-west-1)" },
	{ "the service breaks on the move",
	    { OK("{}"), REFUSE("InternalServiceError", "") }, EC_UNKNOWN, 3,
	    "InternalServiceError" },
	{ "managed or a replica", { REFUSE("InvalidRequestException", "r") },
	    EC_CONFLICT, 2, "InvalidRequestException: r" },
	{ "throttled", { REFUSE("ThrottlingException", "r") }, EC_TEMP, 2,
	    "ThrottlingException" },
};

static void
write_ends(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(ends); i++) {
		struct fake_step script[6] = { HOLDS("v1", USER1, PASS1) };
		size_t n = 0;
		struct aws_world w;
		enum ec ec;

		for (; n < 5 &&
		     (n == 0 || ends[i].script[n].text != NULL ||
			 ends[i].script[n].act != FAKE_REPLY);
		     n++)
			script[n + 1] = ends[i].script[n];
		begin(&w, script, n + 1);
		ec = fixture_write(&w.fx, USER2, PASS2);
		if (ec != ends[i].ec ||
		    world_requests(&w) != ends[i].requests) {
			print_error("%s: %s after %u: %s\n", ends[i].name,
			    ec_name(ec), world_requests(&w), w.fx.e.what);
			_fail(__FILE__, __LINE__);
		}
		if (ends[i].told != NULL)
			fixture_told(&w.fx, ends[i].told);
		world_end(&w);
	}
}

static void
next_token(void **state)
{
	static const struct fake_step script[] = { HOLDS("v1", USER1, PASS1),
		REFUSE("ResourceExistsException", "x"), OK("{}"), OK("{}") };
	struct aws_world w;

	(void)state;
	begin(&w, script, COUNT(script));
	assert_int_equal(fixture_write(&w.fx, USER2, PASS2), EC_OK);
	world_asked(&w, 2, "PutSecretValue", "\"" TOKEN1 "\"");
	world_asked(&w, 3, "UpdateSecretVersionStage", "\"" TOKEN1 "\"");
	world_end(&w);
}

static const struct {
	struct fake_step step;
	enum ec ec;
	const char *what, *fix;
} unreadable[] = {
	{ OK("{\"VersionId\":\"v\",\"SecretBinary\":\"eA==\"}"), EC_CONFLICT,
	    "binary", "SecretString" },
	{ OK("{\"VersionId\":\"v\",\"SecretString\":\"word\"}"), EC_CONFLICT,
	    "prod/smtp (eu-west-1): the value is no JSON object", "" },
	{ REFUSE("InvalidRequestException", "marked for deletion"), EC_GONE,
	    "marked for deletion", "restore-secret" },
	{ REFUSE("ResourceNotFoundException", "can't find"), EC_GONE,
	    "can't find", "aws_region" },
	{ REFUSE("DecryptionFailure", "key"), EC_DENIED, "DecryptionFailure",
	    "policy" },
};

static void
read_fails(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(unreadable); i++) {
		AUTO(smtp_cred) struct smtp_cred c = { .pass = NULL };
		struct aws_world w;

		begin(&w, &unreadable[i].step, 1);
		assert_int_equal(
		    drv_aws_secretsmanager.read(&w.fx.c, &c, &w.fx.e),
		    unreadable[i].ec);
		fixture_told(&w.fx, unreadable[i].what);
		assert_non_null(strstr(w.fx.e.fix, unreadable[i].fix));
		world_end(&w);
	}
}

static const struct {
	const char *described;
	enum ec ec;
	const char *told; /* of the error or of the plan */
} plans[] = {
	{ "{\"RotationEnabled\":false}", EC_OK,
	    "set username and password in a new version of secret prod/smtp "
	    "(eu-west-1)" },
	{ "{\"RotationEnabled\":true}", EC_CONFLICT, "its own rotation" },
	{ "{\"DeletedDate\":1.7e9}", EC_GONE, "going to be deleted" },
	{ "{\"OwningService\":\"rds\"}", EC_CONFLICT, "rds manages it" },
	{ "{\"PrimaryRegion\":\"us-east-1\"}", EC_CONFIG,
	    "written in us-east-1" },
	{ "{\"PrimaryRegion\":\"eu-west-1\"}", EC_OK, "set username" },
};

static void
plan_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(plans); i++) {
		char text[512];
		struct fake_step script[] = { { FAKE_REPLY_CLOSE, text },
			HOLDS("v1", USER1, PASS1) };
		struct client_plan p;
		struct aws_world w;

		(void)snprintf(text, sizeof(text),
		    "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n%s",
		    plans[i].described);
		begin(&w, script, COUNT(script));
		assert_int_equal(world_plan(&w, &p), plans[i].ec);
		if (plans[i].ec == EC_OK)
			assert_non_null(strstr(p.change, plans[i].told));
		else
			fixture_told(&w.fx, plans[i].told);
		world_end(&w);
	}
}

/* A key is missing, or there is no room: said before a key is made. */
static void
plan_tries(void **state)
{
	static const struct fake_step script[] = { OK("{}"),
		OK("{\"VersionId\":\"v\",\"SecretString\":"
		   "\"{\\\"username\\\":\\\"\\\"}\"}") };
	struct client_plan p;
	struct aws_world w;

	(void)state;
	begin(&w, script, COUNT(script));
	assert_int_equal(world_plan(&w, &p), EC_GONE);
	fixture_told(&w.fx, "no key password");
	assert_non_null(strstr(w.fx.e.fix, "create"));
	assert_int_equal(fixture_set(&w.fx, "create", "true", NULL), EC_OK);
	world_end(&w);
}

static void
region(void **state)
{
	static const struct fake_step script[] = { HOLDS("v1", USER1, PASS1) };
	struct aws_world w;

	(void)state;
	begin(&w, script, COUNT(script));
	fixture_reads(&w.fx, USER1, PASS1);
	assert_string_equal(w.asked, "eu-west-1");
	assert_int_equal(
	    fixture_set(&w.fx, "aws_region", "us-east-1", NULL), EC_OK);
	assert_int_equal(drv_aws_secretsmanager.check(&w.fx.c, &w.fx.e), EC_OK);
	fixture_reads(&w.fx, USER1, PASS1);
	assert_string_equal(w.asked, "us-east-1");
	assert_int_equal(
	    fixture_set(&w.fx, "aws_region", "us-east", NULL), EC_OK);
	assert_int_equal(
	    drv_aws_secretsmanager.check(&w.fx.c, &w.fx.e), EC_CONFIG);
	world_end(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes),
		cmocka_unit_test(same_again),
		cmocka_unit_test(write_ends),
		cmocka_unit_test(next_token),
		cmocka_unit_test(read_fails),
		cmocka_unit_test(plan_says),
		cmocka_unit_test(plan_tries),
		cmocka_unit_test(region),
	};
	struct err e;

	if (secret_init(&e) != EC_OK)
		return 1;
	return cmocka_run_group_tests_name(
	    "drv_aws_secretsmanager", tests, NULL, NULL);
}
