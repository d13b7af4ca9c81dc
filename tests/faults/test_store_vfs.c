/*
 * The store over a file system that fails (vfs.h): each call of SQLite to it,
 * in its turn, with each answer that it may give, once and for ever, during
 * each thing that the store does. The store says what is wrong and what to
 * do; afterwards it holds the old record or the new one, the chain of events
 * is whole, and it can be written again.
 */
#include "store_world.h"

#include <sys/syscall.h>
#include <sys/wait.h>

#include "tests/faults/vfs.h"

static long histories; /* of all tests, for the last line */

/* ---- what the store does ----------------------------------------------- */

struct done {
	bool committed; /* commit() said so: it must be there */
};

typedef enum ec act(const struct conform *c, struct done *d, struct err *e);

static enum ec
act_commit(const struct conform *c, struct done *d, struct err *e)
{
	AUTO(store) struct store s = { 0 };
	AUTO(rec) struct rec r = { 0 };
	const struct event ev = {
		.at = T0, .identity = "shop", .what = "state", .text = "three"
	};

	TRY(c->open(c, &s, e));
	TRY(s.lease(s.ctx, T0, TTL, e));
	TRY(s.fence(s.ctx, T0, e));
	TRY(s.load(s.ctx, "shop", &r, e));
	assert_int_equal(r.version, 2);
	TRY(s.commit(s.ctx, T0, &r, &ev, e));
	d->committed = true;
	s.unlease(s.ctx);
	return EC_OK;
}

static enum ec
act_words(const struct conform *c, struct done *d, struct err *e)
{
	AUTO(store) struct store s = { 0 };
	AUTO(buf) struct buf b = BUF(100);
	const struct hold h = { true, T0, "bob", "again" };
	const struct event ev = { .at = T0, .identity = "shop", .what = "x" };
	struct hold got = { 0 };
	struct confirmation who = { 0 };

	(void)d;
	TRY(c->open(c, &s, e));
	TRY(s.hold_set(s.ctx, "shop", &h, e));
	TRY(s.hold_get(s.ctx, "shop", &got, e));
	assert_true(got.held);
	TRY(s.confirm_set(s.ctx, "web", "AKIA2", T0, "ann", e));
	TRY(s.confirm_get(s.ctx, "web", "AKIA2", &who, e));
	assert_true(who.confirmed);
	TRY(s.meta_set(s.ctx, "config-hash", "2", e));
	TRY(s.meta_get(s.ctx, "config-hash", &b, e));
	assert_string_equal(buf_str(&b), "2");
	return s.note(s.ctx, &ev, e);
}

static enum ec
act_look(const struct conform *c, struct done *d, struct err *e)
{
	AUTO(store) struct store s = { 0 };
	AUTO(buf) struct buf b = BUF(65536);
	AUTO(rec) struct rec r = { 0 };

	(void)d;
	TRY(store_sqlite_open(c->place, STORE_RO, &s, e));
	TRY(s.each(s.ctx, INT64_MAX, add_row, &b, e));
	TRY(s.load(s.ctx, "shop", &r, e));
	assert_int_equal(r.version, 2);
	buf_cut(&b, 0);
	TRY(s.history(s.ctx, NULL, add_event, &b, e));
	assert_string_equal(buf_str(&b), FURNISHED);
	return EC_OK;
}

/* A record that is not there: nobody may say so without having looked. */
static enum ec
act_absent(const struct conform *c, struct done *d, struct err *e)
{
	AUTO(store) struct store s = { 0 };
	AUTO(rec) struct rec r = { 0 };
	enum ec ec;

	(void)d;
	TRY(c->open(c, &s, e));
	ec = s.load(s.ctx, "other", &r, e);
	return ec == EC_GONE ? EC_OK : ec;
}

/* ---- where it begins --------------------------------------------------- */

/* A database at rest, made once. */
static void
begin_furnished(const struct conform *c)
{
	static char kept[1 << 18];
	static size_t n;

	if (n == 0) {
		AUTO(buf) struct buf b = BUF(sizeof(kept));

		furnish(c);
		slurp(c, "rotate.db", &b);
		memcpy(kept, buf_str(&b), b.len);
		n = b.len;
	}
	(void)mkdir(c->place, 0700);
	swap(c, kept, n);
}

static void
begin_empty(const struct conform *c)
{
	(void)nftw(c->place, world_remove, 16, FTW_DEPTH | FTW_PHYS);
}

/* A hold that only the log knows of, by a writer that was killed. */
static void
killed_writer(const struct conform *c)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		const struct hold h = { true, T0, "ann", "log" };
		struct store s = { 0 };
		struct err e;

		_exit(c->open(c, &s, &e) != EC_OK ||
		    s.lease(s.ctx, T0, TTL, &e) != EC_OK ||
		    s.hold_set(s.ctx, "mail", &h, &e) != EC_OK);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* The same, but all since then is in the log. */
static void
begin_killed(const struct conform *c)
{
	static const char *const names[] = { "rotate.db-wal", "rotate.db-shm" };
	static char kept[COUNT(names)][1 << 18];
	static size_t n[COUNT(names)];

	begin_furnished(c);
	if (n[0] == 0)
		killed_writer(c);
	for (size_t i = 0; i < COUNT(names); i++) {
		AUTO(buf) struct buf b = BUF(sizeof(kept[i]));

		if (n[i] == 0) {
			slurp(c, names[i], &b);
			memcpy(kept[i], buf_str(&b), b.len);
			n[i] = b.len;
		}
		spit(c, names[i], kept[i], n[i]);
	}
}

/* ---- was that right? --------------------------------------------------- */

/* errno or code of SQLite -> class. Where a lock or a descriptor is missing,
 * SQLite has several words for it. */
static bool
fits(const struct wrong *w, enum ec ec)
{
	switch (w->rc & 0xff) {
	case SQLITE_NOMEM:
		return ec == EC_NOMEM;
	case SQLITE_BUSY:
		return ec == EC_BUSY;
	case SQLITE_FULL:
		return ec == EC_IO;
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
		return ec == EC_DENIED || ec == EC_IO;
	default:
		break;
	}
	if (w->rc == SQLITE_IOERR_SHORT_READ) /* a file that was cut off */
		return ec == EC_DAMAGED || ec == EC_IO;
	return ec == (w->sys == ENOMEM ? EC_NOMEM : EC_IO);
}

static void
judge(const struct conform *c, const struct wrong *w, enum ec ec,
    const struct err *e)
{
	if (ec == EC_OK)
		return;
	if (!fits(w, ec) || strstr(e->what, c->place) == NULL ||
	    e->fix[0] == '\0' || strstr(e->what, "Success") != NULL ||
	    strstr(e->what, "not an error") != NULL)
		print_error("%s %d, turn %ld: %s: %s -> %s\n", w->method, w->rc,
		    vfs.turn, ec_name(ec), e->what, e->fix);
	assert_true(fits(w, ec));
	assert_non_null(strstr(e->what, c->place));
	assert_int_not_equal(e->fix[0], '\0');
	assert_null(strstr(e->what, "Success"));
	assert_null(strstr(e->what, "not an error"));
	assert_int_equal(e->ec, ec);
}

/* Without faults: old or new, all of it, and it goes on. */
static void
assert_whole(const struct conform *c, const struct done *d)
{
	AUTO(store) struct store s = { 0 };
	AUTO(buf) struct buf b = BUF(65536);
	AUTO(rec) struct rec r = { 0 };
	struct err e = { 0 };
	bool new;

	reopen(c, &s);
	WANT(EC_OK, s.lease(s.ctx, T0 + 2 * TTL, TTL, &e));
	WANT(EC_OK, s.history(s.ctx, NULL, add_event, &b, &e));
	WANT(EC_OK, s.load(s.ctx, "shop", &r, &e));
	new = r.version == 3;
	assert_true(new || r.version == 2);
	assert_true(new || !d->committed);
	assert_true(strncmp(buf_str(&b), FURNISHED, strlen(FURNISHED)) == 0);
	assert_int_equal(strstr(buf_str(&b), "three") != NULL, new);
	assert_loads(&s, "mail", 2, "user");
	keep(&s, &r, "after");
	s.unlease(s.ctx);
}

static void
assert_made(const struct conform *c, const struct done *d)
{
	(void)d;
	furnish(c);
}

/* ---- every one of them ------------------------------------------------- */

struct play {
	void (*begin)(const struct conform *);
	act *act;
	void (*after)(const struct conform *, const struct done *);
	bool reads; /* and writes nothing */
};

/* False when there was no such call. */
static bool
play(const struct conform *c, const struct play *p, const struct wrong *w,
    long turn, bool for_ever)
{
	struct done d = { .committed = false };
	struct err e = { .ec = EC_OK };
	enum ec ec;

	p->begin(c);
	vfs_arm(w, turn, for_ever);
	ec = p->act(c, &d, &e);
	judge(c, w, ec, &e);
	if (vfs_disarm() == 0) {
		WANT(EC_OK, ec);
		return false;
	}
	histories++;
	p->after(c, &d);
	return true;
}

static bool
fair(const struct play *p, const struct wrong *w)
{
	return p->reads || w->rc != SQLITE_IOERR_SHORT_READ;
}

static void
play_all(const struct conform *c, const struct play *p)
{
	for (size_t i = 0; i < COUNT(wrongs); i++)
		for (int for_ever = 0; for_ever < 2; for_ever++)
			for (long turn = 0; fair(p, &wrongs[i]) &&
			     play(c, p, &wrongs[i], turn, for_ever != 0);
			     turn++)
				continue;
}

static void
test_commit(void **state)
{
	play_all(*state,
	    &(const struct play){
		begin_furnished, act_commit, assert_whole, false });
}

static void
test_commit_after_kill(void **state)
{
	play_all(*state,
	    &(const struct play){
		begin_killed, act_commit, assert_whole, false });
}

static void
test_words(void **state)
{
	play_all(*state,
	    &(const struct play){
		begin_furnished, act_words, assert_whole, false });
}

static void
test_look(void **state)
{
	play_all(*state,
	    &(const struct play){
		begin_furnished, act_look, assert_whole, true });
}

static void
test_look_after_kill(void **state)
{
	play_all(*state,
	    &(const struct play){ begin_killed, act_look, assert_whole, true });
}

static void
test_absent(void **state)
{
	play_all(*state,
	    &(const struct play){
		begin_furnished, act_absent, assert_whole, false });
}

static void
test_birth(void **state)
{
	play_all(*state,
	    &(const struct play){
		begin_empty, act_absent, assert_made, false });
}

/* ---- a directory that cannot tell --------------------------------------- */

static bool blind; /* nobody can look at rotate.db */

static bool
is_hidden(const char *path)
{
	const char *end = strrchr(path, '/');

	errno = EIO;
	return blind && strcmp(end != NULL ? end + 1 : path, "rotate.db") == 0;
}

/* The linker takes these for the store's calls of libc. */
int
lstat(const char *path, struct stat *st)
{
	return is_hidden(path) ? -1
			       : (int)syscall(SYS_newfstatat, AT_FDCWD, path,
				     st, AT_SYMLINK_NOFOLLOW);
}

int
fstatat(int dir, const char *path, struct stat *st, int flags)
{
	return is_hidden(path)
	    ? -1
	    : (int)syscall(SYS_newfstatat, dir, path, st, flags);
}

/* Nothing is made over a database that cannot be seen today. */
static void
test_blind(void **state)
{
	const struct conform *c = *state;
	const struct done d = { .committed = false };
	struct store s = { 0 };
	struct err e = { 0 };

	begin_furnished(c);
	blind = true;
	WANT(EC_IO, c->open(c, &s, &e));
	WANT(EC_IO, store_sqlite_open(c->place, STORE_RO, &s, &e));
	blind = false;
	assert_false(has(c, "rotate.db.new"));
	assert_whole(c, &d);
}

/* Each answer was given somewhere, else its row proves nothing. */
static void
test_enough(void **state)
{
	(void)state;
	print_message("# %ld histories\n", histories);
	assert_true(histories > 1000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(t) cmocka_unit_test_setup_teardown(t, world_make, world_end)
		T(test_commit),
		T(test_commit_after_kill),
		T(test_words),
		T(test_look),
		T(test_look_after_kill),
		T(test_absent),
		T(test_birth),
		T(test_blind),
		cmocka_unit_test(test_enough),
	};

	vfs_register();
	return cmocka_run_group_tests_name("store vfs", tests, NULL, NULL);
}
