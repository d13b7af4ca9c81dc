/*
 * store_glance: one look at a database at rest. Nothing is copied, as
 * store_snapshot.c does, because a fleet's database is large and two rows are
 * wanted; and no connection as a writer's is opened, which would make files.
 *
 * "immutable=1" (https://www.sqlite.org/uri.html) lets SQLite read the file as
 * it lies there, without locks and without looking for a log. So that is our
 * part: a writer shows by its log, before and after, and by the file's times.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "rotator/store_p.h"
#include "sigv4/canonical.h"

static const char *const of_writers[] = { "-wal", "-journal" };

static enum ec
not_at_rest(const struct db *d, struct err *e)
{
	errno = 0;
	(void)fail(e, EC_BUSY, "%.300s: somebody works on it", d->path);
	return fix(e, "run again");
}

static enum ec
look(const struct db *d, struct stat *ret, struct err *e)
{
	char path[PATH_MAX + 16];
	struct stat st;

	for (size_t i = 0; i < COUNT(of_writers); i++) {
		(void)snprintf(
		    path, sizeof(path), "%s%s", d->path, of_writers[i]);
		if (lstat(path, &st) == 0 || errno != ENOENT)
			return not_at_rest(d, e);
	}
	if (lstat(d->path, ret) != 0)
		return fail_sys(e, "%.300s", d->path);
	return EC_OK;
}

static bool
same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	    a->st_size == b->st_size &&
	    a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	    a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	    a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
	    a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static enum ec
open_immutable(struct db *d, struct err *e)
{
	AUTO(buf) struct buf uri = BUF((size_t)4 * PATH_MAX);
	int rc;

	TRY(buf_adds(&uri, "file:", e));
	TRY(canonical_escape(&uri, d->path, strlen(d->path), true, e));
	TRY(buf_adds(&uri, "?immutable=1", e));
	rc = sqlite3_open_v2(buf_str(&uri), &d->sql,
	    SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI, NULL);
	return rc == SQLITE_OK ? EC_OK : db_fail(d, rc, e);
}

enum ec
store_sqlite_glance(const char *dir, const char *key, struct buf *ret_mark,
    struct buf *ret_value, struct err *e)
{
	AUTO(db) struct db *d = calloc(1, sizeof(*d));
	struct stat before = { 0 }, after = { 0 };

	if (d == NULL)
		return fail(e, EC_NOMEM, "no memory");
	TRY(home_paths(d, dir, e));
	TRY(home_check(d, e));
	TRY(look(d, &before, e));
	TRY(open_immutable(d, e));
	TRY(db_check_header(d, e));
	TRY(db_set_up(d, e));
	TRY(db_check_format(d, e));
	TRY(words_mark(d, ret_mark, e));
	TRY(words_meta_get(d, key, ret_value, e));
	TRY(look(d, &after, e));
	return same(&before, &after) ? EC_OK : not_at_rest(d, e);
}
