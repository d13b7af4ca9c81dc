/*
 * providers: the rows of identity.c's table, and what several of them need.
 */
#ifndef SIGV4_PROVIDERS_H
#define SIGV4_PROVIDERS_H

#include <stdbool.h>

#include "base/err.h"
#include "sigv4/identity.h"

extern const struct provider provider_env;
extern const struct provider provider_profile;

/* A variable that is set to nothing counts as unset, as in the SDKs. */
const char *provider_getenv(const struct aws_env *env, const char *name);

/*
 * Fills *ret from texts; token may be NULL. where names the source in errors
 * ("environment", a file). EC_CONFIG when one half is missing (NULL) or a
 * text holds what cannot stand in a header. On failure *ret is untouched.
 * Sets source to where; expires to 0.
 */
MUST enum ec provider_static(const char *key_id, const char *secret,
    const char *token, const char *where, struct aws_cred *ret, struct err *e);

#endif
