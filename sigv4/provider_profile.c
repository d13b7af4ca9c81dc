/*
 * provider_profile: static keys in the shared AWS files. Two providers, since
 * other ways of a profile to get a credential stand between the two files.
 * Source: botocore credentials.py, SharedCredentialProvider, ConfigProvider.
 */
#include <stdio.h>

#include "base/auto.h"
#include "sigv4/profile.h"
#include "sigv4/providers.h"

static enum ec
load_from(const struct aws_env *env, enum profile_file file,
    struct aws_cred *ret, struct err *e)
{
	AUTO(profile) struct profile *p = NULL;
	const char *id, *secret;
	char where[sizeof(ret->source)];

	TRY(profile_load(env, &p, e));
	id = profile_get_in(p, file, "aws_access_key_id");
	secret = profile_get_in(p, file, "aws_secret_access_key");
	if (id == NULL && secret == NULL)
		return fail(e, EC_GONE, "%s: profile %s has no keys",
		    profile_where_in(p, file), profile_name(p));
	(void)snprintf(where, sizeof(where), "profile %s in %s",
	    profile_name(p), profile_where_in(p, file));
	return provider_static(id, secret,
	    profile_get_in(p, file, "aws_session_token"), where, ret, e);
}

static enum ec
load_credentials(const struct aws_env *env, struct aws_cred *ret, struct err *e)
{
	return load_from(env, PROFILE_CREDENTIALS, ret, e);
}

static enum ec
load_config(const struct aws_env *env, struct aws_cred *ret, struct err *e)
{
	return load_from(env, PROFILE_CONFIG, ret, e);
}

const struct provider provider_credentials = {
	.name = "credentials file", .of_profile = true, .load = load_credentials
};
const struct provider provider_config = {
	.name = "config file", .of_profile = true, .load = load_config
};
