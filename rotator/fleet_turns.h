/*
 * fleet_turns: in what order identities get their turn, and who must wait for
 * whom. For several threads; knows nothing of what a turn is.
 *
 *  - What is under way comes before what begins; then the longest due. Nobody
 *    who waits for others keeps those behind him from their turn.
 *  - Identities with a client in the same place (client_place()) take turns.
 *  - A ring begins when every identity of a lower ring is well: not due, or
 *    with its new pair at all clients.
 *  - When `stop_after` identities are in trouble nothing more begins.
 *
 * A beginning that must not be is left out and says why; what is under way
 * always goes on.
 */
#ifndef ROTATOR_FLEET_TURNS_H
#define ROTATOR_FLEET_TURNS_H

#include <stdbool.h>
#include <stdint.h>

#include "rotator/config.h"
#include "rotator/record.h"

struct fleet_result {
	const char *identity;
	enum ec ec; /* EC_OK: done or nothing due */
	enum rot_state state;
	bool left_out; /* it was not to begin; ec is EC_LATER */
	int64_t next_at;
	struct err e; /* valid when ec is not EC_OK */
};

enum turn {
	TURN_NONE, /* it is looked at by the others only */
	TURN_WAITS,
	TURN_NOW,
	TURN_OVER,
	TURN_LEFT_OUT
};

struct fleet_item {
	const struct identity_conf *conf;
	enum turn turn;
	enum rot_state state; /* as stored, then as it was left */
	int64_t next_at;
	bool begins;  /* its turn would begin a rotation */
	bool trouble; /* blocked, going back, or with clients that fail */
	size_t kin;   /* items of one number take turns */
	struct fleet_result res; /* of TURN_OVER and TURN_LEFT_OUT */
};

struct fleet_rules {
	bool free;       /* a person named them: no rings, no stop */
	long stop_after; /* 0: never */
};

struct fleet_counts {
	size_t all, waiting, now, over, failed, left_out;
};

struct turns;

/* Takes n items in configuration order, by reference; sorts nothing in them.
 * EC_NOMEM. */
MUST enum ec turns_new(struct fleet_item *items, size_t n,
    const struct fleet_rules *rules, struct turns **ret, struct err *e);
void turns_free(struct turns *l);
void auto_turns(struct turns **l);

/* The next one, which is TURN_NOW then. Waits while only those must wait whose
 * time comes with the end of another's turn. NULL: there is none any more. */
struct fleet_item *turns_next(struct turns *l);
/* Its turn is over; res, state and trouble are filled in. */
void turns_done(struct turns *l, struct fleet_item *item);
/* Nobody gets a turn any more; for any thread. */
void turns_stop(struct turns *l);
/* Who is at it: up to max names, and how many of each kind there are. Waits up
 * to ms for a change. False: all is over. */
bool turns_watch(struct turns *l, int64_t ms, struct fleet_counts *ret,
    const char **names, size_t max);

/* What a result says of an identity's health: a person to wait for, or a time,
 * is none. */
bool fleet_failed(enum ec ec);

#endif
