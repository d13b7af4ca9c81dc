/* provider_role, sts: a role of a profile, and what STS is asked. */
#include "provider_world.h"
#include "sigv4/sts.h"

#define ARN "arn:aws:iam::123456789012:role/rotator"

#define GIVEN(n, until)                                                        \
	"<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/"           \
	"2011-06-15/\"><AssumeRoleResult><AssumedRoleUser><Arn>x</Arn>"        \
	"</AssumedRoleUser><Credentials><AccessKeyId>ASIAROLE" n               \
	"</AccessKeyId><SecretAccessKey>" SECRET n                             \
	"</SecretAccessKey><SessionToken>" TOKEN n "</SessionToken>"           \
	"<Expiration>" until "</Expiration></Credentials>"                     \
	"</AssumeRoleResult></AssumeRoleResponse>"
#define DENIED                                                                 \
	"<ErrorResponse><Error><Code>AccessDenied</Code><Message>User: "       \
	"x is not authorized to perform: sts:AssumeRole\n" TOKEN               \
	"</Message></Error><RequestId>r</RequestId></ErrorResponse>"

static const struct fake_step fine[] = { ANSWER("200 OK", GIVEN("1", LATER)),
	ANSWER("200 OK", GIVEN("2", LATER)) };

static const char profiles[] =
    "[profile rotator]\n"
    "role_arn = " ARN "\n"
    "source_profile = base\n"
    "external_id = ext/1\n"
    "role_session_name = night@host\n"
    "duration_seconds = 900\n"
    "region = eu-west-1\n"
    "[profile plain]\nrole_arn = " ARN "\nsource_profile = base\n"
    "[profile base]\nregion = us-west-2\n"
    "[profile chain]\n"
    "role_arn = arn:aws:iam::123456789012:role/second\n"
    "source_profile = plain\n"
    "[profile self]\nrole_arn = " ARN "\nsource_profile = self\n"
    "[profile selfless]\nrole_arn = " ARN "\nsource_profile = selfless\n"
    "[profile a]\nrole_arn = " ARN "\nsource_profile = b\n"
    "[profile b]\nrole_arn = " ARN "\nsource_profile = a\n"
    "[profile keyed]\nrole_arn = " ARN "\nsource_profile = round\n"
    "aws_access_key_id = AKIAKEYED\naws_secret_access_key = CANARYk\n"
    "[profile round]\nrole_arn = " ARN "\nsource_profile = keyed\n"
    "[profile env]\nrole_arn = " ARN "\ncredential_source = Environment\n"
    "[profile ecs]\nrole_arn = " ARN "\ncredential_source = EcsContainer\n"
    "[profile ec2]\nrole_arn = " ARN
    "\ncredential_source = Ec2InstanceMetadata\n"
    "[profile moon]\nrole_arn = " ARN "\ncredential_source = Moon\n"
    "[profile both]\nrole_arn = " ARN
    "\nsource_profile = base\ncredential_source = Environment\n"
    "[profile none]\nrole_arn = " ARN "\n"
    "[profile mfa]\nrole_arn = " ARN
    "\nsource_profile = base\nmfa_serial = arn:aws:iam::1:mfa/x\n"
    "[profile gone]\nrole_arn = " ARN "\nsource_profile = nowhere\n"
    "[profile empty]\nrole_arn = " ARN "\nsource_profile = bare\n"
    "[profile bare]\nregion = us-east-1\n"
    "[profile arn]\nrole_arn = rotator\nsource_profile = base\n"
    "[profile name]\nrole_arn = " ARN
    "\nsource_profile = base\nrole_session_name = a b\n"
    "[profile long]\nrole_arn = " ARN
    "\nsource_profile = base\nduration_seconds = 86400\n"
    "[profile text]\nrole_arn = " ARN
    "\nsource_profile = base\nduration_seconds = 1h\n"
    "[profile extern]\nrole_arn = " ARN
    "\nsource_profile = base\nexternal_id = a&b\n"
    "[profile half]\nrole_arn = " ARN "\nsource_profile = halfbase\n";

static const char keys[] = "[base]\naws_access_key_id = AKIABASE\n"
			   "aws_secret_access_key = CANARYbase\n"
			   "[self]\naws_access_key_id = AKIASELF\n"
			   "aws_secret_access_key = CANARYself\n"
			   "[halfbase]\naws_access_key_id = AKIAHALF\n";

static void
begin(struct world *w, const struct fake_step *script, size_t n,
    const char *profile)
{
	world_begin(w, script, n);
	fake_env_file(&w->f, "config", profiles);
	fake_env_file(&w->f, "credentials", keys);
	w->f.env.profile = profile;
}

static void
test_request(void **state)
{
	struct world w;
	const char *t;

	(void)state;
	begin(&w, fine, 1, "rotator");
	world_load(&w, EC_OK, NULL, NULL);
	world_is(&w, "ASIAROLE1", SECRET "1", TOKEN "1", LATER);
	assert_non_null(strstr(w.c.source, "role " ARN " by profile rotator"));
	t = world_saw(&w, 0);
	assert_non_null(strstr(t, "POST / HTTP/1.1\r\n"));
	assert_non_null(strstr(t, "Credential=AKIABASE/"));
	assert_non_null(strstr(t, "/eu-west-1/sts/aws4_request"));
	assert_null(strstr(t, "X-Amz-Security-Token"));
	assert_non_null(strstr(t,
	    "\r\n\r\nAction=AssumeRole&Version=2011-06-15"
	    "&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Frotator"
	    "&RoleSessionName=night%40host&DurationSeconds=900"
	    "&ExternalId=ext%2F1"));
	world_end(&w);
	begin(&w, fine, 1, "plain");
	world_load(&w, EC_OK, NULL, NULL);
	t = world_saw(&w, 0);
	assert_non_null(strstr(t, "RoleSessionName=ses-smtp-rotator"));
	assert_null(strstr(t, "DurationSeconds"));
	assert_null(strstr(t, "ExternalId"));
	world_end(&w);
}

/* The role of one is the base of the next; the region is the first one's. */
static void
test_chain(void **state)
{
	struct world w;
	const char *t;

	(void)state;
	begin(&w, fine, 2, "chain");
	world_load(&w, EC_OK, NULL, NULL);
	world_is(&w, "ASIAROLE2", SECRET "2", TOKEN "2", LATER);
	assert_int_equal(w.server.seen->requests, 2);
	assert_non_null(strstr(world_saw(&w, 0), "Credential=AKIABASE/"));
	t = world_saw(&w, 1);
	assert_non_null(strstr(t, "Credential=ASIAROLE1/"));
	assert_non_null(strstr(t, "X-Amz-Security-Token: " TOKEN "1\r\n"));
	assert_non_null(strstr(t, "role%2Fsecond"));
	world_end(&w);
}

static void
test_sources(void **state)
{
	struct world w;

	(void)state;
	begin(&w, fine, 1, "self");
	world_load(&w, EC_OK, NULL, NULL);
	assert_non_null(strstr(world_saw(&w, 0), "Credential=AKIASELF/"));
	world_end(&w);
	begin(&w, fine, 1, "env");
	world_load(&w, EC_CONFIG, "credential_source = Environment", NULL);
	fake_env_set(&w.f, "AWS_ACCESS_KEY_ID", "AKIAENV");
	fake_env_set(&w.f, "AWS_SECRET_ACCESS_KEY", "CANARYenv");
	world_load(&w, EC_OK, NULL, NULL);
	assert_non_null(strstr(world_saw(&w, 0), "Credential=AKIAENV/"));
	world_end(&w);
	begin(&w, fine, 1, "ecs");
	world_load(&w, EC_CONFIG, "credential_source = EcsContainer", NULL);
	w.f.env.profile = "ec2";
	world_load(
	    &w, EC_CONFIG, "credential_source = Ec2InstanceMetadata", NULL);
	world_end(&w);
}

/* Without a name from us the environment's own keys come first. */
static void
test_order(void **state)
{
	struct world w;

	(void)state;
	begin(&w, fine, 1, NULL);
	fake_env_set(&w.f, "AWS_PROFILE", "self");
	world_load(&w, EC_OK, NULL, NULL);
	world_is(&w, "ASIAROLE1", SECRET "1", TOKEN "1", LATER);
	fake_env_set(&w.f, "AWS_ACCESS_KEY_ID", "AKIAENV");
	fake_env_set(&w.f, "AWS_SECRET_ACCESS_KEY", "CANARYenv");
	world_load(&w, EC_OK, NULL, NULL);
	world_is(&w, "AKIAENV", "CANARYenv", NULL, NULL);
	world_end(&w);
}

/* What is wrong in the files is said before anybody is asked. */
static void
test_wrong(void **state)
{
	static const struct {
		const char *profile, *what, *fix;
	} rows[] = {
		{ "selfless", "source_profile = selfless: a loop", "keys" },
		{ "a", "source_profile = a: a loop", "keys" },
		{ "keyed", "source_profile = keyed: a loop", "keys" },
		{ "moon", "credential_source", "EcsContainer" },
		{ "both", "both source_profile and", "one of them" },
		{ "none", "neither source_profile", "one of them" },
		{ "mfa", "mfa_serial", "export-credentials" },
		{ "gone", "source_profile of profile gone: profile nowhere",
		    "nowhere" },
		{ "empty", "profile bare in ", "keys" },
		{ "arn", "role_arn", "correct" },
		{ "name", "role_session_name", "correct" },
		{ "long", "duration_seconds", "correct" },
		{ "text", "duration_seconds", "correct" },
		{ "extern", "external_id", "correct" },
		{ "half", "half a credential", "both" },
	};
	struct world w;

	(void)state;
	begin(&w, fine, 1, NULL);
	for (size_t i = 0; i < COUNT(rows); i++) {
		w.f.env.profile = rows[i].profile;
		world_load(&w, EC_CONFIG, rows[i].what, rows[i].fix);
	}
	assert_int_equal(w.server.seen->requests, 0);
	world_end(&w);
}

/* Nine roles in a row: eight are enough for anybody. */
static void
test_depth(void **state)
{
	char text[2000] = "";
	struct world w;

	(void)state;
	for (int i = 0; i < 9; i++)
		(void)snprintf(text + strlen(text), sizeof(text) - strlen(text),
		    "[profile p%d]\nrole_arn = " ARN "\nsource_profile = p%d\n",
		    i, i + 1);
	begin(&w, fine, 1, "p0");
	fake_env_file(&w.f, "config", text);
	world_load(&w, EC_CONFIG, "more than 8 roles", NULL);
	assert_int_equal(w.server.seen->requests, 0);
	world_end(&w);
}

static void
test_answers(void **state)
{
	static const struct {
		struct fake_step step;
		enum ec want;
		const char *what, *fix;
		unsigned requests;
	} rows[] = {
		{ ANSWER("403 Forbidden", DENIED), EC_DENIED, "AccessDenied",
		    "trust policy", 1 },
		{ ANSWER("200 OK", "garbage"), EC_PROTO, "not XML", "proxy",
		    1 },
		{ ANSWER("200 OK", "<AssumeRoleResponse><AssumeRoleResult>"),
		    EC_PROTO, "not XML", "proxy", 1 },
		{ ANSWER("200 OK", "<a/>"), EC_PROTO, "lacks", "proxy", 1 },
		{ ANSWER("200 OK", GIVEN("1", "soon")), EC_PROTO, "no time",
		    "proxy", 1 },
		{ ANSWER("200 OK", GIVEN("a b", LATER)), EC_PROTO,
		    "no credential", "proxy", 1 },
		{ ANSWER("503 x", "<html>"), EC_TEMP, "HTTP 503", NULL, 3 },
		{ { FAKE_DROP, NULL }, EC_TEMP, "AssumeRole", NULL, 3 },
	};
	struct world w;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		begin(&w, &rows[i].step, 1, "rotator");
		world_load(&w, rows[i].want, rows[i].what, rows[i].fix);
		assert_non_null(strstr(w.e.what, "profile rotator in "));
		assert_non_null(strstr(w.e.what, ARN));
		assert_int_equal(w.server.seen->requests, rows[i].requests);
		assert_int_equal(w.sleeps, rows[i].requests - 1);
		world_end(&w);
	}
}

/* As a function for others: what STS could not take is not sent to it. */
static void
test_function(void **state)
{
	struct sts_role r = { .arn = ARN, .where = "here" };
	struct aws_cred base = { .key_id = "AKIABASE" };
	struct world w;

	(void)state;
	begin(&w, fine, 1, NULL);
	assert_int_equal(secret_new("x", 1, &base.secret, &w.e), EC_OK);
	r.duration_s = 899;
	assert_int_equal(
	    sts_assume_role(&w.f.env, NULL, &base, &r, &w.c, &w.e), EC_CONFIG);
	assert_string_equal(w.e.what, "here: duration_seconds: 900 to 43200");
	r.duration_s = 43200;
	assert_int_equal(w.server.seen->requests, 0);
	assert_int_equal(
	    sts_assume_role(&w.f.env, "eu-south-2", &base, &r, &w.c, &w.e),
	    EC_OK);
	assert_null(w.c.from);
	assert_non_null(strstr(world_saw(&w, 0), "/eu-south-2/sts/"));
	assert_non_null(strstr(world_saw(&w, 0), "DurationSeconds=43200"));
	aws_cred_free(&base);
	world_end(&w);
}

/* A run that lasts longer than its credential: the call after that is signed
 * with a new one, and in between none is fetched. */
static void
test_midway(void **state)
{
	static const struct fake_step script[] = {
		ANSWER("200 OK", GIVEN("1", LATER)),
		ANSWER("200 OK", "<x/>"),
		ANSWER("200 OK", "<x/>"),
		ANSWER("200 OK", GIVEN("2", "2026-11-21T14:00:00Z")),
		ANSWER("200 OK", "<x/>"),
	};
	const struct aws_options o = { .attempts = 1 };
	const struct aws_call q = { .service = "iam", .action = "X" };
	struct http_reply r = { .status = 0 };
	struct aws_error why;
	struct aws *a = NULL;
	struct world w;

	(void)state;
	begin(&w, script, COUNT(script), "rotator");
	assert_int_equal(aws_open(world_net, &w.f.env, &o, &a, &w.e), EC_OK);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(aws_do(a, &q, &r, &why, &w.e), EC_OK);
		http_reply_free(&r);
		w.now += INT64_C(25) * 60 * 1000; /* 12:25, 12:50 */
	}
	assert_int_equal(w.server.seen->requests, 5);
	assert_non_null(strstr(world_saw(&w, 1), "Credential=ASIAROLE1/"));
	assert_non_null(strstr(world_saw(&w, 2), "Credential=ASIAROLE1/"));
	assert_non_null(strstr(world_saw(&w, 3), "Credential=AKIABASE/"));
	assert_non_null(strstr(world_saw(&w, 4), "Credential=ASIAROLE2/"));
	aws_close(a);
	world_end(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request),
		cmocka_unit_test(test_chain),
		cmocka_unit_test(test_sources),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_function),
		cmocka_unit_test(test_midway),
	};

	return world_main("provider_role", tests, COUNT(tests));
}
