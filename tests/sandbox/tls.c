/* tls: the server contexts, good and bad. See certs.h. */
#include <string.h>

#include "base/auto.h"
#include "certs.h"
#include "util.h"

#define DAY_S 86400L

static SSL_CTX *
context(X509 *cert, EVP_PKEY *key)
{
	SSL_CTX *ctx = must(SSL_CTX_new(TLS_server_method()));

	(void)SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	if (SSL_CTX_use_certificate(ctx, cert) != 1 ||
	    SSL_CTX_use_PrivateKey(ctx, key) != 1)
		die("the server certificate cannot be used");
	return ctx;
}

SSL_CTX *
certs_context(const struct certs *c)
{
	return context(c->cert, c->key);
}

/* Security level 0 lets OpenSSL 3 speak a version that old at all. */
static SSL_CTX *
tls11(const struct certs *c)
{
	SSL_CTX *ctx = certs_context(c);

	SSL_CTX_set_security_level(ctx, 0);
	(void)SSL_CTX_set_min_proto_version(ctx, TLS1_1_VERSION);
	(void)SSL_CTX_set_max_proto_version(ctx, TLS1_1_VERSION);
	return ctx;
}

enum signer { OURS, ITSELF, STRANGER };

static const struct {
	const char *kind;
	enum signer signer;
	bool wrong_name;
	long from_s, to_s;
} bad[] = {
	{ "wrong_name", OURS, true, -DAY_S, 30 * DAY_S },
	{ "expired", OURS, false, -30 * DAY_S, -DAY_S },
	{ "not_yet", OURS, false, 30 * DAY_S, 60 * DAY_S },
	{ "self_signed", ITSELF, false, -DAY_S, 30 * DAY_S },
	{ "unknown_ca", STRANGER, false, -DAY_S, 30 * DAY_S },
};

/* The good certificate, changed and signed again. */
static SSL_CTX *
make(const struct certs *c, size_t i)
{
	X509 *x = must(X509_dup(c->cert));
	EVP_PKEY *other = must(EVP_EC_gen("P-256"));
	EVP_PKEY *const key[] = { c->ca_key, c->key, other };
	SSL_CTX *ctx;

	(void)X509_gmtime_adj(X509_getm_notBefore(x), bad[i].from_s);
	(void)X509_gmtime_adj(X509_getm_notAfter(x), bad[i].to_s);
	if (bad[i].wrong_name)
		certs_rename(x, "elsewhere.invalid");
	if (bad[i].signer == ITSELF)
		(void)X509_set_issuer_name(x, X509_get_subject_name(x));
	(void)X509_sign(x, key[bad[i].signer], EVP_sha256());
	ctx = context(x, c->key);
	X509_free(x);
	EVP_PKEY_free(other);
	return ctx;
}

SSL_CTX *
certs_bad_context(const struct certs *c, const char *kind)
{
	size_t i;

	if (strcmp(kind, "tls11") == 0)
		return tls11(c);
	for (i = 0; i < COUNT(bad); i++)
		if (strcmp(kind, bad[i].kind) == 0)
			return make(c, i);
	return NULL;
}
