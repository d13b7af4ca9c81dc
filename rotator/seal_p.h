/* seal_p: where sealing keys come from; for the seal*.c files only. */
#ifndef ROTATOR_SEAL_P_H
#define ROTATOR_SEAL_P_H

#include "rotator/seal.h"

#define SEAL_KEY_LEN 32 /* AES-256 */

/* The raw key, owned by the caller; arguments and errors of seal_open(). */
MUST enum ec seal_key_read(enum seal_kind kind, const char *where,
    bool may_create, struct secret **ret, struct err *e);

/* --- seal_kms.c --- */

/* KMS says at most 6144; of AES_256 it has always been below 200 bytes. */
#define DATA_KEY_MAX  256
#define DATA_KEY_TEXT ((DATA_KEY_MAX + 2) / 3 * 4 + 1) /* base64, with NUL */

struct seal_kms;

MUST enum ec seal_kms_open(
    const struct seal_kms_conf *conf, struct seal_kms **ret, struct err *e);
void seal_kms_close(struct seal_kms *k);
/* The data key of this process and its encrypted form; errors of
 * seal_ready(). ret_key is owned by the caller. */
MUST enum ec seal_kms_fresh(struct seal_kms *k, char ret_text[DATA_KEY_TEXT],
    struct secret **ret_key, struct err *e);
/* The data key whose encrypted form is the n characters at text. */
MUST enum ec seal_kms_key(struct seal_kms *k, const char *text, size_t n,
    struct secret **ret_key, struct err *e);
/* The key of the file that sealed before. EC_CONFIG: it is not there. */
MUST enum ec seal_kms_former(
    struct seal_kms *k, struct secret **ret_key, struct err *e);

#endif
