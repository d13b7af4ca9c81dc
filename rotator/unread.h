/*
 * unread: a configuration that is told from another one without being read.
 *
 * What an earlier run found in a configuration still holds while nothing has
 * changed that it was drawn from. unread_sum() is a digest over all of that:
 *   - the program's version, and the user it ran as;
 *   - of the main file, the directory of drop-ins and each name in it: device,
 *     inode, mode, owner, size, and both times to the nanosecond, taken before
 *     they were read;
 *   - the state directory, as the configuration names it;
 *   - whatever the caller adds.
 * No environment variable and no other file has a part in what a configuration
 * means.
 *
 * Two changes of a file within one tick of its file system's clock look like
 * one. So nothing may be kept while a file's last change is younger than that
 * (the answer of git to the same question: Documentation/technical/
 * racy-git.txt).
 *
 * Where the store is stands in the configuration, which is not to be read.
 * The guess of config_state_guess() may be wrong without harm: in another
 * directory there is no value with this digest, because the digest has the
 * directory that the very same files were found to name when they were read.
 *
 * It does not matter who could write such a value: it lies in our own
 * directory, beside the records themselves.
 */
#ifndef ROTATOR_UNREAD_H
#define ROTATOR_UNREAD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* Coarser than the clock of any file system (FAT: 2 s) and its lag. */
#define UNREAD_GRAIN_MS ((int64_t)5 * 1000)
#define UNREAD_SUM      65 /* hex and NUL */

struct unread {
	bool seen;              /* the files could be looked at */
	int64_t now;            /* the moment before the first of them was */
	int64_t changed;        /* the latest change of any of them, ms */
	char files[UNREAD_SUM]; /* digest of what was seen */
	char state[4096];       /* where the store seems to be */
};

/* Before it is read. Cannot fail: seen is false then. */
void unread_look(const char *path, int64_t now, struct unread *ret);
/* Seen, and old enough: what is found when it is read now may be kept. */
bool unread_lasts(const struct unread *u);
/* state: u->state to compare, that of the configuration to keep. */
MUST enum ec unread_sum(const struct unread *u, const char *state,
    const char *more, char ret[UNREAD_SUM], struct err *e);

#endif
