/*
 * app_accounts: whom we are to AWS, for each identity: ourselves, or a role in
 * an account of its own. Each is opened once in the process, whichever lane
 * asks first, and shared by all (account.h).
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

/* Of any thread. NULL: ourselves. Identities with the same role and external
 * id get the same. EC_CONFIG: no such role can be; EC_NOMEM. */
MUST enum ec accounts_get(struct accounts *a, const struct identity_conf *id,
    struct aws_account **ret, struct err *e);
/* There is a credential for it, or one is fetched now: aws_account_ready().
 * What is wrong with it is then no failure of a rotation under way. */
MUST enum ec accounts_ready(struct accounts *a, const struct identity_conf *id,
    struct net *n, struct err *e);
const struct aws_env *accounts_env(const struct accounts *a);

#endif
