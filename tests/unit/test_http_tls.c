/* http over TLS: own authorities and certificates from memory, and that no
 * connection made for one certificate ever carries another one's request. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail /* ours is in base/err.h */

#include <openssl/ssl.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/http.h"
#include "base/secret.h"
#include "fake_certs.h"
#include "fake_http.h"
#include "fork_secrets.h"

#define die(...)                                                               \
	do {                                                                   \
		print_error(__VA_ARGS__);                                      \
		print_error("\n");                                             \
		_fail(__FILE__, __LINE__);                                     \
	} while (0)

enum who { ALICE, BOB, WHO__MAX };

static struct net *net;
static struct world {
	struct fake_certs certs;
	struct fake f;
	struct buf ca, cert[WHO__MAX];
	struct secret *key[WHO__MAX], *locked;
	char url[64], other[64]; /* by localhost; by address */
} w;

/* Says who came over which connection, as "CN N", and keeps it open. */
static void
answer(SSL *s, unsigned connection)
{
	char cn[64] = "nobody", text[8192], reply[256], body[96];
	X509 *peer = SSL_get1_peer_certificate(s);

	if (peer != NULL)
		(void)X509_NAME_get_text_by_NID(X509_get_subject_name(peer),
		    NID_commonName, cn, sizeof(cn));
	X509_free(peer);
	while (SSL_read(s, text, sizeof(text)) > 0) {
		(void)snprintf(body, sizeof(body), "%s %u %d", cn, connection,
		    strcasestr(text, "Host: 127.0.0.1:") != NULL);
		(void)snprintf(reply, sizeof(reply),
		    "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s",
		    strlen(body), body);
		(void)SSL_write(s, reply, (int)strlen(reply));
	}
}

static int
any_client(int ok, X509_STORE_CTX *x)
{
	(void)ok;
	(void)x;
	return 1;
}

static void
serve(int fd, const struct fake_certs *c)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	(void)SSL_CTX_use_certificate(ctx, c->server[CERT_GOOD]);
	(void)SSL_CTX_use_PrivateKey(ctx, c->key);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, any_client);
	(void)SSL_CTX_set_session_id_context(ctx, (const void *)"t", 1);
	(void)signal(SIGCHLD, SIG_IGN);
	for (unsigned i = 1;; i++) {
		const int conn = accept(fd, NULL, NULL);
		SSL *s = SSL_new(ctx);

		(void)SSL_set_fd(s, conn);
		if (fork() == 0) {
			(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
			if (SSL_accept(s) == 1)
				answer(s, i);
			_exit(0);
		}
		SSL_free(s);
		(void)close(conn);
	}
}

static void
pem_cert(X509 *x, struct buf *ret)
{
	BIO *b = BIO_new(BIO_s_mem());
	struct err e;
	char *p;
	long n;

	assert_int_equal(PEM_write_bio_X509(b, x), 1);
	n = BIO_get_mem_data(b, &p);
	*ret = BUF(65536);
	assert_int_equal(buf_add(ret, p, (size_t)n, &e), EC_OK);
	BIO_free(b);
}

static struct secret *
pem_key(EVP_PKEY *k, const char *phrase)
{
	BIO *b = BIO_new(BIO_s_mem());
	struct secret *s = NULL;
	struct err e;
	char *p;
	long n;

	assert_int_equal(
	    PEM_write_bio_PrivateKey(b, k,
		phrase != NULL ? EVP_aes_128_cbc() : NULL,
		(const unsigned char *)phrase,
		phrase != NULL ? (int)strlen(phrase) : 0, NULL, NULL),
	    1);
	n = BIO_get_mem_data(b, &p);
	assert_int_equal(secret_new(p, (size_t)n, &s, &e), EC_OK);
	BIO_free(b);
	return s;
}

static void
make_client(enum who who, const char *name, bool locked)
{
	EVP_PKEY *k = EVP_EC_gen("P-256");
	X509 *x = fake_cert(k, w.certs.ca, name, -1, 1);

	pem_cert(x, &w.cert[who]);
	w.key[who] = pem_key(k, NULL);
	if (locked)
		w.locked = pem_key(k, "phrase");
	X509_free(x);
	EVP_PKEY_free(k);
}

static int
open_world(void **state)
{
	char path[] = "/tmp/test_http_tls.XXXXXX";

	(void)state;
	(void)close(mkstemp(path));
	fake_certs_make(&w.certs, path);
	(void)unlink(path);
	pem_cert(w.certs.ca, &w.ca);
	make_client(ALICE, "alice", true);
	make_client(BOB, "bob", false);
	fake_listen(&w.f);
	w.f.pid = fork();
	if (w.f.pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)signal(SIGPIPE, SIG_IGN);
		serve(w.f.fd, &w.certs);
	}
	(void)close(w.f.fd);
	(void)snprintf(
	    w.url, sizeof(w.url), "https://localhost:%d/x", w.f.port);
	(void)snprintf(
	    w.other, sizeof(w.other), "https://127.0.0.1:%d/x", w.f.port);
	return 0;
}

static int
close_world(void **state)
{
	(void)state;
	(void)kill(w.f.pid, SIGKILL);
	(void)waitpid(w.f.pid, NULL, 0);
	for (int i = 0; i < WHO__MAX; i++) {
		buf_free(&w.cert[i]);
		secret_free(w.key[i]);
	}
	secret_free(w.locked);
	buf_free(&w.ca);
	fake_certs_free(&w.certs);
	return 0;
}

static struct http_request
request(int who)
{
	struct http_request q = {
		.method = "GET", .url = w.url, .ca = &w.ca, .timeout_ms = 5000
	};

	if (who < WHO__MAX) {
		q.cert = &w.cert[who];
		q.cert_key = w.key[who];
	}
	return q;
}

static void
says(const struct http_request *q, const char *text)
{
	AUTO(http_reply) struct http_reply r = { .status = 0 };
	struct err e;

	if (http_do(net, q, &r, &e) != EC_OK)
		die("%s", e.what);
	assert_int_equal(strncmp(buf_str(&r.body), text, strlen(text)), 0);
}

/* Which connection, from 1. */
static unsigned long
connection(int who, const char *cn)
{
	AUTO(http_reply) struct http_reply r = { .status = 0 };
	const struct http_request q = request(who);
	struct err e;

	if (http_do(net, &q, &r, &e) != EC_OK)
		die("%s", e.what);
	assert_int_equal(strncmp(buf_str(&r.body), cn, strlen(cn)), 0);
	return strtoul(buf_str(&r.body) + strlen(cn), NULL, 10);
}

static void
authority_in_memory(void **state)
{
	AUTO(buf) struct buf other = BUF(0);
	struct http_request q = request(WHO__MAX);
	struct http_reply r = { .status = 0 };
	struct err e;

	(void)state;
	pem_cert(w.certs.other_ca, &other);
	says(&q, "nobody ");
	q.ca = NULL;
	assert_int_equal(http_do(net, &q, &r, &e), EC_PROTO);
	q.ca = &other;
	assert_int_equal(http_do(net, &q, &r, &e), EC_PROTO);
	buf_cut(&other, 40);
	assert_int_equal(http_do(net, &q, &r, &e), EC_CONFIG);
}

/* So many of another authority before it that the bundle is kept as a store. */
static void
make_bundle(struct buf *ret, bool with_ours)
{
	AUTO(buf) struct buf other = BUF(0);
	struct err e;

	pem_cert(w.certs.other_ca, &other);
	*ret = BUF((size_t)1 << 20);
	while (ret->len < (size_t)32 * 1024)
		assert_int_equal(buf_add(ret, other.p, other.len, &e), EC_OK);
	if (with_ours)
		assert_int_equal(buf_add(ret, w.ca.p, w.ca.len, &e), EC_OK);
}

/* Read once; a connection that was trusted by one is not used for another,
 * although both begin with the same certificate. */
static void
large_bundles(void **state)
{
	AUTO(buf) struct buf good = BUF(0);
	AUTO(buf) struct buf bad = BUF(0);
	struct http_request q = request(WHO__MAX);
	struct http_reply r = { .status = 0 };
	AUTO(http_reply) struct http_reply first = { .status = 0 };
	struct err e;

	(void)state;
	make_bundle(&good, true);
	make_bundle(&bad, false);
	q.ca = &good;
	assert_int_equal(http_do(net, &q, &first, &e), EC_OK);
	for (int i = 0; i < 3; i++) {
		q.ca = &bad;
		assert_int_equal(http_do(net, &q, &r, &e), EC_PROTO);
		q.ca = &good;
		says(&q, buf_str(&first.body));
	}
	q.ca = &bad;
	buf_cut(&bad, bad.len - 40);
	assert_int_equal(http_do(net, &q, &r, &e), EC_CONFIG);
}

/* Each has one connection, used again for the same one and no other. */
static void
identities_are_not_mixed(void **state)
{
	unsigned long alice, bob, nobody;

	(void)state;
	alice = connection(ALICE, "alice ");
	bob = connection(BOB, "bob ");
	nobody = connection(WHO__MAX, "nobody ");
	assert_int_not_equal(alice, bob);
	assert_int_not_equal(bob, nobody);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(connection(BOB, "bob "), bob);
		assert_int_equal(connection(WHO__MAX, "nobody "), nobody);
		assert_int_equal(connection(ALICE, "alice "), alice);
	}
}

/* Refused without a question on the terminal, and before anything was sent. */
static void
unfit_keys(void **state)
{
	struct http_request q = request(ALICE);
	struct http_reply r = { .status = 0 };
	AUTO(secret) struct secret *junk = NULL;
	struct err e;

	(void)state;
	q.once = true;
	q.cert_key = w.locked;
	assert_int_equal(http_do(net, &q, &r, &e), EC_CONFIG);
	assert_non_null(strstr(e.what, "key"));
	assert_non_null(strstr(e.fix, "unencrypted"));
	q.cert_key = w.key[BOB];
	assert_int_equal(http_do(net, &q, &r, &e), EC_CONFIG);
	assert_int_equal(secret_new("junk", 4, &junk, &e), EC_OK);
	q.cert_key = junk;
	assert_int_equal(http_do(net, &q, &r, &e), EC_CONFIG);
}

/* The address is asked under the certificate's name, and told its own. */
static void
name_of_certificate(void **state)
{
	struct http_request q = request(WHO__MAX);
	struct http_reply r = { .status = 0 };
	struct err e;

	(void)state;
	q.url = w.other;
	assert_int_equal(http_do(net, &q, &r, &e), EC_PROTO);
	q.tls_name = "localhost";
	{
		AUTO(http_reply) struct http_reply got = { .status = 0 };

		assert_int_equal(http_do(net, &q, &got, &e), EC_OK);
		assert_string_equal(
		    buf_str(&got.body) + got.body.len - 2, " 1");
	}
	q.tls_name = "wrong.test";
	assert_int_equal(http_do(net, &q, &r, &e), EC_PROTO);
	q.tls_name = "not a name";
	assert_int_equal(http_do(net, &q, &r, &e), EC_CONFIG);
}

static void
cap_of_reply(void **state)
{
	struct http_request q = request(WHO__MAX);
	struct http_reply r = { .status = 0 };
	struct err e;

	(void)state;
	q.body_max = 4;
	assert_int_equal(http_do(net, &q, &r, &e), EC_UNKNOWN);
	assert_non_null(strstr(e.what, "limit of 4 bytes"));
	q.body_max = 64;
	says(&q, "nobody ");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(authority_in_memory),
		cmocka_unit_test(large_bundles),
		cmocka_unit_test(identities_are_not_mixed),
		cmocka_unit_test(unfit_keys),
		cmocka_unit_test(name_of_certificate),
		cmocka_unit_test(cap_of_reply),
	};
	struct err e;
	int failed;

	if (secret_init(&e) != EC_OK || net_new(NULL, &net, &e) != EC_OK)
		return 1;
	fork_secrets();
	failed = cmocka_run_group_tests_name(
	    "http_tls", tests, open_world, close_world);
	net_free(net);
	return failed;
}
