/*
 * dsn: user name and password in the URL of a mail server, as in
 *
 *   MAILER_DSN=smtp://user:password@host:587/?verify_peer=1
 *
 * Any scheme. Only the part between "://" and "@" is ever looked at or
 * changed (userinfo, RFC 3986 3.2.1). Written, both halves are
 * percent-encoded, since SES passwords hold '/' and '+': a '/' would end the
 * host for every parser, and some take '+' for a blank. Pure: bytes in, bytes
 * out.
 *
 * Refused (EC_CONFLICT, the message begins with where and names the byte, from
 * 1): no "://" or no host behind it; blanks and control characters; a broken
 * %XX; an '@' too many, because then two parsers see two different hosts. An
 * '@' behind '?' or '#' is fine when there is one before the host.
 */
#ifndef CLIENTS_DSN_H
#define CLIENTS_DSN_H

#include "base/buf.h"
#include "base/err.h"

/* user and pass are replaced (within their max) by what stands there,
 * decoded; empty when it does not. On failure they are empty. */
MUST enum ec dsn_get(const struct buf *url, const char *where, struct buf *user,
    struct buf *pass, struct err *e);

/* ret is replaced (within its max) by url with this pair in it; on failure it
 * is as before. EC_BUG: it would not read back. */
MUST enum ec dsn_set(const struct buf *url, const char *where, const char *user,
    const char *pass, struct buf *ret, struct err *e);

#endif
