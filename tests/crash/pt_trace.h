/*
 * pt_trace: a command and all its children, stopped at some system calls.
 *
 * A seccomp filter stops them at these calls only, so that a run costs next
 * to nothing more (seccomp(2), SECCOMP_RET_TRACE), and the program under test
 * needs no change. pt.c kills at one of them, tests/faults/pf.c lets one fail.
 */
#ifndef CRASH_PT_TRACE_H
#define CRASH_PT_TRACE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/ptrace.h>
#include <sys/types.h>

#define TRACEES_MAX  1024
#define TRACE_CANNOT 125
#define CALL_ARGS    6

struct tracee {
	pid_t pid;
	bool main;  /* the command itself or a thread of it */
	bool young; /* a child of it that has not executed a program yet */
	bool known; /* whose it is; until then it waits */
	bool waits;
	bool leaving; /* stops once more when its call returns */
	uint64_t nr;  /* of that call */
	uint64_t args[CALL_ARGS];
	int64_t returned; /* what it returned, in at_exit */
	int64_t ms;       /* CLOCK_MONOTONIC when it began */
};

struct trace {
	const int *calls; /* system calls to stop at, 250 at most */
	int n_calls;
	/* Before a call. True: stop once more when it returns. */
	bool (*at_call)(struct trace *, const struct tracee *, uint64_t nr,
	    const uint64_t args[CALL_ARGS]);
	/* After a call for which that was asked; the tracee may be gone. */
	void (*at_exit)(struct trace *, const struct tracee *);

	pid_t root;
	int code;    /* of the command; 128 + signal; 124: took too long */
	bool dumped; /* one of them left its memory behind */
	bool begun;  /* the command has been executed */
	bool ending; /* whatever stops now is killed */
	struct tracee tracees[TRACEES_MAX];
	int n;
};

/* The command is forked and waits to be run; false: errno says why not. */
bool trace_start(struct trace *t, char **argv);
/* Runs until nobody is left. */
void trace_run(struct trace *t, unsigned seconds);
void trace_kill_all(struct trace *t);

#endif
