/* The gmail driver against the stand-in, which checks the assertions. */
#include "client_fixture.h"
#include "standin_fixture.h"

extern const struct client_driver drv_gmail;
static const struct client_driver *const drv = &drv_gmail;

#define NEWS        "mailboxes|ann@example.com|news@example.com|"
#define CLIENT      "103712345678901234567"
#define BASIC_SCOPE "https://www.googleapis.com/auth/gmail.settings.basic"

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
open_news(struct fixture *fx)
{
	char key[96];

	standin_open(fx, drv);
	(void)snprintf(key, sizeof(key), "%s/key.json", standin.dir);
	set(fx, "key_file", key);
	set(fx, "user", "ann@example.com");
	set(fx, "alias", "news@example.com");
	ok(fx, drv->check(&fx->c, &fx->e));
}

static void
alias(void **state)
{
	struct client_plan p = { .change = "" };
	struct fixture fx;

	(void)state;
	assert_null(drv->read);
	open_news(&fx);
	ok(&fx, drv->plan(&fx.c, &p, &fx.e));
	assert_string_equal(p.change,
	    "set user name (now old) and password of send-as alias "
	    "news@example.com in mailbox ann@example.com");
	assert_non_null(strstr(p.warning,
	    "from email-smtp.us-east-1.amazonaws.com:587 to "
	    "mail.example.com:587"));
	assert_int_equal(standin_requests("PATCH"), 0);
	ok(&fx, fixture_write(&fx, USER1, PASS1));
	ok(&fx, drv->activate(&fx.c, &fx.e));
	standin_expect(NEWS "smtpMsa|username", USER1);
	standin_expect(NEWS "smtpMsa|password", PASS1);
	standin_expect(NEWS "smtpMsa|host", "mail.example.com");
	standin_expect(NEWS "smtpMsa|securityMode", "starttls");
	/* The rest of the alias is its owner's. */
	standin_expect(NEWS "signature", "<b>News</b>");
	standin_expect(NEWS "displayName", "News");
	ok(&fx, drv->plan(&fx.c, &p, &fx.e));
	assert_non_null(strstr(p.change, "(now " USER1 ")"));
	ok(&fx, fixture_write(&fx, USER2, PASS2));
	ok(&fx, fixture_write(&fx, USER2, PASS2));
	standin_expect(NEWS "smtpMsa|password", PASS2);
	fixture_close(&fx);
}

static void
servers(void **state)
{
	static const struct {
		unsigned port;
		enum smtp_tls tls;
		const char *mode; /* NULL: refused */
	} rows[] = {
		{ 587, SMTP_STARTTLS, "starttls" },
		{ 25, SMTP_STARTTLS, "starttls" },
		{ 465, SMTP_IMPLICIT, "ssl" },
		{ 2587, SMTP_STARTTLS, NULL },
		{ 2465, SMTP_IMPLICIT, NULL },
		{ 465, SMTP_STARTTLS, NULL },
		{ 587, SMTP_IMPLICIT, NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct fixture fx;

		open_news(&fx);
		fx.c.smtp.port = rows[i].port;
		fx.c.smtp.tls = rows[i].tls;
		if (rows[i].mode == NULL) {
			assert_int_equal(drv->check(&fx.c, &fx.e), EC_CONFIG);
			fixture_told(&fx, "25 and 587");
			assert_int_equal(
			    fixture_write(&fx, USER1, PASS1), EC_CLIENT);
			fixture_told(&fx, "status 400");
		} else {
			ok(&fx, drv->check(&fx.c, &fx.e));
			ok(&fx, fixture_write(&fx, USER1, PASS1));
			standin_expect(
			    NEWS "smtpMsa|securityMode", rows[i].mode);
		}
		fixture_close(&fx);
	}
}

static void
aliases_that_do_not_do(void **state)
{
	static const struct {
		const char *alias;
		enum ec ec;
		const char *told;
	} rows[] = {
		{ "none@example.com", EC_GONE, "status 404" },
		{ "native@example.com", EC_CONFLICT, "not through SES" },
		{ "wait@example.com", EC_HUMAN, "pending" },
		{ "ann@example.com", EC_CONFLICT, "own address" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct client_plan p = { .change = "" };
		struct fixture fx;

		open_news(&fx);
		set(&fx, "alias", rows[i].alias);
		if (drv->plan(&fx.c, &p, &fx.e) != rows[i].ec)
			fail_msg("%s: %s", rows[i].alias, fx.e.what);
		fixture_told(&fx, rows[i].told);
		assert_non_null(strstr(fx.e.fix, "Settings, Accounts"));
		fixture_close(&fx);
	}
}

/* Pending after the change: a person, until it is accepted. */
static void
verification(void **state)
{
	struct fixture fx;

	(void)state;
	open_news(&fx);
	standin_post("set", "{\"pending_after_patch\":true}");
	ok(&fx, fixture_write(&fx, USER1, PASS1));
	assert_int_equal(drv->activate(&fx.c, &fx.e), EC_HUMAN);
	fixture_told(&fx, "pending");
	assert_non_null(strstr(fx.e.fix, "Gmail Confirmation"));
	assert_int_equal(drv->activate(&fx.c, &fx.e), EC_HUMAN);
	standin_post("set", "{\"" NEWS "verificationStatus\":\"accepted\"}");
	ok(&fx, drv->activate(&fx.c, &fx.e));
	fixture_close(&fx);
}

static void
delegation(void **state)
{
	struct client_plan p = { .change = "" };
	struct fixture fx;

	(void)state;
	open_news(&fx);
	standin_post("set", "{\"delegated|" CLIENT "\":[]}");
	assert_int_equal(drv->plan(&fx.c, &p, &fx.e), EC_DENIED);
	fixture_told(&fx, "unauthorized_client");
	assert_non_null(strstr(fx.e.fix, "domain-wide delegation"));
	assert_non_null(strstr(fx.e.fix, CLIENT));
	assert_non_null(strstr(fx.e.fix, BASIC_SCOPE));
	/* Basic alone is enough, unless Google thinks otherwise. */
	standin_post("set", "{\"delegated|" CLIENT "\":[\"" BASIC_SCOPE "\"]}");
	ok(&fx, drv->plan(&fx.c, &p, &fx.e));
	ok(&fx, fixture_write(&fx, USER1, PASS1));
	set(&fx, "sharing", "true");
	assert_int_equal(drv->plan(&fx.c, &p, &fx.e), EC_DENIED);
	assert_non_null(strstr(fx.e.fix, "gmail.settings.sharing"));
	standin_post("reset", "");
	standin_post("set", "{\"need_sharing\":true}");
	ok(&fx, fixture_write(&fx, USER1, PASS1));
	set(&fx, "sharing", "false");
	assert_int_equal(fixture_write(&fx, USER2, PASS2), EC_DENIED);
	assert_non_null(strstr(fx.e.fix, "sharing: true"));
	fixture_close(&fx);
}

static void
accounts(void **state)
{
	struct client_plan p = { .change = "" };
	char key[96];
	struct fixture fx;

	(void)state;
	open_news(&fx);
	set(&fx, "user", "bob@example.com");
	assert_int_equal(drv->plan(&fx.c, &p, &fx.e), EC_GONE);
	fixture_told(&fx, "Invalid email");
	set(&fx, "user", "ann@example.com");
	standin.skew = -3L * 3600 * 1000;
	assert_int_equal(drv->plan(&fx.c, &p, &fx.e), EC_CONFIG);
	assert_non_null(strstr(fx.e.fix, "timedatectl"));
	standin.skew = 3L * 3600 * 1000;
	assert_int_equal(drv->plan(&fx.c, &p, &fx.e), EC_CONFIG);
	standin.skew = 0;
	(void)snprintf(key, sizeof(key), "%s/stranger.json", standin.dir);
	set(&fx, "key_file", key);
	assert_int_equal(drv->plan(&fx.c, &p, &fx.e), EC_CONFIG);
	fixture_told(&fx, "Invalid JWT Signature");
	assert_int_equal(fixture_write(&fx, USER1, PASS1), EC_CONFIG);
	fixture_close(&fx);
}

static void
key_files(void **state)
{
	static const char *const bad[] = { "", "{}", "[",
		"{\"type\":"
		"\"authorized_user\"}",
		"{\"type\":\"service_account\",\"client_email\":\"a\","
		"\"token_uri\":\"https://localhost/\"}",
		"{\"type\":\"service_account\",\"client_email\":\"a\","
		"\"token_uri\":\"https://localhost/\","
		"\"private_key\":\"-----BEGIN\"}" };
	struct client_plan p = { .change = "" };
	struct fixture fx;

	(void)state;
	open_news(&fx);
	for (size_t i = 0; i < COUNT(bad); i++) {
		fixture_put(&fx, "key", bad[i]);
		set(&fx, "key_file", fixture_path(&fx, "key"));
		if (drv->plan(&fx.c, &p, &fx.e) != EC_CONFIG)
			fail_msg("%s: %s", bad[i], fx.e.what);
	}
	assert_int_equal(chmod(fixture_path(&fx, "key"), 0644), 0);
	assert_int_equal(drv->plan(&fx.c, &p, &fx.e), EC_CONFIG);
	fixture_told(&fx, "others may read");
	set(&fx, "key_file", fixture_path(&fx, "none"));
	assert_int_equal(drv->plan(&fx.c, &p, &fx.e), EC_CONFIG);
	fixture_told(&fx, "no such file");
	fixture_close(&fx);
}

static void
faults(void **state)
{
	static const struct {
		const char *fault;
		enum ec write;
		const char *told, *user;
	} rows[] = {
		{ "{\"method\":\"POST\",\"status\":500,\"body\":{}}", EC_TEMP,
		    "status 500", "old" },
		{ "{\"method\":\"POST\",\"status\":200,\"body\":{}}", EC_PROTO,
		    "no access_token", "old" },
		/* It would be two lines of a header. */
		{ "{\"method\":\"POST\",\"status\":200,\"body\":"
		  "{\"access_token\":\"a\\r\\nX-B: c\"}}",
		    EC_PROTO, "no access_token", "old" },
		{ "{\"method\":\"PATCH\",\"status\":403,\"body\":{\"error\":"
		  "{\"message\":\"Slow down\",\"errors\":[{\"reason\":"
		  "\"userRateLimitExceeded\"}]}}}",
		    EC_TEMP, "Slow down", "old" },
		{ "{\"method\":\"PATCH\",\"status\":403,\"body\":{\"error\":"
		  "{\"message\":\"Gmail API is disabled\",\"errors\":"
		  "[{\"reason\":\"accessNotConfigured\"}]}}}",
		    EC_DENIED, "disabled", "old" },
		{ "{\"method\":\"PATCH\",\"status\":429,\"body\":{}}", EC_TEMP,
		    "429", "old" },
		{ "{\"method\":\"PATCH\",\"status\":503,\"body\":{}}", EC_TEMP,
		    "503", "old" },
		{ "{\"method\":\"PATCH\",\"after\":true,\"drop\":true}",
		    EC_UNKNOWN, "alias news@example.com", USER1 },
		{ "{\"method\":\"PATCH\",\"status\":200,\"body\":"
		  "{\"sendAsEmail\":\"news@example.com\"}}",
		    EC_UNKNOWN, "another user name", "old" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct fixture fx;

		open_news(&fx);
		standin_post("fault", rows[i].fault);
		if (fixture_write(&fx, USER1, PASS1) != rows[i].write)
			fail_msg("%s: %s", rows[i].fault, fx.e.what);
		fixture_told(&fx, rows[i].told);
		standin_expect(NEWS "smtpMsa|username", rows[i].user);
		ok(&fx, fixture_write(&fx, USER1, PASS1));
		standin_expect(NEWS "smtpMsa|password", PASS1);
		fixture_close(&fx);
	}
}

static void
options(void **state)
{
	static const char *const consumers[] = { "ann@gmail.com",
		"ann@GMail.com", "ann@googlemail.com" };
	struct fixture fx;

	(void)state;
	open_news(&fx);
	for (size_t i = 0; i < COUNT(consumers); i++) {
		set(&fx, "user", consumers[i]);
		assert_int_equal(drv->check(&fx.c, &fx.e), EC_CONFIG);
		assert_non_null(strstr(fx.e.fix, "type: manual"));
	}
	set(&fx, "user", "news@EXAMPLE.com");
	assert_int_equal(drv->check(&fx.c, &fx.e), EC_CONFIG);
	fixture_told(&fx, "own address");
	set(&fx, "user", "ann");
	assert_int_equal(drv->check(&fx.c, &fx.e), EC_CONFIG);
	set(&fx, "user", "ann@example.com");
	set(&fx, "alias", "a@b@c");
	assert_int_equal(drv->check(&fx.c, &fx.e), EC_CONFIG);
	set(&fx, "alias", "News <news@example.com>");
	assert_int_equal(drv->check(&fx.c, &fx.e), EC_CONFIG);
	fixture_close(&fx);
}

static int
start(void **state)
{
	(void)state;
	standin_start("tests/standin/google.py");
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
		cmocka_unit_test(alias),
		cmocka_unit_test(servers),
		cmocka_unit_test(aliases_that_do_not_do),
		cmocka_unit_test(verification),
		cmocka_unit_test(delegation),
		cmocka_unit_test(accounts),
		cmocka_unit_test(key_files),
		cmocka_unit_test(faults),
		cmocka_unit_test(options),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
