/*
 * store_words: what the operator said (holds, confirmations), and small
 * values of the program. Written without the lease. "Not held" is believed
 * only of a database that was verified: a lost hold could cost a key.
 */
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "rotator/store_p.h"

struct hold_arg {
	const char *identity;
	const struct hold *hold;
};

static enum ec
set_hold(struct db *d, void *arg, struct err *e)
{
	const struct hold_arg *a = arg;

	TRY(db_run(d, Q_HOLD_TALLY, e, "s", a->identity)); /* old one out */
	if (!a->hold->held)
		return db_run(d, Q_HOLD_DROP, e, "s", a->identity);
	TRY(db_run(d, Q_HOLD_PUT, e, "siss", a->identity, a->hold->since,
	    a->hold->by, a->hold->reason));
	return db_run(d, Q_HOLD_TALLY, e, "s", a->identity);
}

enum ec
words_hold_set(
    void *ctx, const char *identity, const struct hold *h, struct err *e)
{
	struct hold_arg a = { identity, h };

	return db_write(ctx, set_hold, &a, e);
}

enum ec
words_hold_get(void *ctx, const char *identity, struct hold *ret, struct err *e)
{
	AUTO(query) sqlite3_stmt *q = NULL;
	struct hold h = { 0 };
	struct db *d = ctx;

	TRY(db_query(d, Q_HOLD, &q, e, "s", identity));
	TRY(db_step(d, q, &h.held, e));
	if (h.held && sqlite3_column_int(q, 3) != 1)
		return db_damaged(d, e, "the hold of %s was altered", identity);
	if (h.held) {
		h.since = sqlite3_column_int64(q, 0);
		(void)snprintf(h.by, sizeof(h.by), "%s", db_text(q, 1));
		(void)snprintf(h.reason, sizeof(h.reason), "%s", db_text(q, 2));
	}
	auto_query(&q);
	if (!h.held)
		TRY(db_verify(d, e));
	*ret = h;
	return EC_OK;
}

struct confirm_arg {
	const char *client, *key_id, *by;
	int64_t at;
};

static enum ec
set_confirm(struct db *d, void *arg, struct err *e)
{
	const struct confirm_arg *a = arg;

	return db_run(
	    d, Q_CONFIRM_PUT, e, "ssis", a->client, a->key_id, a->at, a->by);
}

enum ec
words_confirm_set(void *ctx, const char *client, const char *key_id, int64_t at,
    const char *by, struct err *e)
{
	struct confirm_arg a = { client, key_id, by, at };

	return db_write(ctx, set_confirm, &a, e);
}

/* A confirmation that is lost is asked for again: no need to verify. */
enum ec
words_confirm_get(void *ctx, const char *client, const char *key_id,
    struct confirmation *ret, struct err *e)
{
	AUTO(query) sqlite3_stmt *q = NULL;
	struct confirmation c = { 0 };
	struct db *d = ctx;

	TRY(db_query(d, Q_CONFIRM, &q, e, "ss", client, key_id));
	TRY(db_step(d, q, &c.confirmed, e));
	if (c.confirmed && sqlite3_column_int(q, 2) != 1)
		return db_damaged(
		    d, e, "the confirmation of %s was altered", client);
	if (c.confirmed) {
		c.at = sqlite3_column_int64(q, 0);
		(void)snprintf(c.by, sizeof(c.by), "%s", db_text(q, 1));
	}
	*ret = c;
	return EC_OK;
}

enum ec
words_meta_get(void *ctx, const char *key, struct buf *ret, struct err *e)
{
	AUTO(query) sqlite3_stmt *q = NULL;
	struct db *d = ctx;
	bool row;

	TRY(db_query(d, Q_META, &q, e, "s", key));
	TRY(db_step(d, q, &row, e));
	if (!row) {
		(void)fail(e, EC_GONE, "%.300s: no \"%s\"", d->path, key);
		return fix(e, "it is set by the first run of rotate");
	}
	if (sqlite3_column_int(q, 1) != 1)
		return db_damaged(d, e, "\"%s\" was altered", key);
	return buf_adds(ret, db_text(q, 0), e);
}

struct meta_arg {
	const char *key, *value;
};

static enum ec
set_meta(struct db *d, void *arg, struct err *e)
{
	const struct meta_arg *a = arg;

	return db_run(d, Q_META_PUT, e, "ss", a->key, a->value);
}

enum ec
words_meta_set(void *ctx, const char *key, const char *value, struct err *e)
{
	struct meta_arg a = { key, value };

	return db_write(ctx, set_meta, &a, e);
}

enum ec
words_mark(void *ctx, struct buf *ret, struct err *e)
{
	AUTO(query) sqlite3_stmt *q = NULL;
	struct db *d = ctx;
	bool row;

	TRY(db_query(d, Q_MARK, &q, e, ""));
	TRY(db_step(d, q, &row, e));
	if (!row)
		return db_damaged(d, e, "it has lost its root");
	return buf_adds(ret, db_text(q, 0), e);
}

/* Where each kind of word comes from; all give the same columns. */
static const enum query word_queries[] = {
	[WORD_HOLD] = Q_HOLDS,
	[WORD_CONFIRM] = Q_CONFIRMS,
	[WORD_META] = Q_METAS,
};

static enum ec
one_word(struct db *d, sqlite3_stmt *q, struct word *w, struct err *e)
{
	w->name = db_text(q, 0);
	w->key = db_text(q, 1);
	w->at = sqlite3_column_int64(q, 2);
	w->by = db_text(q, 3);
	w->text = db_text(q, 4);
	return sqlite3_column_int(q, 5) == 1
	    ? EC_OK
	    : db_damaged(d, e, "\"%s\" was altered", w->name);
}

enum ec
words_of(struct db *d, enum word_kind kind, unsigned char *tally,
    enum ec (*fn)(void *arg, const struct word *, struct err *), void *arg,
    struct err *e)
{
	AUTO(query) sqlite3_stmt *q = NULL;
	struct word w = { .kind = kind };
	bool row;

	TRY(db_query(d, word_queries[kind], &q, e, ""));
	for (;;) {
		TRY(db_step(d, q, &row, e));
		if (!row)
			return EC_OK;
		TRY(one_word(d, q, &w, e));
		if (tally != NULL)
			db_mix(tally, q, 6);
		TRY(fn(arg, &w, e));
	}
}

enum ec
words_all(void *ctx,
    enum ec (*fn)(void *arg, const struct word *, struct err *), void *arg,
    struct err *e)
{
	struct db *d = ctx;

	TRY(db_verify(d, e));
	for (size_t k = 0; k < COUNT(word_queries); k++)
		TRY(words_of(d, (enum word_kind)k, NULL, fn, arg, e));
	return EC_OK;
}
