/*
 * seal: passwords at rest. AES-256-GCM under a key that never stands beside
 * the database it protects in one backup: a root-only key file made on first
 * run, or a systemd credential. Associated data bind a sealed value to its
 * identity, key id and region, so that a value moved to another row does not
 * open.
 *
 * Text form: "v1." base64( 12-byte nonce | ciphertext | 16-byte tag ).
 */
#ifndef ROTATOR_SEAL_H
#define ROTATOR_SEAL_H

#include <stdbool.h>

#include "base/err.h"
#include "base/secret.h"

#define SEALED_MAX 256 /* text of one sealed SMTP password, with NUL */

enum seal_kind {
	SEAL_FILE,       /* path of a 0600 file with 32 random bytes, made when
			  * absent; default STATE/seal.key */
	SEAL_CREDENTIAL, /* name below $CREDENTIALS_DIRECTORY
			  * (systemd.exec(5), LoadCredential) */
};

struct seal;

/* may_create: make the key file when absent (never for a credential).
 * EC_DENIED: wrong owner or mode wider than 0600; EC_DAMAGED: wrong length;
 * EC_GONE: absent. Each names path and remedy. */
MUST enum ec seal_open(enum seal_kind kind, const char *where, bool may_create,
    struct seal **ret, struct err *e);
void seal_close(struct seal *s);
void auto_seal(struct seal **s);

/* aad: "identity|key id|region". */
MUST enum ec seal_wrap(const struct seal *s, const char *aad,
    const struct secret *plain, char ret[SEALED_MAX], struct err *e);
/* EC_DAMAGED: altered, another key, or another place than it was made for. */
MUST enum ec seal_unwrap(const struct seal *s, const char *aad,
    const char *sealed, struct secret **ret, struct err *e);

#endif
