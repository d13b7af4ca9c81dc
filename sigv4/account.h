/*
 * account: what all sessions of one AWS account share: the credential, the
 * tries that are left, the pace. Safe for several threads: there is a mutex
 * inside, which is never held while a credential is fetched or time passes.
 * A session (struct aws) stays for one thread, and has a net of its own.
 *
 * A credential is fetched and renewed by one thread at a time, by the rules
 * of identity_refresh(). The others go on with the old one while it is good
 * enough, and wait otherwise. There may be more roles than locked memory has
 * room for credentials: those longest not used are forgotten then, and fetched
 * again when they are needed.
 */
#ifndef SIGV4_ACCOUNT_H
#define SIGV4_ACCOUNT_H

#include "base/err.h"
#include "base/net.h"
#include "sigv4/identity.h"
#include "sigv4/sts.h"

struct aws_account;

/* Who we are ourselves: identity_load(env), at the first use. env is kept by
 * reference, and its functions are called by several threads; its net is not
 * used, but that of the session which comes first. No call is made here. */
MUST enum ec aws_account_open(
    const struct aws_env *env, struct aws_account **ret, struct err *e);
/* Whoever as says, copied; it is not renewed. Without a secret in it nothing
 * is signed. */
MUST enum ec aws_account_open_as(const struct aws_env *env,
    const struct aws_cred *as, struct aws_account **ret, struct err *e);
/*
 * A role, assumed at the first use and again before it ends, with the
 * credential of base, which may itself be a role, is kept by reference and
 * must be closed later. *r is copied; r->where names the place that asks for
 * it, for errors. region: whose STS is asked, and that of its sessions
 * unless they name another; NULL: as aws_open() finds it.
 * No call is made here. EC_CONFIG as sts_role_check().
 */
MUST enum ec aws_account_open_role(struct aws_account *base, const char *region,
    const struct sts_role *r, struct aws_account **ret, struct err *e);
/* NULL is fine. No session may use it any more. */
void aws_account_close(struct aws_account *a);
void auto_aws_account(struct aws_account **a);

/*
 * There is a credential that is good, or it is fetched now through n. Each
 * call of a session begins with that anyway. EC_DENIED: no credential, the
 * role may not be assumed, or it has expired; all else as identity_load() and
 * sts_assume_role(). A failure is repeated without a call for a minute, one
 * that may pass for 5 s: what is wrong with an account is asked once, not by
 * each of its identities.
 */
MUST enum ec aws_account_ready(
    struct aws_account *a, struct net *n, struct err *e);

struct aws_account_stats {
	unsigned calls;     /* HTTP requests */
	unsigned retries;   /* of these, after a failure */
	unsigned throttled; /* of these, refused for their number */
	unsigned loads;     /* credentials fetched */
	int quota;          /* tries left, of the service with the fewest */
	int64_t waited;     /* ms for the pace, of all threads together */
	double rate;        /* calls a second, of the slowest service; 0: no
			     * limit is known */
};
void aws_account_stats(struct aws_account *a, struct aws_account_stats *ret);

#endif
