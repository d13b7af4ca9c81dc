/*
 * aws_document: the pair as two texts in a JSON document, the value of a
 * secret or a parameter.
 *
 * Only these two texts change: the document is not printed anew, so the order
 * of its keys, its layout and numbers of any size stay byte by byte.
 */
#ifndef CLIENTS_AWS_DOCUMENT_H
#define CLIENTS_AWS_DOCUMENT_H

#include "clients/client.h"

/* Keys as in clients/edit/path.h, through objects only. */
struct aws_document {
	const char *username, *password;
	bool create; /* a key that is missing may be added */
};

/* EC_CONFIG: keys that cannot be, or that are in each other's way. Pure. */
MUST enum ec aws_document_check(const struct aws_document *d, struct err *e);

/* The pair in text: user "" or pass NULL for what is absent, null or empty.
 * EC_CONFLICT for what cannot be read without doubt: no JSON, a key twice, no
 * text. */
MUST enum ec aws_document_get(const struct aws_document *d,
    const struct buf *text, struct smtp_cred *ret, struct err *e);

/* The text with cred in it. EC_GONE: no such key; EC_CONFLICT as above;
 * EC_CONFIG: longer than the max of ret. ret is replaced. */
MUST enum ec aws_document_put(const struct aws_document *d,
    const struct buf *text, const struct smtp_cred *cred, struct buf *ret,
    struct err *e);

#endif
