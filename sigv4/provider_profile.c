/*
 * provider_profile: static keys in the shared AWS files. A profile that says
 * it gets its credential in a way we do not know is an error, not an empty
 * profile: going on would act with somebody else's identity.
 */
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "sigv4/profile.h"
#include "sigv4/providers.h"

/* beats_keys: the keys beside it are those it is got with, not the credential
 * itself (botocore credentials.py asks AssumeRoleProvider first). */
static const struct {
	const char *key, *what;
	bool beats_keys;
} unsupported[] = {
	{ "role_arn", "an assumed role (role_arn)", true },
	{ "web_identity_token_file", "a web identity token", true },
	{ "sso_session", "IAM Identity Center (sso_session)", false },
	{ "sso_start_url", "IAM Identity Center (sso_start_url)", false },
	{ "login_session", "a console login (login_session)", false },
	{ "credential_process", "a program (credential_process)", false },
};

static enum ec
fail_unsupported(const struct profile *p, size_t i, struct err *e)
{
	(void)fail(e, EC_CONFIG,
	    "%s: profile %s takes its credential from "
	    "%s, which is not supported yet by this version",
	    profile_where(p), profile_name(p), unsupported[i].what);
	return fix(e,
	    "use static keys (aws_access_key_id and "
	    "aws_secret_access_key) or the environment, for "
	    "example: eval \"$(aws configure export-credentials "
	    "--profile %s --format env)\"",
	    profile_name(p));
}

static enum ec
from_profile(const struct profile *p, struct aws_cred *ret, struct err *e)
{
	const char *id = profile_get(p, "aws_access_key_id");
	const char *secret = profile_get(p, "aws_secret_access_key");
	const char *token = profile_get(p, "aws_session_token");
	bool keyless = id == NULL && secret == NULL;
	char where[sizeof(ret->source)];

	for (size_t i = 0; i < COUNT(unsupported); i++)
		if ((keyless || unsupported[i].beats_keys) &&
		    profile_get(p, unsupported[i].key) != NULL)
			return fail_unsupported(p, i, e);
	if (keyless)
		return fail(e, EC_GONE, "%s: profile %s has no credential",
		    profile_where(p), profile_name(p));
	(void)snprintf(where, sizeof(where), "profile %s in %s",
	    profile_name(p), profile_where(p));
	return provider_static(id, secret, token, where, ret, e);
}

static enum ec
load(const struct aws_env *env, struct aws_cred *ret, struct err *e)
{
	AUTO(profile) struct profile *p = NULL;

	TRY(profile_load(env, &p, e));
	return from_profile(p, ret, e);
}

const struct provider provider_profile = { .name = "profile", .load = load };
