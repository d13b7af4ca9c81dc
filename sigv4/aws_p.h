/*
 * aws_p: the inside of a session; for aws.c, aws_send.c and aws_clock.c only.
 */
#ifndef SIGV4_AWS_P_H
#define SIGV4_AWS_P_H

#include "sigv4/aws.h"
#include "sigv4/endpoint.h"
#include "sigv4/profile.h"

struct aws {
	struct net *net;
	const struct aws_env *env;
	struct aws_cred cred;
	struct profile *profile; /* or NULL: there is none */
	char *ca_file;           /* or NULL */
	char region[REGION_MAX];
	int attempts;
	int64_t timeout_ms;
	void (*sleep)(void *ctx, int64_t ms);
	void *sleep_ctx;
	int64_t skew;   /* server minus ours, as last seen, ms */
	int64_t offset; /* added to our clock when signing, ms */
	unsigned calls;
};

/* Signs and sends once, as http_do(); *ret owned by the caller on EC_OK. */
MUST enum ec aws_send(struct aws *a, const struct aws_call *c,
    const struct endpoint *to, struct http_reply *ret, struct err *e);

/*
 * Clock skew as the AWS SDKs correct it since 2026 (aws-sdk-go-v2, "clock
 * skew"): server's Date minus the middle of the exchange, ignored when a
 * cache answered (Age) or the exchange took over 15 minutes.
 */
void aws_clock_see(struct aws *a, const struct http_reply *r);
/* True when the signing clock was over 4 minutes off; it is right now. */
bool aws_clock_correct(struct aws *a);
/* How long to wait before attempt n + 1 (n from 1): full jitter below
 * min(2^(n-1), 20) s, but at least what the server asked for (up to 20 s). */
int64_t aws_clock_delay(int n, int64_t retry_after);

#endif
