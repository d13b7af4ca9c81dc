/*
 * seal: passwords at rest. AES-256-GCM under a key that never stands beside
 * the database it protects in one backup: a root-only key file made on first
 * run, a systemd credential, or a data key of AWS KMS. Associated data bind a
 * sealed value to its identity, key id and region, so that a value moved to
 * another row does not open.
 *
 * Text form: "v1." BOX, under a key of our own; "k1." DATAKEY "." BOX under a
 * data key that KMS gave and only KMS can open, which stands there encrypted.
 * BOX is base64( 12-byte nonce | ciphertext | 16-byte tag ), DATAKEY base64.
 *
 * A seal may be used by several threads at once.
 */
#ifndef ROTATOR_SEAL_H
#define ROTATOR_SEAL_H

#include <stdbool.h>

#include "base/err.h"
#include "base/secret.h"

#define SEALED_MAX 512 /* text of one sealed SMTP password, with NUL */

struct client_reach;

enum seal_kind {
	SEAL_FILE,       /* path of a 0600 file with 32 random bytes, made when
			  * absent; default STATE/seal.key */
	SEAL_CREDENTIAL, /* name below $CREDENTIALS_DIRECTORY
			  * (systemd.exec(5), LoadCredential) */
	SEAL_KMS,        /* a symmetric key of AWS KMS: seal_open_kms() */
};

struct seal;

/* Not for SEAL_KMS. may_create: make the key file when absent (never for a
 * credential).
 * EC_DENIED: wrong owner or mode wider than 0600; EC_DAMAGED: wrong length;
 * EC_GONE: absent. Each names path and remedy. */
MUST enum ec seal_open(enum seal_kind kind, const char *where, bool may_create,
    struct seal **ret, struct err *e);

struct seal_kms_conf {      /* all borrowed until seal_close() */
	const char *key;    /* ARN, id or alias */
	const char *region; /* NULL: that of the ARN */
	const char *account;
	/* A key file whose values still open, so that the kind can be changed
	 * to this one; need not exist. */
	const char *former;
	const struct client_reach *reach;
};
/* Asks nobody anything yet: KMS is asked when a value is sealed or opened.
 * EC_NOMEM only. */
MUST enum ec seal_open_kms(
    const struct seal_kms_conf *conf, struct seal **ret, struct err *e);
void seal_close(struct seal *s);
void auto_seal(struct seal **s);

/*
 * Could seal_wrap() work now? To be asked before there is something that must
 * be sealed. Of KMS it takes the data key of this process, unless that is here
 * already: one GenerateDataKey a run. EC_TEMP not reachable, said again for
 * half a minute without asking; EC_DENIED our credential or permission, or the
 * key is switched off or about to be deleted; EC_CONFIG no such key, or none
 * of the right kind.
 */
MUST enum ec seal_ready(const struct seal *s, struct err *e);

/* aad: "identity|key id|region". May fail as seal_ready(). */
MUST enum ec seal_wrap(const struct seal *s, const char *aad,
    const struct secret *plain, char ret[SEALED_MAX], struct err *e);
/* EC_DAMAGED: altered, another key, or another place than it was made for.
 * EC_CONFIG: sealed by a kind that is not configured. Of KMS also as
 * seal_ready(): one Decrypt a data key and process. */
MUST enum ec seal_unwrap(const struct seal *s, const char *aad,
    const char *sealed, struct secret **ret, struct err *e);

#endif
