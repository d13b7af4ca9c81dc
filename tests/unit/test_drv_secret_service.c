/*
 * The secret-service driver against a real GNOME Keyring on a D-Bus of its
 * own, with secret-tool as the foreign program that looks up. Run without
 * arguments the program makes a home directory and starts itself in such a
 * session (tests/e2e/secret_service.t).
 */
#include "client_fixture.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "base/clock.h"
#include "base/run.h"

extern const struct client_driver drv_secret_service;

#define SKIP 77

/* GLib keeps its types and its connection for ever, reachable or not. */
const char *__lsan_default_suppressions(void);
const char *
__lsan_default_suppressions(void)
{
	return "leak:libglib-2.0\nleak:libgobject-2.0\nleak:libgio-2.0\n"
	       "leak:libsecret-1\nleak:libgcrypt\n";
}

static const char *
setting(const char *name)
{
	static char text[4][512];
	static unsigned at;
	char *p = text[at++ % 4];
	const char *value = getenv(name);

	(void)snprintf(
	    p, sizeof(text[0]), "%s=%s", name, value != NULL ? value : "");
	return p;
}

/* secret-tool with these words; its output in ret, its input is `in`. */
static int
tool(struct buf *ret, const char *in, const char *const *argv)
{
	const char *env[] = { setting("DBUS_SESSION_BUS_ADDRESS"),
		setting("HOME"), setting("XDG_RUNTIME_DIR"), NULL };
	AUTO(buf) struct buf text = BUF(256);
	struct err e;
	struct run r = { .argv = argv, .env = env, .in = &text, .out = ret };

	assert_int_equal(buf_adds(&text, in, &e), EC_OK);
	if (run(&r, &e) == EC_OK)
		return 0;
	return r.status;
}

#define WANT "host", "mail.example.com", "service", "smtp"

/* What a consumer gets that does not know the user name. */
static void
expect_lookup(const char *value)
{
	static const char *const argv[] = { "secret-tool", "lookup", WANT,
		NULL };
	AUTO(buf) struct buf out = BUF(4096);

	assert_int_equal(tool(&out, "", argv), *value == '\0' ? 1 : 0);
	assert_string_equal(buf_str(&out), value);
}

static void
expect_pair(void)
{
	static const char *const argv[] = { "secret-tool", "lookup", WANT,
		NULL };
	AUTO(buf) struct buf out = BUF(4096);

	if (tool(&out, "", argv) != 0 ||
	    (strcmp(buf_str(&out),
		 "username=" USER1 "\npassword=" PASS1 "\n") != 0 &&
		strcmp(buf_str(&out),
		    "username=" USER2 "\npassword=" PASS2 "\n") != 0))
		_exit(1);
}

/* msmtp asks with the user name. */
static void
expect_user(const char *user, const char *value)
{
	const char *const argv[] = { "secret-tool", "lookup", WANT, "user",
		user, NULL };
	AUTO(buf) struct buf out = BUF(4096);

	assert_int_equal(tool(&out, "", argv), *value == '\0' ? 1 : 0);
	assert_string_equal(buf_str(&out), value);
}

static void
foreign_store(const char *user, const char *pass)
{
	const char *const argv[] = { "secret-tool", "store", "--label=x", WANT,
		"user", user, NULL };

	assert_int_equal(tool(NULL, pass, argv), 0);
}

static void
clear_all(void)
{
	static const char *const argv[] = { "secret-tool", "clear", "host",
		"mail.example.com", NULL };

	(void)tool(NULL, "", argv);
}

static void
open_client(struct fixture *fx)
{
	clear_all();
	fixture_open(fx, &drv_secret_service);
	assert_int_equal(drv_secret_service.check(&fx->c, &fx->e), EC_OK);
}

static void
rotate_user_is_attribute(void **state)
{
	struct fixture fx;

	(void)state;
	open_client(&fx);
	fixture_reads(&fx, "", "");
	assert_int_equal(fixture_write(&fx, USER1, PASS1), EC_OK);
	fixture_reads(&fx, USER1, PASS1);
	expect_lookup(PASS1);
	expect_user(USER1, PASS1);
	assert_int_equal(fixture_write(&fx, USER1, PASS1), EC_OK);
	fixture_reads(&fx, USER1, PASS1);
	assert_int_equal(fixture_write(&fx, USER2, PASS2), EC_OK);
	fixture_reads(&fx, USER2, PASS2);
	expect_lookup(PASS2);
	expect_user(USER1, "");
	expect_user(USER2, PASS2);
	/* and back, with another password for the same user */
	assert_int_equal(fixture_write(&fx, USER1, PASS2), EC_OK);
	fixture_reads(&fx, USER1, PASS2);
	expect_user(USER2, "");
	fixture_close(&fx);
}

static void
rotate_pair_in_value(void **state)
{
	struct fixture fx;

	(void)state;
	open_client(&fx);
	assert_int_equal(fixture_write(&fx, USER2, PASS2), EC_OK);
	assert_int_equal(fixture_set(&fx, "content", "pair", NULL), EC_OK);
	assert_int_equal(fixture_write(&fx, USER1, PASS1), EC_OK);
	expect_lookup("username=" USER1 "\npassword=" PASS1 "\n");
	expect_user(USER2, ""); /* that of the former content is gone */
	fixture_reads(&fx, USER1, PASS1);
	assert_int_equal(fixture_write(&fx, USER2, PASS2), EC_OK);
	expect_lookup("username=" USER2 "\npassword=" PASS2 "\n");
	fixture_reads(&fx, USER2, PASS2);
	fixture_close(&fx);
}

/* A consumer that looks all the time finds the old pair or the new pair. */
static void
never_nothing(void **state)
{
	struct fixture fx;
	int status = -1;
	pid_t pid;

	(void)state;
	open_client(&fx);
	assert_int_equal(fixture_set(&fx, "content", "pair", NULL), EC_OK);
	assert_int_equal(fixture_write(&fx, USER1, PASS1), EC_OK);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		for (int i = 0; i < 20; i++)
			expect_pair();
		_exit(0);
	}
	while (waitpid(pid, &status, WNOHANG) == 0) {
		assert_int_equal(fixture_write(&fx, USER2, PASS2), EC_OK);
		assert_int_equal(fixture_write(&fx, USER1, PASS1), EC_OK);
	}
	assert_int_equal(status, 0);
	fixture_close(&fx);
}

/* A run that was killed between store and delete leaves two items: that is
 * no proof of anything until a write has cleaned up. */
static void
two_of_ours(void **state)
{
	static const char *const argv[] = { "secret-tool", "store", "--label=x",
		WANT, "managed-by", "ses-smtp-rotator", "rotator-client", "web",
		"user", USER1, NULL };
	struct fixture fx;

	(void)state;
	open_client(&fx);
	assert_int_equal(fixture_write(&fx, USER2, PASS2), EC_OK);
	assert_int_equal(tool(NULL, PASS1, argv), 0);
	fixture_reads(&fx, "", "");
	assert_int_equal(fixture_write(&fx, USER2, PASS2), EC_OK);
	fixture_reads(&fx, USER2, PASS2);
	expect_user(USER1, "");
	fixture_close(&fx);
}

static void
strangers_are_refused(void **state)
{
	AUTO(smtp_cred) struct smtp_cred cred = { .pass = NULL };
	struct client_plan p;
	struct fixture fx;

	(void)state;
	open_client(&fx);
	foreign_store("someone", "theirs");
	assert_int_equal(
	    drv_secret_service.plan(&fx.c, &p, &fx.e), EC_CONFLICT);
	assert_non_null(strstr(fx.e.what, "host=mail.example.com"));
	assert_non_null(strstr(fx.e.fix, "others"));
	assert_int_equal(
	    drv_secret_service.read(&fx.c, &cred, &fx.e), EC_CONFLICT);
	assert_int_equal(fixture_write(&fx, USER1, PASS1), EC_CONFLICT);
	expect_lookup("theirs");
	fixture_close(&fx);
}

static void
strangers_are_left_alone(void **state)
{
	struct fixture fx;

	(void)state;
	open_client(&fx);
	foreign_store("someone", "theirs");
	assert_int_equal(fixture_set(&fx, "others", "ignore", NULL), EC_OK);
	assert_int_equal(fixture_write(&fx, USER1, PASS1), EC_OK);
	assert_int_equal(fixture_write(&fx, USER2, PASS2), EC_OK);
	fixture_reads(&fx, USER2, PASS2);
	expect_user("someone", "theirs");
	expect_user(USER1, "");
	expect_user(USER2, PASS2);
	/* Another client of ours is a stranger too, and stays. */
	fx.c.name = "web2";
	fixture_reads(&fx, "", "");
	assert_int_equal(fixture_write(&fx, USER1, PASS1), EC_OK);
	expect_user(USER2, PASS2);
	expect_user(USER1, PASS1);
	fixture_close(&fx);
}

static void
strangers_are_taken_over(void **state)
{
	struct fixture fx;

	(void)state;
	open_client(&fx);
	foreign_store(USER1, "legacy");
	assert_int_equal(fixture_set(&fx, "others", "replace", NULL), EC_OK);
	fixture_reads(&fx, USER1, "legacy");
	assert_int_equal(fixture_write(&fx, USER1, PASS1), EC_OK);
	expect_lookup(PASS1);
	fixture_reads(&fx, USER1, PASS1);
	assert_int_equal(fixture_write(&fx, USER2, PASS2), EC_OK);
	expect_lookup(PASS2);
	fixture_close(&fx);
}

static void
own_attributes(void **state)
{
	static const char *const argv[] = { "secret-tool", "lookup", "host",
		"mail.example.com", "app", "x", NULL };
	AUTO(buf) struct buf out = BUF(4096);
	struct client_plan p = { .change = "" };
	struct fixture fx;

	(void)state;
	open_client(&fx);
	assert_int_equal(fixture_set(&fx, "attributes", "host",
			     "mail.example.com", "app", "x", NULL),
	    EC_OK);
	assert_int_equal(
	    fixture_set(&fx, "user_attribute", "login", NULL), EC_OK);
	assert_int_equal(fixture_set(&fx, "activate", "true", NULL), EC_OK);
	assert_int_equal(drv_secret_service.check(&fx.c, &fx.e), EC_OK);
	assert_int_equal(drv_secret_service.plan(&fx.c, &p, &fx.e), EC_OK);
	assert_non_null(strstr(p.change, "host=mail.example.com app=x"));
	assert_non_null(strstr(p.warning, "login="));
	assert_string_equal(p.after, "then run true");
	assert_int_equal(fixture_write(&fx, USER1, PASS1), EC_OK);
	fixture_reads(&fx, USER1, PASS1);
	assert_int_equal(tool(&out, "", argv), 0);
	assert_string_equal(buf_str(&out), PASS1);
	assert_int_equal(drv_secret_service.activate(&fx.c, &fx.e), EC_OK);
	fixture_close(&fx);
}

/* Moved to another keyring: found in the old one, and cleaned there. */
static void
other_collection(void **state)
{
	struct fixture fx;

	(void)state;
	open_client(&fx);
	assert_int_equal(
	    fixture_set(&fx, "collection", "session", NULL), EC_OK);
	assert_int_equal(fixture_write(&fx, USER1, PASS1), EC_OK);
	expect_lookup(PASS1);
	assert_int_equal(
	    fixture_set(&fx, "collection", "default", NULL), EC_OK);
	fixture_reads(&fx, USER1, PASS1);
	assert_int_equal(fixture_write(&fx, USER1, PASS1), EC_OK);
	fixture_reads(&fx, USER1, PASS1);
	assert_int_equal(fixture_set(&fx, "collection", "nosuch", NULL), EC_OK);
	assert_int_equal(fixture_write(&fx, USER2, PASS2), EC_CONFIG);
	assert_non_null(strstr(fx.e.what, "nosuch"));
	expect_lookup(PASS1);
	fixture_close(&fx);
}

static void
options_that_disagree(void **state)
{
	static const char *const reserved[] = { "user", "managed-by",
		"rotator-client" };
	struct fixture fx;

	(void)state;
	for (size_t i = 0; i < COUNT(reserved); i++) {
		fixture_open(&fx, &drv_secret_service);
		assert_int_equal(
		    fixture_set(&fx, "attributes", reserved[i], "x", NULL),
		    EC_OK);
		assert_int_equal(
		    drv_secret_service.check(&fx.c, &fx.e), EC_CONFIG);
		fixture_close(&fx);
	}
}

static void
nothing_hostile_is_written(void **state)
{
	struct fixture fx;

	(void)state;
	open_client(&fx);
	assert_int_not_equal(fixture_write(&fx, USER1, "short"), EC_OK);
	assert_int_not_equal(fixture_write(&fx, "", PASS1), EC_OK);
	expect_lookup("");
	fixture_close(&fx);
}

/* All three calls end with this class, within a second. */
static void
expect_all(struct fixture *fx, enum ec ec, const char *remedy)
{
	AUTO(smtp_cred) struct smtp_cred cred = { .pass = NULL };
	struct client_plan p;
	int64_t start = clock_mono();

	assert_int_equal(drv_secret_service.plan(&fx->c, &p, &fx->e), ec);
	assert_non_null(strstr(fx->e.fix, remedy));
	assert_int_equal(drv_secret_service.read(&fx->c, &cred, &fx->e), ec);
	assert_int_equal(fixture_write(fx, USER2, PASS2), ec);
	assert_null(strstr(fx->e.what, PASS2));
	assert_true(clock_mono() - start < 3000);
}

/* A locked keyring is told, and nobody is prompted. */
static void
locked(void **state)
{
	static const char *const argv[] = { "dbus-send", "--session",
		"--print-reply", "--dest=org.freedesktop.secrets",
		"/org/freedesktop/secrets",
		"org.freedesktop.Secret.Service.Lock",
		"array:objpath:/org/freedesktop/secrets/collection/login",
		NULL };
	struct fixture fx;

	(void)state;
	open_client(&fx);
	assert_int_equal(fixture_write(&fx, USER1, PASS1), EC_OK);
	assert_int_equal(tool(NULL, "", argv), 0);
	expect_all(&fx, EC_HUMAN, "unlock");
	/* Open, but what it must look at is locked. */
	assert_int_equal(
	    fixture_set(&fx, "collection", "session", NULL), EC_OK);
	expect_all(&fx, EC_HUMAN, "unlock");
	/* Nothing to look at yet, but what it must store into is locked. */
	assert_int_equal(
	    fixture_set(&fx, "collection", "default", NULL), EC_OK);
	assert_int_equal(
	    fixture_set(&fx, "attributes", "host", "new", NULL), EC_OK);
	expect_all(&fx, EC_HUMAN, "unlock");
	fixture_close(&fx);
}

static pid_t
keyring_daemon(void)
{
	static const char *const argv[] = { "dbus-send", "--session",
		"--print-reply", "--dest=org.freedesktop.DBus", "/",
		"org.freedesktop.DBus.GetConnectionUnixProcessID",
		"string:org.freedesktop.secrets", NULL };
	AUTO(buf) struct buf out = BUF(4096);
	const char *p;

	assert_int_equal(tool(&out, "", argv), 0);
	p = strstr(buf_str(&out), "uint32 ");
	assert_non_null(p);
	return (pid_t)strtol(p + 7, NULL, 10);
}

static void
hanging(void **state)
{
	struct fixture fx;
	pid_t daemon = keyring_daemon();

	(void)state;
	assert_true(daemon > 1);
	fixture_open(&fx, &drv_secret_service);
	assert_int_equal(fixture_set(&fx, "timeout", "200ms", NULL), EC_OK);
	assert_int_equal(kill(daemon, SIGSTOP), 0);
	expect_all(&fx, EC_TEMP, "journalctl");
	assert_int_equal(kill(daemon, SIGCONT), 0);
	fixture_close(&fx);
}

static void
no_bus(void **state)
{
	struct fixture fx;

	(void)state;
	fixture_open(&fx, &drv_secret_service);
	expect_all(&fx, EC_CONFIG, "DBUS_SESSION_BUS_ADDRESS");
	fixture_close(&fx);
}

static int
in_session(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rotate_user_is_attribute),
		cmocka_unit_test(rotate_pair_in_value),
		cmocka_unit_test(never_nothing), cmocka_unit_test(two_of_ours),
		cmocka_unit_test(strangers_are_refused),
		cmocka_unit_test(strangers_are_left_alone),
		cmocka_unit_test(strangers_are_taken_over),
		cmocka_unit_test(own_attributes),
		cmocka_unit_test(other_collection),
		cmocka_unit_test(nothing_hostile_is_written),
		cmocka_unit_test(hanging),
		cmocka_unit_test(locked), /* stays so */
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

static int
without_session(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_that_disagree),
		cmocka_unit_test(no_bus),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

static const char session[] =
    "for t in gnome-keyring-daemon secret-tool dbus-send; do\n"
    "	command -v $t >/dev/null || exit 77\n"
    "done\n"
    "printf 'test\\n' | gnome-keyring-daemon --unlock --components=secrets"
    " --daemonize >/dev/null 2>&1 || exit 77\n"
    "exec \"$0\" session\n";

/* A home of its own; no display, so that nothing can prompt. */
static void
become_session(const char *self, const char *home)
{
	(void)setenv("HOME", home, 1);
	(void)setenv("XDG_RUNTIME_DIR", home, 1);
	(void)setenv("XDG_DATA_HOME", home, 1);
	(void)setenv("XDG_CONFIG_HOME", home, 1);
	(void)setenv("XDG_CACHE_HOME", home, 1);
	(void)unsetenv("DISPLAY");
	(void)unsetenv("WAYLAND_DISPLAY");
	(void)execlp("dbus-run-session", "dbus-run-session", "--", "sh", "-c",
	    session, self, (char *)NULL);
	_exit(SKIP);
}

static int
run_session(void)
{
	char home[] = "/tmp/test-keyring-XXXXXX", self[4096] = "";
	int status = 0;
	pid_t pid;

	if (mkdtemp(home) == NULL ||
	    readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return 1;
	pid = fork();
	if (pid == 0)
		become_session(self, home);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return 1;
	(void)nftw(home, fixture_unlink, 8, FTW_DEPTH | FTW_PHYS);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/* Alone: what needs no bus. "outer": everything else, on a private bus with
 * an unlocked keyring (tests/e2e/secret_service.t); "session" is that run
 * inside. */
int
main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "session") == 0)
		return in_session();
	if (argc > 1 && strcmp(argv[1], "outer") == 0)
		return run_session();
	(void)setenv(
	    "DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus", 1);
	return without_session();
}
