/*
 * form: how a credential stands in the bytes of a file, or of two:
 *
 *   keys       the values of two keys in some syntax
 *   two files  the same, the user name in a file of its own
 *   joint      user:password as the value of one key
 *   dsn        inside a URL that is the value of one key
 *   template   the work of a template
 *
 * Bytes in, bytes out; only the template itself is read from disk.
 */
#ifndef CLIENTS_FORM_H
#define CLIENTS_FORM_H

#include <stdbool.h>

#include "clients/client.h"

struct form {
	const char *path;          /* the file, for messages */
	const char *username_path; /* that of the user name; NULL: path */
	const char *format;        /* an edit syntax, or "template" */
	const char *username;      /* keys; NULL where there is no such key */
	const char *password;
	const char *key;      /* of a joint value or a URL */
	const char *template; /* its path; NULL otherwise */
	bool dsn;
	bool create; /* keys that are missing may be added */
};

/* In the order in which they are written. The user name last: as long as the
 * old one stands there, everybody takes the client for one that is still to
 * be given the new pair. */
enum form_file { FORM_MAIN, FORM_USERNAME, FORM__FILES };

/* Do these settings go together? EC_CONFIG. Pure. */
MUST enum ec form_check(const struct form *f, struct err *e);

/* Is the text written as a whole, so that the file need not exist? */
bool form_whole(const struct form *f);

/* NULL: this form has no such file. */
const char *form_path(const struct form *f, enum form_file which);

/* Says in ret->change what form_put() is going to do. */
void form_describe(const struct form *f, struct client_plan *ret);

/* The pair in the texts of all its files: user "" or pass NULL for what is
 * absent or empty. EC_CONFLICT for what cannot be read without doubt. */
MUST enum ec form_get(const struct form *f,
    const struct buf *const texts[FORM__FILES], struct smtp_cred *ret,
    struct err *e);

/* The text of this file with cred in it; nothing else differs. EC_GONE: no
 * such key; EC_CONFLICT as above. ret is replaced (within its max). */
MUST enum ec form_put(const struct form *f, enum form_file which,
    const struct client *c, const struct buf *text,
    const struct smtp_cred *cred, struct buf *ret, struct err *e);

#endif
