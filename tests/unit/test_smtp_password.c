/* smtp_password: known answers, the gate before a write, and the names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#undef fail /* ours is in base/err.h */
#define die(...)                                                               \
	do {                                                                   \
		print_error(__VA_ARGS__);                                      \
		_fail(__FILE__, __LINE__);                                     \
	} while (0)

#include "base/auto.h"
#include "sigv4/smtp_password.h"

#define ANSWERS     "tests/vectors/smtp_password.txt"
#define ANSWERS_MIN 16

static struct secret *
secret_of(const char *s)
{
	struct secret *ret = NULL;
	struct err e;

	assert_int_equal(secret_new(s, strlen(s), &ret, &e), EC_OK);
	return ret;
}

static void
expect_v4(const char *key, const char *region, const char *want)
{
	AUTO(secret) struct secret *k = secret_of(key);
	AUTO(secret) struct secret *got = NULL;
	struct err e;

	if (smtp_password_derive(k, region, &got, &e) != EC_OK)
		die("%s: %s", region, e.what);
	assert_string_equal(secret_reveal(got), want);
	assert_int_equal(secret_len(got), SMTP_PASSWORD_LEN);
	assert_int_equal(
	    smtp_password_form(want, strlen(want)), SMTP_PASSWORD_V4);
}

static void
test_answers(void **state)
{
	FILE *f = fopen(ANSWERS, "r");
	char line[256], form[8], key[80], region[32], want[64];
	size_t n = 0;

	(void)state;
	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		if (line[0] == '#')
			continue;
		assert_int_equal(
		    sscanf(line, "%7s %79s %31s %63s", form, key, region, want),
		    4);
		if (strcmp(form, "v4") == 0)
			expect_v4(key, region, want);
		else
			assert_int_equal(smtp_password_form(want, strlen(want)),
			    SMTP_PASSWORD_V2);
		n++;
	}
	(void)fclose(f);
	assert_true(n >= ANSWERS_MIN);
}

static void
test_form(void **state)
{
	static const char good[] =
	    "BMXhUYlu5Z3gSXVQORxlVa7XPaz91aGWdfHxvkOZdWZ2";
	static const char *const bad[] = {
		"",
		"B",
		"BMXhUYlu5Z3gSXVQORxlVa7XPaz91aGWdfHxvkOZdWZ",
		"BMXhUYlu5Z3gSXVQORxlVa7XPaz91aGWdfHxvkOZdWZ22",
		"BMXhUYlu5Z3gSXVQORxlVa7XPaz91aGWdfHxvkOZdWZ=",
		" BMXhUYlu5Z3gSXVQORxlVa7XPaz91aGWdfHxvkOZdWZ",
		"BMXhUYlu5Z3gSXVQORxlVa7XPaz91aGWdfHxvkOZdWZ\n",
		"BMXhUYlu5Z3gSXVQORxlVa7XPaz91aGW dfHxvkOZdW2",
		"CMXhUYlu5Z3gSXVQORxlVa7XPaz91aGWdfHxvkOZdWZ2",
		"BQXhUYlu5Z3gSXVQORxlVa7XPaz91aGWdfHxvkOZdWZ2",
		"********************************************",
		"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEYabcd",
	};

	(void)state;
	assert_int_equal(
	    smtp_password_form(good, sizeof(good) - 1), SMTP_PASSWORD_V4);
	for (size_t i = 0; i < COUNT(bad); i++)
		if (smtp_password_form(bad[i], strlen(bad[i])) !=
		    SMTP_PASSWORD_NONE)
			die("taken: \"%s\"", bad[i]);
	/* A NUL inside: the length counts, not the C string. */
	assert_int_equal(
	    smtp_password_form("BMXhUYlu5Z3gSXVQORxlVa7XPaz91aGWdfHxvk\0OZdWZ",
		SMTP_PASSWORD_LEN),
	    SMTP_PASSWORD_NONE);
}

static void
test_names(void **state)
{
	static const char *const regions[] = { "eu-west-1", "us-gov-west-1",
		"ap-northeast-12", "eusc-de-east-1", "us-isob-east-1" };
	static const char *const no_regions[] = { "", "eu", "eu-west",
		"eu-west-", "eu-west-123", "EU-WEST-1", "eu-west-1 ",
		"e-west-1", "europ-west-1", "eu--west-1", "eu-west-1-", "eu-1",
		"eu-west-1.evil.example",
		"us-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-1" };
	static const char *const no_keys[] = { "", "AKIAIOSFODNN7EX",
		"BKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLe",
		"AKIAIOSFODNN7EXAMPL-", "AKIAIOSFODNN7 EXAMPLE" };

	(void)state;
	for (size_t i = 0; i < COUNT(regions); i++)
		if (!region_valid(regions[i]))
			die("refused: %s", regions[i]);
	for (size_t i = 0; i < COUNT(no_regions); i++)
		if (region_valid(no_regions[i]))
			die("taken: %s", no_regions[i]);
	assert_true(key_id_valid("AKIAIOSFODNN7EXAMPLE"));
	assert_true(key_id_valid("ASIAIOSFODNN7EXA"));
	for (size_t i = 0; i < COUNT(no_keys); i++)
		if (key_id_valid(no_keys[i]))
			die("taken: %s", no_keys[i]);
}

static void
test_bad_region(void **state)
{
	AUTO(secret) struct secret *k = secret_of("some+secret+key");
	struct secret *got = NULL;
	struct err e;

	(void)state;
	assert_int_equal(
	    smtp_password_derive(k, "mars-1", &got, &e), EC_CONFIG);
	assert_null(got);
	assert_null(strstr(e.what, "some+secret"));
}

static void
test_cred(void **state)
{
	AUTO(smtp_cred) struct smtp_cred a = { "AKIA1", secret_of("x") };
	AUTO(smtp_cred) struct smtp_cred b = { "AKIA1", secret_of("x") };
	struct smtp_cred none = { "AKIA1", NULL };

	(void)state;
	assert_true(smtp_cred_eq(&a, &b));
	assert_false(smtp_cred_eq(&a, &none));
	assert_false(smtp_cred_eq(&none, &a));
	assert_true(smtp_cred_eq(&none, &none));
	b.user[4] = '2';
	assert_false(smtp_cred_eq(&a, &b));
	smtp_cred_free(&b);
	assert_null(b.pass);
	assert_string_equal(b.user, "");
}

/* Lengths up to the edge, and what is over it. */
static void
test_cred_from(void **state)
{
	static const struct {
		size_t user, pass;
		enum ec ec;
	} rows[] = {
		{ 0, 0, EC_OK },
		{ 20, 0, EC_OK },
		{ 0, 44, EC_OK },
		{ KEY_ID_MAX - 1, SECRET_MAX, EC_OK },
		{ KEY_ID_MAX, 44, EC_CONFLICT },
		{ 20, SECRET_MAX + 1, EC_CONFLICT },
	};
	static char text[SECRET_MAX + 2];
	struct err e;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(smtp_cred) struct smtp_cred c = { .user = "before" };

		assert_int_equal(smtp_cred_from(text, rows[i].user, text,
				     rows[i].pass, &c, &e),
		    rows[i].ec);
		if (rows[i].ec != EC_OK) {
			assert_string_equal(c.user, "before");
			assert_null(strstr(e.what, "xx"));
			assert_string_not_equal(e.fix, "");
			continue;
		}
		assert_int_equal(strlen(c.user), rows[i].user);
		assert_int_equal(c.pass != NULL, rows[i].pass > 0);
		if (c.pass != NULL)
			assert_int_equal(secret_len(c.pass), rows[i].pass);
	}
}

static void
test_cred_from_nul(void **state)
{
	AUTO(smtp_cred) struct smtp_cred c = { .pass = NULL };
	struct err e;

	(void)state;
	assert_int_equal(
	    smtp_cred_from("a\0b", 3, "p", 1, &c, &e), EC_CONFLICT);
	assert_int_equal(
	    smtp_cred_from("a", 1, "p\0q", 3, &c, &e), EC_CONFLICT);
	assert_null(c.pass);
}

static void
test_self(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(sigv4_selftest(&e), EC_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_form),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_bad_region),
		cmocka_unit_test(test_cred),
		cmocka_unit_test(test_cred_from),
		cmocka_unit_test(test_cred_from_nul),
		cmocka_unit_test(test_self),
	};
	struct err e;

	if (secret_init(&e) != EC_OK)
		return 1;
	return cmocka_run_group_tests_name("smtp_password", tests, NULL, NULL);
}
