/* aws_role: as whom a client of an AWS store goes there, and that nothing is
 * written into another account than the one that is meant. With the real
 * program, STS and three accounts: tests/e2e/store_roles.t. */
#include "aws_world.h"

#include "clients/aws_role.h"
#include "config_bad.h"

extern const struct client_driver drv_aws_secretsmanager, drv_aws_ssm,
    drv_aws_lambda_env;

#define OURS   "123456789012"
#define THEIRS "210987654321"
#define ROLE   "arn:aws:iam::" THEIRS ":role/team/smtp"
#define SECRET(account)                                                        \
	"arn:aws:secretsmanager:us-east-1:" account ":secret:x-AbCdEf"

/* ---- what cannot be, and where ------------------------------------------- */

#define WITH(line)  BASE "clients:\n- { name: s, type: aws-secretsmanager, " line
#define PLAIN(line) WITH("secret: x,\n    " line " }\n")
#define SAYS(words) "6:3: " words

static const struct bad bads[] = {
	{ PLAIN("role_arn: rotator"),
	    SAYS("role_arn: \"rotator\" is not the ARN of a role"),
	    "role_arn: identity" },
	{ PLAIN("role_arn: Identity"),
	    SAYS("role_arn: \"Identity\" is not the ARN of a role"),
	    "arn:aws:iam::123456789012:role/NAME" },
	{ PLAIN("role_arn: 'arn:aws:sts::" OURS ":assumed-role/a/b'"),
	    SAYS("role_arn: \"arn:aws:sts::" OURS
		 ":assumed-role/a/b\" is not the ARN of a role"),
	    NULL },
	{ PLAIN("role_arn: ''"), "7:15: role_arn: is empty", NULL },
	{ PLAIN("role_arn: [a]"), "7:15: 'role_arn' must be one text", NULL },
	{ PLAIN("role_arn: identity"),
	    SAYS("role_arn: identity, but identity 'news' has no role_arn"),
	    "give that identity one" },
	{ PLAIN("external_id: ext"), SAYS("external_id without role_arn"),
	    "role_arn: arn:" },
	{ PLAIN("role_arn: '" ROLE "', external_id: x"),
	    SAYS("s: external_id: 2 to 1224 of A-Z a-z 0-9 and _+=,.@:/-"),
	    NULL },
	{ PLAIN("role_arn: 'arn:aws-cn:iam::" THEIRS ":role/x'"),
	    SAYS("role_arn is in partition aws-cn, region us-east-1 in aws"),
	    "arn:aws:" },
	{ PLAIN("aws_region: cn-north-1, role_arn: '" ROLE "'"),
	    SAYS("role_arn is in partition aws, region cn-north-1 in aws-cn"),
	    "arn:aws-cn:" },
	{ PLAIN("account: 12345678901"),
	    SAYS("account: \"12345678901\" is no account"), "twelve digits" },
	{ PLAIN("account: 12345678901x"),
	    SAYS("account: \"12345678901x\" is no account"), "in quotes" },
	{ PLAIN("role_arn: '" ROLE "', account: '" OURS "'"),
	    SAYS("account " OURS " is not that of role_arn, " THEIRS),
	    "looked up in the account of the role" },
	{ WITH("secret: '" SECRET(OURS) "',\n    role_arn: '" ROLE "' }\n"),
	    SAYS("secret is in account " OURS ", role_arn in " THEIRS),
	    "add  account: \"" OURS "\"" },
	{ WITH("secret: '" SECRET(OURS) "',\n    account: '" THEIRS "' }\n"),
	    SAYS("secret is in account " OURS ", not in " THEIRS), NULL },
	{ WITH("secret: '" SECRET(OURS) "',\n    role_arn: '" ROLE
					"', account: '" THEIRS "' }\n"),
	    SAYS("secret is in account " OURS ", not in " THEIRS), NULL },
	{ ACCOUNT "identities:\n- { name: news, regions: [us-east-1],\n"
		  "    role_arn: '" ROLE "' }\nclients:\n"
		  "- { name: s, type: aws-ssm, parameter: /x,\n"
		  "    role_arn: identity, external_id: ext }\n",
	    SAYS("external_id beside role_arn: identity"),
	    "that of the identity is sent" },
	{ BASE "clients:\n- { name: s, type: aws-ssm, username_parameter: /u,\n"
	       "    password_parameter: 'arn:aws:ssm:us-east-1:" OURS
	       ":parameter/p', role_arn: '" ROLE "' }\n",
	    SAYS("password_parameter is in account " OURS
		 ", role_arn in " THEIRS),
	    NULL },
	{ BASE "clients:\n- { name: s, type: aws-lambda-env, function: f,\n"
	       "    username_variable: UU, password_variable: PP,\n"
	       "    external_id: ext }\n",
	    SAYS("external_id without role_arn"), NULL },
};

static void
wrong(void **state)
{
	(void)state;
	expect_all(bads, COUNT(bads));
}

/* ---- what is made of the rest -------------------------------------------- */

#define TWO                                                                    \
	ACCOUNT                                                                \
	"identities:\n- { name: own, regions: [us-east-1] }\n"                 \
	"- { name: there, regions: [us-east-1], role_arn: '" ROLE "',\n"       \
	"    external_id: org:1 }\nclients:\n"
#define ONE(identity, more)                                                    \
	TWO "- { name: s, identity: " identity ", type: aws-ssm,\n    " more   \
	    " }\n"

static const struct {
	const char *yaml, *role, *account, *place;
} goods[] = {
	{ ONE("own", "parameter: /x"), NULL, "", "/x\n\n\nus-east-1\n" OURS },
	/* The role of an identity is not that of its clients by itself. */
	{ ONE("there", "parameter: /x"), NULL, "", "/x\n\n\nus-east-1\n" OURS },
	{ ONE("there", "parameter: /x, role_arn: identity"), ROLE, THEIRS,
	    "/x\n\n\nus-east-1\n" THEIRS },
	{ ONE("own", "parameter: /x, role_arn: '" ROLE "'"), ROLE, THEIRS,
	    "/x\n\n\nus-east-1\n" THEIRS },
	{ ONE("own",
	      "parameter: /x, role_arn: '" ROLE "', account: '" THEIRS "'"),
	    ROLE, THEIRS, "/x\n\n\nus-east-1\n" THEIRS },
	{ ONE("own", "parameter: /x, account: '" THEIRS "'"), NULL, THEIRS,
	    "/x\n\n\nus-east-1\n" THEIRS },
	{ ONE("own", "parameter: /x, aws_region: eu-west-1"), NULL, "",
	    "/x\n\n\neu-west-1\n" OURS },
	{ ONE("own",
	      "parameter: 'arn:aws:ssm:eu-west-1:" THEIRS ":parameter/x'"),
	    NULL, "",
	    "arn:aws:ssm:eu-west-1:" THEIRS
	    ":parameter/x\n\n\neu-west-1\n" THEIRS },
	/* A role that reaches into a third account, said twice. */
	{ ONE("own",
	      "parameter: 'arn:aws:ssm:us-east-1:333333333333:"
	      "parameter/x', role_arn: '" ROLE "', account: '333333333333'"),
	    ROLE, "333333333333",
	    "arn:aws:ssm:us-east-1:333333333333:parameter/x\n\n\nus-east-1\n"
	    "333333333333" },
	{ TWO "- { name: s, identity: own, type: manual, what: x }\n", NULL, "",
	    "" },
	/* `account` of another kind is something else. */
	{ TWO "- { name: s, identity: own, type: msmtp, path: /x,\n"
	      "    account: '" OURS "' }\n",
	    NULL, "", NULL },
};

static void
resolved(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(goods); i++) {
		AUTO(config) struct config *c = good(goods[i].yaml);
		const struct client *cl = &c->clients[0].client;
		AUTO(buf) struct buf place = BUF(4096);
		char account[AWS_ACCOUNT_MAX];
		const char *role = aws_role_of(cl, account);
		struct err e;

		if (goods[i].role == NULL)
			assert_null(role);
		else
			assert_string_equal(role, goods[i].role);
		assert_string_equal(account, goods[i].account);
		assert_int_equal(client_place(cl, &place, &e), EC_OK);
		if (goods[i].place == NULL)
			continue;
		if (place.len > 0)
			buf_cut(&place, place.len - 1); /* the last newline */
		assert_string_equal(buf_str(&place), goods[i].place);
	}
}

/* ---- who is asked for, and what comes back ------------------------------- */

static const struct kind {
	const struct client_driver *drv;
	const char *options[8];
	const char *reply; /* to the first call of a write, @: an account */
	const char *prefix;
} kinds[] = {
	{ &drv_aws_secretsmanager, { "secret", "x" },
	    "{\"ARN\":\"arn:aws:secretsmanager:eu-west-1:@:secret:x-1\","
	    "\"VersionId\":\"v1\",\"SecretString\":\"{\\\"username\\\":\\\"\\\""
	    ",\\\"password\\\":\\\"\\\"}\"}",
	    "Secrets Manager: x (eu-west-1, account " THEIRS "): " },
	{ &drv_aws_ssm, { "parameter", "/x" },
	    "{\"Parameters\":[{\"Name\":\"/x\",\"Type\":\"SecureString\","
	    "\"ARN\":\"arn:aws:ssm:eu-west-1:@:parameter/x\",\"Version\":1,"
	    "\"Value\":\"{}\"}]}",
	    "Parameter Store: /x (eu-west-1, account " THEIRS "): " },
	{ &drv_aws_ssm,
	    { "username_parameter", "/u", "password_parameter", "/p" },
	    "{\"Parameters\":[{\"Name\":\"/p\",\"Type\":\"SecureString\","
	    "\"ARN\":\"arn:aws:ssm:eu-west-1:" THEIRS
	    ":parameter/p\",\"Version\":1,\"Value\":\"x\"},"
	    "{\"Name\":\"/u\",\"Type\":\"String\",\"ARN\":"
	    "\"arn:aws:ssm:eu-west-1:@:parameter/u\",\"Version\":1,"
	    "\"Value\":\"x\"}]}",
	    "Parameter Store: /p (eu-west-1, account " THEIRS "): " },
	{ &drv_aws_lambda_env,
	    { "function", "f", "username_variable", "UU", "password_variable",
		"PP" },
	    "{\"FunctionArn\":\"arn:aws:lambda:eu-west-1:@:function:f\","
	    "\"RevisionId\":\"r\",\"LastUpdateStatus\":\"Successful\","
	    "\"Environment\":{\"Variables\":{\"UU\":\"\",\"PP\":\"\"}}}",
	    "Lambda: f (eu-west-1, account " THEIRS "): " },
};

static void
begin(struct aws_world *w, const struct kind *k, const char *account,
    const char *key, const char *value)
{
	static char json[1024], text[2048];
	static const struct fake_step script[] = { { FAKE_REPLY_CLOSE, text } };

	(void)snprintf(json, sizeof(json), "%.*s%s%s",
	    (int)strcspn(k->reply, "@"), k->reply, account,
	    strchr(k->reply, '@') + 1);
	(void)snprintf(text, sizeof(text),
	    "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n%s", json);
	world_begin(w, k->drv, script, COUNT(script));
	for (size_t i = 0; k->options[i] != NULL; i += 2)
		assert_int_equal(
		    fixture_set(&w->fx, k->options[i], k->options[i + 1], NULL),
		    EC_OK);
	assert_int_equal(fixture_set(&w->fx, key, value, NULL), EC_OK);
	assert_int_equal(k->drv->check(&w->fx.c, &w->fx.e), EC_OK);
}

/* One request, which reads; then no more. */
static void
writes_nothing(const struct kind *k, const char *account, const char *key,
    const char *value, enum ec want, const char *told)
{
	struct aws_world w;

	begin(&w, k, account, key, value);
	assert_int_equal(fixture_write(&w.fx, USER2, PASS2), want);
	fixture_told(&w.fx, told);
	fixture_told(&w.fx, k->prefix);
	assert_int_equal(world_requests(&w), 1);
	world_end(&w);
}

static void
wrong_account(void **state)
{
	const char *const in = "nothing written: it is in account " OURS
			       ", and must be in " THEIRS;

	(void)state;
	for (size_t i = 0; i < COUNT(kinds); i++) {
		const struct kind *k = &kinds[i];

		writes_nothing(k, OURS, "account", THEIRS, EC_CONFIG, in);
		writes_nothing(k, OURS, "role_arn", ROLE, EC_CONFIG, in);
		writes_nothing(k, "", "role_arn", ROLE, EC_PROTO,
		    "the reply does not say in which account it is");
		writes_nothing(k, THEIRS "0", "account", THEIRS, EC_CONFIG,
		    "and must be in");
	}
}

static void
confirmed(void **state)
{
	static const struct {
		const char *account, *arn;
		enum ec ec;
	} rows[] = {
		{ "", NULL, EC_OK },
		{ "", "x", EC_OK },
		{ THEIRS, SECRET(THEIRS), EC_OK },
		{ THEIRS, NULL, EC_PROTO },
		{ THEIRS, "", EC_PROTO },
		{ THEIRS, "x", EC_PROTO },
		{ THEIRS, "arn:aws:secretsmanager:us-east-1", EC_PROTO },
		{ THEIRS, SECRET(OURS), EC_CONFIG },
		{ THEIRS, SECRET("21098765432"), EC_CONFIG },
		{ THEIRS, SECRET(THEIRS "0"), EC_CONFIG },
	};
	const struct client c = { .name = "web" };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct aws_object o = {
			.c = &c, .service = &aws_secrets_manager, .name = "x"
		};
		struct err e;

		(void)snprintf(
		    o.account, sizeof(o.account), "%s", rows[i].account);
		assert_int_equal(
		    aws_role_confirm(&o, rows[i].arn, &e), rows[i].ec);
	}
}

/* A plan says it, too: no key is made for nothing. */
static void
wrong_account_planned(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(kinds); i++) {
		struct client_plan p;
		struct aws_world w;

		begin(&w, &kinds[i], OURS, "account", THEIRS);
		assert_int_not_equal(world_plan(&w, &p), EC_OK);
		assert_int_equal(world_requests(&w), 1);
		world_end(&w);
	}
}

static void
asked_as(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(kinds); i++) {
		AUTO(smtp_cred) struct smtp_cred held = { .pass = NULL };
		struct aws_world w;

		begin(&w, &kinds[i], THEIRS, "role_arn", ROLE);
		assert_int_equal(
		    fixture_set(&w.fx, "external_id", "org:1", NULL), EC_OK);
		assert_int_equal(
		    kinds[i].drv->read(&w.fx.c, &held, &w.fx.e), EC_OK);
		assert_string_equal(w.as, ROLE " org:1 role_arn of a client");
		assert_string_equal(w.asked, "eu-west-1");
		world_end(&w);
	}
}

static void
asked_as_ourselves(void **state)
{
	AUTO(smtp_cred) struct smtp_cred held = { .pass = NULL };
	struct aws_world w;

	(void)state;
	begin(&w, &kinds[0], THEIRS, "account", THEIRS);
	w.fx.c.role_arn = ROLE; /* of the identity, and nobody asked for it */
	w.fx.c.external_id = "org:1";
	assert_int_equal(kinds[0].drv->read(&w.fx.c, &held, &w.fx.e), EC_OK);
	assert_string_equal(w.as, "- - -");
	assert_int_equal(
	    fixture_set(&w.fx, "role_arn", "identity", NULL), EC_OK);
	assert_int_equal(kinds[0].drv->read(&w.fx.c, &held, &w.fx.e), EC_OK);
	assert_string_equal(w.as, ROLE " org:1 role_arn of a client");
	world_end(&w);
}

/* What a role may not do is allowed to the role. */
static void
denied(void **state)
{
	static const struct fake_step script[] = { REFUSE(
	    "AccessDeniedException", "no") };
	AUTO(smtp_cred) struct smtp_cred held = { .pass = NULL };
	struct aws_world w;

	(void)state;
	world_begin(&w, &drv_aws_secretsmanager, script, 1);
	assert_int_equal(fixture_set(&w.fx, "secret", "x", NULL), EC_OK);
	assert_int_equal(fixture_set(&w.fx, "role_arn", ROLE, NULL), EC_OK);
	assert_int_equal(w.fx.c.drv->read(&w.fx.c, &held, &w.fx.e), EC_DENIED);
	fixture_told(&w.fx, kinds[0].prefix);
	assert_string_equal(w.fx.e.fix,
	    "allow secretsmanager:GetSecretValue for the role " ROLE
	    "; the whole policy is in rotate-clients(5)");
	world_end(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong),
		cmocka_unit_test(resolved),
		cmocka_unit_test(wrong_account),
		cmocka_unit_test(wrong_account_planned),
		cmocka_unit_test(confirmed),
		cmocka_unit_test(asked_as),
		cmocka_unit_test(asked_as_ourselves),
		cmocka_unit_test(denied),
	};
	struct err e;

	if (secret_init(&e) != EC_OK)
		return 1;
	return cmocka_run_group_tests_name("aws_role", tests, NULL, NULL);
}
