/*
 * store_move: see store_move.h. Who may be the ends of a move, and in which
 * order it is said that the state has gone from one to the other.
 */
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "rotator/store_move_p.h"

#define SUMS_MAX ((size_t)512 * 1024 * 1024)
#define ROUNDS   5

/* Until nothing differs. Holds and events of operators come without a lease.
 */
static enum ec
settle(struct move *m, size_t *written, struct err *e)
{
	for (int n = 0; n < ROUNDS; n++) {
		TRY(move_make(m, false, e));
		*written += m->n.written;
		if (m->n.written == 0)
			return EC_OK;
	}
	return move_make(m, true, e);
}

static enum ec
mark_of(struct store *s, struct buf *ret, struct err *e)
{
	const enum ec ec = s->meta_get(s->ctx, STORE_MOVED, ret, e);

	return ec == EC_GONE ? EC_OK : ec;
}

static enum ec
set_mark(struct store *s, const char *which, const char *where, struct err *e)
{
	AUTO(buf) struct buf b = BUF(4096);

	TRY(buf_addf(&b, e, "%s%s", which, where));
	return s->meta_set(s->ctx, STORE_MOVED, buf_str(&b), e);
}

static bool
says(const struct buf *mark, const char *which, const char *where)
{
	const size_t n = strlen(which);

	return strncmp(buf_str(mark), which, n) == 0 &&
	    strcmp(buf_str(mark) + n, where) == 0;
}

static enum ec
no_word(void *arg, const struct word *w, struct err *e)
{
	bool *empty = arg;

	(void)e;
	*empty = *empty && move_about_itself(w);
	return EC_OK;
}

static enum ec
no_row(void *arg, const struct store_row *row, struct err *e)
{
	bool *empty = arg;

	(void)row;
	(void)e;
	*empty = false;
	return EC_OK;
}

static enum ec
no_event(void *arg, const struct event *ev, struct err *e)
{
	bool *empty = arg;

	(void)ev;
	(void)e;
	*empty = false;
	return EC_OK;
}

static enum ec
is_empty(struct store *s, bool *ret, struct err *e)
{
	*ret = true;
	TRY(s->each(s->ctx, INT64_MAX, no_row, ret, e));
	TRY(s->history(s->ctx, NULL, no_event, ret, e));
	return s->words(s->ctx, no_word, ret, e);
}

static enum ec
not_this_one(const struct store_end *s, const struct buf *mark, struct err *e)
{
	(void)fail(e, EC_CONFLICT, "%.150s: its state was moved %.150s",
	    s->where, buf_str(mark));
	return fix(e, "rotate store move  between those two first");
}

/* May these two be the ends of a move, begun now or before? */
static enum ec
ends(const struct store_end *from, const struct store_end *to, bool *ret_done,
    struct err *e)
{
	AUTO(buf) struct buf source = BUF(4096);
	AUTO(buf) struct buf target = BUF(4096);
	bool empty = false, begun;

	TRY(mark_of(from->store, &source, e));
	TRY(mark_of(to->store, &target, e));
	begun = says(&target, "from ", from->where);
	*ret_done = says(&source, "to ", to->where) && target.len == 0;
	if (source.len > 0 && !says(&source, "to ", to->where))
		return not_this_one(from, &source, e);
	if (target.len > 0 && !begun)
		return not_this_one(to, &target, e);
	if (begun || *ret_done)
		return EC_OK;
	TRY(is_empty(to->store, &empty, e));
	if (empty)
		return set_mark(to->store, "from ", from->where, e);
	(void)fail(e, EC_CONFLICT, "%.300s: is not empty", to->where);
	return fix(e,
	    "name an empty table in store.table; a database that was moved "
	    "before is put aside:  mv STATE/rotate.db STATE/spare ELSEWHERE");
}

static enum ec
carry(const struct store_end *from, const struct store_end *to, struct move *m,
    struct err *e)
{
	size_t written = 0;
	bool done = false;

	TRY(ends(from, to, &done, e));
	m->n.before = done;
	if (done)
		return EC_OK;
	TRY(settle(m, &written, e));
	TRY(move_make(m, true, e));
	TRY(from->store->fence(from->store->ctx, m->now, e));
	TRY(to->store->fence(to->store->ctx, m->now, e));
	TRY(set_mark(from->store, "to ", to->where, e));
	/* Nobody opens the source any more; what came before is brought. */
	TRY(settle(m, &written, e));
	TRY(move_make(m, true, e));
	m->n.written = written;
	return set_mark(to->store, "", "", e);
}

enum ec
store_move(const struct store_end *from, const struct store_end *to,
    int64_t now, int64_t ttl, struct moved *ret, struct err *e)
{
	struct move m = { .from = from->store,
		.to = to->store,
		.now = now,
		.sums = BUF(SUMS_MAX) };
	enum ec ec;

	TRY(m.from->lease(m.from->ctx, now, ttl, e));
	ec = m.to->lease(m.to->ctx, now, ttl, e);
	if (ec == EC_OK) {
		ec = carry(from, to, &m, e);
		m.to->unlease(m.to->ctx);
	}
	m.from->unlease(m.from->ctx);
	buf_free(&m.sums);
	*ret = m.n;
	return ec;
}
