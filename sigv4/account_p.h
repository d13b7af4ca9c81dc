/*
 * account_p: the inside of an account; for account*.c and aws*.c.
 */
#ifndef SIGV4_ACCOUNT_P_H
#define SIGV4_ACCOUNT_P_H

#include <pthread.h>
#include <stdbool.h>

#include "sigv4/account.h"
#include "sigv4/pace.h"
#include "sigv4/retry.h"

/* One service in one region: AWS counts calls for each by itself. Lives as
 * long as its account. */
struct account_line;

/* A credential that is not changed any more, freed by the last who has it. */
struct held {
	struct aws_cred cred; /* again is changed, under the mutex */
	unsigned refs;
};

struct aws_account {
	pthread_mutex_t mutex; /* for all below the line */
	pthread_cond_t loaded; /* busy has become false */
	const struct aws_env *env;
	struct aws_account *base; /* NULL: no role */
	struct aws_account *root; /* the last of the bases; NULL: no role */
	char *arn, *session, *external_id, *where; /* of struct sts_role */
	int64_t duration_s;
	char region[REGION_MAX]; /* of its STS; "": as aws_open() finds it */
	bool paced;
	/* ---- */
	struct held *now;          /* NULL: none yet */
	bool busy;                 /* a thread is fetching one */
	struct err why;            /* of the last failure to get one */
	int64_t used;              /* ms, account_time(): last borrowed */
	struct aws_account *roles; /* of a root: all that end there ... */
	struct aws_account *next;  /* ... the next of them; by its mutex */
	int64_t again; /* ms: until then that is the answer; 0: none */
	struct account_line *lines;
	struct aws_account_stats stats;
};

/* --- account_cred.c --- */

/* An empty one with one reference. */
MUST enum ec held_new(struct held **ret, struct err *e);
void held_free(struct held *h); /* NULL is fine */
void auto_held(struct held **h);

/*
 * A credential to sign one call with; to be given back. offset: what our
 * clock is behind that of AWS, ms. Classes as aws_account_ready().
 */
MUST enum ec account_borrow(struct aws_account *a, struct net *n,
    int64_t offset, struct held **ret, struct err *e);
void account_return(struct aws_account *a, struct held *h);
/* What it will sign as, for people: never waits. */
void account_source(struct aws_account *a, char ret[256]);

/* --- account_room.c: credentials of roles that nobody needs now --- */

void account_room_join(struct aws_account *a); /* has a root */
void account_room_leave(struct aws_account *a);
/* Frees them while the heap for secrets is nearly full, the one longest not
 * used first. The caller holds no mutex. */
void account_room_make(struct aws_account *root);

/* --- account_line.c --- */

/* The line of a service ("iam") in a region. EC_NOMEM. */
MUST enum ec account_line(struct aws_account *a, const char *service,
    const char *region, struct account_line **ret, struct err *e);
/* As pace_ask(); with *ret_go the call counts as sent. */
int64_t account_ask(
    struct aws_account *a, struct account_line *l, bool *ret_go);
/* It was sent at `sent`, a time of account_time(), and is over. */
void account_answer(struct aws_account *a, struct account_line *l, int64_t sent,
    bool throttled);
/* May it be tried again, at this cost? */
bool account_again(struct aws_account *a, struct account_line *l, int cost);
/* It went well, after a try at this cost, or (0) at once. */
void account_well(struct aws_account *a, struct account_line *l, int cost);
int64_t account_time(const struct aws_account *a); /* ms, for the pace */
void account_lines_free(struct aws_account *a);

#endif
