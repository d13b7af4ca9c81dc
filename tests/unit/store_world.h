/* store_world: a state directory of its own for every test of the SQLite
 * store, and hands to look into it and to damage it. */
#ifndef TESTS_STORE_WORLD_H
#define TESTS_STORE_WORLD_H

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store_conform.h"

static inline enum ec
world_open(const struct conform *c, struct store *ret, struct err *e)
{
	return store_sqlite_open(c->place, STORE_RW, ret, e);
}

/* The directory itself is not made: that is the store's work. */
static inline int
world_make(void **state)
{
	const char *tmp = getenv("TMPDIR");
	struct conform *c = calloc(1, sizeof(*c));
	char home[PATH_MAX / 2];

	if (c == NULL)
		return -1;
	(void)snprintf(home, sizeof(home), "%.1000s/store.XXXXXX",
	    tmp != NULL ? tmp : "/tmp");
	if (mkdtemp(home) == NULL)
		return -1;
	c->open = world_open;
	(void)snprintf(c->place, sizeof(c->place), "%s/state", home);
	(void)umask(0);
	*state = c;
	return 0;
}

static inline int
world_remove(const char *p, const struct stat *st, int type, struct FTW *f)
{
	(void)st;
	(void)type;
	(void)f;
	return remove(p);
}

static inline int
world_end(void **state)
{
	struct conform *c = *state;
	int rc;

	*strrchr(c->place, '/') = '\0';
	rc = nftw(c->place, world_remove, 16, FTW_DEPTH | FTW_PHYS);
	free(c);
	return rc;
}

static inline void
in_place(const struct conform *c, const char *name, char ret[PATH_MAX])
{
	(void)snprintf(ret, PATH_MAX, "%.3900s/%s", c->place, name);
}

static inline bool
has(const struct conform *c, const char *name)
{
	char path[PATH_MAX];
	struct stat st;

	in_place(c, name, path);
	return lstat(path, &st) == 0;
}

static inline void
slurp(const struct conform *c, const char *name, struct buf *ret)
{
	char path[PATH_MAX];
	AUTO(fd) int fd = -1;
	struct err e;

	in_place(c, name, path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(buf_read(ret, fd, &e), EC_OK);
}

static inline void
spit(const struct conform *c, const char *name, const void *p, size_t n)
{
	char path[PATH_MAX];
	AUTO(fd) int fd = -1;

	in_place(c, name, path);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, p, n), (ssize_t)n);
}

/* A whole other database, without what lies beside it. */
static inline void
swap(const struct conform *c, const void *p, size_t n)
{
	static const char *const beside[] = { "rotate.db-wal",
		"rotate.db-shm" };
	char path[PATH_MAX];

	for (size_t i = 0; i < COUNT(beside); i++) {
		in_place(c, beside[i], path);
		assert_true(unlink(path) == 0 || errno == ENOENT);
	}
	spit(c, "rotate.db", p, n);
}

/* As an operator with the sqlite3 shell would. */
static inline void
meddle(const struct conform *c, const char *sql)
{
	char path[PATH_MAX];
	sqlite3 *db = NULL;
	char *why = NULL;

	in_place(c, "rotate.db", path);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
		print_error("%s: %s\n", sql, why);
	assert_null(why);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* Two identities, a hold, a confirmation, a few events; closed cleanly. */
static inline void
furnish(const struct conform *c)
{
	static const char *const names[] = { "shop", "mail" };
	AUTO(store) struct store s = { 0 };
	struct hold h = { true, T0, "ann", "Black Friday" };
	struct err e = { 0 };

	leased(c, &s);
	for (size_t i = 0; i < COUNT(names); i++) {
		AUTO(rec) struct rec r = { 0 };

		rec_init(&r, names[i]);
		(void)snprintf(r.user, sizeof(r.user), "user");
		keep(&s, &r, "one");
		keep(&s, &r, "two");
	}
	WANT(EC_OK, s.hold_set(s.ctx, "shop", &h, &e));
	WANT(EC_OK, s.confirm_set(s.ctx, "web", "AKIA1", T0, "ann", &e));
	WANT(EC_OK, s.meta_set(s.ctx, "config-hash", "1", &e));
	s.unlease(s.ctx);
}

#define FURNISHED                                                              \
	"1 shop state one\n2 shop state two\n"                                 \
	"3 mail state one\n4 mail state two\n"

#endif
