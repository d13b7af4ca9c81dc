/* test_config_warnings: what is valid and unwise is said once, with its place.
 */
#include "tests/unit/config_world.h"

static const struct warned {
	const char *yaml, *text; /* NULL: no warning at all */
} warned[] = {
	{ CLIENT, NULL },
	{ BASE "  grace: 4h\n  quiet: 1d\n  late_window: 15m\n"
	       "  max_age: 28h\n"
	       "clients: [ { name: a, type: manual, what: x, pickup: 4h } ]\n",
	    NULL },
	{ BASE,
	    "t.yaml:3:3: identity 'news' has no clients: nobody would "
	    "learn of its new key" },
	{ BASE "  grace: 10s\n",
	    "t.yaml:5:10: grace 10s is shorter than slack (4h): " },
	{ BASE "  quiet: 1h\n",
	    "t.yaml:5:10: quiet 1h is shorter than a day (1d): " },
	{ BASE "  late_window: 14m\n",
	    "t.yaml:5:16: late_window 14m is shorter than 15m (15m): " },
	{ BASE "  slack: 0\n",
	    "t.yaml:5:10: slack 0s is shorter than 15m (15m): " },
	{ BASE "  max_age: 10d\n",
	    "t.yaml:5:12: max_age 10d is shorter than grace plus quiet "
	    "(14d): " },
	{ BASE "  smtp: { port: 25 }\n",
	    "t.yaml:5:17: port 25 is throttled on EC2" },
	{ ACCOUNT "identities: [ { name: a, regions: [xx-moon-1] } ]\n",
	    "t.yaml:2:35: xx-moon-1 is not known to have" },
	{ BASE "clients:\n- { name: a, type: file, path: /x, format: dotenv,\n"
	       "    username: U, password: P }\n"
	       "- { name: b, type: file, path: /x, format: dotenv,\n"
	       "    username: U, password: P, activate: [x] }\n",
	    "t.yaml:8:3: clients 'a' and 'b' write the same place" },
	{ BASE "clients:\n- { name: a, type: file, path: /x, format: dotenv,\n"
	       "    username: U, password: P }\n"
	       "- { name: b, type: file, path: /x, format: dotenv,\n"
	       "    username: V, password: W }\n",
	    NULL },
	{ CLIENT "  pickup: 8d\n",
	    "t.yaml:9:11: pickup 8d is longer than the grace of 7d in "
	    "identity 'news'" },
	{ BASE "clients:\n- { name: a, type: exec, command: [x], deadline: 1d "
	       "}\n",
	    "t.yaml:6:50: deadline has no effect: a exec client" },
};

static void
warnings(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(warned); i++) {
		AUTO(config) struct config *c = good(warned[i].yaml);
		const char *w = config_warning(c, 0);

		if (warned[i].text == NULL && w != NULL)
			die("unwanted: %s", w);
		if (warned[i].text == NULL)
			continue;
		if (w == NULL ||
		    strncmp(w, warned[i].text, strlen(warned[i].text)) != 0)
			die("wanted: %s\n   got: %s", warned[i].text,
			    w != NULL ? w : "none");
	}
}

/* One line in defaults is one warning however many identities inherit it, and
 * warnings are not without bound. */
static void
warnings_are_few(void **state)
{
	AUTO(buf) struct buf b = BUF(1 << 20);
	struct err e;
	size_t n = 0;

	(void)state;
	assert_int_equal(buf_adds(&b,
			     ACCOUNT "defaults: { quiet: 1h }\n"
				     "identities:\n",
			     &e),
	    EC_OK);
	for (int i = 0; i < 300; i++)
		assert_int_equal(
		    buf_addf(
			&b, &e, "- { name: n%d, regions: [us-east-1] }\n", i),
		    EC_OK);
	AUTO(config) struct config *c = good(buf_str(&b));
	for (size_t same = 0; config_warning(c, n) != NULL; n++) {
		same += strstr(config_warning(c, n), "quiet 1h") != NULL;
		assert_in_range(same, 0, 1);
	}
	assert_int_equal(n, CONFIG_MAX_WARNINGS);
	assert_string_equal(
	    config_warning(c, n - 1), "more warnings are not shown");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(warnings),
		cmocka_unit_test(warnings_are_few),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
