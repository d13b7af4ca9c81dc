/* fleet_progress: what a person sees while many identities have their turns. */
#ifndef ROTATOR_FLEET_PROGRESS_H
#define ROTATOR_FLEET_PROGRESS_H

#include "rotator/app.h"
#include "rotator/fleet_turns.h"

/* May a line that changes be drawn where the log goes? */
bool fleet_progress_fits(const struct log *l);
/* Draws it until all is over, and takes it away again. */
void fleet_progress(const struct log *l, struct turns *turns);

/* The line, of at most width columns: done and all, a bar, the rate, failures,
 * and who is at it. For tests. */
void fleet_progress_text(const struct fleet_counts *c, int64_t ms,
    const char *const *names, size_t n, size_t width, char *ret, size_t size);

#endif
