/* store_all: what is told in one reading is all there is, as it was written;
 * and of one moment, whoever writes meanwhile. */
#include "store_world.h"

static int told;

static enum ec
row(void *arg, const struct store_row *r, struct err *e)
{
	(void)arg;
	(void)r;
	(void)e;
	told++;
	return EC_OK;
}

static enum ec
hold(void *arg, const struct word *w, struct err *e)
{
	(void)arg;
	(void)w;
	(void)e;
	return EC_OK;
}

/* Behind our back, with sums that nobody made right. */
static const struct meddling {
	const char *sql, *says;
} meddlings[] = {
	{ "UPDATE identity SET body=body||' ' WHERE name='mail'",
	    "the record of mail was altered" },
	{ "UPDATE identity SET version=7 WHERE name='shop'",
	    "the record of shop was altered" },
	{ "UPDATE identity SET state='DONE'", "was altered" },
	{ "UPDATE identity SET next_at=next_at+1", "was altered" },
	{ "UPDATE identity SET sum=zeroblob(32) WHERE name='mail'",
	    "the record of mail was altered" },
	{ "UPDATE identity SET name='shoq' WHERE name='shop'", "was altered" },
	{ "DELETE FROM identity WHERE name='mail'", "a record is missing" },
	{ "DELETE FROM identity", "a record is missing" },
	{ "UPDATE root SET identities=zeroblob(32)", "a record is missing" },
	{ "UPDATE hold SET reason='x'", "\"shop\" was altered" },
	{ "DELETE FROM hold", "a hold is missing" },
	{ "UPDATE root SET holds=zeroblob(32)", "a hold is missing" },
	{ "UPDATE root SET holds=zeroblob(31)", "lost its root" },
	{ "UPDATE root SET identities=x'00'", "lost its root" },
	{ "DELETE FROM root", "lost its root" },
};

static void
test_damage(void **state)
{
	const struct conform *c = *state;
	AUTO(buf) struct buf good = BUF(1 << 20);

	furnish(c);
	slurp(c, "rotate.db", &good);
	for (size_t i = 0; i < COUNT(meddlings); i++) {
		for (int m = STORE_RW; m <= STORE_RO; m++) {
			AUTO(store) struct store s = { 0 };
			struct err e = { 0 };

			meddle(c, meddlings[i].sql);
			WANT(EC_OK,
			    store_sqlite_open(
				c->place, (enum store_mode)m, &s, &e));
			WANT(EC_DAMAGED, s.all(s.ctx, row, hold, NULL, &e));
			if (strstr(e.what, meddlings[i].says) == NULL)
				print_error("%s\n", e.what);
			assert_non_null(strstr(e.what, meddlings[i].says));
			auto_store(&s);
			swap(c, good.p, good.len);
		}
	}
}

struct writing {
	struct store *w;
	const struct conform *c;
	int rows;
};

/* With the first row that is told, the other one changes, and one more
 * comes. */
static enum ec
write_meanwhile(void *arg, const struct store_row *r, struct err *e)
{
	const struct hold h = { true, T0, "bob", "meanwhile" };
	struct writing *a = arg;
	AUTO(rec) struct rec one = { 0 };
	AUTO(rec) struct rec more = { 0 };

	assert_int_equal(r->version, 2);
	if (a->rows++ > 0)
		return EC_OK;
	TRY(a->w->load(a->w->ctx, "mail", &one, e));
	keep(a->w, &one, "three");
	TRY(a->w->load(a->w->ctx, "shop", &more, e));
	keep(a->w, &more, "three");
	rec_free(&more);
	rec_init(&more, "new");
	keep(a->w, &more, "one");
	return a->w->hold_set(a->w->ctx, "new", &h, e);
}

static enum ec
of_ann(void *arg, const struct word *w, struct err *e)
{
	(void)arg;
	(void)e;
	assert_string_equal(w->by, "ann");
	return EC_OK;
}

static void
test_one_moment(void **state)
{
	const struct conform *c = *state;
	AUTO(store) struct store w = { 0 };
	AUTO(store) struct store s = { 0 };
	struct writing a = { &w, c, 0 };
	struct err e = { 0 };

	furnish(c);
	leased(c, &w);
	WANT(EC_OK,
	    w.note(w.ctx,
		&(struct event){
		    .at = T0, .what = "x", .identity = "", .text = "" },
		&e));
	WANT(EC_OK, store_sqlite_open(c->place, STORE_RO, &s, &e));
	WANT(EC_OK, s.all(s.ctx, write_meanwhile, of_ann, &a, &e));
	assert_int_equal(a.rows, 2);
	told = 0;
	WANT(EC_OK, s.all(s.ctx, row, hold, NULL, &e));
	assert_int_equal(told, 3);
}

/* No lock stays behind, whatever came of it: the log can be taken in. */
static enum ec
fail_row(void *arg, const struct store_row *r, struct err *e)
{
	(void)arg;
	(void)fail(e, EC_TEMP, "%s", r->identity);
	return fix(e, "nothing");
}

static void
test_no_lock(void **state)
{
	const struct conform *c = *state;
	AUTO(store) struct store s = { 0 };
	AUTO(rec) struct rec r = { 0 };
	struct err e = { 0 };

	furnish(c);
	leased(c, &s);
	WANT(EC_TEMP, s.all(s.ctx, fail_row, hold, NULL, &e));
	WANT(EC_OK, s.load(s.ctx, "mail", &r, &e));
	keep(&s, &r, "three");
	WANT(EC_OK, s.all(s.ctx, row, hold, NULL, &e));
	auto_store(&s);
	assert_false(has(c, "rotate.db-wal"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(t) cmocka_unit_test_setup_teardown(t, world_make, world_end)
		T(test_damage),
		T(test_one_moment),
		T(test_no_lock),
	};

	return cmocka_run_group_tests_name("store_all", tests, NULL, NULL);
}
