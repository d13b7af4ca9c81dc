/*
 * smtp_password: from an IAM secret access key to the password that SES SMTP
 * accepts in one region. Pure: bytes in, bytes out.
 *
 * Source: "Obtaining Amazon SES SMTP credentials",
 * https://docs.aws.amazon.com/ses/latest/dg/smtp-credentials.html
 */
#ifndef SIGV4_SMTP_PASSWORD_H
#define SIGV4_SMTP_PASSWORD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/secret.h"

#define KEY_ID_MAX        129 /* IAM: 16..128 characters, and NUL */
#define REGION_MAX        32
#define SMTP_PASSWORD_LEN 44 /* base64 of 33 bytes, no padding */

enum smtp_password_form {
	SMTP_PASSWORD_NONE, /* not an SES password */
	SMTP_PASSWORD_V4,   /* first byte 0x04: the current, per-region form */
	SMTP_PASSWORD_V2,   /* first byte 0x02: made before 2019-01-10 */
};

/* One credential as a mail client must be told it. The user is the access
 * key id and no secret. */
struct smtp_cred {
	char user[KEY_ID_MAX];
	struct secret *pass; /* owned; NULL: none known */
};
void smtp_cred_free(struct smtp_cred *c); /* wipes; empty afterwards */
void auto_smtp_cred(struct smtp_cred *c);
bool smtp_cred_eq(const struct smtp_cred *a, const struct smtp_cred *b);
/*
 * The credential that two texts of a place are: copies, and the caller still
 * has to wipe its own. Empty texts give user "" or pass NULL. EC_CONFLICT with
 * a remedy: too long to be one, or a NUL in it; ret is as before then, and
 * the message does not name the place: err_prefix() does.
 */
MUST enum ec smtp_cred_from(const char *user, size_t user_len, const char *pass,
    size_t pass_len, struct smtp_cred *ret, struct err *e);
/* A made-up pair of the form and length of a real one, with which plan() can
 * try what write() will do. ret is empty before. */
MUST enum ec smtp_cred_any(struct smtp_cred *ret, struct err *e);

/* The password of secret access key `key` in `region`. Every intermediate
 * key is wiped. EC_CONFIG for a region that is no region name. */
MUST enum ec smtp_password_derive(const struct secret *key, const char *region,
    struct secret **ret, struct err *e);

/* The gate before any write: exactly 44 base64 characters of 33 bytes. A
 * short, redacted or empty value is NONE. */
enum smtp_password_form smtp_password_form(const char *p, size_t len);

/* ^A[A-Z0-9]{15,127}$ */
bool key_id_valid(const char *s);
/* ^[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}$: the form, not a list of regions; new
 * regions must work without a new release. */
bool region_valid(const char *s);

/* Known answers for signing and derivation, in microseconds. EC_BUG: this
 * build or its libcrypto computes wrongly; nothing may be written. */
MUST enum ec sigv4_selftest(struct err *e);

#endif
