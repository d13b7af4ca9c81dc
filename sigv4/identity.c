/*
 * identity: the order of the search, and what a credential is. To add a
 * provider: one file, one line in the table.
 */
#include "sigv4/identity.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "sigv4/providers.h"

static const char *
process_env(void *ctx, const char *name)
{
	(void)ctx;
	return getenv(name);
}

const struct aws_env aws_env_process = {
	.env = process_env,
	.ctx = NULL,
	.profile = NULL,
	.net = NULL,
};

const struct provider *const providers[] = {
	&provider_env,
	&provider_profile,
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

static enum ec
fail_nothing(struct err *e)
{
	char list[160] = "";

	for (size_t i = 0; providers[i] != NULL; i++)
		(void)snprintf(list + strlen(list), sizeof(list) - strlen(list),
		    "%s%s", i > 0 ? ", " : "", providers[i]->name);
	errno = 0; /* no system call failed */
	(void)fail(e, EC_DENIED,
	    "no AWS credential of our own found; "
	    "looked at: %s",
	    list);
	return fix(e,
	    "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or "
	    "write a profile into ~/.aws/credentials and name it "
	    "in AWS_PROFILE");
}

enum ec
identity_load(const struct aws_env *env, struct aws_cred *ret, struct err *e)
{
	enum ec ec;

	for (size_t i = 0; providers[i] != NULL; i++) {
		ec = providers[i]->load(env, ret, e);
		if (ec != EC_GONE)
			return ec;
	}
	return fail_nothing(e);
}
