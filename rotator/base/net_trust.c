/*
 * net_trust: whom we believe, and what TLS must be like.
 *
 * The system's bundle, and each large one that is named, is read once for all
 * threads: libcurl would read the former for each multi handle, the latter for
 * each connection. OpenSSL's store of certificates may be used by
 * several connections at a time (X509_STORE_up_ref(3)).
 */
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "base/net_p.h"

/* 112 bits: no SHA-1, no RSA of 1024 bits, no cipher without a certificate;
 * OPENSSL_CONF and openssl.cnf may ask for more, not for less. */
#define SECURITY_LEVEL 2

/* Below this a bundle is read by libcurl, for each connection anew; 145
 * authorities (200 KiB) would take 20 ms each time. */
#define LARGE ((size_t)16 * 1024)

struct trust {
	pthread_mutex_t lock; /* of all below */
	unsigned users;
	X509_STORE *system; /* NULL: not read yet */
	struct bundle *bundles;
};

struct trust *
trust_new(void)
{
	struct trust *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	(void)pthread_mutex_init(&t->lock, NULL);
	t->users = 1;
	return t;
}

struct trust *
trust_more(struct trust *t)
{
	(void)pthread_mutex_lock(&t->lock);
	t->users++;
	(void)pthread_mutex_unlock(&t->lock);
	return t;
}

void
trust_free(struct trust *t)
{
	unsigned left;

	if (t == NULL)
		return;
	(void)pthread_mutex_lock(&t->lock);
	left = --t->users;
	(void)pthread_mutex_unlock(&t->lock);
	if (left > 0)
		return;
	X509_STORE_free(t->system);
	bundles_free(t->bundles);
	(void)pthread_mutex_destroy(&t->lock);
	free(t);
}

static X509_STORE *
read_bundle(const char *path)
{
	X509_STORE *s = X509_STORE_new();

	if (s == NULL)
		return NULL;
	if (X509_STORE_load_file(s, path) == 1 &&
	    X509_STORE_set_flags(s, STORE_FLAGS) == 1)
		return s;
	X509_STORE_free(s);
	return NULL;
}

/* ---- one connection ----------------------------------------------------- */

/* A bundle that could not be read is tried again by the next connection. */
static CURLcode
use_system(struct trust *t, SSL_CTX *ctx)
{
	CURLcode rc = CURLE_OK;

	(void)pthread_mutex_lock(&t->lock);
	errno = 0;
	if (t->system == NULL)
		t->system =
		    read_bundle(curl_version_info(CURLVERSION_NOW)->cainfo);
	if (t->system != NULL)
		SSL_CTX_set1_cert_store(ctx, t->system);
	else
		rc = errno == ENOMEM ? CURLE_OUT_OF_MEMORY
				     : CURLE_SSL_CACERT_BADFILE;
	(void)pthread_mutex_unlock(&t->lock);
	return rc;
}

static bool
names_a_host(const X509 *x)
{
	GENERAL_NAMES *all =
	    X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
	bool found = false;

	for (int i = 0; i < sk_GENERAL_NAME_num(all); i++) {
		const GENERAL_NAME *n = sk_GENERAL_NAME_value(all, i);

		found |= n->type == GEN_DNS || n->type == GEN_IPADD;
	}
	GENERAL_NAMES_free(all);
	return found;
}

/* Without a name where names belong (RFC 9525 section 2) libcurl would take
 * the common name, which no authority vouches for as a host. */
static int
verify_chain(X509_STORE_CTX *chain, void *arg)
{
	int good = X509_verify_cert(chain);

	(void)arg;
	if (good != 1 || names_a_host(X509_STORE_CTX_get0_cert(chain)))
		return good;
	X509_STORE_CTX_set_error(chain, X509_V_ERR_HOSTNAME_MISMATCH);
	return 0;
}

/* OpenSSL else keeps what it deciphered, a new key for example, in the read
 * buffer of a connection that waits to be used again. */
static CURLcode
set_up(SSL_CTX *ctx)
{
	(void)SSL_CTX_set_options(ctx, SSL_OP_CLEANSE_PLAINTEXT);
	SSL_CTX_set_cert_verify_callback(ctx, verify_chain, NULL);
	if (SSL_CTX_get_security_level(ctx) < SECURITY_LEVEL)
		SSL_CTX_set_security_level(ctx, SECURITY_LEVEL);
	return CURLE_OK;
}

/* What libcurl has read itself is in the context. */
static CURLcode
set_up_given(CURL *h, void *ctx, void *arg)
{
	(void)h;
	(void)arg;
	return set_up(ctx);
}

static CURLcode
set_up_system(CURL *h, void *ctx, void *trust)
{
	(void)h;
	(void)set_up(ctx);
	return use_system(trust, ctx);
}

static CURLcode
set_up_bundle(CURL *h, void *ctx, void *store)
{
	(void)h;
	SSL_CTX_set1_cert_store(ctx, store);
	return set_up(ctx);
}

/* Nothing but what is named is trusted: what libcurl was built with goes. */
static CURLcode
name_anchors(CURL *h, const char *file, curl_ssl_ctx_callback fn, void *arg)
{
	CURLcode rc = curl_easy_setopt(h, CURLOPT_CAINFO, file);

	if (rc == CURLE_OK)
		rc = curl_easy_setopt(h, CURLOPT_CAPATH, NULL);
	if (rc == CURLE_OK)
		rc = curl_easy_setopt(h, CURLOPT_SSL_CTX_FUNCTION, fn);
	if (rc == CURLE_OK)
		rc = curl_easy_setopt(h, CURLOPT_SSL_CTX_DATA, arg);
	return rc;
}

CURLcode
trust_set(struct trust *t, CURL *h, const char *ca_file)
{
	if (ca_file != NULL)
		return name_anchors(h, ca_file, set_up_given, NULL);
	if (curl_version_info(CURLVERSION_NOW)->cainfo != NULL)
		return name_anchors(h, NULL, set_up_system, t);
	/* Without a bundle libcurl has a directory, which it reads as needed.
	 */
	return curl_easy_setopt(h, CURLOPT_SSL_CTX_FUNCTION, set_up_given);
}

static CURLcode
set_blob(CURL *h, const char *pem, size_t n)
{
	struct curl_blob blob = { .len = n, .flags = CURL_BLOB_NOCOPY };

	/* Without const for reasons of history: it only reads. */
	memcpy(&blob.data, &pem, sizeof(blob.data));
	return curl_easy_setopt(h, CURLOPT_CAINFO_BLOB, &blob);
}

CURLcode
trust_only(struct trust *t, CURL *h, const char *pem, size_t n)
{
	const struct bundle *b = NULL;
	CURLcode rc;

	if (n >= LARGE) {
		(void)pthread_mutex_lock(&t->lock);
		b = bundle_find(&t->bundles, pem, n);
		(void)pthread_mutex_unlock(&t->lock);
	}
	rc = b != NULL ? name_anchors(h, NULL, set_up_bundle, b->store)
		       : name_anchors(h, NULL, set_up_given, NULL);
	if (rc != CURLE_OK)
		return rc;
	return b != NULL ? set_blob(h, b->token.p, b->token.len)
			 : set_blob(h, pem, n);
}
