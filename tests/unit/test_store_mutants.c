/*
 * The small decisions of the SQLite store that whole commands do not show
 * (tests/mutants): what the mark says, that a walk over words ends where it
 * must, and what a glance takes for a database at rest.
 */
#include "calls.h"

#include "store_world.h"

#include "rotator/record_p.h"

/* SQLite calls some of these itself. */
static int inside;

int
sqlite3_step(sqlite3_stmt *q)
{
	int rc;

	if (inside == 0 && call_fails("sqlite3_step"))
		return armed.rc;
	inside++;
	rc = NEXT(sqlite3_step)(q);
	inside--;
	return rc;
}

STAND_IN(int, sqlite3_prepare_v3,
    (sqlite3 * d, const char *s, int n, unsigned f, sqlite3_stmt **q,
	const char **t),
    (d, s, n, f, q, t), (*q = NULL, armed.rc))

int
open(const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	return call_fails("open") ? -1 : NEXT(open)(path, flags, mode);
}

STAND_IN(void *, sqlite3_aggregate_context, (sqlite3_context * c, int n),
    (c, n), NULL)

static void (*retouch)(struct stat *st); /* what this lstat() gives */

int
lstat(const char *path, struct stat *st)
{
	void (*const how)(struct stat *) = retouch;
	const bool turn = call_fails("lstat");
	const int rc = turn && how == NULL ? -1 : NEXT(lstat)(path, st);

	if (turn && how != NULL)
		how(st);
	return rc;
}

#ifndef __SANITIZE_ADDRESS__ /* it has an allocator of its own */
static bool no_memory;       /* the next time */
void *__libc_calloc(size_t n, size_t size);

void *
calloc(size_t n, size_t size)
{
	if (!no_memory)
		return __libc_calloc(n, size);
	no_memory = false;
	return NULL;
}
#endif

static void
mark_of(struct store *s, char ret[512])
{
	AUTO(buf) struct buf b = BUF(511);
	struct err e = { 0 };

	WANT(EC_OK, s->mark(s->ctx, &b, &e));
	(void)snprintf(ret, 512, "%s", buf_str(&b));
}

/* Another one after each change that a run must look at; the same one else. */
static void
test_mark(void **state)
{
	const struct hold h = { true, T0, "ann", "so" };
	const struct event ev = { .at = T0, .what = "x", .text = "y" };
	AUTO(store) struct store s = { 0 };
	AUTO(rec) struct rec r = { 0 };
	char was[512], is[512];
	struct err e = { 0 };

	furnish(*state);
	leased(*state, &s);
	mark_of(&s, was);
	mark_of(&s, is);
	assert_string_equal(was, is);
	WANT(EC_OK, s.fence(s.ctx, T0, &e));
	mark_of(&s, is);
	assert_string_equal(was, is);
	WANT(EC_OK, s.note(s.ctx, &ev, &e));
	mark_of(&s, is);
	assert_string_not_equal(was, is);
	WANT(EC_OK, s.hold_set(s.ctx, "mail", &h, &e));
	mark_of(&s, was);
	assert_string_not_equal(was, is);
	WANT(EC_OK, s.load(s.ctx, "mail", &r, &e));
	WANT(EC_OK, s.commit(s.ctx, T0, &r, NULL, &e));
	mark_of(&s, is);
	assert_string_not_equal(was, is);
}

/* It is the root's; without one there is none to go by. */
static void
test_no_mark(void **state)
{
	static const char *const calls[] = { "sqlite3_step",
		"sqlite3_prepare_v3" };
	AUTO(store) struct store s = { 0 };
	AUTO(buf) struct buf b = BUF(512);
	struct err e = { 0 };

	furnish(*state);
	for (size_t i = 0; i < COUNT(calls); i++) {
		reopen(*state, &s);
		call_arm(calls[i], 0, 0, SQLITE_NOMEM);
		WANT(EC_NOMEM, s.mark(s.ctx, &b, &e));
		assert_true(call_disarm());
		assert_int_equal(b.len, 0);
	}
	meddle(*state, "DELETE FROM root");
	WANT(EC_DAMAGED, s.mark(s.ctx, &b, &e));
	assert_non_null(strstr(e.what, "it has lost its root"));
	assert_int_equal(b.len, 0);
}

static enum ec
refuse_word(void *arg, const struct word *w, struct err *e)
{
	(*(int *)arg)++;
	(void)fail(e, EC_HUMAN, "%s", w->name);
	return fix(e, "nothing");
}

/* It ends with the first word that is refused, of whatever kind. */
static void
test_refused_words(void **state)
{
	static const char *const rest[] = { "shop", "web", "config-hash" };
	static const char *const drop[] = { "", "DELETE FROM hold",
		"DELETE FROM confirm" };
	AUTO(store) struct store s = { 0 };
	struct err e = { 0 };

	furnish(*state);
	reopen(*state, &s);
	for (size_t i = 0; i < COUNT(rest); i++) {
		const struct hold none = { .held = false };
		int calls = 0;

		if (i == 1)
			WANT(EC_OK, s.hold_set(s.ctx, "shop", &none, &e));
		else
			meddle(*state, drop[i]);
		WANT(EC_HUMAN, s.words(s.ctx, refuse_word, &calls, &e));
		assert_int_equal(calls, 1);
		assert_string_equal(e.what, rest[i]);
	}
}

/* A word that is lost or altered is damage, and so is a hold that is gone:
 * not the end of the list. */
static void
test_lost_words(void **state)
{
	static const char *const hands[] = { "DELETE FROM hold",
		"UPDATE hold SET reason='x'", "UPDATE confirm SET at=1",
		"UPDATE meta SET value='2'" };

	for (size_t i = 0; i < COUNT(hands); i++) {
		AUTO(store) struct store s = { 0 };
		AUTO(buf) struct buf b = BUF(4096);
		struct err e = { 0 };

		furnish(*state);
		meddle(*state, hands[i]);
		reopen(*state, &s);
		WANT(EC_DAMAGED, s.words(s.ctx, add_word, &b, &e));
		auto_store(&s);
		assert_int_equal(world_end(state), 0);
		assert_int_equal(world_make(state), 0);
	}
}

/* Each call of the walk that fails is the end of it. */
static void
test_words_fail(void **state)
{
	static const char *const calls[] = { "sqlite3_step",
		"sqlite3_prepare_v3" };

	furnish(*state);
	for (size_t i = 0; i < COUNT(calls); i++) {
		bool met = true;

		for (long turn = 0; met; turn++) {
			AUTO(store) struct store s = { 0 };
			AUTO(buf) struct buf b = BUF(4096);
			struct err e = { 0 };
			enum ec ec;

			reopen(*state, &s);
			call_arm(calls[i], turn, 0, SQLITE_NOMEM);
			ec = s.words(s.ctx, add_word, &b, &e);
			met = call_disarm();
			assert_ec(ec, met ? EC_NOMEM : EC_OK, &e);
		}
	}
}

/* No memory for a sum is no wrong sum. SQLite's own functions ask there, too,
 * and what they make of it is theirs to say. */
static void
test_no_memory_for_sums(void **state)
{
	AUTO(store) struct store s = { 0 };
	AUTO(buf) struct buf b = BUF(4096);
	struct err e = { 0 };
	bool met = true, told = false;

	furnish(*state);
	reopen(*state, &s);
	for (long turn = 0; met; turn++) {
		enum ec ec;

		call_arm("sqlite3_aggregate_context", turn, ENOMEM, 0);
		ec = s.words(s.ctx, add_word, &b, &e);
		met = call_disarm();
		told |= ec == EC_NOMEM;
		assert_true(met || ec == EC_OK);
	}
	assert_true(told);
}

/* ---- a glance ---------------------------------------------------------- */

static enum ec
glance(const struct conform *c, struct err *e)
{
	AUTO(buf) struct buf mark = BUF(512);
	AUTO(buf) struct buf value = BUF(512);
	enum ec ec;

#ifndef __SANITIZE_ADDRESS__
	no_memory = true;
	assert_int_equal(
	    store_sqlite_glance(c->place, "config-hash", &mark, &value, e),
	    EC_NOMEM);
#endif
	ec = store_sqlite_glance(c->place, "config-hash", &mark, &value, e);
	if (ec == EC_OK)
		assert_string_equal(buf_str(&value), "1");
	return ec;
}

/* lstat() of: the database, by home_check(); log, journal, database before;
 * and the same three after. */
enum {
	WAL_BEFORE = 1,
	JOURNAL_BEFORE,
	BEFORE,
	WAL_AFTER,
	JOURNAL_AFTER,
	AFTER,
	LOOKS
};

static void
move_dev(struct stat *st)
{
	st->st_dev++;
}

static void
move_ino(struct stat *st)
{
	st->st_ino++;
}

static void
move_size(struct stat *st)
{
	st->st_size++;
}

static void
move_mtime(struct stat *st)
{
	st->st_mtim.tv_sec++;
}

static void
move_mtime_ns(struct stat *st)
{
	st->st_mtim.tv_nsec ^= 1;
}

static void
move_ctime(struct stat *st)
{
	st->st_ctim.tv_sec++;
}

static void
move_ctime_ns(struct stat *st)
{
	st->st_ctim.tv_nsec ^= 1;
}

/* Whatever of it has changed while we read: it is not at rest. */
static void
test_glance_moved(void **state)
{
	static void (*const moves[])(struct stat *) = { move_dev, move_ino,
		move_size, move_mtime, move_mtime_ns, move_ctime,
		move_ctime_ns };
	struct err e = { 0 };

	furnish(*state);
	assert_ec(glance(*state, &e), EC_OK, &e);
	for (size_t i = 0; i < COUNT(moves); i++)
		for (long turn = BEFORE; turn <= AFTER;
		     turn += AFTER - BEFORE) {
			call_arm("lstat", turn, EIO, 0);
			retouch = moves[i];
			assert_ec(glance(*state, &e), EC_BUSY, &e);
			assert_true(call_disarm());
			retouch = NULL;
		}
	assert_ec(glance(*state, &e), EC_OK, &e);
}

/* What cannot be looked at is not absent, nor at rest. */
static void
test_glance_fails(void **state)
{
	struct err e = { 0 };

	furnish(*state);
	for (long turn = WAL_BEFORE; turn < LOOKS; turn++) {
		const bool itself = turn == BEFORE || turn == AFTER;

		call_arm("lstat", turn, EIO, 0);
		assert_int_equal(glance(*state, &e), itself ? EC_IO : EC_BUSY);
		assert_true(call_disarm());
	}
}

/* A log or a journal beside it: somebody works on it. */
static void
test_glance_beside(void **state)
{
	static const char *const beside[] = { "rotate.db-wal",
		"rotate.db-journal" };
	struct err e = { 0 };

	furnish(*state);
	for (size_t i = 0; i < COUNT(beside); i++) {
		char path[PATH_MAX];

		spit(*state, beside[i], "x", 1);
		assert_ec(glance(*state, &e), EC_BUSY, &e);
		in_place(*state, beside[i], path);
		assert_int_equal(unlink(path), 0);
	}
	assert_ec(glance(*state, &e), EC_OK, &e);
}

/* Of another program or another version nothing is believed. */
static void
test_glance_foreign(void **state)
{
	static const char *const hands[] = { "PRAGMA user_version=2",
		"PRAGMA application_id=7", "CREATE TABLE x(y)" };
	AUTO(buf) struct buf b = BUF(1 << 20);
	struct err e = { 0 };

	furnish(*state);
	slurp(*state, "rotate.db", &b);
	for (size_t i = 0; i < COUNT(hands); i++) {
		swap(*state, b.p, b.len);
		meddle(*state, hands[i]);
		assert_ec(glance(*state, &e), EC_DAMAGED, &e);
	}
	/* bytes 18 and 19: how to write and how to read it */
	b.p[18] = 1;
	swap(*state, b.p, b.len);
	assert_ec(glance(*state, &e), EC_DAMAGED, &e);
	assert_non_null(strstr(e.what, "its first page"));
}

/* ---- the rest ---------------------------------------------------------- */

#ifndef __SANITIZE_ADDRESS__ /* it keeps each of the 10,000 copies */
/* As many clients as a record may have, and no more. */
static void
test_many_clients(void **state)
{
	AUTO(buf) struct buf b = BUF(1 << 26);
	AUTO(rec) struct rec r = { 0 };
	AUTO(rec) struct rec back = { 0 };
	struct rec_client *c;
	struct err e = { 0 };
	char name[32];

	(void)state;
	rec_init(&r, "shop");
	for (int i = 0; i < REC_CLIENTS_MAX; i++) {
		(void)snprintf(name, sizeof(name), "client%d", i);
		assert_int_equal(rec_client_add(&r, name, &c, &e), EC_OK);
	}
	assert_int_equal(rec_client_add(&r, "more", &c, &e), EC_LIMIT);
	assert_int_equal(rec_encode(&r, &b, &e), EC_OK);
	assert_int_equal(rec_decode(buf_str(&b), &back, &e), EC_OK);
	assert_int_equal(back.n_clients, REC_CLIENTS_MAX);
}
#endif

/* What must be freed goes on failure. */
static void
test_half_a_record(void **state)
{
	AUTO(rec) struct rec r = { 0 };
	AUTO(rec) struct rec back = { 0 };
	AUTO(buf) struct buf b = BUF(1 << 16);
	struct rec_client *c;
	struct err e = { 0 };

	(void)state;
	rec_init(&r, "shop");
	assert_int_equal(rec_client_add(&r, "web", &c, &e), EC_OK);
	assert_int_equal(rec_encode(&r, &b, &e), EC_OK);
	assert_int_equal(rec_decode(buf_str(&b), &back, &e), EC_OK);
	assert_int_equal(back.n_clients, 1);
	rec_free(&back);
	buf_cut(&b, b.len - 1); /* the last brace */
	assert_int_equal(buf_adds(&b, ",\"more\":1}", &e), EC_OK);
	assert_int_equal(rec_decode(buf_str(&b), &back, &e), EC_DAMAGED);
	assert_int_equal(back.n_clients, 0);
	assert_null(back.clients);
}

/* Its directory cannot be opened: that is what is said, and not what came of
 * going on without it. */
static void
test_directory(void **state)
{
	const struct conform *c = *state;
	AUTO(store) struct store s = { 0 };
	struct err e = { 0 };

	furnish(c);
	call_arm("open", 0, EMFILE, 0);
	WANT(EC_IO, c->open(c, &s, &e));
	assert_true(call_disarm());
	assert_non_null(strstr(e.what, "open it"));
	assert_non_null(strstr(e.what, strerror(EMFILE)));
	WANT(EC_OK, c->open(c, &s, &e));
}

/* Descriptor 0 is one like the others. */
static void
test_number_zero(void **state)
{
	const struct conform *c = *state;
	AUTO(store) struct store s = { 0 };
	struct err e = { 0 };

	furnish(c);
	(void)close(0);
	WANT(EC_OK, c->open(c, &s, &e));
	auto_store(&s);
	if (fcntl(0, F_GETFD) < 0)
		assert_int_equal(open("/dev/null", O_RDONLY), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(t) cmocka_unit_test_setup_teardown(t, world_make, world_end)
		T(test_mark),
		T(test_no_mark),
		T(test_refused_words),
		T(test_lost_words),
		T(test_words_fail),
		T(test_no_memory_for_sums),
		T(test_glance_moved),
		T(test_glance_fails),
		T(test_glance_beside),
		T(test_glance_foreign),
#ifndef __SANITIZE_ADDRESS__
		cmocka_unit_test(test_many_clients),
#endif
		cmocka_unit_test(test_half_a_record),
		T(test_directory),
		T(test_number_zero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
