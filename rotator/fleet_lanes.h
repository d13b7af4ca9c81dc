/*
 * fleet_lanes: several identities at a time, one thread each.
 *
 * A lane is an app of its own, for one thread: its way to the network process,
 * its sessions, its world. Configuration, seal, accounts, log and state belong
 * to the app it was made of; the state takes turns (store_shared.h). One lane
 * is no thread at all.
 */
#ifndef ROTATOR_FLEET_LANES_H
#define ROTATOR_FLEET_LANES_H

#include "rotator/app.h"
#include "rotator/fleet_turns.h"

/* Gives every item of the line its turn, n at a time. a is not to be used
 * meanwhile. EC_OK also when items failed; else no lane could be made, or the
 * class of the failure that ends all. */
MUST enum ec fleet_lanes(
    struct app *a, struct turns *l, size_t n, struct err *e);

#endif
