/*
 * store_sql: every statement of the store, in one table; transactions; and
 * what SQLite's result codes mean to an operator.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "rotator/store_p.h"

#define RECORD "rowsum(name,version,fence,state,next_at,body)"
#define HOLD   "rowsum(identity,since,by,reason)"

static const char *const queries[Q__MAX] = {
	[Q_BEGIN_READ] = "BEGIN",
	[Q_BEGIN_WRITE] = "BEGIN IMMEDIATE",
	[Q_COMMIT] = "COMMIT",
	[Q_ROLLBACK] = "ROLLBACK",
	[Q_RECORD] = "SELECT version, body, sum IS " RECORD
		     " FROM identity WHERE name=?1",
	[Q_RECORD_PUT] =
	    "INSERT OR REPLACE INTO identity VALUES(?1,?2,?3,?4,?5,?6,"
	    "rowsum(?1,?2,?3,?4,?5,?6))",
	[Q_RECORD_TALLY] = "UPDATE root SET identities=sumxor(identities,"
			   "(SELECT sum FROM identity WHERE name=?1))",
	[Q_DUE] = "SELECT name FROM identity WHERE next_at<=?1"
		  " ORDER BY next_at, name",
	[Q_ROW] = "SELECT state, next_at, body, sum IS " RECORD
		  " FROM identity WHERE name=?1",
	[Q_RECORDS] = "SELECT name, version, state, next_at, body,"
		      " sum IS " RECORD ", sum FROM identity",
	[Q_TALLIES] = "SELECT identities, holds FROM root",
	[Q_EVENT_ADD] = "INSERT INTO event SELECT seq+1,?1,?2,?3,?4,hash,"
			"rowsum(seq+1,?1,?2,?3,?4,hash) FROM root",
	[Q_EVENT_END] = "UPDATE root SET seq=seq+1, hash="
			"(SELECT hash FROM event WHERE seq=root.seq+1)",
	[Q_EVENT_CHAIN] = "SELECT seq, prev, hash,"
			  " hash IS rowsum(seq,at,identity,what,text,prev)"
			  " FROM event ORDER BY seq",
	[Q_EVENT_NEXT] = "SELECT seq, at, identity, what, text FROM event"
			 " WHERE seq>?1 AND (?2 IS NULL OR identity=?2)"
			 " ORDER BY seq LIMIT 1",
	[Q_ROOT] = "SELECT seq, hash FROM root",
	[Q_LEASE] =
	    "SELECT host, boot, space, pid, started, fence, since, expires,"
	    " sum IS rowsum(host,boot,space,pid,started,fence,since,expires)"
	    " FROM lease",
	[Q_LEASE_TAKE] =
	    "UPDATE lease SET host=?1, boot=?2, space=?3, pid=?4, started=?5,"
	    " fence=?6, since=?7, expires=?8,"
	    " sum=rowsum(?1,?2,?3,?4,?5,?6,?7,?8)",
	[Q_LEASE_RENEW] =
	    "UPDATE lease SET expires=?2,"
	    " sum=rowsum(host,boot,space,pid,started,fence,since,?2)"
	    " WHERE fence=?1 AND pid<>0 AND"
	    " sum IS rowsum(host,boot,space,pid,started,fence,since,expires)",
	[Q_LEASE_FREE] =
	    "UPDATE lease SET pid=0,"
	    " sum=rowsum(host,boot,space,0,started,fence,since,expires)"
	    " WHERE fence=?1",
	[Q_HOLD] = "SELECT since, by, reason, sum IS " HOLD
		   " FROM hold WHERE identity=?1",
	[Q_HOLD_PUT] = "INSERT OR REPLACE INTO hold VALUES(?1,?2,?3,?4,"
		       "rowsum(?1,?2,?3,?4))",
	[Q_HOLD_DROP] = "DELETE FROM hold WHERE identity=?1",
	[Q_HOLD_TALLY] = "UPDATE root SET holds=sumxor(holds,"
			 "(SELECT sum FROM hold WHERE identity=?1))",
	[Q_CONFIRM] = "SELECT at, by, sum IS rowsum(client,key_id,at,by)"
		      " FROM confirm WHERE client=?1 AND key_id=?2",
	[Q_CONFIRM_PUT] = "INSERT OR REPLACE INTO confirm VALUES(?1,?2,?3,?4,"
			  "rowsum(?1,?2,?3,?4))",
	[Q_META] = "SELECT value, sum IS rowsum(key,value)"
		   " FROM meta WHERE key=?1",
	[Q_META_PUT] = "INSERT OR REPLACE INTO meta VALUES(?1,?2,"
		       "rowsum(?1,?2))",
	/* The tallies are kept by every change of a row, and no row comes back
	 * to a former sum: its version only grows. */
	[Q_MARK] = "SELECT hex(identities) || ' ' || hex(holds) || ' ' || seq"
		   " || ' ' || hex(hash) FROM root",
	[Q_HOLDS] = "SELECT identity, '', since, by, reason, sum IS " HOLD
		    ", sum FROM hold ORDER BY identity",
	[Q_CONFIRMS] = "SELECT client, key_id, at, by, '',"
		       " sum IS rowsum(client,key_id,at,by), sum"
		       " FROM confirm ORDER BY client, key_id",
	[Q_METAS] = "SELECT key, '', 0, '', value, sum IS rowsum(key,value),"
		    " sum FROM meta ORDER BY key",
};

#define ANY  (-1)
#define DISK "look at the disk (dmesg, df -h)"
#define ROOM "make room on its file system (df -h, quota)"
#define FDS  "raise the limit on open files (ulimit -n, LimitNOFILE=)"

/* How each primary result code ends; the first row that fits. */
static const struct meaning {
	int rc;
	int cause; /* errno behind it */
	enum ec ec;
	int sys;         /* errno that SQLite has turned into its own word */
	const char *fix; /* "..., then run again" */
} meanings[] = {
	{ SQLITE_FULL, ANY, EC_IO, ENOSPC, ROOM },
	{ SQLITE_IOERR, ENOMEM, EC_NOMEM, 0, "free some memory" },
	{ SQLITE_IOERR, ANY, EC_IO, 0, DISK },
	{ SQLITE_BUSY, ANY, EC_BUSY, 0,
	    "end the other program that uses it (fuser shows which)" },
	{ SQLITE_LOCKED, ANY, EC_BUSY, 0, "wait until nothing else uses it" },
	{ SQLITE_PROTOCOL, ANY, EC_BUSY, 0, "wait until nothing else uses it" },
	{ SQLITE_NOMEM, ANY, EC_NOMEM, 0, "free some memory" },
	{ SQLITE_CANTOPEN, ENOMEM, EC_NOMEM, 0, "free some memory" },
	{ SQLITE_CANTOPEN, EMFILE, EC_IO, 0, FDS },
	{ SQLITE_CANTOPEN, ENFILE, EC_IO, 0, FDS },
	{ SQLITE_CANTOPEN, ENOSPC, EC_IO, 0, ROOM },
	{ SQLITE_CANTOPEN, EDQUOT, EC_IO, 0, ROOM },
	{ SQLITE_CANTOPEN, EIO, EC_IO, 0, DISK },
	{ SQLITE_CANTOPEN, ANY, EC_DENIED, 0,
	    "let this user read and write it and its directory" },
	{ SQLITE_PERM, ANY, EC_DENIED, 0, "let this user write it" },
	{ SQLITE_READONLY, ANY, EC_DENIED, 0,
	    "let this user write it and its directory, on a file system that "
	    "is not mounted read-only" },
	{ SQLITE_MISUSE, ANY, EC_BUG, 0, "report this" },
};

/* Of the failed call. A statement that fails forgets it; the file that it
 * failed on does not: the log or the database. */
static int
cause_of(const struct db *d)
{
	static const int files[] = { SQLITE_FCNTL_JOURNAL_POINTER,
		SQLITE_FCNTL_FILE_POINTER };
	int sys = sqlite3_system_errno(d->sql);

	for (size_t i = 0; i < COUNT(files) && sys == 0; i++) {
		sqlite3_file *f = NULL;

		if (d->sql != NULL &&
		    sqlite3_file_control(d->sql, "main", files[i], &f) ==
			SQLITE_OK &&
		    f != NULL && f->pMethods != NULL)
			(void)f->pMethods->xFileControl(
			    f, SQLITE_FCNTL_LAST_ERRNO, &sys);
	}
	return sys;
}

/* The disk cannot read it. SQLite calls that corrupt (unixRead() in os_unix.c,
 * 3.33 and later), and its integrity check counts it as a bad page; nobody may
 * put back a backup for that. */
static bool
unreadable(int cause)
{
	return cause == EIO || cause == ENXIO || cause == ERANGE;
}

enum ec
db_damaged(const struct db *d, struct err *e, const char *fmt, ...)
{
	const int cause = cause_of(d);
	char why[ERR_WHAT_MAX];
	va_list ap;

	if (unreadable(cause)) {
		errno = cause;
		(void)fail(e, EC_IO, "%.300s: cannot be read", d->path);
		return fix(e, DISK ", then run again");
	}
	va_start(ap, fmt);
	(void)vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	(void)fail(e, EC_DAMAGED, "%.300s: %.160s", d->path, why);
	return fix(e,
	    "keep a copy of %.80s and put back its last backup; "
	    "RUNBOOK.md, \"damaged state\"",
	    d->path);
}

enum ec
db_fail(struct db *d, int rc, struct err *e)
{
	const int cause = rc == SQLITE_IOERR_NOMEM ? ENOMEM : cause_of(d);
	const char *text = sqlite3_errstr(rc);

	for (size_t i = 0; i < COUNT(meanings); i++) {
		const struct meaning *m = &meanings[i];

		if (m->rc != (rc & 0xff) ||
		    (m->cause != ANY && m->cause != cause))
			continue;
		if ((rc & 0xff) == SQLITE_IOERR)
			d->broken = true;
		errno = m->sys != 0 ? m->sys : cause;
		(void)fail(e, m->ec, "%.300s: %s", d->path, text);
		return fix(e, "%s, then run again", m->fix);
	}
	return db_damaged(d, e, "%s", text);
}

static enum ec
sticky(const struct db *d, struct err *e)
{
	if (!d->broken)
		return EC_OK;
	errno = EIO;
	(void)fail(e, EC_IO, "%.300s: an earlier write failed", d->path);
	return fix(e, "look at the disk under %s, then run again", d->path);
}

static enum ec
prepare(struct db *d, enum query which, sqlite3_stmt **ret, struct err *e)
{
	int rc = SQLITE_OK;

	if (d->query[which] == NULL)
		rc = sqlite3_prepare_v3(d->sql, queries[which], -1,
		    SQLITE_PREPARE_PERSISTENT, &d->query[which], NULL);
	if (rc != SQLITE_OK)
		return db_fail(d, rc, e);
	*ret = d->query[which];
	(void)sqlite3_reset(*ret);
	return EC_OK;
}

static int
bind(sqlite3_stmt *q, const char *types, va_list ap)
{
	int rc = sqlite3_clear_bindings(q);

	for (int i = 1; rc == SQLITE_OK && types[i - 1] != '\0'; i++) {
		if (types[i - 1] == 'i')
			rc = sqlite3_bind_int64(q, i, va_arg(ap, int64_t));
		else
			rc = sqlite3_bind_text(
			    q, i, va_arg(ap, const char *), -1, SQLITE_STATIC);
	}
	return rc;
}

static enum ec
query(struct db *d, enum query which, sqlite3_stmt **ret, struct err *e,
    const char *types, va_list ap)
{
	int rc;

	TRY(sticky(d, e));
	TRY(prepare(d, which, ret, e));
	rc = bind(*ret, types, ap);
	return rc == SQLITE_OK ? EC_OK : db_fail(d, rc, e);
}

enum ec
db_query(struct db *d, enum query which, sqlite3_stmt **ret, struct err *e,
    const char *types, ...)
{
	enum ec ec;
	va_list ap;

	va_start(ap, types);
	ec = query(d, which, ret, e, types, ap);
	va_end(ap);
	return ec;
}

void
auto_query(sqlite3_stmt **q)
{
	(void)sqlite3_reset(*q);
}

enum ec
db_step(struct db *d, sqlite3_stmt *q, bool *ret, struct err *e)
{
	const int rc = sqlite3_step(q);

	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		return db_fail(d, rc, e);
	*ret = rc == SQLITE_ROW;
	return EC_OK;
}

enum ec
db_run(struct db *d, enum query which, struct err *e, const char *types, ...)
{
	AUTO(query) sqlite3_stmt *q = NULL;
	bool row = true;
	enum ec ec;
	va_list ap;

	va_start(ap, types);
	ec = query(d, which, &q, e, types, ap);
	va_end(ap);
	while (ec == EC_OK && row)
		ec = db_step(d, q, &row, e);
	return ec;
}

enum ec
db_exec(struct db *d, const char *sql, struct err *e)
{
	const int rc = sqlite3_exec(d->sql, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? EC_OK : db_fail(d, rc, e);
}

enum ec
db_number(struct db *d, const char *sql, int64_t *ret, struct err *e)
{
	sqlite3_stmt *q = NULL;
	int rc = sqlite3_prepare_v2(d->sql, sql, -1, &q, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(q);
	if (rc == SQLITE_ROW)
		*ret = sqlite3_column_int64(q, 0);
	(void)sqlite3_finalize(q);
	return rc == SQLITE_ROW ? EC_OK : db_fail(d, rc, e);
}

/* What SQLite rolled back by itself needs no second time. A rollback that
 * fails leaves a connection that nobody can reason about. */
static void
roll_back(struct db *d)
{
	struct err ignored;

	if (sqlite3_get_autocommit(d->sql))
		return;
	if (d->broken) {
		(void)sqlite3_exec(d->sql, "ROLLBACK", NULL, NULL, NULL);
		return;
	}
	if (db_run(d, Q_ROLLBACK, &ignored, "") != EC_OK)
		d->broken = true;
}

static enum ec
commit(struct db *d, struct err *e)
{
	AUTO(query) sqlite3_stmt *q = NULL;
	int rc;

	TRY(db_query(d, Q_COMMIT, &q, e, ""));
	rc = sqlite3_step(q);
	if (rc == SQLITE_DONE)
		return EC_OK;
	if ((rc & 0xff) != SQLITE_FULL && (rc & 0xff) != SQLITE_BUSY)
		d->broken = true;
	return db_fail(d, rc, e);
}

static enum ec
transaction(
    struct db *d, enum query begin, db_body *fn, void *arg, struct err *e)
{
	enum ec ec;

	TRY(db_run(d, begin, e, ""));
	ec = fn(d, arg, e);
	if (ec == EC_OK)
		ec = commit(d, e);
	if (ec != EC_OK)
		roll_back(d);
	return ec;
}

enum ec
db_read(struct db *d, db_body *fn, void *arg, struct err *e)
{
	return transaction(d, Q_BEGIN_READ, fn, arg, e);
}

enum ec
db_write(struct db *d, db_body *fn, void *arg, struct err *e)
{
	return transaction(d, Q_BEGIN_WRITE, fn, arg, e);
}

const char *
db_text(sqlite3_stmt *q, int column)
{
	const unsigned char *s = sqlite3_column_text(q, column);

	return s != NULL ? (const char *)s : "";
}
