/*
 * certs: the sandbox's own certificate authority, its server certificate, and
 * the bad certificates that the fault bad_cert serves.
 */
#ifndef SANDBOX_CERTS_H
#define SANDBOX_CERTS_H

#include <stddef.h>

#include <openssl/ssl.h>

#include "sandbox.h"

struct certs {
	char *ca_path; /* DIR/ca.pem */
	char *cert_pem, *key_pem;
	EVP_PKEY *ca_key, *key;
	X509 *ca, *cert;
};

/* Load from DIR, or make what is missing, too old, or not for these regions.
 * DIR then holds ca.pem, ca.key, server.pem and server.key; keys are 0600.
 * Exits the program on failure. */
void certs_open(struct certs *c, const char *dir, const struct sandbox *s);
void certs_free(struct certs *c);

/* Let a certificate name only this host; it must then be signed again. */
void certs_rename(X509 *x, const char *host);

/* A server context with the good certificate. */
SSL_CTX *certs_context(const struct certs *c);

/* The same with a bad one (wrong_name, expired, not_yet, self_signed,
 * unknown_ca), or with the good one but only TLS 1.1 ("tls11"). NULL for any
 * other kind. To be freed by the caller. */
SSL_CTX *certs_bad_context(const struct certs *c, const char *kind);

#endif
