/* The manual driver: steps that a person can follow, without the password. */
#include "client_fixture.h"

extern const struct client_driver drv_manual;

static void
open_gmail(struct fixture *fx)
{
	fixture_open(fx, &drv_manual);
	assert_int_equal(
	    fixture_set(fx, "what", "Gmail send-as alias x@example.com", NULL),
	    EC_OK);
}

static void
is_human(void **state)
{
	struct fixture fx;
	struct client_plan p;

	(void)state;
	open_gmail(&fx);
	assert_true(drv_manual.human);
	assert_null(drv_manual.write);
	assert_null(drv_manual.read);
	assert_int_equal(drv_manual.plan(&fx.c, &p, &fx.e), EC_OK);
	assert_non_null(strstr(p.change, "ask a person"));
	assert_non_null(strstr(p.warning, "rotate confirm web"));
	fixture_close(&fx);
}

static void
tells_all(void **state)
{
	static const char *const parts[] = { "Gmail send-as alias x@example",
		"rotate show-once web", "mail.example.com", "587", "STARTTLS",
		USER2, "rotate confirm web" };
	AUTO(buf) struct buf b = BUF(4096);
	struct fixture fx;

	(void)state;
	open_gmail(&fx);
	assert_int_equal(drv_manual.steps(&fx.c, USER2, &b, &fx.e), EC_OK);
	for (size_t i = 0; i < COUNT(parts); i++)
		if (strstr(buf_str(&b), parts[i]) == NULL)
			fail_msg("no %s in:\n%s", parts[i], buf_str(&b));
	fixture_close(&fx);
}

static void
own_words(void **state)
{
	AUTO(buf) struct buf b = BUF(4096);
	struct fixture fx;

	(void)state;
	open_gmail(&fx);
	fx.c.smtp.tls = SMTP_IMPLICIT;
	assert_int_equal(fixture_set(&fx, "steps", "Go to Settings, Accounts.",
			     "Click edit info.", NULL),
	    EC_OK);
	assert_int_equal(drv_manual.steps(&fx.c, USER2, &b, &fx.e), EC_OK);
	assert_non_null(strstr(buf_str(&b),
	    "     Go to Settings, Accounts.\n     Click edit info.\n"));
	assert_non_null(strstr(buf_str(&b), "SSL/TLS"));
	assert_int_equal(drv_manual.steps(&fx.c, "****", &b, &fx.e), EC_BUG);
	fixture_close(&fx);
}

/* Every preset leads to one place, in whole lines, without a password. */
static void
presets(void **state)
{
	static const struct {
		const char *name;
		const char *parts[6];
	} rows[] = {
		{ "gmail",
		    { "See all settings", "Accounts and Import", "Send mail as",
			"edit info", "Save Changes",
			"Secured connection using TLS" } },
		{ "outlook",
		    { "Account Settings", "More Settings", "Outgoing Server",
			"Log on using", "STARTTLS", "Finish" } },
		{ "thunderbird",
		    { "Account Settings", "Outgoing Server (SMTP)",
			"Saved Passwords", "Edit", "STARTTLS", "remember" } },
		{ "printer",
		    { "browser", "administrator", "SMTP", "test", "Scan",
			"STARTTLS" } },
		{ "wordpress-wp-mail-smtp",
		    { "WP Mail SMTP", "Other SMTP", "WPMS_SMTP_PASS",
			"Save Settings", "Email Test", "Encryption: TLS" } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(buf) struct buf b = BUF(8192);
		struct fixture fx;
		size_t last = 0;

		open_gmail(&fx);
		assert_int_equal(
		    fixture_set(&fx, "preset", rows[i].name, NULL), EC_OK);
		assert_int_equal(drv_manual.check(&fx.c, &fx.e), EC_OK);
		assert_int_equal(
		    drv_manual.steps(&fx.c, USER2, &b, &fx.e), EC_OK);
		for (size_t j = 0; j < COUNT(rows[i].parts); j++)
			if (strstr(buf_str(&b), rows[i].parts[j]) == NULL)
				fail_msg("no %s in:\n%s", rows[i].parts[j],
				    buf_str(&b));
		assert_non_null(strstr(buf_str(&b), "rotate show-once web"));
		assert_non_null(strstr(buf_str(&b), USER2));
		for (size_t j = 0; j < b.len; j++)
			if (b.p[j] == '\n') {
				assert_true(j - last < 100);
				last = j;
			}
		assert_int_equal(fixture_set(&fx, "steps", "Go.", NULL), EC_OK);
		assert_int_equal(drv_manual.check(&fx.c, &fx.e), EC_CONFIG);
		fixture_close(&fx);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_human),
		cmocka_unit_test(tells_all),
		cmocka_unit_test(own_words),
		cmocka_unit_test(presets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
