/*
 * identity: our own AWS identity, found as the AWS SDKs find it.
 *
 * One file a provider, each a const struct provider; identity_load() asks
 * them in the table's order. A provider has no HTTP, no retry and no clock of
 * its own: what it needs comes in struct aws_env, provider_fetch.c and sts.h.
 */
#ifndef SIGV4_IDENTITY_H
#define SIGV4_IDENTITY_H

#include <stdbool.h>
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
	char source[256];      /* for people: "profile rotator in /root/.aws/
				* credentials"; no secret */
	const struct provider *from; /* who has a new one; NULL: nobody */
	int64_t again;               /* ms: not renewed before; 0: any time */
};
void aws_cred_free(struct aws_cred *c);
void auto_aws_cred(struct aws_cred *c);
/* A copy that nobody renews. On failure *ret is untouched. */
MUST enum ec aws_cred_dup(
    const struct aws_cred *c, struct aws_cred *ret, struct err *e);

/* Where the providers look. Environment and time come through here only, so
 * that tests and per-identity profiles need no setenv and no waiting. */
struct aws_env {
	const char *(*env)(void *ctx, const char *name); /* NULL when unset */
	int64_t (*now)(void *ctx);            /* ms; NULL: clock_wall() */
	void (*sleep)(void *ctx, int64_t ms); /* NULL: clock_sleep() */
	void *ctx;
	const char *profile; /* named on our command line or in our
			      * configuration; switches the environment
			      * provider off. NULL: AWS_PROFILE or default */
	struct net *net;     /* NULL: what needs one fails, EC_BUG */
	int64_t process_ms;  /* for a credential_process; 0: a minute */
};
extern const struct aws_env aws_env_process; /* getenv; net NULL */

struct provider {
	const char *name; /* "environment", "container" */
	bool of_profile;  /* also asked for a source_profile */
	/* EC_GONE: nothing here, ask the next; with a remedy it is told to
	 * people when nobody else has one. Any other failure stops the
	 * search: half a credential is never replaced by another one. */
	MUST enum ec (*load)(
	    const struct aws_env *env, struct aws_cred *ret, struct err *e);
};
extern const struct provider *const providers[]; /* NULL ends */

/*
 * The first credential in the order of providers[], that of the AWS SDKs.
 * EC_DENIED: there is none (with the places looked at), or it was refused to
 * us. EC_CONFIG, EC_TEMP, EC_PROTO: a provider is meant and fails.
 */
MUST enum ec identity_load(
    const struct aws_env *env, struct aws_cred *ret, struct err *e);

/*
 * For use before each call: a credential with less than 15 minutes left is
 * replaced by a new one of the same provider. If that fails, the old one stays
 * as long as it has 10 minutes left; then the provider's failure is returned
 * and *c is untouched. EC_DENIED: it has expired and so has what the provider
 * gave instead. offset: what our clock is behind that of AWS, in ms.
 *
 * Source: "Refreshing credentials" in botocore credentials.py,
 * RefreshableCredentials.
 */
MUST enum ec identity_refresh(const struct aws_env *env, int64_t offset,
    struct aws_cred *c, struct err *e);

/* The same in parts, for who shares one (account.h); now is AWS's time, ms. */
/* Some providers hand out the same credential until minutes before its end;
 * they are not asked before each single call. */
#define IDENTITY_PAUSE_MS (INT64_C(60) * 1000)
/* Is it time for a new one, and was none asked for in the last minute? */
bool identity_due(const struct aws_cred *c, int64_t now);
/* May one go on with it when there is no new one? */
bool identity_good(const struct aws_cred *c, int64_t now);
/* A new one from where old came. EC_TEMP: none is there any more. */
MUST enum ec identity_again(const struct aws_env *env,
    const struct aws_cred *old, struct aws_cred *ret, struct err *e);
/* EC_DENIED: it has expired. */
MUST enum ec identity_valid(
    const struct aws_cred *c, int64_t now, struct err *e);
/* EC_AUTH is what SES says about the credential that is rotated; a service
 * that refuses us is EC_DENIED. */
enum ec identity_ours(enum ec ec, struct err *e);

#endif
