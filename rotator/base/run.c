/*
 * run: see run.h for the promises, and spawn.h for the state a child is in.
 *
 * One poll loop moves the bytes and sees the end of the child, bounded by the
 * deadline. A pidfd wakes it; where there is none it looks every TICK_MS. When
 * the child has ended, what is in the pipes at that moment is taken and they
 * are closed: a daemon that it left behind, as reload commands do, is neither
 * waited for nor killed. Any failure on our side, the deadline included, kills
 * the whole group: see auto_job().
 */
#include "base/run.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/clock.h"
#include "base/secret.h"
#include "base/spawn.h"

#define CHUNK           4096
#define TIMEOUT_MS      60000
#define KILL_WAIT_MS    5000 /* for a killed process stuck in the kernel */
#define TICK_MS         20
#define STATUS_UNKNOWN  (-1)
#define SIGNAL_EXITCODE 128

/* What poll watches. The death only wakes us: see has_ended(). */
enum end { END_REPORT, END_OUT, END_ERR, END_IN, END_DEATH, ENDS };

/* By standard descriptor of the child. */
static const struct channel {
	enum end end;
	int mine; /* which end of pipe(2) is ours: 0 reads, 1 writes */
} channels[] = {
	[STDIN_FILENO] = { END_IN, 1 },
	[STDOUT_FILENO] = { END_OUT, 0 },
	[STDERR_FILENO] = { END_ERR, 0 },
};

struct job {
	pid_t pid; /* -1: none, or reaped */
	struct pollfd ends[ENDS];
	struct spawn how; /* how.std is closed once the child has it */
	size_t sent;      /* bytes of r->in */
	int code;         /* of waitpid, once pid is reaped */
};

/*
 * Our own signal rules while a child runs: a child that closes its stdin must
 * not kill us, and an inherited SIGCHLD "ignore" would lose the exit code.
 */
struct rules {
	struct sigaction pipe, chld;
};

static void
rules_set(struct rules *was)
{
	const struct sigaction ign = { .sa_handler = SIG_IGN };
	const struct sigaction dfl = { .sa_handler = SIG_DFL };

	(void)sigaction(SIGPIPE, &ign, &was->pipe);
	(void)sigaction(SIGCHLD, &dfl, &was->chld);
}

static void
auto_rules(const struct rules *was)
{
	(void)sigaction(SIGPIPE, &was->pipe, NULL);
	(void)sigaction(SIGCHLD, &was->chld, NULL);
}

static void
shut(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

static void
shut_theirs(struct job *j)
{
	for (size_t i = 0; i < COUNT(j->how.std); i++)
		shut(&j->how.std[i]);
}

static void
job_init(struct job *j, const struct run *r)
{
	*j = (struct job){
		.pid = -1,
		.how = { .argv = r->argv,
		    .env = r->env,
		    .dir = r->dir != NULL ? r->dir : "/",
		    .user = r->user,
		    .std = { -1, -1, -1 } },
	};
	for (size_t i = 0; i < ENDS; i++) {
		j->ends[i].fd = -1;
		j->ends[i].events = i == END_IN ? POLLOUT : POLLIN;
	}
}

/* How long poll may wait, in milliseconds. */
static int
patience(const struct job *j, int64_t left)
{
	if (j->ends[END_DEATH].fd < 0 && left > TICK_MS)
		return TICK_MS;
	return left < INT_MAX ? (int)left : INT_MAX;
}

/*
 * The pid is not reaped yet, so neither number can belong to others. Alone
 * kill(-pid) could come before the child's setsid(). SIGKILL cannot be
 * refused, but a process can be stuck in the kernel (a dead file server):
 * then it stays a zombie of ours rather than holding us up.
 */
static void
slay(const struct job *j)
{
	struct pollfd death = { .fd = j->ends[END_DEATH].fd, .events = POLLIN };
	int64_t until = clock_mono() + KILL_WAIT_MS;
	int64_t left;

	(void)kill(-j->pid, SIGKILL);
	(void)kill(j->pid, SIGKILL);
	while (waitpid(j->pid, NULL, WNOHANG) == 0) {
		left = until - clock_mono();
		if (left <= 0)
			return;
		(void)poll(&death, 1, patience(j, left));
	}
}

static void
auto_job(struct job *j)
{
	if (j->pid > 0)
		slay(j);
	for (size_t i = 0; i < ENDS; i++)
		shut(&j->ends[i].fd);
	shut_theirs(j);
}

static enum ec
open_pipe(struct job *j, size_t std, struct err *e)
{
	const struct channel *c = &channels[std];
	int p[2] = { -1, -1 };

	TRY(spawn_pipe(p, c->mine, e));
	j->ends[c->end].fd = p[c->mine];
	j->how.std[std] = p[!c->mine];
	return EC_OK;
}

static enum ec
start(struct job *j, const struct run *r, struct err *e)
{
	const bool piped[COUNT(channels)] = {
		[STDIN_FILENO] = r->in != NULL,
		[STDOUT_FILENO] = r->out != NULL,
		[STDERR_FILENO] = r->errout != NULL,
	};
	struct spawned s;

	for (size_t i = 0; i < COUNT(piped); i++)
		if (piped[i])
			TRY(open_pipe(j, i, e));
	TRY(spawn(&j->how, &s, e));
	j->pid = s.pid;
	j->ends[END_DEATH].fd = s.death;
	j->ends[END_REPORT].fd = s.report;
	shut_theirs(j);
	return EC_OK;
}

/* r is not used, but on_ready[] wants it. */
static enum ec
hear_report(struct job *j, struct run *r, struct err *e)
{
	bool end = false;

	(void)r;
	TRY(spawn_heard(&j->how, j->ends[END_REPORT].fd, &end, e));
	if (end)
		shut(&j->ends[END_REPORT].fd);
	return EC_OK;
}

/* One read. The bytes may be secret: no copy of them stays on the stack. */
static enum ec
hear(struct job *j, enum end end, struct buf *b, bool first_only, struct err *e)
{
	char chunk[CHUNK];
	size_t room = b->max - b->len;
	ssize_t got = read(j->ends[end].fd, chunk, sizeof(chunk));
	enum ec ec = EC_OK;

	if (got < 0 && errno != EAGAIN && errno != EINTR)
		return fail_sys(e, "cannot read from a child process");
	if (got == 0)
		shut(&j->ends[end].fd);
	if (got > 0 && first_only && (size_t)got > room)
		got = (ssize_t)room;
	if (got > 0)
		ec = buf_add(b, chunk, (size_t)got, e);
	wipe(chunk, sizeof(chunk));
	return ec;
}

static enum ec
hear_out(struct job *j, struct run *r, struct err *e)
{
	enum ec ec = hear(j, END_OUT, r->out, false, e);

	if (ec != EC_PROTO)
		return ec;
	return fail(e, EC_TEMP, "%s: more than %zu bytes of output, killed",
	    r->argv[0], r->out->max);
}

static enum ec
hear_err(struct job *j, struct run *r, struct err *e)
{
	return hear(j, END_ERR, r->errout, true, e);
}

static enum ec
feed(struct job *j, struct run *r, struct err *e)
{
	int *fd = &j->ends[END_IN].fd;
	ssize_t n = write(*fd, buf_str(r->in) + j->sent, r->in->len - j->sent);

	if (n > 0)
		j->sent += (size_t)n;
	if (n < 0 && errno != EAGAIN && errno != EINTR && errno != EPIPE)
		return fail_sys(e, "cannot write to a child process");
	/* EPIPE: it wants no more. Whether that is bad, its exit code says. */
	if (j->sent == r->in->len || (n < 0 && errno == EPIPE))
		shut(fd);
	return EC_OK;
}

typedef enum ec ready_fn(struct job *, struct run *, struct err *);

/* What is in the pipe now and no more: others may go on filling it. */
static enum ec
drain(struct job *j, struct run *r, enum end end, ready_fn *take, struct err *e)
{
	int left = 0;

	if (j->ends[end].fd < 0)
		return EC_OK;
	if (ioctl(j->ends[end].fd, FIONREAD, &left) != 0)
		return fail_sys(e, "cannot read from a child process");
	for (; left > 0; left -= CHUNK)
		TRY(take(j, r, e));
	return EC_OK;
}

/* Also when it is no child of ours any more, which bury() reports. */
static bool
has_ended(const struct job *j)
{
	const int how = WEXITED | WNOHANG | WNOWAIT;
	siginfo_t si = { .si_pid = 0 };

	if (waitid(P_PID, (id_t)j->pid, &si, how) != 0)
		return errno == ECHILD;
	return si.si_pid == j->pid;
}

static enum ec
bury(struct job *j, struct run *r, struct err *e)
{
	TRY(drain(j, r, END_REPORT, hear_report, e));
	TRY(drain(j, r, END_OUT, hear_out, e));
	TRY(drain(j, r, END_ERR, hear_err, e));
	/* Does not wait: it has ended. */
	if (TEMP_FAILURE_RETRY(waitpid(j->pid, &j->code, 0)) != j->pid)
		return fail_sys(e, "%s: exit code is lost", r->argv[0]);
	j->pid = -1;
	return EC_OK;
}

static ready_fn *const on_ready[] = {
	[END_REPORT] = hear_report,
	[END_OUT] = hear_out,
	[END_ERR] = hear_err,
	[END_IN] = feed,
};

/* Asked about the end only after the output of this round is in. */
static enum ec
serve(struct job *j, struct run *r, struct err *e)
{
	for (size_t i = 0; i < COUNT(on_ready); i++)
		if (j->ends[i].fd >= 0 && j->ends[i].revents != 0)
			TRY(on_ready[i](j, r, e));
	return has_ended(j) ? bury(j, r, e) : EC_OK;
}

static enum ec
too_late(const struct run *r, int64_t ms, struct err *e)
{
	(void)fail(e, EC_TEMP, "%s: still running after %g s, killed",
	    r->argv[0], (double)ms / 1000);
	return fix(e,
	    "run it by hand to see where it hangs, or allow it "
	    "more time");
}

/* A signal to us is no reason to leave: the deadline bounds the wait. */
static enum ec
pump(struct job *j, struct run *r, struct err *e)
{
	int64_t span = r->timeout_ms > 0 ? r->timeout_ms : TIMEOUT_MS;
	int64_t began = clock_mono();
	int64_t left;
	int n;

	while (j->pid > 0) {
		left = span - (clock_mono() - began);
		if (left <= 0)
			return too_late(r, span, e);
		n = poll(j->ends, ENDS, patience(j, left));
		if (n < 0 && errno != EINTR)
			return fail_sys(e, "cannot wait for a child process");
		if (n >= 0)
			TRY(serve(j, r, e));
	}
	return EC_OK;
}

static enum ec
verdict(const struct job *j, struct run *r, struct err *e)
{
	int sig = WIFSIGNALED(j->code) ? WTERMSIG(j->code) : 0;
	const char *name = sigabbrev_np(sig);

	r->status = sig != 0 ? SIGNAL_EXITCODE + sig : WEXITSTATUS(j->code);
	if (sig != 0)
		return fail(e, EC_CLIENT, "%s: killed by signal %d (SIG%s)",
		    r->argv[0], sig, name != NULL ? name : "?");
	if (r->status != 0)
		return fail(
		    e, EC_CLIENT, "%s: exit code %d", r->argv[0], r->status);
	return EC_OK;
}

enum ec
run(struct run *r, struct err *e)
{
	struct rules was __attribute__((cleanup(auto_rules)));
	AUTO(job) struct job j;

	job_init(&j, r);
	rules_set(&was);
	r->status = STATUS_UNKNOWN;
	if (r->argv == NULL || r->argv[0] == NULL)
		return fail(e, EC_BUG, "a program without a name");
	TRY(start(&j, r, e));
	TRY(pump(&j, r, e));
	return verdict(&j, r, e);
}

enum ec
run_argv(const char *const *argv, int64_t timeout_ms, struct err *e)
{
	struct run r = { .argv = argv, .timeout_ms = timeout_ms };

	return run(&r, e);
}
