/*
 * roster: the names of a configuration's identities, in their order. A run
 * that has read it keeps them in the store, for whoever wants no more of it
 * than that: to read the configuration of ten thousand takes longer than to
 * read all that is stored about them.
 */
#ifndef ROTATOR_ROSTER_H
#define ROTATOR_ROSTER_H

#include "rotator/app.h"
#include "rotator/unread.h"

/* Where it is kept in a store. */
#define ROSTER_KEY "roster"

struct roster {
	const char **names;
	size_t n;
	struct buf text; /* what they lie in, if it is ours */
};
#define ROSTER_MAX ((size_t)64 * 1024 * 1024)
#define ROSTER                                                                 \
	{                                                                      \
		.names = NULL, .n = 0, .text = BUF(ROSTER_MAX)                 \
	}
void auto_roster(struct roster *r);

/*
 * Those that args asks for. True: they are what roster_of() would give after
 * look_open(), and a->store is open for reading; a->config was not read.
 * False: not known, for whatever reason, and nothing is open; *ret is empty.
 */
bool roster_open(struct app *a, struct roster *ret);
/* The same from the configuration, by reference. EC_NOMEM. */
MUST enum ec roster_of(const struct config *c, const struct args *args,
    struct roster *ret, struct err *e);

/*
 * After a run, with what it saw of the files before it read them; with
 * configuration and store still open in a. Writes only when they are not kept
 * yet. Keeps nothing, with EC_OK, when that is no good. Its failure does no
 * harm: the configuration is read, as it was without.
 */
MUST enum ec roster_keep(
    struct app *a, const struct unread *seen, struct err *e);

#endif
