/* status: what the parts of `rotate status` share. */
#ifndef ROTATOR_STATUS_H
#define ROTATOR_STATUS_H

#include "base/clock.h"
#include "rotator/look.h"
#include "rotator/out_p.h"
#include "rotator/roster.h"

enum colour status_colour(const struct look *l);
const char *status_name(const struct look *l); /* "-": never run */
/* A span in its largest unit only. */
void status_short(int64_t ms, char ret[CLOCK_TEXT_MAX]);
/* For what it waits, in words; never empty. */
void status_waits(const struct look *l, char *ret, size_t size);
/* Cause and remedy of a blocked identity; nothing for another. */
void status_say_alarm(const struct rec *r);

/* One identity in full. */
MUST enum ec status_one(
    struct app *a, const struct identity_conf *id, struct err *e);
/* The same as JSON: of one, and of many. */
MUST enum ec status_json_one(
    struct app *a, const struct identity_conf *id, struct err *e);
MUST enum ec status_json(struct app *a, const struct roster *r, struct err *e);

#endif
