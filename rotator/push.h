/*
 * push: clients are given a pair, and what each really holds is proved.
 *
 * Proof is never what we wrote: the pair is read back from the client and
 * tried at SES through the client's own host, port and TLS mode.
 */
#ifndef ROTATOR_PUSH_H
#define ROTATOR_PUSH_H

#include "rotator/rotation.h"

/* Every client's plan() and read(), before a key is made. EC_CLIENT names the
 * first that could not take a new pair or show what it holds. Changes
 * nothing. */
MUST enum ec push_preflight(const struct rotation *r, struct err *e);

/* Remembers, sealed, what every pending client holds, and marks it as about
 * to be written. What cannot be read or sealed now stays pending: push_all()
 * tries it again. In memory: the caller's commit makes it the intent. */
void push_prepare(struct rotation *r);

/*
 * Gives every client that is not verified the new pair (rollback: its former
 * one), activates, reads back, proves; one commit a client. A failing client
 * never keeps another from its turn. EC_OK: all required are verified.
 * EC_CONFLICT: somebody else changed a client, or the new key is gone or off
 * in IAM, so that no client can ever take it. EC_HUMAN: only people are
 * missing. EC_CLIENT: names how many failed and the first cause. May be
 * repeated after any crash.
 */
MUST enum ec push_all(struct rotation *r, struct err *e);

/* Verifies every required client again, now, without writing: it holds
 * rec.new and SES accepts what it holds. EC_CONFLICT when one does not hold
 * it, EC_TEMP when SES cannot be asked. */
MUST enum ec push_verify_all(struct rotation *r, struct err *e);

/* A way back leaves those clients alone that were never given the new pair. */
bool push_leaves_alone(const struct rotation *r, const struct rec_client *rc);
/* Are all required clients verified, left behind or left alone? A client that
 * was registered meanwhile is not. */
bool push_all_settled(const struct rotation *r);
/* A verified client is read and, if need be, written again by push_all(). */
void push_look_again(const struct rotation *r, struct rec_client *rc);
/* Has every client that was given the new pair a former one of the old key?
 * EC_CONFLICT names the first that has none. Changes nothing. */
MUST enum ec push_may_return(const struct rotation *r, struct err *e);

#endif
