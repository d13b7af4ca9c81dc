/*
 * app_reach: what the app lends to the drivers of network services: the net,
 * and one AWS session a role and region, opened when a driver first asks.
 */
#ifndef ROTATOR_APP_REACH_H
#define ROTATOR_APP_REACH_H

#include "rotator/app.h"

/* Makes it ready to be lent. Opens nothing. */
void app_reach(struct app *a);
/* And lends it to every client of the configuration, which was read. */
void app_reach_all(struct app *a);

/* The session of this app, of its one thread, for whom the identity says (NULL:
 * ourselves) in that region (NULL: the default); opened when first asked for.
 * Its credential comes with the first call. As aws_open() and accounts_get().
 */
MUST enum ec app_session(struct app *a, const struct identity_conf *id,
    const char *region, struct aws **ret, struct err *e);

/* One for a store, as ourselves, which the caller closes before this app is
 * closed. It shares no connection with the others: lanes ask the store while
 * somebody else is at those. */
MUST enum ec app_store_session(
    struct app *a, const char *region, struct aws **ret, struct err *e);

/* Closes the sessions. Nothing may be asked for afterwards. */
void app_reach_close(struct app *a);

#endif
