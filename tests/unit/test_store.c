/* store: the SQLite store does what every store must, and is careful with its
 * directory. Damage, full disks and other processes: test_store_*.c. */
#include "store_world.h"

static mode_t
mode_of(const struct conform *c, const char *name)
{
	char path[PATH_MAX];
	struct stat st;

	in_place(c, name, path);
	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 07777;
}

static void
test_modes(void **state)
{
	const struct conform *c = *state;
	AUTO(store) struct store s = { 0 };
	struct err e = { 0 };

	leased(c, &s);
	assert_int_equal(mode_of(c, "."), 0700);
	assert_int_equal(mode_of(c, "rotate.db"), 0600);
	assert_int_equal(mode_of(c, "rotate.db-wal"), 0600);
	assert_int_equal(mode_of(c, "spare"), 0600);
	assert_false(has(c, "rotate.db.new"));
	auto_store(&s);
	assert_false(has(c, "rotate.db-wal"));
	assert_int_equal(chmod(c->place, 0750), 0);
	WANT(EC_DENIED, c->open(c, &s, &e));
	assert_non_null(strstr(e.fix, "chmod 0700 "));
	assert_int_equal(chmod(c->place, 0700), 0);
	meddle(c, "PRAGMA user_version");
	{
		char path[PATH_MAX];

		in_place(c, "rotate.db", path);
		assert_int_equal(chmod(path, 0604), 0);
	}
	WANT(EC_DENIED, c->open(c, &s, &e));
	assert_non_null(strstr(e.fix, "chmod 0600 "));
	WANT(EC_DENIED, store_sqlite_open(c->place, STORE_RO, &s, &e));
}

static void
test_owner(void **state)
{
	const struct conform *c = *state;
	AUTO(store) struct store s = { 0 };
	struct err e = { 0 };
	char path[PATH_MAX];

	if (geteuid() != 0)
		skip();
	furnish(c);
	in_place(c, "rotate.db", path);
	assert_int_equal(chown(path, 12345, 0), 0);
	WANT(EC_DENIED, c->open(c, &s, &e));
	WANT(EC_OK, store_sqlite_open(c->place, STORE_RO, &s, &e));
	auto_store(&s);
	assert_int_equal(chown(path, 0, 0), 0);
	assert_int_equal(chown(c->place, 12345, 0), 0);
	WANT(EC_DENIED, c->open(c, &s, &e));
}

static void
test_places(void **state)
{
	const struct conform *c = *state;
	AUTO(store) struct store s = { 0 };
	struct err e = { 0 };
	char path[PATH_MAX];

	WANT(EC_CONFIG, store_sqlite_open("", STORE_RW, &s, &e));
	in_place(c, "deeper", path);
	WANT(EC_GONE, store_sqlite_open(path, STORE_RW, &s, &e));
	WANT(EC_GONE, store_sqlite_open(path, STORE_RO, &s, &e));
	WANT(EC_GONE, store_sqlite_open(c->place, STORE_RO, &s, &e));
	assert_int_equal(mkdir(c->place, 0700), 0);
	WANT(EC_GONE, store_sqlite_open(c->place, STORE_RO, &s, &e));
	assert_false(has(c, "rotate.db"));
	spit(c, "rotate.db.new", "left by a crash", 15);
	WANT(EC_OK, c->open(c, &s, &e));
	auto_store(&s);
	in_place(c, "rotate.db", path);
	WANT(EC_CONFIG, store_sqlite_open(path, STORE_RO, &s, &e));
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("/dev/null", path), 0);
	WANT(EC_DAMAGED, c->open(c, &s, &e));
}

/* There was a database: that it has gone is no new beginning. */
static void
test_lost(void **state)
{
	const struct conform *c = *state;
	AUTO(store) struct store s = { 0 };
	struct err e = { 0 };
	char path[PATH_MAX];

	furnish(c);
	in_place(c, "rotate.db", path);
	assert_int_equal(unlink(path), 0);
	WANT(EC_DAMAGED, c->open(c, &s, &e));
	assert_non_null(strstr(e.fix, "spare"));
	in_place(c, "spare", path);
	assert_int_equal(unlink(path), 0);
	WANT(EC_OK, c->open(c, &s, &e));
}

static const char *const foreign[] = {
	"PRAGMA application_id=1",
	"PRAGMA user_version=0",
	"PRAGMA user_version=2",
	"DROP TABLE confirm",
	"DROP INDEX identity_due",
	"CREATE TABLE more(x)",
	"CREATE VIEW more AS SELECT 1",
	"CREATE TRIGGER t AFTER DELETE ON hold BEGIN DELETE FROM event; END",
	"ALTER TABLE hold RENAME COLUMN reason TO why",
};

static void
test_foreign(void **state)
{
	const struct conform *c = *state;
	AUTO(buf) struct buf good = BUF(1 << 20);

	furnish(c);
	slurp(c, "rotate.db", &good);
	for (size_t i = 0; i < COUNT(foreign); i++) {
		AUTO(store) struct store s = { 0 };
		struct err e = { 0 };

		meddle(c, foreign[i]);
		WANT(EC_DAMAGED, c->open(c, &s, &e));
		WANT(EC_DAMAGED, store_sqlite_open(c->place, STORE_RO, &s, &e));
		assert_non_null(strstr(e.what, c->place));
		swap(c, good.p, good.len);
	}
}

/* Words that were altered behind our back are not handed on. */
static void
test_words_altered(void **state)
{
	static const char *const how[] = {
		"UPDATE hold SET reason='x'",
		"UPDATE confirm SET by='x'",
		"UPDATE meta SET value='x'",
	};
	const struct conform *c = *state;
	AUTO(buf) struct buf good = BUF(1 << 20);

	furnish(c);
	slurp(c, "rotate.db", &good);
	for (size_t i = 0; i < COUNT(how); i++) {
		AUTO(store) struct store s = { 0 };
		AUTO(buf) struct buf b = BUF(4096);
		struct err e = { 0 };

		reopen(c, &s);
		WANT(EC_OK, s.words(s.ctx, add_word, &b, &e));
		meddle(c, how[i]); /* after all was verified once */
		WANT(EC_DAMAGED, s.words(s.ctx, add_word, &b, &e));
		auto_store(&s);
		swap(c, good.p, good.len);
	}
}

/* All of the directory that another program could see a change in. */
static void
look(const struct conform *c, struct buf *ret)
{
	static const char *const names[] = { ".", "rotate.db", "spare",
		"rotate.db-wal", "rotate.db-shm", "rotate.db-journal",
		"rotate.db.new" };
	struct err e;

	for (size_t i = 0; i < COUNT(names); i++) {
		char path[PATH_MAX];
		struct stat st;

		in_place(c, names[i], path);
		if (stat(path, &st) != 0)
			continue;
		assert_int_equal(
		    buf_addf(ret, &e, "%s %ld %ld %ld.%09ld\n", names[i],
			(long)st.st_ino, (long)st.st_size,
			(long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec),
		    EC_OK);
	}
}

static void
read_everything(struct store *s)
{
	struct hold h = { 0 };
	AUTO(rec) struct rec r = { 0 };
	struct err e = { 0 };

	assert_loads(s, "shop", 2, "user");
	WANT(EC_GONE, s->load(s->ctx, "none", &r, &e));
	assert_due(s, INT64_MAX, "mail shop ");
	assert_events(s, NULL, FURNISHED);
	WANT(EC_OK, s->hold_get(s->ctx, "shop", &h, &e));
	assert_true(h.held);
}

/* A dry run leaves no trace, and cannot write by mistake. */
static void
test_read_only(void **state)
{
	const struct conform *c = *state;
	AUTO(buf) struct buf before = BUF(4096);
	AUTO(buf) struct buf after = BUF(4096);
	AUTO(store) struct store s = { 0 };
	struct event ev = { .at = T0, .what = "x" };
	struct err e = { 0 };

	furnish(c);
	look(c, &before);
	WANT(EC_OK, store_sqlite_open(c->place, STORE_RO, &s, &e));
	read_everything(&s);
	WANT(EC_DENIED, s.note(s.ctx, &ev, &e));
	WANT(EC_DENIED, s.lease(s.ctx, T0, TTL, &e));
	assert_false(s.relief(s.ctx));
	look(c, &after);
	assert_string_equal(before.p, after.p);
	auto_store(&s);
	buf_cut(&after, 0);
	look(c, &after);
	assert_string_equal(before.p, after.p);
}

/* Beside a working rotator it sees what was committed so far. */
static void
test_read_beside(void **state)
{
	const struct conform *c = *state;
	AUTO(store) struct store w = { 0 };
	AUTO(store) struct store s = { 0 };
	AUTO(rec) struct rec r = { 0 };
	struct err e = { 0 };

	furnish(c);
	leased(c, &w);
	WANT(EC_OK, w.load(w.ctx, "mail", &r, &e));
	keep(&w, &r, "three");
	WANT(EC_OK, store_sqlite_open(c->place, STORE_RO, &s, &e));
	assert_loads(&s, "mail", 3, "user");
	keep(&w, &r, "four");
	assert_loads(&s, "mail", 4, "user");
	auto_store(&s);
	keep(&w, &r, "five");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CONFORM_TESTS(world_make, world_end),
#define T(t) cmocka_unit_test_setup_teardown(t, world_make, world_end)
		T(test_modes),
		T(test_owner),
		T(test_places),
		T(test_lost),
		T(test_foreign),
		T(test_words_altered),
		T(test_read_only),
		T(test_read_beside),
	};

	return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
