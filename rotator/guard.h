/*
 * guard: what must be true at the very moment of a mutating call.
 *
 * Each function is one sentence of safety: whose lease, which account and
 * user, which clock, is it held, who still needs the old key. None of them
 * changes anything in AWS or at a client.
 */
#ifndef ROTATOR_GUARD_H
#define ROTATOR_GUARD_H

#include "rotator/rotation.h"

/* Is our clock within two minutes of AWS's, by its last answer? EC_TEMP when
 * not: which of the two is right cannot be known, and a waiting time must not
 * end, nor a moment be kept, by a wrong one. */
MUST enum ec guard_clock(const struct rotation *r, struct err *e);
/* Lease still ours (I10), account and user are the pinned ones (A11, A12),
 * clocks agree (A17). Before every mutating IAM call; costs the two read
 * calls once a step. */
MUST enum ec guard_mutation(struct rotation *r, struct err *e);

/* A fresh ListAccessKeys into r->keys. */
MUST enum ec guard_list(struct rotation *r, struct err *e);

/* EC_HUMAN while the identity is held, read at the moment of use (G12). */
MUST enum ec guard_hold(const struct rotation *r, struct err *e);

/* When a window of the configuration will let it begin or switch off, ms; 0:
 * it may now, because one is open, there is none, a person forces it, or it is
 * an emergency. */
int64_t guard_window(const struct rotation *r);

/* A word given at a terminal is dated by that machine's clock. */
#define CLOCKS_MS ((int64_t)2 * 60 * 1000)

/* Are people the only clients, so that no program may go on for a while? */
bool guard_only_people(const struct rotation *r);

/* Until then uses of the old key mean nothing: a verified client may go on
 * with it for its pickup, and AWS's last use is coarse and late. */
int64_t guard_expected_until(const struct rotation *r);

/* EC_CONFLICT when the old key was used after every client had moved, as far
 * as our own probes do not explain it: names service, region and time. */
MUST enum ec guard_straggler(struct rotation *r, struct err *e);

/* EC_CONFLICT when a client that was verified holds another key now. Reads
 * only; a client that cannot be read now is no evidence. */
MUST enum ec guard_drift(struct rotation *r, struct err *e);

/* Everything that retiring the old key needs (I4), but the waiting times:
 * hold, all clients verified anew, straggler, the new key Active and proved
 * within a day, mutation guards. Leaves r->keys fresh. */
MUST enum ec guard_retire(struct rotation *r, struct err *e);

/* Is the new key listed and Active? EC_CONFLICT when not, EC_TEMP when it may
 * only not be listed yet. Leaves r->keys fresh. */
MUST enum ec guard_new_key(struct rotation *r, struct err *e);

/* Lists keys for a person: id, status, age, last use. */
void guard_name_keys(
    const struct rotation *r, const struct iam_keys *k, char *ret, size_t size);

#endif
