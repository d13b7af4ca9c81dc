/* The account of an identity is what counts, not that of the configuration:
 * another one may be named for each, with a role there. */
#include "scenario.h"

#include "base/auto.h"

#define OTHER "999999999999"
#define ROLE  "arn:aws:iam::" OTHER ":role/rotate"

/* The configuration is about another account than this identity. */
static void
an_identity_elsewhere_is_rotated(void **state)
{
	WORLD(w, 2);
	(void)state;

	w.config.account = OTHER;
	w.force = true;
	rotates(&w);
	assert_string_equal(w.disk.account, SIM_ACCOUNT);
}

/* The role brought us into another account than it should. */
static void
a_role_of_the_wrong_account_changes_nothing(void **state)
{
	uint64_t version;
	WORLD(w, 1);
	(void)state;

	version = w.disk.version;
	w.identity.account = OTHER;
	w.identity.role_arn = ROLE;
	w.force = true;
	assert_int_equal(sim_run(&w), EC_CONFIG);
	assert_non_null(strstr(w.err.what, "belong to account " SIM_ACCOUNT));
	assert_non_null(strstr(w.err.what, "configuration says " OTHER));
	assert_non_null(strstr(w.err.fix, "correct role_arn: of identity "));
	assert_int_equal(w.disk.version, version);
	assert_int_equal(w.count[CALL_CREATE], 0);
	/* Without a role it is our own profile that is wrong. */
	w.identity.role_arn = NULL;
	assert_int_equal(sim_run(&w), EC_CONFIG);
	assert_non_null(strstr(w.err.fix, "profile"));
}

/* We are in the right account, the user is not. */
static void
a_user_of_the_wrong_account_is_left_alone(void **state)
{
	WORLD(w, 1);
	(void)state;

	w.user_elsewhere = true;
	w.identity.role_arn = ROLE;
	w.force = true;
	assert_int_equal(sim_run(&w), EC_CONFIG);
	assert_non_null(strstr(w.err.what, "IAM user "));
	assert_non_null(strstr(w.err.fix, "correct role_arn: of identity "));
	assert_int_equal(w.count[CALL_CREATE], 0);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_identity_elsewhere_is_rotated),
		cmocka_unit_test(a_role_of_the_wrong_account_changes_nothing),
		cmocka_unit_test(a_user_of_the_wrong_account_is_left_alone),
	};

	return cmocka_run_group_tests(tests, sim_tests_begin, NULL);
}
