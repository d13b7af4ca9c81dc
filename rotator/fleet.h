/*
 * fleet: many identities, several at a time, each on its own: what fails or
 * waits for one never keeps another from its turn. In what order:
 * fleet_turns.h.
 */
#ifndef ROTATOR_FLEET_H
#define ROTATOR_FLEET_H

#include <stdbool.h>

#include "rotator/app.h"
#include "rotator/fleet_turns.h"

struct fleet {
	struct fleet_result *results; /* owned; one per identity looked at */
	size_t n;
};

/*
 * Drives every identity that is due or named. With args->wait each is driven
 * until its new pair is pushed and verified, or the time is over. Returns the
 * gravest class of all (see main.c's table of exit codes), EC_OK when nothing
 * was due: then no lease was taken, no credential loaded, no call made.
 */
MUST enum ec fleet_run(struct app *a, struct fleet *ret, struct err *e);
void fleet_free(struct fleet *f);
void auto_fleet(struct fleet *f);

/* Which of two outcomes the exit code should tell. */
enum ec fleet_graver(enum ec a, enum ec b);

#endif
