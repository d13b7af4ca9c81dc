/*
 * The store, and each call to the system and to SQLite that it makes by
 * itself: refused, failing or lying in its turn. The answer is the right
 * class, the text names what was tried, nothing half made stays behind; and
 * what makes a database durable is done in the right order.
 */
#undef _FORTIFY_SOURCE /* its inline functions would get in the way of ours */

#include "store_world.h"

#include <dlfcn.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <time.h>

#include "rotator/store_p.h"

/* --- stand-ins: the linker takes ours --------------------------------- */

static struct {
	const char *call; /* NULL: nothing is wrong */
	const char *path; /* its end, or NULL: any */
	int turn;         /* this one, counted from 1 */
	int sys;          /* errno; 0: it lies, and says that it worked */
	int rc;           /* of SQLite */
	int met;          /* how many there were */
} bad;

static char trail[1024]; /* what was made durable, in order */
static int new_fd = -1;
static int naps, opened;
static long napped;                   /* ms in all */
static void (*bend)(struct stat *st); /* what the second fstat() sees */
static int stats;
static uid_t pretend_uid;     /* 0: no */
static const char *proc_line; /* what /proc/PID/stat says; NULL: nothing */
static bool proc_hidden;
static const char *host, *space;
static int kill_says; /* errno; 0: it is there; -1: ask the kernel */

static bool
ends(const char *path, const char *end)
{
	const size_t n = strlen(path), m = strlen(end);

	return n >= m && strcmp(path + n - m, end) == 0;
}

static bool
turn(const char *call, const char *path)
{
	if (bad.call == NULL || strcmp(bad.call, call) != 0 ||
	    (bad.path != NULL && !ends(path, bad.path)))
		return false;
	if (++bad.met != bad.turn)
		return false;
	errno = bad.sys;
	return true;
}

static void
went(const char *what, const char *path)
{
	const char *name = strrchr(path, '/');
	const size_t n = strlen(trail);

	(void)snprintf(trail + n, sizeof(trail) - n, "%s %s; ", what,
	    name != NULL ? name + 1 : path);
}

/* What a call that worked leaves in errno means nothing. */
static int
worked(long rc)
{
	if (rc >= 0)
		errno = EIO;
	return (int)rc;
}

#define FAILS (bad.sys == 0 ? 0 : -1)

static int
stand_stat(const char *call, int dir, const char *path, struct stat *st, int f)
{
	if (turn(call, path)) {
		if (bad.sys == 0)
			memset(st, 0, sizeof(*st));
		return FAILS;
	}
	return worked(syscall(SYS_newfstatat, dir, path, st, f));
}

int
stat(const char *path, struct stat *st)
{
	return stand_stat("stat", AT_FDCWD, path, st, 0);
}

int
lstat(const char *path, struct stat *st)
{
	return stand_stat("lstat", AT_FDCWD, path, st, AT_SYMLINK_NOFOLLOW);
}

int
fstatat(int dir, const char *path, struct stat *st, int flags)
{
	return stand_stat("fstatat", dir, path, st, flags);
}

int
fstat(int fd, struct stat *st)
{
	int rc;

	if (turn("fstat", ""))
		return FAILS;
	rc = worked(syscall(SYS_fstat, fd, st));
	if (bend != NULL && ++stats == 2)
		bend(st);
	return rc;
}

int
open(const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	if (turn("open", path))
		return -1;
	if (ends(path, "rotate.db"))
		opened++;
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int
openat(int dir, const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;
	int fd;

	va_start(ap, flags);
	mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	if (turn("openat", path))
		return -1;
	fd = (int)syscall(SYS_openat, dir, path, flags, mode);
	if (ends(path, ".new")) {
		new_fd = fd;
		went("open", path);
	}
	return fd;
}

/* SQLite syncs too, with descriptors of its own: these do not count. */
int
fsync(int fd)
{
	char link[64], path[PATH_MAX] = "";
	struct stat st = { 0 };

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	(void)syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof(path) - 1);
	(void)syscall(SYS_fstat, fd, &st);
	if (fd != new_fd && !S_ISDIR(st.st_mode))
		return (int)syscall(SYS_fsync, fd);
	went("sync", path);
	return turn("fsync", path) ? -1 : (int)syscall(SYS_fsync, fd);
}

int
faccessat(int dir, const char *path, int mode, int flags)
{
	(void)flags;
	return turn("faccessat", path)
	    ? -1
	    : (int)syscall(SYS_faccessat, dir, path, mode);
}

int
flock(int fd, int how)
{
	return turn("flock", "") ? -1 : (int)syscall(SYS_flock, fd, how);
}

int
unlinkat(int dir, const char *path, int flags)
{
	if (turn("unlinkat", path))
		return -1;
	return worked(syscall(SYS_unlinkat, dir, path, flags));
}

int
renameat(int a, const char *from, int b, const char *to)
{
	if (turn("renameat", to))
		return -1;
	went("rename", to);
	return (int)syscall(SYS_renameat2, a, from, b, to, 0);
}

int
mkdir(const char *path, mode_t mode)
{
	if (turn("mkdir", path))
		return -1;
	went("mkdir", path);
	return (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
}

int
posix_fallocate(int fd, off_t at, off_t n)
{
	if (turn("posix_fallocate", ""))
		return bad.sys;
	return syscall(SYS_fallocate, fd, 0, at, n) == 0 ? 0 : errno;
}

uid_t
geteuid(void)
{
	return pretend_uid != 0 ? pretend_uid : (uid_t)syscall(SYS_geteuid);
}

ssize_t
pread(int fd, void *p, size_t n, off_t at)
{
	if (turn("pread", "")) {
		if (bad.sys != 0)
			return -1;
		errno = EINTR; /* of old: the end of a file sets none */
		return 0;
	}
	/* Short reads are no news to anybody who reads a file. */
	n = n > 5000 ? 5000 : n;
	return syscall(SYS_pread64, fd, p, n, at);
}

int
clock_nanosleep(
    clockid_t id, int flags, const struct timespec *ts, struct timespec *left)
{
	(void)id;
	(void)left;
	naps++;
	if (flags == 0)
		napped += ts->tv_sec * 1000 + ts->tv_nsec / 1000000;
	return 0;
}

int
nanosleep(const struct timespec *ts, struct timespec *left)
{
	return clock_nanosleep(CLOCK_MONOTONIC, 0, ts, left);
}

int
uname(struct utsname *u)
{
	const long rc = turn("uname", "") ? -1 : syscall(SYS_uname, u);

	if (host != NULL)
		(void)snprintf(u->nodename, sizeof(u->nodename), "%s", host);
	return (int)rc;
}

ssize_t
readlink(const char *path, char *p, size_t n)
{
	if (turn("readlink", path))
		return -1;
	if (space == NULL || !ends(path, "/ns/pid"))
		return syscall(SYS_readlinkat, AT_FDCWD, path, p, n);
	(void)snprintf(p, n, "%s", space);
	return (ssize_t)strlen(p);
}

int
kill(pid_t pid, int sig)
{
	if (kill_says == -1)
		return (int)syscall(SYS_kill, pid, sig);
	errno = kill_says;
	return kill_says == 0 ? 0 : -1;
}

FILE *
fopen(const char *path, const char *mode)
{
	int fd;

	if (ends(path, "/stat") && proc_hidden)
		return NULL;
	if (ends(path, "/stat") && proc_line != NULL)
		return fmemopen(
		    (void *)(uintptr_t)proc_line, strlen(proc_line), "r");
	fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? NULL : fdopen(fd, mode[0] == 'r' ? "r" : "w");
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

static sqlite3_file nothing; /* not open */
static sqlite3_file log_file, base_file;
static bool asked_files, read_only;
static int system_errno = -1; /* -1: what it is */

int
sqlite3_system_errno(sqlite3 *db)
{
	int (*f)(sqlite3 *);

	*(void **)&f = dlsym(RTLD_NEXT, "sqlite3_system_errno");
	return system_errno >= 0 ? system_errno : f(db);
}

int
sqlite3_file_control(sqlite3 *db, const char *name, int op, void *arg)
{
	int (*f)(sqlite3 *, const char *, int, void *);

	*(void **)&f = dlsym(RTLD_NEXT, "sqlite3_file_control");
	if (asked_files) {
		*(sqlite3_file **)arg =
		    op == SQLITE_FCNTL_JOURNAL_POINTER ? &log_file : &base_file;
		return SQLITE_OK;
	}
	if (!turn("control", ""))
		return f(db, name, op, arg);
	if (bad.rc == SQLITE_OK)
		*(sqlite3_file **)arg = &nothing;
	return bad.rc;
}

static int inside; /* SQLite calls itself: these are not ours */

static void *
real(const char *name)
{
	void *p = dlsym(RTLD_NEXT, name);

	assert_non_null(p);
	return p;
}

int
sqlite3_exec(sqlite3 *db, const char *sql,
    int (*fn)(void *, int, char **, char **), void *arg, char **why)
{
	int (*f)(sqlite3 *, const char *,
	    int (*)(void *, int, char **, char **), void *, char **);
	int rc;

	*(void **)&f = real("sqlite3_exec");
	if (inside == 0 && turn("exec", sql))
		return bad.rc;
	inside++;
	rc = f(db, sql, fn, arg, why);
	inside--;
	return rc;
}

void *
sqlite3_malloc64(sqlite3_uint64 n)
{
	void *(*f)(sqlite3_uint64);

	*(void **)&f = real("sqlite3_malloc64");
	return turn("malloc", "") ? NULL : f(n);
}

int
sqlite3_open_v2(const char *path, sqlite3 **ret, int flags, const char *vfs)
{
	int (*f)(const char *, sqlite3 **, int, const char *);
	int rc;

	*(void **)&f = real("sqlite3_open_v2");
	rc = f(path, ret, flags, vfs);
	return turn("sqlite3_open", path) ? bad.rc : rc;
}

int
sqlite3_deserialize(sqlite3 *db, const char *name, unsigned char *p,
    sqlite3_int64 n, sqlite3_int64 size, unsigned flags)
{
	int (*f)(sqlite3 *, const char *, unsigned char *, sqlite3_int64,
	    sqlite3_int64, unsigned);

	*(void **)&f = real("sqlite3_deserialize");
	if (!turn("deserialize", ""))
		return f(db, name, p, n, size, flags);
	sqlite3_free(p);
	return bad.rc;
}

int
sqlite3_db_readonly(sqlite3 *db, const char *name)
{
	int (*f)(sqlite3 *, const char *);

	*(void **)&f = real("sqlite3_db_readonly");
	return read_only || turn("readonly", "") ? 1 : f(db, name);
}

int
sqlite3_prepare_v2(
    sqlite3 *db, const char *sql, int n, sqlite3_stmt **ret, const char **tail)
{
	int (*f)(sqlite3 *, const char *, int, sqlite3_stmt **, const char **);
	int rc;

	*(void **)&f = real("sqlite3_prepare_v2");
	if (inside == 0 && turn("sqlite", sql))
		return bad.rc;
	inside++;
	rc = f(db, sql, n, ret, tail);
	inside--;
	return rc;
}

int
sqlite3_prepare_v3(sqlite3 *db, const char *sql, int n, unsigned flags,
    sqlite3_stmt **ret, const char **tail)
{
	int (*f)(sqlite3 *, const char *, int, unsigned, sqlite3_stmt **,
	    const char **);
	int rc;

	*(void **)&f = real("sqlite3_prepare_v3");
	if (inside == 0 && turn("sqlite", sql))
		return bad.rc;
	inside++;
	rc = f(db, sql, n, flags, ret, tail);
	inside--;
	return rc;
}

int
sqlite3_step(sqlite3_stmt *q)
{
	int (*f)(sqlite3_stmt *);
	int rc;

	*(void **)&f = real("sqlite3_step");
	if (inside == 0 && (turn("sqlite", "") || turn("step", sqlite3_sql(q))))
		return bad.rc;
	inside++;
	rc = f(q);
	inside--;
	return rc;
}

int
sqlite3_bind_text(
    sqlite3_stmt *q, int i, const char *s, int n, void (*end_)(void *))
{
	int (*f)(sqlite3_stmt *, int, const char *, int, void (*)(void *));

	*(void **)&f = real("sqlite3_bind_text");
	return inside == 0 && turn("sqlite", "") ? bad.rc : f(q, i, s, n, end_);
}

int
sqlite3_bind_int64(sqlite3_stmt *q, int i, sqlite3_int64 v)
{
	int (*f)(sqlite3_stmt *, int, sqlite3_int64);

	*(void **)&f = real("sqlite3_bind_int64");
	return inside == 0 && turn("sqlite", "") ? bad.rc : f(q, i, v);
}

static void
all_well(void)
{
	memset(&bad, 0, sizeof(bad));
	trail[0] = '\0';
	new_fd = -1;
	naps = opened = stats = 0;
	napped = 0;
	bend = NULL;
	pretend_uid = 0;
	proc_line = host = space = NULL;
	proc_hidden = false;
	kill_says = -1;
}

static int
make(void **state)
{
	all_well();
	return world_make(state);
}

static int
end(void **state)
{
	all_well();
	return world_end(state);
}

/* --- the first database ------------------------------------------------ */

static const struct row {
	const char *call, *path;
	int turn, sys;
	enum ec ec;
	const char *what;
	bool there; /* the directory is */
} births[] = {
	{ "lstat", "/rotate.db", 1, EACCES, EC_DENIED,
	    "/rotate.db: cannot look at it", false },
	{ "mkdir", "/state", 1, EACCES, EC_DENIED, "/state: cannot make it",
	    false },
	{ "fsync", "", 1, EIO, EC_IO, "", false },
	{ "open", "/state", 1, EACCES, EC_DENIED, "/state: cannot open it",
	    false },
	/* What is above may be no business of ours. */
	{ "openat", "..", 1, EACCES, EC_OK, "", true },
	{ "openat", "..", 1, EPERM, EC_OK, "", true },
	{ "openat", "..", 1, EMFILE, EC_IO,
	    "/state: cannot open the directory above", true },
	{ "fsync", "", 1, EINVAL, EC_OK, "", true },
	{ "fsync", "", 1, EROFS, EC_OK, "", true },
	{ "fsync", "", 1, EIO, EC_IO, "/state: cannot sync the directory above",
	    true },
	{ "flock", NULL, 1, ENOLCK, EC_IO, "/state: cannot lock it", true },
	{ "fstatat", "rotate.db", 1, EIO, EC_IO,
	    "/rotate.db: cannot look at it", true },
	{ "fstatat", "spare", 1, EIO, EC_IO, "/spare: cannot look at it",
	    true },
	{ "unlinkat", "rotate.db.new", 1, EACCES, EC_DENIED,
	    "/rotate.db.new: cannot remove it", true },
	{ "openat", "rotate.db.new", 1, EACCES, EC_DENIED,
	    "/rotate.db.new: cannot make it", true },
	{ "fsync", "rotate.db.new", 1, EIO, EC_IO,
	    "/rotate.db: cannot put it in place", true },
	{ "renameat", NULL, 1, EIO, EC_IO, "/rotate.db: cannot put it in place",
	    true },
	{ "fsync", "/state", 1, EIO, EC_IO,
	    "/rotate.db: cannot put it in place", true },
};

static void
refused(const struct conform *c, const struct row *r)
{
	AUTO(store) struct store s = { 0 };
	struct err e = { .what = "" };
	enum ec ec;

	all_well();
	if (r->there)
		(void)mkdir(c->place, 0700);
	bad.call = r->call;
	bad.path = r->path;
	bad.turn = r->turn;
	bad.sys = r->sys;
	print_message("# %s %s\n", r->call, r->path != NULL ? r->path : "");
	ec = c->open(c, &s, &e);
	assert_ec(ec, r->ec, &e);
	assert_non_null(strstr(e.what, r->what));
	assert_true(bad.met >= r->turn);
	all_well();
	assert_true(ec == EC_OK || !has(c, "rotate.db") ||
	    (r->path != NULL && ends(r->path, "/state")));
	reopen(c, &s);
	assert_true(has(c, "spare"));
	assert_false(has(c, "rotate.db.new"));
}

static void
test_births(void **state)
{
	struct conform c = *(struct conform *)*state;
	char home[2048];

	(void)snprintf(home, sizeof(home), "%.2000s", c.place);
	*strrchr(home, '/') = '\0';
	for (size_t i = 0; i < COUNT(births); i++) {
		(void)snprintf(
		    c.place, sizeof(c.place), "%.2000s/%zu", home, i);
		(void)mkdir(c.place, 0700);
		(void)snprintf(
		    c.place, sizeof(c.place), "%.2000s/%zu/state", home, i);
		refused(&c, &births[i]);
	}
}

static void
test_order(void **state)
{
	AUTO(store) struct store s = { 0 };
	struct conform *c = *state;
	char want[512];

	*strrchr(c->place, '/') = '\0';
	(void)snprintf(want, sizeof(want),
	    "mkdir state; sync %s; open rotate.db.new; sync rotate.db.new; "
	    "rename rotate.db; sync state; ",
	    strrchr(c->place, '/') + 1);
	strcat(c->place, "/state");
	reopen(c, &s);
	assert_string_equal(trail, want);
	trail[0] = '\0';
	reopen(c, &s);
	assert_string_equal(trail, ""); /* and only once */
}

/* The name of a database whose maker was killed may not be on the disk yet:
 * until the reserve is there, which is made last, it is synced by whoever
 * comes next; also by one that fails to once. */
static void
test_name_of_a_killed_run(void **state)
{
	static const struct {
		const char *call;
		int sys;
		enum ec ec;
	} rows[] = {
		{ "fsync", EIO, EC_IO },
		{ "fsync", EINVAL, EC_OK },
		{ "fsync", EROFS, EC_OK },
	};
	struct conform *c = *state;
	char spare[PATH_MAX];

	*strrchr(c->place, '/') = '\0';
	strcat(c->place, "/state");
	(void)snprintf(spare, sizeof(spare), "%s/spare", c->place);
	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(store) struct store first = { 0 };
		AUTO(store) struct store s = { 0 };
		struct err e = { 0 };

		reopen(c, &first);
		assert_int_equal(unlink(spare), 0);
		bad.call = rows[i].call;
		bad.path = "/state";
		bad.turn = 1;
		bad.sys = rows[i].sys;
		assert_int_equal(c->open(c, &s, &e), rows[i].ec);
		assert_true(bad.met >= 1);
		all_well();
	}
}

/* What SQLite could not fill is taken away again; what a crash left of a
 * former try is in nobody's way. */
static void
test_half_made(void **state)
{
	const struct conform *c = *state;
	AUTO(store) struct store s = { 0 };
	struct err e = { 0 };

	bad.call = "exec";
	bad.turn = 2;
	bad.rc = SQLITE_FULL;
	WANT(EC_IO, c->open(c, &s, &e));
	assert_false(has(c, "rotate.db.new"));
	assert_false(has(c, "rotate.db"));
	all_well();
	spit(c, "rotate.db.new", "rubbish", 7);
	reopen(c, &s);
	assert_false(has(c, "rotate.db.new"));
}

static void
test_spare(void **state)
{
	const struct conform *c = *state;
	AUTO(store) struct store s = { 0 };
	char path[PATH_MAX];
	struct stat st;

	bad.call = "posix_fallocate";
	bad.turn = 1;
	bad.sys = ENOSPC;
	reopen(c, &s);
	assert_false(has(c, "spare")); /* half a reserve is none */
	all_well();
	reopen(c, &s);
	in_place(c, "spare", path);
	assert_int_equal(lstat(path, &st), 0);
	assert_int_equal(st.st_size, 256 * 1024);
	assert_true(st.st_blocks > 0);
	/* Without a look at the directory there is none, and no harm. */
	assert_true(s.relief(s.ctx));
	bad.call = "open";
	bad.path = "/state";
	bad.turn = 2; /* the first one syncs the database's name */
	bad.sys = EMFILE;
	reopen(c, &s);
	assert_false(has(c, "spare"));
	all_well();
	/* A name that cannot be synced might not be there tomorrow. */
}

/* Descriptor 0 is one like all others. */
static void
test_no_stdin(void **state)
{
	const struct conform *c = *state;
	AUTO(store) struct store s = { 0 };
	const int kept = dup(0);
	struct err e = { 0 };

	(void)close(0);
	reopen(c, &s);
	assert_true(has(c, "spare"));
	auto_store(&s);
	(void)close(0);
	WANT(EC_OK, store_sqlite_open(c->place, STORE_RO, &s, &e));
	auto_store(&s);
	(void)close(0);
	if (kept >= 0) {
		(void)dup2(kept, 0);
		(void)close(kept);
	}
}

/* --- who may use it ------------------------------------------------------ */

static void
test_open_directory(void **state)
{
	const struct conform *c = *state;
	AUTO(store) struct store s = { 0 };
	struct err e = { 0 };

	assert_int_equal(mkdir(c->place, 0755), 0);
	WANT(EC_DENIED, c->open(c, &s, &e));
	assert_non_null(strstr(e.what, "open to others (mode 0755)"));
	assert_null(strstr(trail, "rotate.db")); /* nothing is begun in it */
}

static void
test_foreign(void **state)
{
	const struct conform *c = *state;
	AUTO(store) struct store s = { 0 };
	struct err e = { 0 };

	furnish(c);
	pretend_uid = 12345;
	WANT(EC_DENIED, store_sqlite_open(c->place, STORE_RO, &s, &e));
	assert_non_null(strstr(e.what, "not 12345"));
	WANT(EC_DENIED, c->open(c, &s, &e));
}

static void
test_long_path(void **state)
{
	AUTO(store) struct store s = { 0 };
	struct err e = { 0 };
	char dir[sizeof(((struct db *)NULL)->dir) + 1];

	(void)state;
	memset(dir, 'x', sizeof(dir) - 1);
	dir[0] = '/';
	dir[sizeof(dir) - 1] = '\0';
	WANT(EC_CONFIG, store_sqlite_open(dir, STORE_RO, &s, &e));
	assert_non_null(strstr(e.what, "cannot be the state directory"));
	dir[sizeof(dir) - 2] = '\0'; /* this one fits; a component does not */
	errno = 0;
	assert_int_not_equal(
	    store_sqlite_open(dir, STORE_RO, &s, &e), EC_CONFIG);
	assert_null(strstr(e.what, "cannot be the state directory"));
	WANT(EC_CONFIG, store_sqlite_open("", STORE_RO, &s, &e));
}

static void
test_absent(void **state)
{
	const struct conform *c = *state;
	AUTO(store) struct store s = { 0 };
	struct err e = { 0 };

	WANT(EC_GONE, store_sqlite_open(c->place, STORE_RO, &s, &e));
	assert_non_null(strstr(e.what, "/state: there is no such state yet"));
	bad.call = "stat";
	bad.path = "/state";
	bad.turn = 1;
	bad.sys = EACCES;
	WANT(EC_DENIED, store_sqlite_open(c->place, STORE_RO, &s, &e));
	assert_non_null(strstr(e.what, "/state: cannot look at it"));
	all_well();
	assert_int_equal(mkdir(c->place, 0700), 0);
	WANT(EC_GONE, store_sqlite_open(c->place, STORE_RO, &s, &e));
	assert_non_null(strstr(e.what, "rotate.db: there is no such state"));
	bad.call = "lstat";
	bad.path = "/rotate.db";
	bad.turn = 1;
	bad.sys = EACCES;
	WANT(EC_DENIED, store_sqlite_open(c->place, STORE_RO, &s, &e));
	assert_non_null(strstr(e.what, "rotate.db: cannot look at it"));
}

/* Another first run was faster: what it made is ours as well. */
static void
test_second_birth(void **state)
{
	const struct conform *c = *state;
	AUTO(store) struct store s = { 0 };

	furnish(c);
	bad.call = "lstat";
	bad.path = "/rotate.db";
	bad.turn = 1;
	bad.sys = ENOENT;
	reopen(c, &s);
	assert_true(bad.met >= 1);
	assert_loads(&s, "shop", 2, "user");
}

static void
test_not_a_file(void **state)
{
	const struct conform *c = *state;
	AUTO(store) struct store s = { 0 };
	struct err e = { 0 };
	char path[PATH_MAX];

	assert_int_equal(mkdir(c->place, 0700), 0);
	in_place(c, "rotate.db", path);
	assert_int_equal(mkdir(path, 0700), 0);
	WANT(EC_DAMAGED, store_sqlite_open(c->place, STORE_RO, &s, &e));
	assert_non_null(strstr(e.what, "not a regular file"));
	WANT(EC_DAMAGED, c->open(c, &s, &e));
	assert_int_equal(remove(path), 0);
}

static void
test_read_only(void **state)
{
	const struct conform *c = *state;
	AUTO(store) struct store s = { 0 };
	struct err e = { 0 };

	furnish(c);
	bad.call = "readonly";
	bad.turn = 1;
	WANT(EC_IO, c->open(c, &s, &e));
	assert_non_null(strstr(e.what, "for reading only"));
	read_only = true;
	bad.call = "faccessat";
	bad.met = 0;
	bad.sys = EROFS;
	WANT(EC_DENIED, c->open(c, &s, &e));
	assert_non_null(strstr(e.what, "rotate.db: cannot write it"));
	read_only = false;
	all_well();
	bad.call = "sqlite3_open";
	bad.path = "rotate.db";
	bad.turn = 1;
	bad.rc = SQLITE_NOMEM;
	WANT(EC_NOMEM, c->open(c, &s, &e));
}

static enum ec
everything(const struct conform *c, struct err *e)
{
	AUTO(store) struct store s = { 0 };
	AUTO(rec) struct rec r = { 0 };
	AUTO(buf) struct buf b = BUF(65536);
	const struct event ev = {
		.at = T0, .identity = "shop", .what = "state", .text = "x"
	};

	TRY(c->open(c, &s, e));
	TRY(s.lease(s.ctx, T0 + 9 * TTL, TTL, e));
	TRY(s.load(s.ctx, "shop", &r, e));
	TRY(s.commit(s.ctx, T0, &r, &ev, e));
	TRY(s.history(s.ctx, NULL, add_event, &b, e));
	return s.each(s.ctx, INT64_MAX, add_row, &b, e);
}

/* The head of the file: it cannot be asked for, is not open, is not there. */
static void
test_head(void **state)
{
	const struct conform *c = *state;
	AUTO(store) struct store s = { 0 };
	struct err e = { 0 };

	furnish(c);
	bad.call = "control";
	bad.turn = 1;
	bad.rc = SQLITE_NOMEM;
	WANT(EC_NOMEM, c->open(c, &s, &e));
	bad.met = 0;
	bad.rc = SQLITE_OK;
	WANT(EC_DAMAGED, c->open(c, &s, &e));
	assert_non_null(strstr(e.what, "its first page"));
	all_well();
	swap(c, "SQLite for", 10);
	WANT(EC_DAMAGED, c->open(c, &s, &e));
	assert_non_null(strstr(e.what, "its first page"));
#ifndef __SANITIZE_ADDRESS__
	no_memory = true;
	assert_int_equal(c->open(c, &s, &e), EC_NOMEM);
	assert_false(no_memory);
#endif
}

/* --- what SQLite's words mean --------------------------------------------- */

static int file_errno[2]; /* of the log, of the database */

static int
tell_log(sqlite3_file *f, int op, void *arg)
{
	(void)f;
	(void)op;
	*(int *)arg = file_errno[0];
	return SQLITE_OK;
}

static int
tell_base(sqlite3_file *f, int op, void *arg)
{
	(void)f;
	(void)op;
	*(int *)arg = file_errno[1];
	return SQLITE_OK;
}

static const sqlite3_io_methods log_methods = { .xFileControl = tell_log };
static const sqlite3_io_methods base_methods = { .xFileControl = tell_base };
static sqlite3_file log_file = { &log_methods };
static sqlite3_file base_file = { &base_methods };

static void
test_words(void **state)
{
	static const struct {
		int rc, sys, log, base;
		enum ec ec;
		const char *text;
	} rows[] = {
		{ SQLITE_CANTOPEN, EMFILE, 0, 0, EC_IO, "raise the limit" },
		{ SQLITE_CANTOPEN, ENOSPC, 0, 0, EC_IO, "make room" },
		{ SQLITE_CANTOPEN, 0, 0, 0, EC_DENIED, "let this user" },
		{ SQLITE_CANTOPEN, 0, EMFILE, 0, EC_IO, "raise the limit" },
		{ SQLITE_CANTOPEN, 0, 0, EMFILE, EC_IO, "raise the limit" },
		{ SQLITE_CANTOPEN, 0, EMFILE, EIO, EC_IO, "raise the limit" },
		{ SQLITE_CANTOPEN, EMFILE, EIO, EIO, EC_IO, "raise the limit" },
		{ SQLITE_IOERR, 0, 0, 0, EC_IO, "look at the disk" },
		{ SQLITE_IOERR_WRITE, 0, 0, 0, EC_IO, "look at the disk" },
		{ SQLITE_IOERR, ENOMEM, 0, 0, EC_NOMEM, "memory" },
		{ SQLITE_CORRUPT, EIO, 0, 0, EC_IO, "look at the disk" },
		{ SQLITE_CORRUPT, ENXIO, 0, 0, EC_IO, "look at the disk" },
		{ SQLITE_CORRUPT, ERANGE, 0, 0, EC_IO, "look at the disk" },
		{ SQLITE_CORRUPT, 0, 0, EIO, EC_IO, "look at the disk" },
		{ SQLITE_CORRUPT, 0, 0, 0, EC_DAMAGED, "put back" },
		{ SQLITE_NOTADB, EINVAL, 0, 0, EC_DAMAGED, "put back" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct db d = { .path = "x" };
		struct err e = { 0 };

		assert_int_equal(sqlite3_open(":memory:", &d.sql), SQLITE_OK);
		asked_files = true;
		system_errno = rows[i].sys;
		file_errno[0] = rows[i].log;
		file_errno[1] = rows[i].base;
		WANT(rows[i].ec, db_fail(&d, rows[i].rc, &e));
		asked_files = false;
		system_errno = -1;
		assert_non_null(strstr(e.fix, rows[i].text));
		assert_int_equal(d.broken, (rows[i].rc & 0xff) == SQLITE_IOERR);
		assert_int_equal(sqlite3_close(d.sql), SQLITE_OK);
	}
}

/* A commit that failed: after a full disk or a lock all goes on, after
 * anything else nothing is believed; but no lock stays behind. */
static void
test_commits(void **state)
{
	static const struct {
		const char *what;
		int rc;
		enum ec ec, then;
	} rows[] = {
		{ "COMMIT", SQLITE_FULL, EC_IO, EC_OK },
		{ "COMMIT", SQLITE_BUSY, EC_BUSY, EC_OK },
		{ "COMMIT", SQLITE_IOERR_FSYNC, EC_IO, EC_IO },
		{ "COMMIT", SQLITE_CORRUPT, EC_DAMAGED, EC_IO },
		{ "COMMIT", SQLITE_NOMEM, EC_NOMEM, EC_IO },
	};
	const struct conform *c = *state;
	char path[PATH_MAX];

	furnish(c);
	in_place(c, "rotate.db", path);
	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(store) struct store s = { 0 };
		AUTO(rec) struct rec r = { 0 };
		AUTO(rec) struct rec again = { 0 };
		sqlite3 *other = NULL;
		struct err e = { 0 };

		reopen(c, &s);
		WANT(EC_OK,
		    s.lease(s.ctx, T0 + ((int64_t)i + 9) * TTL, TTL, &e));
		WANT(EC_OK, s.load(s.ctx, "shop", &r, &e));
		bad.call = "step";
		bad.path = rows[i].what;
		bad.turn = 1;
		bad.rc = rows[i].rc;
		WANT(rows[i].ec, s.commit(s.ctx, T0, &r, NULL, &e));
		all_well();
		assert_int_equal(r.version, 2);
		assert_int_equal(
		    s.load(s.ctx, "shop", &again, &e), rows[i].then);
		assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
		assert_int_equal(
		    sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL),
		    SQLITE_OK);
		assert_int_equal(sqlite3_close(other), SQLITE_OK);
	}
}

/* A rollback that failed leaves a connection that nobody can reason about. */
static void
test_rollback(void **state)
{
	const struct conform *c = *state;
	AUTO(store) struct store s = { 0 };
	AUTO(rec) struct rec r = { 0 };
	struct err e = { 0 };

	furnish(c);
	reopen(c, &s);
	rec_init(&r, "shop");
	bad.call = "step";
	bad.path = "ROLLBACK";
	bad.turn = 1;
	bad.rc = SQLITE_NOMEM;
	WANT(EC_BUSY, s.commit(s.ctx, T0, &r, NULL, &e)); /* no lease */
	assert_int_equal(bad.met, 1);
	all_well();
	WANT(EC_IO, s.load(s.ctx, "shop", &r, &e));
}

/* Each call of SQLite without memory: it is said so, and by no other name. */
static void
test_no_memory(void **state)
{
	AUTO(buf) struct buf good = BUF(1 << 20);
	const struct conform *c = *state;
	struct err e = { 0 };
	int n = 0;
	bool met = true;

	furnish(c);
	slurp(c, "rotate.db", &good);
	while (met) {
		enum ec ec;

		swap(c, good.p, good.len);
		all_well();
		bad.call = "sqlite";
		bad.turn = ++n;
		bad.rc = SQLITE_NOMEM;
		ec = everything(c, &e);
		met = bad.met >= n;
		if (ec != (met ? EC_NOMEM : EC_OK))
			print_error("call %d: %s\n", n, ec_name(ec));
		assert_int_equal(ec, met ? EC_NOMEM : EC_OK);
	}
	assert_true(n > 100);
}

/* --- reading without a trace -------------------------------------------- */

static void
bend_size(struct stat *st)
{
	st->st_size++;
}

static void
bend_seconds(struct stat *st)
{
	st->st_mtim.tv_sec++;
}

static void
bend_nanoseconds(struct stat *st)
{
	st->st_mtim.tv_nsec++;
}

static void
read_again(const struct conform *c)
{
	AUTO(store) struct store s = { 0 };
	struct err e = { 0 };

	opened = naps = stats = 0;
	WANT(EC_OK, store_sqlite_open(c->place, STORE_RO, &s, &e));
	assert_int_equal(opened, 2);
	assert_int_equal(naps, 1);
	assert_loads(&s, "shop", 2, "user");
}

/* Changed while it was read: read again. */
static void
test_moving(void **state)
{
	static void (*const bends[])(
	    struct stat *) = { bend_size, bend_seconds, bend_nanoseconds };

	furnish(*state);
	for (size_t i = 0; i < COUNT(bends); i++) {
		bend = bends[i];
		read_again(*state);
	}
	all_well();
	bad.call = "pread"; /* it has become shorter */
	bad.turn = 1;
	read_again(*state);
	all_well();
	bad.call = "lstat"; /* a writer came */
	bad.path = "-wal";
	bad.turn = 2;
	read_again(*state);
}

static const struct row readings[] = {
	{ "open", "/rotate.db", 1, EACCES, EC_DENIED, "cannot read it", true },
	{ "fstat", NULL, 1, EIO, EC_IO, "cannot read it", true },
	{ "fstat", NULL, 2, EIO, EC_IO, "cannot read it", true },
	{ "pread", NULL, 1, EIO, EC_IO, "cannot read it", true },
	{ "pread", NULL, 2, EIO, EC_IO, "cannot read it", true },
	{ "lstat", "-wal", 1, EIO, EC_IO, "cannot read it", true },
	{ "lstat", "-shm", 1, EIO, EC_IO, "cannot read it", true },
	{ "lstat", "-wal", 2, EIO, EC_IO, "cannot read it", true },
	{ "pread", NULL, 2, EINTR, EC_OK, "", true },
	{ "malloc", NULL, 1, ENOMEM, EC_NOMEM, "no memory for ", true },
};

static void
test_reading(void **state)
{
	const struct conform *c = *state;

	furnish(c);
	for (size_t i = 0; i < COUNT(readings); i++) {
		const struct row *r = &readings[i];
		AUTO(store) struct store s = { 0 };
		struct err e = { .what = "" };
		enum ec ec;

		all_well();
		bad.call = r->call;
		bad.path = r->path;
		bad.turn = r->turn;
		bad.sys = r->sys;
		print_message("# %s %d\n", r->call, r->turn);
		ec = store_sqlite_open(c->place, STORE_RO, &s, &e);
		assert_int_equal(ec, r->ec);
		assert_non_null(strstr(e.what, r->what));
		assert_true(bad.met >= r->turn);
		all_well();
		if (ec == EC_OK)
			assert_loads(&s, "shop", 2, "user");
	}
}

static void
test_opening_a_copy(void **state)
{
	static const struct {
		const char *call;
		int rc, sys;
		enum ec ec;
	} rows[] = {
		{ "sqlite3_open", SQLITE_NOMEM, 0, EC_NOMEM },
		{ "deserialize", SQLITE_ERROR, ENOMEM, EC_NOMEM },
		{ "deserialize", SQLITE_ERROR, EINVAL, EC_DAMAGED },
		{ "deserialize", SQLITE_PERM, ENOMEM, EC_DENIED },
	};
	const struct conform *c = *state;

	furnish(c);
	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(store) struct store s = { 0 };
		struct err e = { 0 };

		all_well();
		bad.call = rows[i].call;
		bad.turn = 1;
		bad.rc = rows[i].rc;
		bad.sys = rows[i].sys;
		WANT(rows[i].ec, store_sqlite_open(c->place, STORE_RO, &s, &e));
	}
}

/* While a writer works, SQLite reads beside it: no copy is made. What looks
 * like half of a writer is none. */
static void
test_beside(void **state)
{
	const struct conform *c = *state;
	AUTO(store) struct store w = { 0 };
	AUTO(store) struct store s = { 0 };
	struct err e = { 0 };

	furnish(c);
	leased(c, &w);
	opened = 0;
	WANT(EC_OK, store_sqlite_open(c->place, STORE_RO, &s, &e));
	assert_int_equal(opened, 0); /* by us */
	assert_loads(&s, "shop", 2, "user");
	auto_store(&s);
	w.unlease(w.ctx);
	auto_store(&w);
	spit(c, "rotate.db-shm", "", 0);
	WANT(EC_OK, store_sqlite_open(c->place, STORE_RO, &s, &e));
	assert_loads(&s, "shop", 2, "user");
	assert_false(has(c, "rotate.db-wal"));
}

static off_t pretend_size;

static void
bend_to_size(struct stat *st)
{
	st->st_size = pretend_size;
}

/* How large a file is taken for a database: the first fstat() tells. */
static void
test_sizes(void **state)
{
	static const struct {
		off_t size;
		enum ec ec;
	} rows[] = {
		{ 0, EC_DAMAGED },
		{ 99, EC_DAMAGED },
		{ 100, EC_NOMEM },
		{ (off_t)1 << 30, EC_NOMEM },
		{ ((off_t)1 << 30) + 1, EC_DAMAGED },
	};
	const struct conform *c = *state;

	furnish(c);
	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(store) struct store s = { 0 };
		struct err e = { 0 };
		enum ec ec;

		all_well();
		pretend_size = rows[i].size;
		bend = bend_to_size;
		stats = 1;
		bad.call = "malloc";
		bad.turn = 1;
		ec = store_sqlite_open(c->place, STORE_RO, &s, &e);
		assert_int_equal(ec, rows[i].ec);
	}
}

/* A log without its index is asked for fifty times, then it is a writer's. */
static void
test_unfinished(void **state)
{
	const struct conform *c = *state;
	AUTO(store) struct store s = { 0 };
	struct err e = { 0 };

	furnish(c);
	spit(c, "rotate.db-wal", "x", 1);
	naps = 0;
	napped = 0;
	WANT(EC_BUSY, store_sqlite_open(c->place, STORE_RO, &s, &e));
	assert_non_null(strstr(e.what, "only a writer can take in"));
	assert_int_equal(naps, 50);
	assert_int_equal(napped, 1000);
}

/* --- who holds the lease ---------------------------------------------------
 */

#define FIELDS " 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 "

static void
me(struct owner *o)
{
	proc_line = "7 (a) b) S" FIELDS "4711 5\n";
	owner_self(o);
	assert_int_equal(o->started, 4711);
	assert_int_equal(o->pid, getpid());
	assert_int_not_equal(o->host[0], '\0');
	assert_int_not_equal(o->boot[0], '\0');
	assert_non_null(strstr(o->space, "pid:["));
	assert_int_equal(owner_life(o), OWNER_ALIVE);
}

static void
test_owner(void **state)
{
	static const struct {
		const char *line;
		enum owner_life life;
	} rows[] = {
		{ "7 (a) S" FIELDS "4711\n", OWNER_ALIVE },
		{ "7 (a) S" FIELDS "4712\n", OWNER_DEAD },
		{ "7 (a) Z" FIELDS "4711\n", OWNER_DEAD },
		{ "7 (a) X" FIELDS "4711\n", OWNER_DEAD },
		/* What cannot be read says nothing: the id has to do. */
		{ "7 a S" FIELDS "4712\n", OWNER_ALIVE },
		{ "7 (a)S" FIELDS "4712 7 8 9\n", OWNER_ALIVE },
		{ "7 (a) ", OWNER_ALIVE },
		{ "7 (a) Z 1 2 3\n", OWNER_ALIVE },
		{ "7 (a) Z 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18",
		    OWNER_ALIVE },
	};
	struct owner o, other;

	(void)state;
	kill_says = 0;
	me(&o);
	for (size_t i = 0; i < COUNT(rows); i++) {
		proc_line = rows[i].line;
		print_message("# %s\n", rows[i].line);
		assert_int_equal(owner_life(&o), rows[i].life);
	}
	me(&o);
	other = o;
	other.started = 0; /* it could not read /proc itself */
	assert_int_equal(owner_life(&other), OWNER_ALIVE);
	other = o;
	other.boot[0] ^= 1;
	assert_int_equal(owner_life(&other), OWNER_DEAD);
	other.host[0] ^= 1;
	assert_int_equal(owner_life(&other), OWNER_UNKNOWN);
	space = "pid:[1]";
	assert_int_equal(owner_life(&o), OWNER_UNKNOWN);
	space = NULL;
	host = "elsewhere";
	assert_int_equal(owner_life(&o), OWNER_UNKNOWN);
}

static void
test_owner_hidden(void **state)
{
	struct owner o;

	(void)state;
	me(&o);
	proc_hidden = true;
	kill_says = 0;
	assert_int_equal(owner_life(&o), OWNER_ALIVE);
	kill_says = ESRCH;
	assert_int_equal(owner_life(&o), OWNER_DEAD);
	kill_says = EPERM;
	assert_int_equal(owner_life(&o), OWNER_ALIVE);
	owner_self(&o);
	assert_int_equal(o.started, 0);
	bad.call = "open"; /* which boot is this? */
	bad.path = "/boot_id";
	bad.turn = 1;
	bad.sys = EACCES;
	assert_int_equal(owner_life(&o), OWNER_UNKNOWN);
	bad.path = NULL;
	bad.met = 0;
	bad.call = "readlink";
	bad.turn = 1;
	bad.sys = EACCES;
	owner_self(&o);
	assert_string_equal(o.space, "");
	bad.call = "uname";
	bad.met = 0;
	owner_self(&o);
	assert_string_equal(o.host, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(t) cmocka_unit_test_setup_teardown(t, make, end)
		T(test_births),
		T(test_order),
		T(test_name_of_a_killed_run),
		T(test_half_made),
		T(test_spare),
		T(test_no_stdin),
		T(test_open_directory),
		T(test_foreign),
		T(test_long_path),
		T(test_absent),
		T(test_second_birth),
		T(test_not_a_file),
		T(test_read_only),
		T(test_head),
		T(test_words),
		T(test_commits),
		T(test_rollback),
		T(test_no_memory),
		T(test_moving),
		T(test_reading),
		T(test_opening_a_copy),
		T(test_beside),
		T(test_sizes),
		T(test_unfinished),
		T(test_owner),
		T(test_owner_hidden),
	};

	return cmocka_run_group_tests_name("store calls", tests, NULL, NULL);
}
