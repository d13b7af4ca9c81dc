/*
 * run: one child process. argv only, never a shell, clean environment, own
 * process group, a deadline, capped output; a secret may go in on stdin only.
 */
#ifndef BASE_RUN_H
#define BASE_RUN_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct run {
	const char *const *argv; /* NULL ended; argv[0] absolute or in PATH of
				  * /usr/local/sbin:...:/bin (searched by us) */
	const char *const *env;  /* extra NAME=VALUE, NULL ended; or NULL. The
				  * rest of it is PATH and LANG=C.UTF-8 */
	const struct buf *in;    /* goes to stdin, or NULL for /dev/null */
	struct buf *out;    /* stdout, capped by its max; or NULL: dropped */
	struct buf *errout; /* stderr, first bytes kept; or NULL */
	const char *dir;    /* working directory, or NULL for "/" */
	/* Whom it runs as, a name or a number, with no groups but his own and
	 * without a way to other rights; or NULL: us. */
	const char *user;
	int64_t timeout_ms; /* <= 0: 60 s */
	int status;         /* ret: exit code, or 128 + signal */
};

/*
 * Runs it to its end. EC_OK only when it exited with 0. EC_CLIENT: exit code
 * not 0 or killed by a signal (r->status tells; what names the program and
 * the code). EC_TEMP: the deadline passed or output was over the cap; the
 * whole process group was killed. EC_CONFIG: cannot be executed (missing, not
 * executable, no such user). EC_IO/EC_NOMEM: fork or pipe failed. Error text
 * never holds output of the child (it may quote secrets). All inherited
 * descriptors but 0..2 are closed in the child; SIGPIPE while writing stdin is
 * ignored.
 */
MUST enum ec run(struct run *r, struct err *e);

/* run() with stdin closed and output dropped. */
MUST enum ec run_argv(
    const char *const *argv, int64_t timeout_ms, struct err *e);

#endif
