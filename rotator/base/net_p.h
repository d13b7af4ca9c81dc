/* net_p: between net.c and net_trust.c. */
#ifndef BASE_NET_P_H
#define BASE_NET_P_H

#include <openssl/sha.h>
#include <openssl/x509_vfy.h>

#include "base/buf.h"
#include "base/net.h"

/* As libcurl sets them: what the administrator put into the bundle is trusted
 * although it is no root (curl 7.88.1 lib/vtls/openssl.c,
 * populate_x509_store). */
#define STORE_FLAGS (X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN)

struct bundle {
	struct bundle *next;
	unsigned char hash[SHA256_DIGEST_LENGTH];
	X509_STORE *store;
	/* What libcurl is given instead: one certificate, which it reads in no
	 * time, and the hash. It never uses a connection for a request with
	 * other anchors, and tells them apart by this text. */
	struct buf token;
};

/* In the list, or added to it. NULL: it cannot be read, or there is no memory;
 * libcurl, given the text, says which. */
const struct bundle *bundle_find(
    struct bundle **list, const char *pem, size_t n);
void bundles_free(struct bundle *b);

struct trust; /* the system's trust anchors, for several nets and threads */

struct trust *trust_new(void); /* NULL: no memory */
struct trust *trust_more(struct trust *t);
void trust_free(struct trust *t); /* the last one ends it; NULL is fine */

/* For h these PEM certificates only, which live as long as h; t lives longer.
 */
CURLcode trust_only(struct trust *t, CURL *h, const char *pem, size_t n);
/* The one place where TLS is set up: ca_file only, or the system's anchors. */
CURLcode trust_set(struct trust *t, CURL *h, const char *ca_file);

#endif
