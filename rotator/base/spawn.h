/*
 * spawn: the start of a child process; only run.c calls it, see run.h.
 *
 * The child leads its own session: it has no terminal to ask questions at,
 * and one kill of the group reaches all it started (unless that began a
 * session of its own). It dies with us (PR_SET_PDEATHSIG). It has our
 * standard three descriptors, no others, default signals and no environment
 * but PATH, LANG and what it is given.
 */
#ifndef BASE_SPAWN_H
#define BASE_SPAWN_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

struct spawn {
	const char *const *argv; /* as in struct run */
	const char *const *env;
	const char *dir;  /* working directory */
	const char *user; /* as in struct run */
	int std[3]; /* its 0, 1, 2, each above 2 and close-on-exec; -1 means
		     * /dev/null. Stay open here, the caller closes them */
};

struct spawned {
	pid_t pid;  /* to be reaped by the caller */
	int death;  /* pidfd: readable when it has ended; -1 where the kernel
		     * has none to give (valgrind, some containers) */
	int report; /* non-blocking pipe, see spawn_heard(); ends at exec */
};

/*
 * Forks. On failure nothing runs and nothing is open: EC_CONFIG (no such
 * program in PATH, relative path, no such user), EC_IO, EC_NOMEM or EC_DENIED
 * (fork, pipe). Failures of chdir and exec come later, through the report.
 */
MUST enum ec spawn(const struct spawn *s, struct spawned *ret, struct err *e);

/*
 * Call when report is readable. EC_CONFIG: the program was not started, with
 * cause and remedy. EC_OK and *ret_end true: exec was done, the report is over;
 * false: nothing is known yet.
 */
MUST enum ec spawn_heard(
    const struct spawn *s, int report, bool *ret_end, struct err *e);

/* A pipe close-on-exec, both numbers above 2; mine (0 reads, 1 writes) is the
 * end that does not block. On failure nothing is open. */
MUST enum ec spawn_pipe(int ret[2], int mine, struct err *e);

#endif
