/*
 * fake_smtp: an SMTP server in a thread that says exactly what a script
 * tells it, takes one connection and keeps every byte it was sent, in clear
 * and inside TLS apart.
 */
#ifndef TESTS_FAKE_SMTP_H
#define TESTS_FAKE_SMTP_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fake_certs.h"

/* Replies that are deeds. */
#define DROP    "\1drop"    /* close */
#define HANG    "\2hang"    /* say nothing until the client goes */
#define ENDLESS "\3endless" /* continuation lines for ever */
#define LONG    "\4long"    /* one line for ever */
#define DRIP    "\5drip"    /* a byte each 5 ms, for ever */

/* NULL: what SES says. */
struct script {
	bool implicit;
	enum fake_cert cert;
	const char *banner, *ehlo, *starttls, *ehlo_tls, *auth;
	const char *mail, *rcpt, *data, *end;
	const char *handshake; /* this instead of one */
	int max_tls;           /* 0 or TLS1_1_VERSION ... */
};

struct fake_smtp {
	struct script script;
	const struct fake_certs *certs;
	int listener;
	unsigned port;
	pthread_t thread;
	/* Only for the thread until fake_smtp_end(). */
	int fd;
	SSL *ssl;
	bool over, in_data;
	char clear[4096], inside[8192];
};

static inline ssize_t
fake_smtp_put(struct fake_smtp *s, const char *p, size_t n)
{
	if (s->ssl != NULL)
		return SSL_write(s->ssl, p, (int)n);
	return send(s->fd, p, n, MSG_NOSIGNAL);
}

static inline ssize_t
fake_smtp_get(struct fake_smtp *s, char *p, size_t n)
{
	ssize_t got =
	    s->ssl != NULL ? SSL_read(s->ssl, p, (int)n) : recv(s->fd, p, n, 0);
	char *log = s->ssl != NULL ? s->inside : s->clear;
	size_t size = s->ssl != NULL ? sizeof(s->inside) : sizeof(s->clear);
	size_t at = strlen(log);

	for (ssize_t i = 0; i < got && at + 1 < size; i++)
		log[at++] = p[i];
	return got;
}

static inline void
fake_smtp_for_ever(struct fake_smtp *s, const char *what, int pause)
{
	while (fake_smtp_put(s, what, strlen(what)) > 0)
		(void)poll(NULL, 0, pause);
}

static inline void
fake_smtp_say(struct fake_smtp *s, const char *text)
{
	char sink[256];

	s->over = text[0] <= '\5';
	switch (text[0]) {
	case '\1':
		return;
	case '\2':
		while (fake_smtp_get(s, sink, sizeof(sink)) > 0)
			;
		return;
	case '\3':
		fake_smtp_for_ever(s, "250-more\r\n", 0);
		return;
	case '\4':
		fake_smtp_for_ever(s, "250-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 0);
		return;
	case '\5':
		fake_smtp_for_ever(s, "2", 5);
		return;
	default:
		s->over = fake_smtp_put(s, text, strlen(text)) <= 0;
	}
}

static inline void
fake_smtp_handshake(struct fake_smtp *s)
{
	SSL_CTX *ctx;

	if (s->script.handshake != NULL) {
		fake_smtp_say(s, s->script.handshake);
		return;
	}
	ctx = SSL_CTX_new(TLS_server_method());
	(void)SSL_CTX_use_certificate(ctx, s->certs->server[s->script.cert]);
	(void)SSL_CTX_use_PrivateKey(ctx, s->certs->key);
	if (s->script.max_tls != 0) {
		SSL_CTX_set_security_level(ctx, 0);
		(void)SSL_CTX_set_max_proto_version(ctx, s->script.max_tls);
	}
	s->ssl = SSL_new(ctx);
	SSL_CTX_free(ctx);
	(void)SSL_set_fd(s->ssl, s->fd);
	s->over = SSL_accept(s->ssl) != 1;
}

static inline void
fake_smtp_starttls(struct fake_smtp *s)
{
	const char *text = s->script.starttls;

	fake_smtp_say(s, text != NULL ? text : "220 Ready to start TLS\r\n");
	if (!s->over && (text == NULL || strncmp(text, "220", 3) == 0))
		fake_smtp_handshake(s);
}

static inline void
fake_smtp_answer(struct fake_smtp *s, const char *line)
{
	const struct script *c = &s->script;
	const struct {
		const char *verb, *script, *usual;
	} rows[] = {
		{ "EHLO", s->ssl != NULL ? c->ehlo_tls : c->ehlo,
		    "250-fake\r\n250-8BITMIME\r\n250-STARTTLS\r\n"
		    "250-AUTH PLAIN LOGIN\r\n250 Ok\r\n" },
		{ "AUTH LOGIN", c->auth, "334 UGFzc3dvcmQ6\r\n" },
		{ "AUTH", c->auth, "235 Authentication successful.\r\n" },
		{ "MAIL", c->mail, "250 Ok\r\n" },
		{ "RCPT", c->rcpt, "250 Ok\r\n" },
		{ "DATA", c->data, "354 End data with <CR><LF>.<CR><LF>\r\n" },
		{ ".\r", c->end, "250 Ok 0100\r\n" },
		{ "QUIT", "221 Bye\r\n", NULL },
	};

	if (strncasecmp(line, "STARTTLS", 8) == 0) {
		fake_smtp_starttls(s);
		return;
	}
	if (s->in_data && strcmp(line, ".\r") != 0)
		return;
	s->in_data = strncmp(line, "DATA", 4) == 0 && c->data == NULL;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (strncasecmp(line, rows[i].verb, strlen(rows[i].verb)) ==
		    0) {
			fake_smtp_say(s,
			    rows[i].script != NULL ? rows[i].script
						   : rows[i].usual);
			return;
		}
	/* The second line of AUTH LOGIN is the only thing without a verb. */
	fake_smtp_say(s, "235 Authentication successful.\r\n");
}

static inline void
fake_smtp_talk(struct fake_smtp *s)
{
	char line[2048], c;
	size_t n = 0;

	if (s->script.implicit)
		fake_smtp_handshake(s);
	if (!s->over)
		fake_smtp_say(s,
		    s->script.banner != NULL ? s->script.banner
					     : "220 fake ESMTP\r\n");
	while (!s->over && fake_smtp_get(s, &c, 1) == 1) {
		if (c != '\n' && n + 1 < sizeof(line)) {
			line[n++] = c;
			continue;
		}
		line[n] = '\0';
		n = 0;
		fake_smtp_answer(s, line);
	}
}

static inline void *
fake_smtp_thread(void *arg)
{
	struct fake_smtp *s = arg;
	int on = 1;

	s->fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC);
	if (s->fd < 0)
		return NULL;
	(void)setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	fake_smtp_talk(s);
	SSL_free(s->ssl);
	(void)close(s->fd);
	return NULL;
}

static inline void
fake_smtp_start(struct fake_smtp *s, const struct fake_certs *certs,
    const struct script *script)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t len = sizeof(a);

	memset(s, 0, sizeof(*s));
	s->script = *script;
	s->certs = certs;
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(s->listener >= 0);
	assert_int_equal(bind(s->listener, (struct sockaddr *)&a, len), 0);
	assert_int_equal(listen(s->listener, 4), 0);
	assert_int_equal(
	    getsockname(s->listener, (struct sockaddr *)&a, &len), 0);
	s->port = ntohs(a.sin_port);
	assert_int_equal(
	    pthread_create(&s->thread, NULL, fake_smtp_thread, s), 0);
}

/* Waits until the connection is over; then the records may be read. */
static inline void
fake_smtp_end(struct fake_smtp *s)
{
	(void)shutdown(s->listener, SHUT_RDWR); /* if nobody came */
	assert_int_equal(pthread_join(s->thread, NULL), 0);
	(void)close(s->listener);
}

#endif
