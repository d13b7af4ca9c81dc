/*
 * file_p: what the file*.c share among themselves. Nobody else includes it.
 *
 *   file.c          open, close, the small helpers    (the contract: file.h)
 *   file_place.c    from a path to a directory and a name in it, links followed
 *   file_guard.c    what must not be replaced, and why
 *   file_flags.c    inode flags: refused, or cleared and set again
 *   file_meta.c     owner, mode, ACL and extended attributes
 *   file_pin.c      is everything still as it was read?
 *   file_owner.c    root in the directory of another user
 *   file_temp.c     the temporary file, and those a crash left behind
 *   file_replace.c  the replacement itself
 *   file_in_place.c the other way: the same inode, new bytes
 *   file_undo.c     the record that makes the other way safe
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
#include "base/file.h"

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

#define TEMP_NAME_MAX 64

struct temp {
	int dir; /* borrowed */
	int fd;
	const struct file *of;    /* borrowed: in whose directory it lies */
	char name[TEMP_NAME_MAX]; /* "" once it is gone or renamed */
};

#define TEMP                                                                   \
	(struct temp)                                                          \
	{                                                                      \
		.dir = -1, .fd = -1                                            \
	}

/* What is written down before a byte of a file is changed in place. */
struct undo {
	struct place at;     /* of the record */
	int fd;              /* of the record that is there; -1: none */
	bool whole;          /* else a crash came before the file was touched */
	struct buf was, new; /* content before, content meant */
};

#define UNDO                                                                   \
	(struct undo)                                                          \
	{                                                                      \
		.at = PLACE, .fd = -1, .was = BUF(FILE_MAX_BYTES),             \
		.new = BUF(FILE_MAX_BYTES)                                     \
	}

struct file {
	char *asked; /* the path as it was given, to be walked again */
	struct place at;
	int dir; /* as at.dir, but may be synced and listed */
	int fd;  /* read-only; holding it keeps the inode number ours */
	struct buf content;
	bool immutable;     /* is to carry the flag when we are done */
	bool was_immutable; /* carried it when it was opened */
	uid_t new_uid;      /* of a file that is not there; -1: us */
	gid_t new_gid;
	struct temp staged; /* name "": nothing is staged */
	bool in_place;
	bool torn; /* content is neither of those that undo knows */
	struct undo undo;
};

/* "PATH: cannot VERB: reason" with the remedy that belongs to errno. */
enum ec file_fail(struct err *e, const char *path, const char *verb);
/* What failed came behind the change: "in place, but BUT: ..." in front of
 * the error, and EC_UNKNOWN, because nobody may take the old content for what
 * is there. */
enum ec file_fail_late(struct err *e, const char *but);

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
/* in_place: a mount point is fine then. */
MUST enum ec guard_node(const struct place *p, bool in_place, struct err *e);
bool place_is_mount(const struct place *p); /* the file, not its directory */

/* Inode flags, ioctl_iflags(2). fd must not be O_PATH; path names it in the
 * error. EC_CONFIG when a flag stands in the way. */
MUST enum ec flags_refuse(int fd, const char *path, struct err *e);
/* Is the immutable flag set? Refuses append-only, and a file system that has
 * no such flag. */
MUST enum ec flags_immutable(
    int fd, const char *path, bool *ret, struct err *e);
/* Clears the flag of a file that is to be changed, and pins anew what that
 * moves; nothing without FILE_IMMUTABLE. flags_lock() ends what it began,
 * always: with ec EC_OK fd gets the flag, durably; else f is as before and ec
 * is returned. */
MUST enum ec flags_unlock(struct file *f, struct err *e);
MUST enum ec flags_lock(
    const struct file *f, int fd, enum ec ec, struct err *e);

/* EC_CONFLICT: anything but the access time differs from what file_open() saw:
 * the path to it, the inode, the bytes. */
MUST enum ec pin_unchanged(const struct file *f, struct err *e);
/* The same without reading the bytes again. */
MUST enum ec pin_same_place(const struct file *f, struct err *e);
/* EC_CONFLICT: the file does not hold exactly these bytes. */
MUST enum ec pin_holds(
    const struct file *f, const struct buf *bytes, struct err *e);
/* What we did to the file ourselves has moved its times, and only those. */
MUST enum ec pin_touched(struct file *f, struct err *e);
/* "PATH: HOW since it was read" */
enum ec pin_changed(const struct file *f, const char *how, struct err *e);

/* Gives to the owner, group, ACL, extended attributes, and last the mode of
 * f, then reads them all back and compares. */
MUST enum ec meta_copy(const struct file *f, int to, struct err *e);

/*
 * From here to the end of the block what is done by name in the directory of
 * f is done as the owner of both, when we are root and he is not:
 * AUTO(as_owner) struct as_owner as = AS_OURSELVES; as_owner(f, 0, &as);
 * need: what the mode must allow him with the file itself, S_IRUSR or so; when
 * it does not we stay who we are. Not for what shall belong to root, such as
 * the record of a write in place.
 */
struct as_owner {
	bool moved;
	uid_t uid; /* of before */
	gid_t gid;
};
#define AS_OURSELVES                                                           \
	(struct as_owner)                                                      \
	{                                                                      \
		.moved = false                                                 \
	}
void as_owner(const struct file *f, mode_t need, struct as_owner *ret);
void auto_as_owner(const struct as_owner *was);

/* Empty, 0600, in the directory of f, under a name nobody can guess. */
MUST enum ec temp_make(const struct file *f, struct temp *ret, struct err *e);
/* Still under its name? Sets errno when that cannot be told. */
bool temp_is_ours(const struct temp *t);
void temp_drop(struct temp *t); /* removes and closes it */
/* Removes what a crash left of earlier temporaries of f. Best effort. */
void temp_sweep(const struct file *f);

/* Will it hold what it holds already? */
bool file_is_same(const struct file *f, const struct buf *bytes);
MUST enum ec file_write_all(
    int fd, const struct buf *b, const char *path, struct err *e);
bool file_capable(unsigned cap); /* capabilities(7), effective now */
/* EC_IO: no room for n bytes more on the file system of fd. */
MUST enum ec file_has_room(int fd, const char *path, size_t n, struct err *e);
/* EC_IO: no room for a file more, however small. */
MUST enum ec file_has_inode(int fd, const char *path, struct err *e);

/* file_replace() and file_can_replace() of a file that is in_place. */
MUST enum ec in_place_write(
    struct file *f, const struct buf *bytes, struct err *e);
MUST enum ec in_place_can(const struct file *f, size_t n, struct err *e);

/* Where the record of f is: in dir, or beside it when that is NULL. Reads it
 * if there is one; EC_CONFIG when it cannot be ours. Changes nothing. */
MUST enum ec undo_find(
    struct undo *u, const struct file *f, const char *dir, struct err *e);
/* Locks it and reads it once more. EC_TEMP: another process is at work. */
MUST enum ec undo_take(struct undo *u, struct err *e);
/* Can a file hold these bytes in the midst of the write of u? */
bool undo_explains(const struct undo *u, const struct buf *bytes);
/* Writes and locks the record, durably. EC_TEMP: another process has one. On
 * failure there is none of ours. */
MUST enum ec undo_make(struct undo *u, const struct buf *was,
    const struct buf *new, struct err *e);
MUST enum ec undo_drop(struct undo *u, struct err *e); /* durably, too */
void undo_free(struct undo *u); /* the record itself stays */

#endif
