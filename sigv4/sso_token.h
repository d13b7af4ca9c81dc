/*
 * sso_token: what `aws sso login` has left in ~/.aws/sso/cache. Read anew each
 * time, never written.
 *
 * Source: botocore utils.py, SSOTokenLoader.
 */
#ifndef SIGV4_SSO_TOKEN_H
#define SIGV4_SSO_TOKEN_H

#include "base/buf.h"
#include "sigv4/identity.h"

/*
 * Adds the token to ret. key: name of the session, or the start URL of a
 * profile without one. EC_GONE: no usable token, and `what` says why without
 * its place; a person must log in. EC_DENIED, EC_IO: cannot be read.
 */
MUST enum ec sso_token(
    const struct aws_env *env, const char *key, struct buf *ret, struct err *e);

#endif
