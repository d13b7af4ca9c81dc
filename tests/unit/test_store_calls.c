/*
 * The store when a call of its own fails, or when somebody else comes in
 * between two of them: each call in its turn, during birth, writing and
 * reading. It says what is wrong, where, and what to do; afterwards the old
 * record or the new one is there. And who holds a lease, by what /proc says.
 */
#include "calls.h"

#include "store_world.h"

#include <openssl/evp.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/utsname.h>
#include <time.h>

#include "rotator/store_p.h"

/* ---- the calls ---- */

static uid_t somebody;         /* instead of who we are; 0: ourselves */
static const char *stat_text;  /* instead of /proc/PID/stat; or NULL */
static void (*on_sleep)(void); /* instead of time */

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

int
openat(int dir, const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	return call_fails("openat") ? -1 : NEXT(openat)(dir, path, flags, mode);
}

STAND_IN(int, stat, (const char *p, struct stat *st), (p, st), -1)
STAND_IN(int, lstat, (const char *p, struct stat *st), (p, st), -1)
STAND_IN(int, fstat, (int fd, struct stat *st), (fd, st), -1)
STAND_IN(int, fstatat, (int d, const char *p, struct stat *st, int f),
    (d, p, st, f), -1)
STAND_IN(ssize_t, pread, (int fd, void *p, size_t n, off_t at), (fd, p, n, at),
    armed.sys == EPIPE ? 0 : -1)
STAND_IN(int, unlinkat, (int d, const char *p, int f), (d, p, f), -1)
STAND_IN(int, renameat, (int a, const char *p, int b, const char *q),
    (a, p, b, q), -1)
STAND_IN(int, fsync, (int fd), (fd), -1)
STAND_IN(int, flock, (int fd, int how), (fd, how), -1)
STAND_IN(int, mkdir, (const char *p, mode_t m), (p, m), -1)
STAND_IN(
    int, posix_fallocate, (int fd, off_t a, off_t n), (fd, a, n), armed.sys)
STAND_IN(int, uname, (struct utsname * u), (u), -1)
STAND_IN(int, kill, (pid_t p, int s), (p, s), -1)
static bool refuse_access;

int
faccessat(int d, const char *p, int m, int f)
{
	errno = EACCES;
	return refuse_access ? -1 : NEXT(faccessat)(d, p, m, f);
}

STAND_IN(ssize_t, readlink, (const char *p, char *to, size_t n), (p, to, n), -1)

uid_t
geteuid(void)
{
	return somebody != 0 ? somebody : NEXT(geteuid)();
}

int
clock_nanosleep(
    clockid_t c, int flags, const struct timespec *t, struct timespec *left)
{
	if (on_sleep == NULL)
		return NEXT(clock_nanosleep)(c, flags, t, left);
	on_sleep();
	return 0;
}

FILE *
fopen(const char *path, const char *mode)
{
	static char text[600];

	if (stat_text == NULL || strncmp(path, "/proc/", 6) != 0)
		return NEXT(fopen)(path, mode);
	if (stat_text[0] == '\0')
		return NEXT(fopen)("/dev/null", mode);
	(void)snprintf(text, sizeof(text), "%s", stat_text);
	return fmemopen(text, strlen(text) + 1, "r");
}

/* SQLite calls some of these itself, and then does not believe the answer. */
static int inside;

int
sqlite3_exec(sqlite3 *d, const char *s, sqlite3_callback f, void *p, char **why)
{
	int rc;

	if (call_fails("sqlite3_exec"))
		return armed.rc;
	inside++;
	rc = NEXT(sqlite3_exec)(d, s, f, p, why);
	inside--;
	return rc;
}

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

int
sqlite3_prepare_v2(
    sqlite3 *d, const char *s, int n, sqlite3_stmt **q, const char **t)
{
	if (inside > 0 || !call_fails("sqlite3_prepare_v2"))
		return NEXT(sqlite3_prepare_v2)(d, s, n, q, t);
	*q = NULL;
	return armed.rc;
}

STAND_IN(int, sqlite3_prepare_v3,
    (sqlite3 * d, const char *s, int n, unsigned f, sqlite3_stmt **q,
	const char **t),
    (d, s, n, f, q, t), (*q = NULL, armed.rc))
STAND_IN(int, sqlite3_bind_int64, (sqlite3_stmt * q, int i, sqlite3_int64 v),
    (q, i, v), armed.rc)
STAND_IN(int, sqlite3_bind_text,
    (sqlite3_stmt * q, int i, const char *s, int n, void (*f)(void *)),
    (q, i, s, n, f), armed.rc)
int
sqlite3_create_function_v2(sqlite3 *d, const char *s, int n, int f, void *p,
    void (*a)(sqlite3_context *, int, sqlite3_value **),
    void (*b)(sqlite3_context *, int, sqlite3_value **),
    void (*c)(sqlite3_context *), void (*x)(void *))
{
	if (inside == 0 && call_fails("sqlite3_create_function_v2"))
		return armed.rc;
	return NEXT(sqlite3_create_function_v2)(d, s, n, f, p, a, b, c, x);
}

int
sqlite3_open_v2(const char *s, sqlite3 **d, int f, const char *v)
{
	int rc;

	if (call_fails("sqlite3_open_v2")) {
		*d = NULL;
		return armed.rc;
	}
	inside++;
	rc = NEXT(sqlite3_open_v2)(s, d, f, v);
	inside--;
	return rc;
}

/* As the real one it owns the bytes also when it fails. */
int
sqlite3_deserialize(sqlite3 *d, const char *s, unsigned char *p,
    sqlite3_int64 n, sqlite3_int64 m, unsigned f)
{
	int rc;

	if (call_fails("sqlite3_deserialize")) {
		sqlite3_free(p);
		return armed.rc;
	}
	inside++;
	rc = NEXT(sqlite3_deserialize)(d, s, p, n, m, f);
	inside--;
	return rc;
}

STAND_IN(int, sqlite3_file_control,
    (sqlite3 * d, const char *s, int op, void *p), (d, s, op, p), armed.rc)
STAND_IN(
    int, sqlite3_db_readonly, (sqlite3 * d, const char *s), (d, s), armed.rc)

STAND_IN(int, EVP_DigestInit_ex, (EVP_MD_CTX * c, const EVP_MD *m, ENGINE *g),
    (c, m, g), 0)
STAND_IN(int, EVP_DigestUpdate, (EVP_MD_CTX * c, const void *p, size_t n),
    (c, p, n), 0)
STAND_IN(int, EVP_DigestFinal_ex,
    (EVP_MD_CTX * c, unsigned char *p, unsigned *n), (c, p, n), 0)

/* ---- what the store does ---- */

static const struct conform *here; /* of this test, for meddlers */

static void
begin_empty(const struct conform *c)
{
	(void)nftw(c->place, world_remove, 16, FTW_DEPTH | FTW_PHYS);
}

/* The same database at rest each time. */
static void
begin_furnished(const struct conform *c)
{
	static char kept[1 << 18];
	static size_t n;

	if (n == 0) {
		AUTO(buf) struct buf b = BUF(sizeof(kept));

		begin_empty(c);
		furnish(c);
		slurp(c, "rotate.db", &b);
		memcpy(kept, buf_str(&b), b.len);
		n = b.len;
	}
	(void)mkdir(c->place, 0700);
	swap(c, kept, n);
}

static enum ec
act_birth(const struct conform *c, struct err *e)
{
	AUTO(store) struct store s = { 0 };

	return c->open(c, &s, e);
}

static enum ec
act_write(const struct conform *c, struct err *e)
{
	AUTO(store) struct store s = { 0 };
	AUTO(rec) struct rec r = { 0 };
	const struct event ev = {
		.at = T0, .identity = "shop", .what = "state", .text = "three"
	};
	const struct hold h = { true, T0, "bob", "again" };
	struct hold got = { 0 };
	struct confirmation who;
	enum ec ec;

	TRY(c->open(c, &s, e));
	TRY(s.lease(s.ctx, T0, TTL, e));
	TRY(s.fence(s.ctx, T0, e));
	TRY(s.load(s.ctx, "shop", &r, e));
	TRY(s.commit(s.ctx, T0, &r, &ev, e));
	TRY(s.hold_set(s.ctx, "shop", &h, e));
	TRY(s.hold_get(s.ctx, "shop", &got, e));
	TRY(s.confirm_set(s.ctx, "web", "AKIA2", T0, "ann", e));
	TRY(s.confirm_get(s.ctx, "web", "AKIA2", &who, e));
	assert_true(got.held && who.confirmed);
	ec = s.load(s.ctx, "nobody", &r, e);
	s.unlease(s.ctx);
	return ec == EC_GONE ? EC_OK : ec;
}

static enum ec
act_read(const struct conform *c, struct err *e)
{
	AUTO(store) struct store s = { 0 };
	AUTO(buf) struct buf b = BUF(65536);
	AUTO(rec) struct rec r = { 0 };

	TRY(store_sqlite_open(c->place, STORE_RO, &s, e));
	TRY(s.each(s.ctx, INT64_MAX, add_row, &b, e));
	TRY(s.load(s.ctx, "shop", &r, e));
	assert_int_equal(r.version, 2);
	buf_cut(&b, 0);
	TRY(s.history(s.ctx, NULL, add_event, &b, e));
	assert_string_equal(buf_str(&b), FURNISHED);
	return EC_OK;
}

/* Old or new, all of it, and it can be written. */
static void
assert_whole(const struct conform *c)
{
	AUTO(store) struct store s = { 0 };
	AUTO(rec) struct rec r = { 0 };
	struct err e = { 0 };

	reopen(c, &s);
	WANT(EC_OK, s.lease(s.ctx, T0 + 2 * TTL, TTL, &e));
	WANT(EC_OK, s.load(s.ctx, "shop", &r, &e));
	assert_true(r.version == 2 || r.version == 3);
	keep(&s, &r, "after");
	s.unlease(s.ctx);
}

/* Nothing half made is left that would be taken for a database. */
static void
assert_born(const struct conform *c)
{
	AUTO(store) struct store s = { 0 };
	struct stat st;
	char path[PATH_MAX];

	in_place(c, "spare", path);
	if (lstat(path, &st) == 0)
		assert_int_equal(st.st_size, 256 * 1024);
	reopen(c, &s);
}

static const struct play {
	void (*begin)(const struct conform *);
	enum ec (*act)(const struct conform *, struct err *);
	void (*after)(const struct conform *);
} plays[] = {
	{ begin_empty, act_birth, assert_born },
	{ begin_furnished, act_write, assert_whole },
	{ begin_furnished, act_read, assert_whole },
};

static long fired; /* all together */

/* It worked all the same, or it says why it did not. */
static void
judge(const char *name, enum ec ec, enum ec want, const struct err *e)
{
	if (ec == EC_OK)
		return;
	if (ec != want || e->what[0] != '/' || e->fix[0] == '\0')
		print_error(
		    "%s: %s: %s -> %s\n", name, ec_name(ec), e->what, e->fix);
	assert_int_equal(ec, want);
	assert_int_equal(e->what[0], '/');
	assert_int_not_equal(e->fix[0], '\0');
}

static bool
play(const struct conform *c, const struct play *p, const char *name, long turn,
    bool for_ever, int sys, int rc, enum ec want)
{
	struct err e = { .ec = EC_OK };
	enum ec ec;
	bool met;

	p->begin(c);
	call_arm(name, turn, sys, rc);
	armed.for_ever = for_ever;
	ec = p->act(c, &e);
	met = call_disarm();
	judge(name, ec, want, &e);
	if (!met)
		assert_int_equal(ec, EC_OK);
	p->after(c);
	fired += met;
	return met;
}

static void
all_turns(
    const struct conform *c, const char *name, int sys, int rc, enum ec want)
{
	long before = fired;

	for (size_t i = 0; i < COUNT(plays); i++)
		for (int for_ever = 0; for_ever < 2; for_ever++)
			for (long turn = 0; play(c, &plays[i], name, turn,
				 for_ever != 0, sys, rc, want);
			     turn++)
				continue;
	if (fired == before)
		print_error("%s is not called\n", name);
	assert_true(fired > before);
}

static void
test_system_calls(void **state)
{
	static const char *const names[] = { "open", "openat", "stat", "lstat",
		"fstat", "fstatat", "pread", "unlinkat", "renameat", "fsync",
		"flock", "mkdir", "posix_fallocate" };

	for (size_t i = 0; i < COUNT(names); i++)
		all_turns(*state, names[i], EIO, 0, EC_IO);
}

static void
test_sqlite(void **state)
{
	static const struct {
		const char *name;
		int rc;
		enum ec want;
	} rows[] = {
		{ "sqlite3_step", SQLITE_NOMEM, EC_NOMEM },
		{ "sqlite3_step", SQLITE_IOERR_NOMEM, EC_NOMEM },
		{ "sqlite3_step", SQLITE_IOERR, EC_IO },
		{ "sqlite3_step", SQLITE_FULL, EC_IO },
		{ "sqlite3_prepare_v2", SQLITE_NOMEM, EC_NOMEM },
		{ "sqlite3_prepare_v3", SQLITE_NOMEM, EC_NOMEM },
		{ "sqlite3_exec", SQLITE_NOMEM, EC_NOMEM },
		{ "sqlite3_bind_int64", SQLITE_NOMEM, EC_NOMEM },
		{ "sqlite3_bind_text", SQLITE_NOMEM, EC_NOMEM },
		{ "sqlite3_create_function_v2", SQLITE_NOMEM, EC_NOMEM },
		{ "sqlite3_open_v2", SQLITE_NOMEM, EC_NOMEM },
		{ "sqlite3_deserialize", SQLITE_NOMEM, EC_NOMEM },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		all_turns(*state, rows[i].name, 0, rows[i].rc, rows[i].want);
}

/* Sums that cannot be computed are no damage. */
static void
test_digests(void **state)
{
	static const char *const names[] = { "EVP_DigestInit_ex",
		"EVP_DigestUpdate", "EVP_DigestFinal_ex" };

	for (size_t i = 0; i < COUNT(names); i++)
		for (size_t k = 1; k < COUNT(plays); k++)
			for (long turn = 0; turn < 40; turn++)
				if (!play(*state, &plays[k], names[i], turn,
					false, EINVAL, 0, EC_NOMEM))
					break;
}

/* SQLite cannot say which file it means: its own word has to do. */
static void
test_no_file_behind_it(void **state)
{
	const struct conform *c = *state;
	struct store s = { 0 };
	struct err e = { 0 };

	begin_furnished(c);
	call_arm("sqlite3_file_control", 0, 0, SQLITE_ERROR);
	armed.for_ever = true;
	WANT(EC_DAMAGED, c->open(c, &s, &e));
	assert_true(call_disarm());
	assert_non_null(strstr(e.what, "SQL logic error"));
	assert_whole(c);
}

/* A refusal for a reason that SQLite does not tell is no lack of memory. */
static void
test_refused_copy(void **state)
{
	const struct conform *c = *state;
	struct store s = { 0 };
	struct err e = { 0 };

	begin_furnished(c);
	call_arm("sqlite3_deserialize", 0, EINVAL, SQLITE_ERROR);
	WANT(EC_DAMAGED, store_sqlite_open(c->place, STORE_RO, &s, &e));
	assert_true(call_disarm());
	call_arm("sqlite3_deserialize", 0, ENOMEM, SQLITE_ERROR);
	WANT(EC_NOMEM, store_sqlite_open(c->place, STORE_RO, &s, &e));
	assert_true(call_disarm());
}

/* SQLite opens for reading when it cannot do better, and says nothing. */
static void
test_opened_to_read(void **state)
{
	const struct conform *c = *state;
	struct store s = { 0 };
	struct err e = { 0 };

	begin_furnished(c);
	call_arm("sqlite3_db_readonly", 0, 0, 1);
	WANT(EC_IO, c->open(c, &s, &e));
	assert_true(call_disarm());
	assert_non_null(strstr(e.what, "for reading only"));
	somebody = 0;
	begin_furnished(c);
	call_arm("sqlite3_db_readonly", 0, 0, 1);
	refuse_access = true;
	WANT(EC_DENIED, c->open(c, &s, &e));
	refuse_access = false;
	assert_true(call_disarm());
	assert_non_null(strstr(e.what, "cannot write it"));
}

/* ---- the directory ---- */

static void
test_places(void **state)
{
	const struct conform *c = *state;
	char *long_name = calloc(1, 5000), path[PATH_MAX];
	struct store s = { 0 };
	struct err e = { 0 };

	memset(long_name, 'x', 4999);
	WANT(EC_CONFIG, store_sqlite_open(long_name, STORE_RW, &s, &e));
	WANT(EC_CONFIG, store_sqlite_open("", STORE_RW, &s, &e));
	free(long_name);
	/* A file where a directory should be. */
	begin_furnished(c);
	in_place(c, "rotate.db", path);
	(void)snprintf(path + strlen(path), 3, "/x");
	WANT(EC_IO, store_sqlite_open(path, STORE_RO, &s, &e));
	assert_non_null(strstr(e.what, "cannot look at it"));
	/* Made by somebody, for everybody. */
	begin_empty(c);
	assert_int_equal(mkdir(c->place, 0755), 0);
	WANT(EC_DENIED, c->open(c, &s, &e));
	assert_non_null(strstr(e.fix, "chmod 0700"));
	assert_false(has(c, "rotate.db"));
}

/* root may look at it; nobody else, and nobody but its owner may write. */
static void
test_owner(void **state)
{
	const struct conform *c = *state;
	struct store s = { 0 };
	struct err e = { 0 };

	begin_furnished(c);
	somebody = 12345;
	WANT(EC_DENIED, store_sqlite_open(c->place, STORE_RO, &s, &e));
	assert_non_null(strstr(e.what, "not 12345"));
	WANT(EC_DENIED, c->open(c, &s, &e));
	somebody = 0;
	WANT(EC_OK, store_sqlite_open(c->place, STORE_RO, &s, &e));
	auto_store(&s);
}

static void
another_makes_it(void)
{
	AUTO(store) struct store s = { 0 };
	AUTO(rec) struct rec r = { 0 };

	leased(here, &s);
	rec_init(&r, "shop");
	(void)snprintf(r.user, sizeof(r.user), "theirs");
	keep(&s, &r, "one");
	s.unlease(s.ctx);
}

/* While we wait for the lock, the other first run finishes. */
static void
test_made_meanwhile(void **state)
{
	AUTO(store) struct store s = { 0 };
	struct err e = { 0 };

	here = *state;
	begin_empty(here);
	call_arm("flock", 0, 0, 0);
	armed.meddle = another_makes_it;
	WANT(EC_OK, here->open(here, &s, &e));
	assert_true(call_disarm());
	assert_loads(&s, "shop", 1, "theirs");
}

/* ---- reading while others write ---- */

static void
touch_db(time_t sec, long nsec)
{
	const struct timespec t[2] = { { 0, UTIME_OMIT }, { sec, nsec } };
	char path[PATH_MAX];

	in_place(here, "rotate.db", path);
	assert_int_equal(utimensat(AT_FDCWD, path, t, 0), 0);
}

static void
other_second(void)
{
	touch_db(1000000001, 5);
}

static void
other_nanosecond(void)
{
	touch_db(1000000000, 6);
}

static void
longer(void)
{
	char path[PATH_MAX];
	AUTO(fd) int fd = -1;
	char page[4096] = "";

	in_place(here, "rotate.db", path);
	fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	assert_int_equal(write(fd, page, sizeof(page)), sizeof(page));
	touch_db(1000000000, 5);
}

static void
shorter(void)
{
	char path[PATH_MAX];

	in_place(here, "rotate.db", path);
	assert_int_equal(truncate(path, 4096), 0);
}

static void
put_back(void)
{
	on_sleep = NULL;
	begin_furnished(here);
}

/* A copy of what changed while it was copied is thrown away. */
static void
test_changed_while_read(void **state)
{
	static void (*const meddlers[])(
	    void) = { other_second, other_nanosecond, longer, shorter };

	here = *state;
	for (size_t i = 0; i < COUNT(meddlers); i++) {
		struct err e = { 0 };

		begin_furnished(here);
		touch_db(1000000000, 5);
		call_arm("pread", 0, 0, 0);
		armed.meddle = meddlers[i];
		on_sleep = put_back;
		WANT(EC_OK, act_read(here, &e));
		assert_true(call_disarm());
		assert_true(on_sleep == NULL); /* it was read twice */
	}
}

/* A signal breaks a read off. */
static void
test_interrupted_read(void **state)
{
	struct err e = { 0 };

	here = *state;
	begin_furnished(here);
	call_arm("pread", 0, EINTR, 0);
	WANT(EC_OK, act_read(here, &e));
	assert_true(call_disarm());
}

static void
log_appears(void)
{
	spit(here, "rotate.db-wal", "", 0);
}

static void
log_goes(void)
{
	char path[PATH_MAX];

	on_sleep = NULL;
	in_place(here, "rotate.db-wal", path);
	assert_int_equal(unlink(path), 0);
}

static unsigned naps;

static void
nap(void)
{
	naps++;
}

/* A writer that comes while we copy; one that goes; one that never does. */
static void
test_writer_comes(void **state)
{
	struct store s = { 0 };
	struct err e = { 0 };

	here = *state;
	begin_furnished(here);
	call_arm("pread", 0, 0, 0);
	armed.meddle = log_appears;
	on_sleep = log_goes;
	WANT(EC_OK, act_read(here, &e));
	assert_true(call_disarm());
	assert_true(on_sleep == NULL);
	log_appears();
	on_sleep = nap;
	naps = 0;
	WANT(EC_BUSY, store_sqlite_open(here->place, STORE_RO, &s, &e));
	on_sleep = NULL;
	assert_int_equal(naps, 50);
	assert_non_null(strstr(e.what, "interrupted run left a log"));
}

/* More than anybody has is not copied into memory. */
static void
test_too_large(void **state)
{
	const struct conform *c = *state;
	struct store s = { 0 };
	char path[PATH_MAX];
	struct err e = { 0 };

	begin_furnished(c);
	in_place(c, "rotate.db", path);
	assert_int_equal(truncate(path, ((off_t)1 << 30) + 1), 0);
	WANT(EC_DAMAGED, store_sqlite_open(c->place, STORE_RO, &s, &e));
	assert_non_null(strstr(e.what, "1073741825 bytes"));
	begin_empty(c);
}

/* ---- who has the lease ---- */

/* proc(5); the start time is the 22nd. */
#define FIELDS " 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 "

static void
test_owner_life(void **state)
{
	static const struct {
		const char *stat;
		enum owner_life want; /* of a process with start time 4711 */
	} rows[] = {
		{ "7 (a) S" FIELDS "4711 9", OWNER_ALIVE },
		{ "7 (a) b) S" FIELDS "4711 9", OWNER_ALIVE },
		{ "7 (a) S" FIELDS "4712 9", OWNER_DEAD },
		{ "7 (a) Z" FIELDS "4711 9", OWNER_DEAD },
		{ "7 (a) X" FIELDS "4711 9", OWNER_DEAD },
		/* Unreadable: the id decides, and that is ours. */
		{ "", OWNER_ALIVE },
		{ "7 a S" FIELDS "4712", OWNER_ALIVE },
		{ "7 (a)_S" FIELDS "4712", OWNER_ALIVE },
		{ "7 (a) ", OWNER_ALIVE },
		{ "7 (a) S 1 2 3", OWNER_ALIVE },
	};
	struct owner o;

	(void)state;
	owner_self(&o);
	assert_int_equal(owner_life(&o), OWNER_ALIVE);
	o.started = 4711;
	for (size_t i = 0; i < COUNT(rows); i++) {
		stat_text = rows[i].stat;
		if (owner_life(&o) != rows[i].want)
			print_error("%s\n", rows[i].stat);
		assert_int_equal(owner_life(&o), rows[i].want);
	}
	stat_text = NULL;
}

/* Without /proc the id alone has to do; a process that we may not touch is
 * one all the same. */
static void
test_owner_by_id(void **state)
{
	static const struct {
		int sys;
		enum owner_life want;
	} rows[] = {
		{ ESRCH, OWNER_DEAD },
		{ EPERM, OWNER_ALIVE },
	};
	struct owner o;

	(void)state;
	owner_self(&o);
	o.started = 0;
	assert_int_equal(owner_life(&o), OWNER_ALIVE);
	for (size_t i = 0; i < COUNT(rows); i++) {
		call_arm("kill", 0, rows[i].sys, 0);
		assert_int_equal(owner_life(&o), rows[i].want);
		assert_true(call_disarm());
	}
}

/* Another machine's processes cannot be seen; those before our boot and those
 * of another container are not these. */
static void
test_owner_elsewhere(void **state)
{
	struct owner me, o;

	(void)state;
	owner_self(&me);
	o = me;
	(void)snprintf(o.host, sizeof(o.host), "elsewhere");
	assert_int_equal(owner_life(&o), OWNER_UNKNOWN);
	o = me;
	o.boot[0] ^= 1;
	assert_int_equal(owner_life(&o), OWNER_DEAD);
	o = me;
	(void)snprintf(o.space, sizeof(o.space), "pid:[1]");
	assert_int_equal(owner_life(&o), OWNER_UNKNOWN);
	/* Nothing is known of ourselves. */
	o = me;
	call_arm("open", 0, EIO, 0); /* the boot id */
	assert_int_equal(owner_life(&o), OWNER_UNKNOWN);
	assert_true(call_disarm());
	call_arm("uname", 0, EFAULT, 0);
	assert_int_equal(owner_life(&o), OWNER_UNKNOWN);
	assert_true(call_disarm());
	call_arm("readlink", 0, EACCES, 0);
	owner_self(&o);
	assert_true(call_disarm());
	assert_string_equal(o.space, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(t) cmocka_unit_test_setup_teardown(t, world_make, world_end)
		T(test_system_calls),
		T(test_sqlite),
		T(test_digests),
		T(test_no_file_behind_it),
		T(test_refused_copy),
		T(test_opened_to_read),
		T(test_places),
		T(test_owner),
		T(test_made_meanwhile),
		T(test_changed_while_read),
		T(test_interrupted_read),
		T(test_writer_comes),
		T(test_too_large),
		T(test_owner_life),
		T(test_owner_by_id),
		T(test_owner_elsewhere),
	};

	/* Thousands of small databases: none needs to reach a disk. */
	if (access("/dev/shm", W_OK) == 0)
		(void)setenv("TMPDIR", "/dev/shm", 0);
	return cmocka_run_group_tests_name("store calls", tests, NULL, NULL);
}
