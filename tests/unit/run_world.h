/*
 * run_world: what test_run and test_spawn share. Every test must leave no
 * child and no descriptor behind: run_clean() as teardown checks that.
 */
#ifndef TESTS_RUN_WORLD_H
#define TESTS_RUN_WORLD_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#undef fail /* ours is in base/err.h */

#include "base/auto.h"
#include "base/run.h"

#define SOON_MS 20000 /* for what must happen; never waited for in full */

static char world[64]; /* a directory of our own */
static int world_fds;

static inline int
count_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	(void)closedir(d);
	return n;
}

static inline int
run_begin(void **state)
{
	(void)state;
	(void)stpcpy(world, "/tmp/run-XXXXXX");
	world_fds = count_fds();
	return mkdtemp(world) != NULL ? 0 : -1;
}

static inline int
run_clean(void **state)
{
	const char *const rm[] = { "rm", "-r", world, NULL };
	struct err e;

	(void)state;
	if (waitpid(-1, NULL, WNOHANG) != -1 || errno != ECHILD) {
		print_error("a child was left behind\n");
		return -1;
	}
	if (count_fds() != world_fds) {
		print_error("a descriptor was left open\n");
		return -1;
	}
	return run_argv(rm, 0, &e) == EC_OK ? 0 : -1;
}

#define T(f) cmocka_unit_test_setup_teardown(f, run_begin, run_clean)

/* PATH of a name in our directory. */
static inline const char *
at(const char *name, char ret[128])
{
	(void)snprintf(ret, 128, "%s/%s", world, name);
	return ret;
}

/* Runs the script with sh, in our directory unless r->dir says other. */
static inline enum ec
sh(struct run *r, const char *script, struct err *e)
{
	const char *const argv[] = { "sh", "-c", script, NULL };
	enum ec ec;

	r->argv = argv;
	if (r->dir == NULL)
		r->dir = world;
	memset(e, 0, sizeof(*e));
	ec = run(r, e);
	r->argv = NULL;
	return ec;
}

/* A fifo in our directory, open for reading. All who write to it have ended
 * when it ends. */
static inline int
open_fifo(const char *name)
{
	char path[128];

	assert_int_equal(mkfifo(at(name, path), 0600), 0);
	return open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
}

/* Waits for the next byte; 0 is the end, -1: nothing came. */
static inline int
next_byte(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char c;

	if (poll(&p, 1, SOON_MS) != 1)
		return -1;
	return read(fd, &c, 1) == 1 ? c : 0;
}

#endif
