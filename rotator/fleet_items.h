/*
 * fleet_items: which identities there are, where each stands, and which get a
 * turn in this run; and what the due dates in the store were made from.
 */
#ifndef ROTATOR_FLEET_ITEMS_H
#define ROTATOR_FLEET_ITEMS_H

#include "rotator/app.h"
#include "rotator/fleet_turns.h"

struct fleet_items {
	struct fleet_item *at; /* owned; one an identity, as configured */
	size_t n, wanted;
	bool under_way; /* some rotation is not over */
	bool changed;   /* a due date in the store is out of date */
	char ages[65];  /* what they are made from now */
};
void auto_fleet_items(struct fleet_items *f);

/* Reads the store, once. EC_USAGE: a named identity does not exist. */
MUST enum ec fleet_items(struct app *a, struct fleet_items *ret, struct err *e);
/* Every identity was looked at: the due dates are of now. */
MUST enum ec fleet_items_seen(
    struct app *a, const struct fleet_items *f, struct err *e);

#endif
