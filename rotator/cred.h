/* cred: SMTP passwords of a record, from sealed text to a pair and back. */
#ifndef ROTATOR_CRED_H
#define ROTATOR_CRED_H

#include "rotator/rotation.h"

/* Derives and seals the password of every configured region of the identity
 * into k. The IAM secret is the caller's to wipe. */
MUST enum ec cred_seal_all(const struct rotation *r,
    const struct secret *iam_secret, struct rec_key *k, struct err *e);
/* Seals the password of one region as found at a client; a value that is no
 * SES password, or a region known already, changes nothing. */
MUST enum ec cred_learn(const struct rotation *r, struct rec_key *k,
    const char *region, const struct smtp_cred *held, struct err *e);
/* EC_GONE: no password of that key is known for that region. */
MUST enum ec cred_of_key(const struct rotation *r, const struct rec_key *k,
    const char *region, struct smtp_cred *ret, struct err *e);

/* What a client held before our first write. Only a pair of SES form is
 * kept; anything else cannot be restored and leaves pre_sealed empty. */
MUST enum ec cred_keep_former(const struct rotation *r,
    const struct smtp_cred *held, struct rec_client *rc, struct err *e);
/* EC_GONE: nothing was kept. */
MUST enum ec cred_former(const struct rotation *r, const struct rec_client *rc,
    struct smtp_cred *ret, struct err *e);

#endif
