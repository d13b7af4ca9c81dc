/*
 * A damaged database is called damaged. Whatever bytes are changed or cut
 * off: either all that was stored is read as it was, or the answer is
 * EC_DAMAGED; never another value, never "there is nothing", never a crash.
 */
#include "store_world.h"

static enum ec
want_text(const char *got, const char *want, struct err *e)
{
	if (strcmp(got, want) == 0)
		return EC_OK;
	print_error("read \"%s\"\n", got);
	return fail(e, EC_BUG, "read something else");
}

static enum ec
collect(void *arg, const struct event *ev, struct err *e)
{
	return add_event(arg, ev, e);
}

static enum ec
due(void *arg, const struct store_row *row, struct err *e)
{
	return buf_addf(arg, e, "%s ", row->identity);
}

/* EC_OK: everything is there as furnish() left it. */
static enum ec
read_words(struct store *s, struct err *e)
{
	struct confirmation c = { 0 };
	struct hold h = { 0 };

	TRY(s->hold_get(s->ctx, "shop", &h, e));
	if (!h.held)
		return fail(e, EC_BUG, "the hold has gone");
	TRY(want_text(h.by, "ann", e));
	TRY(want_text(h.reason, "Black Friday", e));
	TRY(s->hold_get(s->ctx, "mail", &h, e));
	if (h.held)
		return fail(e, EC_BUG, "held");
	return s->confirm_get(s->ctx, "web", "AKIA1", &c, e);
}

static enum ec
read_record(struct store *s, const char *identity, struct err *e)
{
	AUTO(rec) struct rec r = { 0 };

	TRY(s->load(s->ctx, identity, &r, e));
	if (r.version != 2 || r.next_at != 0 || r.state != ROT_IDLE)
		return fail(e, EC_BUG, "another record");
	return want_text(r.user, "user", e);
}

static enum ec
read_walks(struct store *s, struct err *e)
{
	AUTO(buf) struct buf events = BUF(65536);
	AUTO(buf) struct buf rows = BUF(65536);

	TRY(s->each(s->ctx, INT64_MAX, due, &rows, e));
	TRY(s->history(s->ctx, NULL, collect, &events, e));
	TRY(want_text(buf_str(&events), FURNISHED, e));
	return want_text(buf_str(&rows), "mail shop ", e);
}

static enum ec
read_all(const struct conform *c, enum store_mode mode, struct err *e)
{
	AUTO(store) struct store s = { 0 };

	TRY(store_sqlite_open(c->place, mode, &s, e));
	TRY(read_record(&s, "shop", e));
	TRY(read_record(&s, "mail", e));
	TRY(read_words(&s, e));
	return read_walks(&s, e);
}

/* Also what depends on the order of questions: each first in its process. */
static enum ec
read_each_alone(const struct conform *c, struct err *e)
{
	AUTO(store) struct store a = { 0 };
	AUTO(store) struct store b = { 0 };
	AUTO(store) struct store l = { 0 };

	TRY(store_sqlite_open(c->place, STORE_RO, &a, e));
	TRY(read_record(&a, "mail", e));
	TRY(store_sqlite_open(c->place, STORE_RO, &b, e));
	TRY(read_words(&b, e));
	TRY(store_sqlite_open(c->place, STORE_RW, &l, e));
	TRY(l.lease(l.ctx, T0, TTL, e));
	l.unlease(l.ctx);
	return EC_OK;
}

static bool
whole(const struct conform *c)
{
	struct err e = { 0 };
	enum ec ec = read_all(c, STORE_RO, &e);

	if (ec == EC_OK)
		ec = read_each_alone(c, &e);
	if (ec == EC_OK)
		ec = read_all(c, STORE_RW, &e);
	if (ec != EC_OK)
		assert_ec(ec, EC_DAMAGED, &e);
	return ec == EC_OK;
}

/* Offsets: all of the first page's head, then every step-th byte. */
static void
flip_all(const struct conform *c, size_t step, unsigned char mask)
{
	AUTO(buf) struct buf good = BUF(1 << 20);
	size_t found = 0;

	slurp(c, "rotate.db", &good);
	for (size_t i = 0; i < good.len; i += i < 100 ? 1 : step) {
		good.p[i] = (char)(good.p[i] ^ mask);
		swap(c, good.p, good.len);
		if (!whole(c))
			found++;
		good.p[i] = (char)(good.p[i] ^ mask);
	}
	swap(c, good.p, good.len);
	assert_true(found > 20);
	assert_true(whole(c));
}

/* Primes, so that no offset within a cell is left out over the runs. STEP
 * from the environment of a patient tester: 1 takes minutes. */
static void
test_flips(void **state)
{
	const char *s = getenv("STORE_FLIP_STEP");
	const size_t step = s != NULL ? (size_t)strtoul(s, NULL, 10) : 251;

	furnish(*state);
	flip_all(*state, step == 0 ? 251 : step, 0x01);
	flip_all(*state, step == 0 ? 251 : step, 0xff);
}

/* Where something is: every byte of the cells that hold our words. */
static void
test_flip_words(void **state)
{
	static const char *const words[] = { "shop", "mail", "Black Friday",
		"AKIA1", "IDLE", "two" };
	AUTO(buf) struct buf good = BUF(1 << 20);

	furnish(*state);
	slurp(*state, "rotate.db", &good);
	for (size_t w = 0; w < COUNT(words); w++) {
		const size_t len = strlen(words[w]);
		char *at = good.p;

		while ((at = memmem(at, good.len - (size_t)(at - good.p),
			    words[w], len)) != NULL) {
			at[len - 1] = (char)(at[len - 1] ^ 2);
			swap(*state, good.p, good.len);
			(void)whole(*state);
			at[len - 1] = (char)(at[len - 1] ^ 2);
			at += len;
		}
	}
}

static void
test_truncated(void **state)
{
	AUTO(buf) struct buf good = BUF(1 << 20);

	furnish(*state);
	slurp(*state, "rotate.db", &good);
	for (size_t n = 0; n < good.len; n += n < 20 ? 1 : 509) {
		swap(*state, good.p, n);
		assert_false(whole(*state));
	}
	for (size_t n = 4096; n < good.len; n += 4096) {
		swap(*state, good.p, n);
		assert_false(whole(*state));
	}
}

/* What a person or another program could do with SQL: consistent pages. */
static const struct deed {
	const char *sql;
	const char *says;
} deeds[] = {
	{ "DELETE FROM identity WHERE name='shop'", "record is missing" },
	{ "DELETE FROM hold", "hold is missing" },
	{ "UPDATE hold SET identity='mail'", "hold" },
	{ "UPDATE identity SET next_at=1", "altered" },
	{ "UPDATE identity SET name='shap' WHERE name='shop'", "altered" },
	{ "UPDATE identity SET body=replace(body,'user','uses')", "altered" },
	{ "UPDATE identity SET state='DONE'", "altered" },
	{ "UPDATE confirm SET key_id='AKIA2'", "altered" },
	{ "UPDATE event SET text='2' WHERE seq=3", "event 3" },
	{ "UPDATE event SET at=at+1 WHERE seq=1", "event 1" },
	{ "DELETE FROM event WHERE seq=1", "event 1" },
	{ "DELETE FROM event WHERE seq=2", "event 2" },
	{ "DELETE FROM event WHERE seq=4", "event 4" },
	{ "DELETE FROM event", "event 1" },
	{ "UPDATE root SET hash=zeroblob(32)", "event 5" },
	{ "DELETE FROM root", "" },
	{ "DELETE FROM lease", "" },
	{ "UPDATE lease SET pid=1", "lease" },
};

static void
test_deeds(void **state)
{
	const struct conform *c = *state;
	AUTO(buf) struct buf good = BUF(1 << 20);

	furnish(c);
	slurp(c, "rotate.db", &good);
	for (size_t i = 0; i < COUNT(deeds); i++) {
		struct err e = { 0 };
		enum ec ec;

		meddle(c, deeds[i].sql);
		ec = read_all(c, STORE_RW, &e);
		if (ec == EC_OK)
			ec = read_each_alone(c, &e);
		assert_ec(ec, EC_DAMAGED, &e);
		if (strstr(e.what, deeds[i].says) == NULL)
			print_error("%s: %s\n", deeds[i].sql, e.what);
		assert_non_null(strstr(e.what, deeds[i].says));
		swap(c, good.p, good.len);
	}
}

/* An event that is right in itself, but of another history. */
static void
test_transplant(void **state)
{
	const struct conform *c = *state;
	AUTO(store) struct store s = { 0 };
	struct event ev = { .at = T0, .what = "note" };
	struct conform other = *c;
	struct err e = { 0 };
	char sql[2 * PATH_MAX];

	furnish(c);
	(void)snprintf(
	    other.place, sizeof(other.place), "%.2000s-other", c->place);
	reopen(&other, &s);
	for (int i = 0; i < 4; i++)
		WANT(EC_OK, s.note(s.ctx, &ev, &e));
	auto_store(&s);
	(void)snprintf(sql, sizeof(sql),
	    "ATTACH '%.2000s/rotate.db' AS o;"
	    "INSERT OR REPLACE INTO main.event SELECT * FROM o.event"
	    " WHERE seq=3",
	    other.place);
	meddle(c, sql);
	WANT(EC_DAMAGED, read_all(c, STORE_RW, &e));
	assert_non_null(strstr(e.what, "event 3 "));
}

/* Nothing is written over a record that does not hold. */
static void
test_no_commit_over_damage(void **state)
{
	AUTO(store) struct store s = { 0 };
	AUTO(rec) struct rec r = { 0 };
	struct err e = { 0 };

	furnish(*state);
	leased(*state, &s);
	WANT(EC_OK, s.load(s.ctx, "shop", &r, &e));
	meddle(*state, "UPDATE identity SET fence=77");
	WANT(EC_DAMAGED, s.commit(s.ctx, T0, &r, NULL, &e));
	assert_int_equal(r.version, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(t) cmocka_unit_test_setup_teardown(t, world_make, world_end)
		T(test_flips),
		T(test_flip_words),
		T(test_truncated),
		T(test_deeds),
		T(test_transplant),
		T(test_no_commit_over_damage),
	};

	return cmocka_run_group_tests_name("store damage", tests, NULL, NULL);
}
