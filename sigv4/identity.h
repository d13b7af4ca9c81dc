/*
 * identity: our own AWS identity, found as the AWS SDKs find it.
 *
 * One file a provider, each a const struct provider; identity_load() asks
 * them in the table's order. A provider has no HTTP, no retry and no clock of
 * its own: what it needs comes in struct aws_env.
 */
#ifndef SIGV4_IDENTITY_H
#define SIGV4_IDENTITY_H

#include <stdint.h>

#include "base/err.h"
#include "base/net.h"
#include "base/secret.h"
#include "sigv4/smtp_password.h"

struct aws_cred {
	char key_id[KEY_ID_MAX];
	struct secret *secret; /* owned */
	struct secret *token;  /* owned, or NULL */
	int64_t expires;       /* ms, 0: never */
	char source[160];      /* for people: "profile rotator in /root/.aws/
				* credentials"; no secret */
};
void aws_cred_free(struct aws_cred *c);
void auto_aws_cred(struct aws_cred *c);

/* Where the providers look. Environment is read through env() only, so that
 * tests and per-identity profiles need no setenv. */
struct aws_env {
	const char *(*env)(void *ctx, const char *name); /* NULL when unset */
	void *ctx;
	const char *profile; /* named on our command line or in our
			      * configuration; switches the environment
			      * provider off. NULL: AWS_PROFILE or default */
	struct net *net;
};
extern const struct aws_env aws_env_process; /* getenv; net NULL */

struct provider {
	const char *name; /* "environment", "profile" */
	/* EC_GONE: nothing here, ask the next. Any other failure stops the
	 * search: half a credential is never replaced by another one. */
	MUST enum ec (*load)(
	    const struct aws_env *env, struct aws_cred *ret, struct err *e);
};
extern const struct provider *const providers[]; /* NULL ends */

MUST enum ec identity_load(
    const struct aws_env *env, struct aws_cred *ret, struct err *e);

#endif
