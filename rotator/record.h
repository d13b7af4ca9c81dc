/*
 * record: everything durable about one identity, and its text form.
 *
 * The engine changes a record only in memory and then commits it whole; a
 * reader after any crash finds the one before or the one after. No field can
 * hold a secret: passwords are here only in sealed form (seal.h).
 */
#ifndef ROTATOR_RECORD_H
#define ROTATOR_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "rotator/config.h"
#include "rotator/iam.h"
#include "rotator/seal.h"

/* rotation.h says what each state means and where it leads. */
enum rot_state {
	ROT_IDLE,
	ROT_INTENT,
	ROT_ORPH,
	ROT_ORPHQ,
	ROT_CREATED,
	ROT_PROVED,
	ROT_PUSHING,
	ROT_GRACE,
	ROT_DEACT,
	ROT_QUIET,
	ROT_DEL,
	ROT_DONE,
	ROT_RB,
	ROT_BLOCKED,
	ROT__MAX
};
const char *rot_state_name(enum rot_state s); /* "INTENT" */
/* The state of that name; false: there is none. */
bool rot_state_find(const char *name, enum rot_state *ret);

#define REC_REGIONS_MAX 32
#define REC_TEXT_MAX    400
#define UUID_MAX        37

struct rec_password {
	char region[REGION_MAX];
	char sealed[SEALED_MAX];
};

struct rec_key {
	char id[KEY_ID_MAX]; /* "": no key */
	int64_t created;     /* IAM's CreateDate, ms */
	int64_t proved;      /* when one of our probes last saw 235 with it */
	int64_t probed;      /* our last AUTH with it: explains a last use */
	size_t n;
	struct rec_password pw[REC_REGIONS_MAX];
};
/* NULL when no password is known for that region. */
const char *rec_key_sealed(const struct rec_key *k, const char *region);

enum client_state {
	CL_PENDING, /* not written yet */
	CL_WRITING, /* intent durable: it may hold the old or the new pair */
	CL_ASKED,   /* a person was asked to do it */
	CL_LEFT, /* left behind by `revoke --now`: may break, a person said */
	CL_VERIFIED, /* the new pair was read back and SES accepted it, or the
		      * person confirmed */
	CL__MAX
};

struct rec_client {
	char name[NAME_MAX_];
	enum client_state state;
	int64_t since;             /* of this state, ms */
	int64_t asked;             /* human: when first asked, 0 never */
	char pre_user[KEY_ID_MAX]; /* what it held before our first write */
	char pre_sealed[SEALED_MAX];
	bool touched;             /* we may have written it this rotation */
	char evidence[160];       /* "235 from host:port as AKIA... at ..." */
	char error[REC_TEXT_MAX]; /* last failure, or "" */
};

struct rec {
	char identity[NAME_MAX_];
	uint64_t version; /* of the stored record; compare-and-set */
	enum rot_state state;
	enum rot_state resume; /* BLOCKED: where `rotate release` goes on */
	char rotation[UUID_MAX];
	int64_t started;

	/* Pins: compared before each mutating call. */
	char account[ACCOUNT_MAX];
	char user[65];
	char user_id[USER_ID_MAX];
	char endpoint[256];

	struct iam_keys base;   /* keys listed when INTENT was written */
	int64_t sent, answered; /* CreateAccessKey calls */
	int64_t sent_at;        /* ms */
	struct rec_key old;     /* in use while IDLE; to be retired otherwise */
	struct rec_key new;     /* to become the one in use */
	char orphan[KEY_ID_MAX]; /* ours, its secret never seen */
	int64_t orphan_at;       /* quarantined since, ms */

	bool emergency;      /* revoke: no grace */
	bool rollback;       /* old and new have been exchanged */
	int64_t verified_at; /* all required clients verified, ms; 0: not */
	int64_t inactive_at; /* old key seen Inactive, ms; 0: not */
	int64_t off_at;      /* when a call to switch the old key off, or to
			      * delete it, was sent whose answer is not known,
			      * ms; 0: none */
	struct iam_use use;  /* last sample of the old key's use */
	int64_t use_sampled; /* when it was taken, 0: never */
	int64_t failures;    /* rotations in a row that ended without success */
	int64_t tries;       /* of the present step */

	int64_t next_at;              /* when there is something to do, ms */
	char waiting[REC_TEXT_MAX];   /* for what, in words */
	char alarm[REC_TEXT_MAX];     /* BLOCKED: cause */
	char alarm_fix[REC_TEXT_MAX]; /* BLOCKED: what a human should type */
	int64_t alarm_at;

	struct rec_client *clients; /* owned */
	size_t n_clients;
};

void rec_init(struct rec *r, const char *identity);
void rec_free(struct rec *r);
void auto_rec(struct rec *r);
struct rec_client *rec_client(struct rec *r, const char *name); /* or NULL */
/* Appends a pending client. */
MUST enum ec rec_client_add(
    struct rec *r, const char *name, struct rec_client **ret, struct err *e);

/* JSON text; pure. Decoding is strict: a field of the wrong type, too long or
 * missing, or a format number that is not ours is EC_DAMAGED. What was in *ret
 * is not freed; after a failure there is nothing in it that must be. */
MUST enum ec rec_encode(const struct rec *r, struct buf *ret, struct err *e);
MUST enum ec rec_decode(const char *json, struct rec *ret, struct err *e);
/* The quick way, for whoever reads many. True: *ret is what rec_decode() makes
 * of it. False: that could not be told, *ret is empty, and rec_decode() knows.
 * True of what rec_encode() wrote, if no text in it needs an escape. */
bool rec_read(const char *json, struct rec *ret);

#endif
