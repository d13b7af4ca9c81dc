/*
 * lag MILLISECONDS PORT...: a network of that round trip before each of these
 * ports of loopback, for kernels without netem and for who is not root. Prints
 * the port that leads there for each, on one line, and ends with its parent.
 * The delay begins with SIGUSR1: what has to be made ready needs none.
 *
 * What comes in goes out half a round trip later, with what came in meanwhile;
 * a connection is opened there one and a half after it was accepted here: so
 * long SYN, SYN-ACK and ACK take. A thread for each direction.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CHUNK     65536
#define STACK     ((size_t)256 * 1024)
#define PORTS_MAX 16

static long wanted;               /* ns */
static volatile atomic_long half; /* that, or 0 so far */

struct way {
	int from, to;
};
struct pair {
	int here;
	in_port_t port;
};
struct door {
	int fd;
	in_port_t port;
};
static struct door doors[PORTS_MAX];

static void
begin(int signal)
{
	(void)signal;
	half = wanted;
}

static void
rest(long ns)
{
	const struct timespec t = { ns / 1000000000, ns % 1000000000 };

	(void)nanosleep(&t, NULL);
}

static void
at_once(int fd)
{
	const int on = 1;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

static void
put(int fd, const char *p, ssize_t n)
{
	ssize_t sent;

	for (; n > 0; n -= sent, p += sent) {
		sent = send(fd, p, (size_t)n, MSG_NOSIGNAL);
		if (sent <= 0)
			return;
	}
}

/* Until the end of what comes in; then the other side hears of it. What came
 * in while the connection was opened has had its time already. */
static void
pump(const struct way *w, bool due)
{
	char *b = malloc(CHUNK);
	char first;

	due = due && recv(w->from, &first, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
	while (b != NULL && recv(w->from, &first, 1, MSG_PEEK) > 0) {
		rest(due ? 0 : half);
		due = false;
		put(w->to, b, recv(w->from, b, CHUNK, 0));
	}
	rest(half);
	(void)shutdown(w->to, SHUT_WR);
	free(b);
}

static void *
back(void *arg)
{
	pump(arg, false);
	return NULL;
}

static int
reach(in_port_t port)
{
	const struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = port,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 &&
	    connect(fd, (const struct sockaddr *)&to, sizeof(to)) != 0) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

static void *
serve(void *arg)
{
	struct pair *p = arg;
	struct way there = { .from = p->here }, here = { .to = p->here };
	pthread_t other;

	rest(3 * half);
	there.to = here.from = reach(p->port);
	if (there.to >= 0) {
		at_once(p->here);
		at_once(there.to);
		if (pthread_create(&other, NULL, back, &here) == 0) {
			pump(&there, true);
			(void)pthread_join(other, NULL);
		}
		(void)close(there.to);
	}
	(void)close(p->here);
	free(p);
	return NULL;
}

static void *
wait_at(void *arg)
{
	const struct door *d = arg;
	pthread_attr_t attr;
	pthread_t t;
	struct pair *p;

	(void)pthread_attr_init(&attr);
	(void)pthread_attr_setstacksize(&attr, STACK);
	(void)pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	for (;;) {
		p = malloc(sizeof(*p));
		if (p == NULL)
			return NULL;
		*p = (struct pair){ .here = accept(d->fd, NULL, NULL),
			.port = d->port };
		if (p->here < 0 || pthread_create(&t, &attr, serve, p) != 0) {
			(void)close(p->here);
			free(p);
		}
	}
}

static int
open_door(const char *port, struct door *d)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(at);
	pthread_t t;

	d->port = htons((in_port_t)strtol(port, NULL, 10));
	d->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(d->fd, (struct sockaddr *)&at, sizeof(at)) != 0 ||
	    listen(d->fd, 1024) != 0 ||
	    getsockname(d->fd, (struct sockaddr *)&at, &n) != 0 ||
	    pthread_create(&t, NULL, wait_at, d) != 0)
		return -1;
	return printf("%d ", ntohs(at.sin_port)) > 0 ? 0 : -1;
}

int
main(int argc, char **argv)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (argc < 3 || argc > PORTS_MAX + 2)
		return 2;
	wanted = strtol(argv[1], NULL, 10) * 1000000 / 2;
	(void)signal(SIGUSR1, begin);
	for (int i = 2; i < argc; i++)
		if (open_door(argv[i], &doors[i - 2]) != 0)
			return 1;
	(void)puts("");
	(void)fflush(stdout);
	for (;;)
		(void)pause();
}
