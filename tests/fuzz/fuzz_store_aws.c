/*
 * Any bytes as the replies of Secrets Manager, Systems Manager and Lambda, to
 * the drivers of these; see store.h.
 */
#include "store.h"

#define AWS(service) "https://" service ".eu-west-1.amazonaws.com"

static const struct store_row rows[] = {
	{ "aws-secretsmanager", AWS("secretsmanager"), NULL,
	    { "secret", "prod/smtp" }, false },
	{ "aws-ssm", AWS("ssm"), NULL, { "parameter", "/prod/smtp" }, false },
	{ "aws-ssm", AWS("ssm"), NULL,
	    { "username_parameter", "/prod/user", "password_parameter",
		"/prod/pass" },
	    false },
	{ "aws-lambda-env", AWS("lambda"), NULL,
	    { "function", "mailer", "username_variable", "SMTP_USER",
		"password_variable", "SMTP_PASS" },
	    false },
	{ "aws-secretsmanager", AWS("secretsmanager"), NULL,
	    { "secret", "prod/smtp", "username_key", "smtp.user",
		"password_key", "smtp.pass", "create", "true" },
	    false },
};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return store_one(rows, COUNT(rows), data, size);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	store_begin();
	return 0;
}
