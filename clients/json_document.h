/*
 * json_document: the pair as two texts in a JSON document, the value of a
 * secret, a parameter or a variable.
 *
 * Only these two texts change: the document is not printed anew, so the order
 * of its keys, its layout and numbers of any size stay byte by byte.
 */
#ifndef CLIENTS_JSON_DOCUMENT_H
#define CLIENTS_JSON_DOCUMENT_H

#include "clients/client.h"

struct json_document {
	const char *username, *password; /* keys */
	bool create; /* a key that is missing may be added */
	/* Keys are names at the top, as they are; else as in
	 * clients/edit/path.h, through objects only. */
	bool flat;
};

/* EC_CONFIG: keys that cannot be, or that are in each other's way. Pure. */
MUST enum ec json_document_check(const struct json_document *d, struct err *e);

/* The pair in text: user "" or pass NULL for what is absent, null or empty.
 * EC_CONFLICT for what cannot be read without doubt: no JSON, a key twice, no
 * text, no credential. */
MUST enum ec json_document_get(const struct json_document *d,
    const struct buf *text, struct smtp_cred *ret, struct err *e);

/* The text with cred, which passed client_cred_check(), in it. EC_GONE: no
 * such key; EC_CONFLICT as above, of what stands there now; EC_CONFIG: longer
 * than the max of ret. ret is replaced. */
MUST enum ec json_document_put(const struct json_document *d,
    const struct buf *text, const struct smtp_cred *cred, struct buf *ret,
    struct err *e);

/* The bytes of the value behind a key (as in clients/edit/path.h), as they
 * stand in text, added to ret. EC_GONE: there is none. */
MUST enum ec json_document_part(
    const struct buf *text, const char *key, struct buf *ret, struct err *e);

#endif
