/*
 * aws: one signed AWS call: find the endpoint, sign, send, resend by rule,
 * classify the failure. Knows services and error codes, not what they mean
 * for a rotation.
 */
#ifndef SIGV4_AWS_H
#define SIGV4_AWS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/http.h"
#include "base/net.h"
#include "sigv4/identity.h"

struct aws; /* a session: endpoints, clock offset, counters; of one thread */
struct aws_account;

struct aws_options {
	const char *region; /* NULL: that of the account's role, AWS_REGION,
			     * AWS_DEFAULT_REGION, profile, then us-east-1 */
	int attempts;       /* 0: AWS_MAX_ATTEMPTS, max_attempts of the
			     * profile, then 3 */
	int64_t timeout_ms; /* of one attempt; 0: 10 s */
	/* Waiting between attempts and for the pace; NULL: clock_sleep(). When
	 * it returns early, because we are to end, a call ends soon. */
	void (*sleep)(void *ctx, int64_t ms);
	void *sleep_ctx;
	/* Whom to sign as, copied; it is not renewed. Without a secret in it
	 * nothing is signed. NULL: identity_load(). Not with account. */
	const struct aws_cred *as;
	/* Credential, tries and pace, shared with others (account.h); by
	 * reference. NULL: the session has them for itself. */
	struct aws_account *account;
	/* 0 to UINT32_MAX, for the jitter; NULL: getrandom(). */
	uint32_t (*random)(void *ctx);
	void *random_ctx;
};

/*
 * Reads the settings of endpoints and retries. Keeps net and env by reference.
 * Without an account the credential is loaded now (identity_load), and
 * EC_DENIED, with the list of places looked at, says that there is none; with
 * one that comes with the first call. EC_CONFIG: a setting that is none.
 */
MUST enum ec aws_open(struct net *n, const struct aws_env *env,
    const struct aws_options *o, struct aws **ret, struct err *e);
void aws_close(struct aws *a);
void auto_aws(struct aws **a);
/* aws_cred.source of its account's credential; without one yet what is known
 * of it. Good until it is asked for again. */
const char *aws_identity(struct aws *a);
/* What a person should be told once about the settings, or NULL. */
const char *aws_note(const struct aws *a);
const char *aws_region(const struct aws *a);
/* Server clock minus ours in ms as last seen; 0 before the first reply. */
int64_t aws_skew(const struct aws *a);
unsigned aws_calls(const struct aws *a); /* HTTP requests sent so far */
/* "https://iam.amazonaws.com": after overrides, for messages and for pins. */
MUST enum ec aws_endpoint(
    struct aws *a, const char *service, char ret[256], struct err *e);

enum aws_resend {
	AWS_RESEND,       /* read-only or idempotent: any failure may resend */
	AWS_RESEND_UNSENT /* resend only what surely had no effect: never left,
			   * throttled, or refused by signature time */
};

struct aws_call {
	const char *service; /* "iam", "sts": endpoint and scope */
	const char *action;  /* for messages */
	const char *method;  /* NULL: POST */
	/* As sent: begins with '/', everything else but unreserved characters
	 * percent-encoded once (the signature encodes it once more, as every
	 * service but S3 does). No query, unless nothing is signed. NULL:
	 * "/". */
	const char *path;
	const char *content_type; /* e.g. form, amz-json-1.1; or NULL */
	const char *target;       /* X-Amz-Target or NULL */
	const struct buf *body;   /* NULL: none */
	const char *header;       /* one more, "Name: value", not signed */
	enum aws_resend resend;
	/* The date to sign, ms by the clock of AWS, which refuses what is more
	 * than 15 minutes older (5 are promised): EC_AUTH, and no other date
	 * is tried. 0: now, corrected once when our clock is wrong. */
	int64_t at;
	size_t body_max; /* of the reply; 0: HTTP_BODY_MAX */
};

struct aws_error { /* what the service said; empty strings when nothing */
	int status;
	char code[64];     /* "LimitExceeded" */
	char message[256]; /* control characters removed */
	char request_id[64];
};

/*
 * Tries again by the rules of retry.h what may be sent again (resend), as long
 * as the tries of the account last, and not faster than its pace allows: who
 * would wait for more than a minute for that gets EC_TEMP, and nothing was
 * sent. Fails as aws_account_ready(), too.
 *
 * EC_OK: HTTP 2xx; reply owned by caller. Otherwise why holds the service's
 * words and ec is by table: throttles and 5xx EC_TEMP (EC_UNKNOWN instead for
 * AWS_RESEND_UNSENT after a 5xx or a lost reply), NoSuchEntity EC_GONE,
 * LimitExceeded EC_LIMIT, AccessDenied EC_DENIED, bad or expired credential
 * EC_AUTH, clock EC_AUTH after one corrected attempt failed, unparsable
 * EC_PROTO (EC_UNKNOWN when it may have had effect and must not be resent).
 */
MUST enum ec aws_do(struct aws *a, const struct aws_call *c,
    struct http_reply *ret, struct aws_error *why, struct err *e);

#endif
