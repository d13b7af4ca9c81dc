/*
 * provider_role: role_arn in a profile, assumed with the credential of
 * another profile (source_profile) or of the surroundings (credential_source).
 * That other profile may again be one with a role.
 *
 * Source: "Assume role credential provider", AWS SDKs and Tools Reference
 * Guide; botocore credentials.py, AssumeRoleProvider.
 */
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "sigv4/profile.h"
#include "sigv4/providers.h"
#include "sigv4/sts.h"

#define CHAIN_MAX 8

struct step {                  /* on the way from role to role */
	const struct step *up; /* NULL: the first */
	const struct profile *p;
	int depth;
};

/* With a token file beside it, it is for provider_web.c. */
static bool
has_role(const struct profile *p)
{
	return profile_get(p, "role_arn") != NULL &&
	    profile_get(p, "web_identity_token_file") == NULL;
}

static bool
has_keys(const struct profile *p)
{
	return profile_get(p, "aws_access_key_id") != NULL ||
	    profile_get(p, "aws_secret_access_key") != NULL;
}

static enum ec
fail_profile(
    const struct profile *p, const char *what, const char *how, struct err *e)
{
	(void)fail(e, EC_CONFIG, "profile %s in %s: %s", profile_name(p),
	    profile_where(p), what);
	return fix(e, "%s", how);
}

static const struct {
	const char *name;
	const struct provider *provider;
	bool no_profile; /* a profile named by us switches it off otherwise */
} sources[] = {
	{ "Environment", &provider_env, true },
	{ "Ec2InstanceMetadata", &provider_imds, false },
	{ "EcsContainer", &provider_container, false },
};

static enum ec
from_surroundings(const struct aws_env *env, const struct profile *p,
    const char *name, struct aws_cred *ret, struct err *e)
{
	struct aws_env there = *env;
	size_t i = 0;
	enum ec ec;

	while (i < COUNT(sources) && strcmp(sources[i].name, name) != 0)
		i++;
	if (i == COUNT(sources))
		return fail_profile(p, "credential_source is none that we know",
		    "write Environment, Ec2InstanceMetadata or EcsContainer",
		    e);
	if (sources[i].no_profile)
		there.profile = NULL;
	ec = sources[i].provider->load(&there, ret, e);
	if (ec != EC_GONE)
		return ec;
	e->ec = EC_CONFIG;
	(void)err_prefix(
	    e, "profile %s: credential_source = %s", profile_name(p), name);
	return e->fix[0] != '\0'
	    ? EC_CONFIG
	    : fix(e, "this host has no such credential: name another source");
}

static enum ec
fail_loop(const struct step *s, const char *name, struct err *e)
{
	(void)fail(e, EC_CONFIG,
	    "profile %s in %s: source_profile = %s: a loop, or more than %d "
	    "roles in a row",
	    profile_name(s->p), profile_where(s->p), name, CHAIN_MAX);
	return fix(e, "let the last of them name a profile with keys");
}

/* A profile may name itself when it has keys, too. */
static bool
allowed(const struct step *s, const char *name)
{
	if (strcmp(profile_name(s->p), name) == 0)
		return has_keys(s->p);
	for (const struct step *up = s->up; up != NULL; up = up->up)
		if (strcmp(profile_name(up->p), name) == 0)
			return false;
	return s->depth < CHAIN_MAX;
}

static enum ec assume(const struct aws_env *env, const struct step *s,
    struct aws_cred *ret, struct err *e);

/* Recursion: as deep as CHAIN_MAX, see allowed(). */
static enum ec
/* NOLINTNEXTLINE(misc-no-recursion) */
from_profile(const struct aws_env *env, const struct step *s, const char *name,
    struct aws_cred *ret, struct err *e)
{
	AUTO(profile) struct profile *p = NULL;
	struct aws_env there = *env;
	struct step next = { .up = s, .depth = s->depth + 1 };
	enum ec ec;

	if (!allowed(s, name))
		return fail_loop(s, name, e);
	there.profile = name;
	ec = profile_load(&there, &p, e);
	if (ec != EC_OK)
		return err_prefix(
		    e, "source_profile of profile %s", profile_name(s->p));
	next.p = p;
	if (has_role(p) && !has_keys(p))
		return assume(env, &next, ret, e);
	ec = identity_of_profile(&there, ret, e);
	if (ec != EC_GONE)
		return ec;
	return fail_profile(p, "named as source_profile, has no credential",
	    "give it keys, a role, or another way to get them", e);
}

static enum ec
/* NOLINTNEXTLINE(misc-no-recursion) */
base_of(const struct aws_env *env, const struct step *s, struct aws_cred *ret,
    struct err *e)
{
	const char *profile = profile_get(s->p, "source_profile");
	const char *source = profile_get(s->p, "credential_source");

	if ((profile == NULL) == (source == NULL))
		return fail_profile(s->p,
		    profile == NULL
			? "role_arn, but neither source_profile nor "
			  "credential_source"
			: "both source_profile and credential_source",
		    "write one of them", e);
	if (profile_get(s->p, "mfa_serial") != NULL)
		return fail_profile(s->p,
		    "mfa_serial wants a code from a person",
		    "use a role that wants none, or: eval \"$(aws configure "
		    "export-credentials --format env --profile ...)\"",
		    e);
	return profile != NULL ? from_profile(env, s, profile, ret, e)
			       : from_surroundings(env, s->p, source, ret, e);
}

static enum ec /* env is of the first profile: its region and endpoints */
/* NOLINTNEXTLINE(misc-no-recursion) */
assume(const struct aws_env *env, const struct step *s, struct aws_cred *ret,
    struct err *e)
{
	AUTO(aws_cred) struct aws_cred base = { .key_id = "" };
	char where[PROFILE_PLACE_MAX];
	struct sts_role r = {
		.arn = profile_get(s->p, "role_arn"),
		.session = profile_get(s->p, "role_session_name"),
		.external_id = profile_get(s->p, "external_id"),
		.where = where,
	};

	profile_place(s->p, where);
	TRY(sts_duration(
	    profile_get(s->p, "duration_seconds"), where, &r.duration_s, e));
	TRY(sts_role_check(&r, e));
	TRY(base_of(env, s, &base, e));
	return sts_assume_role(env, NULL, &base, &r, ret, e);
}

static enum ec
load(const struct aws_env *env, struct aws_cred *ret, struct err *e)
{
	AUTO(profile) struct profile *p = NULL;
	struct step first = { .depth = 1 };

	TRY(profile_load(env, &p, e));
	if (!has_role(p))
		return fail(e, EC_GONE, "no role_arn");
	first.p = p;
	return assume(env, &first, ret, e);
}

const struct provider provider_role = { .name = "assumed role", .load = load };
