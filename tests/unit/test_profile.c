/* profile, ini: the shared files as the SDKs read them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail /* ours is in base/err.h */

#include "base/auto.h"
#include "fake_env.h"
#include "sigv4/profile.h"

static const char config[] = "\xef\xbb\xbf# written by hand\r\n"
			     "[default]\r\n"
			     "region = eu-west-1\r\n"
			     "\r\n"
			     "[profile rotator]\n"
			     "region=eu-central-1 ; a comment\n"
			     "output = # nothing\n"
			     "s3 =\n"
			     "  region = never-this\n"
			     "  addressing_style = path\n"
			     "services = lab\n"
			     "aws_access_key_id = FROMCONFIG\n"
			     "odd = a#b;c\n"
			     "[profile \"two words\"]\n"
			     "region = us-west-2\n"
			     "[ profile   rotator ]\n"
			     "ca_bundle = /etc/ca.pem\n"
			     "[services lab]\n"
			     "iam =\n"
			     "  endpoint_url = http://127.0.0.1:4566\n"
			     "  # comment\n"
			     "  other = x\n"
			     "sts =\n"
			     "\tendpoint_url = http://127.0.0.1:4567\n"
			     "[rotator]\n"
			     "region = not-a-profile-in-config\n";

static const char credentials[] = "[rotator]\n"
				  "aws_access_key_id = FROMCREDENTIALS\n"
				  "aws_secret_access_key = abc+/=def\n";

static void
expect(const struct profile *p, const char *key, const char *want)
{
	const char *got = profile_get(p, key);

	if (want == NULL)
		assert_null(got);
	else
		assert_string_equal(got, want);
}

static void
test_named(void **state)
{
	AUTO(profile) struct profile *p = NULL;
	struct fake_env f;
	struct err e;

	(void)state;
	fake_env_init(&f);
	fake_env_file(&f, "config", config);
	fake_env_file(&f, "credentials", credentials);
	fake_env_set(&f, "AWS_PROFILE", "rotator");
	assert_int_equal(profile_load(&f.env, &p, &e), EC_OK);
	assert_string_equal(profile_name(p), "rotator");
	assert_non_null(strstr(profile_where(p), "/.aws/credentials"));
	expect(p, "region", "eu-central-1");
	expect(p, "output", NULL);
	expect(p, "addressing_style", NULL);
	expect(p, "aws_access_key_id", "FROMCREDENTIALS");
	expect(p, "aws_secret_access_key", "abc+/=def");
	expect(p, "odd", "a#b;c");
	expect(p, "ca_bundle", "/etc/ca.pem");
	assert_string_equal(profile_service_get(p, "iam", "endpoint_url"),
	    "http://127.0.0.1:4566");
	assert_string_equal(profile_service_get(p, "sts", "endpoint_url"),
	    "http://127.0.0.1:4567");
	assert_null(profile_service_get(p, "ssm", "endpoint_url"));
	fake_env_end(&f);
}

static void
test_default_and_argument(void **state)
{
	struct profile *p = NULL;
	struct fake_env f;
	struct err e;

	(void)state;
	fake_env_init(&f);
	fake_env_file(&f, "config", config);
	assert_int_equal(profile_load(&f.env, &p, &e), EC_OK);
	expect(p, "region", "eu-west-1");
	profile_free(p);
	fake_env_set(&f, "AWS_PROFILE", "rotator");
	f.env.profile = "two words";
	assert_int_equal(profile_load(&f.env, &p, &e), EC_OK);
	expect(p, "region", "us-west-2");
	profile_free(p);
	fake_env_end(&f);
}

static void
test_absent(void **state)
{
	struct profile *p = NULL;
	struct fake_env f;
	struct err e;

	(void)state;
	fake_env_init(&f);
	assert_int_equal(profile_load(&f.env, &p, &e), EC_GONE);
	fake_env_set(&f, "AWS_PROFILE", "nobody");
	assert_int_equal(profile_load(&f.env, &p, &e), EC_CONFIG);
	assert_non_null(strstr(e.what, "nobody"));
	assert_true(e.fix[0] != '\0');
	fake_env_file(&f, "config", "[profile nobody]\nservices = gone\n");
	assert_int_equal(profile_load(&f.env, &p, &e), EC_CONFIG);
	assert_non_null(strstr(e.what, "gone"));
	assert_null(p);
	fake_env_end(&f);
}

/* The line is named, what stands in it is not: it may be a secret. */
static void
test_damaged(void **state)
{
	static const struct {
		const char *text, *where;
	} bad[] = {
		{ "[default]\nSECRETTEXT\n", "config:2:" },
		{ "[default]\n= SECRETTEXT\n", "config:2:" },
		{ "SECRETTEXT = 1\n[default]\n", "config:1:" },
		{ "[default]\n\n[profile SECRETTEXT\n", "config:3:" },
		{ "[default]\niam =\n  SECRETTEXT\n", "config:3:" },
	};
	struct profile *p = NULL;
	struct fake_env f;
	struct err e;

	(void)state;
	fake_env_init(&f);
	for (size_t i = 0; i < COUNT(bad); i++) {
		fake_env_file(&f, "config", bad[i].text);
		assert_int_equal(profile_load(&f.env, &p, &e), EC_CONFIG);
		assert_non_null(strstr(e.what, bad[i].where));
		assert_null(strstr(e.what, "SECRETTEXT"));
	}
	assert_null(p);
	fake_env_end(&f);
}

static void
test_other_files(void **state)
{
	AUTO(profile) struct profile *p = NULL;
	struct fake_env f;
	char path[128];
	struct err e;

	(void)state;
	fake_env_init(&f);
	fake_env_file(&f, "config", config);
	fake_env_file(&f, "credentials", "[default]\nregion = us-east-2");
	fake_env_path(&f, "credentials", path);
	fake_env_set(&f, "AWS_CONFIG_FILE", path);
	fake_env_set(&f, "AWS_SHARED_CREDENTIALS_FILE", "~/.aws/none");
	assert_int_equal(profile_load(&f.env, &p, &e), EC_OK);
	expect(p, "region", "us-east-2");
	fake_env_end(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_named),
		cmocka_unit_test(test_default_and_argument),
		cmocka_unit_test(test_absent),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_other_files),
	};
	struct err e;

	if (secret_init(&e) != EC_OK)
		return 1;
	return cmocka_run_group_tests_name("profile", tests, NULL, NULL);
}
