/*
 * store_home: the state directory. The database comes into being under
 * another name and is renamed when it is complete, so a database that is
 * empty or half made is always damage, never a beginning. Once there was one,
 * its absence is damage too: the reserve file beside it tells.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "rotator/store_p.h"

#define DB_NAME       "rotate.db"
#define NEW_NAME      "rotate.db.new"
#define RESERVE_NAME  "spare"
#define RESERVE_BYTES ((off_t)256 * 1024)

/* What only stands there when a database has been here. */
static const char *const traces[] = { RESERVE_NAME, DB_NAME "-wal" };

enum ec
home_paths(struct db *d, const char *dir, struct err *e)
{
	size_t len = strlen(dir);

	if (len == 0 || len >= sizeof(d->dir)) {
		(void)fail(e, EC_CONFIG,
		    "\"%.80s\" cannot be the state "
		    "directory",
		    dir);
		return fix(e, "name a directory with a shorter path");
	}
	(void)snprintf(d->dir, sizeof(d->dir), "%s", dir);
	(void)snprintf(d->path, sizeof(d->path), "%s/" DB_NAME, d->dir);
	return EC_OK;
}

static enum ec
cannot(const char *path, const char *verb, struct err *e)
{
	(void)fail_sys(e, "%.300s: cannot %s", path, verb);
	return fix(e, "see that this user may use %.200s", path);
}

static enum ec
check_owner(const struct db *d, const char *path, const struct stat *st,
    mode_t mode, struct err *e)
{
	/* root may look at what belongs to the service's user. */
	const bool root_reads = d->readonly && geteuid() == 0;

	errno = 0;
	if (st->st_uid != geteuid() && !root_reads) {
		(void)fail(e, EC_DENIED, "%.300s: belongs to user %u, not %u",
		    path, st->st_uid, geteuid());
		return fix(e, "run it as user %u, or: chown %u %.200s",
		    st->st_uid, geteuid(), path);
	}
	if ((st->st_mode & 077U) == 0)
		return EC_OK;
	(void)fail(e, EC_DENIED, "%.300s: open to others (mode %04o)", path,
	    st->st_mode & 07777U);
	return fix(e, "chmod %04o %.200s", mode, path);
}

static enum ec
gone(const char *path, struct err *e)
{
	(void)fail(e, EC_GONE, "%.300s: there is no such state yet", path);
	return fix(e,
	    "check the state directory in the configuration; the "
	    "first run of `rotate` makes it");
}

enum ec
home_check(const struct db *d, struct err *e)
{
	struct stat st;

	if (stat(d->dir, &st) != 0)
		return errno == ENOENT ? gone(d->dir, e)
				       : cannot(d->dir, "look at it", e);
	if (!S_ISDIR(st.st_mode)) {
		(void)fail(e, EC_CONFIG, "%.300s: not a directory", d->dir);
		return fix(e, "name a directory of its own for the state");
	}
	TRY(check_owner(d, d->dir, &st, 0700, e));
	if (lstat(d->path, &st) != 0)
		return errno == ENOENT ? gone(d->path, e)
				       : cannot(d->path, "look at it", e);
	if (!S_ISREG(st.st_mode))
		return db_damaged(d, e, "not a regular file");
	return check_owner(d, d->path, &st, 0600, e);
}

/* Only ENOENT is absence: a disk that cannot tell today may tell tomorrow,
 * and by then a new database would lie over the old one. */
static enum ec
look(const struct db *d, int dir, const char *name, bool *ret, struct err *e)
{
	char path[PATH_MAX + 32];
	struct stat st;

	*ret = fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
	if (*ret || errno == ENOENT)
		return EC_OK;
	(void)snprintf(path, sizeof(path), "%s/%s", d->dir, name);
	return cannot(path, "look at it", e);
}

static enum ec
no_traces(const struct db *d, int dir, struct err *e)
{
	for (size_t i = 0; i < COUNT(traces); i++) {
		bool there;

		TRY(look(d, dir, traces[i], &there, e));
		if (!there)
			continue;
		(void)fail(e, EC_DAMAGED,
		    "%.300s: missing, but \"%s\" beside it shows that there "
		    "was one",
		    d->path, traces[i]);
		return fix(e,
		    "put back its last backup; to begin anew with "
		    "keys unknown: rm %.120s/%s",
		    d->dir, traces[i]);
	}
	return EC_OK;
}

/* The file is made before SQLite sees it, because SQLite would let the umask
 * decide who may read it. What a crash left of it holds nothing. */
static enum ec
make_database(struct db *d, int dir, struct err *e)
{
	struct db new = { 0 };
	AUTO(fd) int fd = -1;
	enum ec ec;
	int rc;

	(void)snprintf(new.path, sizeof(new.path), "%s/" NEW_NAME, d->dir);
	if (unlinkat(dir, NEW_NAME, 0) != 0 && errno != ENOENT)
		return cannot(new.path, "remove it", e);
	fd = openat(dir, NEW_NAME, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return cannot(new.path, "make it", e);
	rc = sqlite3_open_v2(new.path, &new.sql,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	ec = rc == SQLITE_OK ? db_set_up(&new, e) : db_fail(&new, rc, e);
	if (ec == EC_OK)
		ec = db_create(&new, e);
	for (size_t i = 0; i < COUNT(new.query); i++)
		(void)sqlite3_finalize(new.query[i]);
	(void)sqlite3_close_v2(new.sql);
	if (ec != EC_OK)
		(void)unlinkat(dir, NEW_NAME, 0);
	else if (fsync(fd) != 0 || renameat(dir, NEW_NAME, dir, DB_NAME) != 0 ||
	    fsync(dir) != 0)
		ec = cannot(d->path, "put it in place", e);
	return ec;
}

/* Its name may have been made a moment ago, by a run that was killed: without
 * this a power cut takes the directory away with all that is synced in it.
 * Where we may not even read it was not we who made it. */
static enum ec
sync_above(const struct db *d, int dir, struct err *e)
{
	AUTO(fd)
	int fd = openat(dir, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return errno == EACCES || errno == EPERM
		    ? EC_OK
		    : cannot(d->dir, "open the directory above", e);
	if (fsync(fd) != 0 && errno != EINVAL && errno != EROFS)
		return cannot(d->dir, "sync the directory above", e);
	return EC_OK;
}

/* Two first runs at once: the lock is on the directory itself and ends with
 * the descriptor. */
static enum ec
make_once(struct db *d, struct err *e)
{
	AUTO(fd)
	int dir = open(d->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;
	bool there;

	if (dir < 0 || fstat(dir, &st) != 0)
		return cannot(d->dir, "open it", e);
	TRY(check_owner(d, d->dir, &st, 0700, e));
	if (flock(dir, LOCK_EX) != 0)
		return cannot(d->dir, "lock it", e);
	TRY(look(d, dir, DB_NAME, &there, e));
	if (there)
		return EC_OK;
	TRY(no_traces(d, dir, e));
	TRY(sync_above(d, dir, e));
	return make_database(d, dir, e);
}

/* A run that was killed between rename and fsync has left a name that a power
 * cut takes away; what is made beside it then would pass for the traces of a
 * lost database. The reserve is made last: with it all is synced. */
static enum ec
sync_name(const struct db *d, struct err *e)
{
	AUTO(fd)
	int dir = open(d->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool there;

	if (dir < 0)
		return cannot(d->dir, "open it", e);
	TRY(look(d, dir, RESERVE_NAME, &there, e));
	if (!there && fsync(dir) != 0 && errno != EINVAL && errno != EROFS)
		return cannot(d->dir, "sync it", e);
	return EC_OK;
}

enum ec
home_make(struct db *d, struct err *e)
{
	struct stat st;

	if (lstat(d->path, &st) == 0)
		return sync_name(d, e);
	if (errno != ENOENT)
		return cannot(d->path, "look at it", e);
	if (mkdir(d->dir, 0700) != 0 && errno != EEXIST) {
		(void)fail_sys(e, "%.300s: cannot make it", d->dir);
		return fix(e, "mkdir -p -m 0700 %.250s", d->dir);
	}
	return make_once(d, e);
}

void
home_reserve(const struct db *d)
{
	AUTO(fd) int dir = open(d->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO(fd) int fd = -1;

	if (dir < 0)
		return;
	fd = openat(
	    dir, RESERVE_NAME, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd >= 0 && posix_fallocate(fd, 0, RESERVE_BYTES) != 0)
		(void)unlinkat(dir, RESERVE_NAME, 0);
}

bool
home_relief(const struct db *d)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/" RESERVE_NAME, d->dir);
	return !d->readonly && unlink(path) == 0;
}
