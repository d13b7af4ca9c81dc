/*
 * rotation: one credential's way from the old access key to the new one.
 *
 *   IDLE -> INTENT -> CREATED -> PROVED -> PUSHING -> GRACE -> DEACT -> QUIET
 *             | ^                                                        |
 *             v |                                                        v
 *      ORPH -> ORPHQ                                      IDLE <- DONE <- DEL
 *
 *   CREATED..QUIET -> RB -> GRACE (old and new exchanged) -> ... -> DONE
 *   any -> BLOCKED -> where it was, by a person's `rotate release`
 *
 * What is true in each state (k: keys of the user in IAM):
 *   IDLE     old is in use (or no key is known yet); nothing is under way
 *   INTENT   base, sent are durable; at most sent-answered keys beyond base
 *            are ours with a secret that nobody has
 *   ORPH     orphan is such a key, never used; it is being switched off
 *   ORPHQ    orphan is Inactive; it is deleted when still unused after W
 *   CREATED  new exists, its SMTP passwords are sealed; the IAM secret is gone
 *   PROVED   SES accepted new in every region, several times
 *   PUSHING  any client may hold old or new; both are Active
 *   GRACE    every required client was seen holding new, accepted by SES
 *   DEACT    intent to switch old off
 *   QUIET    old is Inactive; switching it on again undoes everything
 *   DEL      intent to delete old: the point of no return
 *   DONE     old is gone; new takes its place
 *   RB       clients are being given their former pairs back
 *   BLOCKED  a person decides; no mutating call at all; mail flows
 *
 * Each arrow is one function (steps.h says where) and one durable commit.
 */
#ifndef ROTATOR_ROTATION_H
#define ROTATOR_ROTATION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "rotator/world.h"

struct rotation {
	const struct world *w;
	const struct identity_conf *conf;
	struct rec rec;

	bool force;     /* begin although not due */
	bool moved;     /* this process has made a transition */
	bool torn;      /* a commit failed: memory is not the truth any more,
			 * nothing may be done or written */
	bool may_send;  /* the durable intent covers one CreateAccessKey, not
			 * yet sent by this process */
	bool pinned;    /* pins compared since the last transition */
	bool listed;    /* keys is fresh */
	int64_t fenced; /* AWS's time at the last look at the lease: iam.h */
	struct iam_keys keys;
	char noted[REC_TEXT_MAX]; /* what the stored record waits for */
};

/* One function a state. EC_OK: advanced to another state (IDLE: nothing is
 * due). Any other class: the record stands; rotation_drive() notes why and
 * until when. Each begins by looking at what is (I8). */
typedef enum ec rotation_step(struct rotation *r, struct err *e);
extern rotation_step *const rotation_steps[ROT__MAX]; /* steps.c */

/* Which arrows there are (I14), BLOCKED leads back to where it stopped; and
 * what must be true of a record in its state, whoever wrote it: the first
 * fact that is not, or NULL. */
bool rotation_leads(enum rot_state from, enum rot_state to);
const char *rotation_broken_fact(const struct rec *r);

/* Loads the record (or makes a new one in memory) and brings its clients in
 * line with the configuration. Needs the lease. */
MUST enum ec rotation_open(struct rotation *r, const struct world *w,
    const struct identity_conf *conf, struct err *e);
void rotation_close(struct rotation *r);
void auto_rotation(struct rotation *r);

/*
 * Does what can be done now and returns: EC_OK nothing more is due; EC_LATER
 * rec.next_at and rec.waiting say until when and for what; EC_HUMAN a person;
 * EC_CONFLICT blocked; EC_CLIENT a client failed, tried again later; other
 * classes as they came, tried again after a growing delay. May be repeated
 * for ever.
 */
MUST enum ec rotation_drive(struct rotation *r, struct err *e);

/*
 * Is it time to look at it, by what its row in the store says? A moment that
 * is further off than any step ever waits was written while the clock was
 * wrong; it would hold everything up for as long as the clock was off.
 */
bool rotation_is_due(const struct identity_conf *conf, enum rot_state s,
    int64_t next_at, int64_t now);

/* When a key that was made then is to be replaced, but for windows. */
int64_t rotation_due_at(const struct identity_conf *conf, int64_t created);

/* Has the new pair been pushed and verified everywhere (--wait's question)? */
bool rotation_pushed(const struct rec *r);

/* --- for steps.c and the commands; each commits once --- */

/* Moves to another state; text is the event. */
MUST enum ec rotation_advance(struct rotation *r, enum rot_state to,
    struct err *e, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* Keeps the state; durable change of fields. */
MUST enum ec rotation_note(struct rotation *r, const char *what, struct err *e,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* EC_LATER (or class) with next_at and the reason; commits nothing itself. */
enum ec rotation_wait(struct rotation *r, enum ec class, int64_t until,
    struct err *e, const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* Stops with a cause and a remedy, to go on at resume after `release`. */
enum ec rotation_block(
    struct rotation *r, enum rot_state resume, struct err *e);
int64_t rotation_now(const struct rotation *r); /* server's time, ms */

#endif
