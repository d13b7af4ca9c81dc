/*
 * halt: runs a command and stops it, and all its children, at the system
 * calls by which it makes something durable, becomes another program, speaks
 * to somebody, or ends. Whoever started it is told, may look at the stopped
 * process, and says how it goes on.
 *
 *   halt [-t SECONDS] OUT IN COMMAND [ARG...]
 *
 * OUT and IN are descriptors. To OUT goes one line a stop
 *
 *   main|young|child PID CALL WHAT         young: a child before its exec
 *   back PID CALL                          the same call, returned
 *   end CODE dumped|clean                  128 + signal when one ended it
 *
 * and to all but the last one answers one letter on IN: g goes on, r stops
 * once more when the call returns, k kills all of them, s ends the command by
 * SIGSEGV, a by SIGABRT.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/un.h>

#include "tests/crash/pt_see.h"
#include "tests/crash/pt_trace.h"

struct halt {
	struct trace trace; /* first: the callbacks get this */
	int out, in;
	const char *call; /* that returns next */
};

/* What the argument at this place is. */
enum about { NOTHING, PATH, FD, ADDRESS };

static const struct stop {
	int nr;
	const char *name;
	int at; /* which argument */
	enum about about;
} stops[] = {
	{ SYS_fsync, "fsync", 0, FD },
	{ SYS_fdatasync, "fdatasync", 0, FD },
#ifdef SYS_rename
	{ SYS_rename, "rename", 1, PATH },
#endif
	{ SYS_renameat, "renameat", 3, PATH },
	{ SYS_renameat2, "renameat2", 3, PATH },
	{ SYS_execve, "execve", 0, PATH },
	{ SYS_connect, "connect", 1, ADDRESS },
	{ SYS_exit_group, "exit_group", 0, NOTHING },
};
#define STOPS ((int)(sizeof(stops) / sizeof(stops[0])))

static void
see_address(pid_t pid, uint64_t at, uint64_t n, char ret[SEE_MAX])
{
	struct sockaddr_un a = { .sun_family = AF_UNSPEC };
	struct iovec to = { &a, n < sizeof(a) ? n : sizeof(a) };
	struct iovec from = { .iov_len = to.iov_len };

	memcpy(&from.iov_base, &at, sizeof(from.iov_base));
	if (process_vm_readv(pid, &to, 1, &from, 1, 0) <= 0)
		a.sun_family = AF_UNSPEC;
	(void)snprintf(ret, SEE_MAX, "%d %.100s", a.sun_family,
	    a.sun_family == AF_UNIX ? a.sun_path : "");
}

static void
see(const struct stop *s, pid_t pid, const uint64_t *args, char ret[SEE_MAX])
{
	if (s->about == PATH)
		see_path(pid, args[s->at], ret);
	else if (s->about == FD)
		see_fd(pid, args[s->at], ret);
	else if (s->about == ADDRESS)
		see_address(pid, args[s->at], args[s->at + 1], ret);
}

/* Tells, and does what is answered. True: at the return, too. */
static bool
ask(struct halt *h, const char *line)
{
	char answer = 'k';

	if (dprintf(h->out, "%s\n", line) < 0 ||
	    TEMP_FAILURE_RETRY(read(h->in, &answer, 1)) != 1)
		answer = 'k'; /* nobody is there any more */
	if (answer == 'k')
		trace_kill_all(&h->trace);
	else if (answer == 's' || answer == 'a')
		(void)kill(h->trace.root, answer == 's' ? SIGSEGV : SIGABRT);
	return answer == 'r';
}

static bool
at_call(struct trace *t, const struct tracee *who, uint64_t nr,
    const uint64_t args[CALL_ARGS])
{
	struct halt *h = (struct halt *)t;
	const struct stop *s = stops;
	char what[SEE_MAX] = "";
	char line[SEE_MAX + 64];

	while ((uint64_t)s->nr != nr) /* the filter lets no others through */
		s++;
	see(s, who->pid, args, what);
	h->call = s->name;
	(void)snprintf(line, sizeof(line), "%s %d %s %s",
	    who->main        ? "main"
		: who->young ? "young"
			     : "child",
	    (int)who->pid, s->name, what);
	return ask(h, line);
}

static void
at_exit(struct trace *t, const struct tracee *who)
{
	struct halt *h = (struct halt *)t;
	char line[SEE_MAX];

	(void)snprintf(
	    line, sizeof(line), "back %d %s", (int)who->pid, h->call);
	(void)ask(h, line);
}

int
main(int argc, char **argv)
{
	static struct halt h;
	static int nrs[STOPS];
	struct trace *t = &h.trace;
	unsigned seconds = 60;
	int letter;

	for (int i = 0; i < STOPS; i++)
		nrs[i] = stops[i].nr;
	t->calls = nrs;
	t->n_calls = STOPS;
	t->at_call = at_call;
	t->at_exit = at_exit;
	while ((letter = getopt(argc, argv, "+t:")) != -1)
		if (letter != 't' ||
		    (seconds = (unsigned)strtoul(optarg, NULL, 10)) == 0)
			return TRACE_CANNOT;
	if (argc - optind < 3)
		return TRACE_CANNOT;
	h.out = (int)strtol(argv[optind], NULL, 10);
	h.in = (int)strtol(argv[optind + 1], NULL, 10);
	(void)fcntl(h.out, F_SETFD, FD_CLOEXEC);
	(void)fcntl(h.in, F_SETFD, FD_CLOEXEC);
	if (!trace_start(t, argv + optind + 2)) {
		(void)fprintf(
		    stderr, "halt: cannot trace (%s)\n", strerror(errno));
		return TRACE_CANNOT;
	}
	trace_run(t, seconds);
	(void)dprintf(
	    h.out, "end %d %s\n", t->code, t->dumped ? "dumped" : "clean");
	return t->code;
}
