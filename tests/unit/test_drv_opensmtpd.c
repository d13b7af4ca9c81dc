/* The opensmtpd driver with programs of ours in place of OpenSMTPD's: what it
 * asks of them, and what it does when they fail. The real ones are met in
 * tests/e2e/opensmtpd.t. */
#include "client_fixture.h"

extern const struct client_driver drv_opensmtpd;

#define TEXT(user, pass) "# r\nother a:b\nses  " user ":" pass "\n# end\n"
#define OLD              TEXT(USER1, PASS1)
#define NEW              TEXT(USER2, PASS2)
#define DUMP(user, pass) "other\ta:b\nses\t" user ":" pass "\n"
#define QUEUED(state, text)                                                    \
	"f608dc73ed3f190c|local|mta|auth|a@b.c|d@e.f|d@e.f|1|2|3|1|" state     \
	"|384|" text "\n"
#define NETWORK "Network error on destination MXs"

/* A database is what -U prints. `broken`, `lie`, `trap`, `endless` make
 * trouble. */
static const char fake_makemap[] =
    "#!/bin/sh\n"
    "d=${0%/*}; echo \"makemap $*\" >>$d/log\n"
    "if [ -e $d/broken ]; then exit 1; fi\n"
    "if [ -e $d/endless ]; then exec cat /dev/zero; fi\n"
    "case $1 in\n"
    "-U) cat $2; if [ -e $d/trap ]; then rm -f $d/t.db; mkdir -p $d/t.db; fi\n"
    "    ;;\n"
    "-o) [ $3 = - ] || exit 2; if [ -e $d/lie ]; then cat >$d/null; : >$2\n"
    "    else sed -n 's/^\\([a-z][a-z]*\\) */\\1\\t/p' >$2; fi;;\n"
    "esac\n";
/* `queue` and `routes` are shown; `down`, `refuse` make trouble. */
static const char fake_ctl[] =
    "#!/bin/sh\n"
    "d=${0%/*}; echo \"smtpctl $*\" >>$d/log\n"
    "if [ -e $d/down ]; then\n"
    "    echo \"smtpctl: smtpd doesn't seem to be running\" >&2; exit 1; fi\n"
    "case \"$1 $2\" in\n"
    "'update table') [ ! -e $d/refuse ];;\n"
    "'show queue') cat $d/queue;;\n"
    "'show routes') cat $d/routes;;\n"
    "'resume route') [ $3 != 9 ];;\n"
    "'schedule all') [ ! -e $d/stuck ];;\n"
    "esac\n";
static const char fake_smtpd[] =
    "#!/bin/sh\n"
    "d=${0%/*}; echo \"smtpd $*\" >>$d/log; [ ! -e $d/bad ]\n";

static const char *
path(const struct fixture *fx, const char *name)
{
	return fixture_path(fx, name);
}

static void
program(const struct fixture *fx, const char *name, const char *text)
{
	fixture_put(fx, name, text);
	assert_int_equal(chmod(path(fx, name), 0755), 0);
}

static void
set(struct fixture *fx, const char *key, const char *value)
{
	assert_int_equal(fixture_set(fx, key, value, NULL), EC_OK);
}

static void
begin(struct fixture *fx, const char *type)
{
	fixture_open(fx, &drv_opensmtpd);
	program(fx, "makemap", fake_makemap);
	program(fx, "smtpctl", fake_ctl);
	program(fx, "smtpd", fake_smtpd);
	fixture_put(fx, "log", "");
	fixture_put(fx, "queue", "");
	fixture_put(fx, "routes", "");
	fixture_put(fx, "t", OLD);
	fixture_put(fx, "t.db", DUMP(USER1, PASS1));
	set(fx, "makemap", path(fx, "makemap"));
	set(fx, "smtpctl", path(fx, "smtpctl"));
	set(fx, "smtpd", path(fx, "smtpd"));
	set(fx, "path", path(fx, "t"));
	set(fx, "label", "ses");
	set(fx, "table_type", type);
	assert_int_equal(drv_opensmtpd.check(&fx->c, &fx->e), EC_OK);
}

static bool
logged(struct fixture *fx, const char *what)
{
	AUTO(buf) struct buf b = BUF(65536);

	assert_int_equal(file_read(path(fx, "log"), &b, &fx->e), EC_OK);
	assert_null(strstr(buf_str(&b), PASS1));
	assert_null(strstr(buf_str(&b), PASS2));
	return strstr(buf_str(&b), what) != NULL;
}

static enum ec
write_new(struct fixture *fx)
{
	return fixture_write(fx, USER2, PASS2);
}

static void
settings(void **state)
{
	static const char *const bad[] = { "a b", "a:b", "-a", "#a", "a\"",
		"\xc3\xa4" };
	struct fixture fx;

	(void)state;
	begin(&fx, "file");
	for (size_t i = 0; i < COUNT(bad); i++) {
		set(&fx, "label", bad[i]);
		assert_int_equal(drv_opensmtpd.check(&fx.c, &fx.e), EC_CONFIG);
		fixture_told(&fx, "label: ");
		set(&fx, "label", "ses");
		set(&fx, "table", bad[i]);
		assert_int_equal(drv_opensmtpd.check(&fx.c, &fx.e), EC_CONFIG);
		fixture_told(&fx, "table: ");
		set(&fx, "table", "secrets");
	}
	set(&fx, "db", "/x");
	assert_int_equal(drv_opensmtpd.check(&fx.c, &fx.e), EC_CONFIG);
	fixture_close(&fx);
}

static void
file_table(void **state)
{
	struct fixture fx;

	(void)state;
	begin(&fx, "file");
	fixture_reads(&fx, USER1, PASS1);
	assert_int_equal(fixture_write(&fx, USER2, "redacted"), EC_BUG);
	assert_int_equal(write_new(&fx), EC_OK);
	fixture_expect(&fx, "t", NEW);
	fixture_expect(&fx, "t.db", DUMP(USER1, PASS1));
	fixture_reads(&fx, USER2, PASS2);
	assert_false(logged(&fx, "makemap"));
	fixture_close(&fx);
}

static void
db_table(void **state)
{
	struct fixture fx;

	(void)state;
	begin(&fx, "db");
	assert_int_equal(chmod(path(&fx, "t.db"), 0640), 0);
	fixture_put(&fx, "t", "# the database counts\nses x:y\n");
	fixture_reads(&fx, USER1, PASS1);
	fixture_put(&fx, "t.db", "SES\tu:p:q\n");
	fixture_reads(&fx, "u", "p:q");
	fixture_put(&fx, "t.db", "sesx\tu:p\nxses\tu:p\nother\tses\tx\n");
	fixture_reads(&fx, "", "");
	fixture_put(&fx, "t", OLD);
	assert_int_equal(write_new(&fx), EC_OK);
	fixture_expect(&fx, "t", NEW);
	fixture_expect(&fx, "t.db", DUMP(USER2, PASS2));
	assert_true(logged(&fx, "makemap -o "));
	assert_int_not_equal(access(path(&fx, "t.db.rotate"), F_OK), 0);
	fixture_reads(&fx, USER2, PASS2);
	fixture_close(&fx);
}

static void
expect_old(struct fixture *fx)
{
	fixture_expect(fx, "t", OLD);
	fixture_expect(fx, "t.db", DUMP(USER1, PASS1));
	assert_int_not_equal(access(path(fx, "t.db.rotate"), F_OK), 0);
}

static void
write_failures(void **state)
{
	struct fixture fx;

	(void)state;
	begin(&fx, "db");
	fixture_put(&fx, "broken", "");
	assert_int_equal(write_new(&fx), EC_CLIENT);
	assert_non_null(strstr(fx.e.fix, "nothing was changed"));
	expect_old(&fx);
	assert_int_equal(unlink(path(&fx, "broken")), 0);
	fixture_put(&fx, "lie", "");
	assert_int_equal(write_new(&fx), EC_CONFLICT);
	fixture_told(&fx, "another value for ses");
	expect_old(&fx);
	set(&fx, "makemap", "/nonexistent/makemap");
	assert_int_equal(write_new(&fx), EC_CONFIG);
	expect_old(&fx);
	assert_int_equal(mkdir(path(&fx, "t.db.rotate"), 0700), 0);
	assert_int_equal(mkdir(path(&fx, "t.db.rotate/d"), 0700), 0);
	assert_int_equal(write_new(&fx), EC_IO);
	fixture_told(&fx, "t.db.rotate");
	fixture_expect(&fx, "t", OLD);
	fixture_close(&fx);
}

/* The text is new and the database cannot be replaced; the next write mends
 * it, and clears what a crash left. */
static void
stop_between(void **state)
{
	struct fixture fx;

	(void)state;
	begin(&fx, "db");
	fixture_put(&fx, "trap", "");
	assert_int_equal(write_new(&fx), EC_UNKNOWN);
	fixture_told(&fx, "its database may still hold the old pair");
	fixture_expect(&fx, "t", NEW);
	assert_int_equal(unlink(path(&fx, "trap")), 0);
	assert_int_equal(rmdir(path(&fx, "t.db")), 0);
	fixture_put(&fx, "t.db", DUMP(USER1, PASS1));
	assert_int_equal(mkdir(path(&fx, "t.db.rotate"), 0700), 0);
	fixture_put(&fx, "t.db.rotate/db", "half");
	assert_int_equal(write_new(&fx), EC_OK);
	fixture_reads(&fx, USER2, PASS2);
	assert_int_not_equal(access(path(&fx, "t.db.rotate"), F_OK), 0);
	fixture_close(&fx);
}

static void
read_fails(struct fixture *fx, enum ec ec, const char *told)
{
	struct smtp_cred cred = { .pass = NULL };

	assert_int_equal(drv_opensmtpd.read(&fx->c, &cred, &fx->e), ec);
	fixture_told(fx, told);
	assert_null(cred.pass);
}

static void
read_failures(void **state)
{
	struct fixture fx;

	(void)state;
	begin(&fx, "db");
	fixture_put(&fx, "broken", "");
	read_fails(&fx, EC_CLIENT, "makemap");
	assert_non_null(strstr(fx.e.fix, "see why: makemap -U /"));
	assert_int_equal(unlink(path(&fx, "broken")), 0);
	fixture_put(&fx, "endless", "");
	read_fails(&fx, EC_TEMP, "more than");
	assert_int_equal(unlink(path(&fx, "t.db")), 0);
	read_fails(&fx, EC_GONE, "t.db");
	assert_non_null(strstr(fx.e.fix, "makemap -o /"));
	fixture_close(&fx);
}

static void
plans(void **state)
{
	struct client_plan p;
	struct fixture fx;

	(void)state;
	begin(&fx, "db");
	set(&fx, "config", "/etc/other.conf");
	assert_int_equal(drv_opensmtpd.plan(&fx.c, &p, &fx.e), EC_OK);
	assert_non_null(strstr(p.change, "set ses in /tmp/"));
	assert_non_null(strstr(p.change, "make its database"));
	assert_string_equal(p.after,
	    "smtpctl update table secrets; smtpctl schedule all, if mail "
	    "waits for a relay");
	assert_string_equal(p.warning, "");
	assert_true(logged(&fx, "smtpd -n -f /etc/other.conf\n"));
	assert_false(logged(&fx, "smtpctl"));
	assert_false(logged(&fx, "makemap -o"));
	expect_old(&fx);
	fixture_put(&fx, "bad", "");
	assert_int_equal(drv_opensmtpd.plan(&fx.c, &p, &fx.e), EC_OK);
	assert_non_null(strstr(p.warning, "smtpd -n"));
	fixture_put(&fx, "t.db", DUMP(USER1, PASS2));
	assert_int_equal(drv_opensmtpd.plan(&fx.c, &p, &fx.e), EC_OK);
	assert_non_null(strstr(p.warning, "different pairs"));
	set(&fx, "smtpctl", "/nonexistent/smtpctl");
	assert_int_equal(drv_opensmtpd.plan(&fx.c, &p, &fx.e), EC_CONFIG);
	fixture_close(&fx);
}

static bool
flushes(const char *queue)
{
	struct fixture fx;
	bool did;

	begin(&fx, "file");
	fixture_put(&fx, "queue", queue);
	assert_int_equal(drv_opensmtpd.activate(&fx.c, &fx.e), EC_OK);
	assert_true(logged(&fx, "smtpctl update table secrets\n"));
	did = logged(&fx, "smtpctl schedule all\n");
	fixture_close(&fx);
	return did;
}

static void
queue(void **state)
{
	(void)state;
	assert_true(flushes(QUEUED("pending", NETWORK)));
	assert_true(flushes(QUEUED("inflight", "") QUEUED("pending", "x")
		QUEUED("pending", "AUTH rejected: 535 no")));
	assert_false(flushes(""));
	assert_false(flushes(QUEUED("pending", "450 mailbox full")));
	assert_false(flushes(QUEUED("inflight", "")));
	assert_false(
	    flushes("1|local|mda|auth|a|b|b|1|2|3|1|pending|3|" NETWORK "\n"));
	assert_false(flushes("nonsense\n|\n||||\n"));
}

static void
routes(void **state)
{
	struct fixture fx;

	(void)state;
	begin(&fx, "file");
	fixture_put(&fx, "queue", QUEUED("pending", NETWORK));
	fixture_put(&fx, "routes",
	    "1. [] <-> 192.0.2.1 (D.example.com) ---- nconn=0 nerror=0\n"
	    "22. [] <-> 192.0.2.2 (b.example.com) ND-- nconn=0 nerror=0\n"
	    "9. [] <-> 192.0.2.3 (c.example.com) -DQ- nconn=0 nerror=0\n"
	    "10. [] <-> 192.0.2.4 (d.example.com) -D-- nconn=0 nerror=0\n"
	    "nonsense ) D\n. ) D\n1 ) D\n");
	assert_int_equal(drv_opensmtpd.activate(&fx.c, &fx.e), EC_OK);
	assert_true(logged(&fx,
	    "resume route 22\nsmtpctl resume route 9\n"
	    "smtpctl resume route 10\nsmtpctl schedule all\n"));
	assert_false(logged(&fx, "resume route 1\n"));
	fixture_close(&fx);
}

static void
activate_trouble(void **state)
{
	struct fixture fx;

	(void)state;
	begin(&fx, "file");
	set(&fx, "table", "other");
	fixture_put(&fx, "queue", QUEUED("pending", NETWORK));
	fixture_put(&fx, "down", "");
	assert_int_equal(drv_opensmtpd.activate(&fx.c, &fx.e), EC_OK);
	assert_int_equal(unlink(path(&fx, "down")), 0);
	fixture_put(&fx, "refuse", "");
	assert_int_equal(drv_opensmtpd.activate(&fx.c, &fx.e), EC_CLIENT);
	assert_non_null(strstr(fx.e.fix, "smtpctl update table other"));
	assert_int_equal(unlink(path(&fx, "refuse")), 0);
	set(&fx, "flush", "false");
	assert_int_equal(drv_opensmtpd.activate(&fx.c, &fx.e), EC_OK);
	assert_false(logged(&fx, "schedule"));
	set(&fx, "flush", "true");
	fixture_put(&fx, "stuck", "");
	assert_int_equal(drv_opensmtpd.activate(&fx.c, &fx.e), EC_CLIENT);
	assert_true(logged(&fx, "schedule"));
	set(&fx, "smtpctl", "/nonexistent/smtpctl");
	assert_int_equal(drv_opensmtpd.activate(&fx.c, &fx.e), EC_CONFIG);
	fixture_close(&fx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(settings),
		cmocka_unit_test(file_table),
		cmocka_unit_test(db_table),
		cmocka_unit_test(write_failures),
		cmocka_unit_test(stop_between),
		cmocka_unit_test(read_failures),
		cmocka_unit_test(plans),
		cmocka_unit_test(queue),
		cmocka_unit_test(routes),
		cmocka_unit_test(activate_trouble),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
