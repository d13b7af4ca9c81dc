/*
 * joint: from values in a file to a pair, and back; also of one value,
 * user:password, as the tables of mail software hold it. There the user name
 * ends at the first colon.
 */
#ifndef CLIENTS_JOINT_H
#define CLIENTS_JOINT_H

#include "clients/client.h"

/*
 * The pair in value: user "" for nothing, pass NULL for no password.
 * EC_CONFLICT as of smtp_cred_from(), with `where` and `key` in the message.
 */
MUST enum ec joint_split(const struct buf *value, const char *where,
    const char *key, struct smtp_cred *ret, struct err *e);

/* The same of two values; EC_CONFLICT with `where` only. */
MUST enum ec joint_pair(const struct buf *user, const struct buf *pass,
    const char *where, struct smtp_cred *ret, struct err *e);

/* Adds "user:password" to ret. */
MUST enum ec joint_join(
    const struct smtp_cred *cred, struct buf *ret, struct err *e);

#endif
