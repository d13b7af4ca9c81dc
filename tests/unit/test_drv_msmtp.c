/* The msmtp driver with an msmtp of ours: what it asks, and what it does when
 * the answer is odd. The real one is met in tests/e2e/msmtp.t. */
#include "client_fixture.h"

extern const struct client_driver drv_msmtp;

#define TEXT(user, pass)                                                       \
	"defaults\nuser x\naccount a.b\nhost h\nuser " user "\npassword " pass \
	"\n# end\n"
#define SAYS(user, pass, eval)                                                 \
	"host = h\nuser = " user "\npassword = " pass "\npasswordeval = " eval \
	"\nntlmdomain = (not set)\n"
#define GOOD SAYS(USER1, "*", "(not set)")

static const char fake_msmtp[] =
    "#!/bin/sh\n"
    "d=${0%/*}; echo \"msmtp $*\" >>$d/log\n"
    "if [ -e $d/endless ]; then exec cat /dev/zero; fi\n"
    "cat $d/answer; [ ! -e $d/broken ]\n";

static const char *
path(const struct fixture *fx, const char *name)
{
	return fixture_path(fx, name);
}

static void
set(struct fixture *fx, const char *key, const char *value)
{
	assert_int_equal(fixture_set(fx, key, value, NULL), EC_OK);
}

static void
begin(struct fixture *fx)
{
	fixture_open(fx, &drv_msmtp);
	fixture_put(fx, "msmtp", fake_msmtp);
	assert_int_equal(chmod(path(fx, "msmtp"), 0755), 0);
	fixture_put(fx, "log", "");
	fixture_put(fx, "answer", GOOD);
	fixture_put(fx, "rc", TEXT(USER1, PASS1));
	set(fx, "msmtp", path(fx, "msmtp"));
	set(fx, "path", path(fx, "rc"));
	set(fx, "account", "a.b");
	assert_int_equal(drv_msmtp.check(&fx->c, &fx->e), EC_OK);
}

static bool
logged(struct fixture *fx, const char *what)
{
	AUTO(buf) struct buf b = BUF(65536);

	assert_int_equal(file_read(path(fx, "log"), &b, &fx->e), EC_OK);
	assert_null(strstr(buf_str(&b), PASS1));
	return strstr(buf_str(&b), what) != NULL;
}

static void
accounts(void **state)
{
	static const char *const bad[] = { "", "-a", "a b", "a:b", "a,b", "/a",
		"a\"", "#a" };
	struct fixture fx;

	(void)state;
	begin(&fx);
	for (size_t i = 0; i < COUNT(bad); i++) {
		if (fixture_set(&fx, "account", bad[i], NULL) != EC_OK)
			continue;
		assert_int_equal(drv_msmtp.check(&fx.c, &fx.e), EC_CONFIG);
		fixture_told(&fx, "account: ");
	}
	fixture_close(&fx);
}

static void
reads_and_writes(void **state)
{
	struct client_plan p;
	struct fixture fx;

	(void)state;
	begin(&fx);
	fixture_reads(&fx, USER1, PASS1);
	assert_true(logged(&fx, "msmtp --pretend -C /tmp/"));
	assert_true(logged(&fx, "/rc -a a.b\n"));
	assert_int_equal(drv_msmtp.plan(&fx.c, &p, &fx.e), EC_OK);
	assert_non_null(strstr(p.change, "of account a.b in /tmp/"));
	assert_string_equal(p.warning, "");
	fixture_expect(&fx, "rc", TEXT(USER1, PASS1));
	assert_int_equal(fixture_write(&fx, USER2, "redacted"), EC_BUG);
	assert_int_equal(fixture_write(&fx, USER2, PASS2), EC_OK);
	fixture_expect(&fx, "rc", TEXT(USER2, PASS2));
	assert_null(drv_msmtp.activate);
	fixture_close(&fx);
}

/* Neither is done with an answer that speaks of another pair. */
static void
disagrees(struct fixture *fx, const char *answer, enum ec ec, const char *told)
{
	struct smtp_cred cred = { .pass = NULL };
	struct client_plan p;

	fixture_put(fx, "answer", answer);
	assert_int_equal(drv_msmtp.read(&fx->c, &cred, &fx->e), ec);
	fixture_told(fx, told);
	assert_null(cred.pass);
	assert_int_equal(drv_msmtp.plan(&fx->c, &p, &fx->e), ec);
	fixture_told(fx, told);
}

static void
disagreements(void **state)
{
	struct fixture fx;

	(void)state;
	begin(&fx);
	disagrees(&fx, SAYS(USER2, "*", "(not set)"), EC_CONFLICT, "elsewhere");
	disagrees(&fx, SAYS(USER1, "(not set)", "(not set)"), EC_CONFLICT,
	    "elsewhere");
	disagrees(
	    &fx, SAYS("(not set)", "*", "(not set)"), EC_CONFLICT, "elsewhere");
	disagrees(&fx, SAYS(USER1, "(not set)", "pass x"), EC_CONFLICT,
	    "passwordeval");
	disagrees(&fx, SAYS(USER1, "*", "pass x"), EC_CONFLICT, "passwordeval");
	disagrees(&fx, "", EC_PROTO, "prints no user");
	disagrees(&fx, "user = x\npassword = *\n", EC_PROTO, "prints no user");
	disagrees(&fx, "\n\n= \nuser\nuser = ", EC_PROTO, "prints no user");
	/* The file has no pair, and msmtp another one. */
	fixture_put(&fx, "rc", "account a.b\nhost h\n");
	disagrees(&fx, GOOD, EC_CONFLICT, "elsewhere");
	fixture_close(&fx);
}

static void
trouble(void **state)
{
	struct fixture fx;

	(void)state;
	begin(&fx);
	fixture_put(&fx, "broken", "");
	disagrees(&fx, GOOD, EC_CLIENT, "msmtp");
	assert_non_null(strstr(fx.e.fix, "see why: msmtp --pretend -C "));
	fixture_put(&fx, "endless", "");
	disagrees(&fx, GOOD, EC_TEMP, "more than");
	set(&fx, "msmtp", "/nonexistent/msmtp");
	disagrees(&fx, GOOD, EC_CONFIG, "/nonexistent/msmtp");
	assert_int_equal(unlink(path(&fx, "rc")), 0);
	disagrees(&fx, GOOD, EC_GONE, "/rc");
	fixture_close(&fx);
}

static void
open_to_others(void **state)
{
	struct client_plan p;
	struct fixture fx;

	(void)state;
	begin(&fx);
	assert_int_equal(chmod(path(&fx, "rc"), 0644), 0);
	assert_int_equal(drv_msmtp.plan(&fx.c, &p, &fx.e), EC_OK);
	assert_non_null(strstr(p.warning, "mode 0644"));
	fixture_close(&fx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accounts),
		cmocka_unit_test(reads_and_writes),
		cmocka_unit_test(disagreements),
		cmocka_unit_test(trouble),
		cmocka_unit_test(open_to_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
