/*
 * wire: libcurl talks to the input instead of a network. Every connection is
 * a pair of sockets of this process; what libcurl sends is kept and never
 * arrives, what it receives was put there before it looks. So nothing waits,
 * and one input is one course of events.
 *
 * It works by being found before the shared libraries: curl_multi_add_handle
 * adds our callbacks, connect() has nothing to do, send() is the peer's ear,
 * and nobody waits in poll().
 */
#ifndef TESTS_FUZZ_WIRE_H
#define TESTS_FUZZ_WIRE_H

#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <curl/curl.h>

#include "fuzz.h"

#define WIRE_LINES 64

/* The peer, and what it heard. */
static struct wire {
	/* What is still to be said: all at once, or in turns that end with a
	 * form feed, one when the connection stands, one after each send(), and
	 * one whenever libcurl waits.
	 */
	struct feed script;
	bool turns;
	int here, there; /* -1: not open */
	unsigned opened;
	struct buf said, heard;
	/* Where each send() begins in heard, and what was said until then. */
	struct {
		size_t heard, said;
	} line[WIRE_LINES];
	size_t lines;
	/* More for a handle that is about to run; or NULL. */
	void (*tune)(CURL *h);
} wire = { .here = -1, .there = -1 };

/* What was said is kept as far as it was read or may be. */
static inline void
wire_say(void)
{
	struct err e;
	size_t n = wire.script.n;
	const char *p = n > 0 ? wire.script.p : NULL;

	if (wire.turns)
		p = feed_part(&wire.script, '\f', &n);
	else
		wire.script.n = 0;

	if (p == NULL) {
		(void)shutdown(wire.there, SHUT_WR);
		return;
	}
	demand(write(wire.there, p, n) == (ssize_t)n);
	demand(buf_add(&wire.said, p, n, &e) == EC_OK);
}

static inline curl_socket_t
wire_open(void *ctx, curlsocktype why, struct curl_sockaddr *to)
{
	static const int room = 1 << 20;
	int s[2];

	(void)ctx;
	(void)why;
	(void)to;
	/* One connection has the script; a second one meets silence. */
	if (wire.there >= 0)
		(void)close(wire.there);
	demand(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, s) == 0);
	(void)setsockopt(s[1], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	wire.here = s[0];
	wire.there = s[1];
	wire.opened++;
	if (wire.opened > 1)
		wire.script.n = 0;
	wire_say();
	return s[0];
}

static inline int
wire_close(void *ctx, curl_socket_t fd)
{
	(void)ctx;
	if (fd == wire.here)
		wire.here = -1;
	return close(fd);
}

CURLMcode
curl_multi_add_handle(CURLM *m, CURL *h)
{
	static CURLMcode (*real)(CURLM *, CURL *);

	if (real == NULL) {
		void *found = dlsym(RTLD_NEXT, "curl_multi_add_handle");

		demand(found != NULL);
		memcpy(&real, &found, sizeof(real));
	}
	demand(curl_easy_setopt(h, CURLOPT_OPENSOCKETFUNCTION, wire_open) ==
	    CURLE_OK);
	demand(curl_easy_setopt(h, CURLOPT_CLOSESOCKETFUNCTION, wire_close) ==
	    CURLE_OK);
	if (wire.tune != NULL)
		wire.tune(h);
	return real(m, h);
}

/* A pair is connected already. */
int
connect(int fd, const struct sockaddr *to, socklen_t n)
{
	if (fd == wire.here && fd >= 0)
		return 0;
	return (int)syscall(SYS_connect, fd, to, n);
}

/* Whoever waits has read all: whatever comes next comes now. */
static inline void
wire_waits(void)
{
	int unread = 0;

	if (wire.there >= 0 && wire.here >= 0 &&
	    ioctl(wire.here, FIONREAD, &unread) == 0 && unread == 0)
		wire_say();
}

CURLMcode
curl_multi_poll(
    CURLM *m, struct curl_waitfd *more, unsigned n, int ms, int *ret)
{
	(void)m;
	(void)more;
	(void)n;
	(void)ms;
	if (ret != NULL)
		*ret = 0;
	wire_waits();
	return CURLM_OK;
}

int
poll(struct pollfd *p, nfds_t n, int ms)
{
	for (nfds_t i = 0; i < n; i++)
		if (p[i].fd == wire.here && p[i].fd >= 0 &&
		    (p[i].events & POLLIN) != 0) {
			wire_waits();
			ms = 0;
		}
	return (int)syscall(SYS_poll, p, n, ms);
}

ssize_t
send(int fd, const void *p, size_t n, int flags)
{
	struct err e;

	if (fd != wire.here || fd < 0)
		return (ssize_t)syscall(SYS_sendto, fd, p, n, flags, NULL, 0);
	if (wire.heard.len + n > wire.heard.max) {
		errno = EPIPE;
		return -1;
	}
	if (wire.lines < WIRE_LINES) {
		wire.line[wire.lines].heard = wire.heard.len;
		wire.line[wire.lines].said = wire.said.len;
		wire.lines++;
	}
	demand(buf_add(&wire.heard, p, n, &e) == EC_OK);
	wire_say();
	return (ssize_t)n;
}

static inline void
wire_begin(struct feed script, bool turns)
{
	wire.script = script;
	wire.turns = turns;
	wire.opened = 0;
	wire.lines = 0;
	wire.said = BUF(1 << 20);
	wire.heard = BUF(1 << 20);
}

static inline void
wire_end(void)
{
	if (wire.there >= 0)
		(void)close(wire.there);
	wire.here = wire.there = -1;
	buf_free(&wire.said);
	buf_free(&wire.heard);
}

#endif
