/* sign, endpoint: limits and rules that the vectors do not show. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail /* ours is in base/err.h */

#include "base/auto.h"
#include "fake_env.h"
#include "sigv4/endpoint.h"
#include "sigv4/sign.h"

static struct secret *
secret_of(const char *s)
{
	struct secret *ret = NULL;
	struct err e;

	assert_int_equal(secret_new(s, strlen(s), &ret, &e), EC_OK);
	return ret;
}

static void
test_authorization(void **state)
{
	const struct sig_header headers[] = { { "Host", "a.example" },
		{ NULL, NULL } };
	const struct sig_request q = {
		.method = "GET", .path = "/", .query = "", .headers = headers
	};
	AUTO(secret) struct secret *secret = secret_of("topsecret");
	AUTO(secret) struct secret *token = secret_of("tok");
	AUTO(sig_result) struct sig_result r = { .signature = "" };
	const struct sig_context c = { .key_id = "AKID",
		.secret = secret,
		.token = token,
		.region = "eu-west-1",
		.service = "iam",
		.at = 0 };
	char want[300];
	struct err e;

	(void)state;
	assert_int_equal(sig_sign(&q, &c, &r, &e), EC_OK);
	assert_string_equal(r.amz_date, "19700101T000000Z");
	(void)snprintf(want, sizeof(want),
	    "AWS4-HMAC-SHA256 Credential=AKID/19700101/eu-west-1/iam/"
	    "aws4_request, SignedHeaders=host;x-amz-date;"
	    "x-amz-security-token, Signature=%s",
	    r.signature);
	assert_string_equal(buf_str(&r.authorization), want);
	assert_int_equal(strlen(r.signature), 64);
	assert_null(strstr(buf_str(&r.canonical), "topsecret"));
}

static void
test_too_many(void **state)
{
	struct sig_header headers[128] = { { NULL, NULL } };
	char query[1024] = "";
	struct sig_request q = {
		.method = "GET", .path = "/", .query = "", .headers = headers
	};
	AUTO(secret) struct secret *secret = secret_of("x");
	const struct sig_context c = { .key_id = "AKID",
		.secret = secret,
		.region = "eu-west-1",
		.service = "iam",
		.at = 0 };
	struct sig_result r = { .signature = "" };
	struct err e;

	(void)state;
	for (size_t i = 0; i < 100; i++)
		headers[i] = (struct sig_header){ "X", "y" };
	assert_int_equal(sig_sign(&q, &c, &r, &e), EC_PROTO);
	headers[0].name = NULL;
	memset(query, '&', sizeof(query) - 1);
	for (size_t i = 0; i < sizeof(query) - 1; i += 2)
		query[i] = 'a';
	q.query = query;
	assert_int_equal(sig_sign(&q, &c, &r, &e), EC_PROTO);
}

static void
expect(struct fake_env *f, const struct profile *p, const char *region,
    const char *service, const char *url, const char *scope_region)
{
	struct endpoint to;
	struct err e = { .ec = EC_OK };

	assert_int_equal(
	    endpoint_find(&f->env, p, region, service, &to, &e), EC_OK);
	assert_string_equal(to.url, url);
	assert_string_equal(to.region, scope_region);
}

static void
test_partitions(void **state)
{
	static const struct {
		const char *region, *service, *url, *scope;
	} rows[] = {
		{ "us-east-1", "iam", "https://iam.amazonaws.com",
		    "us-east-1" },
		{ "eu-west-1", "iam", "https://iam.amazonaws.com",
		    "us-east-1" },
		{ "xx-new-1", "iam", "https://iam.amazonaws.com", "us-east-1" },
		{ "us-gov-east-1", "iam", "https://iam.us-gov.amazonaws.com",
		    "us-gov-west-1" },
		{ "cn-northwest-1", "iam",
		    "https://iam.cn-north-1.amazonaws.com.cn", "cn-north-1" },
		{ "eusc-de-east-1", "iam",
		    "https://iam.eusc-de-east-1.amazonaws.eu",
		    "eusc-de-east-1" },
		{ "eu-west-1", "sts", "https://sts.eu-west-1.amazonaws.com",
		    "eu-west-1" },
		{ "cn-north-1", "sts",
		    "https://sts.cn-north-1.amazonaws.com.cn", "cn-north-1" },
		{ "us-isob-east-1", "iam",
		    "https://iam.us-isob-east-1.sc2s.sgov.gov",
		    "us-isob-east-1" },
		{ "eu-west-1", "secrets_manager",
		    "https://secretsmanager.eu-west-1.amazonaws.com",
		    "eu-west-1" },
		{ "cn-north-1", "ssm",
		    "https://ssm.cn-north-1.amazonaws.com.cn", "cn-north-1" },
		{ "us-gov-west-1", "lambda",
		    "https://lambda.us-gov-west-1.amazonaws.com",
		    "us-gov-west-1" },
	};
	struct fake_env f;

	(void)state;
	fake_env_init(&f);
	for (size_t i = 0; i < COUNT(rows); i++)
		expect(&f, NULL, rows[i].region, rows[i].service, rows[i].url,
		    rows[i].scope);
	fake_env_set(&f, "AWS_USE_FIPS_ENDPOINT", "true");
	expect(&f, NULL, "us-east-1", "iam", "https://iam-fips.amazonaws.com",
	    "us-east-1");
	expect(&f, NULL, "us-east-1", "sts",
	    "https://sts-fips.us-east-1.amazonaws.com", "us-east-1");
	expect(&f, NULL, "us-gov-east-1", "ssm",
	    "https://ssm.us-gov-east-1.amazonaws.com", "us-gov-east-1");
	expect(&f, NULL, "us-gov-east-1", "lambda",
	    "https://lambda-fips.us-gov-east-1.amazonaws.com", "us-gov-east-1");
	fake_env_set(&f, "AWS_USE_DUALSTACK_ENDPOINT", "TRUE");
	expect(&f, NULL, "us-east-1", "iam", "https://iam-fips.global.api.aws",
	    "us-east-1");
	expect(&f, NULL, "us-gov-east-1", "ssm",
	    "https://ssm-fips.us-gov-east-1.api.aws", "us-gov-east-1");
	expect(&f, NULL, "eu-west-1", "secrets_manager",
	    "https://secretsmanager-fips.eu-west-1.amazonaws.com", "eu-west-1");
	expect(&f, NULL, "us-iso-east-1", "lambda",
	    "https://lambda-fips.us-iso-east-1.api.aws.ic.gov",
	    "us-iso-east-1");
	fake_env_end(&f);
}

static void
test_overrides(void **state)
{
	AUTO(profile) struct profile *p = NULL;
	struct fake_env f;
	struct err e;

	(void)state;
	fake_env_init(&f);
	fake_env_file(&f, "config",
	    "[default]\nservices = s\nendpoint_url = https://four.example\n"
	    "[services s]\niam =\n  endpoint_url = https://three.example/\n");
	assert_int_equal(profile_load(&f.env, &p, &e), EC_OK);
	expect(&f, p, "eu-west-1", "iam", "https://three.example", "us-east-1");
	expect(&f, p, "eu-west-1", "sts", "https://four.example", "eu-west-1");
	fake_env_set(&f, "AWS_ENDPOINT_URL", "http://127.0.0.1:4566/base/");
	expect(&f, p, "eu-west-1", "iam", "http://127.0.0.1:4566/base",
	    "us-east-1");
	fake_env_set(&f, "AWS_ENDPOINT_URL_IAM", "http://[::1]:80");
	expect(&f, p, "eu-west-1", "iam", "http://[::1]", "us-east-1");
	expect(&f, p, "eu-west-1", "sts", "http://127.0.0.1:4566/base",
	    "eu-west-1");
	fake_env_set(
	    &f, "AWS_ENDPOINT_URL_SECRETS_MANAGER", "http://127.0.0.1:1");
	expect(&f, p, "eu-west-1", "secrets_manager", "http://127.0.0.1:1",
	    "eu-west-1");
	fake_env_set(&f, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true");
	expect(&f, p, "eu-west-1", "iam", "https://iam.amazonaws.com",
	    "us-east-1");
	fake_env_end(&f);
}

static void
test_refused(void **state)
{
	static const char *const bad[] = { "iam.amazonaws.com",
		"https://user:pw@iam.example", "https://iam.example/?a=b",
		"file:///etc/passwd", "https://",
		/* Sent and signed as different names. */
		"https://iam.ex\xc3\xa4mple", "https://iam.example/a b",
		"https://iam%c3%a4.example" };
	struct endpoint to = { .url = "" };
	struct fake_env f;
	struct err e;

	(void)state;
	fake_env_init(&f);
	assert_int_equal(
	    endpoint_find(&f.env, NULL, "mars", "iam", &to, &e), EC_CONFIG);
	assert_int_equal(
	    endpoint_find(&f.env, NULL, "eu-west-1", "nosuch", &to, &e),
	    EC_BUG);
	for (size_t i = 0; i < COUNT(bad); i++) {
		fake_env_set(&f, "AWS_ENDPOINT_URL_IAM", bad[i]);
		assert_int_equal(
		    endpoint_find(&f.env, NULL, "eu-west-1", "iam", &to, &e),
		    EC_CONFIG);
		assert_non_null(strstr(e.what, "AWS_ENDPOINT_URL_IAM"));
	}
	assert_string_equal(to.url, "");
	fake_env_end(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_authorization),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_partitions),
		cmocka_unit_test(test_overrides),
		cmocka_unit_test(test_refused),
	};
	struct err e;

	if (secret_init(&e) != EC_OK)
		return 1;
	return cmocka_run_group_tests_name("sign", tests, NULL, NULL);
}
