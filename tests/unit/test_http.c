/* http, net: replies, caps, and above all "may the server have acted?". */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail /* ours is in base/err.h */

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/auto.h"
#include "base/clock.h"
#include "base/http.h"
#include "base/secret.h"
#include "fake_http.h"
#include "fork_secrets.h"

#define OK_HEAD "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"
#define OK_TEXT OK_HEAD "\r\nhi"
#define LONG    "0123456789012345678901234567890123456789012345678901234567890123"

static struct net *net;

/* One exchange with a server that runs script. */
static enum ec
ask(const struct fake *f, const char *method, bool once, struct http_reply *ret,
    struct err *e)
{
	char url[64];
	AUTO(buf) struct buf body = BUF(64);
	struct http_request q = {
		.method = method,
		.url = url,
		.body = strcmp(method, "POST") == 0 ? &body : NULL,
		.timeout_ms = 2000,
		.once = once,
		.keep = { "x-kind", "X-Long" },
	};

	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%d/x", f->port);
	assert_int_equal(buf_adds(&body, "a=b", e), EC_OK);
	return http_do(net, &q, ret, e);
}

static void
test_reply(void **state)
{
	static const struct fake_step script[] = { { FAKE_REPLY,
	    "HTTP/1.1 409 Conflict\r\nContent-Length: 2\r\n"
	    "Date: Sat, 21 Nov 2026 03:40:00 GMT\r\nRetry-After: 7\r\n"
	    "X-Kind: a b \r\nX-Long: " LONG LONG "\r\n"
	    "Age: 1\r\n\r\nno" } };
	AUTO(http_reply) struct http_reply r = { .status = 0 };
	struct fake f;
	struct err e;

	(void)state;
	fake_start(&f, script, COUNT(script));
	assert_int_equal(ask(&f, "POST", false, &r, &e), EC_OK);
	assert_int_equal(r.status, 409);
	assert_string_equal(buf_str(&r.body), "no");
	assert_int_equal(r.date, clock_parse_iso("2026-11-21T03:40:00Z"));
	assert_int_equal(r.retry_after, 7000);
	assert_true(r.aged);
	assert_string_equal(r.kept[0], "a b");
	assert_string_equal(r.kept[1], "");
	assert_true(r.sent > 0 && r.got >= r.sent);
	assert_non_null(strstr(f.seen->text[0], "POST /x HTTP/1.1\r\n"));
	assert_non_null(strstr(f.seen->text[0], "\r\n\r\na=b"));
	assert_null(strstr(f.seen->text[0], "Expect"));
	assert_null(strstr(f.seen->text[0], "Content-Type"));
	fake_stop(&f);
}

static void
test_reply_bare(void **state)
{
	static const struct fake_step script[] = { { FAKE_REPLY, OK_TEXT } };
	AUTO(http_reply) struct http_reply r = { .status = 0 };
	struct fake f;
	struct err e;

	(void)state;
	fake_start(&f, script, COUNT(script));
	assert_int_equal(ask(&f, "GET", false, &r, &e), EC_OK);
	assert_int_equal(r.status, 200);
	assert_int_equal(r.date, -1);
	assert_int_equal(r.retry_after, -1);
	assert_false(r.aged);
	assert_string_equal(r.kept[0], "");
	fake_stop(&f);
}

static void
test_no_redirect(void **state)
{
	static const struct fake_step script[] = { { FAKE_REPLY,
	    "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\n"
	    "Content-Length: 0\r\n\r\n" } };
	AUTO(http_reply) struct http_reply r = { .status = 0 };
	struct fake f;
	struct err e;

	(void)state;
	fake_start(&f, script, COUNT(script));
	assert_int_equal(ask(&f, "POST", false, &r, &e), EC_OK);
	assert_int_equal(r.status, 302);
	assert_int_equal(f.seen->requests, 1);
	fake_stop(&f);
}

/* After the request was read, silence in any form is "unknown". */
static void
test_lost(void **state)
{
	static const struct fake_step lost[] = {
		{ FAKE_DROP, NULL },
		{ FAKE_RESET, NULL },
		{ FAKE_HANG, NULL },
		{ FAKE_REPLY_CLOSE,
		    "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n"
		    "\r\ncut" },
		{ FAKE_REPLY_CLOSE, "HTTP/1.1 200" },
		{ FAKE_REPLY_CLOSE, "HTTP/1.1 200 OK\r\n" },
		{ FAKE_REPLY_CLOSE, "HTTP/1.1 200 OK\r\nContent-Len" },
		{ FAKE_REPLY_CLOSE,
		    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nX: y\r\n" },
		{ FAKE_REPLY_CLOSE, "no HTTP at all\r\n\r\n" },
		{ FAKE_REPLY_CLOSE, "HTTP/x\r\n\r\n" },
		{ FAKE_REPLY_CLOSE,
		    "HTTP/1.1 100 Continue\r\n\r\nHTTp/1 20 OK\r\n\r\n" },
		{ FAKE_REPLY_CLOSE, "HTTP/x\r\nHTTP/1.1 404 OK\r\n\r\n" },
		{ FAKE_REPLY_CLOSE, "HTTP/1.1 +20 OK\r\n\r\n" },
		{ FAKE_REPLY_CLOSE, "HTTP/1.1 2000 OK\r\n\r\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(lost); i++) {
		struct http_reply r = { .status = -7 };
		struct fake f;
		struct err e;

		fake_start(&f, &lost[i], 1);
		assert_int_equal(ask(&f, "POST", true, &r, &e), EC_UNKNOWN);
		assert_int_equal(e.ec, EC_UNKNOWN);
		assert_int_equal(r.status, -7);
		assert_non_null(strstr(e.what, "127.0.0.1:"));
		assert_int_equal(f.seen->requests, 1);
		fake_stop(&f);
	}
}

/*
 * libcurl resends on a reused connection that turns out dead. `once` must
 * keep it from that; without, the resend is what we expect.
 */
static void
test_once(void **state)
{
	static const struct fake_step script[] = { { FAKE_REPLY, OK_TEXT },
		{ FAKE_DROP, NULL }, { FAKE_REPLY, OK_TEXT } };

	(void)state;
	for (int once = 0; once <= 1; once++) {
		struct http_reply r = { .status = 0 };
		struct fake f;
		struct err e;

		fake_start(&f, script, COUNT(script));
		assert_int_equal(ask(&f, "POST", false, &r, &e), EC_OK);
		http_reply_free(&r);
		assert_int_equal(ask(&f, "POST", once != 0, &r, &e),
		    once != 0 ? EC_UNKNOWN : EC_OK);
		assert_int_equal(f.seen->requests, once != 0 ? 2 : 3);
		if (once == 0)
			http_reply_free(&r);
		fake_stop(&f);
	}
}

static void
test_reuse(void **state)
{
	static const struct fake_step script[] = { { FAKE_REPLY, OK_TEXT } };
	struct http_reply r = { .status = 0 };
	struct fake f;
	struct err e;

	(void)state;
	fake_start(&f, script, COUNT(script));
	for (int i = 0; i < 3; i++) {
		assert_int_equal(ask(&f, "POST", false, &r, &e), EC_OK);
		http_reply_free(&r);
	}
	assert_int_equal(f.seen->requests, 3);
	assert_int_equal(f.seen->connections, 1);
	fake_stop(&f);
}

static void
test_never_left(void **state)
{
	static const struct fake_step script[] = { { FAKE_REPLY, OK_TEXT } };
	struct http_request q = { .method = "POST", .timeout_ms = 2000 };
	struct http_reply r = { .status = 0 };
	struct fake f;
	struct err e;

	(void)state;
	fake_start(&f, script, COUNT(script));
	fake_stop(&f); /* the port is free again */
	assert_int_equal(ask(&f, "POST", true, &r, &e), EC_TEMP);
	assert_non_null(strstr(e.what, "cannot connect"));
	assert_true(e.fix[0] != '\0');
	q.url = "https://name.invalid/";
	assert_int_equal(http_do(net, &q, &r, &e), EC_TEMP);
	assert_non_null(strstr(e.what, "name.invalid:443"));
}

static void
test_cap(void **state)
{
	char *text = calloc(1, HTTP_BODY_MAX + 256);
	struct fake_step script[1] = { { FAKE_REPLY_CLOSE, text } };
	struct http_reply r = { .status = 0 };
	struct fake f;
	struct err e;
	int n;

	(void)state;
	assert_non_null(text);
	n = snprintf(text, 256, "HTTP/1.1 200 OK\r\n\r\n");
	memset(text + n, 'x', HTTP_BODY_MAX + 1);
	fake_start(&f, script, 1);
	assert_int_equal(ask(&f, "POST", true, &r, &e), EC_UNKNOWN);
	assert_non_null(strstr(e.what, "limit"));
	fake_stop(&f);
	free(text);
}

static void
test_plain_refused(void **state)
{
	static const char *const refused[] = {
		"http://iam.amazonaws.com/",
		"http://192.0.2.1/",
		"http://localhost.example.org/",
		"http://127.0.0.1.example.org/",
		"ftp://127.0.0.1/",
		"not an address",
	};
	struct http_request q = { .method = "GET", .timeout_ms = 500 };
	struct http_reply r = { .status = 0 };
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++) {
		q.url = refused[i];
		assert_int_equal(http_do(net, &q, &r, &e), EC_CONFIG);
	}
}

/* A certificate for localhost, signed by itself; also to a file. */
static X509 *
make_cert(EVP_PKEY *key, const char *path)
{
	X509 *x = X509_new();
	X509_EXTENSION *san = X509V3_EXT_conf_nid(
	    NULL, NULL, NID_subject_alt_name, "DNS:localhost");
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	(void)X509_set_version(x, 2);
	(void)ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	(void)X509_gmtime_adj(X509_getm_notBefore(x), -60);
	(void)X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	(void)X509_set_pubkey(x, key);
	(void)X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN",
	    MBSTRING_ASC, (const unsigned char *)"test", -1, -1, 0);
	(void)X509_set_issuer_name(x, X509_get_subject_name(x));
	(void)X509_add_ext(x, san, -1);
	assert_true(X509_sign(x, key, EVP_sha256()) > 0);
	assert_int_equal(PEM_write_X509(f, x), 1);
	(void)fclose(f);
	X509_EXTENSION_free(san);
	return x;
}

static void
serve_tls(int fd, X509 *cert, EVP_PKEY *key)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	char text[1024];

	(void)SSL_CTX_use_certificate(ctx, cert);
	(void)SSL_CTX_use_PrivateKey(ctx, key);
	for (;;) {
		int c = accept(fd, NULL, NULL);
		SSL *s = SSL_new(ctx);

		(void)SSL_set_fd(s, c);
		if (SSL_accept(s) == 1 && SSL_read(s, text, 1024) > 0)
			(void)SSL_write(s, OK_TEXT, sizeof(OK_TEXT) - 1);
		(void)SSL_shutdown(s);
		SSL_free(s);
		(void)close(c);
	}
}

static void
test_tls(void **state)
{
	char path[] = "/tmp/test_http.XXXXXX";
	int tmp = mkstemp(path);
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = make_cert(key, path);
	struct http_request q = { .method = "GET", .timeout_ms = 5000 };
	struct http_reply r = { .status = 0 };
	struct fake f = { .pid = 0 };
	char url[64], wrong[64];
	struct err e;

	(void)state;
	(void)close(tmp);
	fake_listen(&f);
	f.pid = fork();
	if (f.pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)signal(SIGPIPE, SIG_IGN);
		serve_tls(f.fd, cert, key);
	}
	(void)close(f.fd);
	(void)snprintf(url, sizeof(url), "https://localhost:%d/", f.port);
	(void)snprintf(wrong, sizeof(wrong), "https://127.0.0.1:%d/", f.port);
	q.url = url;
	assert_int_equal(http_do(net, &q, &r, &e), EC_PROTO);
	assert_non_null(strstr(e.what, "certificate refused"));
	assert_true(e.fix[0] != '\0');
	q.ca_file = path;
	assert_int_equal(http_do(net, &q, &r, &e), EC_OK);
	http_reply_free(&r);
	q.url = wrong;
	assert_int_equal(http_do(net, &q, &r, &e), EC_PROTO);
	assert_non_null(strstr(e.what, "name"));
	q.ca_file = "/nonexistent/ca.pem";
	q.url = url;
	assert_int_equal(http_do(net, &q, &r, &e), EC_CONFIG);
	(void)kill(f.pid, SIGKILL);
	(void)waitpid(f.pid, NULL, 0);
	X509_free(cert);
	EVP_PKEY_free(key);
	(void)unlink(path);
}

static void
test_net_new(void **state)
{
	struct net *n = NULL;
	struct err e;

	(void)state;
	assert_int_equal(net_new("/nonexistent/ca.pem", &n, &e), EC_CONFIG);
	assert_null(n);
	assert_non_null(strstr(e.what, "/nonexistent/ca.pem"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reply),
		cmocka_unit_test(test_reply_bare),
		cmocka_unit_test(test_no_redirect),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_once),
		cmocka_unit_test(test_reuse),
		cmocka_unit_test(test_never_left),
		cmocka_unit_test(test_cap),
		cmocka_unit_test(test_plain_refused),
		cmocka_unit_test(test_tls),
		cmocka_unit_test(test_net_new),
	};
	struct err e;
	int failed;

	if (secret_init(&e) != EC_OK || net_new(NULL, &net, &e) != EC_OK)
		return 1;
	fork_secrets();
	failed = cmocka_run_group_tests_name("http", tests, NULL, NULL);
	net_free(net);
	return failed;
}
