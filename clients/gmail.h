/*
 * gmail: a "send mail as" address of a mailbox, as the Gmail API shows it.
 *
 * https://developers.google.com/gmail/api/reference/rest/v1/users.settings.sendAs
 */
#ifndef CLIENTS_GMAIL_H
#define CLIENTS_GMAIL_H

#include <stdbool.h>

#include "clients/client.h"
#include "clients/json.h"

/* Options. */
struct gmail {
	const char *api; /* https://gmail.googleapis.com */
	const char *ca_file;
	const char *user, *alias;
	const char *key_file;
	bool sharing;
};

struct gmail_alias {
	cJSON *json; /* owned */
	bool primary;
	bool smtp; /* sends through a server of its own */
	/* In json; never NULL. */
	const char *status, *host, *username, *security;
	unsigned port;
};
void auto_gmail_alias(struct gmail_alias *a);

/* A token for gmail_get(), and with writes for gmail_patch(). */
MUST enum ec gmail_login(const struct client *c, const struct gmail *g,
    bool writes, struct secret **ret, struct err *e);

/* EC_GONE: no such alias or mailbox. ret starts out empty. */
MUST enum ec gmail_get(const struct client *c, const struct gmail *g,
    const struct secret *token, struct gmail_alias *ret, struct err *e);

/* Server and credential of the alias, as one change, and what Gmail shows of
 * it then. EC_CLIENT: Gmail does not take it. May be repeated. */
MUST enum ec gmail_patch(const struct client *c, const struct gmail *g,
    const struct secret *token, const struct smtp_cred *cred,
    struct gmail_alias *ret, struct err *e);

/* EC_HUMAN with the steps when its owner has not confirmed it (yet, or again):
 * Gmail does not use it before. Pure. */
MUST enum ec gmail_verified(
    const struct gmail *g, const struct gmail_alias *a, struct err *e);

/* What Gmail calls the way we speak TLS to the server. */
const char *gmail_security(enum smtp_tls tls);

#endif
