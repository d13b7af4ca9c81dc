/*
 * net_bundle: trust anchors that were given as text, as a store that several
 * connections and threads may use. libcurl would read them for each connection
 * anew: 145 authorities take 20 ms.
 */
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/pem.h>

#include "base/auto.h"
#include "base/net_p.h"

#define TOKEN_MAX ((size_t)64 * 1024) /* one certificate */

void
bundles_free(struct bundle *b)
{
	while (b != NULL) {
		struct bundle *next = b->next;

		X509_STORE_free(b->store);
		buf_free(&b->token);
		free(b);
		b = next;
	}
}

static void
auto_infos(STACK_OF(X509_INFO) * *s)
{
	sk_X509_INFO_pop_free(*s, X509_INFO_free);
}

static void
auto_bio(BIO **b)
{
	(void)BIO_free(*b);
}

static void
auto_bundle(struct bundle **b)
{
	bundles_free(*b);
}

/* One certificate and the hash of all: PEM allows words in between. */
static bool
write_token(struct bundle *b, const X509 *first)
{
	AUTO(bio) BIO *out = BIO_new(BIO_s_mem());
	char *text = NULL;
	struct err e;
	long n;

	if (out == NULL || PEM_write_bio_X509(out, first) != 1 ||
	    (n = BIO_get_mem_data(out, &text)) <= 0 ||
	    buf_add(&b->token, text, (size_t)n, &e) != EC_OK)
		return false;
	for (size_t i = 0; i < sizeof(b->hash); i++)
		if (buf_addf(&b->token, &e, "%02x", b->hash[i]) != EC_OK)
			return false;
	return buf_adds(&b->token, "\n", &e) == EC_OK;
}

static bool
fill_store(struct bundle *b, const char *pem, size_t n)
{
	AUTO(bio) BIO *in = n <= INT_MAX ? BIO_new_mem_buf(pem, (int)n) : NULL;
	AUTO(infos)
	STACK_OF(X509_INFO) *all =
	    in != NULL ? PEM_X509_INFO_read_bio(in, NULL, NULL, NULL) : NULL;
	const X509 *first = NULL;

	b->store = X509_STORE_new();
	if (b->store == NULL ||
	    X509_STORE_set_flags(b->store, STORE_FLAGS) != 1)
		return false;
	for (int i = 0; i < sk_X509_INFO_num(all); i++) {
		const X509_INFO *x = sk_X509_INFO_value(all, i);

		if (x->x509 != NULL &&
		    X509_STORE_add_cert(b->store, x->x509) != 1)
			return false;
		if (x->crl != NULL && X509_STORE_add_crl(b->store, x->crl) != 1)
			return false;
		first = first != NULL ? first : x->x509;
	}
	return first != NULL && write_token(b, first);
}

const struct bundle *
bundle_find(struct bundle **list, const char *pem, size_t n)
{
	unsigned char hash[SHA256_DIGEST_LENGTH];
	AUTO(bundle) struct bundle *b = NULL;

	if (EVP_Digest(pem, n, hash, NULL, EVP_sha256(), NULL) != 1)
		return NULL;
	for (const struct bundle *o = *list; o != NULL; o = o->next)
		if (memcmp(o->hash, hash, sizeof(hash)) == 0)
			return o;
	b = calloc(1, sizeof(*b));
	if (b == NULL)
		return NULL;
	b->token.max = TOKEN_MAX;
	memcpy(b->hash, hash, sizeof(hash));
	if (!fill_store(b, pem, n))
		return NULL;
	b->next = *list;
	*list = b;
	return TAKE(b);
}
