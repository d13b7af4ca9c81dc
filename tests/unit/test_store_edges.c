/*
 * The store and its records at their edges: a lease that is asked for out of
 * turn, rows that somebody altered with our own sums, numbers that JSON does
 * not hold.
 */
#include "store_world.h"

#include "rotator/record_p.h"
#include "rotator/store_p.h"

static void
begin_anew(const struct conform *c)
{
	assert_int_equal(
	    nftw(c->place, world_remove, 16, FTW_DEPTH | FTW_PHYS), 0);
}

/* As somebody would who has our source: with sums that fit. */
static void
forge(const struct conform *c, const char *sql)
{
	struct db d = { .sql = NULL };
	char path[PATH_MAX], *why = NULL;
	struct err e;

	in_place(c, "rotate.db", path);
	assert_int_equal(sqlite3_open(path, &d.sql), SQLITE_OK);
	assert_int_equal(db_add_sums(&d, &e), EC_OK);
	if (sqlite3_exec(d.sql, sql, NULL, NULL, &why) != SQLITE_OK)
		print_error("%s: %s\n", sql, why);
	assert_null(why);
	assert_int_equal(sqlite3_close(d.sql), SQLITE_OK);
}

#define RESUM                                                                  \
	"; UPDATE identity SET sum=rowsum(name,version,fence,state,next_at,"   \
	"body)"

/* ---- leases ---- */

static void
a_fence_without_a_lease(void **state)
{
	const struct conform *c = *state;
	AUTO(store) struct store one = { 0 };
	AUTO(store) struct store two = { 0 };
	struct err e = { 0 };

	leased(c, &one);
	reopen(c, &two);
	WANT(EC_BUSY, two.fence(two.ctx, T0, &e));
	assert_non_null(strstr(e.what, "we do not hold its lease"));
	WANT(EC_OK, one.fence(one.ctx, T0, &e));
}

static void
a_lease_that_another_took_since(void **state)
{
	const struct conform *c = *state;
	AUTO(store) struct store one = { 0 };
	AUTO(store) struct store two = { 0 };
	struct err e = { 0 };

	leased(c, &one);
	reopen(c, &two);
	WANT(EC_OK, one.lease(one.ctx, T0 + 1, TTL, &e)); /* again: fine */
	WANT(EC_OK, two.lease(two.ctx, T0 + 2 * TTL, TTL, &e));
	WANT(EC_BUSY, one.lease(one.ctx, T0 + 2 * TTL + 1, TTL, &e));
	assert_non_null(strstr(e.what, "has it since"));
}

static void
a_lease_that_was_altered(void **state)
{
	static const char *const deeds[] = { "DELETE FROM lease",
		"UPDATE lease SET host='elsewhere'" };
	const struct conform *c = *state;

	for (size_t i = 0; i < COUNT(deeds); i++) {
		AUTO(store) struct store s = { 0 };
		struct err e = { 0 };

		leased(c, &s);
		meddle(c, deeds[i]);
		WANT(EC_DAMAGED, s.fence(s.ctx, T0, &e));
		WANT(EC_DAMAGED, s.lease(s.ctx, T0, TTL, &e));
		assert_non_null(strstr(e.what, "the lease was altered"));
		auto_store(&s);
		begin_anew(c);
	}
}

/* ---- rows ---- */

static void
words_that_were_altered(void **state)
{
	const struct conform *c = *state;
	AUTO(store) struct store s = { 0 };
	AUTO(buf) struct buf b = BUF(100);
	struct confirmation who;
	struct err e = { 0 };

	furnish(c);
	meddle(c, "UPDATE confirm SET at=1");
	meddle(c, "UPDATE meta SET value='2'");
	reopen(c, &s);
	WANT(EC_DAMAGED, s.confirm_get(s.ctx, "web", "AKIA1", &who, &e));
	assert_non_null(strstr(e.what, "confirmation of web"));
	WANT(EC_DAMAGED, s.meta_get(s.ctx, "config-hash", &b, &e));
	assert_non_null(strstr(e.what, "\"config-hash\" was altered"));
	assert_int_equal(b.len, 0);
}

/* A sum that is no sum does not fit any tally. */
static void
a_sum_of_another_length(void **state)
{
	const struct conform *c = *state;
	AUTO(store) struct store s = { 0 };
	struct hold h = { .held = false };
	struct err e = { 0 };

	furnish(c);
	meddle(c, "UPDATE hold SET sum=zeroblob(40)");
	reopen(c, &s);
	WANT(EC_OK, s.hold_set(s.ctx, "shop", &h, &e));
	WANT(EC_DAMAGED, s.hold_get(s.ctx, "shop", &h, &e));
	assert_non_null(strstr(e.what, "a hold is missing"));
}

/* Even with sums that fit: what is in the text and what is beside it must be
 * the same. */
static void
records_that_contradict_themselves(void **state)
{
	static const struct {
		const char *sql, *what, *fix;
	} rows[] = {
		{ "UPDATE identity SET version=version+7" RESUM,
		    "the record of shop was altered", "backup" },
		{ "UPDATE identity SET body=replace(body,'\"shop\"','\"x\"')" RESUM,
		    "the record of shop was altered", "backup" },
		{ "UPDATE identity SET body=replace(body,'\"format\":1',"
		  "'\"format\":2')" RESUM,
		    "format 2, not 1", "program version" },
		{ "UPDATE identity SET body='{}'" RESUM, "\"format\"",
		    "last backup" },
	};
	const struct conform *c = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(store) struct store s = { 0 };
		AUTO(rec) struct rec r = { 0 };
		struct err e = { 0 };

		furnish(c);
		forge(c, rows[i].sql);
		reopen(c, &s);
		WANT(EC_DAMAGED, s.load(s.ctx, "shop", &r, &e));
		assert_non_null(strstr(e.what, rows[i].what));
		assert_non_null(strstr(e.fix, rows[i].fix));
		auto_store(&s);
		begin_anew(c);
	}
}

static const struct conform *here;

static enum ec
drop_the_rest(void *arg, const struct store_row *row, struct err *e)
{
	unsigned *n = arg;

	(void)row;
	(void)e;
	(*n)++;
	meddle(here, "DELETE FROM identity");
	return EC_OK;
}

static enum ec
refuse(void *arg, const struct store_row *row, struct err *e)
{
	assert_int_equal(row->state, *(enum rot_state *)arg);
	return fail(e, EC_HUMAN, "enough");
}

static void
walks_over_records(void **state)
{
	enum rot_state want = ROT_GRACE;
	AUTO(store) struct store s = { 0 };
	AUTO(rec) struct rec r = { 0 };
	struct err e = { 0 };
	unsigned n = 0;

	here = *state;
	leased(here, &s);
	rec_init(&r, "shop");
	r.state = ROT_GRACE;
	r.next_at = -1;
	keep(&s, &r, "one");
	assert_int_equal(s.each(s.ctx, INT64_MAX, refuse, &want, &e), EC_HUMAN);
	s.unlease(s.ctx);
	auto_store(&s);
	/* A state that no program of ours knows. */
	forge(here, "UPDATE identity SET state='NOPE'" RESUM);
	reopen(here, &s);
	WANT(EC_DAMAGED, s.each(s.ctx, INT64_MAX, refuse, &want, &e));
	auto_store(&s);
	meddle(here, "UPDATE identity SET next_at=5");
	reopen(here, &s);
	WANT(EC_DAMAGED, s.each(s.ctx, INT64_MAX, refuse, &want, &e));
	auto_store(&s);
	/* Gone while the first one is looked at. */
	begin_anew(here);
	furnish(here);
	reopen(here, &s);
	WANT(EC_DAMAGED, s.each(s.ctx, INT64_MAX, drop_the_rest, &n, &e));
	assert_int_equal(n, 1);
}

/* ---- events ---- */

static enum ec
stop_at(void *arg, const struct event *ev, struct err *e)
{
	(void)arg;
	return fail(e, EC_HUMAN, "enough at %d", (int)ev->seq);
}

static void
a_chain_that_was_cut(void **state)
{
	static const char *const deeds[] = {
		"UPDATE event SET prev=zeroblob(5) WHERE seq=2",
		"UPDATE event SET hash=zeroblob(5) WHERE seq=4",
		"DELETE FROM event WHERE seq=4",
		"UPDATE root SET hash=zeroblob(5)",
		"UPDATE root SET seq=9",
		"DELETE FROM root",
	};
	const struct conform *c = *state;

	for (size_t i = 0; i < COUNT(deeds); i++) {
		AUTO(store) struct store s = { 0 };
		struct err e = { 0 };

		furnish(c);
		reopen(c, &s);
		assert_int_equal(
		    s.history(s.ctx, NULL, stop_at, NULL, &e), EC_HUMAN);
		assert_string_equal(e.what, "enough at 1");
		auto_store(&s);
		meddle(c, deeds[i]);
		reopen(c, &s);
		WANT(EC_DAMAGED, s.history(s.ctx, NULL, stop_at, NULL, &e));
		auto_store(&s);
		begin_anew(c);
	}
}

/* ---- the file ---- */

/* Bytes 18 and 19 of the first page. */
static void
a_header_of_no_database(void **state)
{
	static const char bytes[][2] = { { 0, 0 }, { 3, 3 }, { 1, 2 } };
	const struct conform *c = *state;

	for (size_t i = 0; i < COUNT(bytes); i++) {
		struct store s = { 0 };
		char path[PATH_MAX];
		struct err e = { 0 };
		int fd;

		furnish(c);
		in_place(c, "rotate.db", path);
		fd = open(path, O_WRONLY | O_CLOEXEC);
		assert_int_equal(pwrite(fd, bytes[i], 2, 18), 2);
		assert_int_equal(close(fd), 0);
		WANT(EC_DAMAGED, c->open(c, &s, &e));
		assert_non_null(strstr(e.what, "first page"));
		begin_anew(c);
	}
}

/* ---- records as text ---- */

/* JSON's numbers are exact up to 2^53, and a version counts up from 0. */
static void
numbers_that_json_does_not_hold(void **state)
{
	const int64_t limit = (int64_t)1 << 53;
	const struct {
		int64_t sent;
		uint64_t version;
		enum ec want;
	} rows[] = {
		{ limit, (uint64_t)limit, EC_OK },
		{ -limit, 0, EC_OK },
		{ limit + 1, 0, EC_BUG },
		{ -limit - 1, 0, EC_BUG },
		{ 0, (uint64_t)limit + 1, EC_BUG },
		{ 0, UINT64_MAX, EC_BUG },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(buf) struct buf b = BUF(1 << 20);
		static struct rec r;
		struct err e;

		rec_init(&r, "shop");
		r.sent = rows[i].sent;
		r.version = rows[i].version;
		assert_int_equal(rec_encode(&r, &b, &e), rows[i].want);
	}
}

/* One more than there is room for. */
static void
lists_that_are_too_long(void **state)
{
	AUTO(buf) struct buf b = BUF(1 << 20);
	AUTO(buf) struct buf t = BUF(1 << 24);
	static struct rec r;
	struct err e = { 0 };
	const char *at;

	(void)state;
	rec_init(&r, "shop");
	r.base.n = IAM_KEYS_MAX;
	assert_int_equal(rec_encode(&r, &b, &e), EC_OK);
	assert_int_equal(rec_decode(buf_str(&b), &r, &e), EC_OK);
	assert_int_equal(r.base.n, IAM_KEYS_MAX);
	at = strstr(b.p, "\"key\":[") + 7;
	assert_int_equal(buf_add(&t, b.p, (size_t)(at - b.p), &e), EC_OK);
	assert_int_equal(
	    buf_adds(
		&t, "{\"id\":\"\",\"status\":\"Active\",\"created\":0},", &e),
	    EC_OK);
	assert_int_equal(buf_adds(&t, at, &e), EC_OK);
	assert_int_equal(rec_decode(buf_str(&t), &r, &e), EC_DAMAGED);
	assert_non_null(strstr(e.what, "\"key\""));
	buf_cut(&t, 0);
	at = strstr(b.p, "\"clients\":[") + 11;
	assert_int_equal(buf_add(&t, b.p, (size_t)(at - b.p), &e), EC_OK);
	for (int i = 0; i < REC_CLIENTS_MAX; i++)
		assert_int_equal(buf_adds(&t, "0,", &e), EC_OK);
	assert_int_equal(buf_adds(&t, "0", &e), EC_OK);
	assert_int_equal(buf_adds(&t, at, &e), EC_OK);
	assert_int_equal(rec_decode(buf_str(&t), &r, &e), EC_DAMAGED);
	assert_non_null(strstr(e.what, "\"clients\""));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(t) cmocka_unit_test_setup_teardown(t, world_make, world_end)
		T(a_fence_without_a_lease),
		T(a_lease_that_another_took_since),
		T(a_lease_that_was_altered),
		T(words_that_were_altered),
		T(a_sum_of_another_length),
		T(records_that_contradict_themselves),
		T(walks_over_records),
		T(a_chain_that_was_cut),
		T(a_header_of_no_database),
		cmocka_unit_test(numbers_that_json_does_not_hold),
		cmocka_unit_test(lists_that_are_too_long),
	};

	return cmocka_run_group_tests_name("store edges", tests, NULL, NULL);
}
