/*
 * pair: how a credential goes into places that each hold one text, such as
 * the secrets and variables of a forge: user name and password in a place of
 * their own, or both in one as JSON or as the URL of a mail server (a DSN).
 */
#ifndef CLIENTS_PAIR_H
#define CLIENTS_PAIR_H

#include <stdbool.h>

#include "clients/json_document.h"

#define PAIR_MAX ((size_t)48 * 1024) /* bytes in one place; GitHub's limit */

enum pair_part { PAIR_USERNAME, PAIR_PASSWORD, PAIR_JSON, PAIR_DSN };

/* The options of a driver. */
struct pair_names {
	const char *username, *password;
	const char *pair;
	unsigned format; /* index into pair_formats */
};
extern const char *const pair_formats[];
extern const struct json_document pair_document; /* of the first format */

struct pair_place {
	const char *name;
	enum pair_part part;
};

/*
 * Which places these are: one with both, or the password's and then the user
 * name's, for in this order whoever sees a new user name sees its password
 * too. Returns how many; pure.
 */
size_t pair_places(const struct pair_names *n, struct pair_place ret[2]);

/* Either both names or the pair's, and names of [A-Za-z0-9_] that begin with
 * no digit, as every forge takes them. suffix is that of the option names:
 * "secret", "variable". EC_CONFIG; pure. */
MUST enum ec pair_check(
    const struct pair_names *n, const char *suffix, struct err *e);

/* "set A and B (new)" in ret->change; and, for two places, a warning that a job
 * may see one of them changed. missing: those that will be made. */
void pair_describe(const struct pair_place *places, size_t n,
    const bool *missing, struct client_plan *ret);
/* Behind what ret->change says; cut when too long. */
void pair_change_more(struct client_plan *ret, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Adds the new content of a place. former is what it holds, NULL or "" when
 * nothing or not known: other members of a JSON object and the rest of a URL
 * are kept. EC_CONFLICT when former is neither; the message does not name the
 * place: err_prefix() does. ret holds a secret.
 */
MUST enum ec pair_put(enum pair_part part, const struct client *c,
    const char *former, const struct smtp_cred *cred, struct buf *ret,
    struct err *e);

/* Setting place i failed with *e: when another one was set before, what the
 * consumer gets now is not known. Returns e->ec. */
MUST enum ec pair_failed(
    const struct pair_place *places, size_t i, struct err *e);

/*
 * Fills in what this place says of the pair; the rest of ret stays. where
 * names it in messages. EC_CONFLICT: no JSON object, no URL, or a user name
 * that is too long for one.
 */
MUST enum ec pair_get(enum pair_part part, const char *text, const char *where,
    struct smtp_cred *ret, struct err *e);

#endif
