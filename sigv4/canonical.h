/*
 * canonical: the one spelling of a request that signer and service agree on.
 * Pure text to text; each function appends to a buf.
 *
 * Source: "Create a signed AWS API request", section "Create a canonical
 * request",
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
#ifndef SIGV4_CANONICAL_H
#define SIGV4_CANONICAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "sigv4/sign.h"

#define CANONICAL_HEADERS_MAX 64
#define CANONICAL_PAIRS_MAX   128

/* Every byte but A-Z a-z 0-9 - . _ ~ (and '/' when keep_slash) as %XX. */
MUST enum ec canonical_escape(
    struct buf *b, const char *s, size_t n, bool keep_slash, struct err *e);
/* Takes out "." and ".." and empty segments unless keep, then encodes what
 * was to be sent once more: a service decodes once. */
MUST enum ec canonical_path(
    struct buf *b, const char *path, bool keep, struct err *e);
/* Decoded, encoded anew, sorted. EC_PROTO over CANONICAL_PAIRS_MAX. */
MUST enum ec canonical_query(struct buf *b, const char *query, struct err *e);
/*
 * The header block "name:value\n" in one buffer and "name;name" in the other.
 * Headers that a proxy or libcurl may change are left out of both. EC_PROTO
 * over CANONICAL_HEADERS_MAX.
 */
MUST enum ec canonical_headers(struct buf *block, struct buf *names,
    const struct sig_header *list, size_t count, struct err *e);

#endif
