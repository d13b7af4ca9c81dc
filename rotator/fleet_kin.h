/* fleet_kin: identities with clients that write the same thing as a whole must
 * take turns: the later write would be made from what the earlier one found. */
#ifndef ROTATOR_FLEET_KIN_H
#define ROTATOR_FLEET_KIN_H

#include "rotator/fleet_turns.h"

/* Numbers the items, one for each identity of c and in that order. EC_NOMEM. */
MUST enum ec fleet_kin(
    const struct config *c, struct fleet_item *items, size_t n, struct err *e);

#endif
