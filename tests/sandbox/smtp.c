/* smtp: listeners and session threads. See smtp.h. */
#include "smtp.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "base/auto.h"
#include "listener.h"
#include "smtp_session.h"
#include "util.h"

#define SESSIONS_MAX 1024

struct smtp {
	struct sandbox *s;
	const struct certs *certs;
	SSL_CTX *tls;
	size_t n;
	struct pollfd listen[2 * REGIONS_MAX + 1]; /* the last: stop pipe */
	int stop_pipe[2];
	pthread_t thread;
	int open[SESSIONS_MAX]; /* fds of sessions, -1 free; by s->lock */
};

struct visit {
	struct smtp *m;
	struct session c;
	size_t slot;
};

static void
set_options(int fd, uint64_t idle_ms)
{
	struct timeval in = { .tv_sec = (time_t)(idle_ms / 1000),
		.tv_usec = (suseconds_t)(idle_ms % 1000) * 1000 };
	struct timeval out = { .tv_sec = 60 };
	int one = 1;

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &in, sizeof(in));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &out, sizeof(out));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}

static void
run_visit(void *arg)
{
	struct visit *v = arg;

	smtp_talk(&v->c);
	wire_close(&v->c.wire, false);
	{
		LOCKED(v->m->s);
		v->m->open[v->slot] = -1;
		(void)close(v->c.wire.fd);
	}
	SSL_CTX_free(v->c.bad_tls);
	cJSON_Delete(v->c.to);
	free(v);
}

/* A place in the table of sessions, or SESSIONS_MAX when full. */
static size_t
take_slot(struct smtp *m, int fd)
{
	size_t i;
	LOCKED(m->s);

	for (i = 0; i < SESSIONS_MAX; i++) {
		if (m->open[i] >= 0)
			continue;
		m->open[i] = fd;
		count_locked(m->s, 1, "connections", "smtp", NULL);
		break;
	}
	return i;
}

static void
refuse(int fd)
{
	static const char busy[] =
	    "421 Too many concurrent SMTP connections\r\n";

	(void)send(fd, busy, sizeof(busy) - 1, MSG_NOSIGNAL);
	(void)close(fd);
}

static void
begin(struct smtp *m, int fd, size_t listener)
{
	struct visit *v;
	size_t slot = take_slot(m, fd);

	if (slot == SESSIONS_MAX) {
		refuse(fd);
		return;
	}
	set_options(fd, knob_ms(m->s, "smtp_idle_ms"));
	v = must_alloc(sizeof(*v));
	v->m = m;
	v->slot = slot;
	v->c.s = v->c.wire.s = m->s;
	v->c.wire.fd = fd;
	v->c.certs = m->certs;
	v->c.tls = m->tls;
	v->c.region = m->s->regions[listener / 2];
	v->c.implicit = listener % 2 == 1;
	if (sandbox_spawn(m->s, run_visit, v))
		return;
	{
		LOCKED(m->s);
		m->open[slot] = -1;
	}
	refuse(fd);
	free(v);
}

static void *
accept_loop(void *arg)
{
	struct smtp *m = arg;
	size_t i;
	int fd;

	while (poll(m->listen, m->n + 1, -1) >= 0 || errno == EINTR) {
		if (m->listen[m->n].revents != 0)
			break;
		for (i = 0; i < m->n; i++) {
			if ((m->listen[i].revents & POLLIN) == 0)
				continue;
			fd = accept4(m->listen[i].fd, NULL, NULL, SOCK_CLOEXEC);
			if (fd >= 0)
				begin(m, fd, i);
		}
	}
	return NULL;
}

static void
add_listener(struct smtp *m, uint16_t *port)
{
	m->listen[m->n++] = (struct pollfd){
		.fd = listener_open(m->s->address, port),
		.events = POLLIN,
	};
}

struct smtp *
smtp_start(struct sandbox *s, const struct certs *c,
    struct smtp_ports ports[REGIONS_MAX])
{
	struct smtp *m = must_alloc(sizeof(*m));
	size_t i;

	m->s = s;
	m->certs = c;
	m->tls = certs_context(c);
	for (i = 0; i < SESSIONS_MAX; i++)
		m->open[i] = -1;
	for (i = 0; i < s->nregions; i++) {
		add_listener(m, &ports[i].starttls);
		add_listener(m, &ports[i].tls);
	}
	if (pipe(m->stop_pipe) != 0)
		die("pipe: %s", strerror(errno));
	m->listen[m->n] =
	    (struct pollfd){ .fd = m->stop_pipe[0], .events = POLLIN };
	if (pthread_create(&m->thread, NULL, accept_loop, m) != 0)
		die("cannot start a thread");
	return m;
}

static void
cut_all(struct smtp *m)
{
	size_t i;
	LOCKED(m->s);

	for (i = 0; i < SESSIONS_MAX; i++)
		if (m->open[i] >= 0)
			(void)shutdown(m->open[i], SHUT_RDWR);
}

void
smtp_stop(struct smtp *m)
{
	size_t i;

	(void)close(m->stop_pipe[1]);
	(void)pthread_join(m->thread, NULL);
	cut_all(m);
	sandbox_join(m->s);
	for (i = 0; i <= m->n; i++)
		(void)close(m->listen[i].fd);
	SSL_CTX_free(m->tls);
	free(m);
}
