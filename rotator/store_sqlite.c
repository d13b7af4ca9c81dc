/*
 * store_sqlite: records in an SQLite database; see store.h for the promises
 * and store_p.h for where the other parts lie and why it is built this way.
 *
 * A commit is one transaction: lease still ours (and renewed), version as it
 * was loaded, new record, event. The caller's record changes only after it.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "rotator/store_p.h"

#define BODY_MAX  ((size_t)16 * 1024 * 1024)
#define NAMES_MAX ((size_t)64 * 1024 * 1024)

static enum ec
altered(const struct db *d, const char *identity, struct err *e)
{
	return db_damaged(d, e, "the record of %s was altered", identity);
}

/* No record is a fact that a rotation is begun on; see db_verify(). */
static enum ec
no_record(struct db *d, const char *identity, struct err *e)
{
	TRY(db_verify(d, e));
	(void)fail(e, EC_GONE, "%.300s: no record of %s", d->path, identity);
	return fix(e, "the first run of `rotate` for it makes one");
}

/* Into *ret itself, which is large; what must be freed goes on failure. */
static enum ec
decode(struct db *d, const char *identity, uint64_t version, const char *body,
    struct rec *ret, struct err *e)
{
	const enum ec ec = rec_decode(body, ret, e);

	if (ec != EC_OK) {
		(void)err_prefix(e, "%.200s: %s", d->path, identity);
		return e->fix[0] != '\0'
		    ? ec
		    : fix(e,
			  "put back the last backup of %.120s; RUNBOOK.md, "
			  "\"damaged state\"",
			  d->path);
	}
	if (ret->version == version && strcmp(ret->identity, identity) == 0)
		return EC_OK;
	rec_free(ret);
	return altered(d, identity, e);
}

static enum ec
load(void *ctx, const char *identity, struct rec *ret, struct err *e)
{
	AUTO(query) sqlite3_stmt *q = NULL;
	struct db *d = ctx;
	bool row;

	TRY(db_query(d, Q_RECORD, &q, e, "s", identity));
	TRY(db_step(d, q, &row, e));
	if (!row) {
		auto_query(&q);
		return no_record(d, identity, e);
	}
	if (sqlite3_column_int(q, 2) != 1)
		return altered(d, identity, e);
	return decode(d, identity, (uint64_t)sqlite3_column_int64(q, 0),
	    db_text(q, 1), ret, e);
}

struct commit {
	int64_t now;
	const struct rec *rec; /* as it will be stored */
	const char *body;
	const struct event *ev;
};

/* Compare: what is stored is what was loaded. */
static enum ec
compare(struct db *d, const struct rec *rec, struct err *e)
{
	AUTO(query) sqlite3_stmt *q = NULL;
	const int64_t expected = (int64_t)rec->version - 1;
	int64_t stored = 0;
	bool row;

	TRY(db_query(d, Q_RECORD, &q, e, "s", rec->identity));
	TRY(db_step(d, q, &row, e));
	if (row && sqlite3_column_int(q, 2) != 1)
		return altered(d, rec->identity, e);
	if (row)
		stored = sqlite3_column_int64(q, 0);
	if (stored == expected)
		return EC_OK;
	(void)fail(e, EC_CONFLICT,
	    "%.200s: record of %s has version %" PRId64 ", not %" PRId64,
	    d->path, rec->identity, stored, expected);
	return fix(e, "run again; another command changed it meanwhile");
}

static enum ec
put(struct db *d, void *arg, struct err *e)
{
	const struct commit *c = arg;
	const struct rec *r = c->rec;

	TRY(lease_hold(d, c->now, e));
	TRY(compare(d, r, e));
	TRY(db_run(d, Q_RECORD_TALLY, e, "s", r->identity)); /* old one out */
	TRY(db_run(d, Q_RECORD_PUT, e, "siisis", r->identity,
	    (int64_t)r->version, (int64_t)d->fence, rot_state_name(r->state),
	    r->next_at, c->body));
	TRY(db_run(d, Q_RECORD_TALLY, e, "s", r->identity)); /* new one in */
	return c->ev != NULL ? log_add(d, c->ev, e) : EC_OK;
}

static enum ec
commit(void *ctx, int64_t now, struct rec *r, const struct event *ev,
    struct err *e)
{
	AUTO(buf) struct buf body = BUF(BODY_MAX);
	struct rec next = *r; /* borrows the clients */
	struct commit c = { .now = now, .rec = &next, .ev = ev };

	next.version++;
	TRY(rec_encode(&next, &body, e));
	c.body = buf_str(&body);
	TRY(db_write(ctx, put, &c, e));
	r->version = next.version;
	return EC_OK;
}

static bool
relief(void *ctx)
{
	return home_relief(ctx);
}

/* The names first, each with its NUL: the callback may commit, and no lock
 * is held while it works. */
static enum ec
due_names(struct db *d, int64_t now, struct buf *ret, struct err *e)
{
	AUTO(query) sqlite3_stmt *q = NULL;
	bool row;

	TRY(db_query(d, Q_DUE, &q, e, "i", now));
	for (;;) {
		const char *name;

		TRY(db_step(d, q, &row, e));
		if (!row)
			return EC_OK;
		name = db_text(q, 0);
		TRY(buf_add(ret, name, strlen(name) + 1, e));
	}
}

static enum ec
read_row(struct db *d, struct store_row *ret, struct buf *body, struct err *e)
{
	AUTO(query) sqlite3_stmt *q = NULL;
	bool row;

	TRY(db_query(d, Q_ROW, &q, e, "s", ret->identity));
	TRY(db_step(d, q, &row, e));
	if (!row || sqlite3_column_int(q, 3) != 1 ||
	    !rot_state_find(db_text(q, 0), &ret->state))
		return altered(d, ret->identity, e);
	ret->next_at = sqlite3_column_int64(q, 1);
	buf_cut(body, 0);
	TRY(buf_adds(body, db_text(q, 2), e));
	ret->body = buf_str(body);
	return EC_OK;
}

static enum ec
each(void *ctx, int64_t now,
    enum ec (*fn)(void *arg, const struct store_row *, struct err *), void *arg,
    struct err *e)
{
	AUTO(buf) struct buf names = BUF(NAMES_MAX);
	AUTO(buf) struct buf body = BUF(BODY_MAX);
	struct db *d = ctx;

	TRY(due_names(d, now, &names, e));
	for (size_t at = 0; at < names.len;) {
		struct store_row row = { .identity = names.p + at };

		TRY(read_row(d, &row, &body, e));
		TRY(fn(arg, &row, e));
		at += strlen(row.identity) + 1;
	}
	return EC_OK;
}

void
db_close(void *ctx)
{
	struct db *d = ctx;

	for (size_t i = 0; i < COUNT(d->query); i++)
		(void)sqlite3_finalize(d->query[i]);
	(void)sqlite3_close_v2(d->sql);
	free(d);
}

void
auto_db(struct db **d)
{
	if (*d != NULL)
		db_close(*d);
}

/* SQLite does so by itself when it cannot open for writing, for whatever
 * reason: also because of a lack of descriptors, which passes. */
static enum ec
opened_to_read(const struct db *d, struct err *e)
{
	errno = 0;
	if (faccessat(AT_FDCWD, d->path, W_OK, AT_EACCESS) != 0) {
		(void)fail_sys(e, "%.300s: cannot write it", d->path);
		return fix(e, "see that this user may write %.200s", d->path);
	}
	(void)fail(
	    e, EC_IO, "%.300s: could be opened for reading only", d->path);
	return fix(e,
	    "run again; if it stays: look at memory and at the limit on open "
	    "files (ulimit -n, LimitNOFILE=)");
}

static enum ec
open_writer(struct db *d, struct err *e)
{
	int rc;

	TRY(home_make(d, e));
	TRY(home_check(d, e));
	rc = sqlite3_open_v2(d->path, &d->sql,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	if (rc != SQLITE_OK)
		return db_fail(d, rc, e);
	return sqlite3_db_readonly(d->sql, "main") == 1 ? opened_to_read(d, e)
							: EC_OK;
}

static enum ec
open_reader(struct db *d, struct err *e)
{
	TRY(home_check(d, e));
	return snapshot_open(d, e);
}

static const struct store functions = {
	.lease = lease_take,
	.fence = lease_fence,
	.unlease = lease_free,
	.load = load,
	.commit = commit,
	.relief = relief,
	.each = each,
	.all = all_tell,
	.history = log_history,
	.note = log_note,
	.hold_set = words_hold_set,
	.hold_get = words_hold_get,
	.confirm_set = words_confirm_set,
	.confirm_get = words_confirm_get,
	.meta_get = words_meta_get,
	.meta_set = words_meta_set,
	.mark = words_mark,
	.close = db_close,
	.words = words_all,
};

enum ec
store_sqlite_open(
    const char *dir, enum store_mode mode, struct store *ret, struct err *e)
{
	AUTO(db) struct db *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return fail(e, EC_NOMEM, "no memory");
	d->readonly = mode == STORE_RO;
	TRY(home_paths(d, dir, e));
	TRY(d->readonly ? open_reader(d, e) : open_writer(d, e));
	TRY(db_check_header(d, e));
	TRY(db_set_up(d, e));
	TRY(db_check_format(d, e));
	if (!d->readonly)
		home_reserve(d);
	*ret = functions;
	ret->ctx = TAKE(d);
	return EC_OK;
}

void
auto_store(struct store *s)
{
	if (s->ctx != NULL)
		s->close(s->ctx);
	s->ctx = NULL;
}
