/*
 * secret_item: which items of a keyring belong to a client, and what is in
 * them. For drv_secret_service.c, which says why.
 *
 * Ours is what carries our mark and the client's name. Everything else that
 * the consumer's look-up finds is either taken over or in the way, as the
 * operator said with `others`.
 */
#ifndef CLIENTS_SECRET_ITEM_H
#define CLIENTS_SECRET_ITEM_H

#include <stdbool.h>
#include <stdint.h>

#include "clients/client.h"
#include "clients/keyring.h"

enum item_content { CONTENT_PASSWORD, CONTENT_PAIR };
enum item_others { OTHERS_REFUSE, OTHERS_REPLACE, OTHERS_IGNORE };

struct secret_item {
	const char *const *attributes; /* NULL: host and service */
	const char *user_attribute, *label, *collection;
	unsigned content, others;
	int64_t timeout;
};

/* Rules between the options; EC_CONFIG. */
MUST enum ec secret_item_check(const struct secret_item *s, struct err *e);

/* Finds what the consumer finds. EC_CONFLICT when something is in the way,
 * with the remedy. */
MUST enum ec secret_item_find(const struct secret_item *s,
    const struct client *c, struct keyring *k, struct err *e);

/* The pair, when exactly one of the items found belongs to c; else none. */
MUST enum ec secret_item_read(const struct secret_item *s,
    const struct client *c, const struct keyring *k, struct smtp_cred *ret,
    struct err *e);

/* Stores the pair, then deletes what it makes obsolete. EC_UNKNOWN: stored,
 * but something old may still be there. May be repeated. */
MUST enum ec secret_item_write(const struct secret_item *s,
    const struct client *c, struct keyring *k, const struct smtp_cred *cred,
    struct err *e);

/* "host=a service=smtp" for people. */
void secret_item_text(const struct secret_item *s, const struct client *c,
    char *ret, size_t size);

#endif
