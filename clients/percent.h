/*
 * percent: decode the %XX of a URL (RFC 3986 2.1). Encoding is
 * canonical_escape() of sigv4.
 */
#ifndef CLIENTS_PERCENT_H
#define CLIENTS_PERCENT_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

/* Adds the meaning of n bytes to ret. '+' is a plus. EC_PROTO: a % without
 * two hexadecimal digits behind it; ret may then have a part. */
MUST enum ec percent_decode(
    const char *p, size_t n, struct buf *ret, struct err *e);

#endif
