/*
 * jwt: signed assertions (RFC 7519) by which a service account or an app
 * proves who it is. RS256 only: that is what Google and GitHub take
 * (https://developers.google.com/identity/protocols/oauth2/service-account,
 * https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app).
 */
#ifndef CLIENTS_JWT_H
#define CLIENTS_JWT_H

#include <openssl/evp.h>

#include "clients/json.h"

void auto_jwt_key(EVP_PKEY **k); /* AUTO(jwt_key) EVP_PKEY *k = NULL */

/* A private RSA key in PEM, PKCS#1 or PKCS#8, of 2048 bits or more. EC_CONFIG
 * for anything else, an encrypted one included: nobody is asked for a
 * passphrase. where names it in messages. */
MUST enum ec jwt_key_parse(
    const struct secret *pem, const char *where, EVP_PKEY **ret, struct err *e);

/* base64url without padding (RFC 7515, 2), added to ret. */
MUST enum ec jwt_base64url(
    const void *p, size_t n, struct buf *ret, struct err *e);

/* The whole token: header, claims, signature. kid NULL: the header has none.
 * Claims are taken as they are; EC_NOMEM also for claims NULL. */
MUST enum ec jwt_sign(const cJSON *claims, const char *kid, EVP_PKEY *key,
    struct secret **ret, struct err *e);

#endif
