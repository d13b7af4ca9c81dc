/*
 * far_serve: the process that talks to the network.
 *
 * First it gives away all it got by the fork and does not need; then it says
 * what it could give away, and answers until the other end is closed. Each
 * further way that is handed in gets a thread and connections of its own, and
 * the process lives until the last way is closed.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/far_p.h"
#include "base/secret.h"

#define FD           3 /* of the first way; beyond it nothing is open */
#define THREAD_STACK ((size_t)1024 * 1024)

enum end { END_GOOD = 0, END_SETUP = 3, END_ASKED = 4, END_SERVED = 5 };

/* A terminal's Ctrl-C goes to us both; when to stop the other one decides. */
static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGXFSZ };

static bool
die_with(pid_t parent)
{
	return prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent;
}

/* What signs our calls is not needed to send them. */
static void
forget_environment(void)
{
	for (char **v = environ; v != NULL && *v != NULL; v++)
		if (strncmp(*v, "AWS_", 4) == 0)
			wipe(*v, strlen(*v));
}

static bool
let_go(int fd)
{
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	const int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (size_t i = 0; i < COUNT(ignored); i++)
		(void)sigaction(ignored[i], &ignore, NULL);
	forget_environment();
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 ||
	    dup2(null, STDOUT_FILENO) < 0)
		return false;
	if (fd != FD && dup2(fd, FD) < 0)
		return false;
	return close_range(FD + 1, ~0U, 0) == 0 && chdir("/") == 0;
}

/* What the threads share. */
struct service {
	far_fn *const *table;
	size_t count;
	struct net *first; /* whose trust anchors the others share */
	pthread_mutex_t lock;
	pthread_cond_t over;
	unsigned ways; /* further ones, open */
};

struct way {
	struct service *s;
	struct net *net;
	int fd;
};

static bool
hear(int fd, void *p, size_t n)
{
	char *at = p;

	while (n > 0) {
		const ssize_t got = read(fd, at, n);

		if (got == 0 || (got < 0 && errno != EINTR))
			return false;
		at += got > 0 ? got : 0;
		n -= got > 0 ? (size_t)got : 0;
	}
	return true;
}

/* A descriptor may come with it: *ret_way, else -1. */
static bool
hear_head(int fd, struct far_head *ret, int *ret_way)
{
	struct iovec io = { .iov_base = ret, .iov_len = sizeof(*ret) };
	union {
		struct cmsghdr align;
		char b[CMSG_SPACE(sizeof(int))];
	} room;
	struct msghdr m = { .msg_iov = &io,
		.msg_iovlen = 1,
		.msg_control = room.b,
		.msg_controllen = sizeof(room.b) };
	const ssize_t got =
	    TEMP_FAILURE_RETRY(recvmsg(fd, &m, MSG_CMSG_CLOEXEC));
	const struct cmsghdr *c = got > 0 ? CMSG_FIRSTHDR(&m) : NULL;

	*ret_way = -1;
	if (c != NULL && c->cmsg_type == SCM_RIGHTS)
		memcpy(ret_way, CMSG_DATA(c), sizeof(*ret_way));
	return got > 0 &&
	    hear(fd, (char *)ret + got, sizeof(*ret) - (size_t)got);
}

static bool
hear_ask(int fd, uint64_t n, struct buf *ask, struct err *e)
{
	char chunk[4096];
	bool ok = n <= FAR_MAX;

	while (ok && n > 0) {
		const size_t part = n < sizeof(chunk) ? n : sizeof(chunk);

		ok = hear(fd, chunk, part) &&
		    buf_add(ask, chunk, part, e) == EC_OK;
		n -= part;
	}
	wipe(chunk, sizeof(chunk));
	return ok;
}

static enum end
serve_one(const struct way *w, const struct far_head *head)
{
	AUTO(buf) struct buf ask = BUF(FAR_MAX);
	AUTO(buf) struct buf answer = BUF(FAR_MAX);
	struct err e = { .ec = EC_OK };

	if (head->op >= w->s->count || !hear_ask(w->fd, head->len, &ask, &e))
		return END_ASKED;
	if (w->s->table[head->op](w->net, &ask, &answer, &e) != EC_OK)
		return END_SERVED;
	/* Who does not want it any more has closed this way; see hear_head. */
	(void)far_say(w->fd, 0, &answer);
	return END_GOOD;
}

static bool open_way(struct service *s, int fd);

static void
serve_way(const struct way *w)
{
	enum end end = END_GOOD;
	struct far_head head;
	int more;

	while (end == END_GOOD && hear_head(w->fd, &head, &more))
		if (head.op != FAR_SHARE)
			end = serve_one(w, &head);
		else if (!open_way(w->s, more))
			end = END_SETUP;
	if (end != END_GOOD)
		_exit((int)end);
}

static void
close_way(struct way *w)
{
	struct service *s = w->s;

	net_free(w->net);
	(void)close(w->fd);
	free(w);
	(void)pthread_mutex_lock(&s->lock);
	s->ways--;
	(void)pthread_cond_signal(&s->over);
	(void)pthread_mutex_unlock(&s->lock);
}

static void *
serve_thread(void *arg)
{
	serve_way(arg);
	close_way(arg);
	return NULL;
}

static bool
start_thread(struct way *w)
{
	pthread_attr_t small;
	pthread_t t;
	bool ok;

	if (pthread_attr_init(&small) != 0)
		return false;
	ok = pthread_attr_setstacksize(&small, THREAD_STACK) == 0 &&
	    pthread_attr_setdetachstate(&small, PTHREAD_CREATE_DETACHED) == 0 &&
	    pthread_create(&t, &small, serve_thread, w) == 0;
	(void)pthread_attr_destroy(&small);
	return ok;
}

static bool
open_way(struct service *s, int fd)
{
	struct way *w = fd >= 0 ? calloc(1, sizeof(*w)) : NULL;
	struct err e;

	if (w == NULL)
		return false;
	*w = (struct way){ .s = s, .fd = fd };
	if (net_share(s->first, &w->net, &e) != EC_OK) {
		free(w);
		return false;
	}
	(void)pthread_mutex_lock(&s->lock);
	s->ways++;
	(void)pthread_mutex_unlock(&s->lock);
	if (start_thread(w))
		return true;
	close_way(w);
	return false;
}

static void
wait_for_others(struct service *s)
{
	(void)pthread_mutex_lock(&s->lock);
	while (s->ways > 0)
		(void)pthread_cond_wait(&s->over, &s->lock);
	(void)pthread_mutex_unlock(&s->lock);
}

static enum end
serve(far_fn *const *table, size_t count)
{
	struct service s = { .table = table,
		.count = count,
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.over = PTHREAD_COND_INITIALIZER };
	AUTO(net) struct net *n = NULL;
	struct confined how;
	struct err e;

	/* Read while it may: the random generator, the list of processors. */
	if (net_new(NULL, &n, &e) != EC_OK)
		return END_SETUP;
	s.first = n;
	confine(&how);
	if (send(FD, &how, sizeof(how), MSG_NOSIGNAL) != sizeof(how))
		return END_SETUP;
	serve_way(&(struct way){ .s = &s, .net = n, .fd = FD });
	wait_for_others(&s);
	return END_GOOD;
}

noreturn void
far_serve(int fd, pid_t parent, far_fn *const *table, size_t count)
{
	if (!die_with(parent) || !let_go(fd) || !secret_after_fork())
		_exit(END_SETUP);
	(void)prctl(PR_SET_NAME, "rotate-net");
	/* Not exit(): buffers and handlers are the other's. */
	_exit((int)serve(table, count));
}
