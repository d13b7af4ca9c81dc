/*
 * iam: what a rotation asks of IAM and STS, as a struct of functions.
 *
 * iam_aws() fills it with the real thing; the simulator fills it with a
 * virtual one. Which action may be resent is a column of iam.c's table.
 */
#ifndef ROTATOR_IAM_H
#define ROTATOR_IAM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/secret.h"
#include "sigv4/smtp_password.h"

#define IAM_KEYS_MAX 8 /* AWS allows two; more is a hostile reply */
#define USER_ID_MAX  129
#define ACCOUNT_MAX  13
#define ARN_MAX      256

enum key_status { KEY_ACTIVE, KEY_INACTIVE, KEY_OTHER /* "Expired", ... */ };

struct iam_key {
	char id[KEY_ID_MAX];
	enum key_status status;
	int64_t created; /* ms */
};

struct iam_keys {
	size_t n;
	struct iam_key key[IAM_KEYS_MAX];
};
const struct iam_key *iam_keys_find(const struct iam_keys *k, const char *id);

struct iam_caller {
	char account[ACCOUNT_MAX];
	char arn[ARN_MAX];
};

struct iam_user {
	char name[65];
	char user_id[USER_ID_MAX]; /* AIDA...: changes when recreated */
	char account[ACCOUNT_MAX]; /* from the ARN */
};

struct iam_new_key {
	struct iam_key key;
	struct secret *secret; /* owned by the caller; wipe after deriving */
};
void auto_iam_new_key(struct iam_new_key *k);

struct iam_use {
	bool never;       /* AWS says it was never used (not: unknown) */
	int64_t at;       /* ms; the start of a 15-minute span */
	char service[32]; /* "ses", "N/A" */
	char region[REGION_MAX];
};

/*
 * EC_UNKNOWN from create: it may exist now; EC_PROTO: it surely does not, who
 * answered is not AWS or does not know the call. EC_GONE from remove counts as
 * done. Every call names the user or key and the service's words.
 *
 * What changes something carries `at`, a time of AWS's clock (ms) not after
 * the last look at the lease: the request is dated so, and AWS refuses it when
 * it arrives more than 15 minutes later, EC_AUTH. A process that was frozen
 * behind that look cannot be stopped by a lease; so AWS does it.
 */
struct iam {
	void *ctx;
	MUST enum ec (*caller)(void *ctx, struct iam_caller *ret, struct err *);
	MUST enum ec (*user)(
	    void *ctx, const char *user, struct iam_user *ret, struct err *);
	/* All pages. EC_PROTO over IAM_KEYS_MAX. */
	MUST enum ec (*list)(
	    void *ctx, const char *user, struct iam_keys *ret, struct err *);
	MUST enum ec (*create)(void *ctx, const char *user, int64_t at,
	    struct iam_new_key *ret, struct err *);
	MUST enum ec (*set_status)(void *ctx, const char *user, const char *id,
	    bool active, int64_t at, struct err *);
	MUST enum ec (*remove)(void *ctx, const char *user, const char *id,
	    int64_t at, struct err *);
	MUST enum ec (*last_used)(
	    void *ctx, const char *id, struct iam_use *ret, struct err *);
	int64_t (*skew)(void *ctx); /* server clock minus ours, ms */
};

struct aws;
/* The real one over an open session, which must outlive it. */
void iam_aws(struct aws *a, struct iam *ret);

#endif
