/*
 * endpoint: where a service of AWS answers, and for which region a request to
 * it is signed. Pure but for the settings it asks for.
 *
 * Sources: "Service-specific endpoints" and "AWS global endpoints", AWS SDKs
 * and Tools Reference Guide; botocore data/partitions.json and the endpoint
 * rule sets of iam, sts, secretsmanager, ssm and lambda (compared with ours
 * for every partition and variant, botocore 1.44.5).
 */
#ifndef SIGV4_ENDPOINT_H
#define SIGV4_ENDPOINT_H

#include "base/err.h"
#include "sigv4/identity.h"
#include "sigv4/profile.h"

#define ENDPOINT_MAX 256

struct endpoint {
	char url[ENDPOINT_MAX];  /* "https://iam.amazonaws.com", no end slash */
	char host[ENDPOINT_MAX]; /* as in Host: ":port" unless the default */
	char path[ENDPOINT_MAX]; /* "/" unless an override has one */
	char region[REGION_MAX]; /* of the signature's scope */
	const char *scope;       /* service of the signature's scope */
};

/*
 * Order: AWS_ENDPOINT_URL_<SERVICE>, AWS_ENDPOINT_URL, services block of the
 * profile, endpoint_url of the profile, the partition's own host. p may be
 * NULL. EC_CONFIG: a region or an override that is none, or a FIPS or
 * dual-stack host that the partition does not have. EC_BUG: unknown service.
 */
MUST enum ec endpoint_find(const struct aws_env *env, const struct profile *p,
    const char *region, const char *service, struct endpoint *ret,
    struct err *e);

/* "aws", "aws-cn", ...: the partition of a region, as ARNs write it. */
const char *endpoint_partition(const char *region);

#endif
