/* b64: base64 (RFC 4648 4) between texts and bytes that may be secret. */
#ifndef CLIENTS_B64_H
#define CLIENTS_B64_H

#include "base/buf.h"

/* Adds the bytes to ret. EC_PROTO, without the text: not base64, with padding
 * and without blanks, and nothing else. */
MUST enum ec b64_decode(const char *text, struct buf *ret, struct err *e);

/* Adds the text to ret. */
MUST enum ec b64_encode(
    const void *p, size_t n, struct buf *ret, struct err *e);

#endif
