/* The file driver: options that go together, plan, read, write, activate. */
#include "client_fixture.h"

extern const struct client_driver drv_file;

#define ENV_TEXT                                                               \
	"# web\r\nSMTP_USER='" USER1 "'\r\nSMTP_PASS=" PASS1 " # mail\r\nX=1"

static void
open_env(struct fixture *fx, const char *text)
{
	fixture_open(fx, &drv_file);
	assert_int_equal(
	    fixture_set(fx, "path", fixture_path(fx, "env"), NULL), EC_OK);
	assert_int_equal(fixture_set(fx, "format", "dotenv", NULL), EC_OK);
	assert_int_equal(fixture_set(fx, "username", "SMTP_USER", NULL), EC_OK);
	assert_int_equal(fixture_set(fx, "password", "SMTP_PASS", NULL), EC_OK);
	if (text != NULL)
		fixture_put(fx, "env", text);
}

static void
open_template(struct fixture *fx, const char *template)
{
	fixture_open(fx, &drv_file);
	assert_int_equal(
	    fixture_set(fx, "path", fixture_path(fx, "out"), NULL), EC_OK);
	assert_int_equal(fixture_set(fx, "format", "template", NULL), EC_OK);
	assert_int_equal(
	    fixture_set(fx, "template", fixture_path(fx, "in"), NULL), EC_OK);
	fixture_put(fx, "in", template);
}

static enum ec
plan(struct fixture *fx, struct client_plan *p)
{
	return drv_file.plan(&fx->c, p, &fx->e);
}

static void
env_keeps_the_rest(void **state)
{
	struct fixture fx;

	(void)state;
	open_env(&fx, ENV_TEXT);
	assert_int_equal(drv_file.check(&fx.c, &fx.e), EC_OK);
	fixture_reads(&fx, USER1, PASS1);
	assert_int_equal(fixture_write(&fx, USER2, PASS2), EC_OK);
	fixture_expect(&fx, "env",
	    "# web\r\nSMTP_USER='" USER2 "'\r\nSMTP_PASS=" PASS2
	    " # mail\r\nX=1");
	fixture_reads(&fx, USER2, PASS2);
	fixture_close(&fx);
}

static void
env_absent_and_empty(void **state)
{
	struct fixture fx;
	struct client_plan p;
	struct smtp_cred cred;

	(void)state;
	open_env(&fx, NULL);
	assert_int_equal(plan(&fx, &p), EC_GONE);
	assert_int_equal(drv_file.read(&fx.c, &cred, &fx.e), EC_GONE);
	fixture_put(&fx, "env", "SMTP_USER=\n");
	assert_int_equal(plan(&fx, &p), EC_GONE);
	fixture_told(&fx, "no SMTP_PASS");
	assert_non_null(strstr(fx.e.fix, "add SMTP_PASS to it"));
	fixture_reads(&fx, "", "");
	assert_int_equal(fixture_write(&fx, USER1, PASS1), EC_GONE);
	fixture_expect(&fx, "env", "SMTP_USER=\n");
	assert_int_equal(fixture_set(&fx, "create", "true", NULL), EC_OK);
	assert_int_equal(plan(&fx, &p), EC_OK);
	fixture_expect(&fx, "env", "SMTP_USER=\n");
	assert_int_equal(fixture_write(&fx, USER1, PASS1), EC_OK);
	fixture_expect(
	    &fx, "env", "SMTP_USER=" USER1 "\nSMTP_PASS=" PASS1 "\n");
	fixture_close(&fx);
}

static void
env_creates_the_file(void **state)
{
	struct fixture fx;
	struct client_plan p;
	struct stat st;

	(void)state;
	open_env(&fx, NULL);
	assert_int_equal(fixture_set(&fx, "create", "true", NULL), EC_OK);
	assert_int_equal(fixture_set(&fx, "mode", "0640", NULL), EC_OK);
	assert_int_equal(plan(&fx, &p), EC_OK);
	assert_int_not_equal(stat(fixture_path(&fx, "env"), &st), 0);
	assert_int_equal(fixture_write(&fx, USER1, PASS1), EC_OK);
	assert_int_equal(stat(fixture_path(&fx, "env"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	fixture_reads(&fx, USER1, PASS1);
	fixture_close(&fx);
}

static void
nothing_hostile_is_written(void **state)
{
	struct fixture fx;

	(void)state;
	open_env(&fx, ENV_TEXT);
	assert_int_equal(fixture_write(&fx, USER2, "****"), EC_BUG);
	assert_int_equal(fixture_write(&fx, USER2, ""), EC_BUG);
	assert_int_equal(fixture_write(&fx, "A\nB=1", PASS2), EC_BUG);
	fixture_expect(&fx, "env", ENV_TEXT);
	fixture_close(&fx);
}

/* Text that cannot be understood for sure: neither read nor written. */
static void
ambiguous(void **state)
{
	struct fixture fx;
	struct client_plan p;
	struct smtp_cred cred;

	(void)state;
	open_env(&fx, "SMTP_USER=a\nSMTP_PASS=" PASS1 "\nSMTP_PASS=b\n");
	assert_int_equal(plan(&fx, &p), EC_CONFLICT);
	fixture_told(&fx, "env:3:11: SMTP_PASS");
	assert_int_equal(drv_file.read(&fx.c, &cred, &fx.e), EC_CONFLICT);
	assert_int_equal(fixture_write(&fx, USER2, PASS2), EC_CONFLICT);
	fixture_put(
	    &fx, "env", "SMTP_PASS=b\nSMTP_USER=" PASS1 PASS1 PASS1 PASS1 "\n");
	assert_int_equal(drv_file.read(&fx.c, &cred, &fx.e), EC_CONFLICT);
	fixture_told(&fx, "176 and 1 bytes");
	fixture_close(&fx);
}

static void
plan_says_what(void **state)
{
	struct fixture fx;
	struct client_plan p;

	(void)state;
	open_env(&fx, ENV_TEXT);
	assert_int_equal(plan(&fx, &p), EC_OK);
	assert_non_null(strstr(p.change, "set SMTP_USER and SMTP_PASS in /"));
	assert_string_equal(p.after, "");
	assert_non_null(strstr(p.warning, "without activate"));
	assert_int_equal(
	    fixture_set(&fx, "activate", "true", "web", NULL), EC_OK);
	assert_int_equal(plan(&fx, &p), EC_OK);
	assert_string_equal(p.after, "then run true web");
	assert_string_equal(p.warning, "");
	assert_int_equal(chmod(fixture_path(&fx, "env"), 0644), 0);
	assert_int_equal(plan(&fx, &p), EC_OK);
	assert_non_null(strstr(p.warning, "every user"));
	assert_int_equal(fixture_set(&fx, "activate", "true web", NULL), EC_OK);
	assert_int_equal(plan(&fx, &p), EC_CONFIG);
	assert_non_null(strstr(fx.e.fix, "list"));
	fixture_expect(&fx, "env", ENV_TEXT);
	fixture_close(&fx);
}

static void
activate_runs(void **state)
{
	struct fixture fx;

	(void)state;
	open_env(&fx, ENV_TEXT);
	assert_int_equal(drv_file.activate(&fx.c, &fx.e), EC_OK);
	assert_int_equal(fixture_set(&fx, "activate", "touch",
			     fixture_path(&fx, "ran"), NULL),
	    EC_OK);
	assert_int_equal(drv_file.activate(&fx.c, &fx.e), EC_OK);
	assert_int_equal(access(fixture_path(&fx, "ran"), F_OK), 0);
	assert_int_equal(fixture_set(&fx, "activate", "false", NULL), EC_OK);
	assert_int_equal(drv_file.activate(&fx.c, &fx.e), EC_CLIENT);
	assert_int_equal(
	    fixture_set(&fx, "activate", "sleep", "60", NULL), EC_OK);
	assert_int_equal(
	    fixture_set(&fx, "activate_timeout", "50ms", NULL), EC_OK);
	assert_int_equal(drv_file.activate(&fx.c, &fx.e), EC_TEMP);
	fixture_close(&fx);
}

/* As somebody else; and the plan knows when there is nobody of that name. */
static void
activate_as_user(void **state)
{
	struct fixture fx;
	struct client_plan p;
	struct stat st;

	(void)state;
	if (geteuid() != 0)
		skip();
	open_env(&fx, ENV_TEXT);
	assert_int_equal(chmod(fx.dir, 0777), 0);
	assert_int_equal(fixture_set(&fx, "activate", "touch",
			     fixture_path(&fx, "ran"), NULL),
	    EC_OK);
	assert_int_equal(
	    fixture_set(&fx, "activate_user", "nobody", NULL), EC_OK);
	assert_int_equal(drv_file.activate(&fx.c, &fx.e), EC_OK);
	assert_int_equal(stat(fixture_path(&fx, "ran"), &st), 0);
	assert_int_equal(st.st_uid, 65534);
	assert_int_equal(chmod(fx.dir, 0700), 0);
	assert_int_equal(
	    fixture_set(&fx, "activate_user", "nobody-yet", NULL), EC_OK);
	assert_int_equal(drv_file.plan(&fx.c, &p, &fx.e), EC_CONFIG);
	fixture_told(&fx, "user: there is no nobody-yet");
	fixture_close(&fx);
}

static void
template_makes_the_file(void **state)
{
	struct fixture fx;
	struct client_plan p;
	struct smtp_cred cred;
	struct stat st;

	(void)state;
	open_template(&fx, "{{username}}:{{password|url}}@{{host}}:{{port}}\n");
	assert_int_equal(drv_file.check(&fx.c, &fx.e), EC_OK);
	assert_int_equal(plan(&fx, &p), EC_OK);
	assert_non_null(strstr(p.change, "make /"));
	assert_int_equal(drv_file.read(&fx.c, &cred, &fx.e), EC_GONE);
	assert_int_equal(fixture_write(&fx, USER1, PASS1), EC_OK);
	fixture_expect(&fx, "out",
	    USER1 ":BK%2F%2BabcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN@"
		  "mail.example.com:587\n");
	fixture_reads(&fx, USER1, PASS1);
	assert_int_equal(stat(fixture_path(&fx, "out"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(fixture_write(&fx, USER2, PASS2), EC_OK);
	fixture_reads(&fx, USER2, PASS2);
	fixture_close(&fx);
}

static void
template_foreign_edit(void **state)
{
	struct fixture fx;
	struct client_plan p;
	struct smtp_cred cred;

	(void)state;
	open_template(&fx, "{{username}}:{{password}}\n");
	fixture_put(&fx, "out", "");
	fixture_reads(&fx, "", "");
	assert_int_equal(plan(&fx, &p), EC_OK);
	fixture_put(&fx, "out", "a:b\nmine\n");
	assert_int_equal(plan(&fx, &p), EC_CONFLICT);
	assert_int_equal(drv_file.read(&fx.c, &cred, &fx.e), EC_CONFLICT);
	assert_int_equal(fixture_write(&fx, USER2, PASS2), EC_CONFLICT);
	fixture_expect(&fx, "out", "a:b\nmine\n");
	fixture_put(&fx, "in", "{{user}}\n");
	fixture_put(&fx, "out", "");
	assert_int_equal(plan(&fx, &p), EC_CONFIG);
	fixture_told(&fx, "in:1:1: unknown");
	assert_int_equal(unlink(fixture_path(&fx, "in")), 0);
	assert_int_equal(plan(&fx, &p), EC_GONE);
	fixture_close(&fx);
}

static void
options_that_disagree(void **state)
{
	struct fixture fx;

	(void)state;
	open_env(&fx, NULL);
	assert_int_equal(fixture_set(&fx, "template", "/x", NULL), EC_OK);
	assert_int_equal(drv_file.check(&fx.c, &fx.e), EC_CONFIG);
	assert_int_equal(fixture_set(&fx, "format", "template", NULL), EC_OK);
	assert_int_equal(drv_file.check(&fx.c, &fx.e), EC_CONFIG);
	assert_int_equal(fixture_set(&fx, "format", "docx", NULL), EC_OK);
	assert_int_equal(drv_file.check(&fx.c, &fx.e), EC_CONFIG);
	assert_non_null(strstr(fx.e.fix, "dotenv"));
	assert_non_null(strstr(fx.e.fix, "template"));
	fixture_close(&fx);
	open_env(&fx, NULL);
	assert_int_equal(
	    fixture_set(&fx, "password", "SMTP_USER", NULL), EC_OK);
	assert_int_equal(drv_file.check(&fx.c, &fx.e), EC_CONFIG);
	fixture_close(&fx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(env_keeps_the_rest),
		cmocka_unit_test(env_absent_and_empty),
		cmocka_unit_test(env_creates_the_file),
		cmocka_unit_test(nothing_hostile_is_written),
		cmocka_unit_test(ambiguous),
		cmocka_unit_test(plan_says_what),
		cmocka_unit_test(activate_runs),
		cmocka_unit_test(activate_as_user),
		cmocka_unit_test(template_makes_the_file),
		cmocka_unit_test(template_foreign_edit),
		cmocka_unit_test(options_that_disagree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
