/* Options of drivers: what each type takes and refuses; the last gate. */
#include "client_fixture.h"

struct conf {
	const char *str, *path;
	long number;
	bool flag;
	int64_t span;
	unsigned mode, choice;
	const char *const *argv, *const *map;
};

static const char *const colours[] = { "red", "green", NULL };

#define ROW(k, t, f, fallback_)                                                \
	{                                                                      \
		.key = (k), .type = (t), .offset = offsetof(struct conf, f),   \
		.fallback = (fallback_), .choices = colours                    \
	}

static const struct client_opt opts[] = {
	ROW("str", OPT_STR, str, "hello"),
	ROW("path", OPT_PATH, path, NULL),
	ROW("number", OPT_INT, number, "7"),
	ROW("flag", OPT_BOOL, flag, "true"),
	ROW("span", OPT_SPAN, span, "5m"),
	ROW("mode", OPT_MODE, mode, "0640"),
	ROW("choice", OPT_CHOICE, choice, "green"),
	ROW("argv", OPT_ARGV, argv, NULL),
	ROW("map", OPT_MAP, map, NULL),
	{ .key = NULL },
};

static const struct client_driver driver = {
	.name = "toy",
	.conf_size = sizeof(struct conf),
	.opts = opts,
};

static void
defaults_fill(void **state)
{
	struct fixture fx;
	const struct conf *conf;

	(void)state;
	fixture_open(&fx, &driver);
	conf = fx.c.conf;
	assert_string_equal(conf->str, "hello");
	assert_null(conf->path);
	assert_int_equal(conf->number, 7);
	assert_true(conf->flag);
	assert_int_equal(conf->span, 300000);
	assert_int_equal(conf->mode, 0640);
	assert_int_equal(conf->choice, 1);
	fixture_close(&fx);
}

/* One value a row: taken or refused. */
static void
scalars(void **state)
{
	static const struct {
		const char *key, *value;
		enum ec want;
	} rows[] = {
		{ "str", "a b", EC_OK },
		{ "str", "", EC_CONFIG },
		{ "str", "a\nb", EC_CONFIG },
		{ "str", "a\x7f", EC_CONFIG },
		{ "path", "/a/b", EC_OK },
		{ "path", "/a..b/..c/d..", EC_OK },
		{ "path", "a/b", EC_CONFIG },
		{ "path", "/a/../b", EC_CONFIG },
		{ "path", "/a/..", EC_CONFIG },
		{ "path", "/a\n", EC_CONFIG },
		{ "number", "-3", EC_OK },
		{ "number", "", EC_CONFIG },
		{ "number", "3x", EC_CONFIG },
		{ "number", "99999999999999999999", EC_CONFIG },
		{ "flag", "no", EC_OK },
		{ "flag", "1", EC_CONFIG },
		{ "span", "7d", EC_OK },
		{ "span", "7", EC_CONFIG },
		{ "mode", "0600", EC_OK },
		{ "mode", "600", EC_CONFIG },
		{ "mode", "0800", EC_CONFIG },
		{ "mode", "04755", EC_CONFIG },
		{ "choice", "red", EC_OK },
		{ "choice", "blue", EC_CONFIG },
	};
	struct fixture fx;

	(void)state;
	fixture_open(&fx, &driver);
	for (size_t i = 0; i < COUNT(rows); i++) {
		if (fixture_set(&fx, rows[i].key, rows[i].value, NULL) !=
		    rows[i].want)
			fail_msg("%s: \"%s\"", rows[i].key, rows[i].value);
		if (rows[i].want != EC_OK)
			fixture_told(&fx, rows[i].key);
	}
	assert_int_equal(fixture_set(&fx, "str", "a", "b", NULL), EC_CONFIG);
	assert_string_equal(((struct conf *)fx.c.conf)->str, "a b");
	fixture_close(&fx);
}

static void
lists(void **state)
{
	struct fixture fx;
	const struct conf *conf;

	(void)state;
	fixture_open(&fx, &driver);
	conf = fx.c.conf;
	assert_int_equal(fixture_set(&fx, "argv", "a", "b", NULL), EC_OK);
	assert_int_equal(fixture_set(&fx, "argv", "c", "", NULL), EC_OK);
	assert_string_equal(conf->argv[0], "c");
	assert_string_equal(conf->argv[1], "");
	assert_null(conf->argv[2]);
	assert_int_equal(fixture_set(&fx, "argv", NULL), EC_CONFIG);
	assert_int_equal(fixture_set(&fx, "argv", "a\rb", NULL), EC_CONFIG);
	assert_int_equal(fixture_set(&fx, "map", "k", "v", NULL), EC_OK);
	assert_int_equal(fixture_set(&fx, "map", "k", NULL), EC_CONFIG);
	assert_int_equal(
	    fixture_set(&fx, "map", "k", "v", "k", "w", NULL), EC_CONFIG);
	assert_string_equal(conf->map[1], "v");
	assert_null(conf->map[2]);
	fixture_close(&fx);
}

static void
gate(void **state)
{
	static const struct {
		const char *user, *pass;
		enum ec want;
	} rows[] = {
		{ USER1, PASS1, EC_OK },
		{ USER1, "", EC_BUG },
		{ USER1, "****", EC_BUG },
		{ USER1, "********************************************",
		    EC_BUG },
		{ USER1, PASS1 "\n", EC_BUG },
		{ USER1, "CK/+abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN",
		    EC_BUG },
		{ "", PASS1, EC_BUG },
		{ "akia", PASS1, EC_BUG },
		{ USER1 "\nX=1", PASS1, EC_BUG },
	};
	struct fixture fx;

	(void)state;
	fixture_open(&fx, &driver);
	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(smtp_cred)
		struct smtp_cred cred =
		    fixture_cred(rows[i].user, rows[i].pass);

		assert_int_equal(
		    client_cred_check(&fx.c, &cred, &fx.e), rows[i].want);
		fixture_told(&fx, rows[i].want != EC_OK ? "web" : "");
	}
	fixture_close(&fx);
}

/* Whoever has a command of the operator's has the same two options. */
static void
activate_options(void **state)
{
	size_t n = 0;

	(void)state;
	for (size_t i = 0; client_drivers[i] != NULL; i++) {
		const struct client_opt *o = client_drivers[i]->opts;

		for (; o->key != NULL; o++) {
			if (strcmp(o->key, "activate_timeout") != 0)
				continue;
			assert_int_equal(o->type, OPT_SPAN);
			assert_string_equal(o->fallback, "60s");
			assert_false(o->required);
			assert_string_equal(o[-1].key, "activate");
			assert_int_equal(o[-1].type, OPT_ARGV);
			assert_false(o[-1].required);
			assert_null(o[-1].fallback);
			n++;
		}
	}
	assert_true(n >= 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_fill),
		cmocka_unit_test(scalars),
		cmocka_unit_test(lists),
		cmocka_unit_test(gate),
		cmocka_unit_test(activate_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
