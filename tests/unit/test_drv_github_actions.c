/* The github-actions driver against the stand-in, which opens the boxes. */
#include "client_fixture.h"
#include "standin_fixture.h"

extern const struct client_driver drv_github_actions;
static const struct client_driver *const drv = &drv_github_actions;

#define REPO "repositories|octo/mail|secrets|"
#define PROD "repositories|octo/mail|environments|prod|secrets|"
#define ORG  "organisations|acme|secrets|"

static void
set(struct fixture *fx, const char *key, const char *value)
{
	if (fixture_set(fx, key, value, NULL) != EC_OK)
		fail_msg("%s: %s", key, fx->e.what);
}

static void
ok(const struct fixture *fx, enum ec ec)
{
	if (ec != EC_OK)
		fail_msg("%s; %s", fx->e.what, fx->e.fix);
}

static void
open_bare(struct fixture *fx, const char *key, const char *value)
{
	standin_open(fx, drv);
	set(fx, key, value);
	set(fx, "username_secret", "MAIL_USER");
	set(fx, "password_secret", "MAIL_PASS");
}

static void
open_with(
    struct fixture *fx, const char *key, const char *value, const char *token)
{
	open_bare(fx, key, value);
	standin_token(fx, "token_file", token);
	ok(fx, drv->check(&fx->c, &fx->e));
}

static void
open_repo(struct fixture *fx)
{
	open_with(fx, "repository", "octo/mail", "ghp_write\n");
}

static void
expect_pair(const char *where, const char *user, const char *pass)
{
	char path[160];

	(void)snprintf(path, sizeof(path), "%sMAIL_USER|value", where);
	standin_expect(path, user);
	(void)snprintf(path, sizeof(path), "%sMAIL_PASS|value", where);
	standin_expect(path, pass);
}

static void
repository(void **state)
{
	struct client_plan p = { .change = "" };
	struct fixture fx;

	(void)state;
	assert_null(drv->read);
	open_repo(&fx);
	ok(&fx, drv->plan(&fx.c, &p, &fx.e));
	assert_string_equal(p.change,
	    "set MAIL_PASS and MAIL_USER in the secrets of repository "
	    "octo/mail, last set at 2026-02-03T04:05:06Z");
	assert_non_null(strstr(p.warning, "mixed pair"));
	assert_int_equal(standin_requests("PUT"), 0);
	ok(&fx, fixture_write(&fx, USER1, PASS1));
	expect_pair(REPO, USER1, PASS1);
	expect_pair(PROD, "x", "x");
	ok(&fx, fixture_write(&fx, USER2, PASS2));
	ok(&fx, fixture_write(&fx, USER2, PASS2));
	expect_pair(REPO, USER2, PASS2);
	fixture_close(&fx);
}

static void
environment(void **state)
{
	struct client_plan p = { .change = "" };
	struct fixture fx;

	(void)state;
	open_repo(&fx);
	set(&fx, "environment", "prod");
	ok(&fx, fixture_write(&fx, USER1, PASS1));
	expect_pair(PROD, USER1, PASS1);
	expect_pair(REPO, "x", "x");
	set(&fx, "environment", "prod/eu west"); /* one segment of a path */
	ok(&fx, drv->plan(&fx.c, &p, &fx.e));
	assert_non_null(strstr(p.change, "environment prod/eu west of"));
	ok(&fx, fixture_write(&fx, USER2, PASS2));
	expect_pair("repositories|octo/mail|environments|prod/eu "
		    "west|secrets|",
	    USER2, PASS2);
	set(&fx, "environment", "none");
	assert_int_equal(drv->plan(&fx.c, &p, &fx.e), EC_GONE);
	fixture_close(&fx);
}

/* Who may use a secret is as it was: of 205 repositories, of two, of all. */
static void
organisation(void **state)
{
	AUTO(json) cJSON *before = NULL;
	AUTO(json) cJSON *after = NULL;
	const cJSON *had, *has;
	struct fixture fx;

	(void)state;
	open_with(&fx, "organisation", "acme", "ghp_write");
	had = standin_at(&before, ORG "MAIL_USER|ids");
	ok(&fx, fixture_write(&fx, USER1, PASS1));
	expect_pair(ORG, USER1, PASS1);
	has = standin_at(&after, ORG "MAIL_USER|ids");
	assert_int_equal(cJSON_GetArraySize(has), 205);
	assert_true(cJSON_Compare(had, has, true));
	standin_expect(ORG "MAIL_PASS|visibility", "selected");
	set(&fx, "username_secret", "OPEN");
	set(&fx, "password_secret", "PRIVATE");
	ok(&fx, fixture_write(&fx, USER2, PASS2));
	standin_expect(ORG "OPEN|visibility", "all");
	standin_expect(ORG "PRIVATE|visibility", "private");
	standin_expect(ORG "PRIVATE|value", PASS2);
	fixture_close(&fx);
}

static void
one_secret(void **state)
{
	struct client_plan p = { .change = "" };
	struct fixture fx;

	(void)state;
	standin_open(&fx, drv);
	set(&fx, "repository", "octo/mail");
	set(&fx, "pair_secret", "MAIL_PASS");
	standin_token(&fx, "token_file", "ghp_write");
	ok(&fx, drv->check(&fx.c, &fx.e));
	ok(&fx, drv->plan(&fx.c, &p, &fx.e));
	assert_null(strstr(p.warning, "mixed"));
	assert_non_null(strstr(p.warning, "add-mask"));
	ok(&fx, fixture_write(&fx, USER1, PASS1));
	standin_expect(REPO "MAIL_PASS|value",
	    "{\"username\":\"" USER1 "\",\"password\":\"" PASS1 "\"}");
	set(&fx, "pair_format", "dsn");
	ok(&fx, fixture_write(&fx, USER1, PASS1));
	standin_expect(REPO "MAIL_PASS|value",
	    "smtp://" USER1 ":BK%2F%2BabcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN"
	    "@mail.example.com:587");
	fixture_close(&fx);
}

static void
create(void **state)
{
	struct client_plan p = { .change = "" };
	struct fixture fx;

	(void)state;
	open_with(&fx, "repository", "octo/other", "ghp_write");
	assert_int_equal(drv->plan(&fx.c, &p, &fx.e), EC_GONE);
	assert_non_null(strstr(fx.e.fix, "create: true"));
	assert_int_equal(fixture_write(&fx, USER1, PASS1), EC_GONE);
	assert_int_equal(standin_requests("PUT"), 0);
	set(&fx, "create", "true");
	ok(&fx, drv->plan(&fx.c, &p, &fx.e));
	assert_non_null(strstr(p.change, "MAIL_USER (new)"));
	ok(&fx, fixture_write(&fx, USER1, PASS1));
	expect_pair("repositories|octo/other|secrets|", USER1, PASS1);
	fixture_close(&fx);
}

static void
tokens(void **state)
{
	static const struct {
		const char *token;
		enum ec plan, write;
		const char *told;
	} rows[] = {
		{ "ghp_read", EC_OK, EC_DENIED, "not accessible by personal" },
		{ "ghp_blind", EC_GONE, EC_GONE, "status 404" },
		{ "ghp_unknown", EC_DENIED, EC_DENIED, "Bad credentials" },
		{ "ghp_write\nX-Evil: 1", EC_CONFIG, EC_CONFIG, "one word" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct client_plan p = { .change = "" };
		struct fixture fx;

		open_with(&fx, "repository", "octo/mail", rows[i].token);
		if (drv->plan(&fx.c, &p, &fx.e) != rows[i].plan)
			fail_msg("%s: %s", rows[i].token, fx.e.what);
		assert_int_equal(
		    fixture_write(&fx, USER1, PASS1), rows[i].write);
		fixture_told(&fx, rows[i].told);
		assert_true(fx.e.fix[0] != '\0' || rows[i].plan == EC_CONFIG);
		assert_null(strstr(fx.e.what, "ghp_"));
		expect_pair(REPO, "x", "x");
		fixture_close(&fx);
	}
}

static void
open_app(struct fixture *fx)
{
	static char key[96];

	open_bare(fx, "repository", "octo/mail");
	(void)snprintf(key, sizeof(key), "%s/app.pem", standin.dir);
	set(fx, "private_key_file", key);
	set(fx, "app_id", "1234");
	set(fx, "installation_id", "77");
	ok(fx, drv->check(&fx->c, &fx->e));
}

/* An app asks for this repository and this permission, no more. */
static void
app(void **state)
{
	struct client_plan p = { .change = "" };
	struct fixture fx;

	(void)state;
	open_app(&fx);
	ok(&fx, drv->plan(&fx.c, &p, &fx.e));
	ok(&fx, fixture_write(&fx, USER1, PASS1));
	expect_pair(REPO, USER1, PASS1);
	standin_expect("granted|0|secrets", "write");
	standin_expect("granted|0|repositories|0", "mail");
	{
		AUTO(json) cJSON *root = NULL;

		assert_int_equal(
		    cJSON_GetArraySize(standin_at(&root, "granted|0")), 2);
	}
	set(&fx, "environment", "prod");
	ok(&fx, fixture_write(&fx, USER2, PASS2));
	standin_expect("granted|2|environments", "write");
	fixture_close(&fx);
}

static void
app_refused(void **state)
{
	struct client_plan p = { .change = "" };
	char other[96];
	struct fixture fx;

	(void)state;
	open_app(&fx);
	set(&fx, "installation_id", "78");
	assert_int_equal(drv->plan(&fx.c, &p, &fx.e), EC_GONE);
	set(&fx, "installation_id", "77");
	set(&fx, "app_id", "1235");
	assert_int_equal(drv->plan(&fx.c, &p, &fx.e), EC_DENIED);
	set(&fx, "app_id", "1234");
	standin.skew = -20L * 60 * 1000;
	assert_int_equal(drv->plan(&fx.c, &p, &fx.e), EC_DENIED);
	assert_non_null(strstr(fx.e.fix, "timedatectl"));
	standin.skew = 20L * 60 * 1000;
	assert_int_equal(drv->plan(&fx.c, &p, &fx.e), EC_DENIED);
	standin.skew = 0;
	standin_post("fault",
	    "{\"method\":\"POST\",\"status\":201,\"body\":"
	    "{\"token\":\"a\\r\\nX-B: c\"}}");
	assert_int_equal(drv->plan(&fx.c, &p, &fx.e), EC_PROTO);
	fixture_told(&fx, "no token came");
	standin_post("set", "{\"installation|permissions|secrets\":\"read\"}");
	assert_int_equal(drv->plan(&fx.c, &p, &fx.e), EC_DENIED);
	fixture_told(&fx, "not granted");
	assert_non_null(strstr(fx.e.fix, "write access to secrets"));
	/* It would add a header of its own. */
	standin_post("fault",
	    "{\"method\":\"POST\",\"status\":201,\"body\":{\"token\":"
	    "\"a\\r\\nX: y\"}}");
	assert_int_equal(drv->plan(&fx.c, &p, &fx.e), EC_PROTO);
	fixture_told(&fx, "no token came");
	(void)snprintf(other, sizeof(other), "%s/other.pem", standin.dir);
	set(&fx, "private_key_file", other);
	assert_int_equal(drv->plan(&fx.c, &p, &fx.e), EC_DENIED);
	fixture_put(&fx, "key", "-----BEGIN PRIVATE KEY-----\nMIIB\n");
	set(&fx, "private_key_file", fixture_path(&fx, "key"));
	assert_int_equal(drv->plan(&fx.c, &p, &fx.e), EC_CONFIG);
	fixture_close(&fx);
}

/* What GitHub refuses, loses and breaks. */
static void
faults(void **state)
{
	static const struct {
		const char *fault;
		enum ec write;
		const char *told, *user, *pass;
	} rows[] = {
		{ "{\"method\":\"GET\",\"status\":403,\"body\":{\"message\":"
		  "\"API rate limit exceeded for installation\"},"
		  "\"headers\":{\"x-ratelimit-remaining\":\"0\"}}",
		    EC_TEMP, "rate limit", "x", "x" },
		{ "{\"method\":\"PUT\",\"status\":403,\"body\":{\"message\":"
		  "\"You have exceeded a secondary rate limit.\"},"
		  "\"headers\":{\"Retry-After\":\"60\"}}",
		    EC_TEMP, "secondary rate limit", "x", "x" },
		{ "{\"method\":\"PUT\",\"status\":429,\"body\":{}}", EC_TEMP,
		    "status 429", "x", "x" },
		{ "{\"method\":\"PUT\",\"status\":422,\"body\":{\"message\":"
		  "\"improperly encrypted secret\"}}",
		    EC_CLIENT, "improperly", "x", "x" },
		{ "{\"method\":\"PUT\",\"status\":502,\"body\":\"<html>\"}",
		    EC_UNKNOWN, "status 502", "x", "x" },
		{ "{\"method\":\"PUT\",\"after\":true,\"drop\":true}",
		    EC_UNKNOWN, "GitHub", "x", PASS1 },
		{ "{\"method\":\"PUT\",\"path\":\"MAIL_USER\",\"status\":403,"
		  "\"body\":{\"message\":\"no\"}}",
		    EC_UNKNOWN, "MAIL_PASS is set, MAIL_USER is not", "x",
		    PASS1 },
		{ "{\"method\":\"GET\",\"path\":\"public-key\",\"status\":200,"
		  "\"body\":{\"key_id\":\"1\",\"key\":\"AAAA\"}}",
		    EC_PROTO, "public key", "x", "x" },
		{ "{\"method\":\"GET\",\"path\":\"public-key\",\"status\":200,"
		  "\"body\":{\"key_id\":\"1\",\"key\":\"AAAAAAAAAAAAAAAAAAAAAA"
		  "AAAAAAAAAAAAAAAAAAAAA=\"}}",
		    EC_PROTO, "public key", "x", "x" },
		{ "{\"method\":\"GET\",\"path\":\"public-key\",\"status\":200,"
		  "\"body\":{\"key_id\":\"1\",\"key\":\"L+5hbxqzzzzzzzzzzzzzz"
		  "zzzzzzzzzzzzzzzzzzzzz0=\"}}",
		    EC_CLIENT, "key_id", "x", "x" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct fixture fx;

		open_repo(&fx);
		standin_post("fault", rows[i].fault);
		if (fixture_write(&fx, USER1, PASS1) != rows[i].write)
			fail_msg("%s: %s", rows[i].fault, fx.e.what);
		fixture_told(&fx, rows[i].told);
		expect_pair(REPO, rows[i].user, rows[i].pass);
		ok(&fx, fixture_write(&fx, USER1, PASS1));
		expect_pair(REPO, USER1, PASS1);
		fixture_close(&fx);
	}
}

static void
options(void **state)
{
	static const struct {
		const char *key, *value;
		const char *told;
	} rows[] = {
		{ "repository", "octo", "OWNER/NAME" },
		{ "repository", "octo/../x", "OWNER/NAME" },
		{ "repository", "octo/..", "OWNER/NAME" },
		{ "repository", "octo/a b", "OWNER/NAME" },
		{ "repository", "/a", "OWNER/NAME" },
		{ "organisation", "acme", "either repository or" },
		{ "password_secret", "GITHUB_PASS", "GITHUB_" },
		{ "password_secret", "github_pass", "GITHUB_" },
		{ "password_secret", "2PASS", "no digit first" },
		{ "password_secret", "MAIL-PASS", "no digit first" },
		{ "password_secret", "mail_user", "the same" },
		{ "pair_secret", "PAIR", "where does" },
		{ "app_id", "1", "either token_file" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct fixture fx;

		open_repo(&fx);
		set(&fx, rows[i].key, rows[i].value);
		if (drv->check(&fx.c, &fx.e) != EC_CONFIG)
			fail_msg("%s: %s passes", rows[i].key, rows[i].value);
		fixture_told(&fx, rows[i].told);
		fixture_close(&fx);
	}
}

/* An environment's repository, an app's number, an organisation's secret. */
static void
options_of_places(void **state)
{
	struct fixture fx;

	(void)state;
	open_bare(&fx, "organisation", "acme");
	standin_token(&fx, "token_file", "x");
	assert_int_equal(drv->check(&fx.c, &fx.e), EC_OK);
	set(&fx, "create", "true");
	assert_int_equal(drv->check(&fx.c, &fx.e), EC_CONFIG);
	set(&fx, "create", "false");
	set(&fx, "environment", "prod");
	assert_int_equal(drv->check(&fx.c, &fx.e), EC_CONFIG);
	fixture_close(&fx);
	open_app(&fx);
	set(&fx, "installation_id", "7/7");
	assert_int_equal(drv->check(&fx.c, &fx.e), EC_CONFIG);
	fixture_close(&fx);
}

static int
start(void **state)
{
	(void)state;
	standin_start("tests/standin/github.py");
	return 0;
}

static int
stop(void **state)
{
	(void)state;
	standin_stop();
	return 0;
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(repository),
		cmocka_unit_test(environment),
		cmocka_unit_test(organisation),
		cmocka_unit_test(one_secret),
		cmocka_unit_test(create),
		cmocka_unit_test(tokens),
		cmocka_unit_test(app),
		cmocka_unit_test(app_refused),
		cmocka_unit_test(faults),
		cmocka_unit_test(options),
		cmocka_unit_test(options_of_places),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
