/* plan: `rotate --dry-run`: reads everything, changes nothing anywhere. */
#ifndef ROTATOR_PLAN_H
#define ROTATOR_PLAN_H

#include "rotator/app.h"

MUST enum ec plan_run(struct app *a, struct err *e);

#endif
