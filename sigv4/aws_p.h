/*
 * aws_p: the inside of a session; for aws*.c only.
 */
#ifndef SIGV4_AWS_P_H
#define SIGV4_AWS_P_H

#include "sigv4/account_p.h"
#include "sigv4/aws.h"
#include "sigv4/endpoint.h"
#include "sigv4/profile.h"

struct aws {
	struct net *net;
	const struct aws_env *env;
	struct aws_account *account;
	bool own; /* the account is closed with the session */
	const struct aws_cred *cred; /* in aws_do(): to sign as */
	char source[256];            /* what aws_identity() returned */
	struct profile *profile;     /* or NULL: there is none */
	char *ca_file;               /* or NULL */
	char region[REGION_MAX];
	struct retry_conf retry;
	int64_t timeout_ms;
	void (*sleep)(void *ctx, int64_t ms);
	void *sleep_ctx;
	uint32_t (*random)(void *ctx);
	void *random_ctx;
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

#endif
