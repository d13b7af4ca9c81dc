/* certs: see certs.h. */
#include "certs.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "base/auto.h"
#include "util.h"

#define DAY_S     86400L
#define CA_DAYS   3650
#define CERT_DAYS 397
#define KEEP_DAYS 7 /* a certificate with less left is made anew */

static void
ok(int good, const char *what)
{
	if (good != 1)
		die("%s: %s", what,
		    ERR_reason_error_string(ERR_peek_last_error()));
}

static EVP_PKEY *
new_key(void)
{
	EVP_PKEY *k = EVP_EC_gen("P-256");

	ok(k != NULL, "make a key");
	return k;
}

static void
add_ext(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509_EXTENSION *e;
	X509V3_CTX ctx;

	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	e = X509V3_EXT_nconf_nid(NULL, &ctx, nid, value);
	ok(e != NULL && X509_add_ext(x, e, -1), "certificate extension");
	X509_EXTENSION_free(e);
}

struct wish {
	const char *cn, *san; /* san NULL: an authority */
	long from_s, to_s;    /* from now */
};

static void
set_serial(X509 *x)
{
	uint64_t n = 0;

	ok(RAND_bytes((unsigned char *)&n, sizeof(n)), "random");
	ok(ASN1_INTEGER_set_uint64(X509_get_serialNumber(x), n >> 1), "serial");
}

/* issuer NULL: signs itself. */
static X509 *
new_cert(const struct wish *w, EVP_PKEY *key, X509 *issuer, EVP_PKEY *signer)
{
	X509 *x = must(X509_new());
	X509_NAME *name = X509_get_subject_name(x);

	ok(X509_set_version(x, 2), "version");
	set_serial(x);
	(void)X509_gmtime_adj(X509_getm_notBefore(x), w->from_s);
	(void)X509_gmtime_adj(X509_getm_notAfter(x), w->to_s);
	ok(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
	       (const unsigned char *)w->cn, -1, -1, 0),
	    "name");
	ok(X509_set_issuer_name(
	       x, issuer != NULL ? X509_get_subject_name(issuer) : name),
	    "issuer");
	ok(X509_set_pubkey(x, key), "public key");
	add_ext(
	    x, issuer != NULL ? issuer : x, NID_subject_key_identifier, "hash");
	if (w->san == NULL) {
		add_ext(x, x, NID_basic_constraints, "critical,CA:TRUE");
		add_ext(x, x, NID_key_usage, "critical,keyCertSign,cRLSign");
	} else {
		add_ext(x, issuer != NULL ? issuer : x, NID_subject_alt_name,
		    w->san);
		add_ext(x, x, NID_ext_key_usage, "serverAuth");
	}
	ok(X509_sign(x, signer, EVP_sha256()) > 0, "sign a certificate");
	return x;
}

void
certs_rename(X509 *x, const char *host)
{
	int at = X509_get_ext_by_NID(x, NID_subject_alt_name, -1);
	AUTO(free) char *san = fmt("DNS:%s", host);

	if (at >= 0)
		X509_EXTENSION_free(X509_delete_ext(x, at));
	add_ext(x, x, NID_subject_alt_name, san);
}

static const struct wish authority = { "ses-sandbox test CA", NULL, -DAY_S,
	CA_DAYS *DAY_S };

/* ret, with the address that is named as such. */
static char *
address_of(const struct sandbox *s, char ret[INET_ADDRSTRLEN])
{
	(void)inet_ntop(AF_INET, &s->address, ret, INET_ADDRSTRLEN);
	return ret;
}

static char *
names_for(const struct sandbox *s)
{
	char *san = NULL, address[INET_ADDRSTRLEN];
	size_t len, i;
	FILE *f = must(open_memstream(&san, &len));

	(void)fprintf(f,
	    "DNS:localhost,DNS:*.localhost,IP:127.0.0.1,IP:::1,IP:%s,"
	    "DNS:iam.amazonaws.com,DNS:sts.amazonaws.com",
	    address_of(s, address));
	for (i = 0; i < s->nregions; i++)
		(void)fprintf(
		    f, ",DNS:email-smtp.%s.amazonaws.com", s->regions[i]);
	(void)fclose(f);
	return san;
}

/* Written whole under another name first, so that a reader never sees half. */
static void
write_file(const char *path, const char *text, mode_t mode)
{
	AUTO(free) char *temp = fmt("%s.new", path);
	AUTO(fd)
	int fd = open(
	    temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
	size_t len = strlen(text);

	if (fd < 0 || fchmod(fd, mode) != 0 ||
	    write(fd, text, len) != (ssize_t)len || rename(temp, path) != 0)
		die("%s: %s", path, strerror(errno));
}

static char *
bio_text(BIO *b)
{
	char *p;
	long n = BIO_get_mem_data(b, &p);
	char *text = fmt("%.*s", (int)n, p);

	BIO_free(b);
	return text;
}

static char *
cert_text(X509 *x)
{
	BIO *b = must(BIO_new(BIO_s_mem()));

	ok(PEM_write_bio_X509(b, x), "write a certificate");
	return bio_text(b);
}

static char *
key_text(EVP_PKEY *k)
{
	BIO *b = must(BIO_new(BIO_s_mem()));

	ok(PEM_write_bio_PrivateKey(b, k, NULL, NULL, 0, NULL, NULL),
	    "write a key");
	return bio_text(b);
}

static void
save(const char *dir, const char *name, X509 *x, EVP_PKEY *k)
{
	AUTO(free) char *cert_path = fmt("%s/%s.pem", dir, name);
	AUTO(free) char *key_path = fmt("%s/%s.key", dir, name);
	AUTO(free) char *cert = cert_text(x);
	AUTO(free) char *key = key_text(k);

	write_file(key_path, key, 0600);
	write_file(cert_path, cert, 0644);
}

/* Both or none; and they must belong together and last a while. */
static bool
load(const char *dir, const char *name, X509 **x, EVP_PKEY **k)
{
	AUTO(free) char *cert_path = fmt("%s/%s.pem", dir, name);
	AUTO(free) char *key_path = fmt("%s/%s.key", dir, name);
	AUTO(file) FILE *cert = fopen(cert_path, "re");
	AUTO(file) FILE *key = fopen(key_path, "re");
	time_t then = time(NULL) + KEEP_DAYS * DAY_S;

	*x = cert != NULL ? PEM_read_X509(cert, NULL, NULL, NULL) : NULL;
	*k = key != NULL ? PEM_read_PrivateKey(key, NULL, NULL, NULL) : NULL;
	if (*x != NULL && *k != NULL && X509_check_private_key(*x, *k) == 1 &&
	    X509_cmp_time(X509_get0_notAfter(*x), &then) > 0)
		return true;
	X509_free(*x);
	EVP_PKEY_free(*k);
	*x = NULL;
	*k = NULL;
	return false;
}

static bool
covers(X509 *x, const struct sandbox *s, EVP_PKEY *ca_key)
{
	char address[INET_ADDRSTRLEN];
	size_t i;

	if (X509_verify(x, ca_key) != 1 ||
	    X509_check_ip_asc(x, address_of(s, address), 0) != 1)
		return false;
	for (i = 0; i < s->nregions; i++) {
		AUTO(free)
		char *host = fmt("email-smtp.%s.amazonaws.com", s->regions[i]);

		if (X509_check_host(x, host, 0, 0, NULL) != 1)
			return false;
	}
	return true;
}

static void
open_server(struct certs *c, const char *dir, const struct sandbox *s)
{
	AUTO(free) char *san = names_for(s);
	struct wish w = { "localhost", san, -DAY_S, CERT_DAYS * DAY_S };

	if (load(dir, "server", &c->cert, &c->key) &&
	    covers(c->cert, s, c->ca_key))
		return;
	X509_free(c->cert);
	EVP_PKEY_free(c->key);
	c->key = new_key();
	c->cert = new_cert(&w, c->key, c->ca, c->ca_key);
	save(dir, "server", c->cert, c->key);
}

void
certs_open(struct certs *c, const char *dir, const struct sandbox *s)
{
	c->ca_path = fmt("%s/ca.pem", dir);
	if (!load(dir, "ca", &c->ca, &c->ca_key)) {
		c->ca_key = new_key();
		c->ca = new_cert(&authority, c->ca_key, NULL, c->ca_key);
		save(dir, "ca", c->ca, c->ca_key);
	}
	open_server(c, dir, s);
	c->cert_pem = cert_text(c->cert);
	c->key_pem = key_text(c->key);
}

void
certs_free(struct certs *c)
{
	free(c->ca_path);
	free(c->cert_pem);
	free(c->key_pem);
	X509_free(c->ca);
	X509_free(c->cert);
	EVP_PKEY_free(c->ca_key);
	EVP_PKEY_free(c->key);
}
