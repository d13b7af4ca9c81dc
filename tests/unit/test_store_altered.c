/*
 * Each check of the store by itself: a database in which all is as it should
 * be but for one thing, with all sums made right again around it.
 */
#include "store_world.h"

#include <dlfcn.h>
#include <openssl/evp.h>

#include "rotator/store_p.h"

#define RESUM                                                                  \
	"UPDATE identity SET sum="                                             \
	"rowsum(name,version,fence,state,next_at,body);"                       \
	"UPDATE root SET identities=(SELECT sumall(sum) FROM identity);"
#define REHASH(n)                                                              \
	"UPDATE event SET hash=rowsum(seq,at,identity,what,text,prev)"         \
	" WHERE seq=" #n ";"
#define RELINK(n)                                                              \
	"UPDATE event SET prev=(SELECT hash FROM event WHERE seq=" #n "-1)"    \
	" WHERE seq=" #n ";" REHASH(n)
#define REROOT                                                                 \
	"UPDATE root SET hash="                                                \
	"(SELECT hash FROM event ORDER BY seq DESC LIMIT 1);"
#define RELEASE                                                                \
	"UPDATE lease SET sum="                                                \
	"rowsum(host,boot,space,pid,started,fence,since,expires);"

/* The store's wait for a lock is short here: nobody will let go of it. */
int
sqlite3_busy_timeout(sqlite3 *db, int ms)
{
	int (*f)(sqlite3 *, int);

	(void)ms;
	*(void **)&f = dlsym(RTLD_NEXT, "sqlite3_busy_timeout");
	assert_true(f != NULL);
	return f(db, 1);
}

static int digests = INT_MAX; /* so many calls of OpenSSL work */

EVP_MD_CTX *
EVP_MD_CTX_new(void)
{
	EVP_MD_CTX *(*f)(void);

	*(void **)&f = dlsym(RTLD_NEXT, "EVP_MD_CTX_new");
	return digests-- == 0 ? NULL : f();
}

int
EVP_DigestInit_ex(EVP_MD_CTX *c, const EVP_MD *type, ENGINE *impl)
{
	int (*f)(EVP_MD_CTX *, const EVP_MD *, ENGINE *);

	*(void **)&f = dlsym(RTLD_NEXT, "EVP_DigestInit_ex");
	return digests-- == 0 ? 0 : f(c, type, impl);
}

int
EVP_DigestUpdate(EVP_MD_CTX *c, const void *p, size_t n)
{
	int (*f)(EVP_MD_CTX *, const void *, size_t);

	*(void **)&f = dlsym(RTLD_NEXT, "EVP_DigestUpdate");
	return digests-- == 0 ? 0 : f(c, p, n);
}

int
EVP_DigestFinal_ex(EVP_MD_CTX *c, unsigned char *p, unsigned *n)
{
	int (*f)(EVP_MD_CTX *, unsigned char *, unsigned *);

	*(void **)&f = dlsym(RTLD_NEXT, "EVP_DigestFinal_ex");
	return digests-- == 0 ? 0 : f(c, p, n);
}

/* As meddle(), by one who can make sums too. */
static void
forge(const struct conform *c, const char *sql)
{
	struct db d = { 0 };
	struct err e;
	char path[PATH_MAX];

	in_place(c, "rotate.db", path);
	assert_int_equal(sqlite3_open(path, &d.sql), SQLITE_OK);
	assert_int_equal(db_add_sums(&d, &e), EC_OK);
	if (db_exec(&d, sql, &e) != EC_OK)
		print_error("%s: %s\n", sql, sqlite3_errmsg(d.sql));
	assert_int_equal(sqlite3_errcode(d.sql), SQLITE_OK);
	assert_int_equal(sqlite3_close(d.sql), SQLITE_OK);
}

enum question {
	LOAD,
	ABSENT,
	EACH,
	HISTORY,
	LEASE,
	RENEW,
	COMMIT,
	HOLD,
	HELD,
	CONFIRMED,
	META
};

static enum ec
commit(struct store *s, const char *identity, uint64_t version, struct err *e)
{
	struct rec r = { 0 };

	rec_init(&r, identity);
	r.version = version;
	return s->commit(s->ctx, T0, &r, NULL, e);
}

static enum ec
ask(struct store *s, enum question q, struct err *e)
{
	AUTO(buf) struct buf b = BUF(65536);
	AUTO(rec) struct rec r = { 0 };
	struct hold h = { 0 };
	struct confirmation yes = { 0 };

	switch (q) {
	case LOAD:
		return s->load(s->ctx, "shop", &r, e);
	case ABSENT:
		return s->load(s->ctx, "nobody", &r, e);
	case EACH:
		return s->each(s->ctx, INT64_MAX, add_row, &b, e);
	case HISTORY:
		return s->history(s->ctx, NULL, add_event, &b, e);
	case LEASE:
		return s->lease(s->ctx, T0 + 5 * TTL, TTL, e);
	case RENEW:
		return s->fence(s->ctx, T0, e);
	case COMMIT:
		TRY(s->lease(s->ctx, T0, TTL, e));
		return commit(s, "shop", 2, e);
	case HOLD:
		return s->hold_get(s->ctx, "mail", &h, e);
	case HELD:
		return s->hold_get(s->ctx, "shop", &h, e);
	case CONFIRMED:
		return s->confirm_get(s->ctx, "web", "AKIA1", &yes, e);
	case META:
		return s->meta_get(s->ctx, "config-hash", &b, e);
	}
	return fail(e, EC_BUG, "unknown question");
}

static const struct row {
	enum question q;
	enum ec ec;
	const char *sql;
	const char *what;
} rows[] = {
	/* records */
	{ LOAD, EC_DAMAGED, "UPDATE identity SET next_at=7", "was altered" },
	{ LOAD, EC_DAMAGED,
	    "UPDATE identity SET version=3 WHERE name='shop';" RESUM,
	    "the record of shop was altered" },
	{ LOAD, EC_DAMAGED,
	    "DELETE FROM identity WHERE name='shop';"
	    "UPDATE identity SET name='shop';" RESUM,
	    "the record of shop was altered" },
	{ LOAD, EC_DAMAGED, "UPDATE identity SET body='{}';" RESUM,
	    ": shop: record: " },
	{ COMMIT, EC_DAMAGED, "UPDATE identity SET next_at=7",
	    "the record of shop was altered" },
	{ COMMIT, EC_CONFLICT, "DELETE FROM identity WHERE name='shop';" RESUM,
	    "version 0" },
	{ EACH, EC_DAMAGED, "UPDATE identity SET version=7", "was altered" },
	{ EACH, EC_DAMAGED, "UPDATE identity SET state='?';" RESUM,
	    "was altered" },
	/* nothing is absent in a database that is not whole */
	{ ABSENT, EC_GONE, "SELECT 1", "no record of nobody" },
	{ ABSENT, EC_DAMAGED, "UPDATE identity SET next_at=7",
	    "a record was altered" },
	{ ABSENT, EC_DAMAGED, "DELETE FROM identity WHERE name='shop'",
	    "a record is missing" },
	{ ABSENT, EC_DAMAGED, "UPDATE hold SET since=7", "a hold was altered" },
	{ ABSENT, EC_DAMAGED, "DELETE FROM hold", "a hold is missing" },
	{ ABSENT, EC_DAMAGED, "DELETE FROM root", "root" },
	{ ABSENT, EC_DAMAGED, "DELETE FROM lease", "lease" },
	{ ABSENT, EC_DAMAGED, "UPDATE confirm SET at=7", "confirm" },
	{ HOLD, EC_OK, "SELECT 1", "" },
	{ HOLD, EC_DAMAGED, "DELETE FROM hold", "a hold is missing" },
	/* a hold is believed by itself */
	{ HELD, EC_OK, "UPDATE identity SET next_at=7", "" },
	{ HELD, EC_DAMAGED, "UPDATE hold SET since=7",
	    "the hold of shop was altered" },
	{ CONFIRMED, EC_OK, "SELECT 1", "" },
	{ CONFIRMED, EC_DAMAGED, "UPDATE confirm SET at=7",
	    "the confirmation of web was altered" },
	{ META, EC_OK, "SELECT 1", "" },
	{ META, EC_DAMAGED, "UPDATE meta SET value='7'",
	    "\"config-hash\" was altered" },
	/* the lease */
	{ LEASE, EC_DAMAGED, "UPDATE lease SET expires=7",
	    "the lease was altered" },
	{ LEASE, EC_DAMAGED, "DELETE FROM lease", "the lease was altered" },
	{ LEASE, EC_OK, "UPDATE identity SET next_at=7", "" },
	{ LEASE, EC_DAMAGED,
	    "UPDATE identity SET next_at=7;"
	    "UPDATE lease SET pid=1, host='elsewhere', expires=5;" RELEASE,
	    "a record was altered" },
	{ RENEW, EC_BUSY, "SELECT 1", "we do not hold its lease" },
	{ RENEW, EC_BUSY,
	    "UPDATE lease SET pid=1, host='elsewhere', expires=5;" RELEASE,
	    "we do not hold its lease" },
	{ RENEW, EC_DAMAGED, "UPDATE lease SET expires=7",
	    "the lease was altered" },
	/* the chain of events */
	{ HISTORY, EC_OK, "SELECT 1", "" },
	{ HISTORY, EC_DAMAGED, "UPDATE event SET text='x' WHERE seq=2",
	    "event 2 was altered" },
	{ HISTORY, EC_DAMAGED,
	    "UPDATE event SET prev=zeroblob(32) WHERE seq=3;" REHASH(3)
		RELINK(4) REROOT,
	    "event 3 was altered" },
	{ HISTORY, EC_DAMAGED,
	    "UPDATE event SET prev=x'' WHERE seq=3;" REHASH(3) RELINK(4) REROOT,
	    "event 3 was altered" },
	{ HISTORY, EC_DAMAGED,
	    "UPDATE event SET prev=zeroblob(33) WHERE seq=3;" REHASH(3)
		RELINK(4) REROOT,
	    "event 3 was altered" },
	{ HISTORY, EC_DAMAGED,
	    "UPDATE event SET seq=5 WHERE seq=4;" REHASH(5) REROOT,
	    "event 4 was altered" },
	{ HISTORY, EC_DAMAGED, "UPDATE event SET hash=x'00' WHERE seq=4",
	    "event 4 was altered" },
	{ HISTORY, EC_DAMAGED, "DELETE FROM event WHERE seq=4", "event 4 was" },
	{ HISTORY, EC_DAMAGED, "DELETE FROM event", "event 1 was altered" },
	{ HISTORY, EC_DAMAGED, "UPDATE root SET seq=7", "event 5 was altered" },
	{ HISTORY, EC_DAMAGED, "UPDATE root SET hash=zeroblob(32)",
	    "event 5 was altered" },
	{ HISTORY, EC_DAMAGED, "UPDATE root SET hash=x''",
	    "event 5 was altered" },
	{ HISTORY, EC_DAMAGED, "UPDATE identity SET next_at=7",
	    "a record was altered" },
};

static void
test_altered(void **state)
{
	AUTO(buf) struct buf good = BUF(1 << 20);
	const struct conform *c = *state;

	furnish(c);
	slurp(c, "rotate.db", &good);
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct row *r = &rows[i];
		AUTO(store) struct store s = { 0 };
		struct err e = { .what = "" };
		enum ec ec;

		swap(c, good.p, good.len);
		forge(c, r->sql);
		print_message("# %s\n", r->sql);
		reopen(c, &s);
		ec = ask(&s, r->q, &e);
		if (ec != r->ec || strstr(e.what, r->what) == NULL)
			print_error("%s: %s\n", ec_name(ec), e.what);
		assert_int_equal(ec, r->ec);
		assert_non_null(strstr(e.what, r->what));
		assert_true(ec == EC_OK || e.fix[0] != '\0');
	}
}

/* Bytes 18 and 19. */
static void
test_header(void **state)
{
	static const struct {
		char a, b;
		bool ok;
	} heads[] = { { 2, 2, true }, { 1, 2, false }, { 2, 1, false },
		{ 0, 0, false }, { 3, 3, false } };
	AUTO(buf) struct buf good = BUF(1 << 20);
	const struct conform *c = *state;

	furnish(c);
	slurp(c, "rotate.db", &good);
	for (size_t i = 0; i < COUNT(heads); i++) {
		AUTO(store) struct store s = { 0 };
		struct err e = { 0 };

		good.p[18] = heads[i].a;
		good.p[19] = heads[i].b;
		swap(c, good.p, good.len);
		if (heads[i].ok) {
			WANT(EC_OK, c->open(c, &s, &e));
			continue;
		}
		WANT(EC_DAMAGED, c->open(c, &s, &e));
		assert_non_null(strstr(e.what, "its first page"));
		WANT(EC_DAMAGED, store_sqlite_open(c->place, STORE_RO, &s, &e));
		assert_non_null(strstr(e.what, "its first page"));
	}
	good.p[18] = good.p[19] = 1; /* no log: SQLite would not mind */
	swap(c, good.p, good.len);
	for (size_t i = 0; i < 2; i++) {
		AUTO(store) struct store s = { 0 };
		struct err e = { 0 };

		WANT(EC_OK,
		    store_sqlite_open(
			c->place, i == 0 ? STORE_RO : STORE_RW, &s, &e));
	}
}

/* --- what is verified, and how often ------------------------------------ */

static void
test_once(void **state)
{
	const struct conform *c = *state;
	AUTO(store) struct store s = { 0 };
	struct err e = { 0 };

	furnish(c);
	reopen(c, &s);
	WANT(EC_GONE, ask(&s, ABSENT, &e));
	forge(c, "UPDATE identity SET next_at=7");
	WANT(EC_GONE, ask(&s, ABSENT, &e));     /* once a process */
	WANT(EC_DAMAGED, ask(&s, HISTORY, &e)); /* but when asked to */
	WANT(EC_DAMAGED, ask(&s, ABSENT, &e));
}

/* A lease that could not be given back: nothing is taken for whole. */
static void
test_kept(void **state)
{
	const struct conform *c = *state;
	AUTO(store) struct store s = { 0 };
	sqlite3 *db = NULL;
	char path[PATH_MAX];
	struct err e = { 0 };

	furnish(c);
	leased(c, &s);
	WANT(EC_GONE, ask(&s, ABSENT, &e));
	in_place(c, "rotate.db", path);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(
	    sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	s.unlease(s.ctx);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	forge(c, "UPDATE identity SET next_at=7");
	WANT(EC_DAMAGED, ask(&s, LEASE, &e));
}

/* Given back in order: what was verified stays so. */
static void
test_given_back(void **state)
{
	const struct conform *c = *state;
	AUTO(store) struct store s = { 0 };
	struct err e = { 0 };

	furnish(c);
	leased(c, &s);
	WANT(EC_GONE, ask(&s, ABSENT, &e));
	s.unlease(s.ctx);
	forge(c, "UPDATE identity SET next_at=7");
	WANT(EC_GONE, ask(&s, ABSENT, &e));
}

/* To give back what one has not asks the database nothing. */
static void
test_nothing_to_give(void **state)
{
	const struct conform *c = *state;
	AUTO(store) struct store s = { 0 };
	sqlite3 *db = NULL;
	char path[PATH_MAX];
	struct err e = { 0 };

	furnish(c);
	reopen(c, &s);
	WANT(EC_GONE, ask(&s, ABSENT, &e));
	in_place(c, "rotate.db", path);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(
	    sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	s.unlease(s.ctx);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	forge(c, "UPDATE identity SET next_at=7");
	WANT(EC_GONE, ask(&s, ABSENT, &e)); /* still taken for whole */
}

/* --- sums ------------------------------------------------------------- */

static void
assert_sql(const struct db *d, const char *sql, const char *want)
{
	sqlite3_stmt *q = NULL;

	assert_int_equal(
	    sqlite3_prepare_v2(d->sql, sql, -1, &q, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(q), SQLITE_ROW);
	assert_string_equal((const char *)sqlite3_column_text(q, 0), want);
	assert_int_equal(sqlite3_finalize(q), SQLITE_OK);
}

/* They stand in databases out there: SHA-256 over eight bytes of type, then
 * eight of value or of length and the bytes; computed by Python's hashlib. */
static void
test_sums(void **state)
{
	struct db d = { 0 };
	struct err e = { 0 };

	(void)state;
	assert_int_equal(sqlite3_open(":memory:", &d.sql), SQLITE_OK);
	WANT(EC_OK, db_add_sums(&d, &e));
	assert_sql(&d, "SELECT hex(rowsum(1,-2,'a','',NULL,x'0001'))",
	    "7F384A13DCF207FC84859E6519586DB6A421AA00302AC27AA2972C4A5992F066");
	assert_sql(
	    &d, "SELECT hex(substr(sumxor(x'0105',x'0301'),1,3))", "020400");
	assert_sql(&d, "SELECT length(sumxor(zeroblob(40)||x'01',NULL))", "32");
	assert_sql(&d,
	    "SELECT hex(substr(sumall(column1),1,3)) FROM"
	    " (VALUES(x'01'),(x'02'),(x'0407'))",
	    "070700");
	assert_sql(&d,
	    "SELECT hex(substr(sumall(1),1,2)) FROM"
	    " (SELECT 1 WHERE 0)",
	    "0000");
	/* OpenSSL without memory, in each call: no sum, and no wrong one. */
	for (digests = 0; digests < 20; digests++) {
		const int turn = digests;
		sqlite3_stmt *q = NULL;
		int rc;

		assert_int_equal(
		    sqlite3_prepare_v2(
			d.sql, "SELECT rowsum(1,'a','',NULL)", -1, &q, NULL),
		    SQLITE_OK);
		rc = sqlite3_step(q);
		assert_int_equal(rc, digests < 0 ? SQLITE_NOMEM : SQLITE_ROW);
		assert_true(turn > 11 || rc == SQLITE_NOMEM);
		(void)sqlite3_finalize(q);
		digests = turn;
	}
	digests = INT_MAX;
	assert_int_equal(sqlite3_close(d.sql), SQLITE_OK);
}

/* What each connection is told, whatever SQLite was built with. */
static void
test_pragmas(void **state)
{
	static const struct {
		const char *sql;
		int64_t value;
	} pragmas[] = { { "PRAGMA synchronous", 2 },
		{ "PRAGMA secure_delete", 1 }, { "PRAGMA trusted_schema", 0 },
		{ "PRAGMA cell_size_check", 1 }, { "PRAGMA foreign_keys", 1 } };
	struct db d = { 0 };
	struct err e = { 0 };

	(void)state;
	assert_int_equal(sqlite3_open(":memory:", &d.sql), SQLITE_OK);
	WANT(EC_OK, db_set_up(&d, &e));
	for (size_t i = 0; i < COUNT(pragmas); i++) {
		int64_t got = -1;

		WANT(EC_OK, db_number(&d, pragmas[i].sql, &got, &e));
		assert_int_equal(got, pragmas[i].value);
	}
	assert_int_equal(sqlite3_close(d.sql), SQLITE_OK);
}

/* --- the lease ------------------------------------------------------------ */

static void
test_lease_again(void **state)
{
	const struct conform *c = *state;
	AUTO(store) struct store a = { 0 };
	AUTO(store) struct store b = { 0 };
	struct err e = { 0 };

	furnish(c);
	leased(c, &a);
	WANT(EC_OK, a.lease(a.ctx, T0 + 1, TTL, &e)); /* ours already */
	reopen(c, &b);
	WANT(EC_BUSY, b.lease(b.ctx, T0 + TTL, TTL, &e));
	WANT(EC_OK, b.lease(b.ctx, T0 + 1 + TTL, TTL, &e));
	WANT(EC_BUSY, a.fence(a.ctx, T0 + 2, &e));
	assert_non_null(strstr(e.what, "our lease was taken over"));
	/* A fence of old gives no right to the new one. */
	WANT(EC_BUSY, a.lease(a.ctx, T0 + 2 + TTL, TTL, &e));
	b.unlease(b.ctx);
	WANT(EC_BUSY, a.fence(a.ctx, T0 + 2, &e));
	assert_non_null(strstr(e.what, "we do not hold its lease"));
}

/* --- rows that change under a walk --------------------------------------- */

static enum ec
remove_others(void *arg, const struct store_row *row, struct err *e)
{
	(void)row;
	(void)e;
	forge(arg, "DELETE FROM identity WHERE name='shop';" RESUM);
	return EC_OK;
}

static void
test_vanished(void **state)
{
	struct conform *c = *state;
	AUTO(store) struct store s = { 0 };
	struct err e = { 0 };

	furnish(c);
	reopen(c, &s);
	WANT(EC_DAMAGED, s.each(s.ctx, INT64_MAX, remove_others, c, &e));
	assert_non_null(strstr(e.what, "the record of shop was altered"));
}

/* A reader makes nothing. */
static void
test_no_spare(void **state)
{
	const struct conform *c = *state;
	AUTO(store) struct store s = { 0 };
	struct err e = { 0 };
	char path[PATH_MAX];

	furnish(c);
	in_place(c, "spare", path);
	assert_int_equal(unlink(path), 0);
	WANT(EC_OK, store_sqlite_open(c->place, STORE_RO, &s, &e));
	assert_false(has(c, "spare"));
}

/* What is replaced is overwritten. */
static void
test_no_leftovers(void **state)
{
	static const char old[] = "sealed-password-of-old";
	const struct conform *c = *state;
	AUTO(store) struct store s = { 0 };
	AUTO(rec) struct rec r = { 0 };
	AUTO(buf) struct buf b = BUF(1 << 20);
	struct err e = { 0 };

	leased(c, &s);
	rec_init(&r, "shop");
	for (int i = 0; i < 40; i++) {
		struct rec_client *rc;
		char name[32];

		(void)snprintf(name, sizeof(name), "client-%d", i);
		WANT(EC_OK, rec_client_add(&r, name, &rc, &e));
		(void)snprintf(rc->error, sizeof(rc->error), "%s", old);
	}
	keep(&s, &r, "one");
	rec_free(&r);
	r.clients = NULL;
	r.n_clients = 0;
	keep(&s, &r, "two");
	s.unlease(s.ctx);
	auto_store(&s);
	slurp(c, "rotate.db", &b);
	assert_null(memmem(b.p, b.len, old, sizeof(old) - 1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(t) cmocka_unit_test_setup_teardown(t, world_make, world_end)
		T(test_altered),
		T(test_header),
		T(test_once),
		T(test_kept),
		T(test_given_back),
		T(test_nothing_to_give),
		T(test_sums),
		T(test_pragmas),
		T(test_lease_again),
		T(test_vanished),
		T(test_no_spare),
		T(test_no_leftovers),
	};

	return cmocka_run_group_tests_name("store altered", tests, NULL, NULL);
}
