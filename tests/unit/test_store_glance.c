/*
 * store_glance: what is read is believed only of a database at rest: one that
 * changes while it is looked at, that a writer may have, or that is not whole
 * gives nothing.
 */
#include <dlfcn.h>

#include "store_world.h"

#include "base/secret.h"

/* What the last look at the database itself is to show. */
static struct {
	long look, at;  /* counted; this one */
	int sys;        /* it fails thus */
	const char *on; /* looks at names that end so */
	void (*change)(struct stat *st);
} glass;

int
lstat(const char *path, struct stat *st)
{
	int (*next)(const char *, struct stat *);
	void *p = dlsym(RTLD_NEXT, "lstat");
	const size_t n = strlen(path),
		     m = glass.on != NULL ? strlen(glass.on) : 0;
	int rc;

	memcpy(&next, &p, sizeof(next));
	rc = next(path, st);
	if (m == 0 || n < m || strcmp(path + n - m, glass.on) != 0 ||
	    ++glass.look != glass.at)
		return rc;
	if (glass.change != NULL)
		glass.change(st);
	errno = glass.sys;
	return glass.sys != 0 ? -1 : rc;
}

static enum ec
glance(const struct conform *c, struct err *e)
{
	AUTO(buf) struct buf mark = BUF(4096);
	AUTO(buf) struct buf value = BUF(4096);

	glass.look = 0;
	return store_sqlite_glance(c->place, "config-hash", &mark, &value, e);
}

static void
fill(const struct conform *c)
{
	AUTO(store) struct store s = { 0 };
	struct err e = { 0 };

	furnish(c);
	reopen(c, &s);
	WANT(EC_OK, s.meta_set(s.ctx, "config-hash", "1", &e));
	memset(&glass, 0, sizeof(glass));
}

#define CHANGE(field)                                                          \
	static void change_##field(struct stat *st)                            \
	{                                                                      \
		st->field++;                                                   \
	}
CHANGE(st_dev)
CHANGE(st_ino)
CHANGE(st_size)

static void
change_msec(struct stat *st)
{
	st->st_mtim.tv_sec++;
}

static void
change_mnsec(struct stat *st)
{
	st->st_mtim.tv_nsec ^= 1;
}

static void
change_csec(struct stat *st)
{
	st->st_ctim.tv_sec++;
}

static void
change_cnsec(struct stat *st)
{
	st->st_ctim.tv_nsec ^= 1;
}

static void (*const changes[])(struct stat *st) = { change_st_dev,
	change_st_ino, change_st_size, change_msec, change_mnsec, change_csec,
	change_cnsec };

/* Each sign of a change between the first look and the last counts. */
static void
test_changes(void **state)
{
	const struct conform *c = *state;
	struct err e = { 0 };
	long looks;

	fill(c);
	glass.on = "/rotate.db";
	WANT(EC_OK, glance(c, &e));
	looks = glass.look;
	assert_true(looks >= 2);
	for (size_t i = 0; i < COUNT(changes); i++) {
		glass.at = looks;
		glass.change = changes[i];
		WANT(EC_BUSY, glance(c, &e));
		glass.at = 0;
		WANT(EC_OK, glance(c, &e));
	}
}

/* When it cannot be told whether a writer is there, one is; and a log that
 * comes while it is read is one. */
static void
test_writers(void **state)
{
	static const char *const of_writers[] = { "-wal", "-journal" };
	const struct conform *c = *state;
	struct err e = { 0 };

	fill(c);
	for (size_t i = 0; i < COUNT(of_writers); i++)
		for (long at = 1; at <= 2; at++) {
			memset(&glass, 0, sizeof(glass));
			glass.on = of_writers[i];
			WANT(EC_OK, glance(c, &e));
			glass.sys = EACCES;
			glass.at = glass.look - 2 + at;
			WANT(EC_BUSY, glance(c, &e));
		}
	memset(&glass, 0, sizeof(glass));
	glass.on = "/rotate.db";
	WANT(EC_OK, glance(c, &e));
	glass.at = glass.look;
	glass.sys = EIO;
	assert_int_equal(glance(c, &e), EC_IO);
}

/* Only what was read is known to be whole; but that is. */
static const struct {
	const char *sql;
	enum ec ec;
} damages[] = {
	{ "UPDATE meta SET value='2'", EC_DAMAGED },
	{ "DELETE FROM meta", EC_GONE },
	{ "DELETE FROM root", EC_DAMAGED },
	{ "PRAGMA application_id=7", EC_DAMAGED },
	{ "PRAGMA user_version=9", EC_DAMAGED },
	{ "DROP TABLE confirm", EC_DAMAGED },
};

static void
test_damage(void **state)
{
	struct err e = { 0 };

	for (size_t i = 0; i < COUNT(damages); i++) {
		const struct conform *c = *state;

		fill(c);
		meddle(c, damages[i].sql);
		if (glance(c, &e) != damages[i].ec)
			print_error("%s: %s\n", damages[i].sql, e.what);
		WANT(damages[i].ec, glance(c, &e));
		assert_int_equal(world_end(state), 0);
		assert_int_equal(world_make(state), 0);
	}
}

static enum ec
no_word(void *arg, const struct word *w, struct err *e)
{
	(void)arg;
	(void)w;
	(void)e;
	return EC_OK;
}

/* All words are told of a whole database only. */
static void
test_words(void **state)
{
	const struct conform *c = *state;
	AUTO(store) struct store s = { 0 };
	struct err e = { 0 };

	fill(c);
	meddle(c, "UPDATE hold SET reason='another'");
	if (c->open(c, &s, &e) == EC_OK)
		WANT(EC_DAMAGED, s.words(s.ctx, no_word, NULL, &e));
}

/* A path that is longer than any is refused, not cut. */
static void
test_long(void **state)
{
	AUTO(buf) struct buf b = BUF(4096);
	char path[PATH_MAX];
	struct err e = { 0 };

	(void)state;
	memset(path, 'a', sizeof(path) - 1);
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	assert_int_not_equal(store_sqlite_glance(path, "x", &b, &b, &e), EC_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(t) cmocka_unit_test_setup_teardown(t, world_make, world_end)
		T(test_changes),
		T(test_writers),
		T(test_damage),
		T(test_words),
		T(test_long),
	};
	struct err e;

	if (secret_init(&e) != EC_OK)
		return 1;
	return cmocka_run_group_tests_name(
	    "a glance at a store", tests, NULL, NULL);
}
