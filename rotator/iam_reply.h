/*
 * iam_reply: the replies of IAM and STS, read strictly. A value that is
 * missing, doubled, too long or not of its form is EC_PROTO and nothing is
 * returned: what we take from here decides which key is deleted.
 */
#ifndef ROTATOR_IAM_REPLY_H
#define ROTATOR_IAM_REPLY_H

#include "base/buf.h"
#include "base/err.h"
#include "rotator/iam.h"

#define IAM_MARKER_MAX 1024

MUST enum ec iam_read_caller(
    const struct buf *xml, struct iam_caller *ret, struct err *e);
/* user: the name asked for; the reply must be about it (IAM compares names
 * without case). */
MUST enum ec iam_read_user(const struct buf *xml, const char *user,
    struct iam_user *ret, struct err *e);
/* Adds the keys of one page to *keys; marker is "" when it is the last. */
MUST enum ec iam_read_list(const struct buf *xml, const char *user,
    struct iam_keys *keys, char marker[IAM_MARKER_MAX], struct err *e);
MUST enum ec iam_read_new_key(const struct buf *xml, const char *user,
    struct iam_new_key *ret, struct err *e);
MUST enum ec iam_read_use(
    const struct buf *xml, struct iam_use *ret, struct err *e);
/* An action without a result: only "<ActionResponse>" is asked for. */
MUST enum ec iam_read_done(
    const struct buf *xml, const char *action, struct err *e);

#endif
