/*
 * picture: what the store knows of many identities, taken in one reading: of
 * one moment, and as quick for thousands as it can be. For one, see look.h.
 */
#ifndef ROTATOR_PICTURE_H
#define ROTATOR_PICTURE_H

#include "rotator/look.h"

struct picture;

/* Of these, each named once; the names by reference, as long as it lives. The
 * store is open, or a->store.ctx is NULL: then nothing is known of anyone. It
 * must stay open, too. *ret is the caller's to free. */
MUST enum ec picture_take(struct app *a, const char *const *names, size_t n,
    struct picture **ret, struct err *e);
/* The i-th of the names, as look_at() has it. */
MUST enum ec picture_look(
    const struct picture *p, size_t i, struct look *ret, struct err *e);
void picture_free(struct picture *p);
void auto_picture(struct picture **p);

#endif
