/* The aws-ssm driver against a script: versions that tell of a race, halves
 * that must not stay alone, and everything that a put must repeat. */
#include "aws_world.h"

extern const struct client_driver drv_aws_ssm;

#define PARAMETER(name, type, value, version)                                  \
	"{\"Name\":\"" name                                                    \
	"\",\"ARN\":\"arn:aws:ssm:eu-west-1:1:parameter" name                  \
	"\",\"Type\":\"" type "\",\"Value\":\"" value                          \
	"\",\"Version\":" #version "}"
#define JSON_OF(user, pass)                                                    \
	"{\\\"username\\\":\\\"" user "\\\",\\\"password\\\":\\\"" pass "\\\"}"
#define DESCRIBED(name, more)                                                  \
	OK("{\"Parameters\":[{\"Name\":\"" name "\"" more "}]}")
#define GOT_ONE                                                                \
	OK("{\"Parameters\":[" PARAMETER(                                      \
	    "/p/j", "SecureString", JSON_OF(USER1, PASS1), 4) "]}")
#define GOT_TWO                                                                \
	OK("{\"Parameters\":[" PARAMETER("/p/u", "String", USER1,              \
	    7) "," PARAMETER("/p/p", "SecureString", PASS1, 4) "]}")
#define TWO_KNOWN    GOT_TWO, DESCRIBED("/p/p", ""), DESCRIBED("/p/u", "")
#define PUT(version) OK("{\"Version\":" #version ",\"Tier\":\"Standard\"}")
#define ALL_KEPT                                                                \
	",\"KeyId\":\"alias/own\",\"Tier\":\"Advanced\",\"DataType\":\"text\"," \
	"\"AllowedPattern\":\".*\",\"Description\":\"mail\""

static void
one(struct aws_world *w, const struct fake_step *script, size_t count)
{
	world_begin(w, &drv_aws_ssm, script, count);
	assert_int_equal(fixture_set(&w->fx, "parameter", "/p/j", NULL), EC_OK);
	assert_int_equal(drv_aws_ssm.check(&w->fx.c, &w->fx.e), EC_OK);
}

static void
two(struct aws_world *w, const struct fake_step *script, size_t count)
{
	world_begin(w, &drv_aws_ssm, script, count);
	assert_int_equal(
	    fixture_set(&w->fx, "username_parameter", "/p/u", NULL), EC_OK);
	assert_int_equal(
	    fixture_set(&w->fx, "password_parameter", "/p/p", NULL), EC_OK);
	assert_int_equal(drv_aws_ssm.check(&w->fx.c, &w->fx.e), EC_OK);
}

static void
writes_one(void **state)
{
	static const struct fake_step script[] = { GOT_ONE,
		DESCRIBED("/p/j", ALL_KEPT), PUT(5) };
	struct aws_world w;

	(void)state;
	one(&w, script, COUNT(script));
	assert_int_equal(fixture_write(&w.fx, USER2, PASS2), EC_OK);
	assert_int_equal(world_requests(&w), 3);
	world_asked(&w, 0, "AmazonSSM.GetParameters\r\n",
	    "{\"Names\":[\"/p/j\"],\"WithDecryption\":true}");
	world_asked(&w, 1, "AmazonSSM.DescribeParameters\r\n",
	    "{\"ParameterFilters\":[{\"Key\":\"Name\",\"Values\":[\"/p/j\"]}]}");
	world_asked(&w, 2, "AmazonSSM.PutParameter\r\n",
	    "\"Name\":\"/p/j\",\"Type\":\"SecureString\",\"Overwrite\":true,"
	    "\"Value\":\"" JSON_OF(USER2, PASS2) "\"" ALL_KEPT "}");
	world_end(&w);
}

static void
writes_two(void **state)
{
	static const struct fake_step script[] = { TWO_KNOWN, PUT(5), PUT(8) };
	struct aws_world w;

	(void)state;
	two(&w, script, COUNT(script));
	assert_int_equal(fixture_write(&w.fx, USER2, PASS2), EC_OK);
	assert_int_equal(world_requests(&w), 5);
	world_asked(&w, 0, "GetParameters", "[\"/p/p\",\"/p/u\"]");
	world_asked(&w, 3, "\"Name\":\"/p/p\",\"Type\":\"SecureString\"",
	    "\"Value\":\"" PASS2 "\"");
	world_asked(&w, 4, "\"Name\":\"/p/u\",\"Type\":\"String\"",
	    "\"Value\":\"" USER2 "\"");
	world_end(&w);
}

static void
same_again(void **state)
{
	static const struct fake_step script[] = { TWO_KNOWN,
		REFUSE("AccessDeniedException", "") };
	struct aws_world w;

	(void)state;
	two(&w, script, COUNT(script));
	assert_int_equal(fixture_write(&w.fx, USER1, PASS1), EC_OK);
	assert_int_equal(world_requests(&w), 3);
	world_end(&w);
}

/* How a write of two ends, by what the puts are answered. */
static const struct {
	const char *name;
	struct fake_step script[4];
	enum ec ec;
	unsigned puts;
	const char *told;
} ends[] = {
	{ "somebody wrote the password meanwhile: the pair is made whole",
	    { PUT(6), PUT(8) }, EC_CONFLICT, 2,
	    "somebody wrote /p/p between our read (version 4) and our write "
	    "(version 6)" },
	{ "somebody wrote the user name meanwhile", { PUT(5), PUT(9) },
	    EC_CONFLICT, 2, "somebody wrote /p/u" },
	{ "may not write at all", { REFUSE("AccessDeniedException", "") },
	    EC_DENIED, 1, "PutParameter" },
	{ "the user name cannot follow: the old password is put back",
	    { PUT(5), REFUSE("AccessDeniedException", "no"), PUT(6) },
	    EC_DENIED, 3, "PutParameter: AccessDeniedException" },
	{ "and that fails too",
	    { PUT(5), REFUSE("AccessDeniedException", "no"),
		REFUSE("ThrottlingException", "") },
	    EC_UNKNOWN, 3, "without its user name" },
	{ "somebody wrote the password, and the user name cannot follow",
	    { PUT(6), REFUSE("AccessDeniedException", "no") }, EC_UNKNOWN, 2,
	    "the new password is without its user name" },
	{ "the answer to the second is lost", { PUT(5), { FAKE_DROP, NULL } },
	    EC_UNKNOWN, 2, "Parameter Store" },
	{ "the answer to the first is lost", { { FAKE_DROP, NULL } },
	    EC_UNKNOWN, 1, "Parameter Store" },
	{ "no version in the answer", { OK("{}"), PUT(8) }, EC_UNKNOWN, 1,
	    "no version" },
	{ "too many versions with a label",
	    { REFUSE("ParameterMaxVersionLimitExceeded", "100") }, EC_CLIENT, 1,
	    "ParameterMaxVersionLimitExceeded" },
	{ "two writers at once", { REFUSE("TooManyUpdates", "") }, EC_TEMP, 1,
	    "TooManyUpdates" },
};

static void
write_ends(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(ends); i++) {
		struct fake_step script[7] = { TWO_KNOWN };
		struct aws_world w;
		size_t n = 0;
		enum ec ec;

		for (; n < 4 &&
		     (ends[i].script[n].text != NULL ||
			 ends[i].script[n].act != FAKE_REPLY);
		     n++)
			script[n + 3] = ends[i].script[n];
		two(&w, script, n + 3);
		ec = fixture_write(&w.fx, USER2, PASS2);
		if (ec != ends[i].ec ||
		    world_requests(&w) != ends[i].puts + 3) {
			print_error("%s: %s after %u: %s\n", ends[i].name,
			    ec_name(ec), world_requests(&w), w.fx.e.what);
			_fail(__FILE__, __LINE__);
		}
		fixture_told(&w.fx, ends[i].told);
		world_end(&w);
	}
}

static void
put_back(void **state)
{
	static const struct fake_step script[] = { TWO_KNOWN, PUT(5),
		REFUSE("AccessDeniedException", "no"), PUT(6) };
	struct aws_world w;

	(void)state;
	two(&w, script, COUNT(script));
	assert_int_equal(fixture_write(&w.fx, USER2, PASS2), EC_DENIED);
	world_asked(&w, 5, "\"Name\":\"/p/p\",\"Type\":\"SecureString\"",
	    "\"Value\":\"" PASS1 "\"");
	world_end(&w);
}

static const struct {
	struct fake_step script[2];
	bool both;
	enum ec ec;
	const char *told, *fix;
} plans[] = {
	{ { OK("{\"Parameters\":[],\"InvalidParameters\":[\"/p/j\"]}") }, false,
	    EC_GONE, "there is no parameter /p/j", "put-parameter" },
	{ { OK("{\"Parameters\":[" PARAMETER("/p/j", "String", "{}", 1) "]}") },
	    false, EC_CONFIG, "/p/j is a String", "SecureString" },
	{ { OK("{\"Parameters\":[" PARAMETER("/p/u", "String", "",
	      1) "," PARAMETER("/p/p", "String", "", 1) "]}") },
	    true, EC_CONFIG, "/p/p is a String", "SecureString" },
	{ { OK("{\"Parameters\":[" PARAMETER("/p/u", "StringList", "",
	      1) "," PARAMETER("/p/p", "SecureString", "", 1) "]}") },
	    true, EC_CONFIG, "/p/u is a StringList", "" },
	{ { OK("{\"Parameters\":[" PARAMETER(
	      "/p/j", "SecureString", "word", 1) "]}") },
	    false, EC_CONFLICT, "no JSON object", "" },
	{ { GOT_ONE, OK("{\"Parameters\":[]}") }, false, EC_GONE,
	    "DescribeParameters does not know /p/j", "" },
	{ { GOT_ONE, REFUSE("AccessDeniedException", "") }, false, EC_DENIED,
	    "DescribeParameters", "allow ssm:DescribeParameters" },
	{ { OK("{\"Parameters\":[{\"Name\":\"/p/j\"}]}") }, false, EC_PROTO,
	    "a part is missing", "" },
	{ { REFUSE("InvalidKeyId", "disabled") }, false, EC_DENIED, "disabled",
	    "" },
};

static void
plan_fails(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(plans); i++) {
		struct client_plan p;
		struct aws_world w;
		enum ec ec;

		(plans[i].both ? two : one)(&w, plans[i].script,
		    plans[i].script[1].text != NULL ? 2 : 1);
		ec = world_plan(&w, &p);
		if (ec != plans[i].ec) {
			print_error(
			    "plan %zu: %s: %s\n", i, ec_name(ec), w.fx.e.what);
			_fail(__FILE__, __LINE__);
		}
		fixture_told(&w.fx, plans[i].told);
		assert_non_null(strstr(w.fx.e.fix, plans[i].fix));
		world_end(&w);
	}
}

static void
plan_says(void **state)
{
	static const struct fake_step by_one[] = { GOT_ONE,
		OK("{\"Parameters\":[],\"NextToken\":\"more\"}"),
		DESCRIBED("/p/j", ",\"Policies\":[{}]") };
	static const struct fake_step by_two[] = { TWO_KNOWN };
	struct client_plan p;
	struct aws_world w;

	(void)state;
	one(&w, by_one, COUNT(by_one));
	assert_int_equal(world_plan(&w, &p), EC_OK);
	assert_string_equal(p.change,
	    "set username and password in a new version of parameter /p/j "
	    "(eu-west-1)");
	assert_non_null(strstr(p.warning, "policy"));
	world_asked(&w, 2, "DescribeParameters", "\"NextToken\":\"more\"");
	world_end(&w);
	two(&w, by_two, COUNT(by_two));
	assert_int_equal(world_plan(&w, &p), EC_OK);
	assert_string_equal(
	    p.change, "set parameter /p/p, then parameter /p/u (eu-west-1)");
	assert_non_null(strstr(p.warning, "halves"));
	assert_int_equal(world_requests(&w), 3);
	world_end(&w);
}

/* 4 KB, and 8 KB for an advanced parameter. */
static void
limits(void **state)
{
	static char got[8192];
	static const char *const tiers[] = { "", ",\"Tier\":\"Advanced\"" };

	(void)state;
	for (size_t i = 0; i < COUNT(tiers); i++) {
		char described[256];
		const struct fake_step script[] = { { FAKE_REPLY_CLOSE, got },
			{ FAKE_REPLY_CLOSE, described } };
		struct client_plan p;
		struct aws_world w;

		(void)snprintf(got, sizeof(got),
		    "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
		    "{\"Parameters\":[{\"Name\":\"/p/j\",\"Version\":1,"
		    "\"Type\":\"SecureString\",\"Value\":\"{\\\"x\\\":\\\"%04050d"
		    "\\\",\\\"username\\\":\\\"\\\",\\\"password\\\":\\\"\\\""
		    "}\"}]}",
		    0);
		(void)snprintf(described, sizeof(described),
		    "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
		    "{\"Parameters\":[{\"Name\":\"/p/j\"%s}]}",
		    tiers[i]);
		one(&w, script, COUNT(script));
		assert_int_equal(
		    world_plan(&w, &p), i == 0 ? EC_CONFIG : EC_OK);
		if (i == 0)
			assert_non_null(strstr(w.fx.e.fix, "advanced"));
		world_end(&w);
	}
}

static void
checks(void **state)
{
	static const struct {
		const char *parameter, *user, *pass;
		enum ec ec;
	} cases[] = {
		{ "/a", NULL, NULL, EC_OK },
		{ NULL, "/a", "/b", EC_OK },
		{ NULL, NULL, NULL, EC_CONFIG },
		{ NULL, "/a", NULL, EC_CONFIG },
		{ NULL, NULL, "/a", EC_CONFIG },
		{ "/a", "/b", "/c", EC_CONFIG },
		{ "/a", NULL, "/c", EC_CONFIG },
		{ NULL, "/a", "/a", EC_CONFIG },
		{ "/a:3", NULL, NULL, EC_CONFIG },
		{ NULL, "/a", "/b:label", EC_CONFIG },
		{ "arn:aws:ssm:us-east-1:1:parameter/a", NULL, NULL, EC_OK },
		{ "arn:aws:secretsmanager:us-east-1:1:secret:a", NULL, NULL,
		    EC_CONFIG },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		static const char *const keys[] = { "parameter",
			"username_parameter", "password_parameter" };
		const char *const values[] = { cases[i].parameter,
			cases[i].user, cases[i].pass };
		struct fixture fx;

		fixture_open(&fx, &drv_aws_ssm);
		for (size_t k = 0; k < COUNT(keys); k++)
			if (values[k] != NULL)
				assert_int_equal(
				    fixture_set(&fx, keys[k], values[k], NULL),
				    EC_OK);
		if (drv_aws_ssm.check(&fx.c, &fx.e) != cases[i].ec) {
			print_error("case %zu\n", i);
			_fail(__FILE__, __LINE__);
		}
		fixture_close(&fx);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_one),
		cmocka_unit_test(writes_two),
		cmocka_unit_test(same_again),
		cmocka_unit_test(write_ends),
		cmocka_unit_test(put_back),
		cmocka_unit_test(plan_fails),
		cmocka_unit_test(plan_says),
		cmocka_unit_test(limits),
		cmocka_unit_test(checks),
	};
	struct err e;

	if (secret_init(&e) != EC_OK)
		return 1;
	return cmocka_run_group_tests_name("drv_aws_ssm", tests, NULL, NULL);
}
