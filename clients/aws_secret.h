/*
 * aws_secret: the current value of a secret in Secrets Manager, and its
 * replacement as a compare-and-swap.
 *
 * A new value is stored under a label of our own, where no consumer looks;
 * then the label AWSCURRENT is moved to it from the very version that was
 * read. Secrets Manager refuses the move when AWSCURRENT is elsewhere by now
 * ("UpdateSecretVersionStage", RemoveFromVersionId:
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/), so what
 * somebody else wrote meanwhile is never displaced.
 */
#ifndef CLIENTS_AWS_SECRET_H
#define CLIENTS_AWS_SECRET_H

#include "base/buf.h"
#include "clients/aws_json.h"

#define AWS_SECRET_MAX 65536 /* bytes, "PutSecretValue", SecretString */

struct aws_secret {
	struct buf text;  /* SecretString */
	char version[65]; /* id of the version with AWSCURRENT */
};
void auto_aws_secret(struct aws_secret *s);

/* Owned by the caller. EC_GONE: no such secret, or it is to be deleted;
 * EC_CONFLICT: its value is binary. */
MUST enum ec aws_secret_get(
    const struct aws_object *o, struct aws_secret *ret, struct err *e);

/*
 * text becomes the value in place of what was read. May be repeated: a repeat
 * with the same key_id finds the version that the first one stored. EC_OK and
 * nothing done when the value is text already. EC_TEMP: somebody wrote
 * meanwhile; theirs stays. EC_CONFLICT: the secret is not ours to write.
 */
MUST enum ec aws_secret_put(const struct aws_object *o,
    const struct aws_secret *was, const struct buf *text, const char *key_id,
    struct err *e);

/* Is anything in the way of aws_secret_put() that can be seen by reading? Its
 * own rotation (EC_CONFLICT), deletion (EC_GONE), another owner (EC_CONFLICT),
 * being a replica (EC_CONFIG). */
MUST enum ec aws_secret_look(const struct aws_object *o, struct err *e);

#endif
