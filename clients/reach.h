/*
 * reach: asks for what a driver may not open by itself. EC_BUG when the caller
 * of the driver lent nothing; else the errors of net_new() and aws_open().
 */
#ifndef CLIENTS_REACH_H
#define CLIENTS_REACH_H

#include "base/net.h"
#include "clients/client.h"
#include "sigv4/aws.h"
#include "sigv4/sts.h"

/* *ret stays the lender's. May be repeated: it is the same one. */
MUST enum ec reach_net(const struct client *c, struct net **ret, struct err *e);
/* as NULL: our own AWS identity. */
MUST enum ec reach_aws(const struct client *c, const struct sts_role *as,
    const char *region, struct aws **ret, struct err *e);

/* NULL when unset, or when nothing was lent. */
const char *reach_env(const struct client *c, const char *name);

/* Wall clock in ms, for assertions that expire; 0 when nothing was lent. */
int64_t reach_wall(const struct client *c);

/* For helpers that poll a service for a bounded time, never for drivers. */
void reach_sleep(const struct client *c, int64_t ms);

#endif
