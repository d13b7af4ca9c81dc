/*
 * provider_login: login_session in a profile, the credential of a person at
 * the AWS console (`aws login`). It is not for machines, and we do not renew
 * it; going on to the next provider would act with somebody else's identity.
 */
#include "base/auto.h"
#include "sigv4/profile.h"
#include "sigv4/providers.h"

static enum ec
load(const struct aws_env *env, struct aws_cred *ret, struct err *e)
{
	AUTO(profile) struct profile *p = NULL;

	(void)ret;
	TRY(profile_load(env, &p, e));
	if (profile_get(p, "login_session") == NULL)
		return fail(e, EC_GONE, "no login_session");
	(void)fail(e, EC_CONFIG,
	    "profile %s in %s: login_session, a console login, is not "
	    "supported",
	    profile_name(p), profile_where(p));
	return fix(e,
	    "eval \"$(aws configure export-credentials --format env "
	    "--profile %s)\", or use a role",
	    profile_name(p));
}

const struct provider provider_login = {
	.name = "console login", .of_profile = true, .load = load
};
