/*
 * steps: one function a state, and what they share. rotation.h tells what is
 * true in each state; guard.h what must be true before an effect. Only
 * steps.c's table and the steps themselves include this.
 *
 *   begin.c     IDLE, INTENT: is it time, and one CreateAccessKey
 *   steps.c     CREATED, PROVED, PUSHING, DONE, and the table
 *   retire.c    GRACE, DEACT, QUIET, DEL: the old key goes
 *   rollback.c  RB: back to the old key
 *   orphan.c    ORPH, ORPHQ: a key whose secret nobody has
 */
#ifndef ROTATOR_STEPS_H
#define ROTATOR_STEPS_H

#include "rotator/rotation.h"

#define HOUR_MS ((int64_t)3600 * 1000)
/* A proof of the new key is good for so long (I4). */
#define PROOF_MS (24 * HOUR_MS)
/* A rotation that ended back on the old key is not repeated before. */
#define FAILED_PAUSE_MS (24 * HOUR_MS)

MUST enum ec step_idle(struct rotation *r, struct err *e);
MUST enum ec step_intent(struct rotation *r, struct err *e);
MUST enum ec step_grace(struct rotation *r, struct err *e);
MUST enum ec step_deactivate(struct rotation *r, struct err *e);
MUST enum ec step_quiet(struct rotation *r, struct err *e);
MUST enum ec step_delete(struct rotation *r, struct err *e);
MUST enum ec step_rollback(struct rotation *r, struct err *e);

/* When the key in use is due to be replaced, ms. */
int64_t step_due_at(const struct rotation *r);
/* Fields of one rotation, back to nothing. */
void step_forget(struct rec *rec);

#endif
