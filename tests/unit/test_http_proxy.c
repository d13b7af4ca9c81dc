/*
 * http through a proxy (HTTPS_PROXY, NO_PROXY): TLS goes through it from end
 * to end, so that it learns the name of the host and nothing else; whatever it
 * does, no request is taken for sent that was not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail /* ours is in base/err.h */

#include <poll.h>

#include <openssl/ssl.h>

#include "base/auto.h"
#include "base/http.h"
#include "base/secret.h"
#include "fake_certs.h"
#include "fake_http.h"
#include "fork_secrets.h"

#define CANARY "Signature=CANARYsignature"
#define LOGIN  "someone:CANARYpassword"

enum mood {
	PASSES,  /* relays */
	REFUSES, /* 403 to CONNECT */
	ASKS,    /* 407 to CONNECT */
	DROPS,   /* closes instead of an answer */
	CUTS,    /* 200, then closes */
	LIES,    /* 200, and is the other end itself, with what it has */
	GARBLES, /* no HTTP at all */
};

struct shared {
	enum mood mood;
	enum fake_cert cert;       /* of whoever ends TLS */
	unsigned connects, served; /* at the proxy; requests at the server */
	char head[FAKE_TEXT];      /* of the last CONNECT */
	bool half;                 /* it does not end its second answer */
	bool mute;                 /* the server reads and goes away */
	bool leaked;               /* the canary went by in the clear */
};

static struct net *net;
static struct world {
	struct fake_certs certs;
	struct buf ca;
	struct fake proxy, server;
	struct shared *s;
	char url[64], at[96];
} w;

static const char *const variables[] = { "HTTPS_PROXY", "https_proxy",
	"HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY",
	"no_proxy" };

/* ---- the two others ---- */

static void
serve_tls(int c)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	SSL *s;
	char text[FAKE_TEXT];
	int n, nth = 0;

	(void)SSL_CTX_use_certificate(ctx, w.certs.server[w.s->cert]);
	(void)SSL_CTX_use_PrivateKey(ctx, w.certs.key);
	s = SSL_new(ctx);
	(void)SSL_set_fd(s, c);
	if (SSL_accept(s) != 1)
		_exit(0);
	while ((n = SSL_read(s, text, sizeof(text) - 1)) > 0) {
		static const char reply[] =
		    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

		text[n] = '\0';
		if (strstr(text, CANARY) != NULL)
			__atomic_fetch_add(&w.s->served, 1, __ATOMIC_SEQ_CST);
		if (w.s->mute)
			break;
		if (w.s->half && nth++ == 1) {
			(void)SSL_write(s, reply, (int)strlen(reply) - 1);
			break;
		}
		(void)SSL_write(s, reply, (int)strlen(reply));
	}
	_exit(0);
}

/* Until either end is done; what goes by is looked at. */
static void
relay(int a, int b)
{
	struct pollfd p[2] = { { .fd = a, .events = POLLIN },
		{ .fd = b, .events = POLLIN } };
	char text[FAKE_TEXT];

	while (poll(p, 2, -1) > 0)
		for (int i = 0; i < 2; i++) {
			ssize_t n;

			if (p[i].revents == 0)
				continue;
			n = read(p[i].fd, text, sizeof(text));
			if (n <= 0 || write(p[1 - i].fd, text, (size_t)n) != n)
				return;
			if (memmem(text, (size_t)n, "CANARY", 6) != NULL)
				w.s->leaked = true;
		}
}

static int
reach_server(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)w.server.port),
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	union {
		struct sockaddr_in *in;
		struct sockaddr *any;
	} u = { &a };
	const int c = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return connect(c, u.any, sizeof(a)) == 0 ? c : -1;
}

static void
be_proxy(int c)
{
	static const char *const answers[] = {
		[PASSES] = "HTTP/1.1 200 fine\r\n\r\n",
		[REFUSES] = "HTTP/1.1 403 no\r\nContent-Length: 4\r\n\r\nGo!\n",
		[ASKS] = ("HTTP/1.1 407 who\r\nProxy-Authenticate: Basic\r\n"
			  "Content-Length: 0\r\n\r\n"),
		[DROPS] = "",
		[CUTS] = "HTTP/1.1 200 fine\r\n\r\n",
		[LIES] = "HTTP/1.1 200 fine\r\n\r\n",
		[GARBLES] = "220 mail.example ESMTP\r\n",
	};

	if (!fake_request(c, w.s->head))
		_exit(0);
	__atomic_fetch_add(&w.s->connects, 1, __ATOMIC_SEQ_CST);
	if (strncmp(w.s->head, "CONNECT ", 8) != 0)
		w.s->leaked |= strstr(w.s->head, "CANARY") != NULL;
	fake_send(c, answers[w.s->mood]);
	if (w.s->mood == PASSES)
		relay(c, reach_server());
	if (w.s->mood == LIES)
		serve_tls(c);
	_exit(0);
}

static void
start(struct fake *f, void (*be)(int c))
{
	int c;

	fake_listen(f);
	f->pid = fork();
	assert_true(f->pid >= 0);
	if (f->pid > 0) {
		(void)close(f->fd);
		return;
	}
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGCHLD, SIG_IGN);
	while ((c = accept(f->fd, NULL, NULL)) >= 0) {
		if (fork() == 0) {
			(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
			be(c);
		}
		(void)close(c);
	}
	_exit(1);
}

static void
stop(const struct fake *f)
{
	(void)kill(f->pid, SIGKILL);
	(void)waitpid(f->pid, NULL, 0);
}

/* ---- our end ---- */

static int
open_world(void **state)
{
	char path[] = "/tmp/test_http_proxy.XXXXXX";
	struct err e;
	FILE *f;

	(void)state;
	(void)close(mkstemp(path));
	fake_certs_make(&w.certs, path);
	w.ca = BUF(65536);
	f = fopen(path, "r");
	assert_non_null(f);
	assert_int_equal(buf_read(&w.ca, fileno(f), &e), EC_OK);
	(void)fclose(f);
	(void)unlink(path);
	w.s = mmap(NULL, sizeof(*w.s), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(w.s, MAP_FAILED);
	start(&w.server, serve_tls);
	start(&w.proxy, be_proxy);
	(void)snprintf(
	    w.url, sizeof(w.url), "https://localhost:%d/x", w.server.port);
	(void)snprintf(
	    w.at, sizeof(w.at), "http://" LOGIN "@127.0.0.1:%d", w.proxy.port);
	return 0;
}

static int
close_world(void **state)
{
	(void)state;
	stop(&w.proxy);
	stop(&w.server);
	buf_free(&w.ca);
	(void)munmap(w.s, sizeof(*w.s));
	fake_certs_free(&w.certs);
	return 0;
}

static void
set(const char *name, const char *value)
{
	for (size_t i = 0; i < COUNT(variables); i++)
		assert_int_equal(unsetenv(variables[i]), 0);
	if (name != NULL)
		assert_int_equal(setenv(name, value, 1), 0);
	memset(w.s, 0, sizeof(*w.s));
	w.s->cert = CERT_GOOD;
}

static enum ec
ask(const char *url, bool once, struct err *e)
{
	AUTO(http_reply) struct http_reply r = { .status = 0 };
	static const char *const headers[] = {
		"Authorization: AWS4-HMAC-SHA256 " CANARY, NULL
	};
	const struct http_request q = { .method = "POST",
		.url = url,
		.headers = headers,
		.ca = strncmp(url, "https", 5) == 0 ? &w.ca : NULL,
		.once = once,
		.timeout_ms = 20000 };
	enum ec ec = http_do(net, &q, &r, e);

	if (ec == EC_OK)
		assert_int_equal(r.status, 200);
	assert_false(w.s->leaked);
	if (ec != EC_OK) {
		assert_null(strstr(e->what, "CANARY"));
		assert_null(strstr(e->fix, "CANARY"));
		assert_true(e->fix[0] != '\0');
	}
	return ec;
}

static void
test_tunnel(void **state)
{
	static const char *const names[] = { "HTTPS_PROXY", "https_proxy",
		"ALL_PROXY", "all_proxy" };
	char host[64];
	struct err e;

	(void)state;
	(void)snprintf(
	    host, sizeof(host), "CONNECT localhost:%d ", w.server.port);
	for (size_t i = 0; i < COUNT(names); i++) {
		set(names[i], w.at);
		assert_int_equal(ask(w.url, true, &e), EC_OK);
		assert_int_equal(w.s->served, 1);
		assert_int_equal(w.s->connects, 1);
		assert_int_equal(strncmp(w.s->head, host, strlen(host)), 0);
		/* What it is told is its own password, and a name. */
		assert_non_null(
		    strstr(w.s->head, "Proxy-Authorization: Basic"));
		assert_null(strstr(w.s->head, "AWS4"));
		assert_null(strstr(w.s->head, "/x"));
	}
}

static void
test_not_used(void **state)
{
	struct err e;

	(void)state;
	set(NULL, NULL);
	assert_int_equal(ask(w.url, true, &e), EC_OK);
	/* For plain HTTP, which is for machines and containers only. */
	set("HTTP_PROXY", w.at);
	assert_int_equal(ask(w.url, true, &e), EC_OK);
	set("http_proxy", w.at);
	assert_int_equal(ask(w.url, true, &e), EC_OK);
	set("HTTPS_PROXY", w.at);
	assert_int_equal(setenv("NO_PROXY", "example.com,localhost", 1), 0);
	assert_int_equal(ask(w.url, true, &e), EC_OK);
	set("https_proxy", w.at);
	assert_int_equal(setenv("no_proxy", "*", 1), 0);
	assert_int_equal(ask(w.url, true, &e), EC_OK);
	assert_int_equal(w.s->served, 1);
	assert_int_equal(w.s->connects, 0);
	/* Not this host. */
	set("HTTPS_PROXY", w.at);
	assert_int_equal(setenv("NO_PROXY", "host,example.com", 1), 0);
	assert_int_equal(ask(w.url, true, &e), EC_OK);
	assert_int_equal(w.s->connects, 1);
}

/* The credentials of machines and containers come over plain HTTP: a proxy
 * would see them whole, and is never asked. */
static void
test_plain(void **state)
{
	static const struct fake_step script[] = { { FAKE_REPLY_CLOSE,
	    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" } };
	struct fake plain = { .pid = 0 };
	char url[64];
	struct err e;

	(void)state;
	fake_start(&plain, script, 1);
	(void)snprintf(
	    url, sizeof(url), "http://127.0.0.1:%d/creds", plain.port);
	for (size_t i = 0; i < 6; i++) {
		set(variables[i], w.at);
		assert_int_equal(ask(url, false, &e), EC_OK);
		assert_int_equal(w.s->connects, 0);
	}
	assert_int_equal(plain.seen->requests, 6);
	fake_stop(&plain);
}

static const struct {
	enum mood mood;
	enum fake_cert cert;
	enum ec want;
	unsigned connects;
} rows[] = {
	{ PASSES, CERT_WRONG_NAME, EC_PROTO, 1 },
	{ PASSES, CERT_EXPIRED, EC_PROTO, 1 },
	{ PASSES, CERT_UNKNOWN_CA, EC_PROTO, 1 },
	{ LIES, CERT_WRONG_NAME, EC_PROTO, 1 },
	{ LIES, CERT_UNKNOWN_CA, EC_PROTO, 1 },
	{ REFUSES, CERT_GOOD, EC_TEMP, 1 },
	{ ASKS, CERT_GOOD, EC_TEMP, 1 },
	{ DROPS, CERT_GOOD, EC_TEMP, 1 },
	{ CUTS, CERT_GOOD, EC_TEMP, 1 },
	{ GARBLES, CERT_GOOD, EC_TEMP, 1 },
};

/* Nothing was sent, and that is known. */
static void
test_nothing_sent(void **state)
{
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		enum ec ec;

		set("HTTPS_PROXY", w.at);
		w.s->mood = rows[i].mood;
		w.s->cert = rows[i].cert;
		ec = ask(w.url, true, &e);
		if (ec != rows[i].want || w.s->connects != rows[i].connects) {
			print_error("row %zu: %s, %u connects: %s\n", i,
			    ec_name(ec), w.s->connects, e.what);
			_fail(__FILE__, __LINE__);
		}
		assert_int_equal(w.s->served, 0);
		if (rows[i].mood == REFUSES || rows[i].mood == ASKS)
			assert_non_null(
			    strstr(e.what, "the proxy refuses (HTTP 40"));
	}
}

/* Once there was TLS it may have been. */
static void
test_lost(void **state)
{
	struct err e;

	(void)state;
	set("HTTPS_PROXY", w.at);
	w.s->mute = true;
	assert_int_equal(ask(w.url, true, &e), EC_UNKNOWN);
	assert_int_equal(w.s->served, 1);
	set(NULL, NULL);
	w.s->mute = true;
	assert_int_equal(ask(w.url, true, &e), EC_UNKNOWN);
	assert_int_equal(w.s->served, 1);
}

/* On a connection that was there before, there is no TLS to be made. */
static void
test_lost_on_a_kept_one(void **state)
{
	enum ec ec = EC_OK;
	struct err e;

	(void)state;
	set(NULL, NULL);
	w.s->half = true;
	/* Several are kept; sooner or later one is used for the second time. */
	for (int i = 0; i < 20 && ec == EC_OK; i++)
		ec = ask(w.url, false, &e);
	assert_int_equal(ec, EC_UNKNOWN);
}

static void
test_unreachable(void **state)
{
	static const char *const where[] = { "http://" LOGIN "@127.0.0.1:9",
		"http://" LOGIN "@nowhere.invalid:3128",
		"gopher://" LOGIN "@127.0.0.1:9" };
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(where); i++) {
		set("HTTPS_PROXY", where[i]);
		assert_int_equal(ask(w.url, true, &e), EC_TEMP);
		assert_int_equal(w.s->served, 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tunnel),
		cmocka_unit_test(test_not_used),
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_nothing_sent),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_lost_on_a_kept_one),
		cmocka_unit_test(test_unreachable),
	};
	struct err e;
	int failed;

	if (secret_init(&e) != EC_OK || net_new(NULL, &net, &e) != EC_OK)
		return 1;
	fork_secrets();
	failed = cmocka_run_group_tests_name(
	    "http_proxy", tests, open_world, close_world);
	net_free(net);
	return failed;
}
