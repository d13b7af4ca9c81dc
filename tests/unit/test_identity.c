/* identity: which credential is found, and what stops the search. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail /* ours is in base/err.h */

#include "base/auto.h"
#include "base/net.h"
#include "fake_env.h"

#define ID     "AKIAIOSFODNN7EXAMPLE"
#define SECRET "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

static const char credentials[] = "[default]\n"
				  "aws_access_key_id = AKIADEFAULTDEFAULTXX\n"
				  "aws_secret_access_key = default-secret\n"
				  "[rotator]\n"
				  "aws_access_key_id = AKIAROTATORROTATORXX\n"
				  "aws_secret_access_key = rotator-secret\n"
				  "aws_session_token = rotator-token\n"
				  "[half]\n"
				  "aws_access_key_id = AKIAHALFHALFHALFHALF\n"
				  "[login]\n"
				  "login_session = arn:aws:iam::1:user/x\n"
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
	expect_error(&f, EC_DENIED,
	    "environment, assumed role, web identity, IAM Identity Center, "
	    "credentials file, console login, credential_process, "
	    "config file, container, instance metadata");
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

/* Between keys in the credentials file and keys in the other one stand other
 * ways; half a key in one file is not made whole by the other. */
static void
test_two_files(void **state)
{
	struct fake_env f;

	(void)state;
	fake_env_init(&f);
	fake_env_file(&f, "config",
	    "[profile rotator]\naws_access_key_id = AKIACONFIG\n"
	    "aws_secret_access_key = config-secret\n"
	    "credential_process = /nonexistent/x\n"
	    "[profile half]\naws_secret_access_key = other\n"
	    "[profile only]\naws_access_key_id = AKIAONLY\n"
	    "aws_secret_access_key = only-secret\n");
	fake_env_set(&f, "AWS_PROFILE", "only");
	expect(&f, "AKIAONLY", "only-secret", NULL);
	fake_env_set(&f, "AWS_PROFILE", "rotator");
	expect_error(&f, EC_CONFIG, "credential_process: /nonexistent/x");
	fake_env_file(&f, "credentials", credentials);
	expect(&f, "AKIAROTATORROTATORXX", "rotator-secret", "rotator-token");
	fake_env_set(&f, "AWS_PROFILE", "half");
	expect_error(&f, EC_CONFIG, "half a credential");
	fake_env_end(&f);
}

static void
test_login(void **state)
{
	struct fake_env f;

	(void)state;
	fake_env_init(&f);
	fake_env_file(&f, "credentials", credentials);
	fake_env_set(&f, "AWS_PROFILE", "login");
	expect_error(&f, EC_CONFIG, "/.aws/credentials: login_session");
	fake_env_end(&f);
}

/* ---- renewal ------------------------------------------------------------ */

#define MINUTES(n) (INT64_C(n) * 60 * 1000)
#define NOON       INT64_C(1795262400000)

static struct {
	int64_t now;    /* the clock */
	enum ec result; /* of the provider */
	int64_t until;  /* of what it gives */
	int asked;
} play;

static int64_t
play_now(void *ctx)
{
	(void)ctx;
	return play.now;
}

static enum ec
play_load(const struct aws_env *env, struct aws_cred *ret, struct err *e)
{
	(void)env;
	play.asked++;
	if (play.result != EC_OK) {
		(void)fail(e, play.result, "the provider's words");
		return fix(e, "the provider's remedy");
	}
	*ret = (struct aws_cred){
		.key_id = "AKIANEW", .expires = play.until, .source = "play"
	};
	return secret_new("new", 3, &ret->secret, e);
}

static const struct provider play_provider = { .name = "play",
	.load = play_load };

static const struct {
	const char *name;
	int left;       /* minutes, of the old one */
	enum ec result; /* of the provider */
	int fresh;      /* minutes, of what it gives */
	enum ec want;
	const char *key;
	int asked;
} renewals[] = {
	{ "long", 16, EC_OK, 60, EC_OK, "AKIAOLD", 0 },
	{ "advisory", 14, EC_OK, 60, EC_OK, "AKIANEW", 1 },
	{ "advisory fails", 14, EC_TEMP, 0, EC_OK, "AKIAOLD", 1 },
	{ "advisory gone", 14, EC_GONE, 0, EC_OK, "AKIAOLD", 1 },
	{ "mandatory", 9, EC_OK, 60, EC_OK, "AKIANEW", 1 },
	{ "mandatory fails", 9, EC_TEMP, 0, EC_TEMP, "AKIAOLD", 2 },
	{ "mandatory gone", 9, EC_GONE, 0, EC_TEMP, "AKIAOLD", 2 },
	{ "mandatory refused", 9, EC_AUTH, 0, EC_DENIED, "AKIAOLD", 2 },
	{ "the same again", 9, EC_OK, 9, EC_OK, "AKIANEW", 1 },
	{ "expired", -1, EC_OK, 60, EC_OK, "AKIANEW", 1 },
	{ "expired, no new one", -1, EC_TEMP, 0, EC_TEMP, "AKIAOLD", 2 },
	{ "new one expired", -1, EC_OK, -1, EC_DENIED, "AKIANEW", 2 },
	{ "a new one for ever", 9, EC_OK, 0, EC_OK, "AKIANEW", 1 },
};

static void
check_renewal(size_t i)
{
	struct aws_env env = { .now = play_now };
	AUTO(aws_cred)
	struct aws_cred c = { .key_id = "AKIAOLD",
		.expires = NOON + renewals[i].left * MINUTES(1),
		.source = "play",
		.from = &play_provider };
	struct err e;

	play.now = NOON;
	play.asked = 0;
	play.result = renewals[i].result;
	play.until =
	    renewals[i].fresh == 0 ? 0 : NOON + renewals[i].fresh * MINUTES(1);
	assert_int_equal(secret_new("old", 3, &c.secret, &e), EC_OK);
	/* Twice in the same minute: a provider is not pestered while the
	 * credential is good. */
	for (int n = 0; n < 2; n++)
		if (identity_refresh(&env, 0, &c, &e) != renewals[i].want)
			_fail(renewals[i].name, n);
	assert_string_equal(c.key_id, renewals[i].key);
	if (play.asked != renewals[i].asked)
		_fail(renewals[i].name, play.asked);
	if (renewals[i].want != EC_OK)
		assert_true(e.fix[0] != '\0');
}

static void
test_renewal(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(renewals); i++)
		check_renewal(i);
}

/* Our clock is wrong by an hour; who does not expire is never renewed. */
static void
test_renewal_clock(void **state)
{
	struct aws_env env = { .now = play_now };
	AUTO(aws_cred)
	struct aws_cred c = { .key_id = "AKIAOLD",
		.expires = NOON + MINUTES(70),
		.source = "play",
		.from = &play_provider };
	struct err e;

	(void)state;
	play.now = NOON;
	play.asked = 0;
	play.result = EC_TEMP;
	assert_int_equal(identity_refresh(&env, 0, &c, &e), EC_OK);
	assert_int_equal(play.asked, 0);
	assert_int_equal(identity_refresh(&env, MINUTES(65), &c, &e), EC_TEMP);
	assert_int_equal(play.asked, 1);
	c.from = NULL;
	assert_int_equal(identity_refresh(&env, MINUTES(65), &c, &e), EC_OK);
	c.from = &play_provider;
	c.expires = 0;
	assert_int_equal(identity_refresh(&env, MINUTES(65), &c, &e), EC_OK);
	assert_int_equal(play.asked, 1);
}

/* An expired credential of the environment cannot be renewed by us. */
static void
test_renewal_environment(void **state)
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
	assert_int_equal(identity_refresh(&f.env, 0, &c, &e), EC_DENIED);
	assert_non_null(
	    strstr(e.what, "(environment) expired at 1970-01-01T00:00:01Z"));
	fake_env_end(&f);
}

/* "load [PROFILE]": what is found in the environment of this process, for
 * tests/e2e/providers_sdk.py. */
static int
load_for_real(const char *profile)
{
	AUTO(aws_cred) struct aws_cred c = { .key_id = "" };
	AUTO(net) struct net *net = NULL;
	struct aws_env env = aws_env_process;
	struct err e;

	env.profile = profile;
	if (net_new(NULL, &net, &e) != EC_OK)
		return 1;
	env.net = net;
	if (identity_load(&env, &c, &e) == EC_OK)
		(void)printf("%s\n", c.key_id);
	else
		(void)fprintf(
		    stderr, "%s: %s\n%s\n", ec_name(e.ec), e.what, e.fix);
	return 0;
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_environment),
		cmocka_unit_test(test_expiry),
		cmocka_unit_test(test_half),
		cmocka_unit_test(test_injection),
		cmocka_unit_test(test_profiles),
		cmocka_unit_test(test_two_files),
		cmocka_unit_test(test_login),
		cmocka_unit_test(test_renewal),
		cmocka_unit_test(test_renewal_clock),
		cmocka_unit_test(test_renewal_environment),
	};
	struct err e;

	if (secret_init(&e) != EC_OK)
		return 1;
	if (argc > 1 && strcmp(argv[1], "load") == 0)
		return load_for_real(argv[2]);
	return cmocka_run_group_tests_name("identity", tests, NULL, NULL);
}
