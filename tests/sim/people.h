/*
 * people: everybody else: operators, administrators, a controller like
 * Terraform, a second rotator's machine, configuration management; they do
 * something at the wrong moment, and in the end put things in order.
 */
#ifndef SIM_PEOPLE_H
#define SIM_PEOPLE_H

#include "dice.h"
#include "world.h"

extern const char *const people_names[]; /* NULL at the end */

/* A client of a random kind. */
void people_shape(struct sim *w, struct dice *d, size_t i);
/* One of them does something, if it is possible now. */
void people_meddle(struct sim *w, struct dice *d);
/* The same while a process is frozen (w->meanwhile; its ctx is the dice). */
void people_meanwhile(struct sim *w);
/* Two of them that come by too seldom: false when it is not possible. */
bool people_adopt(struct sim *w, struct dice *d);
bool people_use_orphan(struct sim *w, struct dice *d);
/* What the controller does between two runs. */
void people_control(struct sim *w, struct dice *d);
/* From here on nobody meddles: clocks, accounts, users are right again. */
void people_calm(struct sim *w);
/* What the alarm asks for is done, and more. */
void people_mend(struct sim *w, struct dice *d);

#endif
