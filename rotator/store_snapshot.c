/*
 * store_snapshot: reading without a trace. Even a read-only connection of
 * SQLite makes two files beside a database in write-ahead mode and removes
 * them again (https://www.sqlite.org/wal.html, "Read-Only Databases"); a dry
 * run must leave the directory alone. At rest, all is in the one file: it is
 * copied to memory and opened there. While a rotator works (or after it was
 * killed) its two files exist already; then SQLite itself reads through them
 * and changes nothing but the marks of readers in "-shm", which is no state.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "rotator/store_p.h"

#define SNAPSHOT_MAX ((off_t)1 << 30)
#define TRIES        50
#define TRY_MS       20
/* Bytes 18 and 19: 2 is write-ahead mode, which a database in memory cannot
 * have (https://www.sqlite.org/c3ref/deserialize.html). */
#define MODE_AT   18
#define HEADER    100
#define MODE_WAL  2
#define MODE_ROLL 1

static enum ec
cannot(const struct db *d, struct err *e)
{
	(void)fail_sys(e, "%.300s: cannot read it", d->path);
	return fix(e, "see that this user may read %.200s", d->path);
}

/* Without its log a database is an older one: when it cannot be told whether
 * there is a log, nothing is read. */
static enum ec
look(const struct db *d, const char *suffix, bool *ret, struct err *e)
{
	char path[PATH_MAX + 8];
	struct stat st;

	(void)snprintf(path, sizeof(path), "%s%s", d->path, suffix);
	*ret = lstat(path, &st) == 0;
	return *ret || errno == ENOENT ? EC_OK : cannot(d, e);
}

/* Of one descriptor, before and after. */
static bool
same(const struct stat *a, const struct stat *b)
{
	return a->st_size == b->st_size &&
	    a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	    a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* False: errno says why, 0 for a file that has become shorter. */
static bool
read_all(int fd, unsigned char *p, size_t size)
{
	size_t n = 0;

	while (n < size) {
		ssize_t got = pread(fd, p + n, size - n, (off_t)n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got == 0)
			errno = 0;
		if (got <= 0)
			return false;
		n += (size_t)got;
	}
	return true;
}

static void
auto_sqlite(unsigned char **p)
{
	sqlite3_free(*p);
}

/* *ret stays NULL when the file changed while it was read. */
static enum ec
copy(const struct db *d, unsigned char **ret, size_t *ret_n, struct err *e)
{
	AUTO(fd) int fd = open(d->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	AUTO(sqlite) unsigned char *p = NULL;
	struct stat before, after;
	size_t n;

	if (fd < 0 || fstat(fd, &before) != 0)
		return cannot(d, e);
	if (before.st_size < HEADER || before.st_size > SNAPSHOT_MAX)
		return db_damaged(d, e, "%lld bytes cannot be a database",
		    (long long)before.st_size);
	n = (size_t)before.st_size;
	p = sqlite3_malloc64(n);
	if (p == NULL)
		return fail(e, EC_NOMEM, "no memory for %zu bytes", n);
	if (!read_all(fd, p, n))
		return errno == 0 ? EC_OK : cannot(d, e);
	if (fstat(fd, &after) != 0)
		return cannot(d, e);
	if (!same(&before, &after))
		return EC_OK;
	*ret = TAKE(p);
	*ret_n = n;
	return EC_OK;
}

static void
leave_wal_mode(unsigned char *p)
{
	if (p[MODE_AT] == MODE_WAL && p[MODE_AT + 1] == MODE_WAL)
		p[MODE_AT] = p[MODE_AT + 1] = MODE_ROLL;
}

/* SQLite owns p from here on, also when it refuses it. */
static enum ec
open_copy(struct db *d, unsigned char *p, size_t n, struct err *e)
{
	int rc = sqlite3_open_v2(":memory:", &d->sql,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);

	if (rc != SQLITE_OK) {
		sqlite3_free(p);
		return db_fail(d, rc, e);
	}
	leave_wal_mode(p);
	errno = 0;
	rc = sqlite3_deserialize(d->sql, "main", p, (sqlite3_int64)n,
	    (sqlite3_int64)n,
	    SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_READONLY);
	if (rc == SQLITE_ERROR && errno == ENOMEM)
		rc = SQLITE_NOMEM; /* it does not tell one from the other */
	return rc == SQLITE_OK ? EC_OK : db_fail(d, rc, e);
}

static enum ec
open_beside(struct db *d, struct err *e)
{
	int rc = sqlite3_open_v2(
	    d->path, &d->sql, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL);

	return rc == SQLITE_OK ? EC_OK : db_fail(d, rc, e);
}

/* The log without its index: copied by hand, or left by a power cut. The
 * next writer recovers it; we may not. */
static enum ec
unfinished(const struct db *d, struct err *e)
{
	(void)fail(e, EC_BUSY,
	    "%.300s: an interrupted run left a log that "
	    "only a writer can take in",
	    d->path);
	return fix(e, "run any command that writes, as `rotate`, first");
}

/* *ret stays false while a writer is coming or leaving. */
static enum ec
attempt(struct db *d, bool *ret, struct err *e)
{
	AUTO(sqlite) unsigned char *p = NULL;
	bool log = false, index = false;
	size_t n = 0;

	TRY(look(d, "-wal", &log, e));
	TRY(look(d, "-shm", &index, e));
	if (!log)
		TRY(copy(d, &p, &n, e));
	*ret = true;
	if (log && index)
		return open_beside(d, e);
	/* A writer that came meanwhile shows by its log. */
	TRY(look(d, "-wal", &log, e));
	if (p != NULL && !log)
		return open_copy(d, TAKE(p), n, e);
	*ret = false;
	return EC_OK;
}

enum ec
snapshot_open(struct db *d, struct err *e)
{
	bool done = false;

	for (int i = 0; i < TRIES; i++) {
		TRY(attempt(d, &done, e));
		if (done)
			return EC_OK;
		clock_sleep(TRY_MS);
	}
	return unfinished(d, e);
}
