/*
 * adopt: a person says which key is in use when we cannot know: at the first
 * meeting with a user that has two keys, after the state was lost, after the
 * user was made again, when both keys of a rotation were deleted. Reads the
 * facts from IAM and from the clients; changes nothing but our own record.
 */
#ifndef ROTATOR_ADOPT_H
#define ROTATOR_ADOPT_H

#include "rotator/rotation.h"

/*
 * current: the key in use, or NULL when there is only one. retire: the other
 * one, which then goes like any old key; or NULL. EC_USAGE: it is not clear,
 * or a rotation is under way that can go on; names keys and remedies. On any
 * failure the stored record is as before.
 */
MUST enum ec adopt_keys(
    struct rotation *r, const char *current, const char *retire, struct err *e);

#endif
