/*
 * store_faulty: a store of which one call fails, and calls that are said to be
 * done and are not. It stands in front of another one.
 */
#ifndef TESTS_STORE_FAULTY_H
#define TESTS_STORE_FAULTY_H

#include <stdbool.h>
#include <string.h>

#include "base/err.h"
#include "rotator/store.h"

/* One for all the stores whose calls are counted together. */
struct faulty_plan {
	const char *only; /* calls of this name; NULL: all */
	long turn, count; /* this one fails, from 0; below 0: none */
	enum ec ec;
	bool lost; /* said to be done, each from turn on */
	bool fired;
	/* Before the call of that turn, once; it is made then. */
	void (*meddle)(void *arg);
	void *arg;
};

struct faulty {
	const struct store *s;
	struct faulty_plan *plan;
};

enum faulty_way { FAULTY_GO, FAULTY_FAILS, FAULTY_LOST };

static inline enum faulty_way
faulty_turn(const struct faulty *f, const char *name, struct err *e)
{
	struct faulty_plan *p = f->plan;
	void (*before)(void *arg) = p->meddle;
	long n;

	if (p->turn < 0 || (p->only != NULL && strcmp(p->only, name) != 0))
		return FAULTY_GO;
	n = p->count++;
	if (n != p->turn && !(p->lost && n > p->turn))
		return FAULTY_GO;
	p->fired = true;
	if (before != NULL) {
		p->meddle = NULL;
		before(p->arg);
		return FAULTY_GO;
	}
	if (p->lost)
		return FAULTY_LOST;
	(void)fail(e, p->ec, "told to fail: %s", name);
	return FAULTY_FAILS;
}

/* FAULTY(name, (parameters), (arguments)): reads and writes. */
#define FAULTY(name, params, args)                                             \
	static inline enum ec faulty_##name params                             \
	{                                                                      \
		const struct faulty *f = ctx;                                  \
		const enum faulty_way way = faulty_turn(f, #name, e);          \
                                                                               \
		if (way == FAULTY_GO)                                          \
			return f->s->name args;                                \
		return way == FAULTY_FAILS ? e->ec : EC_OK;                    \
	}

FAULTY(lease, (void *ctx, int64_t now, int64_t ttl, struct err *e),
    (f->s->ctx, now, ttl, e))
FAULTY(fence, (void *ctx, int64_t now, struct err *e), (f->s->ctx, now, e))
FAULTY(load, (void *ctx, const char *id, struct rec *ret, struct err *e),
    (f->s->ctx, id, ret, e))
FAULTY(commit,
    (void *ctx, int64_t now, struct rec *r, const struct event *ev,
	struct err *e),
    (f->s->ctx, now, r, ev, e))
FAULTY(each,
    (void *ctx, int64_t now,
	enum ec (*fn)(void *arg, const struct store_row *, struct err *),
	void *arg, struct err *e),
    (f->s->ctx, now, fn, arg, e))
FAULTY(history,
    (void *ctx, const char *id,
	enum ec (*fn)(void *arg, const struct event *, struct err *), void *arg,
	struct err *e),
    (f->s->ctx, id, fn, arg, e))
FAULTY(note, (void *ctx, const struct event *ev, struct err *e),
    (f->s->ctx, ev, e))
FAULTY(hold_set,
    (void *ctx, const char *id, const struct hold *h, struct err *e),
    (f->s->ctx, id, h, e))
FAULTY(hold_get, (void *ctx, const char *id, struct hold *ret, struct err *e),
    (f->s->ctx, id, ret, e))
FAULTY(confirm_set,
    (void *ctx, const char *client, const char *key, int64_t at, const char *by,
	struct err *e),
    (f->s->ctx, client, key, at, by, e))
FAULTY(confirm_get,
    (void *ctx, const char *client, const char *key, struct confirmation *ret,
	struct err *e),
    (f->s->ctx, client, key, ret, e))
FAULTY(meta_get, (void *ctx, const char *key, struct buf *ret, struct err *e),
    (f->s->ctx, key, ret, e))
FAULTY(meta_set, (void *ctx, const char *key, const char *value, struct err *e),
    (f->s->ctx, key, value, e))
FAULTY(mark, (void *ctx, struct buf *ret, struct err *e), (f->s->ctx, ret, e))
FAULTY(words,
    (void *ctx, enum ec (*fn)(void *arg, const struct word *, struct err *),
	void *arg, struct err *e),
    (f->s->ctx, fn, arg, e))

static inline void
faulty_unlease(void *ctx)
{
	const struct faulty *f = ctx;

	f->s->unlease(f->s->ctx);
}

static inline bool
faulty_relief(void *ctx)
{
	const struct faulty *f = ctx;

	return f->s->relief(f->s->ctx);
}

/* What is behind it stays open. */
static inline void
faulty_close(void *ctx)
{
	(void)ctx;
}

/* f stays where it is as long as the store is used. */
static inline struct store
faulty_store(struct faulty *f)
{
	return (struct store){
		.ctx = f,
		.lease = faulty_lease,
		.fence = faulty_fence,
		.unlease = faulty_unlease,
		.load = faulty_load,
		.commit = faulty_commit,
		.relief = faulty_relief,
		.each = faulty_each,
		.history = faulty_history,
		.note = faulty_note,
		.hold_set = faulty_hold_set,
		.hold_get = faulty_hold_get,
		.confirm_set = faulty_confirm_set,
		.confirm_get = faulty_confirm_get,
		.meta_get = faulty_meta_get,
		.meta_set = faulty_meta_set,
		.mark = f->s->mark != NULL ? faulty_mark : NULL,
		.words = faulty_words,
		.close = faulty_close,
	};
}

#endif
