/*
 * target: the file or the two files that hold a credential, opened, changed
 * and looked at as one thing.
 *
 * Two files cannot change in one instant. Both are read and checked, and the
 * new contents of both are on disk under other names, before either is
 * changed; then one rename follows the other, the password first. When the
 * second cannot follow, the first one is put back. A crash in between leaves
 * the new password with the old user name: the engine takes that for the old
 * pair, and its next write ends it.
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

/* Do these settings go together? EC_CONFIG. Pure: whether owner and group are
 * known shows in the plan, and no failed lookup keeps other clients waiting. */
MUST enum ec target_check(const struct target *t, struct err *e);

/* Tries the change with a pair of the right form, and throws it away. Fills
 * ret->change and ret->warning. Classes as client.h says. */
MUST enum ec target_plan(const struct target *t, const struct client *c,
    struct client_plan *ret, struct err *e);

/* As read() of a driver. Behind a write in place that a crash has cut off, as
 * long as its record is there, ret has the user name but no password: what a
 * consumer finds is not certain, and the next write is what ends it. */
MUST enum ec target_read(
    const struct target *t, struct smtp_cred *ret, struct err *e);

/* As write() of a driver. Puts right first what a crash has left of a write
 * in place. EC_UNKNOWN: the new pair is there, but not for sure after a power
 * cut; or, with two files, neither forward nor back was possible: the message
 * names what may be mixed. */
MUST enum ec target_write(const struct target *t, const struct client *c,
    const struct smtp_cred *cred, struct err *e);

#endif
