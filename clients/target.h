/*
 * target: the file or the two files that hold a credential, opened, changed
 * and looked at as one thing.
 *
 * Two files cannot change in one instant. Both are read and checked, and the
 * new contents of both are on disk under other names, before either is
 * changed; then one rename follows the other, the password first. A failure
 * in between puts the first one back. A crash in between leaves the new
 * password with the old user name: the engine takes that for the old pair,
 * and its next write ends it.
 */
#ifndef CLIENTS_TARGET_H
#define CLIENTS_TARGET_H

#include "clients/client.h"
#include "clients/form.h"

struct target {
	struct form form;
	unsigned mode;     /* of a file that did not exist */
	const char *owner; /* likewise; name or number, NULL: we */
	const char *group;
	bool in_place;        /* see file_in_place() */
	const char *undo_dir; /* NULL: beside the file */
	bool immutable;       /* see FILE_IMMUTABLE */
};

/* Do these settings go together, and are owner and group known? EC_CONFIG. */
MUST enum ec target_check(const struct target *t, struct err *e);

/* Tries the change with a pair of the right form, and throws it away. Fills
 * ret->change and ret->warning. Classes as client.h says. */
MUST enum ec target_plan(const struct target *t, const struct client *c,
    struct client_plan *ret, struct err *e);

/* As read() and write() of a driver. Both put right first what a crash has
 * left of a write in place. */
MUST enum ec target_read(
    const struct target *t, struct smtp_cred *ret, struct err *e);
MUST enum ec target_write(const struct target *t, const struct client *c,
    const struct smtp_cred *cred, struct err *e);

#endif
