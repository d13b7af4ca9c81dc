/*
 * sts: temporary credentials for a role, from AWS STS.
 *
 * Source: AssumeRole and AssumeRoleWithWebIdentity, AWS STS API Reference,
 * https://docs.aws.amazon.com/STS/latest/APIReference/
 */
#ifndef SIGV4_STS_H
#define SIGV4_STS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "sigv4/identity.h"

#define STS_SESSION      "ses-smtp-rotator"
#define STS_DURATION_MIN 900
#define STS_DURATION_MAX 43200

struct sts_role {
	const char *arn;
	const char *session;     /* name in AWS's logs; NULL: STS_SESSION */
	const char *external_id; /* or NULL */
	int64_t duration_s;      /* 0: what STS takes for granted, one hour */
	const char *where;       /* "profile x in FILE", for messages */
};

/* Are these such as STS takes? EC_CONFIG, says which is not. No call. */
MUST enum ec sts_role_check(const struct sts_role *r, struct err *e);
/*
 * What the ARN of a role says: "arn:aws:iam::123456789012:role/path/name",
 * where aws may be another partition. False: it is not of that form.
 * Source: "IAM identifiers" and "IAM and AWS STS quotas", IAM User Guide.
 */
struct sts_arn {
	char partition[16];
	char account[13];
	const char *role; /* in the text: path and name */
};
MUST bool sts_arn_read(const char *arn, struct sts_arn *ret);

/* "3600" in seconds, as in the shared files; NULL: 0. EC_CONFIG. */
MUST enum ec sts_duration(
    const char *text, const char *where, int64_t *ret, struct err *e);

/*
 * One call to STS of this region (NULL: as aws_open() finds it), with the
 * endpoints and time of env, signed as `as`. *ret has an end and nobody who
 * renews it; on failure it is untouched. May be repeated: each answer is a new
 * credential, the old ones stay good until they expire. EC_DENIED: the role
 * may not be assumed; EC_CONFIG: an argument that STS cannot take; EC_PROTO:
 * no answer of STS; EC_TEMP; all else as aws_do().
 */
MUST enum ec sts_assume_role(const struct aws_env *env, const char *region,
    const struct aws_cred *as, const struct sts_role *r, struct aws_cred *ret,
    struct err *e);

/* The same for the bearer of a token (a JWT) of an identity provider; the
 * call is not signed. external_id is not for this call. */
MUST enum ec sts_web_identity(const struct aws_env *env, const char *region,
    const struct buf *token, const struct sts_role *r, struct aws_cred *ret,
    struct err *e);

#endif
