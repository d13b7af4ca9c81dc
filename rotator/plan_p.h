/*
 * plan_p: what `rotate --dry-run` found out, and its parts.
 *
 *   plan.c         gathers, one identity after the other
 *   plan_aws.c     our identity, users, keys and their last use
 *   plan_clients.c each client's own plan and whether there is a way back
 *   plan_peers.c   can SES be reached where it will be needed
 *   plan_next.c    what the next run would do (pure)
 *   plan_text.c, plan_json.c
 */
#ifndef ROTATOR_PLAN_P_H
#define ROTATOR_PLAN_P_H

#include "rotator/look.h"
#include "rotator/plan.h"

/* Something that was looked at and may be wrong. */
struct problem {
	enum ec ec; /* EC_OK: nothing is */
	struct err e;
};

struct plan_key {
	struct iam_key key;
	bool use_known;
	struct iam_use use;
};

struct plan_client {
	const struct client_conf *conf;
	struct client_plan plan;
	struct problem problem;  /* of plan() */
	char holds[KEY_ID_MAX];  /* "": nothing, or not to be read */
	bool way_back;           /* its former pair can be given back */
	char back[ERR_WHAT_MAX]; /* why it can, or cannot */
};

struct plan_peer {
	struct smtp_peer peer;
	struct probe_result result;
	struct problem problem;
};

enum plan_kind { PLAN_ROTATE, PLAN_WAIT, PLAN_BLOCKED, PLAN__MAX };

struct plan_identity {
	const struct identity_conf *conf;
	struct look look;
	struct problem problem; /* of IAM or of pins */
	struct iam_user user;   /* name "": not known */
	struct plan_key keys[IAM_KEYS_MAX];
	size_t n_keys;
	bool keys_known;
	struct plan_client *clients; /* within those of the plan */
	size_t n_clients;
	enum plan_kind kind;
	char next[2 * REC_TEXT_MAX]; /* what would happen, in words */
	char fix[REC_TEXT_MAX];      /* what a person should do; or "" */
	enum ec ec;                  /* for the exit code */
};

struct plan {
	int64_t now; /* AWS's clock, when it answered */
	struct problem aws, seal;
	char who[256]; /* we are, and where our credential is from; or "" */
	struct iam_caller caller;
	struct plan_identity *identities; /* owned */
	size_t n;
	struct plan_client *clients; /* owned; of all identities */
	size_t n_clients;
	struct plan_peer *peers; /* owned */
	size_t n_peers;
};

/* None of these fails: what went wrong stands in what they fill in. */
void plan_aws_open(struct app *a, struct plan *p);
void plan_aws_identity(
    struct app *a, const struct plan *p, struct plan_identity *id);
void plan_client(struct plan_client *c, const struct rec *r);
void plan_next(
    const struct args *args, const struct plan *p, struct plan_identity *id);

/* EC_NOMEM, EC_BUG only. */
MUST enum ec plan_peers(struct app *a, struct plan *p, struct err *e);

size_t plan_count(const struct plan *p, enum plan_kind kind);
const char *plan_kind_name(enum plan_kind kind); /* "rotate", ... */
const char *plan_key_status(enum key_status s);
void plan_text(struct app *a, const struct plan *p);
MUST enum ec plan_json(struct app *a, const struct plan *p, struct err *e);

#endif
