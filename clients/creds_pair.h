/*
 * creds_pair: a pair in one encrypted credential, in some syntax, or user name
 * and password in one each, plain, with or without a newline behind.
 */
#ifndef CLIENTS_CREDS_PAIR_H
#define CLIENTS_CREDS_PAIR_H

#include "clients/client.h"
#include "clients/creds.h"
#include "clients/entry.h"

struct creds_pair {
	const char *name;                  /* of the one; or NULL, and: */
	const char *user_name, *pass_name; /* of the two */
	struct entry entry; /* in the text of the one: syntax and two keys */
};

/* Do the settings go together? EC_CONFIG. Pure. */
MUST enum ec creds_pair_check(const struct creds_pair *p, struct err *e);

/* Tries all of creds_pair_set() that changes nothing, and says in ret->change
 * what it would do. Errors as creds_open(), entry_put_text(),
 * file_can_replace(). */
MUST enum ec creds_pair_plan(const struct creds_pair *p, const struct creds *cr,
    struct client_plan *ret, struct err *e);

/* What is there now; user "" or pass NULL for what is empty. */
MUST enum ec creds_pair_get(const struct creds_pair *p, const struct creds *cr,
    struct smtp_cred *ret, struct err *e);

/*
 * Stores cred, of two the password first and the user name last. EC_UNKNOWN:
 * the password is stored and the user name could not be; set it again. Any
 * other failure: nothing was changed (but see file_replace()).
 */
MUST enum ec creds_pair_set(const struct creds_pair *p, const struct creds *cr,
    const struct smtp_cred *cred, struct err *e);

#endif
