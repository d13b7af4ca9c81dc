/*
 * seal_kms_call: the two calls of AWS KMS that sealing needs. A data key is a
 * key of 256 bits which KMS makes and gives twice, as it is and encrypted under
 * a key that never leaves KMS.
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKey.html
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html
 *
 * Not for several threads at once: seal_kms.c has the lock.
 */
#ifndef ROTATOR_SEAL_KMS_CALL_H
#define ROTATOR_SEAL_KMS_CALL_H

#include <stdint.h>

#include "clients/aws_json.h"
#include "rotator/seal_p.h"

struct kms_call {
	struct seal_kms_conf conf;
	struct client client; /* to borrow the net through */
	struct aws_object at;
	int64_t not_before; /* clock_mono(); 0: may be asked */
	struct err why;
};

/* Asks nobody yet. k stays where it is; what conf points to, too. */
void kms_call_init(struct kms_call *k, const struct seal_kms_conf *conf);

/* A new data key, and its encrypted form in base64. Errors of seal_ready(). */
MUST enum ec kms_generate(struct kms_call *k, char ret_text[DATA_KEY_TEXT],
    struct secret **ret, struct err *e);
/* The data key whose encrypted form this is. EC_DAMAGED: KMS knows none. */
MUST enum ec kms_decrypt(
    struct kms_call *k, const char *text, struct secret **ret, struct err *e);

#endif
