/* path: keys that lead through tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#undef fail

#include "base/auto.h"
#include "clients/edit/path.h"

static void
is(const char *key, const char *joined)
{
	struct edit_path p;
	struct err e;
	char got[PATH_BYTES] = "";

	assert_int_equal(edit_path_parse(key, &p, &e), EC_OK);
	for (size_t i = 0; i < p.n; i++) {
		(void)strcat(got, i > 0 ? "|" : "");
		(void)strcat(got, p.step[i]);
		assert_true(edit_path_is(&p, i, p.step[i], strlen(p.step[i])));
		assert_false(
		    edit_path_is(&p, i, p.step[i], strlen(p.step[i]) - 1));
	}
	assert_string_equal(got, joined);
	assert_false(edit_path_is(&p, p.n, "", 0));
}

static void
good(void **state)
{
	(void)state;
	is("user", "user");
	is("smtp.user", "smtp|user");
	is("a\\.b.c\\\\d", "a.b|c\\d");
	is("/services/web/SMTP_USER", "services|web|SMTP_USER");
	is("/a~1b/c~0d/e.f", "a/b|c~d|e.f");
	is("0.1", "0|1");
}

static void
refused(void **state)
{
	static const char *const bad[] = { "", ".", "a.", ".a", "a..b", "/",
		"/a//b", "a\\", "a\\n", "/a~", "/a~2" };
	char deep[2 * PATH_STEPS + 2] = "a", wide[PATH_BYTES + 8];
	struct edit_path p;
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(edit_path_parse(bad[i], &p, &e), EC_CONFIG);
	for (size_t i = 0; i < PATH_STEPS; i++)
		(void)strcat(deep, ".a");
	assert_int_equal(edit_path_parse(deep, &p, &e), EC_CONFIG);
	deep[2 * PATH_STEPS - 1] = '\0';
	assert_int_equal(edit_path_parse(deep, &p, &e), EC_OK);
	memset(wide, 'a', sizeof(wide));
	wide[sizeof(wide) - 1] = '\0';
	assert_int_equal(edit_path_parse(wide, &p, &e), EC_CONFIG);
	wide[PATH_BYTES - 1] = '\0';
	assert_int_equal(edit_path_parse(wide, &p, &e), EC_OK);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(good),
		cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
