/*
 * quiet: how a run with nothing to do knows so at once, whatever the size of
 * the fleet. quiet.c says why what it relies on cannot hide anything.
 */
#ifndef ROTATOR_QUIET_H
#define ROTATOR_QUIET_H

#include <stdbool.h>
#include <stdint.h>

#include "rotator/app.h"
#include "rotator/unread.h"

/* Where it is kept in a store. */
#define QUIET_KEY "quiet"
/* A look is good for so long, whatever it saw. */
#define QUIET_LONGEST_MS ((int64_t)24 * 3600 * 1000)
struct quiet {
	bool asked;         /* a plain run, whose files could be looked at */
	struct unread seen; /* of the configuration; also when not asked */
};

/*
 * Before the configuration is read. True: an earlier run looked at everything
 * and found nothing due until later than now, nothing has changed since, and
 * *ret is how that run ended (EC_OK or EC_LATER). No file but the main one was
 * read, one look was taken at the database, nothing was opened in a.
 * False: not known, for whatever reason; q is then ready for quiet_keep().
 */
bool quiet_look(
    const struct app *a, int64_t now, struct quiet *q, enum ec *ret);

/*
 * After a run that drove nothing and ended so, with configuration and store
 * still open in a: looks at every row and keeps, in the store, until when the
 * next runs may rest. Keeps nothing, with EC_OK, when that is now or cannot be
 * told. Its failure does no harm: the next run looks at everything again.
 */
MUST enum ec quiet_keep(
    struct app *a, const struct quiet *q, enum ec ended, struct err *e);

#endif
