/*
 * form: how a credential stands in the bytes of a file: as the values of two
 * keys in some syntax, or as the work of a template. Bytes in, bytes out;
 * only the template itself is read from disk.
 */
#ifndef CLIENTS_FORM_H
#define CLIENTS_FORM_H

#include <stdbool.h>

#include "clients/client.h"

struct form {
	const char *path;     /* the file, for messages */
	const char *format;   /* an edit syntax, or "template" */
	const char *username; /* keys; NULL with a template */
	const char *password;
	const char *template; /* its path; NULL otherwise */
	bool create;          /* keys that are missing may be added */
};

/* Do these settings go together? EC_CONFIG. Pure. */
MUST enum ec form_check(const struct form *f, struct err *e);

/* Is the text written as a whole, so that the file need not exist? */
bool form_whole(const struct form *f);

/* Says in ret->change what form_put() is going to do. */
void form_describe(const struct form *f, struct client_plan *ret);

/* The pair in text: user "" or pass NULL for what is absent or empty.
 * EC_CONFLICT for what cannot be read without doubt. */
MUST enum ec form_get(const struct form *f, const struct buf *text,
    struct smtp_cred *ret, struct err *e);

/* The text with cred in it; nothing else differs. EC_GONE: no such key;
 * EC_CONFLICT as above. ret is replaced (within its max). */
MUST enum ec form_put(const struct form *f, const struct client *c,
    const struct buf *text, const struct smtp_cred *cred, struct buf *ret,
    struct err *e);

#endif
