/*
 * store_all: every record and every hold in one reading.
 *
 * What load() and hold_get() find out for each identity by itself is found
 * here for all of them: each row by its checksum, and that none is missing by
 * the tallies in `root`, added up on the way. That is what was told, and it is
 * proved; the pages and indexes beside it, which db_verify() looks at before
 * an absence is believed, are not looked at.
 */
#include <string.h>

#include "base/auto.h"
#include "rotator/store_p.h"

struct telling {
	enum ec (*row)(void *arg, const struct store_row *, struct err *);
	enum ec (*hold)(void *arg, const struct word *, struct err *);
	void *arg;
};

static enum ec
read_row(struct db *d, sqlite3_stmt *q, struct store_row *ret, struct err *e)
{
	ret->identity = db_text(q, 0);
	ret->version = (uint64_t)sqlite3_column_int64(q, 1);
	ret->next_at = sqlite3_column_int64(q, 3);
	ret->body = db_text(q, 4);
	if (sqlite3_column_int(q, 5) == 1 &&
	    rot_state_find(db_text(q, 2), &ret->state))
		return EC_OK;
	return db_damaged(d, e, "the record of %s was altered", ret->identity);
}

static enum ec
records(struct db *d, const struct telling *t, unsigned char sum[DB_SUM_LEN],
    struct err *e)
{
	AUTO(query) sqlite3_stmt *q = NULL;
	struct store_row row = { .identity = NULL };
	bool there;

	TRY(db_query(d, Q_RECORDS, &q, e, ""));
	for (;;) {
		TRY(db_step(d, q, &there, e));
		if (!there)
			return EC_OK;
		TRY(read_row(d, q, &row, e));
		db_mix(sum, q, 6);
		TRY(t->row(t->arg, &row, e));
	}
}

/* Of what was added up, nothing must remain beside what was written. */
static enum ec
complete(struct db *d, unsigned char rows[DB_SUM_LEN],
    unsigned char holds[DB_SUM_LEN], struct err *e)
{
	static const unsigned char none[DB_SUM_LEN];
	AUTO(query) sqlite3_stmt *q = NULL;
	bool there;

	TRY(db_query(d, Q_TALLIES, &q, e, ""));
	TRY(db_step(d, q, &there, e));
	if (!there || sqlite3_column_bytes(q, 0) != DB_SUM_LEN ||
	    sqlite3_column_bytes(q, 1) != DB_SUM_LEN)
		return db_damaged(d, e, "it has lost its root");
	db_mix(rows, q, 0);
	db_mix(holds, q, 1);
	if (memcmp(rows, none, DB_SUM_LEN) != 0)
		return db_damaged(d, e, "a record is missing");
	if (memcmp(holds, none, DB_SUM_LEN) != 0)
		return db_damaged(d, e, "a hold is missing");
	return EC_OK;
}

static enum ec
tell(struct db *d, void *arg, struct err *e)
{
	unsigned char rows[DB_SUM_LEN] = { 0 }, holds[DB_SUM_LEN] = { 0 };
	const struct telling *t = arg;

	TRY(records(d, t, rows, e));
	TRY(words_of(d, WORD_HOLD, holds, t->hold, t->arg, e));
	return complete(d, rows, holds, e);
}

enum ec
all_tell(void *ctx,
    enum ec (*row)(void *arg, const struct store_row *, struct err *),
    enum ec (*hold)(void *arg, const struct word *, struct err *), void *arg,
    struct err *e)
{
	struct telling t = { row, hold, arg };

	return db_read(ctx, tell, &t, e);
}
