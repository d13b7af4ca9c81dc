/* Mail that waits for a good log-in, with a postqueue of ours: what counts as
 * a backlog, and that nothing else is ever flushed. The real Postfix is met in
 * tests/e2e/postfix.t. */
#include "client_fixture.h"

extern const struct client_driver drv_postfix;

#define HOST   "email-smtp.eu-west-1.amazonaws.com"
#define RELAY  "[" HOST "]:587"
#define SAID   "] said: 535 Authentication Credentials Invalid"
#define WHY(h) "SASL authentication failed; server " h "[192.0.2.1" SAID
#define MAIL(queue, why)                                                       \
	"{\"queue_name\": \"" queue                                            \
	"\", \"queue_id\": \"4Z\", \"message_size\": 300, \"sender\": "        \
	"\"a@b.c\", \"recipients\": [{\"address\": \"x@y.z\"}, "               \
	"{\"address\": \"d@e.f\", \"delay_reason\": \"" why "\"}]}\n"

static const char fake_postmap[] = "#!/bin/sh\n"
				   "echo " USER1 ":" PASS1 "\n";
/* `list` is what -j says; `broken`, `endless` make trouble. */
static const char fake_postqueue[] =
    "#!/bin/sh\n"
    "d=${0%/*}; echo \"postqueue $*\" >>$d/log\n"
    "[ $1 = -c ] && shift 2\n"
    "case $1 in\n"
    "-j) cat $d/list; if [ -e $d/endless ]; then exec cat /dev/zero; fi\n"
    "    if [ -e $d/broken ]; then exit 69; fi;;\n"
    "-f) if [ -e $d/stuck ]; then exit 69; fi;;\n"
    "esac\n";

static void
program(const struct fixture *fx, const char *name, const char *text)
{
	fixture_put(fx, name, text);
	assert_int_equal(chmod(fixture_path(fx, name), 0755), 0);
}

static void
set(struct fixture *fx, const char *key, const char *value)
{
	assert_int_equal(fixture_set(fx, key, value, NULL), EC_OK);
}

static void
begin(struct fixture *fx, const char *list)
{
	fixture_open(fx, &drv_postfix);
	program(fx, "postmap", fake_postmap);
	program(fx, "postqueue", fake_postqueue);
	fixture_put(fx, "m", RELAY " " USER1 ":" PASS1 "\n");
	fixture_put(fx, "m.db", "");
	fixture_put(fx, "log", "");
	fixture_put(fx, "list", list);
	set(fx, "postmap", fixture_path(fx, "postmap"));
	set(fx, "map", fixture_path(fx, "m"));
	set(fx, "relay", RELAY);
}

static bool
ran(struct fixture *fx, const char *what)
{
	AUTO(buf) struct buf b = BUF(65536);

	assert_int_equal(file_read(fixture_path(fx, "log"), &b, &fx->e), EC_OK);
	return strstr(buf_str(&b), what) != NULL;
}

/* Does activate() flush with this in the queue? */
static bool
flushes(const char *list)
{
	struct fixture fx;
	bool did;

	begin(&fx, list);
	assert_int_equal(drv_postfix.activate(&fx.c, &fx.e), EC_OK);
	assert_true(ran(&fx, "postqueue -j\n"));
	did = ran(&fx, "postqueue -f\n");
	fixture_close(&fx);
	return did;
}

static void
backlogs(void **state)
{
	(void)state;
	assert_true(flushes(MAIL("deferred", WHY(HOST))));
	assert_true(flushes(MAIL("deferred",
	    WHY("Email-SMTP.eu-west-1."
		"AMAZONAWS.com"))));
	assert_true(flushes(
	    MAIL("deferred", "delivery temporarily suspended: " WHY(HOST))));
	assert_true(flushes(MAIL("active", "") MAIL("deferred", "timed out")
		MAIL("deferred", WHY(HOST))));
	/* Under the name that the client's own settings give it. */
	assert_true(flushes(MAIL("deferred", WHY("mail.example.com"))));
}

static void
no_backlogs(void **state)
{
	(void)state;
	assert_false(flushes(""));
	assert_false(flushes(
	    MAIL("deferred", "connect to " HOST "[192.0.2.1]:587: timed out")));
	assert_false(flushes(MAIL("deferred", WHY("smtp.other.org"))));
	assert_false(flushes(MAIL("deferred", WHY(HOST ".other.org"))));
	assert_false(flushes(MAIL("deferred", WHY("email-smtp"))));
	assert_false(flushes(MAIL("active", WHY(HOST))));
	assert_false(flushes(MAIL("hold", WHY(HOST))));
	assert_false(flushes("nonsense\n{\"queue_name\":\n[]\n7\n"
			     "{\"queue_name\": \"deferred\"}\n"
			     "{\"queue_name\": \"deferred\", \"recipients\": "
			     "{\"delay_reason\": 7}}\n"));
	/* A last line that was cut off is no line. */
	assert_false(flushes("{\"queue_name\": \"deferred\", \"recip"));
}

/* What cannot be found out does not hold up a rotation; what is there and
 * cannot be flushed is told. */
static void
trouble(void **state)
{
	struct fixture fx;

	(void)state;
	begin(&fx, MAIL("deferred", WHY(HOST)));
	fixture_put(&fx, "broken", "");
	assert_int_equal(drv_postfix.activate(&fx.c, &fx.e), EC_OK);
	assert_false(ran(&fx, "postqueue -f"));
	assert_int_equal(unlink(fixture_path(&fx, "broken")), 0);

	fixture_put(&fx, "endless", "");
	assert_int_equal(drv_postfix.activate(&fx.c, &fx.e), EC_OK);
	assert_true(ran(&fx, "postqueue -f"));
	assert_int_equal(unlink(fixture_path(&fx, "endless")), 0);

	fixture_put(&fx, "stuck", "");
	assert_int_equal(drv_postfix.activate(&fx.c, &fx.e), EC_CLIENT);
	fixture_told(&fx, "postqueue");
	assert_int_equal(unlink(fixture_path(&fx, "stuck")), 0);

	assert_int_equal(unlink(fixture_path(&fx, "postqueue")), 0);
	assert_int_equal(drv_postfix.activate(&fx.c, &fx.e), EC_OK);
	fixture_close(&fx);
}

static void
option(void **state)
{
	struct client_plan p;
	struct fixture fx;

	(void)state;
	begin(&fx, MAIL("deferred", WHY(HOST)));
	assert_int_equal(drv_postfix.plan(&fx.c, &p, &fx.e), EC_OK);
	assert_non_null(strstr(p.after, "postqueue -f, if mail waits"));
	set(&fx, "flush", "false");
	assert_int_equal(drv_postfix.plan(&fx.c, &p, &fx.e), EC_OK);
	assert_string_equal(p.after, "");
	assert_int_equal(drv_postfix.activate(&fx.c, &fx.e), EC_OK);
	assert_false(ran(&fx, "postqueue"));
	set(&fx, "flush", "true");
	set(&fx, "config_dir", "/etc/other");
	assert_int_equal(drv_postfix.activate(&fx.c, &fx.e), EC_OK);
	assert_true(ran(&fx, "postqueue -c /etc/other -j\n"));
	assert_true(ran(&fx, "postqueue -c /etc/other -f\n"));
	fixture_close(&fx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(backlogs),
		cmocka_unit_test(no_backlogs),
		cmocka_unit_test(trouble),
		cmocka_unit_test(option),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
