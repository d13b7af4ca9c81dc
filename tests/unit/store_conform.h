/*
 * store_conform: what every implementation of struct store must do, as a
 * table of checks. A test program gives a way to open one and the same store
 * again and again, and runs CONFORM_TESTS between its own setup and teardown;
 * *state points to a struct conform in an empty world.
 *
 * Some stores go by the time that is written in a lease, some only by how long
 * they saw it silent themselves: who is to pass over a silent owner here has
 * looked at it before.
 */
#ifndef TESTS_STORE_CONFORM_H
#define TESTS_STORE_CONFORM_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#undef fail /* ours is in base/err.h */

#include "base/auto.h"
#include "rotator/store.h"

#define T0  INT64_C(1763700000000) /* some day in 2025 */
#define TTL INT64_C(60000)

struct conform {
	enum ec (*open)(
	    const struct conform *c, struct store *ret, struct err *e);
	char place[4096 - 128]; /* for open() */
};

/* Says which error it was when it was not the expected one; each error has a
 * remedy. */
static inline void
assert_ec(enum ec got, enum ec want, const struct err *e)
{
	if (got != want)
		print_error("%s, not %s: %s\n", ec_name(got), ec_name(want),
		    got == EC_OK ? "" : e->what);
	assert_int_equal(got, want);
	if (got != EC_OK) {
		assert_int_equal(e->ec, want);
		assert_int_not_equal(e->fix[0], '\0');
	}
}

#define WANT(want, call) assert_ec((call), (want), &e)

static inline void
reopen(const struct conform *c, struct store *s)
{
	struct err e = { 0 };

	auto_store(s);
	WANT(EC_OK, c->open(c, s, &e));
}

static inline void
leased(const struct conform *c, struct store *s)
{
	struct err e = { 0 };

	reopen(c, s);
	WANT(EC_OK, s->lease(s->ctx, T0, TTL, &e));
}

/* A commit that must work, with an event. */
static inline void
keep(struct store *s, struct rec *r, const char *text)
{
	struct event ev = {
		.at = T0, .identity = r->identity, .what = "state", .text = text
	};
	const uint64_t before = r->version;
	struct err e = { 0 };

	WANT(EC_OK, s->commit(s->ctx, T0, r, &ev, &e));
	assert_int_equal(r->version, before + 1);
}

static inline void
assert_loads(
    struct store *s, const char *identity, uint64_t version, const char *user)
{
	AUTO(rec) struct rec r = { 0 };
	struct err e = { 0 };

	WANT(EC_OK, s->load(s->ctx, identity, &r, &e));
	assert_int_equal(r.version, version);
	assert_string_equal(r.user, user);
}

/* Collects what a walk gives, as text. */
static inline enum ec
add_event(void *arg, const struct event *ev, struct err *e)
{
	return buf_addf(arg, e, "%d %s %s %s\n", (int)ev->seq, ev->identity,
	    ev->what, ev->text);
}

static inline enum ec
add_row(void *arg, const struct store_row *row, struct err *e)
{
	AUTO(rec) struct rec r = { 0 };

	TRY(rec_decode(row->body, &r, e));
	assert_string_equal(r.identity, row->identity);
	assert_int_equal(r.state, row->state);
	assert_int_equal(r.next_at, row->next_at);
	return buf_addf(arg, e, "%s ", row->identity);
}

static inline void
assert_events(struct store *s, const char *identity, const char *want)
{
	AUTO(buf) struct buf b = BUF(65536);
	struct err e = { 0 };

	WANT(EC_OK, s->history(s->ctx, identity, add_event, &b, &e));
	assert_string_equal(buf_str(&b), want);
}

static inline void
assert_due(struct store *s, int64_t now, const char *want)
{
	AUTO(buf) struct buf b = BUF(65536);
	struct err e = { 0 };

	WANT(EC_OK, s->each(s->ctx, now, add_row, &b, &e));
	assert_string_equal(buf_str(&b), want);
}

static inline void
conform_empty(void **state)
{
	AUTO(store) struct store s = { 0 };
	AUTO(buf) struct buf b = BUF(100);
	struct hold h = { .held = true };
	struct confirmation c = { .confirmed = true };
	AUTO(rec) struct rec r = { 0 };
	struct err e = { 0 };

	reopen(*state, &s);
	WANT(EC_GONE, s.load(s.ctx, "shop", &r, &e));
	WANT(EC_GONE, s.meta_get(s.ctx, "x", &b, &e));
	WANT(EC_OK, s.hold_get(s.ctx, "shop", &h, &e));
	assert_false(h.held);
	WANT(EC_OK, s.confirm_get(s.ctx, "web", "AKIA", &c, &e));
	assert_false(c.confirmed);
	assert_due(&s, INT64_MAX, "");
	assert_events(&s, NULL, "");
}

static inline void
conform_commit(void **state)
{
	AUTO(store) struct store s = { 0 };
	AUTO(rec) struct rec r = { 0 };
	struct rec_client *c;
	struct err e = { 0 };

	leased(*state, &s);
	rec_init(&r, "shop");
	r.state = ROT_PUSHING;
	(void)snprintf(r.user, sizeof(r.user), "one");
	WANT(EC_OK, rec_client_add(&r, "web", &c, &e));
	keep(&s, &r, "first");
	assert_loads(&s, "shop", 1, "one");
	(void)snprintf(r.user, sizeof(r.user), "two");
	WANT(EC_OK, s.commit(s.ctx, T0, &r, NULL, &e));
	assert_int_equal(r.version, 2);
	assert_loads(&s, "shop", 2, "two");
	s.unlease(s.ctx);
	reopen(*state, &s); /* durable */
	assert_loads(&s, "shop", 2, "two");
	assert_events(&s, NULL, "1 shop state first\n");
}

/* The record or nothing; the event or nothing. */
static inline void
conform_conflict(void **state)
{
	AUTO(store) struct store s = { 0 };
	AUTO(rec) struct rec a = { 0 };
	AUTO(rec) struct rec b = { 0 };
	struct event ev = { .at = T0, .identity = "shop", .what = "x" };
	struct err e = { 0 };

	leased(*state, &s);
	rec_init(&a, "shop");
	keep(&s, &a, "a");
	rec_init(&b, "shop");
	(void)snprintf(b.user, sizeof(b.user), "other");
	WANT(EC_CONFLICT, s.commit(s.ctx, T0, &b, &ev, &e));
	assert_int_equal(b.version, 0);
	b.version = 2;
	WANT(EC_CONFLICT, s.commit(s.ctx, T0, &b, &ev, &e));
	assert_int_equal(b.version, 2);
	assert_loads(&s, "shop", 1, "");
	b.version = 1;
	keep(&s, &b, "b");
	WANT(EC_CONFLICT, s.commit(s.ctx, T0, &a, &ev, &e));
	rec_free(&a);
	rec_init(&a, "new");
	a.version = 7;
	WANT(EC_CONFLICT, s.commit(s.ctx, T0, &a, &ev, &e));
	assert_events(&s, NULL, "1 shop state a\n2 shop state b\n");
}

static inline void
conform_no_lease(void **state)
{
	AUTO(store) struct store s = { 0 };
	AUTO(rec) struct rec r = { 0 };
	struct err e = { 0 };

	reopen(*state, &s);
	rec_init(&r, "shop");
	WANT(EC_BUSY, s.commit(s.ctx, T0, &r, NULL, &e));
	WANT(EC_BUSY, s.fence(s.ctx, T0, &e));
	s.unlease(s.ctx);
	WANT(EC_OK, s.lease(s.ctx, T0, TTL, &e));
	WANT(EC_OK, s.fence(s.ctx, T0, &e));
	s.unlease(s.ctx);
	WANT(EC_BUSY, s.commit(s.ctx, T0, &r, NULL, &e));
	WANT(EC_BUSY, s.fence(s.ctx, T0, &e));
	WANT(EC_GONE, s.load(s.ctx, "shop", &r, &e));
}

static inline void
conform_lease(void **state)
{
	AUTO(store) struct store a = { 0 };
	AUTO(store) struct store b = { 0 };
	struct err e = { 0 };
	char pid[32];

	leased(*state, &a);
	reopen(*state, &b);
	WANT(EC_BUSY, b.lease(b.ctx, T0 + TTL - 1, TTL, &e));
	(void)snprintf(pid, sizeof(pid), "pid %d ", (int)getpid());
	assert_non_null(strstr(e.what, pid));
	assert_non_null(strstr(e.what, "2025-11-21T04:40:00Z"));
	WANT(EC_OK, a.fence(a.ctx, T0 + TTL - 1, &e)); /* renews */
	WANT(EC_BUSY, b.lease(b.ctx, T0 + TTL, TTL, &e));
	WANT(EC_OK, a.lease(a.ctx, T0 + TTL, TTL, &e)); /* again: ours */
	a.unlease(a.ctx);
	WANT(EC_OK, b.lease(b.ctx, T0, TTL, &e));
	WANT(EC_BUSY, a.lease(a.ctx, T0, TTL, &e));
}

/* A commit renews the lease, too. */
static inline void
conform_renew(void **state)
{
	AUTO(store) struct store a = { 0 };
	AUTO(store) struct store b = { 0 };
	AUTO(rec) struct rec r = { 0 };
	struct err e = { 0 };

	leased(*state, &a);
	reopen(*state, &b);
	WANT(EC_BUSY, b.lease(b.ctx, T0, TTL, &e));
	rec_init(&r, "shop");
	WANT(EC_OK, a.commit(a.ctx, T0 + TTL / 2, &r, NULL, &e));
	WANT(EC_BUSY, b.lease(b.ctx, T0 + TTL + 1, TTL, &e));
	WANT(EC_OK, b.lease(b.ctx, T0 + 2 * TTL + 1, TTL, &e));
}

/* Too late is too late, also when the new owner has gone again. */
static inline void
conform_fence(void **state)
{
	AUTO(store) struct store a = { 0 };
	AUTO(store) struct store b = { 0 };
	AUTO(rec) struct rec r = { 0 };
	struct err e = { 0 };

	leased(*state, &a);
	reopen(*state, &b);
	rec_init(&r, "shop");
	keep(&a, &r, "a");
	WANT(EC_BUSY, b.lease(b.ctx, T0, TTL, &e));
	WANT(EC_BUSY, b.lease(b.ctx, T0 + TTL - 1, TTL, &e));
	WANT(EC_OK, b.lease(b.ctx, T0 + TTL, TTL, &e));
	WANT(EC_BUSY, a.fence(a.ctx, T0 + TTL, &e));
	WANT(EC_BUSY, a.commit(a.ctx, T0 + TTL, &r, NULL, &e));
	assert_int_equal(r.version, 1);
	a.unlease(a.ctx); /* takes nothing from b */
	WANT(EC_OK, b.fence(b.ctx, T0 + TTL, &e));
	b.unlease(b.ctx);
	WANT(EC_BUSY, a.fence(a.ctx, T0 + TTL, &e));
	WANT(EC_BUSY, a.commit(a.ctx, T0 + TTL, &r, NULL, &e));
	WANT(EC_OK, a.lease(a.ctx, T0 + TTL, TTL, &e));
	WANT(EC_OK, a.commit(a.ctx, T0 + TTL, &r, NULL, &e));
}

static enum ec
commit_again(void *arg, const struct store_row *row, struct err *e)
{
	AUTO(rec) struct rec r = { 0 };
	struct store *s = arg;

	TRY(s->load(s->ctx, row->identity, &r, e));
	r.next_at = T0 + 1000;
	return s->commit(s->ctx, T0, &r, NULL, e);
}

static inline enum ec
refuse_row(void *arg, const struct store_row *row, struct err *e)
{
	int *calls = arg;

	(*calls)++;
	(void)fail(e, EC_HUMAN, "%s", row->identity);
	return fix(e, "nothing");
}

static inline void
conform_each(void **state)
{
	static const char *const names[] = { "c", "a", "b" };
	AUTO(store) struct store s = { 0 };
	struct err e = { 0 };
	int calls = 0;

	leased(*state, &s);
	for (size_t i = 0; i < COUNT(names); i++) {
		AUTO(rec) struct rec r = { 0 };

		rec_init(&r, names[i]);
		r.next_at = T0 + (int64_t)i;
		keep(&s, &r, "");
	}
	assert_due(&s, T0 - 1, "");
	assert_due(&s, T0 + 1, "c a ");
	assert_due(&s, INT64_MAX, "c a b ");
	WANT(EC_HUMAN, s.each(s.ctx, INT64_MAX, refuse_row, &calls, &e));
	assert_int_equal(calls, 1);
	WANT(EC_OK, s.each(s.ctx, T0 + 1, commit_again, &s, &e));
	assert_due(&s, T0 + 999, "b ");
}

struct all_seen {
	struct buf rows, holds;
};

static inline enum ec
all_row(void *arg, const struct store_row *row, struct err *e)
{
	struct all_seen *a = arg;
	AUTO(rec) struct rec r = { 0 };

	TRY(add_row(&a->rows, row, e));
	TRY(rec_decode(row->body, &r, e));
	assert_int_equal(r.version, row->version);
	return buf_addf(&a->rows, e, "%d ", (int)r.version);
}

static inline enum ec
all_hold(void *arg, const struct word *w, struct err *e)
{
	struct all_seen *a = arg;

	assert_int_equal(w->kind, WORD_HOLD);
	return buf_addf(&a->holds, e, "%s %d %s %s\n", w->name,
	    (int)(w->at - T0), w->by, w->text);
}

/* rows: "NAME VERSION " of each by name, whatever order they come in. */
static inline void
assert_all(struct store *s, const char *const *rows, size_t n, const char *want)
{
	struct all_seen a = { .rows = BUF(65536), .holds = BUF(65536) };
	struct err e = { 0 };
	size_t len = 0;

	WANT(EC_OK, s->all(s->ctx, all_row, all_hold, &a, &e));
	for (size_t i = 0; i < n; i++) {
		assert_non_null(strstr(buf_str(&a.rows), rows[i]));
		len += strlen(rows[i]);
	}
	assert_int_equal(a.rows.len, len);
	assert_string_equal(buf_str(&a.holds), want);
	buf_free(&a.rows);
	buf_free(&a.holds);
}

static inline enum ec
refuse_hold(void *arg, const struct word *w, struct err *e)
{
	int *calls = arg;

	*calls += 100;
	(void)fail(e, EC_HUMAN, "%s", w->name);
	return fix(e, "nothing");
}

static inline enum ec
count_row(void *arg, const struct store_row *row, struct err *e)
{
	int *calls = arg;

	(void)row;
	(void)e;
	(*calls)++;
	return EC_OK;
}

static inline void
conform_all(void **state)
{
	static const char *const names[] = { "cc", "aa", "bb" };
	static const char *const rows[] = { "cc 2 ", "aa 1 ", "bb 1 " };
	AUTO(store) struct store s = { 0 };
	struct hold h = { true, T0, "ann", "Black Friday" };
	struct err e = { 0 };
	int calls = 0;

	reopen(*state, &s);
	assert_all(&s, NULL, 0, "");
	leased(*state, &s);
	for (size_t i = 0; i < COUNT(names); i++) {
		AUTO(rec) struct rec r = { 0 };

		rec_init(&r, names[i]);
		r.next_at = T0 + (int64_t)i;
		r.state = (enum rot_state)i;
		keep(&s, &r, "");
		if (i == 0)
			keep(&s, &r, "again");
	}
	assert_all(&s, rows, COUNT(rows), "");
	WANT(EC_OK, s.hold_set(s.ctx, "bb", &h, &e));
	WANT(EC_OK, s.hold_set(s.ctx, "never-run", &h, &e));
	WANT(EC_OK, s.hold_set(s.ctx, "aa", &h, &e));
	h.held = false;
	WANT(EC_OK, s.hold_set(s.ctx, "aa", &h, &e));
	assert_all(&s, rows, COUNT(rows),
	    "bb 0 ann Black Friday\nnever-run 0 ann Black Friday\n");
	WANT(EC_HUMAN, s.all(s.ctx, refuse_row, refuse_hold, &calls, &e));
	assert_int_equal(calls, 1);
	WANT(EC_HUMAN, s.all(s.ctx, count_row, refuse_hold, &calls, &e));
	assert_int_equal(calls, 104);
	reopen(*state, &s); /* in another process */
	assert_all(&s, rows, COUNT(rows),
	    "bb 0 ann Black Friday\nnever-run 0 ann Black Friday\n");
}

static inline void
conform_events(void **state)
{
	AUTO(store) struct store s = { 0 };
	AUTO(rec) struct rec r = { 0 };
	struct event ev = { .at = T0, .what = "note", .text = "hello" };
	struct err e = { 0 };

	reopen(*state, &s);
	WANT(EC_OK, s.note(s.ctx, &ev, &e)); /* needs no lease */
	WANT(EC_OK, s.lease(s.ctx, T0, TTL, &e));
	rec_init(&r, "shop");
	keep(&s, &r, "one");
	ev.identity = "mail";
	WANT(EC_OK, s.note(s.ctx, &ev, &e));
	keep(&s, &r, "two");
	assert_events(&s, NULL,
	    "1  note hello\n2 shop state one\n3 mail note hello\n"
	    "4 shop state two\n");
	assert_events(&s, "shop", "2 shop state one\n4 shop state two\n");
	assert_events(&s, "none", "");
}

static inline void
conform_hold(void **state)
{
	AUTO(store) struct store s = { 0 };
	struct hold h = { true, T0, "ann", "Black Friday" };
	struct hold got = { 0 };
	struct err e = { 0 };

	reopen(*state, &s);
	WANT(EC_OK, s.hold_set(s.ctx, "shop", &h, &e));
	(void)snprintf(h.by, sizeof(h.by), "bob");
	WANT(EC_OK, s.hold_set(s.ctx, "shop", &h, &e));
	reopen(*state, &s);
	WANT(EC_OK, s.hold_get(s.ctx, "shop", &got, &e));
	assert_true(got.held);
	assert_int_equal(got.since, T0);
	assert_string_equal(got.by, "bob");
	assert_string_equal(got.reason, "Black Friday");
	WANT(EC_OK, s.hold_get(s.ctx, "mail", &got, &e));
	assert_false(got.held);
	h.held = false;
	WANT(EC_OK, s.hold_set(s.ctx, "shop", &h, &e));
	WANT(EC_OK, s.hold_set(s.ctx, "mail", &h, &e)); /* never held */
	reopen(*state, &s);
	WANT(EC_OK, s.hold_get(s.ctx, "shop", &got, &e));
	assert_false(got.held);
}

static inline void
conform_confirm(void **state)
{
	AUTO(store) struct store s = { 0 };
	struct confirmation c = { 0 };
	struct err e = { 0 };

	reopen(*state, &s);
	WANT(EC_OK, s.confirm_set(s.ctx, "web", "AKIA1", T0, "ann", &e));
	WANT(EC_OK, s.confirm_set(s.ctx, "web", "AKIA1", T0 + 1, "bob", &e));
	reopen(*state, &s);
	WANT(EC_OK, s.confirm_get(s.ctx, "web", "AKIA1", &c, &e));
	assert_true(c.confirmed);
	assert_int_equal(c.at, T0 + 1);
	assert_string_equal(c.by, "bob");
	WANT(EC_OK, s.confirm_get(s.ctx, "web", "AKIA2", &c, &e));
	assert_false(c.confirmed);
	WANT(EC_OK, s.confirm_get(s.ctx, "app", "AKIA1", &c, &e));
	assert_false(c.confirmed);
}

static inline void
conform_meta(void **state)
{
	AUTO(store) struct store s = { 0 };
	AUTO(buf) struct buf b = BUF(100);
	struct err e = { 0 };

	reopen(*state, &s);
	WANT(EC_OK, s.meta_set(s.ctx, "config-hash", "1", &e));
	WANT(EC_OK, s.meta_set(s.ctx, "config-hash", "22", &e));
	reopen(*state, &s);
	WANT(EC_OK, s.meta_get(s.ctx, "config-hash", &b, &e));
	assert_string_equal(buf_str(&b), "22");
	WANT(EC_GONE, s.meta_get(s.ctx, "config", &b, &e));
}

static inline enum ec
add_word(void *arg, const struct word *w, struct err *e)
{
	return buf_addf(arg, e, "%d %s %s %d %s %s\n", (int)w->kind, w->name,
	    w->key, w->at == 0 ? 0 : (int)(w->at - T0), w->by, w->text);
}

static inline void
conform_words(void **state)
{
	AUTO(store) struct store s = { 0 };
	AUTO(buf) struct buf b = BUF(4096);
	struct hold h = { true, T0, "ann", "Black Friday" };
	struct err e = { 0 };

	reopen(*state, &s);
	WANT(EC_OK, s.words(s.ctx, add_word, &b, &e));
	assert_string_equal(buf_str(&b), "");
	WANT(EC_OK, s.meta_set(s.ctx, "config-hash", "1", &e));
	WANT(EC_OK, s.confirm_set(s.ctx, "web", "AKIA2", T0 + 2, "bob", &e));
	WANT(EC_OK, s.confirm_set(s.ctx, "web", "AKIA1", T0 + 1, "ann", &e));
	WANT(EC_OK, s.hold_set(s.ctx, "shop", &h, &e));
	WANT(EC_OK, s.hold_set(s.ctx, "mail", &h, &e));
	h.held = false;
	WANT(EC_OK, s.hold_set(s.ctx, "shop", &h, &e));
	reopen(*state, &s);
	WANT(EC_OK, s.words(s.ctx, add_word, &b, &e));
	assert_string_equal(buf_str(&b),
	    "0 mail  0 ann Black Friday\n1 web AKIA1 1 ann \n"
	    "1 web AKIA2 2 bob \n2 config-hash  0  1\n");
}

/* Whatever was typed or cut: no text may make a commit impossible. */
static inline void
conform_bytes(void **state)
{
	static const char odd[] = "quote \" back \\ \x01\x1f\x7f tab\t "
				  "h\xc3\xbc cut \xc3";
	AUTO(store) struct store s = { 0 };
	AUTO(rec) struct rec r = { 0 };
	AUTO(rec) struct rec got = { 0 };
	AUTO(buf) struct buf b = BUF(4096);
	struct event ev = {
		.at = T0, .identity = "shop", .what = "state", .text = odd
	};
	struct hold h = { .held = true, .since = T0 };
	struct err e = { 0 };

	leased(*state, &s);
	rec_init(&r, "shop");
	(void)snprintf(r.waiting, sizeof(r.waiting), "%s", odd);
	r.next_at = T0 + 5;
	WANT(EC_OK, s.commit(s.ctx, T0, &r, &ev, &e));
	(void)snprintf(h.reason, sizeof(h.reason), "%s", odd);
	WANT(EC_OK, s.hold_set(s.ctx, "shop", &h, &e));
	WANT(EC_OK, s.meta_set(s.ctx, "empty", "", &e));
	reopen(*state, &s);
	WANT(EC_OK, s.load(s.ctx, "shop", &got, &e));
	assert_string_equal(got.waiting, odd);
	assert_int_equal(got.next_at, T0 + 5);
	memset(&h, 0, sizeof(h));
	WANT(EC_OK, s.hold_get(s.ctx, "shop", &h, &e));
	assert_string_equal(h.reason, odd);
	WANT(EC_OK, s.history(s.ctx, NULL, add_event, &b, &e));
	assert_non_null(strstr(buf_str(&b), odd));
	buf_cut(&b, 0);
	WANT(EC_OK, s.meta_get(s.ctx, "empty", &b, &e));
	assert_string_equal(buf_str(&b), "");
}

#define CONFORM(t, before, after)                                              \
	cmocka_unit_test_setup_teardown(conform_##t, before, after)

#define CONFORM_TESTS(before, after)                                           \
	CONFORM(empty, before, after), CONFORM(commit, before, after),         \
	    CONFORM(conflict, before, after),                                  \
	    CONFORM(no_lease, before, after), CONFORM(lease, before, after),   \
	    CONFORM(renew, before, after), CONFORM(fence, before, after),      \
	    CONFORM(each, before, after), CONFORM(all, before, after),         \
	    CONFORM(events, before, after), CONFORM(hold, before, after),      \
	    CONFORM(confirm, before, after), CONFORM(meta, before, after),     \
	    CONFORM(words, before, after), CONFORM(bytes, before, after)

#endif
