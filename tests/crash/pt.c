/*
 * pt: runs a command and strikes it at the Nth system call that changes
 * something outside the process (pt_calls.h), before or after that call.
 *
 *   pt [-n N] [-w entry|exit] [-k main|all] [-s SIGNAL] [-l FILE] [-r FILE]
 *      [-t SECONDS] COMMAND [ARG...]
 *
 * -n 0, the default, only counts. SIGNAL is 9 unless given; with another one
 * the command goes on as it likes. -k main strikes the command alone, as
 * `kill -9` does, and lets its children end by themselves; -k all strikes all
 * of them in one moment, as systemd does. FILE gets one line a point
 *
 *   NUMBER main|child CALL WHAT        and last        end POINTS CODE
 *
 * -r: instead of striking, what each of these calls did is written to FILE
 * (pt_record.h), so that the disk can be rebuilt as it was at any moment.
 *
 * Exit code: that of the command, 128 + signal when one ended it, 124 when
 * it took longer than SECONDS (60), 125 when it cannot be traced.
 *
 * No points are what it writes to stdout and stderr, and what its children
 * write to pipes: no later run can see that.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/crash/pt_calls.h"
#include "tests/crash/pt_record.h"
#include "tests/crash/pt_see.h"
#include "tests/crash/pt_trace.h"

struct pt {
	struct trace trace; /* first: the callbacks get this */
	long at;            /* 0: never */
	bool at_exit, all;
	int signal;
	FILE *list;
	FILE *record;
	long points;
};

static void
strike(struct pt *p)
{
	if (p->all && p->signal == SIGKILL)
		trace_kill_all(&p->trace);
	else
		(void)kill(p->trace.root, p->signal);
}

/* ---- points ------------------------------------------------------------ */

static void
tell(const struct pt *p, const struct tracee *who, const struct call *c,
    const char *what)
{
	(void)fprintf(p->list, "%ld %s %s %s\n", p->points,
	    who->main ? "main" : "child", c->name, what);
	(void)fflush(p->list);
}

static bool
counts(const struct tracee *who, const struct call *c, const uint64_t *args,
    const char *what)
{
	const uint64_t makes = O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY);

	if (c->flags >= 0)
		return (args[c->flags] & makes) != 0;
	if (c->fd != 0)
		return true;
	return who->main ? args[0] != 1 && args[0] != 2
			 : strncmp(what, "pipe:", 5) != 0;
}

static bool
is_point(
    struct pt *p, const struct tracee *who, uint64_t nr, const uint64_t *args)
{
	const struct call *c = NULL;
	char what[SEE_MAX] = "";

	for (int i = 0; i < CALLS && c == NULL; i++)
		if ((uint64_t)calls[i].nr == nr)
			c = &calls[i];
	if (c == NULL)
		return false;
	if (c->path >= 0)
		see_path(who->pid, args[c->path], what);
	else if (c->fd >= 0)
		see_fd(who->pid, args[c->fd], what);
	if (!counts(who, c, args, what))
		return false;
	p->points++;
	if (p->list != NULL)
		tell(p, who, c, what);
	return true;
}

static bool
at_call(struct trace *t, const struct tracee *who, uint64_t nr,
    const uint64_t args[CALL_ARGS])
{
	struct pt *p = (struct pt *)t;

	if (!is_point(p, who, nr, args))
		return false;
	if (p->record != NULL) {
		record_pace(who);
		return true;
	}
	if (p->points != p->at)
		return false;
	if (!p->at_exit)
		strike(p);
	return p->at_exit;
}

static void
at_exit(struct trace *t, const struct tracee *who)
{
	struct pt *p = (struct pt *)t;

	if (p->record != NULL)
		record_call(p->record, who);
	else
		strike(p);
}

/* ---- the command line -------------------------------------------------- */

static bool
option(struct pt *p, int letter, const char *value, unsigned *seconds)
{
	switch (letter) {
	case 'n':
		p->at = strtol(value, NULL, 10);
		return p->at >= 0;
	case 'w':
		p->at_exit = strcmp(value, "exit") == 0;
		return p->at_exit || strcmp(value, "entry") == 0;
	case 'k':
		p->all = strcmp(value, "all") == 0;
		return p->all || strcmp(value, "main") == 0;
	case 's':
		p->signal = (int)strtol(value, NULL, 10);
		return p->signal > 0 && p->signal < 65;
	case 'l':
		p->list = fopen(value, "we");
		return p->list != NULL;
	case 'r':
		p->record = fopen(value, "we");
		return p->record != NULL;
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
	static struct pt p = { .signal = SIGKILL };
	static int nrs[CALLS];
	struct trace *t = &p.trace;
	unsigned seconds = 60;
	int letter;

	for (int i = 0; i < CALLS; i++)
		nrs[i] = calls[i].nr;
	t->calls = nrs;
	t->n_calls = CALLS;
	t->at_call = at_call;
	t->at_exit = at_exit;
	while ((letter = getopt(argc, argv, "+n:w:k:s:l:r:t:")) != -1)
		if (!option(&p, letter, optarg, &seconds))
			return TRACE_CANNOT;
	if (optind == argc || !trace_start(t, argv + optind)) {
		(void)fprintf(
		    stderr, "pt: cannot trace (%s)\n", strerror(errno));
		return TRACE_CANNOT;
	}
	trace_run(t, seconds);
	if (p.record != NULL)
		(void)fclose(p.record);
	if (p.list != NULL) {
		(void)fprintf(p.list, "end %ld %d\n", p.points, t->code);
		(void)fclose(p.list);
	}
	return t->code;
}
