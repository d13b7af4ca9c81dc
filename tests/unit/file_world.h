/*
 * file_world: a directory of its own for every test of file.h, and short
 * words for making and looking at files. What a test leaves behind is counted
 * and removed by the teardown.
 */
#ifndef TESTS_FILE_WORLD_H
#define TESTS_FILE_WORLD_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cmocka.h>
#undef fail /* ours is in base/err.h */

#include "base/auto.h"
#include "base/file.h"

#define OLD  "user=old\npass=one\n"
#define NEW  "user=new\npass=two, and longer\n"
#define USER 12345 /* some user that is not us */

struct world {
	char home[PATH_MAX];
	char path[PATH_MAX]; /* home/conf, made by the setup, holds OLD */
	char text[PATH_MAX]; /* what at() made last */
};

static inline bool
is_root(void)
{
	return geteuid() == 0;
}

/* Skips the running test: only root may do what it needs. */
static inline void
need_root(void)
{
	if (!is_root())
		skip();
}

static inline const char *
at(struct world *w, const char *name)
{
	int n = snprintf(
	    w->text, sizeof(w->text), "%.3000s/%.1000s", w->home, name);

	assert_in_range(n, 1, sizeof(w->text) - 1);
	return w->text;
}

static inline void
put(const char *path, const char *s, mode_t mode)
{
	AUTO(fd)
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, s, strlen(s)), (ssize_t)strlen(s));
	assert_int_equal(fchmod(fd, mode), 0);
}

static inline void
assert_holds(const char *path, const char *s)
{
	char got[4096] = "";
	AUTO(fd) int fd = open(path, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(read(fd, got, sizeof(got)), (ssize_t)strlen(s));
	assert_memory_equal(got, s, strlen(s));
}

static inline size_t
entries(const char *dir)
{
	DIR *d = opendir(dir);
	size_t n = 0;

	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	(void)closedir(d);
	return n - 2;
}

/* The file is as it was and nothing lies beside it. */
static inline void
assert_untouched(const struct world *w)
{
	assert_holds(w->path, OLD);
	assert_int_equal(entries(w->home), 1);
}

static inline int
world_make(void **state)
{
	const char *tmp = getenv("TMPDIR");
	struct world *w = calloc(1, sizeof(*w));
	char home[PATH_MAX];

	if (w == NULL)
		return -1;
	(void)umask(022);
	(void)snprintf(home, sizeof(home), "%.3000s/file.XXXXXX",
	    tmp != NULL ? tmp : "/tmp");
	if (mkdtemp(home) == NULL || realpath(home, w->home) == NULL)
		return -1;
	(void)snprintf(w->path, sizeof(w->path), "%s", at(w, "conf"));
	put(w->path, OLD, 0640);
	*state = w;
	return 0;
}

static inline int
world_remove(const char *p, const struct stat *st, int type, struct FTW *f)
{
	(void)st;
	(void)type;
	(void)f;
	return remove(p);
}

static inline int
world_end(void **state)
{
	struct world *w = *state;
	int rc = nftw(w->home, world_remove, 16, FTW_DEPTH | FTW_PHYS);

	free(w);
	return rc;
}

/* Mounts of this process are seen by nobody else and end with it. */
static inline int
private_mounts(void **state)
{
	(void)state;
	if (!is_root())
		return 0;
	return unshare(CLONE_NEWNS) == 0 &&
		mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0
	    ? 0
	    : -1;
}

static inline void
bytes(struct buf *b, const char *s)
{
	struct err e;

	assert_int_equal(buf_adds(b, s, &e), EC_OK);
}

/* Says which error it was when it was not the expected one. */
static inline void
assert_ec(enum ec got, enum ec want, const struct err *e)
{
	if (got != want)
		print_error("%s, not %s: %s\n", ec_name(got), ec_name(want),
		    got == EC_OK ? "" : e->what);
	assert_int_equal(got, want);
	if (got != EC_OK) {
		assert_int_equal(e->ec, want);
		assert_int_not_equal(e->fix[0], '\0');
	}
}

/* Opens, expects this refusal, whose text says why. */
static inline void
refuse(const char *path, enum ec want, const char *why)
{
	struct file *f = NULL;
	struct err e = { 0 };

	assert_ec(file_open(path, 0, &f, &e), want, &e);
	assert_null(f);
	if (strstr(e.what, why) == NULL)
		print_error("%s\n", e.what);
	assert_non_null(strstr(e.what, why));
}

static inline enum ec
replace(struct file *f, const char *s, struct err *e)
{
	AUTO(buf) struct buf b = BUF(FILE_MAX_BYTES);

	bytes(&b, s);
	return file_replace(f, &b, 0640, e);
}

/* Opens path and makes NEW its content. */
static inline void
renew(const char *path)
{
	AUTO(pinned) struct file *f = NULL;
	struct err e = { 0 };

	assert_ec(file_open(path, 0, &f, &e), EC_OK, &e);
	assert_ec(file_can_replace(f, strlen(NEW), &e), EC_OK, &e);
	assert_ec(replace(f, NEW, &e), EC_OK, &e);
}

#endif
