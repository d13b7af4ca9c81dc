/*
 * pf: runs a command and lets its Nth system call that may fail (pf_calls.h)
 * fail, once or from then on for ever.
 *
 *   pf [-n N] [-e ERROR] [-f] [-m WHO,CALL,CLASS] [-l FILE] [-t SECONDS]
 *      COMMAND [ARG...]
 *
 * -n 0, the default, only counts. ERROR is a number of errno.h, "short" (half
 * of the bytes are taken or given) or "zero" (the call returns 0: a file that
 * ends here, a peer that hangs up). -f: all later calls of the same process,
 * name and class fail, too. -m counts only such calls. FILE gets a line for
 * each point
 *
 *   NUMBER main|young CALL CLASS WHAT    and last    end POINTS FAILED CODE
 *
 * WHAT is a path, a peer, "pipe:[N]"; CLASS is what shares its fate: the
 * directory of a path, the peer, "pipe". "young" is a child of the command
 * that has not executed its program yet; what that does is not ours.
 *
 * Points begin at the command's first umask(2), which rotate calls before all
 * else: what the loader did before is not ours either. Exit code as of pt.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/un.h>

#include "tests/crash/pt_see.h"
#include "tests/crash/pt_trace.h"
#include "tests/faults/pf_answer.h"
#include "tests/faults/pf_calls.h"

#define SHORT -1
#define ZERO  0

struct pf {
	struct trace trace; /* first: the callback gets this */
	long at;            /* 0: never */
	int error;
	bool for_ever;
	char match[3 * SEE_MAX]; /* WHO,CALL,CLASS, or "" */
	FILE *list;

	bool begun;
	long points, failed;
	int changed;   /* argument of the call under way, put back after it; */
	uint64_t from; /* compilers rely on its register. -1: none */
	char fate[3 * SEE_MAX]; /* of the struck call, for -f */
};

struct point {
	const struct tracee *who;
	const struct call *call;
	const uint64_t *args;
	char what[2 * SEE_MAX + 2];
	char class[SEE_MAX];
};

/* ---- what it is about -------------------------------------------------- */

static void
see_address(pid_t pid, uint64_t at, uint64_t n, char ret[SEE_MAX])
{
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_un un;
	} a = { .any.sa_family = AF_UNSPEC };
	struct iovec to = { .iov_base = &a, .iov_len = n };
	struct iovec from = { .iov_len = n };
	char text[INET_ADDRSTRLEN];

	memcpy(&from.iov_base, &at, sizeof(from.iov_base));
	(void)snprintf(ret, SEE_MAX, "elsewhere");
	if (n > sizeof(a) || process_vm_readv(pid, &to, 1, &from, 1, 0) <= 0)
		return;
	if (a.any.sa_family == AF_UNIX)
		(void)snprintf(ret, SEE_MAX, "%.100s", a.un.sun_path);
	if (a.any.sa_family == AF_INET &&
	    inet_ntop(AF_INET, &a.in.sin_addr, text, sizeof(text)) != NULL)
		(void)snprintf(
		    ret, SEE_MAX, "%s:%u", text, ntohs(a.in.sin_port));
}

/* An absolute path as it is, one below a directory with it in front, none
 * (AT_EMPTY_PATH) as the descriptor itself. */
static void
see_below(pid_t pid, const uint64_t *args, char *ret, size_t size)
{
	char dir[SEE_MAX] = "", path[SEE_MAX] = "";

	see_path(pid, args[1], path);
	if (path[0] != '/' && (int)args[0] != AT_FDCWD)
		see_fd(pid, args[0], dir);
	(void)snprintf(ret, size, "%s%s%s", dir,
	    dir[0] != '\0' && path[0] != '\0' ? "/" : "", path);
}

static void
see(struct point *p)
{
	const struct call *c = p->call;
	const uint64_t *arg = &p->args[c->at];
	const pid_t pid = p->who->pid;

	if (c->about == PATH)
		see_path(pid, arg[0], p->what);
	if (c->about == DIR_PATH)
		see_below(pid, arg, p->what, sizeof(p->what));
	if (c->about == FD || (c->about == MAP && (int)arg[0] >= 0))
		see_fd(pid, arg[0], p->what);
	if (c->about == PEER)
		see_address(pid, arg[0], arg[1], p->what);
}

static void
classify(struct point *p)
{
	const char *end = NULL;

	if (p->what[0] == '/') {
		end = strrchr(p->what, '/');
		end += end == p->what;
	} else if (strstr(p->what, ":[") != NULL)
		end = strchr(p->what, ':');
	if (p->what[0] == '\0')
		(void)strcpy(p->what, "-");
	(void)snprintf(p->class, sizeof(p->class), "%.*s",
	    end != NULL ? (int)(end - p->what) : SEE_MAX - 1, p->what);
}

/* ---- points ------------------------------------------------------------ */

static void
fate_of(const struct point *p, char ret[3 * SEE_MAX])
{
	(void)snprintf(ret, (size_t)3 * SEE_MAX, "%s,%s,%s",
	    p->who->main ? "main" : "young", p->call->name, p->class);
}

static void
tell(const struct pf *f, const struct point *p)
{
	(void)fprintf(f->list, "%ld %s %s %s %s\n", f->points,
	    p->who->main ? "main" : "young", p->call->name, p->class, p->what);
	(void)fflush(f->list);
}

static bool
change(struct pf *f, const struct point *p, int at, uint64_t value)
{
	f->changed = at;
	f->from = p->args[at];
	return argument(p->who->pid, at, value);
}

static void
at_exit(struct trace *t, const struct tracee *who)
{
	const struct pf *f = (struct pf *)t;

	(void)argument_after(who->pid, f->changed, f->from);
}

static void
let_fail(struct pf *f, const struct point *p)
{
	const pid_t pid = p->who->pid;
	bool done;

	f->failed++;
	/* brk(2) knows no errors: it returns the end as it is, as for 0. */
	if (p->call->nr == SYS_brk)
		done = change(f, p, 0, 0);
	else if (f->error != SHORT)
		done = answer(pid, -(int64_t)f->error);
	else if (p->call->len == 2 && p->args[2] > 1)
		done = change(f, p, 2, p->args[2] / 2);
	else
		done = true; /* a byte is a byte */
	if (!done) {
		(void)fprintf(stderr, "pf: cannot change a call\n");
		exit(TRACE_CANNOT);
	}
}

static bool
counts(struct pf *f, const struct point *p)
{
	if (p->call->nr == SYS_brk && p->args[0] == 0)
		return false; /* a question, see let_fail() */
	if (p->call->nr == SYS_umask) {
		f->begun |= p->who->main;
		return false;
	}
	return f->begun && (p->who->main || p->who->young);
}

static bool
at_call(struct trace *t, const struct tracee *who, uint64_t nr,
    const uint64_t args[CALL_ARGS])
{
	struct pf *f = (struct pf *)t;
	struct point p = { .who = who, .args = args };
	char fate[3 * SEE_MAX];

	for (int i = 0; i < CALLS && p.call == NULL; i++)
		if ((uint64_t)calls[i].nr == nr)
			p.call = &calls[i];
	if (p.call == NULL || !counts(f, &p))
		return false;
	see(&p);
	classify(&p);
	fate_of(&p, fate);
	if (f->match[0] != '\0' && strcmp(f->match, fate) != 0)
		return false;
	f->points++;
	f->changed = -1;
	if (f->list != NULL)
		tell(f, &p);
	if (f->points == f->at) {
		(void)strcpy(f->fate, fate);
		let_fail(f, &p);
	} else if (f->for_ever && f->fate[0] != '\0' &&
	    strcmp(f->fate, fate) == 0)
		let_fail(f, &p);
	return f->changed >= 0;
}

/* ---- the command line -------------------------------------------------- */

static bool
error_of(struct pf *f, const char *value)
{
	f->error = strcmp(value, "short") == 0 ? SHORT
	    : strcmp(value, "zero") == 0       ? ZERO
					       : (int)strtol(value, NULL, 10);
	return f->error >= SHORT && f->error < 4096;
}

static bool
option(struct pf *f, int letter, const char *value, unsigned *seconds)
{
	switch (letter) {
	case 'n':
		f->at = strtol(value, NULL, 10);
		return f->at >= 0;
	case 'e':
		return error_of(f, value);
	case 'f':
		f->for_ever = true;
		return true;
	case 'm':
		(void)snprintf(f->match, sizeof(f->match), "%s", value);
		return true;
	case 'l':
		f->list = fopen(value, "we");
		return f->list != NULL;
	case 't':
		*seconds = (unsigned)strtoul(value, NULL, 10);
		return *seconds > 0;
	default:
		return false;
	}
}

int
main(int argc, char **argv)
{
	static struct pf f = { .error = EIO };
	static int nrs[CALLS];
	struct trace *t = &f.trace;
	unsigned seconds = 60;
	int letter;

	for (int i = 0; i < CALLS; i++)
		nrs[i] = calls[i].nr;
	t->calls = nrs;
	t->n_calls = CALLS;
	t->at_call = at_call;
	t->at_exit = at_exit;
	while ((letter = getopt(argc, argv, "+n:e:fm:l:t:")) != -1)
		if (!option(&f, letter, optarg, &seconds))
			return TRACE_CANNOT;
	if (optind == argc || !trace_start(t, argv + optind)) {
		(void)fprintf(
		    stderr, "pf: cannot trace (%s)\n", strerror(errno));
		return TRACE_CANNOT;
	}
	trace_run(t, seconds);
	if (f.list != NULL) {
		(void)fprintf(
		    f.list, "end %ld %ld %d\n", f.points, f.failed, t->code);
		(void)fclose(f.list);
	}
	return t->code;
}
