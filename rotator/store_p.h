/*
 * store_p: what store_*.c share. Nobody else includes it.
 *
 *   store_sqlite.c    open, close, records         (the contract: store.h)
 *   store_home.c     directory, file modes, making the database, the reserve
 *   store_schema.c    tables, format and integrity checks
 *   store_snapshot.c  reading without leaving a trace
 *   store_glance.c    one look at a database at rest
 *   store_sql.c       statements, transactions, errors
 *   store_sum.c       checksums as SQL functions
 *   store_lease.c     one writer
 *   store_owner.c     who holds the lease, and is it alive
 *   store_log.c       the event log
 *   store_words.c     holds, confirmations, small values
 *   store_all.c       all records and holds in one reading
 *
 * Why a write-ahead log: with synchronous=FULL a commit took 3.5 ms on ext4,
 * against 15 ms (DELETE), 16 ms (TRUNCATE) and 21 ms (PERSIST), and a rotation
 * makes a dozen. The log is synced before a commit returns. A reader that
 * hangs blocks no commit. The price is that SQLite's own readers make files
 * beside the database; see store_snapshot.c for how a dry run avoids it.
 *
 * Damage is never taken for absence. Each row carries a checksum over its
 * columns; `root` holds the combination of all of them and the end of the
 * event chain. Before the first "there is no such record" of a process,
 * everything is verified (db_verify).
 */
#ifndef ROTATOR_STORE_P_H
#define ROTATOR_STORE_P_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include <sqlite3.h>

#include "base/clock.h"
#include "rotator/store.h"
#include "rotator/store_owner.h"

#define DB_APPLICATION 0x53455352 /* "SESR" */
#define DB_VERSION     1
#define DB_BUSY_MS     2000
#define DB_SUM_LEN     32

/* One row each in queries[], store_sql.c. */
enum query {
	Q_BEGIN_READ,
	Q_BEGIN_WRITE,
	Q_COMMIT,
	Q_ROLLBACK,
	Q_RECORD,
	Q_RECORD_PUT,
	Q_RECORD_TALLY,
	Q_DUE,
	Q_ROW,
	Q_RECORDS,
	Q_TALLIES,
	Q_EVENT_ADD,
	Q_EVENT_END,
	Q_EVENT_CHAIN,
	Q_EVENT_NEXT,
	Q_ROOT,
	Q_LEASE,
	Q_LEASE_TAKE,
	Q_LEASE_RENEW,
	Q_LEASE_FREE,
	Q_HOLD,
	Q_HOLD_PUT,
	Q_HOLD_DROP,
	Q_HOLD_TALLY,
	Q_CONFIRM,
	Q_CONFIRM_PUT,
	Q_META,
	Q_META_PUT,
	Q_MARK,
	Q_HOLDS,
	Q_CONFIRMS,
	Q_METAS,
	Q__MAX
};

struct db {
	sqlite3 *sql;
	char dir[PATH_MAX - 32];
	char path[PATH_MAX]; /* of the database, for errors */
	bool readonly;
	bool broken;    /* a commit failed: nothing is believed any more */
	bool whole;     /* verified by this process */
	uint64_t fence; /* ours; 0: no lease */
	int64_t ttl;
	sqlite3_stmt *query[Q__MAX]; /* prepared when first used */
};

/* --- store_sql.c --- */

/* The error for a failed SQLite call, with path and remedy. */
enum ec db_fail(struct db *d, int rc, struct err *e);
/* EC_DAMAGED with path and remedy; EC_IO when the disk could not read it. */
enum ec db_damaged(const struct db *d, struct err *e, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * The statement with its values bound: one letter of types each, "s" const
 * char * (NULL: SQL NULL) or "i" int64_t. Strings must live until the
 * statement is reset. AUTO(query) sqlite3_stmt *q = NULL; resets it on every
 * way out, so that no read lock stays behind.
 */
MUST enum ec db_query(struct db *d, enum query which, sqlite3_stmt **ret,
    struct err *e, const char *types, ...);
void auto_query(sqlite3_stmt **q);
/* *ret: there is a row. */
MUST enum ec db_step(struct db *d, sqlite3_stmt *q, bool *ret, struct err *e);
/* db_query() and run to its end. */
MUST enum ec db_run(
    struct db *d, enum query which, struct err *e, const char *types, ...);
/* Plain SQL, for set-up only. */
MUST enum ec db_exec(struct db *d, const char *sql, struct err *e);
/* The first column of the first row, as integer. */
MUST enum ec db_number(
    struct db *d, const char *sql, int64_t *ret, struct err *e);

/* fn inside one transaction; it is rolled back when fn or the commit fails.
 * A commit that failed for another reason than a full disk or a lock leaves
 * the connection broken: what is on disk is known only after opening anew. */
typedef enum ec db_body(struct db *d, void *arg, struct err *e);
MUST enum ec db_read(struct db *d, db_body *fn, void *arg, struct err *e);
MUST enum ec db_write(struct db *d, db_body *fn, void *arg, struct err *e);

/* Text of a column, "" for NULL; lives until the next step or reset. */
const char *db_text(sqlite3_stmt *q, int column);

/* --- store_sum.c --- */

/*
 * rowsum(...): SHA-256 over types, lengths and values.
 * sumxor(a, b), NULL counting as zero; sumall(x): sumxor over all rows. So a
 * table's tally is kept up to date row by row, in any order.
 */
MUST enum ec db_add_sums(struct db *d, struct err *e);
/* Adds the sum in a column of this row to a tally. */
void db_mix(unsigned char tally[DB_SUM_LEN], sqlite3_stmt *q, int column);

/* --- store_schema.c --- */

MUST enum ec db_create(struct db *d, struct err *e); /* in an empty file */
MUST enum ec db_set_up(struct db *d, struct err *e); /* each connection */
MUST enum ec db_check_header(struct db *d, struct err *e); /* before that */
/* Ours, of this version, with just our tables? */
MUST enum ec db_check_format(struct db *d, struct err *e);
/* Everything, once a process: pages, indexes, sums, tallies. */
MUST enum ec db_verify(struct db *d, struct err *e);

/* --- store_sqlite.c --- */

void db_close(void *ctx); /* frees d, too */
void auto_db(struct db **d);

/* --- store_home.c --- */

MUST enum ec home_paths(struct db *d, const char *dir, struct err *e);
/* Directory and database exist afterwards, with the right owner and mode. */
MUST enum ec home_make(struct db *d, struct err *e);
MUST enum ec home_check(const struct db *d, struct err *e);
void home_reserve(const struct db *d); /* best effort */
bool home_relief(const struct db *d);

/* --- store_snapshot.c --- */

/* Opens for reading only; see there. */
MUST enum ec snapshot_open(struct db *d, struct err *e);

/* --- the functions behind struct store; see store.h --- */

enum ec lease_take(void *ctx, int64_t now, int64_t ttl_ms, struct err *e);
enum ec lease_fence(void *ctx, int64_t now, struct err *e);
void lease_free(void *ctx);
/* Inside a write transaction: still ours? Renews it. */
MUST enum ec lease_hold(struct db *d, int64_t now, struct err *e);

enum ec log_history(void *ctx, const char *identity,
    enum ec (*fn)(void *arg, const struct event *, struct err *), void *arg,
    struct err *e);
enum ec log_note(void *ctx, const struct event *ev, struct err *e);
/* Inside a write transaction. */
MUST enum ec log_add(struct db *d, const struct event *ev, struct err *e);

enum ec words_hold_set(
    void *ctx, const char *identity, const struct hold *h, struct err *e);
enum ec words_hold_get(
    void *ctx, const char *identity, struct hold *ret, struct err *e);
enum ec words_confirm_set(void *ctx, const char *client, const char *key_id,
    int64_t at, const char *by, struct err *e);
enum ec words_confirm_get(void *ctx, const char *client, const char *key_id,
    struct confirmation *ret, struct err *e);
enum ec words_meta_get(
    void *ctx, const char *key, struct buf *ret, struct err *e);
enum ec words_meta_set(
    void *ctx, const char *key, const char *value, struct err *e);
enum ec words_mark(void *ctx, struct buf *ret, struct err *e);
/* Of one kind, each row checked; its sum is added to tally, if not NULL. */
MUST enum ec words_of(struct db *d, enum word_kind kind, unsigned char *tally,
    enum ec (*fn)(void *arg, const struct word *, struct err *), void *arg,
    struct err *e);
enum ec words_all(void *ctx,
    enum ec (*fn)(void *arg, const struct word *, struct err *), void *arg,
    struct err *e);

enum ec all_tell(void *ctx,
    enum ec (*row)(void *arg, const struct store_row *, struct err *),
    enum ec (*hold)(void *arg, const struct word *, struct err *), void *arg,
    struct err *e);

#endif
