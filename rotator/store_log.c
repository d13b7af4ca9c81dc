/*
 * store_log: the event log. Each event holds the hash of the one before it,
 * and `root` the hash of the last, so that none can be altered, left out or
 * cut off unseen.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "rotator/store_p.h"

#define TEXT_MAX ((size_t)64 * 1024)

enum ec
log_add(struct db *d, const struct event *ev, struct err *e)
{
	const char *identity = ev->identity != NULL ? ev->identity : "";

	TRY(db_run(d, Q_EVENT_ADD, e, "isss", ev->at, identity, ev->what,
	    ev->text != NULL ? ev->text : ""));
	return db_run(d, Q_EVENT_END, e, "");
}

static enum ec
add(struct db *d, void *arg, struct err *e)
{
	const struct event *ev = arg;

	return log_add(d, ev, e);
}

enum ec
log_note(void *ctx, const struct event *ev, struct err *e)
{
	struct event copy = *ev;

	return db_write(ctx, add, &copy, e);
}

/* How far the chain is known to be good. */
struct chain {
	int64_t seq;
	unsigned char hash[DB_SUM_LEN];
};

static bool
is_hash(sqlite3_stmt *q, int column, const unsigned char *hash)
{
	return sqlite3_column_bytes(q, column) == DB_SUM_LEN &&
	    memcmp(sqlite3_column_blob(q, column), hash, DB_SUM_LEN) == 0;
}

static enum ec
bad_event(const struct db *d, int64_t seq, struct err *e)
{
	return db_damaged(d, e,
	    "event %" PRId64 " was altered, or one before it removed", seq);
}

static enum ec
follow(struct db *d, sqlite3_stmt *q, struct chain *c, struct err *e)
{
	/* The last: its hash is what rowsum() gives, so it is as long as one.
	 */
	if (sqlite3_column_int64(q, 0) != c->seq + 1 ||
	    !is_hash(q, 1, c->hash) || sqlite3_column_int(q, 3) != 1)
		return bad_event(d, c->seq + 1, e);
	/* As long as a sum, since it is the right one. */
	memcpy(c->hash, sqlite3_column_blob(q, 2), DB_SUM_LEN);
	c->seq++;
	return EC_OK;
}

static enum ec
check_end(struct db *d, const struct chain *c, struct err *e)
{
	AUTO(query) sqlite3_stmt *q = NULL;
	bool row;

	TRY(db_query(d, Q_ROOT, &q, e, ""));
	TRY(db_step(d, q, &row, e));
	if (!row || sqlite3_column_int64(q, 0) != c->seq ||
	    !is_hash(q, 1, c->hash))
		return bad_event(d, c->seq + 1, e);
	return EC_OK;
}

static enum ec
check_chain(struct db *d, void *arg, struct err *e)
{
	AUTO(query) sqlite3_stmt *q = NULL;
	struct chain c = { 0 };
	bool row;

	(void)arg;
	TRY(db_query(d, Q_EVENT_CHAIN, &q, e, ""));
	for (;;) {
		TRY(db_step(d, q, &row, e));
		if (!row)
			return check_end(d, &c, e);
		TRY(follow(d, q, &c, e));
	}
}

/* One event, copied: no lock is held while the caller prints it. */
struct page {
	struct event ev;
	struct buf identity, what, text;
};

static void
auto_page(struct page *p)
{
	buf_free(&p->identity);
	buf_free(&p->what);
	buf_free(&p->text);
}

static enum ec
copy(
    sqlite3_stmt *q, int column, struct buf *b, const char **ret, struct err *e)
{
	buf_cut(b, 0);
	TRY(buf_adds(b, db_text(q, column), e));
	*ret = buf_str(b);
	return EC_OK;
}

static enum ec
next_event(struct db *d, const char *identity, struct page *p, bool *ret,
    struct err *e)
{
	AUTO(query) sqlite3_stmt *q = NULL;

	TRY(db_query(
	    d, Q_EVENT_NEXT, &q, e, "is", (int64_t)p->ev.seq, identity));
	TRY(db_step(d, q, ret, e));
	if (!*ret)
		return EC_OK;
	p->ev.seq = (uint64_t)sqlite3_column_int64(q, 0);
	p->ev.at = sqlite3_column_int64(q, 1);
	TRY(copy(q, 2, &p->identity, &p->ev.identity, e));
	TRY(copy(q, 3, &p->what, &p->ev.what, e));
	return copy(q, 4, &p->text, &p->ev.text, e);
}

enum ec
log_history(void *ctx, const char *identity,
    enum ec (*fn)(void *arg, const struct event *, struct err *), void *arg,
    struct err *e)
{
	struct db *d = ctx;
	AUTO(page)
	struct page p = {
		.identity = BUF(TEXT_MAX),
		.what = BUF(TEXT_MAX),
		.text = BUF(TEXT_MAX),
	};
	bool row;

	TRY(db_read(d, check_chain, NULL, e));
	d->whole = false; /* asked for explicitly: look again */
	TRY(db_verify(d, e));
	for (;;) {
		TRY(next_event(d, identity, &p, &row, e));
		if (!row)
			return EC_OK;
		TRY(fn(arg, &p.ev, e));
	}
}
