/*
 * imds: questions to the metadata service of an EC2 instance. Only with a
 * session token (IMDSv2): without one any web application that can be made to
 * fetch an address gives the credential away, so there is no way back to
 * version 1 here.
 *
 * Source: "Use the Instance Metadata Service", EC2 User Guide; botocore
 * utils.py, IMDSFetcher (one second, one attempt, unless told otherwise).
 */
#ifndef SIGV4_IMDS_H
#define SIGV4_IMDS_H

#include "base/buf.h"
#include "base/http.h"
#include "sigv4/identity.h"

struct imds {
	const struct aws_env *env;
	struct profile *profile; /* owned, or NULL */
	struct buf base, header; /* address with its last '/'; the token */
	int64_t timeout_ms;
	int attempts;
};
void auto_imds(struct imds *m);

/* Where it is, by environment and profile. EC_CONFIG. No call. */
MUST enum ec imds_open(
    const struct aws_env *env, struct imds *ret, struct err *e);
/*
 * A token for imds_get(). EC_GONE with text and remedy: there is no such
 * service, it does not answer, or it knows no version 2. EC_PROTO: what
 * answers is none.
 */
MUST enum ec imds_token(struct imds *m, struct err *e);
/* EC_OK: a reply, whatever its status. path begins without '/'. */
MUST enum ec imds_get(const struct imds *m, const char *path, const char *more,
    struct http_reply *ret, struct err *e);
/* For EC_GONE: there is none, and here is why. */
enum ec imds_none(const char *what, int status, const char *how, struct err *e);

#endif
