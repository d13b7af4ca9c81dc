/*
 * aws_parameter: values of the Parameter Store (AWS Systems Manager), and
 * their replacement with everything else kept: type, KMS key, tier, pattern.
 *
 * The service has no compare-and-swap. It numbers the versions of a value one
 * by one, so a put that did not get the number behind the one that was read
 * went over somebody else's ("PutParameter",
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/).
 */
#ifndef CLIENTS_AWS_PARAMETER_H
#define CLIENTS_AWS_PARAMETER_H

#include "base/buf.h"
#include "clients/aws_json.h"

#define AWS_PARAMETER_MAX 8192 /* bytes; advanced tier, the standard 4096 */

struct aws_parameter {
	cJSON *got; /* as GetParameters tells it; owned */
	const char *name, *type;
	struct buf value;
	long version;
};
void auto_aws_parameter(struct aws_parameter *p);

/* Both in one call, or one when the second name is NULL. ret[1] may be NULL
 * then. Owned by the caller. EC_GONE: no such parameter. */
MUST enum ec aws_parameter_get(const struct aws_object *o,
    const char *const names[2], struct aws_parameter ret[2], struct err *e);

/*
 * What a put must repeat, or would lose; owned by the caller. Also the checks
 * that only it can make: EC_CONFIG when `bytes` are too many for the tier.
 */
MUST enum ec aws_parameter_describe(const struct aws_object *o,
    const struct aws_parameter *p, size_t bytes, cJSON **ret, struct err *e);

/*
 * value in place of what was read; described as by the function above. EC_OK
 * and nothing done when it is that already. EC_CONFLICT: somebody wrote
 * meanwhile; ours is in place and theirs in the history.
 */
MUST enum ec aws_parameter_put(const struct aws_object *o,
    const struct aws_parameter *was, const cJSON *described,
    const struct buf *value, struct err *e);

#endif
