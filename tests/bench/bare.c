/*
 * bare SMTP-PORT HTTPS-PORT CA THREADS IDENTITIES LOGINS REQUESTS: the floor
 * under a fleet on this machine. For each identity so many log-ins by SMTP
 * with STARTTLS, each over a connection of its own, and so many HTTPS requests
 * over one that is kept; by OpenSSL alone, with one context for all, no
 * signature, no state, no file. User and password of the log-ins come on
 * stdin. Prints wall and processor time in ms. No verdict.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/ssl.h>

struct plan {
	SSL_CTX *tls;
	int smtp, https, logins, requests;
	char auth[512];
	atomic_int left;
};

struct talk {
	int fd;
	SSL *tls; /* NULL: before STARTTLS */
	char line[8192];
};

static void
must(bool fine, const char *what)
{
	if (fine)
		return;
	(void)fprintf(stderr, "bare: %s\n", what);
	exit(1);
}

static void
dial(struct talk *t, int port)
{
	const int on = 1;
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	t->tls = NULL;
	t->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	must(t->fd >= 0 &&
		connect(t->fd, (struct sockaddr *)&to, sizeof(to)) == 0,
	    "cannot connect");
	(void)setsockopt(t->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

static void
encrypt(struct talk *t, SSL_CTX *ctx)
{
	t->tls = SSL_new(ctx);
	must(t->tls != NULL && SSL_set_fd(t->tls, t->fd) == 1 &&
		SSL_set_tlsext_host_name(t->tls, "localhost") == 1 &&
		SSL_set1_host(t->tls, "localhost") == 1 &&
		SSL_connect(t->tls) == 1,
	    "no TLS");
}

static void
hang_up(struct talk *t)
{
	SSL_free(t->tls);
	(void)close(t->fd);
}

static void
say(struct talk *t, const char *s)
{
	const int n = (int)strlen(s);

	must((t->tls != NULL ? SSL_write(t->tls, s, n)
			     : (int)write(t->fd, s, (size_t)n)) == n,
	    "cannot send");
}

/* More of a reply; returns how long it is by now. */
static size_t
hear(struct talk *t, size_t at)
{
	const int room = (int)(sizeof(t->line) - 1 - at);
	const int n = t->tls != NULL
	    ? SSL_read(t->tls, t->line + at, room)
	    : (int)read(t->fd, t->line + at, (size_t)room);

	must(n > 0, "no reply");
	at += (size_t)n;
	t->line[at] = '\0';
	return at;
}

/* One reply of SMTP, of several lines perhaps. */
static void
expect(struct talk *t, const char *code)
{
	const char *last = t->line;
	size_t n = 0;

	do {
		n = hear(t, n);
		last = t->line;
		for (const char *p = t->line; (p = strchr(p, '\n')) != NULL;
		     p++)
			if (p[1] != '\0')
				last = p + 1;
	} while (t->line[n - 1] != '\n' || last[3] == '-');
	must(strncmp(last, code, 3) == 0, t->line);
}

static void
log_in(const struct plan *p)
{
	struct talk t;

	dial(&t, p->smtp);
	expect(&t, "220");
	say(&t, "EHLO bare\r\n");
	expect(&t, "250");
	say(&t, "STARTTLS\r\n");
	expect(&t, "220");
	encrypt(&t, p->tls);
	say(&t, "EHLO bare\r\n");
	expect(&t, "250");
	say(&t, p->auth);
	expect(&t, "235");
	say(&t, "QUIT\r\n");
	hang_up(&t);
}

/* Refused, for it is not signed; that costs a server less than an answer. */
static void
ask(struct talk *t)
{
	const char *head, *length;
	size_t n = 0;

	say(t,
	    "POST / HTTP/1.1\r\nHost: localhost\r\n"
	    "Content-Length: 0\r\n\r\n");
	do {
		n = hear(t, n);
	} while ((head = strstr(t->line, "\r\n\r\n")) == NULL);
	length = strcasestr(t->line, "Content-Length:");
	must(length != NULL, "a reply without a length");
	while (
	    n < (size_t)(head + 4 - t->line) + strtoul(length + 15, NULL, 10))
		n = hear(t, n);
}

static void *
work(void *arg)
{
	struct plan *p = arg;
	struct talk web;

	dial(&web, p->https);
	encrypt(&web, p->tls);
	while (atomic_fetch_sub(&p->left, 1) > 0) {
		for (int i = 0; i < p->requests; i++)
			ask(&web);
		for (int i = 0; i < p->logins; i++)
			log_in(p);
	}
	hang_up(&web);
	return NULL;
}

/* AUTH PLAIN: NUL user NUL password, in base64 (RFC 4616). */
static void
read_login(struct plan *p)
{
	char user[128], password[128], raw[300], text[420];
	int n;

	must(scanf("%127s %127s", user, password) == 2, "no user on stdin");
	n = snprintf(raw, sizeof(raw), "%c%s%c%s", 0, user, 0, password);
	(void)EVP_EncodeBlock(
	    (unsigned char *)text, (const unsigned char *)raw, n);
	(void)snprintf(p->auth, sizeof(p->auth), "AUTH PLAIN %s\r\n", text);
}

static double
seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

int
main(int argc, char **argv)
{
	struct plan p = { .tls = SSL_CTX_new(TLS_client_method()) };
	struct timespec a, b;
	struct rusage used;
	pthread_t t[512];
	int n = 0;

	must(argc == 8 && p.tls != NULL &&
		SSL_CTX_load_verify_file(p.tls, argv[3]) == 1,
	    "see its first comment");
	SSL_CTX_set_verify(p.tls, SSL_VERIFY_PEER, NULL);
	p.smtp = (int)strtol(argv[1], NULL, 10);
	p.https = (int)strtol(argv[2], NULL, 10);
	atomic_store(&p.left, (int)strtol(argv[5], NULL, 10));
	p.logins = (int)strtol(argv[6], NULL, 10);
	p.requests = (int)strtol(argv[7], NULL, 10);
	read_login(&p);
	(void)clock_gettime(CLOCK_MONOTONIC, &a);
	for (; n < 512 && n < strtol(argv[4], NULL, 10); n++)
		must(pthread_create(&t[n], NULL, work, &p) == 0, "no thread");
	while (n > 0)
		(void)pthread_join(t[--n], NULL);
	(void)clock_gettime(CLOCK_MONOTONIC, &b);
	(void)getrusage(RUSAGE_SELF, &used);
	(void)printf("%.1f %.1f\n",
	    (double)(b.tv_sec - a.tv_sec) * 1e3 +
		(double)(b.tv_nsec - a.tv_nsec) / 1e6,
	    1e3 * (seconds(used.ru_utime) + seconds(used.ru_stime)));
	SSL_CTX_free(p.tls);
	return 0;
}
