/*
 * provider_sso: IAM Identity Center. `aws sso login` has left a token in
 * ~/.aws/sso/cache; the portal gives a role's credential for it. We do not
 * renew that token: it is a person's, and only a browser gets a new one.
 *
 * Source: "IAM Identity Center credential provider", AWS SDKs and Tools
 * Reference Guide; botocore credentials.py, SSOProvider; GetRoleCredentials,
 * IAM Identity Center Portal API Reference.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "sigv4/aws.h"
#include "sigv4/canonical.h"
#include "sigv4/profile.h"
#include "sigv4/providers.h"
#include "sigv4/sso_token.h"

#define HEADER_MAX ((size_t)16 * 1024)
#define QUERY_MAX  ((size_t)1024)

struct sso {
	const struct aws_env *env;
	const struct profile *p;
	const char *region, *account, *role;
	const char *key; /* the cache file is called after its SHA-1 */
	char where[PROFILE_PLACE_MAX];
};

/* For every failure that a person mends by logging in again. */
static enum ec
log_in_again(const struct sso *s, const char *why, struct err *e)
{
	char what[100];

	(void)snprintf(what, sizeof(what), "%s", why); /* it may be of *e */
	errno = 0;
	(void)fail(e, EC_DENIED, "%s: IAM Identity Center: %s", s->where, what);
	return fix(e, "aws sso login --profile %s", profile_name(s->p));
}

static enum ec
fail_key(const struct sso *s, const char *key, const char *what, struct err *e)
{
	(void)fail(e, EC_CONFIG, "%s: %s: %s", s->where, key, what);
	return fix(e, "correct it there, or: aws configure sso --profile %s",
	    profile_name(s->p));
}

/* The session section has the region and the address; a profile that repeats
 * one of them must not say something else. */
static enum ec
setting(const struct sso *s, const char *key, const char **ret, struct err *e)
{
	const char *own = profile_get(s->p, key);
	const char *session = profile_session_get(s->p, key);

	*ret = session != NULL ? session : own;
	if (*ret == NULL)
		return fail_key(s, key, "is missing", e);
	if (own != NULL && session != NULL && strcmp(own, session) != 0)
		return fail_key(
		    s, key, "profile and sso-session do not agree", e);
	return EC_OK;
}

static enum ec
settings(struct sso *s, struct err *e)
{
	const char *session = profile_get(s->p, "sso_session");
	const char *url = NULL;

	if (session != NULL && profile_session_get(s->p, "sso_region") == NULL)
		return fail_key(s, "sso_session",
		    "no such sso-session section with a sso_region", e);
	TRY(setting(s, "sso_region", &s->region, e));
	TRY(setting(s, "sso_start_url", &url, e));
	TRY(setting(s, "sso_account_id", &s->account, e));
	TRY(setting(s, "sso_role_name", &s->role, e));
	s->key = session != NULL ? session : url;
	return EC_OK;
}

static enum ec
ask_portal(const struct sso *s, const char *path, const char *header,
    struct http_reply *ret, struct aws_error *why, struct err *e)
{
	const struct aws_cred nobody = { .key_id = "" };
	const struct aws_call c = {
		.service = "sso",
		.action = "GetRoleCredentials",
		.method = "GET",
		.path = path,
		.header = header,
		.resend = AWS_RESEND,
	};

	return provider_call(s->env, s->region, &nobody, &c, ret, why, e);
}

static enum ec
get(const struct sso *s, struct aws_cred *ret, struct err *e)
{
	AUTO(buf) struct buf header = BUF(HEADER_MAX);
	AUTO(buf) struct buf path = BUF(QUERY_MAX);
	AUTO(http_reply) struct http_reply r = { .status = 0 };
	struct aws_error why = { .status = 0 };
	char source[sizeof(ret->source)];
	enum ec ec;

	TRY(buf_adds(&header, "x-amz-sso_bearer_token: ", e));
	ec = sso_token(s->env, s->key, &header, e);
	if (ec == EC_GONE)
		return log_in_again(s, e->what, e);
	if (ec != EC_OK)
		return err_prefix(e, "%s", s->where);
	TRY(buf_adds(&path, "/federation/credentials?role_name=", e));
	TRY(canonical_escape(&path, s->role, strlen(s->role), false, e));
	TRY(buf_adds(&path, "&account_id=", e));
	TRY(canonical_escape(&path, s->account, strlen(s->account), false, e));
	ec = ask_portal(s, buf_str(&path), buf_str(&header), &r, &why, e);
	if (ec != EC_OK && why.status == 401)
		return log_in_again(s, "the portal refuses the token", e);
	if (ec == EC_GONE)
		return fail_key(s, "sso_role_name", why.code, e);
	if (ec != EC_OK)
		return err_prefix(e, "%s", s->where);
	(void)snprintf(source, sizeof(source), "role %s in %s by %s", s->role,
	    s->account, s->where);
	if (provider_json(&r.body, &provider_form_portal, s->where, source, ret,
		e) == EC_OK)
		return EC_OK;
	return fix(e,
	    "check that the endpoint is the portal of IAM Identity Center, "
	    "and no proxy answers for it");
}

static enum ec
load(const struct aws_env *env, struct aws_cred *ret, struct err *e)
{
	AUTO(profile) struct profile *p = NULL;
	struct sso s = { .env = env };

	TRY(profile_load(env, &p, e));
	if (profile_get(p, "sso_session") == NULL &&
	    profile_get(p, "sso_account_id") == NULL &&
	    profile_get(p, "sso_role_name") == NULL)
		return fail(e, EC_GONE, "no sso_session");
	s.p = p;
	profile_place(p, s.where);
	TRY(settings(&s, e));
	return get(&s, ret, e);
}

const struct provider provider_sso = {
	.name = "IAM Identity Center", .of_profile = true, .load = load
};
