/*
 * provider_static: a credential given as texts, checked before use. These
 * texts end in HTTP headers, so a line break in one is an injection.
 */
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/clock.h"
#include "sigv4/providers.h"

const char *
provider_getenv(const struct aws_env *env, const char *name)
{
	const char *v = env->env(env->ctx, name);

	return v != NULL && *v != '\0' ? v : NULL;
}

int64_t
provider_now(const struct aws_env *env)
{
	return env->now != NULL ? env->now(env->ctx) : clock_wall();
}

void
provider_sleep(const struct aws_env *env, int64_t ms)
{
	if (env->sleep != NULL)
		env->sleep(env->ctx, ms);
	else
		clock_sleep(ms);
}

/* Also keeps pasted quotation marks of word processors and no-break spaces
 * out. */
bool
provider_clean(const char *s)
{
	const char *p = s;

	for (; *p != '\0'; p++)
		if (*p <= ' ' || *p > '~')
			return false;
	return p != s;
}

/* "/" and "," would break the Authorization header apart. Longer and shorter
 * ids than those of AWS exist in sandboxes. */
static bool
is_key_id(const char *s)
{
	return *s != '\0' && strlen(s) < KEY_ID_MAX && provider_clean(s) &&
	    strpbrk(s, "/,=\"") == NULL;
}

static enum ec
check(const char *key_id, const char *secret, const char *token,
    const char *where, struct err *e)
{
	if (key_id == NULL || secret == NULL) {
		(void)fail(e, EC_CONFIG, "%s: half a credential: %s is missing",
		    where,
		    key_id == NULL ? "the access key id"
				   : "the secret access key");
		return fix(e, "give both, or neither");
	}
	if (!is_key_id(key_id))
		(void)fail(e, EC_CONFIG, "%s: this is no access key id", where);
	else if (!provider_clean(secret))
		(void)fail(e, EC_CONFIG,
		    "%s: the secret access key holds a "
		    "space or a control character",
		    where);
	else if (token != NULL && !provider_clean(token))
		(void)fail(e, EC_CONFIG,
		    "%s: the session token holds a space "
		    "or a control character",
		    where);
	else
		return EC_OK;
	return fix(e, "copy it again, without quotation marks or line breaks");
}

static enum ec
fill(struct aws_cred *c, const char *secret, const char *token, struct err *e)
{
	TRY(secret_new(secret, strlen(secret), &c->secret, e));
	if (token != NULL)
		TRY(secret_new(token, strlen(token), &c->token, e));
	return EC_OK;
}

enum ec
provider_static(const char *key_id, const char *secret, const char *token,
    const char *where, struct aws_cred *ret, struct err *e)
{
	struct aws_cred c = { .key_id = "" };
	enum ec ec;

	TRY(check(key_id, secret, token, where, e));
	(void)snprintf(c.key_id, sizeof(c.key_id), "%s", key_id);
	(void)snprintf(c.source, sizeof(c.source), "%s", where);
	ec = fill(&c, secret, token, e);
	if (ec == EC_OK)
		*ret = c;
	else
		aws_cred_free(&c);
	return ec;
}
