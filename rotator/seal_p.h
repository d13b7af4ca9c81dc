/* seal_p: where the sealing key comes from; only seal.c includes it. */
#ifndef ROTATOR_SEAL_P_H
#define ROTATOR_SEAL_P_H

#include "rotator/seal.h"

#define SEAL_KEY_LEN 32 /* AES-256 */

/* The raw key, owned by the caller; arguments and errors of seal_open(). */
MUST enum ec seal_key_read(enum seal_kind kind, const char *where,
    bool may_create, struct secret **ret, struct err *e);

#endif
