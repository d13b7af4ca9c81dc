/*
 * retry: whether a call may be tried again, and after how long, as the
 * "standard" mode of the AWS SDKs has it. What may be resent at all is for
 * aws.c; here is only how often.
 *
 * Source: "Retry behavior", AWS SDKs and Tools Reference Guide,
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html;
 * the numbers from botocore 1.43 retries/standard.py and retries/quota.py.
 */
#ifndef SIGV4_RETRY_H
#define SIGV4_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "sigv4/identity.h"
#include "sigv4/profile.h"

#define RETRY_ATTEMPTS     3
#define RETRY_ATTEMPTS_MAX 100
#define RETRY_DELAY_MAX    INT64_C(20000)

enum retry_mode {
	RETRY_STANDARD,
	RETRY_ADAPTIVE, /* as that, and a rate that follows throttles */
};

struct retry_conf {
	enum retry_mode mode;
	int attempts;     /* in all, at least 1 */
	const char *note; /* what a person should know about it, or NULL */
};

/* AWS_RETRY_MODE and AWS_MAX_ATTEMPTS, else retry_mode and max_attempts of p
 * (NULL: no profile), else standard and 3. EC_CONFIG: a value that is none. */
MUST enum ec retry_settings(const struct aws_env *env, const struct profile *p,
    struct retry_conf *ret, struct err *e);

/*
 * Tries that are left to all calls of one service together. When a service is
 * down, each call trying three times makes it three times worse: then only
 * the first tries go on. Not safe for threads by itself.
 */
#define RETRY_QUOTA        500
#define RETRY_COST         5
#define RETRY_COST_TIMEOUT 10
#define RETRY_REFUND       1 /* for a call that went well at once */

struct retry_quota {
	int left;
};
/* False: not so many are left, and nothing is taken. */
bool retry_quota_take(struct retry_quota *q, int cost);
void retry_quota_give(struct retry_quota *q, int cost);

/*
 * ms to wait before attempt n + 1 (n from 1): full jitter, that is dice /
 * UINT32_MAX of min(2^(n-1), 20) s; but at least what the server asked for
 * (retry_after, ms, -1: nothing), up to 20 s.
 */
int64_t retry_delay(int n, int64_t retry_after, uint32_t dice);
/* Where the dice come from; half of the most when there are none. */
uint32_t retry_dice(void *ctx);

#endif
