/*
 * fake_certs: an authority and server certificates for "localhost", made at
 * run time so that none in the tree can expire.
 */
#ifndef TESTS_FAKE_CERTS_H
#define TESTS_FAKE_CERTS_H

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

enum fake_cert {
	CERT_GOOD,
	CERT_WRONG_NAME,
	CERT_NO_SAN,
	CERT_EXPIRED,
	CERT_NOT_YET,
	CERT_UNKNOWN_CA,
	CERT__MAX
};

struct fake_certs {
	EVP_PKEY *key; /* one for all of them */
	X509 *ca, *other_ca, *server[CERT__MAX];
};

static inline void
fake_cert_extension(X509 *x, int nid, const char *value)
{
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	assert_non_null(ext);
	assert_int_equal(X509_add_ext(x, ext, -1), 1);
	X509_EXTENSION_free(ext);
}

/* issuer NULL: signs itself, as an authority. san NULL: none. Days are
 * relative to now. */
static inline X509 *
fake_cert_with(EVP_PKEY *key, X509 *issuer, const char *name, const char *san,
    int from, int to)
{
	static long serial = 1;
	X509 *x = X509_new();
	X509_NAME *n = X509_get_subject_name(x);

	assert_int_equal(X509_set_version(x, 2), 1);
	assert_int_equal(
	    ASN1_INTEGER_set(X509_get_serialNumber(x), serial++), 1);
	assert_non_null(X509_gmtime_adj(X509_getm_notBefore(x), from * 86400L));
	assert_non_null(X509_gmtime_adj(X509_getm_notAfter(x), to * 86400L));
	assert_int_equal(X509_NAME_add_entry_by_txt(n, "CN", MBSTRING_ASC,
			     (const unsigned char *)name, -1, -1, 0),
	    1);
	assert_int_equal(
	    X509_set_issuer_name(
		x, X509_get_subject_name(issuer != NULL ? issuer : x)),
	    1);
	assert_int_equal(X509_set_pubkey(x, key), 1);
	if (issuer == NULL)
		fake_cert_extension(
		    x, NID_basic_constraints, "critical,CA:TRUE");
	else if (san != NULL)
		fake_cert_extension(x, NID_subject_alt_name, san);
	assert_true(X509_sign(x, key, EVP_sha256()) > 0);
	return x;
}

static inline X509 *
fake_cert(EVP_PKEY *key, X509 *issuer, const char *name, int from, int to)
{
	char san[128];

	(void)snprintf(san, sizeof(san), "DNS:%s", name);
	return fake_cert_with(key, issuer, name, san, from, to);
}

static inline void
fake_certs_make(struct fake_certs *c, const char *ca_path)
{
	FILE *f = fopen(ca_path, "w");
	EVP_PKEY *k = EVP_EC_gen("P-256");

	assert_non_null(k);
	c->key = k;
	c->ca = fake_cert(k, NULL, "authority", -10, 10);
	c->other_ca = fake_cert(k, NULL, "other authority", -10, 10);
	c->server[CERT_GOOD] = fake_cert(k, c->ca, "localhost", -1, 1);
	c->server[CERT_WRONG_NAME] = fake_cert(k, c->ca, "wrong.test", -1, 1);
	c->server[CERT_NO_SAN] =
	    fake_cert_with(k, c->ca, "localhost", NULL, -1, 1);
	c->server[CERT_EXPIRED] = fake_cert(k, c->ca, "localhost", -5, -1);
	c->server[CERT_NOT_YET] = fake_cert(k, c->ca, "localhost", 1, 5);
	c->server[CERT_UNKNOWN_CA] =
	    fake_cert(k, c->other_ca, "localhost", -1, 1);
	assert_non_null(f);
	assert_int_equal(PEM_write_X509(f, c->ca), 1);
	assert_int_equal(fclose(f), 0);
}

static inline void
fake_certs_free(struct fake_certs *c)
{
	for (size_t i = 0; i < CERT__MAX; i++)
		X509_free(c->server[i]);
	X509_free(c->ca);
	X509_free(c->other_ca);
	EVP_PKEY_free(c->key);
}

#endif
