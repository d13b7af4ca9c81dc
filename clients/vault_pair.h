/* vault_pair: user name and password as two texts of a JSON object. */
#ifndef CLIENTS_VAULT_PAIR_H
#define CLIENTS_VAULT_PAIR_H

#include "clients/json.h"
#include "sigv4/smtp_password.h"

struct vault_pair {
	const char *where;       /* for messages */
	const char *user, *pass; /* keys */
};

/* Absent, null and empty values give user "" or pass NULL. EC_CONFLICT: a
 * value is there that is no text, or too long for a credential. data may be
 * NULL. */
MUST enum ec vault_pair_get(const struct vault_pair *p, const cJSON *data,
    struct smtp_cred *ret, struct err *e);

/* Replaces both values and nothing else. cred must live as long as data. */
MUST enum ec vault_pair_set(const struct vault_pair *p, cJSON *data,
    const struct smtp_cred *cred, struct err *e);

#endif
