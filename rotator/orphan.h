/*
 * orphan: a key we made whose secret nobody has.
 *
 * CreateAccessKey has no idempotency token. When its answer is lost the key
 * may exist, or come into being later. It is found by comparing IAM's list
 * with the baseline written before the call, and only as many unknown keys as
 * there are unanswered calls may be ours (A7): anything more is someone
 * else's and is never touched.
 */
#ifndef ROTATOR_ORPHAN_H
#define ROTATOR_ORPHAN_H

#include "rotator/rotation.h"

/* INTENT in a fresh process, or again after a refusal: waits out the window
 * in which a lost call may land, looks, and either allows one more call
 * (r->may_send) or moves to ORPH. EC_CONFLICT names what it may not touch. */
MUST enum ec orphan_look(struct rotation *r, struct err *e);
/* ORPH: Inactive, if it was never used. */
MUST enum ec orphan_switch_off(struct rotation *r, struct err *e);
/* ORPHQ: after the window, still unused: deleted; back to INTENT. */
MUST enum ec orphan_delete(struct rotation *r, struct err *e);

#endif
