/*
 * file_p: what the file*.c share among themselves. Nobody else includes it.
 *
 *   file.c          open, close, the small helpers    (the contract: file.h)
 *   file_place.c    from a path to a directory and a name in it, links followed
 *   file_guard.c    what must not be replaced, and why
 *   file_meta.c     owner, mode, ACL and extended attributes
 *   file_temp.c     the temporary file, and those a crash left behind
 *   file_replace.c  the replacement itself
 *   file_can.c      would it work? asked without touching anything
 *   file_fail.c     a failed system call, with its remedy
 */
#ifndef BASE_FILE_P_H
#define BASE_FILE_P_H

#include <limits.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * Where a path leads. Every step is taken relative to a held descriptor and
 * never through a link that was not looked at, so nobody can redirect us
 * between two steps.
 */
struct place {
	struct buf path; /* absolute, no links, no "." and no ".." */
	int dir;         /* O_PATH: the directory it lies in */
	int node;        /* O_PATH: the thing itself; -1: absent */
	struct stat dir_st, st;
};

#define PLACE                                                                  \
	(struct place)                                                         \
	{                                                                      \
		.path = BUF(PATH_MAX), .dir = -1, .node = -1                   \
	}

struct file {
	char *asked; /* the path as it was given, to be walked again */
	struct place at;
	int dir; /* as at.dir, but may be synced and listed */
	int fd;  /* read-only; holding it keeps the inode number ours */
	struct buf content;
};

#define TEMP_NAME_MAX 64

struct temp {
	int dir; /* borrowed */
	int fd;
	char name[TEMP_NAME_MAX]; /* "" once it is gone or renamed */
};

#define TEMP                                                                   \
	(struct temp)                                                          \
	{                                                                      \
		.dir = -1, .fd = -1                                            \
	}

/* "PATH: cannot VERB: reason" with the remedy that belongs to errno. */
enum ec file_fail(struct err *e, const char *path, const char *verb);

/* buf_read(), with path and remedy in the error. */
MUST enum ec file_slurp(int fd, const char *path, struct buf *b, struct err *e);

/* EC_OK also when nothing is there (node is -1) but its directory is.
 * EC_GONE: the directory is missing. EC_CONFIG: a dangling link, a link that
 * may not be trusted, a directory everybody may write to, no file name. */
MUST enum ec place_find(const char *path, struct place *ret, struct err *e);
const char *place_name(const struct place *p); /* last component */
void place_free(struct place *p);
void auto_place(struct place *p);

/* EC_CONFIG with remedy when it must not be replaced. */
MUST enum ec guard_parent(const struct place *p, struct err *e);
MUST enum ec guard_node(const struct place *p, struct err *e);
/* fd must not be O_PATH; path names it in the error. */
MUST enum ec guard_flags(int fd, const char *path, struct err *e);

/* Gives to the owner, group, ACL, extended attributes, and last the mode of
 * f, then reads them all back and compares. */
MUST enum ec meta_copy(const struct file *f, int to, struct err *e);

/* Empty, 0600, in the directory of f, under a name nobody can guess. */
MUST enum ec temp_make(const struct file *f, struct temp *ret, struct err *e);
bool temp_is_ours(const struct temp *t); /* still under its name? */
void auto_temp(struct temp *t);          /* removes and closes it */
/* Removes what a crash left of earlier temporaries of f. Best effort. */
void temp_sweep(const struct file *f);

#endif
