/*
 * app_reach: what the app lends to the drivers of network services: the net,
 * and one AWS session a region, opened when a driver first asks.
 */
#ifndef ROTATOR_APP_REACH_H
#define ROTATOR_APP_REACH_H

#include "rotator/app.h"

/* Makes it ready to be lent. Opens nothing. */
void app_reach(struct app *a);
/* And lends it to every client of the configuration, which was read. */
void app_reach_all(struct app *a);

/* Closes the sessions. Nothing may be asked for afterwards. */
void app_reach_close(struct app *a);

#endif
