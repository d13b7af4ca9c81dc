/*
 * selftest: known answers, computed once by other tools, against this build
 * and the libcrypto it found at run time. A password derived wrongly would
 * be written to every client, so this runs before anything is written.
 */
#include <string.h>

#include "base/auto.h"
#include "sigv4/sign.h"
#include "sigv4/smtp_password.h"

static enum ec
wrong(struct err *e, const char *what)
{
	(void)fail(e, EC_BUG, "self-test: %s is computed wrongly", what);
	return fix(e,
	    "do not use this build on this machine; reinstall the "
	    "program and OpenSSL");
}

/* Published as test values by terraform-provider-aws
 * (internal/service/iam/access_key_test.go) and aws-sdk-php
 * (tests/Ses/SesClientTest.php). */
static const struct {
	const char *key, *region, *password;
} passwords[] = {
	{ "some+secret+key", "eu-central-1",
	    "BMXhUYlu5Z3gSXVQORxlVa7XPaz91aGWdfHxvkOZdWZ2" },
	{ "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-2",
	    "BMPPgbAHoFVbze1Ud0oA5uNdXRwUXUZ+qOwphGJbl/cS" },
};

static enum ec
test_password(size_t i, struct err *e)
{
	AUTO(secret) struct secret *key = NULL;
	AUTO(secret) struct secret *got = NULL;
	const char *want = passwords[i].password;

	TRY(secret_new(passwords[i].key, strlen(passwords[i].key), &key, e));
	TRY(smtp_password_derive(key, passwords[i].region, &got, e));
	if (strcmp(secret_reveal(got), want) != 0 ||
	    smtp_password_form(want, strlen(want)) != SMTP_PASSWORD_V4)
		return wrong(e, "the SMTP password");
	return EC_OK;
}

/* A request as rotation sends it; signature by botocore 1.43. */
static enum ec
test_signature(struct err *e)
{
	static const char body[] = "Action=CreateAccessKey&"
				   "UserName=ses-smtp-example&"
				   "Version=2010-05-08";
	static const char key[] = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
	static const char want[] = "79f6bb9f695af91dce8cfcb07db405d4"
				   "59e2e2ce15e60b9322b9672a7858d76e";
	static const struct sig_header headers[] = {
		{ "Host", "iam.amazonaws.com" },
		{ "Content-Type",
		    "application/x-www-form-urlencoded; charset=utf-8" },
		{ NULL, NULL },
	};
	static const struct sig_request q = {
		.method = "POST",
		.path = "/",
		.query = "",
		.headers = headers,
		.body = body,
		.body_len = sizeof(body) - 1,
	};
	AUTO(secret) struct secret *secret = NULL;
	AUTO(sig_result) struct sig_result r = { .signature = "" };
	struct sig_context c = {
		.key_id = "AKIDEXAMPLE",
		.region = "us-east-1",
		.service = "iam",
		.at = INT64_C(1735689600000), /* 2025-01-01T00:00:00Z */
	};

	TRY(secret_new(key, sizeof(key) - 1, &secret, e));
	c.secret = secret;
	TRY(sig_sign(&q, &c, &r, e));
	return strcmp(r.signature, want) == 0 ? EC_OK
					      : wrong(e, "the AWS signature");
}

enum ec
sigv4_selftest(struct err *e)
{
	for (size_t i = 0; i < COUNT(passwords); i++)
		TRY(test_password(i, e));
	return test_signature(e);
}
