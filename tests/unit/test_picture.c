/* picture: of each identity it shows what a look at that one alone shows,
 * whatever is stored; and what the store refuses, it refuses. */
#include "unread_scene.h"

#include "rotator/picture.h"

#define RECORDS 40

static const char *const names[] = { "held-new", "r7", "never", "r0", "r39",
	"odd", "r12" };

static void
fill_one(struct rec *r, const char *name, size_t i)
{
	struct rec_client *c = NULL;
	struct err e;

	rec_init(r, name);
	r->state = (enum rot_state)(i % ROT__MAX);
	r->resume = (enum rot_state)(i % 5);
	r->next_at = (int64_t)i * HOUR;
	(void)snprintf(r->old.id, sizeof(r->old.id), "AKIAOLD%zu", i);
	(void)snprintf(r->new.id, sizeof(r->new.id), "AKIANEW%zu", i);
	r->old.n = 1;
	(void)snprintf(r->old.pw[0].sealed, SEALED_MAX, "v1.%zu", i);
	assert_int_equal(rec_client_add(r, "web", &c, &e), EC_OK);
	c->state = (enum client_state)(i % CL__MAX);
	(void)snprintf(r->waiting, sizeof(r->waiting), "%s",
	    strcmp(name, "odd") == 0 ? "\"\x01\xff\\" : "plain");
}

static void
fill(struct store *s)
{
	const struct hold h = { true, 7, "ann", "so" };
	struct err e;

	for (size_t i = 0; i <= RECORDS; i++) {
		AUTO(rec) struct rec r = { 0 };
		char name[16] = "odd";

		if (i < RECORDS)
			(void)snprintf(name, sizeof(name), "r%zu", i);
		fill_one(&r, name, i);
		assert_int_equal(
		    s->commit(s->ctx, clock_wall(), &r, NULL, &e), EC_OK);
	}
	assert_int_equal(s->hold_set(s->ctx, "held-new", &h, &e), EC_OK);
	assert_int_equal(s->hold_set(s->ctx, "r12", &h, &e), EC_OK);
	assert_int_equal(s->hold_set(s->ctx, "r13", &h, &e), EC_OK);
}

static void
assert_same_look(struct look *a, struct look *b)
{
	AUTO(buf) struct buf x = BUF((size_t)1024 * 1024);
	AUTO(buf) struct buf y = BUF((size_t)1024 * 1024);
	struct err e;

	assert_int_equal(a->known, b->known);
	assert_int_equal(a->hold.held, b->hold.held);
	if (a->hold.held) {
		assert_int_equal(a->hold.since, b->hold.since);
		assert_string_equal(a->hold.by, b->hold.by);
		assert_string_equal(a->hold.reason, b->hold.reason);
	}
	assert_int_equal(rec_encode(&a->rec, &x, &e), EC_OK);
	assert_int_equal(rec_encode(&b->rec, &y, &e), EC_OK);
	assert_string_equal(buf_str(&x), buf_str(&y));
	assert_int_equal(a->rec.version, b->rec.version);
}

static void
test_same_as_looks(void **state)
{
	AUTO(picture) struct picture *p = NULL;
	struct scene *w = *state;
	struct err e;

	open_store(w, &w->app.store);
	fill(&w->app.store);
	assert_int_equal(
	    picture_take(&w->app, names, COUNT(names), &p, &e), EC_OK);
	for (size_t i = 0; i < COUNT(names); i++) {
		const struct identity_conf id = { .name = names[i] };
		AUTO(look) struct look one = { .known = false };
		AUTO(look) struct look all = { .known = true };

		assert_int_equal(look_at(&w->app, &id, &one, &e), EC_OK);
		assert_int_equal(picture_look(p, i, &all, &e), EC_OK);
		assert_same_look(&one, &all);
		assert_int_equal(all.known,
		    strcmp(names[i], "never") != 0 &&
			strcmp(names[i], "held-new") != 0);
	}
	close_app(w);
}

/* As it was at one moment, whatever comes later. */
static void
test_stays(void **state)
{
	AUTO(look) struct look l = { .known = false };
	AUTO(picture) struct picture *p = NULL;
	const char *const one[] = { "second" };
	struct scene *w = *state;
	struct err e;

	open_store(w, &w->app.store);
	assert_int_equal(picture_take(&w->app, one, 1, &p, &e), EC_OK);
	put_row(&w->app.store, "second", ROT_DONE, 7);
	assert_int_equal(picture_look(p, 0, &l, &e), EC_OK);
	assert_int_equal(l.rec.state, ROT_IDLE);
	close_app(w);
}

static void
test_no_store(void **state)
{
	AUTO(look) struct look l = { .known = true };
	AUTO(picture) struct picture *p = NULL;
	AUTO(picture) struct picture *none = NULL;
	struct scene *w = *state;
	struct err e;

	assert_int_equal(
	    picture_take(&w->app, names, COUNT(names), &p, &e), EC_OK);
	assert_int_equal(picture_look(p, 1, &l, &e), EC_OK);
	assert_false(l.known);
	assert_false(l.hold.held);
	assert_string_equal(l.rec.identity, "r7");
	assert_int_equal(picture_take(&w->app, NULL, 0, &none, &e), EC_OK);
}

/* ---- a store that gives what it likes ---------------------------------- */

static enum ec
fake_all(void *ctx,
    enum ec (*row)(void *arg, const struct store_row *, struct err *),
    enum ec (*hold)(void *arg, const struct word *, struct err *), void *arg,
    struct err *e)
{
	const struct store_row r = {
		.identity = "shop", .version = 2, .body = ctx
	};
	const struct word h = {
		.kind = WORD_HOLD, .name = "shop", .by = "ann", .text = "so"
	};

	TRY(row(arg, &r, e));
	TRY(row(arg, &r, e)); /* twice: the first counts */
	TRY(hold(arg, &h, e));
	return hold(arg, &h, e);
}

static enum ec
fake_load(void *ctx, const char *identity, struct rec *ret, struct err *e)
{
	(void)ctx;
	rec_init(ret, identity); /* as load() does: nothing is freed */
	return fail(e, EC_DAMAGED, "load %s", identity);
}

static enum ec
broken_all(void *ctx,
    enum ec (*row)(void *arg, const struct store_row *, struct err *),
    enum ec (*hold)(void *arg, const struct word *, struct err *), void *arg,
    struct err *e)
{
	TRY(fake_all(ctx, row, hold, arg, e));
	return fail(e, EC_IO, "no");
}

static void
test_broken_store(void **state)
{
	static char empty[] = "";
	static const char *const shop[] = { "shop" };
	struct app a = { .store = { .ctx = empty, .all = broken_all } };
	struct picture *p = NULL;
	struct err e;
	(void)state;

	assert_int_equal(picture_take(&a, shop, 1, &p, &e), EC_IO);
	assert_null(p);
}

/* What is not read quickly, or is of another record than it says, is the
 * store's own to judge. */
static void
test_refused(void **state)
{
	static const struct {
		const char *identity;
		uint64_t version;
		const char *user; /* "\"": not to be read quickly */
		enum ec ec;
	} rows[] = {
		{ "shop", 2, "u", EC_OK },
		{ "shop", 2, "\"", EC_DAMAGED },
		{ "shop", 3, "u", EC_DAMAGED },
		{ "shoq", 2, "u", EC_DAMAGED },
	};
	static const char *const shop[] = { "shop" };
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(look) struct look l = { .known = true };
		AUTO(picture) struct picture *p = NULL;
		AUTO(buf) struct buf b = BUF((size_t)1024 * 1024);
		AUTO(rec) struct rec r = { 0 };
		struct app a = { .store = {
				     .all = fake_all, .load = fake_load } };
		struct rec_client *c;
		struct err e;

		rec_init(&r, rows[i].identity);
		r.version = rows[i].version;
		(void)snprintf(r.user, sizeof(r.user), "%s", rows[i].user);
		assert_int_equal(rec_client_add(&r, "web", &c, &e), EC_OK);
		assert_int_equal(rec_encode(&r, &b, &e), EC_OK);
		a.store.ctx = b.p;
		assert_int_equal(picture_take(&a, shop, 1, &p, &e), EC_OK);
		assert_int_equal(picture_look(p, 0, &l, &e), rows[i].ec);
		assert_int_equal(l.known, rows[i].ec == EC_OK);
		if (rows[i].ec == EC_OK)
			assert_string_equal(l.hold.by, "ann");
		else
			assert_string_equal(e.what, "load shop");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_same_as_looks, begin, end),
		cmocka_unit_test_setup_teardown(test_stays, begin, end),
		cmocka_unit_test_setup_teardown(test_no_store, begin, end),
		cmocka_unit_test(test_broken_store),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests_name("picture", tests, NULL, NULL);
}
