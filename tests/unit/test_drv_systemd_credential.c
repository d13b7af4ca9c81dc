/* The systemd-credential driver with a systemd-creds of ours, which reverses
 * bytes and remembers the name: settings, failures, and a stop between two
 * files. The real one is met in tests/e2e/systemd_credential.t. */
#include "client_fixture.h"

extern const struct client_driver drv_systemd_credential;

/* "NAME|" and the text reversed. `broken`, `denied`, `lie`, `endless` make
 * trouble; `trap` puts a directory where the user name is to go. */
static const char fake_creds[] =
    "#!/bin/sh\n"
    "d=${0%/*}; echo \"creds $*\" >>$d/log\n"
    "name=${2#--name=}\n"
    "if [ -e $d/denied ]; then echo 'key: Permission denied' >&2; exit 1; fi\n"
    "if [ -e $d/endless ]; then exec cat /dev/zero; fi\n"
    "case $1 in\n"
    "encrypt) if [ -e $d/broken ]; then exit 1; fi\n"
    "    if [ -e $d/trap ]; then rm $d/user; mkdir $d/user; fi\n"
    "    if [ -e $d/lie ]; then echo \"$name|\"; echo x; exit; fi\n"
    "    echo \"$name|\"; rev;;\n"
    "decrypt) read -r n; [ \"$n\" = \"$name|\" ] || exit 1; rev;;\n"
    "esac\n";
static const char fake_systemctl[] =
    "#!/bin/sh\n"
    "d=${0%/*}; echo \"systemctl $*\" >>$d/log; [ ! -e $d/broken ]\n";

#define ONE(user, pass) "# x\nusername=" user "\npassword=" pass "\n"

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
program(const struct fixture *fx, const char *name, const char *text)
{
	fixture_put(fx, name, text);
	assert_int_equal(chmod(path(fx, name), 0755), 0);
}

/* As encrypted by the fake; text is one that ends with a newline. */
static void
put(struct fixture *fx, const char *name, const char *text)
{
	char out[1024];
	size_t n = (size_t)snprintf(out, sizeof(out), "%s|\n", name);

	for (const char *p = text; *p != '\0'; p++) {
		const size_t len = strcspn(p, "\n");

		for (size_t i = len; i > 0; i--)
			out[n++] = p[i - 1];
		p += len;
		if (*p != '\n')
			break;
		out[n++] = '\n';
	}
	out[n] = '\0';
	fixture_put(fx, name, out);
}

static void
begin(struct fixture *fx)
{
	fixture_open(fx, &drv_systemd_credential);
	program(fx, "creds", fake_creds);
	program(fx, "systemctl", fake_systemctl);
	fixture_put(fx, "log", "");
	set(fx, "systemd_creds", path(fx, "creds"));
	set(fx, "systemctl", path(fx, "systemctl"));
	set(fx, "store", fx->dir);
	put(fx, "one", ONE(USER1, PASS1));
	put(fx, "user", USER1 "\n");
	put(fx, "pass", PASS1 "\n");
}

static void
begin_one(struct fixture *fx)
{
	begin(fx);
	set(fx, "credential", "one");
	assert_int_equal(drv_systemd_credential.check(&fx->c, &fx->e), EC_OK);
}

static void
begin_two(struct fixture *fx)
{
	begin(fx);
	set(fx, "username_credential", "user");
	set(fx, "password_credential", "pass");
	assert_int_equal(drv_systemd_credential.check(&fx->c, &fx->e), EC_OK);
}

static unsigned
logged(struct fixture *fx, const char *what)
{
	AUTO(buf) struct buf b = BUF(65536);
	unsigned n = 0;

	assert_int_equal(file_read(path(fx, "log"), &b, &fx->e), EC_OK);
	assert_null(strstr(buf_str(&b), PASS1));
	assert_null(strstr(buf_str(&b), PASS2));
	for (const char *p = buf_str(&b); (p = strstr(p, what)) != NULL; p++)
		n++;
	return n;
}

static enum ec
write_new(struct fixture *fx)
{
	return fixture_write(fx, USER2, PASS2);
}

static void
settings(void **state)
{
	static const char *const bad[][8] = {
		{ NULL },
		{ "username_credential", "u", NULL },
		{ "password_credential", "p", NULL },
		{ "credential", "c", "username_credential", "u", NULL },
		{ "credential", "c", "username_credential", "u",
		    "password_credential", "p", NULL },
		{ "username_credential", "u", "password_credential", "u",
		    NULL },
		{ "credential", "a/b", NULL },
		{ "credential", ".a", NULL },
		{ "credential", "-a", NULL },
		{ "credential", "a b", NULL },
		{ "username_credential", "u", "password_credential", "../p",
		    NULL },
		{ "credential", "c", "format", "nonsense", NULL },
		{ "credential", "c", "username", "a", "password", "a", NULL },
		{ "credential", "c", "format", "exim-passwd", NULL },
		{ "credential", "c", "unit", "-x", NULL },
		{ "credential", "c", "unit", "a b", NULL },
		{ "credential", "c", "unit", "a;b", NULL },
	};
	struct fixture fx;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		begin(&fx);
		for (const char *const *p = bad[i]; *p != NULL; p += 2)
			set(&fx, p[0], p[1]);
		assert_int_equal(
		    drv_systemd_credential.check(&fx.c, &fx.e), EC_CONFIG);
		fixture_close(&fx);
	}
	begin(&fx);
	assert_int_equal(fixture_set(&fx, "key", "null", NULL), EC_CONFIG);
	fixture_close(&fx);
}

static void
one(void **state)
{
	struct fixture fx;

	(void)state;
	begin_one(&fx);
	fixture_reads(&fx, USER1, PASS1);
	assert_int_equal(fixture_write(&fx, USER2, "redacted"), EC_BUG);
	fixture_reads(&fx, USER1, PASS1);
	set(&fx, "key", "host+tpm2");
	assert_int_equal(write_new(&fx), EC_OK);
	assert_int_equal(
	    logged(&fx, "creds encrypt --name=one --with-key=host+tpm2 - -"),
	    1);
	fixture_reads(&fx, USER2, PASS2);
	fixture_expect(&fx, "one",
	    "one|\nx #\nELPMAXEBHD8HQ44IAIKA=emanresu\n"
	    "abcdefghijklmnopqrstuvwxyz+/+/+/9876543210HB=drowssap\n");
	/* The same again encrypts nothing. */
	assert_int_equal(write_new(&fx), EC_OK);
	assert_int_equal(logged(&fx, "creds encrypt"), 1);
	fixture_close(&fx);
}

static void
two(void **state)
{
	struct client_plan p;
	struct fixture fx;

	(void)state;
	begin_two(&fx);
	fixture_reads(&fx, USER1, PASS1);
	assert_int_equal(drv_systemd_credential.plan(&fx.c, &p, &fx.e), EC_OK);
	assert_non_null(strstr(
	    p.change, "the password as pass, then the user name as user"));
	assert_int_equal(logged(&fx, "encrypt"), 0);
	assert_int_equal(write_new(&fx), EC_OK);
	fixture_reads(&fx, USER2, PASS2);
	put(&fx, "user", "");
	put(&fx, "pass", "\n");
	fixture_reads(&fx, "", "");
	fixture_close(&fx);
}

/* The password is new and the user name cannot be: said so, and what comes
 * next completes it. */
static void
stop_between(void **state)
{
	struct fixture fx;

	(void)state;
	begin_two(&fx);
	fixture_put(&fx, "trap", "");
	assert_int_equal(write_new(&fx), EC_UNKNOWN);
	fixture_told(&fx, "pass is changed, user is not");
	assert_int_equal(unlink(path(&fx, "trap")), 0);
	assert_int_equal(rmdir(path(&fx, "user")), 0);
	put(&fx, "user", USER1 "\n");
	fixture_reads(&fx, USER1, PASS2);
	assert_int_equal(write_new(&fx), EC_OK);
	fixture_reads(&fx, USER2, PASS2);
	assert_int_equal(logged(&fx, "encrypt --name=pass"), 1);
	fixture_close(&fx);
}

/* Whatever systemd-creds does, the old pair stays. */
static void
write_fails(struct fixture *fx, const char *how, enum ec ec, const char *told)
{
	fixture_put(fx, how, "");
	assert_int_equal(write_new(fx), ec);
	fixture_told(fx, told);
	assert_int_equal(unlink(path(fx, how)), 0);
	fixture_reads(fx, USER1, PASS1);
}

static void
write_failures(void **state)
{
	struct fixture fx;

	(void)state;
	for (int i = 0; i < 2; i++) {
		if (i == 0)
			begin_one(&fx);
		else
			begin_two(&fx);
		write_fails(&fx, "broken", EC_CLIENT, "creds");
		write_fails(&fx, "denied", EC_DENIED, "key of this host");
		write_fails(&fx, "endless", EC_TEMP, "more than");
		write_fails(&fx, "lie", EC_CLIENT, "does not decrypt to what");
		fixture_close(&fx);
	}
}

static void
plan_fails(struct fixture *fx, enum ec ec, const char *told)
{
	struct client_plan p = { .change = "as before" };

	assert_int_equal(drv_systemd_credential.plan(&fx->c, &p, &fx->e), ec);
	fixture_told(fx, told);
	assert_string_equal(p.change, "as before");
}

static void
plans(void **state)
{
	struct client_plan p;
	struct fixture fx;

	(void)state;
	begin_one(&fx);
	assert_int_equal(drv_systemd_credential.plan(&fx.c, &p, &fx.e), EC_OK);
	assert_non_null(strstr(p.change, "encrypt the pair into /tmp/"));
	assert_non_null(strstr(p.warning, "without the option unit"));
	set(&fx, "unit", "mailer@a.service");
	assert_int_equal(drv_systemd_credential.plan(&fx.c, &p, &fx.e), EC_OK);
	assert_non_null(
	    strstr(p.after, "systemctl try-restart mailer@a.service"));
	assert_string_equal(p.warning, "");
	assert_int_equal(logged(&fx, "encrypt"), 0);
	assert_int_equal(logged(&fx, "systemctl"), 0);

	set(&fx, "systemctl", "/nonexistent/systemctl");
	plan_fails(&fx, EC_CONFIG, "/nonexistent/systemctl");
	set(&fx, "systemctl", path(&fx, "systemctl"));
	put(&fx, "one", "username=a\nusername=b\npassword=c\n");
	plan_fails(&fx, EC_CONFLICT, "one:2:");
	put(&fx, "one", "username=a\n");
	plan_fails(&fx, EC_GONE, "one: ");
	fixture_put(&fx, "one", "nonsense\n");
	plan_fails(&fx, EC_CLIENT, "/one");
	assert_non_null(strstr(fx.e.fix, "systemd-creds decrypt /tmp/"));
	assert_int_equal(unlink(path(&fx, "one")), 0);
	plan_fails(&fx, EC_GONE, "/one");
	set(&fx, "create", "true");
	assert_int_equal(drv_systemd_credential.plan(&fx.c, &p, &fx.e), EC_OK);
	assert_int_equal(logged(&fx, "encrypt"), 0);
	set(&fx, "systemd_creds", "/nonexistent/creds");
	plan_fails(&fx, EC_CONFIG, "/nonexistent/creds");
	fixture_close(&fx);
}

static void
creates(void **state)
{
	struct fixture fx;

	(void)state;
	begin_two(&fx);
	assert_int_equal(unlink(path(&fx, "user")), 0);
	assert_int_equal(write_new(&fx), EC_GONE);
	fixture_expect(&fx, "pass",
	    "pass|\nNMLKJIHGFEDCBAzyxwvutsrqponmlkjihgfedcba+/KB\n");
	set(&fx, "create", "true");
	assert_int_equal(write_new(&fx), EC_OK);
	fixture_reads(&fx, USER2, PASS2);
	fixture_close(&fx);
}

static void
restarts(void **state)
{
	struct fixture fx;

	(void)state;
	begin_one(&fx);
	assert_int_equal(drv_systemd_credential.activate(&fx.c, &fx.e), EC_OK);
	assert_int_equal(logged(&fx, "systemctl"), 0);
	set(&fx, "unit", "m.service");
	assert_int_equal(drv_systemd_credential.activate(&fx.c, &fx.e), EC_OK);
	assert_int_equal(logged(&fx, "systemctl try-restart m.service\n"), 1);
	set(&fx, "restart", "always");
	fixture_put(&fx, "broken", "");
	assert_int_equal(
	    drv_systemd_credential.activate(&fx.c, &fx.e), EC_CLIENT);
	assert_non_null(strstr(fx.e.fix, "systemctl status m.service"));
	assert_int_equal(logged(&fx, "systemctl restart m.service\n"), 1);
	fixture_close(&fx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(settings),
		cmocka_unit_test(one),
		cmocka_unit_test(two),
		cmocka_unit_test(stop_between),
		cmocka_unit_test(write_failures),
		cmocka_unit_test(plans),
		cmocka_unit_test(creates),
		cmocka_unit_test(restarts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
