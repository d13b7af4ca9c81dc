/*
 * identity: the order of the search, what a credential is, and when it is
 * renewed. To add a provider: one file, one line in the table.
 */
#include "sigv4/identity.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/clock.h"
#include "sigv4/providers.h"

#define ADVISORY_MS  (INT64_C(15) * 60 * 1000)
#define MANDATORY_MS (INT64_C(10) * 60 * 1000)

static const char *
process_env(void *ctx, const char *name)
{
	(void)ctx;
	return getenv(name);
}

const struct aws_env aws_env_process = {
	.env = process_env,
};

/* The order of botocore credentials.py, create_credential_resolver(). */
const struct provider *const providers[] = {
	&provider_env,
	&provider_role,
	&provider_web,
	&provider_sso,
	&provider_credentials,
	&provider_login,
	&provider_process,
	&provider_config,
	&provider_container,
	&provider_imds,
	NULL,
};

void
aws_cred_free(struct aws_cred *c)
{
	secret_free(c->secret);
	secret_free(c->token);
	*c = (struct aws_cred){ .key_id = "" };
}

void
auto_aws_cred(struct aws_cred *c)
{
	aws_cred_free(c);
}

enum ec
aws_cred_dup(const struct aws_cred *c, struct aws_cred *ret, struct err *e)
{
	AUTO(secret) struct secret *secret = NULL;
	AUTO(secret) struct secret *token = NULL;

	if (c->secret != NULL)
		TRY(secret_dup(c->secret, &secret, e));
	if (c->token != NULL)
		TRY(secret_dup(c->token, &token, e));
	*ret = *c;
	ret->secret = TAKE(secret);
	ret->token = TAKE(token);
	ret->from = NULL;
	return EC_OK;
}

/* note: what a provider had to say of why it has none, or "" in it. */
static enum ec
fail_nothing(const struct err *note, struct err *e)
{
	char list[256] = "";
	bool noted = note->fix[0] != '\0';

	for (size_t i = 0; providers[i] != NULL; i++)
		(void)snprintf(list + strlen(list), sizeof(list) - strlen(list),
		    "%s%s", i > 0 ? ", " : "", providers[i]->name);
	errno = 0; /* no system call failed */
	(void)fail(e, EC_DENIED,
	    "no AWS credential of our own found; "
	    "looked at: %s%s%.200s",
	    list, noted ? "; " : "", noted ? note->what : "");
	return fix(e,
	    "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or "
	    "write a profile into ~/.aws/credentials and name it "
	    "in AWS_PROFILE%s%.180s",
	    noted ? "; " : "", noted ? note->fix : "");
}

/* EC_GONE: none has one. */
static enum ec
search(const struct aws_env *env, bool of_profile, struct aws_cred *ret,
    struct err *note, struct err *e)
{
	enum ec ec;

	for (size_t i = 0; providers[i] != NULL; i++) {
		if (of_profile && !providers[i]->of_profile)
			continue;
		ec = providers[i]->load(env, ret, e);
		if (ec == EC_OK)
			ret->from = providers[i];
		if (ec != EC_GONE)
			return ec;
		if (e->fix[0] != '\0')
			*note = *e;
	}
	return EC_GONE;
}

enum ec
identity_ours(enum ec ec, struct err *e)
{
	if (ec == EC_AUTH)
		e->ec = EC_DENIED;
	return ec == EC_AUTH ? EC_DENIED : ec;
}

enum ec
identity_load(const struct aws_env *env, struct aws_cred *ret, struct err *e)
{
	struct err note = { .ec = EC_OK };
	enum ec ec = search(env, false, ret, &note, e);

	return ec == EC_GONE ? fail_nothing(&note, e) : identity_ours(ec, e);
}

enum ec
identity_of_profile(
    const struct aws_env *env, struct aws_cred *ret, struct err *e)
{
	struct err note = { .ec = EC_OK };

	return identity_ours(search(env, true, ret, &note, e), e);
}

bool
identity_due(const struct aws_cred *c, int64_t now)
{
	const int64_t left = c->expires - now;

	return c->expires != 0 && left <= ADVISORY_MS &&
	    (left <= 0 || now >= c->again);
}

bool
identity_good(const struct aws_cred *c, int64_t now)
{
	return c->expires == 0 || c->expires - now > MANDATORY_MS;
}

enum ec
identity_again(const struct aws_env *env, const struct aws_cred *old,
    struct aws_cred *ret, struct err *e)
{
	enum ec ec = old->from->load(env, ret, e);
	struct err why;

	ret->from = old->from;
	if (ec != EC_GONE)
		return identity_ours(ec, e);
	why = *e;
	errno = 0;
	(void)fail(e, EC_TEMP,
	    "our AWS credential (%s) runs out, and there is no new one: %.200s",
	    old->source, why.what);
	return fix(e, "%s",
	    why.fix[0] != '\0' ? why.fix : "see what became of that source");
}

enum ec
identity_valid(const struct aws_cred *c, int64_t now, struct err *e)
{
	char at[CLOCK_TEXT_MAX];

	if (c->expires == 0 || c->expires > now)
		return EC_OK;
	clock_text(c->expires, at);
	errno = 0;
	(void)fail(e, EC_DENIED, "our AWS credential (%s) expired at %s",
	    c->source, at);
	return fix(e,
	    "get a new one from there, and check this host's clock "
	    "(timedatectl)");
}

enum ec
identity_refresh(const struct aws_env *env, int64_t offset, struct aws_cred *c,
    struct err *e)
{
	const int64_t now = provider_now(env) + offset;
	struct aws_cred fresh = { .key_id = "" };
	enum ec ec;

	if (c->from == NULL || !identity_due(c, now))
		return EC_OK;
	ec = identity_again(env, c, &fresh, e);
	if (ec != EC_OK && !identity_good(c, now))
		return ec;
	if (ec == EC_OK) {
		aws_cred_free(c);
		*c = fresh;
	}
	c->again = now + IDENTITY_PAUSE_MS;
	return identity_valid(c, now, e);
}
