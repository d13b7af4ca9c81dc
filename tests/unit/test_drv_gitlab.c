/* The gitlab drivers against the stand-in, which keeps GitLab's rules. */
#include "client_fixture.h"
#include "standin_fixture.h"

extern const struct client_driver drv_gitlab;
extern const struct client_driver drv_gitlab_write_only;

/* Indices of the stand-in's variables, see its fresh(). */
#define VARS "projects|acme/mail|variables|"
enum {
	USER,
	PASS,
	SHOWN,
	HIDDEN,
	PASS_STAGING,
	USER_STAGING,
	EMPTY,
	JSON,
	DSN
};

static void
set(struct fixture *fx, const char *key, const char *value)
{
	if (fixture_set(fx, key, value, NULL) != EC_OK)
		fail_msg("%s: %s", key, fx->e.what);
}

static void
open_two(struct fixture *fx, const char *token)
{
	standin_open(fx, &drv_gitlab);
	standin_token(fx, "token_file", token);
	set(fx, "project", "acme/mail");
	set(fx, "username_variable", "MAIL_USER");
	set(fx, "password_variable", "MAIL_PASS");
	assert_int_equal(drv_gitlab.check(&fx->c, &fx->e), EC_OK);
}

static void
open_pair(struct fixture *fx, const char *name, const char *format)
{
	standin_open(fx, &drv_gitlab);
	standin_token(fx, "token_file", "glpat-api\n");
	set(fx, "project", "42");
	set(fx, "pair_variable", name);
	set(fx, "pair_format", format);
	assert_int_equal(drv_gitlab.check(&fx->c, &fx->e), EC_OK);
}

static void
expect(int at, const char *field, const char *text)
{
	char path[128];

	(void)snprintf(path, sizeof(path), VARS "%d|%s", at, field);
	standin_expect(path, text);
}

static bool
is(int at, const char *field)
{
	char path[128];

	(void)snprintf(path, sizeof(path), VARS "%d|%s", at, field);
	return standin_true(path);
}

static void
ok(const struct fixture *fx, enum ec ec)
{
	if (ec != EC_OK)
		fail_msg("%s; %s", fx->e.what, fx->e.fix);
}

static void
two_variables(void **state)
{
	struct client_plan p = { .change = "" };
	struct fixture fx;

	(void)state;
	open_two(&fx, "glpat-api");
	ok(&fx, drv_gitlab.plan(&fx.c, &p, &fx.e));
	assert_string_equal(p.change,
	    "set MAIL_PASS and MAIL_USER, scope *, of GitLab project "
	    "acme/mail");
	assert_non_null(strstr(p.warning, "mixed pair"));
	assert_int_equal(standin_requests("PUT"), 0);
	fixture_reads(&fx, "x", "placeholder");
	ok(&fx, fixture_write(&fx, USER1, PASS1));
	fixture_reads(&fx, USER1, PASS1);
	expect(USER, "value", USER1);
	expect(PASS, "value", PASS1);
	/* All else is as it was, and so is the other scope. */
	assert_true(is(PASS, "masked") && is(PASS, "protected"));
	assert_false(is(PASS, "raw"));
	expect(PASS, "description", "of SES");
	expect(PASS, "variable_type", "env_var");
	assert_false(is(USER, "masked"));
	expect(PASS_STAGING, "value", "another");
	expect(USER_STAGING, "value", "another");
	fixture_close(&fx);
}

static void
scopes(void **state)
{
	struct fixture fx;

	(void)state;
	open_two(&fx, "glpat-api");
	set(&fx, "scope", "staging/*");
	ok(&fx, fixture_write(&fx, USER1, PASS1));
	fixture_reads(&fx, USER1, PASS1);
	expect(PASS, "value", "placeholder");
	expect(PASS_STAGING, "value", PASS1);
	/* It could be seen in logs until now. */
	assert_true(is(PASS_STAGING, "masked"));
	fixture_close(&fx);
}

static void
group(void **state)
{
	struct client_plan p = { .change = "" };
	struct fixture fx;

	(void)state;
	standin_open(&fx, &drv_gitlab);
	standin_token(&fx, "token_file", "glpat-api");
	set(&fx, "group", "acme");
	set(&fx, "username_variable", "MAIL_USER");
	set(&fx, "password_variable", "MAIL_PASS");
	ok(&fx, drv_gitlab.plan(&fx.c, &p, &fx.e));
	ok(&fx, fixture_write(&fx, USER1, PASS1));
	fixture_reads(&fx, USER1, PASS1);
	standin_expect("groups|acme|variables|1|value", PASS1);
	fixture_close(&fx);
}

static void
pair_json(void **state)
{
	struct fixture fx;

	(void)state;
	open_pair(&fx, "JSON", "json");
	fixture_reads(&fx, "u", "p");
	ok(&fx, fixture_write(&fx, USER1, PASS1));
	expect(JSON, "value",
	    "{\"from\":\"a@b\",\"username\":\"" USER1 "\",\"password\":\"" PASS1
	    "\"}");
	assert_true(is(JSON, "masked") && is(JSON, "raw"));
	fixture_reads(&fx, USER1, PASS1);
	fixture_close(&fx);
	open_pair(&fx, "EMPTY", "json");
	fixture_reads(&fx, "", "");
	ok(&fx, fixture_write(&fx, USER1, PASS1));
	fixture_reads(&fx, USER1, PASS1);
	fixture_close(&fx);
}

static void
pair_dsn(void **state)
{
	struct client_plan p = { .change = "" };
	struct fixture fx;

	(void)state;
	open_pair(&fx, "DSN", "dsn");
	ok(&fx, drv_gitlab.plan(&fx.c, &p, &fx.e));
	assert_non_null(strstr(p.warning, "not masked"));
	fixture_reads(&fx, "old", "o/ld");
	ok(&fx, fixture_write(&fx, USER1, PASS1));
	expect(DSN, "value",
	    "smtps://" USER1 ":BK%2F%2BabcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN"
	    "@mx.example.net:465/?verify=1");
	fixture_reads(&fx, USER1, PASS1);
	fixture_close(&fx);
	open_pair(&fx, "EMPTY", "dsn");
	ok(&fx, fixture_write(&fx, USER1, PASS1));
	expect(EMPTY, "value",
	    "smtp://" USER1 ":BK%2F%2BabcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN"
	    "@mail.example.com:587");
	fixture_close(&fx);
	/* Not a URL: somebody's work. */
	open_pair(&fx, "SHOWN", "dsn");
	assert_int_equal(drv_gitlab.plan(&fx.c, &p, &fx.e), EC_CONFLICT);
	assert_int_equal(fixture_write(&fx, USER1, PASS1), EC_CONFLICT);
	expect(SHOWN, "value", "y");
	fixture_close(&fx);
}

static void
create(void **state)
{
	struct client_plan p = { .change = "" };
	struct fixture fx;

	(void)state;
	open_two(&fx, "glpat-api");
	set(&fx, "username_variable", "NEW_USER");
	set(&fx, "password_variable", "NEW_PASS");
	assert_int_equal(drv_gitlab.plan(&fx.c, &p, &fx.e), EC_GONE);
	fixture_told(&fx, "NEW_PASS");
	assert_non_null(strstr(fx.e.fix, "create: true"));
	assert_int_equal(fixture_write(&fx, USER1, PASS1), EC_GONE);
	assert_int_equal(standin_requests("POST"), 0);
	fixture_reads(&fx, "", "");
	set(&fx, "create", "true");
	set(&fx, "scope", "production");
	ok(&fx, drv_gitlab.plan(&fx.c, &p, &fx.e));
	assert_non_null(strstr(p.change, "NEW_PASS (new)"));
	ok(&fx, fixture_write(&fx, USER1, PASS1));
	fixture_reads(&fx, USER1, PASS1);
	expect(9, "key", "NEW_PASS");
	expect(9, "environment_scope", "production");
	assert_true(is(9, "masked") && is(9, "raw"));
	assert_false(is(10, "masked"));
	fixture_close(&fx);
}

static void
hidden(void **state)
{
	AUTO(smtp_cred) struct smtp_cred cred = { .pass = NULL };
	struct client_plan p = { .change = "" };
	struct fixture fx;

	(void)state;
	open_two(&fx, "glpat-api");
	set(&fx, "password_variable", "HIDDEN_PASS");
	assert_int_equal(drv_gitlab.plan(&fx.c, &p, &fx.e), EC_CONFIG);
	assert_string_equal(fx.e.fix, "type: gitlab-write-only");
	assert_int_equal(drv_gitlab.read(&fx.c, &cred, &fx.e), EC_CONFIG);
	assert_int_equal(fixture_write(&fx, USER1, PASS1), EC_CONFIG);
	/* The other driver has the same options. */
	assert_null(drv_gitlab_write_only.read);
	fx.c.drv = &drv_gitlab_write_only;
	ok(&fx, drv_gitlab_write_only.plan(&fx.c, &p, &fx.e));
	ok(&fx, fixture_write(&fx, USER1, PASS1));
	expect(HIDDEN, "value", PASS1);
	assert_true(is(HIDDEN, "hidden") && is(HIDDEN, "masked"));
	set(&fx, "password_variable", "MADE_PASS");
	set(&fx, "create", "true");
	ok(&fx, fixture_write(&fx, USER1, PASS2));
	expect(9, "value", PASS2);
	assert_true(is(9, "hidden"));
	fx.c.drv = &drv_gitlab;
	fixture_close(&fx);
}

/* plan() needs no more than a look. */
static void
tokens(void **state)
{
	static const struct {
		const char *token;
		enum ec plan, write;
		const char *told;
	} rows[] = {
		{ "glpat-read", EC_OK, EC_DENIED, "privileges" },
		{ "glpat-user", EC_DENIED, EC_DENIED, "privileges" },
		{ "glpat-developer", EC_DENIED, EC_DENIED, "403 Forbidden" },
		{ "glpat-unknown", EC_DENIED, EC_DENIED, "401 Unauthorized" },
		{ "two words", EC_CONFIG, EC_CONFIG, "not one word" },
		{ " \n", EC_CONFIG, EC_CONFIG, "is empty" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct client_plan p = { .change = "" };
		struct fixture fx;

		open_two(&fx, rows[i].token);
		if (drv_gitlab.plan(&fx.c, &p, &fx.e) != rows[i].plan)
			fail_msg("%s: %s", rows[i].token, fx.e.what);
		assert_int_equal(
		    fixture_write(&fx, USER1, PASS1), rows[i].write);
		fixture_told(&fx, rows[i].told);
		assert_null(strstr(fx.e.what, "glpat-"));
		expect(PASS, "value", "placeholder");
		fixture_close(&fx);
	}
}

static void
token_file(void **state)
{
	struct client_plan p = { .change = "" };
	struct fixture fx;

	(void)state;
	open_two(&fx, "glpat-unknown");
	assert_int_equal(drv_gitlab.plan(&fx.c, &p, &fx.e), EC_DENIED);
	fixture_put(&fx, "token_file", "glpat-api"); /* read again each time */
	ok(&fx, drv_gitlab.plan(&fx.c, &p, &fx.e));
	assert_int_equal(chmod(fixture_path(&fx, "token_file"), 0604), 0);
	assert_int_equal(drv_gitlab.plan(&fx.c, &p, &fx.e), EC_CONFIG);
	assert_non_null(strstr(fx.e.fix, "chmod 600"));
	fixture_close(&fx);
}

static void
wrong_places(void **state)
{
	struct client_plan p = { .change = "" };
	struct fixture fx;

	(void)state;
	open_two(&fx, "glpat-api");
	set(&fx, "project", "acme/none");
	assert_int_equal(drv_gitlab.plan(&fx.c, &p, &fx.e), EC_GONE);
	fixture_told(&fx, "404 Project Not Found");
	set(&fx, "project", "acme/mail");
	set(&fx, "scope", "prod");
	assert_int_equal(drv_gitlab.plan(&fx.c, &p, &fx.e), EC_GONE);
	fixture_told(&fx, "scope prod");
	fixture_close(&fx);
}

/* What GitLab refuses, loses and breaks. */
static void
faults(void **state)
{
	static const struct {
		const char *fault;
		enum ec write;
		const char *told, *user, *pass;
	} rows[] = {
		{ "{\"method\":\"GET\",\"status\":502,\"body\":\"<html>\"}",
		    EC_TEMP, "status 502", "x", "placeholder" },
		{ "{\"method\":\"GET\",\"drop\":true,\"times\":9}", EC_TEMP,
		    "project "
		    "acme/mail",
		    "x", "placeholder" },
		{ "{\"method\":\"PUT\",\"status\":429,\"body\":{\"message\":"
		  "\"Retry later\"}}",
		    EC_TEMP, "Retry later", "x", "placeholder" },
		{ "{\"method\":\"PUT\",\"status\":400,\"body\":{\"message\":"
		  "{\"value\":[\"is invalid\"]}}}",
		    EC_CONFIG, "status 400", "x", "placeholder" },
		{ "{\"method\":\"PUT\",\"path\":\"MAIL_PASS\",\"after\":true,"
		  "\"drop\":true}",
		    EC_UNKNOWN, "MAIL_PASS", "x", PASS1 },
		{ "{\"method\":\"PUT\",\"path\":\"MAIL_USER\",\"status\":429}",
		    EC_UNKNOWN, "MAIL_PASS is set, MAIL_USER is not", "x",
		    PASS1 },
		{ "{\"method\":\"PUT\",\"path\":\"MAIL_USER\",\"status\":404,"
		  "\"body\":{\"message\":\"404 Variable Not Found\"}}",
		    EC_UNKNOWN, "it went away", "x", PASS1 },
		{ "{\"method\":\"GET\",\"body\":{\"key\":\"OTHER\"},"
		  "\"status\":200}",
		    EC_PROTO, "about another", "x", "placeholder" },
		{ "{\"method\":\"GET\",\"body\":{\"key\":\"MAIL_PASS\","
		  "\"environment_scope\":\"y\"},\"status\":200}",
		    EC_CONFLICT, "another scope", "x", "placeholder" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct fixture fx;

		open_two(&fx, "glpat-api");
		standin_post("fault", rows[i].fault);
		if (fixture_write(&fx, USER1, PASS1) != rows[i].write)
			fail_msg("%s: %s", rows[i].fault, fx.e.what);
		fixture_told(&fx, rows[i].told);
		standin_post("calm", "");
		fixture_reads(&fx, rows[i].user, rows[i].pass);
		ok(&fx, fixture_write(&fx, USER1, PASS1));
		fixture_reads(&fx, USER1, PASS1);
		fixture_close(&fx);
	}
}

static void
options(void **state)
{
	struct fixture fx;

	(void)state;
	standin_open(&fx, &drv_gitlab);
	assert_int_equal(drv_gitlab.check(&fx.c, &fx.e), EC_CONFIG);
	set(&fx, "project", "a/b");
	assert_int_equal(drv_gitlab.check(&fx.c, &fx.e), EC_CONFIG);
	set(&fx, "username_variable", "A");
	assert_int_equal(drv_gitlab.check(&fx.c, &fx.e), EC_CONFIG);
	assert_non_null(strstr(fx.e.fix, "password_variable"));
	set(&fx, "password_variable", "a");
	assert_int_equal(drv_gitlab.check(&fx.c, &fx.e), EC_CONFIG);
	set(&fx, "password_variable", "1B");
	assert_int_equal(drv_gitlab.check(&fx.c, &fx.e), EC_CONFIG);
	set(&fx, "password_variable", "B/../C");
	assert_int_equal(drv_gitlab.check(&fx.c, &fx.e), EC_CONFIG);
	set(&fx, "password_variable", "B");
	assert_int_equal(drv_gitlab.check(&fx.c, &fx.e), EC_OK);
	set(&fx, "pair_variable", "C");
	assert_int_equal(drv_gitlab.check(&fx.c, &fx.e), EC_CONFIG);
	set(&fx, "group", "a");
	assert_int_equal(drv_gitlab.check(&fx.c, &fx.e), EC_CONFIG);
	fixture_close(&fx);
}

static int
start(void **state)
{
	(void)state;
	standin_start("tests/standin/gitlab.py");
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
		cmocka_unit_test(two_variables),
		cmocka_unit_test(scopes),
		cmocka_unit_test(group),
		cmocka_unit_test(pair_json),
		cmocka_unit_test(pair_dsn),
		cmocka_unit_test(create),
		cmocka_unit_test(hidden),
		cmocka_unit_test(tokens),
		cmocka_unit_test(token_file),
		cmocka_unit_test(wrong_places),
		cmocka_unit_test(faults),
		cmocka_unit_test(options),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
