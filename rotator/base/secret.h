/*
 * secret: the only type that may hold key material.
 *
 * Opaque on purpose: printf("%s", s) does not compile, sizeof(*s) does not
 * compile, and no function here formats it. Memory comes from OpenSSL's
 * secure heap (locked, guarded, not dumped) and is wiped by secret_free().
 */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define SECRET_MAX 8192 /* longest secret we accept, bytes */

struct secret;

/*
 * First thing in main, before any library is touched: no core, not dumpable,
 * wiping allocators for OpenSSL, libcurl and cJSON, OpenSSL's locked heap,
 * which a forked child finds empty and must not use. Calling it again is
 * harmless. Fails with EC_NOMEM when memory cannot be locked, with EC_BUG when
 * OpenSSL has been used before.
 */
MUST enum ec secret_init(struct err *e);

/* Is there a secret, of ours or of OpenSSL, in the locked heap? */
bool secret_any(void);

/* Bytes of that heap which nobody has; not of necessity in one piece. */
size_t secret_room(void);

/* In the child of a fork that goes on as it is: the heap for secrets is made
 * anew. False: there was one in it, and the heap must not be used. */
MUST bool secret_after_fork(void);

/* Copies len bytes. The caller still owns (and must wipe) the source. */
MUST enum ec secret_new(
    const void *p, size_t len, struct secret **ret, struct err *e);
/* As secret_new(), and wipes the source whatever happens. */
MUST enum ec secret_take(
    void *p, size_t len, struct secret **ret, struct err *e);
/* A secret of len zero bytes to be filled through secret_bytes(). */
MUST enum ec secret_blank(size_t len, struct secret **ret, struct err *e);
MUST enum ec secret_dup(
    const struct secret *s, struct secret **ret, struct err *e);
void secret_free(struct secret *s); /* NULL is fine; wipes */
void auto_secret(struct secret **s);

/* Reading is loud: grep for secret_reveal to audit every use. */
const char *secret_reveal(const struct secret *s); /* NUL terminated */
unsigned char *secret_bytes(struct secret *s);
size_t secret_len(const struct secret *s);
bool secret_eq(const struct secret *a, const struct secret *b);

void wipe(void *p, size_t n); /* not removed by the compiler; NULL is fine */

#endif
