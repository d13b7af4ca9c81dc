/*
 * look: what the reading commands share: a record and a hold, read without a
 * trace. A store that was never made reads as an empty one.
 */
#ifndef ROTATOR_LOOK_H
#define ROTATOR_LOOK_H

#include <stdbool.h>

#include "base/clock.h"
#include "rotator/app.h"

struct look {
	struct rec rec; /* as of a fresh identity when not known */
	bool known;     /* there is a record */
	struct hold hold;
};

/* Opens configuration and store for reading. EC_OK also when there is no store
 * yet: a->store.ctx is NULL then. */
MUST enum ec look_open(struct app *a, struct err *e);
/* After look_open(). On failure *ret is empty and needs no look_free(). */
MUST enum ec look_at(struct app *a, const struct identity_conf *id,
    struct look *ret, struct err *e);
void look_free(struct look *l);
void auto_look(struct look *l);

/* Where it stands: BLOCKED counts as the state it will go on from. */
enum rot_state look_state(const struct rec *r);
/* A rotation is under way that has given, or will give, clients rec.new. */
bool look_has_new(const struct rec *r);
/* The key that clients should hold now: rec.new once it is being pushed, else
 * rec.old; "" when none is known. */
const struct rec_key *look_current(const struct rec *r);
/* The old key may not be used any more: a use would count as a straggler's. */
bool look_old_is_leaving(const struct rec *r);
/* A confirmation for the key that is being pushed; false without a store. */
bool look_confirmed(struct app *a, const struct rec *r, const char *client,
    struct confirmation *ret);

/* How old a key is: whole seconds at least. */
void look_age(int64_t created, int64_t now, char ret[CLOCK_TEXT_MAX]);
/* "STARTTLS", "TLS". */
const char *look_tls(enum smtp_tls tls);
/* "verified", "asked", ...: stable words for people and JSON. */
const char *look_client_state(enum client_state s);
/* The seal key opens, or is a file that the first run will make because there
 * is no state yet. After look_open(). */
MUST enum ec look_seal(struct app *a, struct err *e);
/* EC_USAGE when --identity names one that is not configured. */
MUST enum ec look_names(struct app *a, struct err *e);
/* Is this identity asked for? names as in struct args; none: all. */
bool look_wanted(const struct args *args, const char *identity);

#endif
