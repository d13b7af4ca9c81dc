/* The exec driver against programs that are right, wrong, slow and hostile. */
#include "client_fixture.h"

extern const struct client_driver drv_exec;
extern const struct client_driver drv_exec_write_only;

/* The program saves what it hears in `in`, then does what `script` says. */
static void
open_program(struct fixture *fx, const char *script)
{
	AUTO(buf) struct buf text = BUF(4096);
	const char *path;

	fixture_open(fx, &drv_exec);
	path = fixture_path(fx, "program");
	assert_int_equal(buf_addf(&text, &fx->e, "#!/bin/sh\ncat > %s\n%s\n",
			     fixture_path(fx, "in"), script),
	    EC_OK);
	fixture_put(fx, "program", buf_str(&text));
	assert_int_equal(chmod(path, 0700), 0);
	assert_int_equal(fixture_set(fx, "command", path, NULL), EC_OK);
}

static void
requests(void **state)
{
	static const char place[] =
	    "\"client\":\"web\",\"identity\":\"news\","
	    "\"region\":\"eu-west-1\",\"smtp\":{\"host\":\"mail.example.com\","
	    "\"port\":587,\"tls\":\"starttls\"},"
	    "\"options\":{\"file\":\"/a\\\"b\"}";
	AUTO(buf) struct buf want = BUF(4096);
	struct fixture fx;
	struct client_plan p;

	(void)state;
	open_program(&fx, "echo '{\"ok\":true,\"change\":\"x\"}'");
	assert_int_equal(
	    fixture_set(&fx, "options", "file", "/a\"b", NULL), EC_OK);
	assert_int_equal(drv_exec.plan(&fx.c, &p, &fx.e), EC_OK);
	assert_int_equal(
	    buf_addf(&want, &fx.e, "{\"protocol\":1,\"action\":\"plan\",%s}\n",
		place),
	    EC_OK);
	fixture_expect(&fx, "in", buf_str(&want));
	buf_free(&want);
	assert_int_equal(fixture_write(&fx, USER1, PASS1), EC_OK);
	assert_int_equal(buf_addf(&want, &fx.e,
			     "{\"protocol\":1,\"action\":\"write\",%s,"
			     "\"credential\":{\"username\":\"" USER1
			     "\",\"password\":\"" PASS1 "\"}}\n",
			     place),
	    EC_OK);
	fixture_expect(&fx, "in", buf_str(&want));
	fixture_close(&fx);
}

static void
replies(void **state)
{
	struct fixture fx;
	struct client_plan p;

	(void)state;
	open_program(&fx,
	    "echo '{\"ok\":true,\"change\":\"a\\nb\",\"after\":\"c\","
	    "\"warning\":null,\"username\":\"" USER1 "\",\"password\":\"" PASS1
	    "\",\"more\":[1]}'");
	assert_int_equal(drv_exec.plan(&fx.c, &p, &fx.e), EC_OK);
	assert_string_equal(p.change, "a\\nb");
	assert_string_equal(p.after, "c");
	assert_string_equal(p.warning, "");
	fixture_reads(&fx, USER1, PASS1);
	assert_int_equal(drv_exec.activate(&fx.c, &fx.e), EC_OK);
	fixture_close(&fx);
	open_program(&fx, "echo '{\"ok\":true}'");
	fixture_reads(&fx, "", "");
	assert_int_equal(drv_exec.plan(&fx.c, &p, &fx.e), EC_PROTO);
	fixture_close(&fx);
}

/* What the program prints, for read and for write. */
static void
refusals(void **state)
{
	static const struct {
		const char *script;
		enum ec read, write;
		const char *told;
	} rows[] = {
		{ "echo '{\"ok\":false,\"error\":\"no\"}'", EC_CLIENT,
		    EC_CLIENT, "program: no" },
		{ "echo '{\"ok\":false,\"class\":\"denied\","
		  "\"error\":\"a\\u001b[31m\\u007f\"}'",
		    EC_DENIED, EC_DENIED, "program: a\\x1b[31m\\x7f" },
		{ "echo '{\"ok\":false,\"class\":\"temp\"}'", EC_TEMP, EC_TEMP,
		    "program: failed" },
		{ "echo '{\"ok\":false,\"class\":\"gone\"}'", EC_GONE, EC_GONE,
		    "" },
		{ "echo '{\"ok\":false,\"class\":\"human\"}'", EC_HUMAN,
		    EC_HUMAN, "" },
		{ "echo '{\"ok\":false,\"class\":\"unknown\"}'", EC_UNKNOWN,
		    EC_UNKNOWN, "" },
		{ "echo '{\"ok\":false,\"class\":\"proto\"}'", EC_PROTO,
		    EC_PROTO, "" },
		{ "echo '{\"ok\":false,\"class\":\"what\"}'", EC_PROTO,
		    EC_UNKNOWN, "program: unknown \"class\"" },
		{ "echo '{\"ok\":false,\"error\":7}'", EC_PROTO, EC_UNKNOWN,
		    "program: \"error\"" },
		{ "echo '{\"ok\":1}'", EC_PROTO, EC_UNKNOWN, "\"ok\"" },
		{ "echo '{}'", EC_PROTO, EC_UNKNOWN, "\"ok\"" },
		{ "echo '[true]'", EC_PROTO, EC_UNKNOWN, "\"ok\"" },
		{ "echo '{\"ok\":true} x'", EC_PROTO, EC_UNKNOWN, "JSON" },
		{ "printf '{\"ok\":true}\\000'", EC_PROTO, EC_UNKNOWN, "JSON" },
		{ "true", EC_PROTO, EC_UNKNOWN, "JSON" },
		{ "echo '{\"ok\":true}'; exit 3", EC_CLIENT, EC_UNKNOWN, "" },
		{ "kill -9 $$", EC_CLIENT, EC_UNKNOWN, "" },
		{ "sleep 60", EC_TEMP, EC_UNKNOWN, "" },
		{ "yes", EC_TEMP, EC_UNKNOWN, "" },
	};
	struct smtp_cred cred;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct fixture fx;

		open_program(&fx, rows[i].script);
		assert_int_equal(
		    fixture_set(&fx, "timeout", "300ms", NULL), EC_OK);
		if (drv_exec.read(&fx.c, &cred, &fx.e) != rows[i].read ||
		    strstr(fx.e.what, rows[i].told) == NULL)
			fail_msg("%s: %s", rows[i].script, fx.e.what);
		fixture_told(&fx, "program");
		if (fixture_write(&fx, USER1, PASS1) != rows[i].write)
			fail_msg("%s: %s", rows[i].script, fx.e.what);
		fixture_told(&fx, "program");
		fixture_close(&fx);
	}
}

/* A program that puts the password into its texts does not get it shown. */
static void
no_leak(void **state)
{
	struct fixture fx;

	(void)state;
	open_program(&fx,
	    "echo '{\"ok\":false,\"error\":\"cannot set \\u0042"
	    "K/+"
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN!\","
	    "\"fix\":\"try x" PASS1 "x\"}'");
	assert_int_equal(fixture_write(&fx, USER1, PASS1), EC_CLIENT);
	fixture_told(&fx, "withheld");
	assert_non_null(strstr(fx.e.fix, "withheld"));
	fixture_close(&fx);
}

static void
gate_and_absence(void **state)
{
	struct fixture fx;
	struct client_plan p;

	(void)state;
	open_program(&fx, "echo '{\"ok\":true}'");
	assert_int_equal(fixture_write(&fx, USER1, "****"), EC_BUG);
	assert_int_not_equal(access(fixture_path(&fx, "in"), F_OK), 0);
	assert_int_equal(unlink(fixture_path(&fx, "program")), 0);
	assert_int_equal(drv_exec.plan(&fx.c, &p, &fx.e), EC_CONFIG);
	assert_int_equal(fixture_write(&fx, USER1, PASS1), EC_CONFIG);
	fixture_close(&fx);
	assert_null(drv_exec_write_only.read);
	assert_non_null(drv_exec_write_only.write);
}

/* The program says who it is. */
static void
as_user(void **state)
{
	struct client_plan p;
	struct fixture fx;

	(void)state;
	if (geteuid() != 0)
		skip();
	open_program(
	    &fx, "echo \"{\\\"ok\\\":true,\\\"change\\\":\\\"$(id -un)\\\"}\"");
	assert_int_equal(chmod(fx.dir, 0777), 0);
	assert_int_equal(chmod(fixture_path(&fx, "program"), 0755), 0);
	assert_int_equal(fixture_set(&fx, "user", "nobody", NULL), EC_OK);
	assert_int_equal(drv_exec.plan(&fx.c, &p, &fx.e), EC_OK);
	assert_string_equal(p.change, "nobody");
	assert_int_equal(fixture_set(&fx, "user", "nobody-yet", NULL), EC_OK);
	assert_int_equal(drv_exec.plan(&fx.c, &p, &fx.e), EC_CONFIG);
	fixture_told(&fx, "user: there is no nobody-yet");
	fixture_close(&fx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests),
		cmocka_unit_test(replies),
		cmocka_unit_test(refusals),
		cmocka_unit_test(no_leak),
		cmocka_unit_test(gate_and_absence),
		cmocka_unit_test(as_user),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
