/*
 * spawn_user: a program that needs less than we have runs as somebody else.
 */
#ifndef BASE_SPAWN_USER_H
#define BASE_SPAWN_USER_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

struct spawn_user {
	bool other; /* else nothing is changed */
	uid_t uid;
	gid_t gid;
};

/*
 * Who that is; name: of an account, or its number (then its group has the same
 * one, unless there is such an account); NULL: we ourselves. Changes nothing;
 * may be repeated. EC_CONFIG: no such account, or we are not root and it is
 * somebody else. EC_TEMP: could not be looked up now. EC_NOMEM.
 */
MUST enum ec spawn_user_find(
    const char *name, struct spawn_user *ret, struct err *e);

/* In the child, before exec: that user and his first group, no other groups,
 * and no way back up through set-id programs. False: errno tells why. Only
 * async-signal-safe calls. */
bool spawn_user_become(const struct spawn_user *u);

#endif
