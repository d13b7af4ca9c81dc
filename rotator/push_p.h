/*
 * push_p: what push.c, verify.c and push_person.c share. Nobody else includes
 * it; the contract is push.h.
 */
#ifndef ROTATOR_PUSH_P_H
#define ROTATOR_PUSH_P_H

#include "rotator/push.h"

/* Nothing more to be done for this client? */
bool push_settled(const struct rotation *r, const struct rec_client *rc);
/* The pair a client holds; user "" when it holds none or has no read(). */
MUST enum ec push_held_by(
    const struct client_conf *c, struct smtp_cred *ret, struct err *e);
/* The pair it is to hold. EC_GONE: we do not know it. */
MUST enum ec push_wanted(const struct rotation *r, const struct client_conf *c,
    const struct rec_client *rc, struct smtp_cred *ret, struct err *e);
/* AUTH with a pair through the client's own way to SES; the evidence goes to
 * rc. As settle(); successes 0: as configured. */
MUST enum ec push_prove(struct rotation *r, const struct client_conf *c,
    struct rec_client *rc, const struct smtp_cred *held, int successes,
    struct err *e);
/* Reads back and proves; EC_CONFLICT when it holds something else. */
MUST enum ec push_verify(struct rotation *r, const struct client_conf *c,
    struct rec_client *rc, struct err *e);
/* EC_OK: the person said that it is done. EC_HUMAN: not yet. */
MUST enum ec push_ask_person(struct rotation *r, const struct client_conf *c,
    struct rec_client *rc, struct err *e);

#endif
