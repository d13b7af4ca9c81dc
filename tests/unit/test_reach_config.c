/* What no other test of the configuration comes by: values at their limits. */
#include <stdio.h>

#include "config_world.h"

/* The values of one key, refused ones first. */
static const struct {
	const char *before, *value, *after;
	bool good;
} rows[] = {
	{ BASE "state: ", "\"\"", "\n", false },
	{ BASE "state: ", "a", "\n", false },
	{ BASE "state: ", "/a/..", "\n", false },
	{ BASE "state: ", "/a/../b", "\n", false },
	{ BASE "state: ", "/a/..b", "\n", true },
	{ BASE "state: ", "/..b/..", "\n", false },
	{ BASE "state: ", "\"/a\\x7f\"", "\n", false },
	{ BASE "state: ", "\"/a\\tb\"", "\n", false },
	{ BASE "profile: ", "\"a\\nb\"", "\n", false },
	{ BASE "profile: ", "\"\"", "\n", false },
	{ BASE "profile: ", "[a]", "\n", false },
	{ BASE "alarm: ", "[\"\"]", "\n", false },
	{ BASE "alarm: ", "[a/b]", "\n", false },
	{ BASE "alarm: ", "[/a/b]", "\n", true },
	{ BASE "alarm: ", "[]", "\n", false },
	{ BASE "alarm: ", "{a: b}", "\n", false },
	{ BASE "alarm: ", "a", "\n", false },
	{ ACCOUNT "identities:\n- name: news\n  regions: ", "[]", "\n", false },
	{ ACCOUNT "identities:\n- name: news\n  regions: ", "[\"\"]", "\n",
	    false },
	{ ACCOUNT "identities:\n- name: news\n  regions: ", "[[a]]", "\n",
	    false },
	{ ACCOUNT "identities:\n- name: news\n  regions: ",
	    "[us-east-1, us-east-1]", "\n", false },
	{ ACCOUNT "identities:\n- name: news\n  regions: ",
	    "[us-gov-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-1]", "\n", false },
	{ BASE "  windows: ", "[mon 02:00]", "\n", false },
	{ BASE "  windows: ", "[[mon]]", "\n", false },
	{ BASE "  windows: ", "[mon 02:00-03:00]", "\n", true },
	{ CLIENT "  region: ", "\"\"", "\n", false },
	{ CLIENT "  region: ", "mars", "\n", false },
	{ CLIENT "  region: ", "us-east-1", "\n", true },
	{ BASE "  prove: send\n  prove_from: ", "\"\"", "\n", false },
	{ BASE "  prove: send\n  prove_from: ", "\"@b\"", "\n", false },
	{ BASE "  prove: send\n  prove_from: ", "a@", "\n", false },
	{ BASE "  prove: send\n  prove_from: ", "a", "\n", false },
	{ BASE "  prove: send\n  prove_from: ", "a@b@c", "\n", false },
	{ BASE "  prove: send\n  prove_from: ", "\"a @b\"", "\n", false },
	{ BASE "  prove: send\n  prove_from: ", "a@b", "\n", true },
};

static void
test_values(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char yaml[1024];
		struct config *c = NULL;
		struct err e;
		enum ec ec;

		(void)snprintf(yaml, sizeof(yaml), "%s%s%s", rows[i].before,
		    rows[i].value, rows[i].after);
		ec = load(yaml, &c, &e);
		if (ec != (rows[i].good ? EC_OK : EC_CONFIG))
			die("row %zu: %s: %s\n%s", i, ec_name(ec),
			    ec == EC_OK ? "" : e.what, yaml);
		if (ec == EC_OK)
			config_free(c);
		else
			assert_int_equal(strncmp(e.what, "t.yaml:", 7), 0);
	}
}

/* Each value is fine; there are too many of them, or it is too long. */
static void
test_limits(void **state)
{
	static char yaml[8192];
	struct config *c = NULL;
	struct err e;

	(void)state;
	(void)stpcpy(yaml, ACCOUNT "identities:\n- name: news\n  regions: [");
	for (int i = 1; i <= 33; i++)
		(void)snprintf(yaml + strlen(yaml), 32, "%sus-east-%d",
		    i > 1 ? ", " : "", i);
	(void)stpcpy(yaml + strlen(yaml), "]\n");
	assert_int_equal(load(yaml, &c, &e), EC_CONFIG);
	(void)stpcpy(yaml, BASE "state: /");
	memset(yaml + strlen(yaml), 'a', 5000);
	assert_int_equal(load(yaml, &c, &e), EC_CONFIG);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests_name(
	    "what no other test of the configuration comes by", tests, NULL,
	    NULL);
}
