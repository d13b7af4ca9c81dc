/*
 * store_move: see store_move.h. It is one function, run until it finds
 * nothing to do: make() writes what differs, and with `check` set it is the
 * comparison. So a second run after a crash goes on where the first one
 * ended, and a hold that an operator sets meanwhile is brought along.
 */
#include "rotator/store_move.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/auto.h"

#define SUM       32
#define SUMS_MAX  ((size_t)512 * 1024 * 1024)
#define BODY_MAX  ((size_t)16 * 1024 * 1024)
#define NAMES_MAX ((size_t)16 * 1024 * 1024)
#define ROUNDS    5

struct move {
	struct store *from, *to;
	int64_t now;
	bool check;      /* change nothing: a difference is a failure */
	struct buf sums; /* of the target's events, SUM bytes each */
	struct moved n;
};

static enum ec
differs(struct move *m, struct err *e, const char *kind, const char *name)
{
	m->n.written++;
	if (!m->check)
		return EC_OK;
	(void)fail(e, EC_DAMAGED,
	    "%s %.80s does not read back as it was written", kind, name);
	return fix(e, "the source is unchanged; rotate store move  again");
}

/* ---- records ----------------------------------------------------------- */

static enum ec
same_record(const struct rec *a, const struct rec *b, bool *ret, struct err *e)
{
	AUTO(buf) struct buf x = BUF(BODY_MAX);
	AUTO(buf) struct buf y = BUF(BODY_MAX);
	struct rec copy = *b; /* borrows the clients */

	copy.version = a->version;
	TRY(rec_encode(a, &x, e));
	TRY(rec_encode(&copy, &y, e));
	*ret = strcmp(buf_str(&x), buf_str(&y)) == 0;
	return EC_OK;
}

static enum ec
one_record(void *arg, const struct store_row *row, struct err *e)
{
	AUTO(rec) struct rec r = { 0 };
	AUTO(rec) struct rec there = { 0 };
	struct move *m = arg;
	bool same = false;
	enum ec ec;

	m->n.records++;
	TRY(m->from->load(m->from->ctx, row->identity, &r, e));
	ec = m->to->load(m->to->ctx, row->identity, &there, e);
	if (ec == EC_OK)
		TRY(same_record(&r, &there, &same, e));
	else if (ec != EC_GONE)
		return ec;
	if (same)
		return EC_OK;
	TRY(differs(m, e, "the record of", row->identity));
	r.version = ec == EC_OK ? there.version : 0;
	return m->to->commit(m->to->ctx, m->now, &r, NULL, e);
}

static enum ec
foreign(struct err *e, const char *kind, const char *name)
{
	(void)fail(e, EC_CONFLICT,
	    "the target has %s %.80s, which the source has not", kind, name);
	return fix(e, "name an empty one; nothing was changed in the source");
}

static enum ec
only_there(void *arg, const struct store_row *row, struct err *e)
{
	AUTO(rec) struct rec r = { 0 };
	struct move *m = arg;
	const enum ec ec = m->from->load(m->from->ctx, row->identity, &r, e);

	return ec == EC_GONE ? foreign(e, "a record of", row->identity) : ec;
}

static enum ec
records(struct move *m, struct err *e)
{
	TRY(m->from->each(m->from->ctx, INT64_MAX, one_record, m, e));
	return m->to->each(m->to->ctx, INT64_MAX, only_there, m, e);
}

/* ---- events ------------------------------------------------------------ */

static enum ec
sum_of(const struct event *ev, unsigned char ret[SUM], struct err *e)
{
	AUTO(buf) struct buf b = BUF(BODY_MAX);

	TRY(buf_addf(&b, e, "%" PRIu64 " %" PRId64 " %zu %zu ", ev->seq, ev->at,
	    strlen(ev->identity), strlen(ev->what)));
	TRY(buf_adds(&b, ev->identity, e));
	TRY(buf_adds(&b, ev->what, e));
	TRY(buf_adds(&b, ev->text, e));
	return EVP_Digest(b.p, b.len, ret, NULL, EVP_sha256(), NULL) == 1
	    ? EC_OK
	    : fail(e, EC_NOMEM, "no memory for a checksum");
}

static enum ec
remember(void *arg, const struct event *ev, struct err *e)
{
	struct move *m = arg;
	unsigned char sum[SUM];

	TRY(sum_of(ev, sum, e));
	return buf_add(&m->sums, sum, SUM, e);
}

static enum ec
one_event(void *arg, const struct event *ev, struct err *e)
{
	struct move *m = arg;
	const size_t at = m->n.events++ * SUM;
	unsigned char sum[SUM];
	char name[32];

	TRY(sum_of(ev, sum, e));
	if (at < m->sums.len && memcmp(m->sums.p + at, sum, SUM) == 0)
		return EC_OK;
	(void)snprintf(name, sizeof(name), "%" PRIu64, ev->seq);
	if (at < m->sums.len)
		return foreign(e, "an event", name);
	TRY(differs(m, e, "event", name));
	return m->to->note(m->to->ctx, ev, e);
}

static enum ec
events(struct move *m, struct err *e)
{
	buf_cut(&m->sums, 0);
	TRY(m->to->history(m->to->ctx, NULL, remember, m, e));
	TRY(m->from->history(m->from->ctx, NULL, one_event, m, e));
	return m->n.events * SUM >= m->sums.len
	    ? EC_OK
	    : foreign(e, "more events", "than those");
}

/* ---- words ------------------------------------------------------------- */

static bool
about_itself(const struct word *w)
{
	return w->kind == WORD_META &&
	    (strcmp(w->name, STORE_MOVED) == 0 ||
		strcmp(w->name, STORE_SEAL) == 0);
}

static enum ec
same_hold(struct store *s, const struct word *w, bool *ret, struct err *e)
{
	struct hold h = { .held = false };

	TRY(s->hold_get(s->ctx, w->name, &h, e));
	*ret = h.held && h.since == w->at && strcmp(h.by, w->by) == 0 &&
	    strcmp(h.reason, w->text) == 0;
	return EC_OK;
}

static enum ec
same_confirm(struct store *s, const struct word *w, bool *ret, struct err *e)
{
	struct confirmation c = { .confirmed = false };

	TRY(s->confirm_get(s->ctx, w->name, w->key, &c, e));
	*ret = c.confirmed && c.at == w->at && strcmp(c.by, w->by) == 0;
	return EC_OK;
}

static enum ec
same_meta(struct store *s, const struct word *w, bool *ret, struct err *e)
{
	AUTO(buf) struct buf b = BUF(BODY_MAX);
	const enum ec ec = s->meta_get(s->ctx, w->name, &b, e);

	*ret = ec == EC_OK && strcmp(buf_str(&b), w->text) == 0;
	return ec == EC_GONE ? EC_OK : ec;
}

static enum ec
put_hold(struct store *s, const struct word *w, struct err *e)
{
	struct hold h = { .held = true, .since = w->at };

	(void)snprintf(h.by, sizeof(h.by), "%s", w->by);
	(void)snprintf(h.reason, sizeof(h.reason), "%s", w->text);
	return s->hold_set(s->ctx, w->name, &h, e);
}

static enum ec
put_confirm(struct store *s, const struct word *w, struct err *e)
{
	return s->confirm_set(s->ctx, w->name, w->key, w->at, w->by, e);
}

static enum ec
put_meta(struct store *s, const struct word *w, struct err *e)
{
	return s->meta_set(s->ctx, w->name, w->text, e);
}

static const struct word_way {
	const char *title;
	enum ec (*same)(
	    struct store *s, const struct word *w, bool *ret, struct err *e);
	enum ec (*put)(struct store *s, const struct word *w, struct err *e);
} ways[] = {
	[WORD_HOLD] = { "the hold of", same_hold, put_hold },
	[WORD_CONFIRM] = { "the confirmation of", same_confirm, put_confirm },
	[WORD_META] = { "the value", same_meta, put_meta },
};

static enum ec
one_word(void *arg, const struct word *w, struct err *e)
{
	struct move *m = arg;
	bool same = false;

	if (about_itself(w))
		return EC_OK;
	m->n.words++;
	TRY(ways[w->kind].same(m->to, w, &same, e));
	if (same)
		return EC_OK;
	TRY(differs(m, e, ways[w->kind].title, w->name));
	return ways[w->kind].put(m->to, w, e);
}

struct extra {
	struct move *m;
	struct buf holds; /* names, each with its NUL */
};

static void
auto_extra(struct extra *x)
{
	buf_free(&x->holds);
}

static enum ec
extra_word(void *arg, const struct word *w, struct err *e)
{
	struct extra *x = arg;
	bool same = false;

	if (about_itself(w))
		return EC_OK;
	TRY(ways[w->kind].same(x->m->from, w, &same, e));
	if (same)
		return EC_OK;
	if (w->kind != WORD_HOLD)
		return foreign(e, ways[w->kind].title, w->name);
	TRY(differs(x->m, e, ways[w->kind].title, w->name));
	return buf_add(&x->holds, w->name, strlen(w->name) + 1, e);
}

/* A hold that was lifted after an earlier, interrupted move. */
static enum ec
lift(struct move *m, struct err *e)
{
	AUTO(extra) struct extra x = { .m = m, .holds = BUF(NAMES_MAX) };
	const struct hold none = { .held = false };

	TRY(m->to->words(m->to->ctx, extra_word, &x, e));
	for (size_t at = 0; at < x.holds.len; at += strlen(x.holds.p + at) + 1)
		TRY(m->to->hold_set(m->to->ctx, x.holds.p + at, &none, e));
	return EC_OK;
}

static enum ec
words(struct move *m, struct err *e)
{
	TRY(m->from->words(m->from->ctx, one_word, m, e));
	return lift(m, e);
}

/* ---- all of it --------------------------------------------------------- */

static enum ec
make(struct move *m, bool check, struct err *e)
{
	m->check = check;
	m->n = (struct moved){ .records = 0 };
	TRY(records(m, e));
	TRY(events(m, e));
	return words(m, e);
}

/* Until nothing differs. Holds and events of operators come without a lease.
 */
static enum ec
settle(struct move *m, size_t *written, struct err *e)
{
	for (int n = 0; n < ROUNDS; n++) {
		TRY(make(m, false, e));
		*written += m->n.written;
		if (m->n.written == 0)
			return EC_OK;
	}
	return make(m, true, e);
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
	*empty = *empty && about_itself(w);
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
	TRY(make(m, true, e));
	TRY(from->store->fence(from->store->ctx, m->now, e));
	TRY(to->store->fence(to->store->ctx, m->now, e));
	TRY(set_mark(from->store, "to ", to->where, e));
	/* Nobody opens the source any more; what came before is brought. */
	TRY(settle(m, &written, e));
	TRY(make(m, true, e));
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
