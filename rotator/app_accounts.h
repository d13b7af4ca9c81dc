/*
 * app_accounts: whom we are to AWS, for each identity and each client of an AWS
 * store: ourselves, or a role in an account of its own. Each is opened once in
 * the process, whichever lane asks first, and shared by all (account.h).
 */
#ifndef ROTATOR_APP_ACCOUNTS_H
#define ROTATOR_APP_ACCOUNTS_H

#include "rotator/config.h"
#include "sigv4/account.h"

struct accounts;

/* profile: of ourselves, by reference; NULL: the environment's. Makes no call
 * and looks for no credential. EC_NOMEM. */
MUST enum ec accounts_open(
    const char *profile, struct accounts **ret, struct err *e);
/* No session may use any of them any more; NULL is fine. */
void accounts_close(struct accounts *a);

/*
 * Of any thread. NULL: ourselves. Whoever names the same role and external id
 * gets the same: identities, and clients of AWS stores. The first of them is
 * the one that its errors name (where), and its region that whose STS is asked
 * (NULL: as aws_open() finds it). ARN and external id are kept by reference.
 * EC_CONFIG: no such role can be; EC_NOMEM.
 */
MUST enum ec accounts_get(struct accounts *a, const struct sts_role *as,
    const char *region, struct aws_account **ret, struct err *e);
/* That of an identity; NULL: ourselves. */
MUST enum ec accounts_of(struct accounts *a, const struct identity_conf *id,
    struct aws_account **ret, struct err *e);
/* There is a credential for it, or one is fetched now: aws_account_ready().
 * What is wrong with it is then no failure of a rotation under way. */
MUST enum ec accounts_ready(struct accounts *a, const struct identity_conf *id,
    struct net *n, struct err *e);
const struct aws_env *accounts_env(const struct accounts *a);

#endif
