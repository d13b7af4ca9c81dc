/* fleet_drive: one identity's turn: as far as it can go now, or with --wait
 * until its new pair is at every client. */
#ifndef ROTATOR_FLEET_DRIVE_H
#define ROTATOR_FLEET_DRIVE_H

#include "rotator/app.h"
#include "rotator/fleet_turns.h"

/* Fills in the item's res, state and trouble, and logs a failure. For the one
 * thread that a belongs to. */
void fleet_drive(struct app *a, struct fleet_item *it);

/* Under way and blocked, going back, or with clients that failed when last
 * tried. */
bool fleet_troubled(const struct rec *r);

#endif
