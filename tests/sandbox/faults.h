/*
 * faults: what goes wrong, where, and how often. Tests append fault objects
 * over the control port; the servers ask at each request (HTTPS) or at each
 * state of the dialogue (SMTP) whether one applies here.
 *
 * {"service":"iam|sts|smtp","action":"CreateAccessKey|auth|*","kind":"...",
 *  "times":1,"skip":0,"arg":...,"region":"...","effect":true|false}
 */
#ifndef SANDBOX_FAULTS_H
#define SANDBOX_FAULTS_H

#include "sandbox.h"

/* Where we are. An SMTP state may be refined ("ehlo_tls"); a fault for "ehlo"
 * then applies too. */
struct fault_place {
	const char *service, *action, *region;
};

struct fault {
	char kind[32]; /* "" when nothing goes wrong */
	cJSON *arg;    /* owned, or NULL */
	int effect;    /* 1, 0, or -1: as the kind has it */
};

/* Append an array (or one object). NULL, or a new text that says what is
 * wrong; then nothing was added. */
char *faults_add_locked(struct sandbox *s, const cJSON *list);
void faults_clear_locked(struct sandbox *s);

/* The first fault that applies; counts its skip and times down. */
void fault_take(
    struct sandbox *s, const struct fault_place *at, struct fault *ret);
void fault_free(struct fault *f);

/* arg as number, or from an object's member, or the default. */
double fault_num(const struct fault *f, const char *member, double other);
const char *fault_text(
    const struct fault *f, const char *member, const char *other);

/* Roll the dice of adversity: true for P percent of calls. */
bool adversity_strikes(struct sandbox *s);

/* Known kinds, by the servers. NULL: no such kind. Otherwise the state that
 * the kind is bound to, or "" for any. */
const char *https_fault_state(const char *name);
const char *smtp_fault_state(const char *name);

/* Is this a state of the SMTP dialogue, or an IAM action? */
bool smtp_has_state(const char *action);

#endif
