/*
 * provider_env: AWS_ACCESS_KEY_ID and its companions. Switched off when a
 * profile is named on our command line or in our configuration: that choice
 * is the more explicit one. Source: "Static credentials", AWS SDKs and Tools
 * Reference Guide; botocore credentials.py, EnvProvider.
 */
#include "base/clock.h"
#include "sigv4/providers.h"

static const char *
session_token(const struct aws_env *env)
{
	const char *t = provider_getenv(env, "AWS_SESSION_TOKEN");

	/* The name before 2015; still set by old tools. */
	return t != NULL ? t : provider_getenv(env, "AWS_SECURITY_TOKEN");
}

static enum ec
load(const struct aws_env *env, struct aws_cred *ret, struct err *e)
{
	const char *id = provider_getenv(env, "AWS_ACCESS_KEY_ID");
	const char *secret = provider_getenv(env, "AWS_SECRET_ACCESS_KEY");
	const char *until = provider_getenv(env, "AWS_CREDENTIAL_EXPIRATION");

	if (env->profile != NULL || (id == NULL && secret == NULL))
		return fail(e, EC_GONE, "environment: no credential");
	if (until != NULL && clock_parse_iso(until) < 0)
		return fail(e, EC_CONFIG,
		    "environment: AWS_CREDENTIAL_EXPIRATION is no time");
	TRY(provider_static(
	    id, secret, session_token(env), "environment", ret, e));
	if (until != NULL)
		ret->expires = clock_parse_iso(until);
	return EC_OK;
}

const struct provider provider_env = { .name = "environment", .load = load };
