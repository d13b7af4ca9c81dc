/*
 * provider_web: a role for the bearer of a token that an identity provider
 * wrote into a file: a service account of Kubernetes (EKS), a CI job. The file
 * is read anew each time, since its token is replaced every hour or so.
 *
 * Source: "Assume role with web identity", AWS SDKs and Tools Reference Guide;
 * botocore credentials.py, AssumeRoleWithWebIdentityProvider.
 */
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/file.h"
#include "sigv4/profile.h"
#include "sigv4/providers.h"
#include "sigv4/sts.h"

/* WebIdentityToken: at most 20000 characters. */
#define TOKEN_MAX ((size_t)20000)

/* The environment wins, but not over a profile that we were told to use. */
static const char *
setting(const struct aws_env *env, const struct profile *p,
    const char *variable, const char *key)
{
	const char *v = NULL;

	if (env->profile == NULL)
		v = provider_getenv(env, variable);
	if (v == NULL && p != NULL)
		v = profile_get(p, key);
	return v;
}

static void
trim(struct buf *b)
{
	while (b->len > 0 && strchr(" \t\r\n", b->p[b->len - 1]) != NULL)
		buf_cut(b, b->len - 1);
}

static enum ec
read_token(const char *path, const char *where, struct buf *b, struct err *e)
{
	enum ec ec = file_read(path, b, e);

	if (ec == EC_OK) {
		trim(b);
		if (strlen(buf_str(b)) == b->len && provider_clean(buf_str(b)))
			return EC_OK;
		(void)fail(e, EC_CONFIG, "%s: is not one word", path);
	}
	if (ec == EC_GONE || ec == EC_PROTO)
		e->ec = EC_CONFIG;
	(void)err_prefix(e, "%s: web identity token", where);
	return fix(e,
	    "let the platform write its token there, readable for us "
	    "(AWS_WEB_IDENTITY_TOKEN_FILE or web_identity_token_file)");
}

static enum ec
get(const struct aws_env *env, const char *path, const struct sts_role *r,
    struct aws_cred *ret, struct err *e)
{
	AUTO(buf) struct buf token = BUF(TOKEN_MAX);
	char file[PROFILE_PATH_MAX];

	if (r->arn == NULL) {
		(void)fail(e, EC_CONFIG,
		    "%s: a web identity token, but no role for it", r->where);
		return fix(e, "set AWS_ROLE_ARN, or role_arn in the profile");
	}
	TRY(sts_role_check(r, e));
	TRY(profile_expand(env, r->where, path, file, e));
	TRY(read_token(file, r->where, &token, e));
	return sts_web_identity(env, NULL, &token, r, ret, e);
}

static void
name_place(
    const char *path, const struct profile *p, char ret[PROFILE_PLACE_MAX])
{
	if (p != NULL && profile_get(p, "web_identity_token_file") == path)
		profile_place(p, ret);
	else
		(void)snprintf(ret, PROFILE_PLACE_MAX, "environment");
}

static enum ec
load(const struct aws_env *env, struct aws_cred *ret, struct err *e)
{
	AUTO(profile) struct profile *p = NULL;
	char where[PROFILE_PLACE_MAX];
	struct sts_role r = { .where = where };
	const char *path;
	enum ec ec = profile_load(env, &p, e);

	if (ec != EC_OK && ec != EC_GONE)
		return ec;
	path = setting(
	    env, p, "AWS_WEB_IDENTITY_TOKEN_FILE", "web_identity_token_file");
	if (path == NULL)
		return fail(e, EC_GONE, "no web identity token");
	name_place(path, p, where);
	r.arn = setting(env, p, "AWS_ROLE_ARN", "role_arn");
	r.session =
	    setting(env, p, "AWS_ROLE_SESSION_NAME", "role_session_name");
	return get(env, path, &r, ret, e);
}

const struct provider provider_web = {
	.name = "web identity", .of_profile = true, .load = load
};
