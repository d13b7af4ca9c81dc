/* identity: which credential is found, and what stops the search. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail /* ours is in base/err.h */

#include "base/auto.h"
#include "fake_env.h"

#define ID     "AKIAIOSFODNN7EXAMPLE"
#define SECRET "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

static const char credentials[] =
    "[default]\n"
    "aws_access_key_id = AKIADEFAULTDEFAULTXX\n"
    "aws_secret_access_key = default-secret\n"
    "[rotator]\n"
    "aws_access_key_id = AKIAROTATORROTATORXX\n"
    "aws_secret_access_key = rotator-secret\n"
    "aws_session_token = rotator-token\n"
    "[half]\n"
    "aws_access_key_id = AKIAHALFHALFHALFHALF\n"
    "[role]\n"
    "role_arn = arn:aws:iam::123456789012:role/x\n"
    "source_profile = default\n"
    "[process]\n"
    "credential_process = /bin/x\n"
    "[sso]\n"
    "sso_session = corp\n"
    "[empty]\n"
    "region = eu-west-1\n";

static void
expect(
    struct fake_env *f, const char *id, const char *secret, const char *token)
{
	AUTO(aws_cred) struct aws_cred c = { .key_id = "" };
	struct err e;

	assert_int_equal(identity_load(&f->env, &c, &e), EC_OK);
	assert_string_equal(c.key_id, id);
	assert_string_equal(secret_reveal(c.secret), secret);
	if (token == NULL)
		assert_null(c.token);
	else
		assert_string_equal(secret_reveal(c.token), token);
	assert_true(c.source[0] != '\0');
	assert_null(strstr(c.source, secret));
}

static void
expect_error(struct fake_env *f, enum ec want, const char *text)
{
	struct aws_cred c = { .key_id = "" };
	struct err e;

	assert_int_equal(identity_load(&f->env, &c, &e), want);
	assert_non_null(strstr(e.what, text));
	assert_true(e.fix[0] != '\0');
	assert_null(c.secret);
}

static void
test_environment(void **state)
{
	struct fake_env f;

	(void)state;
	fake_env_init(&f);
	fake_env_file(&f, "credentials", credentials);
	fake_env_set(&f, "AWS_ACCESS_KEY_ID", ID);
	fake_env_set(&f, "AWS_SECRET_ACCESS_KEY", SECRET);
	expect(&f, ID, SECRET, NULL);
	fake_env_set(&f, "AWS_SECURITY_TOKEN", "old");
	expect(&f, ID, SECRET, "old");
	fake_env_set(&f, "AWS_SESSION_TOKEN", "tok/en==");
	expect(&f, ID, SECRET, "tok/en==");
	/* A profile by argument wins over the environment. */
	f.env.profile = "rotator";
	expect(&f, "AKIAROTATORROTATORXX", "rotator-secret", "rotator-token");
	fake_env_end(&f);
}

static void
test_expiry(void **state)
{
	AUTO(aws_cred) struct aws_cred c = { .key_id = "" };
	struct fake_env f;
	struct err e;

	(void)state;
	fake_env_init(&f);
	fake_env_set(&f, "AWS_ACCESS_KEY_ID", ID);
	fake_env_set(&f, "AWS_SECRET_ACCESS_KEY", SECRET);
	fake_env_set(&f, "AWS_CREDENTIAL_EXPIRATION", "1970-01-01T00:00:01Z");
	assert_int_equal(identity_load(&f.env, &c, &e), EC_OK);
	assert_int_equal(c.expires, 1000);
	fake_env_set(&f, "AWS_CREDENTIAL_EXPIRATION", "soon");
	assert_int_equal(identity_load(&f.env, &c, &e), EC_CONFIG);
	fake_env_end(&f);
}

static void
test_half(void **state)
{
	struct fake_env f;

	(void)state;
	fake_env_init(&f);
	fake_env_file(&f, "credentials", credentials);
	fake_env_set(&f, "AWS_ACCESS_KEY_ID", ID);
	expect_error(&f, EC_CONFIG, "half");
	fake_env_set(&f, "AWS_SECRET_ACCESS_KEY", "");
	expect_error(&f, EC_CONFIG, "half");
	f.env.profile = "half";
	expect_error(&f, EC_CONFIG, "credentials");
	fake_env_end(&f);
}

static void
test_injection(void **state)
{
	struct fake_env f;

	(void)state;
	fake_env_init(&f);
	fake_env_set(&f, "AWS_ACCESS_KEY_ID", ID);
	fake_env_set(&f, "AWS_SECRET_ACCESS_KEY", "with space");
	expect_error(&f, EC_CONFIG, "secret access key");
	fake_env_set(&f, "AWS_SECRET_ACCESS_KEY", SECRET);
	fake_env_set(&f, "AWS_SESSION_TOKEN", "a\r\nX-Evil: 1");
	expect_error(&f, EC_CONFIG, "session token");
	fake_env_set(&f, "AWS_ACCESS_KEY_ID", "A/20261121/us-east-1");
	expect_error(&f, EC_CONFIG, "access key id");
	fake_env_end(&f);
}

static void
test_profiles(void **state)
{
	struct fake_env f;

	(void)state;
	fake_env_init(&f);
	expect_error(&f, EC_DENIED, "environment, profile");
	fake_env_file(&f, "credentials", credentials);
	expect(&f, "AKIADEFAULTDEFAULTXX", "default-secret", NULL);
	fake_env_set(&f, "AWS_PROFILE", "rotator");
	expect(&f, "AKIAROTATORROTATORXX", "rotator-secret", "rotator-token");
	fake_env_set(&f, "AWS_PROFILE", "empty");
	expect_error(&f, EC_DENIED, "no AWS credential");
	fake_env_set(&f, "AWS_PROFILE", "missing");
	expect_error(&f, EC_CONFIG, "missing");
	fake_env_end(&f);
}

static void
test_unsupported(void **state)
{
	static const char *const names[] = { "role", "process", "sso" };
	struct fake_env f;

	(void)state;
	fake_env_init(&f);
	fake_env_file(&f, "credentials", credentials);
	for (size_t i = 0; i < COUNT(names); i++) {
		fake_env_set(&f, "AWS_PROFILE", names[i]);
		expect_error(&f, EC_CONFIG, "not supported yet");
		expect_error(&f, EC_CONFIG, "/.aws/credentials: profile");
	}
	fake_env_end(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_environment),
		cmocka_unit_test(test_expiry),
		cmocka_unit_test(test_half),
		cmocka_unit_test(test_injection),
		cmocka_unit_test(test_profiles),
		cmocka_unit_test(test_unsupported),
	};
	struct err e;

	if (secret_init(&e) != EC_OK)
		return 1;
	return cmocka_run_group_tests_name("identity", tests, NULL, NULL);
}
