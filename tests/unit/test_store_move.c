/* store_move: the whole state from one store into another, cut off at every
 * write; with operators who say something meanwhile. */
#include "dynamo_world.h"
#include "rotator/store_move.h"

#define HERE  "sqlite here"
#define THERE "dynamodb there"

struct pair {
	struct conform *table;
	struct conform home; /* a database beside it */
	struct store from, to;
};

static int
pair_make(void **state)
{
	struct pair *p = calloc(1, sizeof(*p));
	void *c = NULL;

	assert_non_null(p);
	assert_int_equal(dynamo_make(&c), 0);
	p->table = c;
	(void)snprintf(p->home.place, sizeof(p->home.place), "%.3900s.state",
	    p->table->place);
	*state = p;
	return 0;
}

static int
pair_end(void **state)
{
	struct pair *p = *state;
	void *c = p->table;

	auto_store(&p->from);
	auto_store(&p->to);
	free(p);
	return dynamo_end(&c);
}

static void
open_both(struct pair *p)
{
	struct err e = { 0 };

	auto_store(&p->from);
	WANT(EC_OK, store_sqlite_open(p->home.place, STORE_RW, &p->from, &e));
	reopen(p->table, &p->to);
}

static void
furnish(struct store *s)
{
	static const char *const names[] = { "shop", "mail", "news" };
	struct hold h = { true, T0, "ann", "Fri\"day\xc3" };
	struct event ev = { .at = T0 + 5, .what = "note", .text = "all\n" };
	struct err e = { 0 };

	WANT(EC_OK, s->lease(s->ctx, T0, TTL, &e));
	for (size_t i = 0; i < COUNT(names); i++) {
		AUTO(rec) struct rec r = { 0 };

		rec_init(&r, names[i]);
		r.next_at = T0 + (int64_t)i;
		(void)snprintf(r.user, sizeof(r.user), "user%zu", i);
		keep(s, &r, "one");
		keep(s, &r, "two");
	}
	WANT(EC_OK, s->note(s->ctx, &ev, &e));
	WANT(EC_OK, s->hold_set(s->ctx, "shop", &h, &e));
	WANT(EC_OK, s->hold_set(s->ctx, "mail", &h, &e));
	WANT(EC_OK, s->confirm_set(s->ctx, "web", "AKIA1", T0, "ann", &e));
	WANT(EC_OK, s->meta_set(s->ctx, "config-hash", "1", &e));
	s->unlease(s->ctx);
}

/* All that a store holds but versions and what it says about itself, as text.
 */
static enum ec
text_row(void *arg, const struct store_row *row, struct err *e)
{
	AUTO(rec) struct rec r = { 0 };

	TRY(rec_decode(row->body, &r, e));
	r.version = 0;
	return rec_encode(&r, arg, e);
}

static enum ec
text_word(void *arg, const struct word *w, struct err *e)
{
	if (w->kind == WORD_META && strcmp(w->name, STORE_MOVED) == 0)
		return EC_OK;
	return add_word(arg, w, e);
}

static void
text_of(struct store *s, struct buf *ret)
{
	struct err e = { 0 };

	WANT(EC_OK, s->each(s->ctx, INT64_MAX, text_row, ret, &e));
	WANT(EC_OK, s->history(s->ctx, NULL, add_event, ret, &e));
	WANT(EC_OK, s->words(s->ctx, text_word, ret, &e));
}

static void
assert_mark(struct store *s, const char *want)
{
	AUTO(buf) struct buf b = BUF(4096);
	struct err e = { 0 };

	assert_true(s->meta_get(s->ctx, STORE_MOVED, &b, &e) != EC_DAMAGED);
	assert_string_equal(buf_str(&b), want);
}

static void
assert_moved(struct pair *p)
{
	AUTO(buf) struct buf x = BUF(1 << 20);
	AUTO(buf) struct buf y = BUF(1 << 20);

	open_both(p);
	text_of(&p->from, &x);
	text_of(&p->to, &y);
	assert_string_equal(buf_str(&x), buf_str(&y));
	assert_mark(&p->from, "to " THERE);
	assert_mark(&p->to, "");
}

static enum ec
move(struct pair *p, struct moved *n, struct err *e)
{
	return store_move(&(struct store_end){ &p->from, HERE },
	    &(struct store_end){ &p->to, THERE }, T0, TTL, n, e);
}

/* What was kept of the configuration that names the one is nothing for the
 * other, and may be too large for it. */
static void
test_own_words(void **state)
{
	static char names[500 * 1000];
	AUTO(buf) struct buf b = BUF(sizeof(names));
	struct pair *p = *state;
	struct moved n = { 0 };
	struct err e = { 0 };

	memset(names, 'x', sizeof(names) - 1);
	open_both(p);
	furnish(&p->from);
	WANT(EC_OK, p->from.meta_set(p->from.ctx, "roster", names, &e));
	WANT(EC_OK, p->from.meta_set(p->from.ctx, "quiet", "until", &e));
	WANT(EC_OK, move(p, &n, &e));
	assert_int_equal(n.words, 4);
	WANT(EC_GONE, p->to.meta_get(p->to.ctx, "roster", &b, &e));
	WANT(EC_GONE, p->to.meta_get(p->to.ctx, "quiet", &b, &e));
}

static void
test_move(void **state)
{
	struct pair *p = *state;
	struct moved n = { 0 };
	struct err e = { 0 };

	open_both(p);
	furnish(&p->from);
	WANT(EC_OK, move(p, &n, &e));
	assert_int_equal(n.records, 3);
	assert_int_equal(n.events, 7);
	assert_int_equal(n.words, 4);
	assert_int_equal(n.written, 14);
	assert_moved(p);
	WANT(EC_OK, move(p, &n, &e));
	assert_true(n.before);
	/* both leases were given back */
	WANT(EC_OK, p->from.lease(p->from.ctx, T0, TTL, &e));
	WANT(EC_OK, p->to.lease(p->to.ctx, T0, TTL, &e));
}

/* Is exactly one, or none, of both in use? An unmarked source is. */
static void
assert_one_at_most(struct pair *p)
{
	AUTO(buf) struct buf from = BUF(4096);
	AUTO(buf) struct buf to = BUF(4096);
	struct err e = { 0 };

	open_both(p);
	(void)!p->from.meta_get(p->from.ctx, STORE_MOVED, &from, &e);
	(void)!p->to.meta_get(p->to.ctx, STORE_MOVED, &to, &e);
	if (from.len > 0) { /* gone from there: all of it is here */
		AUTO(buf) struct buf x = BUF(1 << 20);
		AUTO(buf) struct buf y = BUF(1 << 20);

		text_of(&p->from, &x);
		text_of(&p->to, &y);
		assert_string_equal(buf_str(&x), buf_str(&y));
	} else {
		/* nothing here yet, or it says that it is half of it */
		AUTO(buf) struct buf y = BUF(1 << 20);

		text_of(&p->to, &y);
		assert_true(y.len == 0 || to.len > 0);
	}
}

/* Cut off for good at each write into the table, and then once more. */
static void
test_cut(void **state)
{
	struct moved n;
	struct err e = { 0 };
	bool whole = false;
	int cuts = 0;

	for (int at = 0; !whole; at++) {
		struct pair *p = *state;
		char json[128];

		open_both(p);
		furnish(&p->from);
		(void)snprintf(json, sizeof(json),
		    "{\"at\":\"TransactWriteItems\",\"how\":\"cut\","
		    "\"after\":%d}",
		    at);
		standin_post(&door, "/strict/fault", json);
		whole = move(p, &n, &e) == EC_OK;
		standin_post(&door, "/strict/clear", "{}");
		cuts += whole ? 0 : 1;
		assert_one_at_most(p);
		/* its lease in the table was not given back */
		if (!whole) {
			dynamo_now = T0 + TTL;
			(void)!move(p, &n, &e);
			WANT(EC_OK,
			    store_move(&(struct store_end){ &p->from, HERE },
				&(struct store_end){ &p->to, THERE },
				T0 + 3 * TTL, TTL, &n, &e));
		}
		assert_moved(p);
		assert_int_equal(pair_end(state), 0);
		assert_int_equal(pair_make(state), 0);
		assert_true(at < 60);
	}
	assert_true(cuts > 15); /* writes of one move */
}

/* A copy of an earlier try is brought up to date: the source went on. */
static void
test_gone_on(void **state)
{
	struct pair *p = *state;
	AUTO(rec) struct rec r = { 0 };
	const struct hold none = { .held = false };
	struct moved n;
	struct err e = { 0 };

	open_both(p);
	furnish(&p->from);
	standin_post(&door, "/strict/fault",
	    "{\"at\":\"TransactWriteItems\",\"how\":\"error\",\"code\":"
	    "\"AccessDeniedException\",\"after\":16,\"times\":1}");
	WANT(EC_DENIED, move(p, &n, &e));
	standin_post(&door, "/strict/clear", "{}");
	WANT(EC_OK, p->from.lease(p->from.ctx, T0, TTL, &e));
	WANT(EC_OK, p->from.load(p->from.ctx, "mail", &r, &e));
	keep(&p->from, &r, "three");
	p->from.unlease(p->from.ctx);
	WANT(EC_OK, p->from.hold_set(p->from.ctx, "mail", &none, &e));
	WANT(EC_OK, p->from.meta_set(p->from.ctx, "config-hash", "2", &e));
	WANT(EC_OK, move(p, &n, &e));
	assert_moved(p);
}

static void
test_refused(void **state)
{
	struct pair *p = *state;
	AUTO(store) struct store other = { 0 };
	struct event ev = { .at = T0, .what = "x" };
	struct moved n;
	struct err e = { 0 };

	open_both(p);
	furnish(&p->from);
	/* somebody rotates, here or there */
	WANT(EC_OK, store_sqlite_open(p->home.place, STORE_RW, &other, &e));
	WANT(EC_OK, other.lease(other.ctx, T0, TTL, &e));
	WANT(EC_BUSY, move(p, &n, &e));
	other.unlease(other.ctx);
	reopen(p->table, &other);
	WANT(EC_OK, other.lease(other.ctx, T0, TTL, &e));
	WANT(EC_BUSY, move(p, &n, &e));
	other.unlease(other.ctx);
	WANT(EC_BUSY, p->from.fence(p->from.ctx, T0, &e)); /* given back */
	/* one of both belongs to another move */
	WANT(EC_OK, p->to.meta_set(p->to.ctx, STORE_MOVED, "from x", &e));
	WANT(EC_CONFLICT, move(p, &n, &e));
	WANT(EC_OK, p->to.meta_set(p->to.ctx, STORE_MOVED, "", &e));
	WANT(EC_OK, p->from.meta_set(p->from.ctx, STORE_MOVED, "to x", &e));
	WANT(EC_CONFLICT, move(p, &n, &e));
	WANT(EC_OK, p->from.meta_set(p->from.ctx, STORE_MOVED, "", &e));
	/* not empty */
	WANT(EC_OK, p->to.note(p->to.ctx, &ev, &e));
	WANT(EC_CONFLICT, move(p, &n, &e));
	assert_non_null(strstr(e.what, "is not empty"));
	assert_mark(&p->from, "");
	assert_mark(&p->to, "");
}

/* Each that the target may hold for itself makes it another one. */
static void
test_not_empty(void **state)
{
	struct hold h = { true, T0, "ann", "x" };
	struct moved n;
	struct err e = { 0 };

	for (int i = 0; i < 4; i++) {
		struct pair *p = *state;
		AUTO(rec) struct rec r = { 0 };

		open_both(p);
		furnish(&p->from);
		rec_init(&r, "else");
		if (i == 0) {
			WANT(EC_OK, p->to.lease(p->to.ctx, T0, TTL, &e));
			WANT(EC_OK, p->to.commit(p->to.ctx, T0, &r, NULL, &e));
			p->to.unlease(p->to.ctx);
		} else if (i == 1) {
			WANT(EC_OK, p->to.hold_set(p->to.ctx, "x", &h, &e));
		} else if (i == 2) {
			WANT(EC_OK,
			    p->to.confirm_set(
				p->to.ctx, "x", "K", T0, "x", &e));
		} else {
			WANT(EC_OK, p->to.meta_set(p->to.ctx, "x", "", &e));
		}
		WANT(EC_CONFLICT, move(p, &n, &e));
		assert_int_equal(pair_end(state), 0);
		assert_int_equal(pair_make(state), 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(t) cmocka_unit_test_setup_teardown(t, pair_make, pair_end)
		T(test_move),
		T(test_own_words),
		T(test_cut),
		T(test_gone_on),
		T(test_refused),
		T(test_not_empty),
	};
	struct err e;

	(void)umask(077);
	if (secret_init(&e) != EC_OK)
		return 1;
	door_open("moto");
	return cmocka_run_group_tests_name(
	    "store move", tests, dynamo_begin, dynamo_finish);
}
