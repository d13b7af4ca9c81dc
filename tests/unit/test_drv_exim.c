/* The exim driver with an Exim of ours: what it asks, and what it does when
 * the answer is odd. The real one is met in tests/e2e/exim.t. */
#include "client_fixture.h"

#include <fcntl.h>
#include <poll.h>

extern const struct client_driver drv_exim;

#define OLD                                                                    \
	"# c\nother.org:me:pass word\n*.example.com:" USER1 ":" PASS1 "\n#e\n"
#define NEW                                                                    \
	"# c\nother.org:me:pass word\n*.example.com:" USER2 ":" PASS2 "\n#e\n"
#define DUE " 21-Nov-2026 14:18:19  21-Nov-2026 14:18:19 * \n"
#define AUTH_REFUSED(host)                                                     \
	"  T:" host ":192.0.2.1:587 -42 65 authentication failed\n" DUE

/* `answer` is what -be says; other files beside it make trouble. The pair of
 * the entry is answered when there is no `answer`. */
static const char fake_exim[] =
    "#!/bin/sh\n"
    "d=${0%/*}; echo \"exim $*\" >>$d/log\n"
    "[ $1 = -C ] && shift 2\n"
    "if [ -e $d/broken ]; then exit 1; fi\n"
    "if [ -e $d/endless ]; then exec cat /dev/zero; fi\n"
    "case $1 in\n"
    "-be) if [ -e $d/answer ]; then cat $d/answer; else\n"
    "    sed -n 's/^\\*.example.com:/+/p' $d/t; fi;;\n"
    "-bpc) cat $d/count;;\n"
    "-bP) case $2 in spool*) echo spool_directory = $d/spool;;\n"
    "    *) cat $d/transports;; esac;;\n"
    "-qf) echo ran >$d/fifo;;\n"
    "esac\n";
static const char fake_dump[] =
    "#!/bin/sh\n"
    "d=${0%/*}; echo \"dump $*\" >>$d/log; cat $d/retry\n";

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
begin(struct fixture *fx)
{
	fixture_open(fx, &drv_exim);
	program(fx, "exim", fake_exim);
	program(fx, "exim_dumpdb", fake_dump);
	fixture_put(fx, "t", OLD);
	fixture_put(fx, "log", "");
	fixture_put(fx, "count", "0\n");
	fixture_put(fx, "retry", "");
	fixture_put(fx, "transports", "");
	set(fx, "exim", path(fx, "exim"));
	set(fx, "path", path(fx, "t"));
	set(fx, "host", "*.example.com");
	assert_int_equal(drv_exim.check(&fx->c, &fx->e), EC_OK);
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

static void
checks(void **state)
{
	static const struct {
		const char *key, *value;
	} bad[] = { { "host", "a:b" }, { "host", "#a" }, { "host", "a b" },
		{ "host", "\"a" }, { "lookup", "a{b" }, { "lookup", "$h" },
		{ "lookup", "a b" }, { "lookup", "a\\b" }, { "path", "/a b" },
		{ "path", "/a}b" } };
	struct fixture fx;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		begin(&fx);
		set(&fx, bad[i].key, bad[i].value);
		assert_int_equal(drv_exim.check(&fx.c, &fx.e), EC_CONFIG);
		fixture_told(&fx, bad[i].key);
		fixture_close(&fx);
	}
}

static void
reads(void **state)
{
	struct fixture fx;

	(void)state;
	begin(&fx);
	fixture_reads(&fx, USER1, PASS1);
	assert_true(
	    logged(&fx, "exim -be ${lookup{mail.example.com}nwildlsearch{"));
	set(&fx, "lookup", "relay.example.org");
	set(&fx, "config", "/etc/other.conf");
	fixture_put(&fx, "answer", "+u:p:q w\n");
	fixture_reads(&fx, "u", "p:q w");
	assert_true(logged(&fx,
	    "exim -C /etc/other.conf -be "
	    "${lookup{relay.example.org}nwildlsearch{"));
	fixture_put(&fx, "answer", "+u\r\n");
	fixture_reads(&fx, "u", "");
	fixture_put(&fx, "answer", "-\n");
	fixture_reads(&fx, "", "");
	fixture_put(&fx, "answer", "+\n");
	fixture_reads(&fx, "", "");
	fixture_close(&fx);
}

static void
read_fails(struct fixture *fx, enum ec ec, const char *told)
{
	struct smtp_cred cred = { .pass = NULL };

	assert_int_equal(drv_exim.read(&fx->c, &cred, &fx->e), ec);
	fixture_told(fx, told);
	assert_null(cred.pass);
}

static void
read_failures(void **state)
{
	static const char *const nonsense[] = { "", "\n", "u:" PASS1 "\n",
		"Failed: failed to open\n" };
	struct fixture fx;

	(void)state;
	begin(&fx);
	for (size_t i = 0; i < COUNT(nonsense); i++) {
		fixture_put(&fx, "answer", nonsense[i]);
		read_fails(&fx, EC_CLIENT, "Exim cannot look up");
		assert_non_null(strstr(fx.e.fix, "exim -be '${lookup{mail"));
	}
	fixture_put(&fx, "broken", "");
	read_fails(&fx, EC_CLIENT, "exim");
	assert_int_equal(unlink(path(&fx, "broken")), 0);
	fixture_put(&fx, "endless", "");
	read_fails(&fx, EC_TEMP, "more than");
	assert_int_equal(unlink(path(&fx, "endless")), 0);
	set(&fx, "exim", "/nonexistent/exim");
	read_fails(&fx, EC_CONFIG, "/nonexistent/exim");
	assert_int_equal(unlink(path(&fx, "t")), 0);
	read_fails(&fx, EC_GONE, "/t");
	fixture_close(&fx);
}

static void
writes(void **state)
{
	struct fixture fx;

	(void)state;
	begin(&fx);
	assert_int_equal(fixture_write(&fx, USER2, "redacted"), EC_BUG);
	fixture_expect(&fx, "t", OLD);
	assert_int_equal(fixture_write(&fx, USER2, PASS2), EC_OK);
	fixture_expect(&fx, "t", NEW);
	set(&fx, "host", "new.example.com");
	assert_int_equal(fixture_write(&fx, USER1, PASS1), EC_GONE);
	fixture_expect(&fx, "t", NEW);
	set(&fx, "create", "true");
	assert_int_equal(fixture_write(&fx, USER1, PASS1), EC_OK);
	fixture_expect(&fx, "t", NEW "new.example.com:" USER1 ":" PASS1 "\n");
	fixture_put(&fx, "t", NEW "*.example.com:a:b\n");
	set(&fx, "host", "*.example.com");
	assert_int_equal(fixture_write(&fx, USER1, PASS1), EC_CONFLICT);
	fixture_told(&fx, "/t:5:");
	fixture_close(&fx);
}

static void
plan_fails(struct fixture *fx, enum ec ec, const char *told)
{
	struct client_plan p = { .change = "as before" };

	assert_int_equal(drv_exim.plan(&fx->c, &p, &fx->e), ec);
	fixture_told(fx, told);
	assert_string_equal(p.change, "as before");
}

/* What Exim uses is another line than ours. */
static void
shadowed(void **state)
{
	struct fixture fx;

	(void)state;
	begin(&fx);
	fixture_put(&fx, "answer", "-\n");
	plan_fails(&fx, EC_CONFLICT, "finds no line for mail.example.com");
	assert_non_null(strstr(fx.e.fix, "lookup"));
	fixture_put(&fx, "answer", "+" USER1 ":" PASS2 "\n");
	plan_fails(&fx, EC_CONFLICT, "another line than *.example.com");
	fixture_put(&fx, "answer", "+" USER1 "\n");
	plan_fails(&fx, EC_CONFLICT, "another line than *.example.com");
	fixture_put(&fx, "t", "");
	plan_fails(&fx, EC_GONE, "*.example.com");
	set(&fx, "create", "true");
	plan_fails(&fx, EC_CONFLICT, "another line than *.example.com");
	fixture_close(&fx);
}

static void
plans(void **state)
{
	static const char careless[] =
	    "\na transport:\nhosts_require_auth = *\nhosts_try_auth = *\n"
	    "\nb transport:\nhosts_require_auth = \nhosts_try_auth = *\n"
	    "\nc transport:\nhosts_require_auth = \nhosts_try_auth = \n";
	struct client_plan p;
	struct fixture fx;

	(void)state;
	begin(&fx);
	assert_int_equal(drv_exim.plan(&fx.c, &p, &fx.e), EC_OK);
	assert_non_null(strstr(p.change, "set *.example.com in /"));
	assert_non_null(strstr(p.after, "exim -qf, if mail waits"));
	assert_string_equal(p.warning, "");
	fixture_expect(&fx, "t", OLD);
	fixture_put(&fx, "transports", careless);
	set(&fx, "flush", "false");
	assert_int_equal(drv_exim.plan(&fx.c, &p, &fx.e), EC_OK);
	assert_string_equal(p.after, "");
	assert_non_null(strstr(p.warning, "b transport has hosts_try_auth"));
	/* The last one counts too, and one that ends without a newline. */
	fixture_put(&fx, "transports",
	    "\nz transport:\ndriver = smtp\nhosts_try_auth = *");
	assert_int_equal(drv_exim.plan(&fx.c, &p, &fx.e), EC_OK);
	assert_non_null(strstr(p.warning, "z transport has hosts_try_auth"));
	fixture_put(&fx, "transports", "\n\nhosts_try_auth_x = *\n\n");
	assert_int_equal(drv_exim.plan(&fx.c, &p, &fx.e), EC_OK);
	assert_string_equal(p.warning, "");
	fixture_close(&fx);
}

/* Is a queue run started? What is started is not waited for, so it tells by a
 * fifo; activate() itself has ended by then. */
static bool
flushes(const char *count, const char *retry, const char *flush)
{
	struct fixture fx;
	struct pollfd p = { .events = POLLIN };
	bool did;

	begin(&fx);
	assert_int_equal(mkfifo(path(&fx, "fifo"), 0600), 0);
	p.fd = open(path(&fx, "fifo"), O_RDWR | O_NONBLOCK | O_CLOEXEC);
	assert_true(p.fd >= 0);
	fixture_put(&fx, "count", count);
	fixture_put(&fx, "retry", retry);
	set(&fx, "flush", flush);
	set(&fx, "config", "/etc/other.conf");
	assert_int_equal(drv_exim.activate(&fx.c, &fx.e), EC_OK);
	did = strstr(retry, "-42 65") != NULL && *flush == 't' &&
	    *count != '0' && strstr(retry, "T:mail.example.com:") != NULL;
	/* What should not come is given a moment to. */
	assert_int_equal(poll(&p, 1, did ? 20000 : 150), did ? 1 : 0);
	did = logged(&fx, "exim -C /etc/other.conf -qf\n");
	assert_int_equal(close(p.fd), 0);
	fixture_close(&fx);
	return did;
}

static void
queue(void **state)
{
	(void)state;
	assert_true(flushes("2\n", AUTH_REFUSED("mail.example.com"), "true"));
	assert_true(flushes("17",
	    "  R:x.org -1 0 x\n" DUE AUTH_REFUSED("other.org")
		AUTH_REFUSED("mail.example.com"),
	    "true"));
	assert_false(flushes("2\n", AUTH_REFUSED("mail.example.com"), "false"));
	assert_false(flushes("0\n", AUTH_REFUSED("mail.example.com"), "true"));
	assert_false(flushes("2\n", AUTH_REFUSED("other.org"), "true"));
	assert_false(
	    flushes("2\n", AUTH_REFUSED("a.mail.example.com"), "true"));
	assert_false(
	    flushes("2\n", AUTH_REFUSED("mail.example.com.au"), "true"));
	assert_false(flushes("2\n",
	    "  T:mail.example.com:192.0.2.1 111 65 refused\n" DUE, "true"));
	assert_false(flushes("nonsense\n", "nonsense", "true"));
	assert_false(flushes("2\n", "", "true"));
}

/* What cannot be found out does not hold up a rotation. */
static void
queue_trouble(void **state)
{
	struct fixture fx;

	(void)state;
	begin(&fx);
	fixture_put(&fx, "count", "2\n");
	fixture_put(&fx, "retry", AUTH_REFUSED("mail.example.com"));
	assert_int_equal(unlink(path(&fx, "exim_dumpdb")), 0);
	assert_int_equal(drv_exim.activate(&fx.c, &fx.e), EC_OK);
	fixture_put(&fx, "broken", "");
	assert_int_equal(drv_exim.activate(&fx.c, &fx.e), EC_OK);
	assert_false(logged(&fx, "-qf"));
	fixture_close(&fx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(checks),
		cmocka_unit_test(reads),
		cmocka_unit_test(read_failures),
		cmocka_unit_test(writes),
		cmocka_unit_test(shadowed),
		cmocka_unit_test(plans),
		cmocka_unit_test(queue),
		cmocka_unit_test(queue_trouble),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
