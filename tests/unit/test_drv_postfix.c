/* The postfix driver with programs of ours in place of Postfix's: what it
 * asks of them, and what it does when they fail. The real ones are met in
 * tests/e2e/postfix.t. */
#include "client_fixture.h"

extern const struct client_driver drv_postfix;

#define RELAY "[email-smtp.eu-west-1.amazonaws.com]:587"
#define HOST  "email-smtp.eu-west-1.amazonaws.com"
#define OTHER "# keep\n[mx.other.org]:587  other:pass word\n"
#define OLD   OTHER RELAY "\t" USER1 ":" PASS1 "\n\n# end\n"
#define NEW   OTHER RELAY "\t" USER2 ":" PASS2 "\n\n# end\n"

/* A table is a copy of its text. `fail`, `lie` and `trap` beside them make
 * trouble: see the tests. */
static const char fake_postmap[] =
    "#!/bin/sh\n"
    "d=${0%/*}; echo \"postmap $*\" >>$d/log\n"
    "[ $1 = -c ] && shift 2\n"
    "if [ -e $d/fail ]; then echo 'postmap: fatal: no' >&2; exit 1; fi\n"
    "case $1 in\n"
    "-i) cat >${2#*:}.db; if [ -e $d/lie ]; then : >${2#*:}.db; fi;;\n"
    "-q) f=${3#*:}; [ ${3%%:*} = texthash ] || f=$f.db\n"
    "    case $f in *.rotate/*) if [ -e $d/trap ]; then\n"
    "        rm ${f%.rotate/*}; mkdir ${f%.rotate/*}; fi;; esac\n"
    "    while read -r k v; do\n"
    "        if [ \"$k\" = \"$2\" ]; then echo \"$v\"; exit 0; fi\n"
    "    done <$f; exit 1;;\n"
    "esac\n";
static const char fake_postconf[] =
    "#!/bin/sh\n"
    "d=${0%/*}; [ $1 = -c ] && shift 2\n"
    "if [ $1 = -m ]; then echo hash; echo texthash; exit; fi\n"
    "cat $d/$3\n";
static const char fake_postfix[] =
    "#!/bin/sh\n"
    "d=${0%/*}; echo \"postfix $*\" >>$d/log; [ ! -e $d/fail ]\n";

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
open_map(struct fixture *fx, const char *type, const char *text)
{
	char table[300];

	fixture_open(fx, &drv_postfix);
	program(fx, "postmap", fake_postmap);
	program(fx, "postconf", fake_postconf);
	program(fx, "postfix", fake_postfix);
	set(fx, "postmap", path(fx, "postmap"));
	set(fx, "map", path(fx, "m"));
	set(fx, "relay", RELAY);
	set(fx, "map_type", type);
	set(fx, "flush", "false"); /* see test_postfix_queue.c */
	assert_int_equal(drv_postfix.check(&fx->c, &fx->e), EC_OK);
	(void)snprintf(table, sizeof(table), "%s:%s", type, path(fx, "m"));
	fixture_put(fx, "smtp_sasl_password_maps", table);
	fixture_put(fx, "relayhost", RELAY "\n");
	fixture_put(fx, "log", "");
	fixture_put(fx, "m", text);
	if (strcmp(type, "texthash") != 0)
		fixture_put(fx, "m.db", text);
}

static void
open_hash(struct fixture *fx)
{
	open_map(fx, "hash", OLD);
}

static enum ec
write_new(struct fixture *fx)
{
	return fixture_write(fx, USER2, PASS2);
}

/* What the programs were called with so far. */
static void
expect_log(struct fixture *fx, const char *part, bool there)
{
	AUTO(buf) struct buf b = BUF(65536);

	assert_int_equal(file_read(path(fx, "log"), &b, &fx->e), EC_OK);
	assert_int_equal(strstr(buf_str(&b), part) != NULL, there);
	assert_null(strstr(buf_str(&b), PASS1));
	assert_null(strstr(buf_str(&b), PASS2));
}

static void
expect_both(struct fixture *fx, const char *text)
{
	fixture_expect(fx, "m", text);
	fixture_expect(fx, "m.db", text);
	assert_int_not_equal(access(path(fx, "m.db.rotate"), F_OK), 0);
}

static unsigned
mode(const struct fixture *fx, const char *name)
{
	struct stat st;

	assert_int_equal(stat(path(fx, name), &st), 0);
	return st.st_mode & 07777;
}

static void
relays(void **state)
{
	static const char *const bad[] = { "a b", "a\"b", "a\\b", "#a", "-",
		"-x", "\xc3\xa4" };
	struct fixture fx;

	(void)state;
	open_hash(&fx);
	for (size_t i = 0; i < COUNT(bad); i++) {
		set(&fx, "relay", bad[i]);
		assert_int_equal(drv_postfix.check(&fx.c, &fx.e), EC_CONFIG);
		fixture_told(&fx, "relay: ");
	}
	assert_int_equal(fixture_set(&fx, "map_type", "cdb", NULL), EC_CONFIG);
	fixture_close(&fx);
}

static void
reads(void **state)
{
	struct fixture fx;

	(void)state;
	open_hash(&fx);
	fixture_reads(&fx, USER1, PASS1);
	expect_log(&fx, "postmap -q " RELAY " hash:", true);
	fixture_put(&fx, "m.db", RELAY " u:p:q w\n");
	fixture_reads(&fx, "u", "p:q w");
	fixture_put(&fx, "m.db", RELAY " alone\n");
	fixture_reads(&fx, "alone", "");
	fixture_put(&fx, "m.db", RELAY " u:\n");
	fixture_reads(&fx, "u", "");
	fixture_put(&fx, "m.db", OTHER);
	fixture_reads(&fx, "", "");
	set(&fx, "config_dir", "/etc/other");
	fixture_reads(&fx, "", "");
	expect_log(&fx, "postmap -c /etc/other -q " RELAY " hash:", true);
	fixture_close(&fx);
}

static enum ec
read_fails(struct fixture *fx, const char *told)
{
	struct smtp_cred cred = { .pass = NULL };
	enum ec ec = drv_postfix.read(&fx->c, &cred, &fx->e);

	fixture_told(fx, told);
	assert_null(cred.pass);
	return ec;
}

static void
read_failures(void **state)
{
	struct fixture fx;
	char longer[KEY_ID_MAX + 64] = RELAY " ";

	(void)state;
	open_hash(&fx);
	memset(longer + strlen(longer), 'u', KEY_ID_MAX);
	longer[strlen(longer)] = '\n';
	fixture_put(&fx, "m.db", longer);
	assert_int_equal(read_fails(&fx, "no SMTP credential"), EC_CONFLICT);
	fixture_put(&fx, "fail", "");
	assert_int_equal(read_fails(&fx, "postmap"), EC_CLIENT);
	assert_non_null(strstr(fx.e.fix, "postmap -q '" RELAY "' hash:/"));
	assert_int_equal(unlink(path(&fx, "m.db")), 0);
	assert_int_equal(read_fails(&fx, "m.db"), EC_GONE);
	assert_non_null(strstr(fx.e.fix, "postmap hash:/"));
	fixture_put(&fx, "m.db", OLD);
	set(&fx, "postmap", "/nonexistent/postmap");
	assert_int_equal(read_fails(&fx, "/nonexistent/postmap"), EC_CONFIG);
	fixture_close(&fx);
}

static void
writes_both(void **state)
{
	struct fixture fx;

	(void)state;
	open_hash(&fx);
	assert_int_equal(chmod(path(&fx, "m.db"), 0640), 0);
	assert_int_equal(write_new(&fx), EC_OK);
	expect_both(&fx, NEW);
	assert_int_equal(mode(&fx, "m"), 0600);
	assert_int_equal(mode(&fx, "m.db"), 0640);
	fixture_reads(&fx, USER2, PASS2);
	assert_int_equal(write_new(&fx), EC_OK);
	expect_both(&fx, NEW);
	expect_log(&fx, "postmap -i hash:/", true);
	fixture_close(&fx);
}

static void
writes_texthash(void **state)
{
	struct fixture fx;

	(void)state;
	open_map(&fx, "texthash", OLD);
	assert_int_equal(write_new(&fx), EC_OK);
	fixture_expect(&fx, "m", NEW);
	expect_log(&fx, "postmap", false);
	fixture_reads(&fx, USER2, PASS2);
	fixture_close(&fx);
}

/* The table that is missing is made, as open to others as its text. */
static void
writes_first_table(void **state)
{
	struct fixture fx;

	(void)state;
	open_hash(&fx);
	assert_int_equal(unlink(path(&fx, "m.db")), 0);
	assert_int_equal(chmod(path(&fx, "m"), 0640), 0);
	assert_int_equal(write_new(&fx), EC_OK);
	expect_both(&fx, NEW);
	assert_int_equal(mode(&fx, "m.db"), 0640);
	fixture_close(&fx);
}

static void
creates(void **state)
{
	struct fixture fx;

	(void)state;
	open_map(&fx, "hash", OTHER);
	assert_int_equal(write_new(&fx), EC_GONE);
	expect_both(&fx, OTHER);
	set(&fx, "create", "true");
	assert_int_equal(write_new(&fx), EC_OK);
	expect_both(&fx, OTHER RELAY " " USER2 ":" PASS2 "\n");
	fixture_close(&fx);
}

static void
gate(void **state)
{
	struct fixture fx;

	(void)state;
	open_hash(&fx);
	assert_int_equal(fixture_write(&fx, USER2, "redacted"), EC_BUG);
	assert_int_equal(fixture_write(&fx, "", PASS2), EC_BUG);
	expect_both(&fx, OLD);
	fixture_close(&fx);
}

/* postmap missing, failing, making nonsense: the old pair stays in both. */
static void
postmap_fails(void **state)
{
	struct fixture fx;

	(void)state;
	open_hash(&fx);
	fixture_put(&fx, "fail", "");
	assert_int_equal(write_new(&fx), EC_CLIENT);
	fixture_told(&fx, "postmap");
	assert_non_null(strstr(fx.e.fix, "nothing was changed"));
	expect_both(&fx, OLD);
	assert_int_equal(unlink(path(&fx, "fail")), 0);

	fixture_put(&fx, "lie", "");
	assert_int_equal(write_new(&fx), EC_CONFLICT);
	fixture_told(&fx, "another value for " RELAY);
	expect_both(&fx, OLD);

	set(&fx, "postmap", path(&fx, "none"));
	assert_int_equal(write_new(&fx), EC_CONFIG);
	expect_both(&fx, OLD);
	fixture_close(&fx);
}

/* The text is new and the table cannot be replaced: said, and mended by what
 * comes next. */
static void
stop_between(void **state)
{
	struct fixture fx;

	(void)state;
	for (int again = 0; again < 2; again++) {
		open_hash(&fx);
		fixture_put(&fx, "trap", "");
		assert_int_equal(write_new(&fx), EC_UNKNOWN);
		fixture_told(&fx, "its table may still hold the old pair");
		fixture_expect(&fx, "m", NEW);
		assert_int_equal(unlink(path(&fx, "trap")), 0);
		assert_int_equal(rmdir(path(&fx, "m.db")), 0);
		fixture_put(&fx, "m.db", OLD);
		fixture_reads(&fx, USER1, PASS1);
		if (again == 0)
			assert_int_equal(write_new(&fx), EC_OK);
		else
			assert_int_equal(
			    drv_postfix.activate(&fx.c, &fx.e), EC_OK);
		expect_both(&fx, NEW);
		fixture_close(&fx);
	}
}

/* A crash leaves half a table in our directory, and files of Berkeley DB; what
 * can be neither is left alone. */
static void
left_by_a_crash(void **state)
{
	struct fixture fx;

	(void)state;
	open_hash(&fx);
	assert_int_equal(mkdir(path(&fx, "m.db.rotate"), 0700), 0);
	fixture_put(&fx, "m.db.rotate/map.db", "half");
	fixture_put(&fx, "m.db.rotate/__db.map.db", "half");
	assert_int_equal(write_new(&fx), EC_OK);
	expect_both(&fx, NEW);
	assert_int_equal(mkdir(path(&fx, "m.db.rotate"), 0700), 0);
	assert_int_equal(mkdir(path(&fx, "m.db.rotate/d"), 0700), 0);
	fixture_put(&fx, "m.db.rotate/d/foreign", "x");
	assert_int_equal(fixture_write(&fx, USER1, PASS1), EC_IO);
	fixture_told(&fx, "m.db.rotate");
	fixture_expect(&fx, "m.db.rotate/d/foreign", "x");
	fixture_expect(&fx, "m", NEW);
	fixture_expect(&fx, "m.db", NEW);
	fixture_close(&fx);
}

static void
planned(struct fixture *fx, const char *warning)
{
	struct client_plan p;

	if (drv_postfix.plan(&fx->c, &p, &fx->e) != EC_OK)
		print_error("%s\n", fx->e.what);
	assert_non_null(strstr(p.change, "set " RELAY " in /"));
	if (strstr(p.warning, warning) == NULL)
		print_error("%s\n", p.warning);
	assert_non_null(strstr(p.warning, warning));
	assert_int_equal(*p.warning != '\0', *warning != '\0');
	assert_null(strstr(p.warning, PASS1));
}

static void
plans(void **state)
{
	struct fixture fx;

	(void)state;
	open_hash(&fx);
	planned(&fx, "");
	expect_both(&fx, OLD);
	expect_log(&fx, "postmap -i", false);
	fixture_put(&fx, "relayhost", "[elsewhere]:587\n");
	planned(&fx, "main.cf: relayhost does not name " RELAY);
	fixture_put(&fx, "smtp_sasl_password_maps", "hash:/m, lmdb:/x\n");
	planned(&fx, "main.cf: smtp_sasl_password_maps does not name hash:/");
	fixture_put(&fx, "m", OLD HOST " u:p\n");
	fixture_put(&fx, "m.db", OLD HOST " u:p\n");
	planned(&fx, "an entry " HOST " too, and Postfix uses that one first");
	fixture_put(&fx, "m", OLD);
	planned(&fx, "is newer than its table");
	fixture_put(&fx, "m", NEW);
	planned(&fx, "different values");
	assert_int_equal(unlink(path(&fx, "m.db")), 0);
	set(&fx, "create", "true");
	planned(&fx, "different values");
	assert_int_equal(unlink(path(&fx, "postconf")), 0);
	fixture_put(&fx, "m.db", NEW);
	planned(&fx, "");
	fixture_close(&fx);
}

static void
proxied(void **state)
{
	struct fixture fx;
	char table[300];

	(void)state;
	open_hash(&fx);
	(void)snprintf(
	    table, sizeof(table), "lmdb:/x,\n proxy:hash:%s\n", path(&fx, "m"));
	fixture_put(&fx, "smtp_sasl_password_maps", table);
	planned(&fx, "");
	fixture_close(&fx);
}

static enum ec
plan_fails(struct fixture *fx, const char *told)
{
	struct client_plan p = { .change = "as before" };
	enum ec ec = drv_postfix.plan(&fx->c, &p, &fx->e);

	fixture_told(fx, told);
	assert_string_equal(p.change, "as before");
	return ec;
}

static void
plan_failures(void **state)
{
	struct fixture fx;

	(void)state;
	open_hash(&fx);
	set(&fx, "map_type", "btree");
	assert_int_equal(plan_fails(&fx, "type btree"), EC_CONFIG);
	set(&fx, "map_type", "hash");
	fixture_put(&fx, "m", OTHER "[" HOST "]:465 u:p\n");
	assert_int_equal(plan_fails(&fx, "no entry for " RELAY), EC_GONE);
	assert_non_null(strstr(fx.e.fix, "[" HOST "]:465"));
	fixture_put(&fx, "m", OLD RELAY " u:p\n");
	assert_int_equal(plan_fails(&fx, "/m:6:1: a second"), EC_CONFLICT);
	fixture_put(&fx, "m", OLD);
	assert_int_equal(unlink(path(&fx, "m.db")), 0);
	assert_int_equal(plan_fails(&fx, "m.db"), EC_GONE);
	assert_int_equal(mkdir(path(&fx, "m.db"), 0700), 0);
	assert_int_equal(plan_fails(&fx, "m.db"), EC_CONFIG);
	assert_int_equal(unlink(path(&fx, "m")), 0);
	assert_int_equal(plan_fails(&fx, "/m"), EC_GONE);
	fixture_close(&fx);
}

static void
reloads(void **state)
{
	struct client_plan p;
	struct fixture fx;

	(void)state;
	open_map(&fx, "texthash", OLD);
	set(&fx, "config_dir", "/etc/other");
	assert_int_equal(drv_postfix.plan(&fx.c, &p, &fx.e), EC_OK);
	assert_string_equal(p.after, "postfix reload");
	expect_log(&fx, "postfix", false);
	assert_int_equal(drv_postfix.activate(&fx.c, &fx.e), EC_OK);
	expect_log(&fx, "postfix -c /etc/other reload\n", true);
	fixture_put(&fx, "fail", "");
	assert_int_equal(drv_postfix.activate(&fx.c, &fx.e), EC_CLIENT);
	set(&fx, "reload", "never");
	assert_int_equal(drv_postfix.activate(&fx.c, &fx.e), EC_OK);
	fixture_close(&fx);
}

/* smtp(8) sees a new table by itself, and an entry that somebody removed from
 * the text stays in the table that serves. */
static void
needs_no_reload(void **state)
{
	struct client_plan p;
	struct fixture fx;

	(void)state;
	open_hash(&fx);
	assert_int_equal(drv_postfix.plan(&fx.c, &p, &fx.e), EC_OK);
	assert_string_equal(p.after, "");
	assert_int_equal(drv_postfix.activate(&fx.c, &fx.e), EC_OK);
	fixture_put(&fx, "m", OTHER);
	set(&fx, "create", "true");
	assert_int_equal(drv_postfix.activate(&fx.c, &fx.e), EC_OK);
	fixture_expect(&fx, "m.db", OLD);
	expect_log(&fx, "postfix", false);
	expect_log(&fx, "postmap -i", false);
	fixture_close(&fx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(relays),
		cmocka_unit_test(reads),
		cmocka_unit_test(read_failures),
		cmocka_unit_test(writes_both),
		cmocka_unit_test(writes_texthash),
		cmocka_unit_test(writes_first_table),
		cmocka_unit_test(creates),
		cmocka_unit_test(gate),
		cmocka_unit_test(postmap_fails),
		cmocka_unit_test(stop_between),
		cmocka_unit_test(left_by_a_crash),
		cmocka_unit_test(plans),
		cmocka_unit_test(proxied),
		cmocka_unit_test(plan_failures),
		cmocka_unit_test(reloads),
		cmocka_unit_test(needs_no_reload),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
