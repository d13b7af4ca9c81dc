/*
 * fake_http: a scripted HTTP server in a child process, for tests of what is
 * above a socket. One step of the script a request, over all connections; what
 * it saw is in memory shared with the test. Include it after cmocka.h.
 */
#ifndef TEST_FAKE_HTTP_H
#define TEST_FAKE_HTTP_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define FAKE_SEEN 16
#define FAKE_TEXT 8192

enum fake_act {
	FAKE_REPLY,       /* send text, keep the connection */
	FAKE_REPLY_CLOSE, /* send text, close */
	FAKE_DROP,        /* read the request, close without a word */
	FAKE_RESET,       /* read the request, reset the connection */
	FAKE_HANG,        /* read the request, never answer */
};

struct fake_step {
	enum fake_act act;
	const char *text; /* the whole reply with its head */
};

struct fake_seen {
	unsigned requests, connections;
	char text[FAKE_SEEN][FAKE_TEXT];
};

struct fake {
	pid_t pid;
	int port, fd;
	struct fake_seen *seen;
};

/* Reads one request; false at the end of the connection. */
static inline bool
fake_request(int c, char *text)
{
	size_t len = 0, want = 0;
	ssize_t n;
	char *end, *length;

	text[0] = '\0';
	for (;;) {
		end = strstr(text, "\r\n\r\n");
		if (end != NULL) {
			length = strcasestr(text, "\r\nContent-Length:");
			want = (size_t)(end + 4 - text);
			if (length != NULL && length < end)
				want += strtoul(length + 17, NULL, 10);
			if (len >= want)
				return true;
		}
		if (len + 1 >= FAKE_TEXT)
			return false;
		n = read(c, text + len, FAKE_TEXT - 1 - len);
		if (n <= 0)
			return false;
		len += (size_t)n;
		text[len] = '\0';
	}
}

static inline void
fake_send(int c, const char *text)
{
	size_t len = strlen(text);
	ssize_t n;

	while (len > 0 && (n = write(c, text, len)) > 0) {
		text += n;
		len -= (size_t)n;
	}
}

static inline void
fake_reset(int c)
{
	const struct linger now = { .l_onoff = 1, .l_linger = 0 };

	(void)setsockopt(c, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

/* False: the connection is over. */
static inline bool
fake_act(int c, const struct fake_step *s)
{
	switch (s->act) {
	case FAKE_REPLY:
		fake_send(c, s->text);
		return true;
	case FAKE_REPLY_CLOSE:
		fake_send(c, s->text);
		return false;
	case FAKE_RESET:
		fake_reset(c);
		return false;
	case FAKE_HANG:
		for (;;)
			(void)pause();
	case FAKE_DROP:
	default:
		return false;
	}
}

/* The last step is repeated for ever. */
static inline void
fake_converse(
    struct fake *f, int c, const struct fake_step *steps, size_t count)
{
	static char text[FAKE_TEXT];
	struct fake_seen *s = f->seen;
	size_t i;

	while (fake_request(c, text)) {
		i = __atomic_fetch_add(&s->requests, 1, __ATOMIC_SEQ_CST);
		if (i < FAKE_SEEN)
			memcpy(s->text[i], text, sizeof(text));
		if (!fake_act(c, &steps[i < count ? i : count - 1]))
			break;
	}
	(void)close(c);
}

/* A process per connection: a client may keep one and open another. */
static inline void
fake_serve(struct fake *f, const struct fake_step *steps, size_t count)
{
	int c;

	(void)signal(SIGCHLD, SIG_IGN);
	for (;;) {
		c = accept(f->fd, NULL, NULL);
		if (c < 0)
			_exit(1);
		f->seen->connections++;
		if (fork() == 0) {
			(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
			fake_converse(f, c, steps, count);
			_exit(0);
		}
		(void)close(c);
	}
}

static inline void
fake_listen_at(struct fake *f, struct sockaddr_in *a)
{
	socklen_t len = sizeof(*a);
	union {
		struct sockaddr_in *in;
		struct sockaddr *any;
	} u = { a };

	f->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(f->fd >= 0);
	assert_int_equal(bind(f->fd, u.any, len), 0);
	assert_int_equal(listen(f->fd, 8), 0);
	assert_int_equal(getsockname(f->fd, u.any, &len), 0);
	f->port = ntohs(a->sin_port);
}

static inline void
fake_listen(struct fake *f)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr = { htonl(INADDR_LOOPBACK) } };

	fake_listen_at(f, &a);
}

static inline void
fake_start_at(struct fake *f, struct sockaddr_in *a,
    const struct fake_step *steps, size_t count)
{
	void *p = mmap(NULL, sizeof(*f->seen), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(p, MAP_FAILED);
	f->seen = p;
	fake_listen_at(f, a);
	(void)fflush(NULL);
	f->pid = fork();
	assert_true(f->pid >= 0);
	if (f->pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)signal(SIGPIPE, SIG_IGN);
		fake_serve(f, steps, count);
		_exit(0);
	}
	(void)close(f->fd);
}

static inline void
fake_start(struct fake *f, const struct fake_step *steps, size_t count)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr = { htonl(INADDR_LOOPBACK) } };

	fake_start_at(f, &a, steps, count);
}

static inline void
fake_stop(struct fake *f)
{
	(void)kill(f->pid, SIGKILL);
	(void)waitpid(f->pid, NULL, 0);
	(void)munmap(f->seen, sizeof(*f->seen));
}

#endif
