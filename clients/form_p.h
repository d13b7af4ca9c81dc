/*
 * form_p: what the form*.c share among themselves. Nobody else includes it.
 *
 *   form.c        get and put                       (the contract: form.h)
 *   form_check.c  which options go together, and what is said of them
 *   form_value.c  the pair, or a half of it, as the value of one key
 *   form_whole.c  the work of a template
 */
#ifndef CLIENTS_FORM_P_H
#define CLIENTS_FORM_P_H

#include "clients/edit/edit.h"
#include "clients/form.h"

/* What the value of a key is. */
enum part { PART_USERNAME, PART_PASSWORD, PART_JOINT, PART_URL };

struct slot {
	enum form_file file;
	enum part part;
	const char *key;
};

#define SLOTS_MAX 2

/* The places where the pair stands; returns how many. Not for a template. */
size_t form_slots(const struct form *f, struct slot ret[SLOTS_MAX]);
const struct edit_syntax *form_syntax(const struct form *f);
/* A file that is nothing but the value has no keys. */
bool form_keyless(const struct edit_syntax *s);

/* user or pass, or both, gain what value says. where names the place. */
MUST enum ec form_value_get(const struct form *f, const struct slot *slot,
    const struct buf *value, const char *where, struct buf *user,
    struct buf *pass, struct err *e);
/* The value that says cred, where old stands now; added to ret. */
MUST enum ec form_value_put(const struct form *f, const struct slot *slot,
    const struct buf *old, const char *where, const struct smtp_cred *cred,
    struct buf *ret, struct err *e);

/* form_get() and form_put() of a template. */
MUST enum ec form_whole_get(const struct form *f, const struct buf *text,
    struct buf *user, struct buf *pass, struct err *e);
MUST enum ec form_whole_put(const struct form *f, const struct client *c,
    const struct buf *text, const struct smtp_cred *cred, struct buf *ret,
    struct err *e);

#endif
