/*
 * store_move_copy: what is in one store and not, or differently, in another.
 * It is one function, run until it finds nothing to do: move_make() writes
 * what differs, and with `check` set it is the comparison. So a second run
 * after a crash goes on where the first one ended, and a hold that an operator
 * sets meanwhile is brought along.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/auto.h"
#include "rotator/quiet.h"
#include "rotator/roster.h"
#include "rotator/store_move_p.h"

#define SUM       32
#define BODY_MAX  ((size_t)16 * 1024 * 1024)
#define NAMES_MAX ((size_t)16 * 1024 * 1024)

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

/* Also what was kept of a configuration that names this place: the other one
 * has another, and an item of DynamoDB has no room for a large fleet's. */
bool
move_about_itself(const struct word *w)
{
	static const char *const own[] = { STORE_MOVED, STORE_SEAL, QUIET_KEY,
		ROSTER_KEY };

	for (size_t i = 0; w->kind == WORD_META && i < COUNT(own); i++)
		if (strcmp(w->name, own[i]) == 0)
			return true;
	return false;
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

	if (move_about_itself(w))
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

	if (move_about_itself(w))
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

enum ec
move_make(struct move *m, bool check, struct err *e)
{
	m->check = check;
	m->n = (struct moved){ .records = 0 };
	TRY(records(m, e));
	TRY(events(m, e));
	return words(m, e);
}
