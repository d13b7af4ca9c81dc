/*
 * The small decisions of the writer that a whole replacement does not show
 * (tests/mutants): are two files one, and is a name on the disk.
 */
#include "file_fault.h"

static void
open_it(struct world *w, const char *name, struct file **ret)
{
	struct err e;

	assert_int_equal(
	    file_open(at(w, name), FILE_MAY_BE_ABSENT, ret, &e), EC_OK);
}

/* By device and number where there is one; else by directory and name. */
static void
test_same(void **state)
{
	static const struct {
		const char *a, *b;
		bool same;
	} rows[] = {
		{ "conf", "conf", true },
		{ "conf", "link", true },
		{ "conf", "other", false },
		{ "conf", "none", false },
		{ "none", "conf", false },
		{ "none", "none", true },
		{ "none", "nil", false },
		{ "none", "sub/none", false },
		{ "sub/none", "sub/none", true },
	};
	struct world *w = *state;
	char link[PATH_MAX];

	put(at(w, "other"), OLD, 0600);
	(void)snprintf(link, sizeof(link), "%s", at(w, "link"));
	assert_int_equal(symlink(w->path, link), 0);
	assert_int_equal(mkdir(at(w, "sub"), 0700), 0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(pinned) struct file *a = NULL;
		AUTO(pinned) struct file *b = NULL;

		open_it(w, rows[i].a, &a);
		open_it(w, rows[i].b, &b);
		assert_int_equal(file_same(a, b), rows[i].same);
		assert_int_equal(file_same(b, a), rows[i].same);
	}
}

/* Each call of it that can fail is noticed; the sync among them. */
static void
test_sync_parent(void **state)
{
	struct world *w = *state;
	bool synced = false, fired = true;
	struct err e;

	for (long turn = 0; fired; turn++) {
		enum ec ec;

		arm(w, turn, EIO, NULL);
		ec = file_sync_parent(w->path, &e);
		fault.armed = false;
		fired = fault.fired;
		if (!fired)
			assert_int_equal(ec, EC_OK);
		else if (strcmp(fault.name, "fsync") == 0) {
			synced = true;
			assert_int_equal(ec, EC_IO);
			assert_non_null(strstr(e.what, "sync its directory"));
		}
		/* why it was, not what came of it */
		if (ec != EC_OK)
			assert_non_null(strstr(e.what, strerror(EIO)));
	}
	assert_true(synced);
}

/* A file system that cannot sync a directory says EINVAL. */
static void
test_sync_where_there_is_none(void **state)
{
	struct world *w = *state;
	bool synced = false, fired = true;
	struct err e;

	for (long turn = 0; fired && !synced; turn++) {
		enum ec ec;

		arm(w, turn, EINVAL, NULL);
		ec = file_sync_parent(w->path, &e);
		fault.armed = false;
		fired = fault.fired;
		if (fired && strcmp(fault.name, "fsync") == 0) {
			synced = true;
			assert_int_equal(ec, EC_OK);
		}
	}
	assert_true(synced);
}

/* It came meanwhile: what was not there is not what is there now. */
static void
test_same_but_later(void **state)
{
	AUTO(pinned) struct file *a = NULL;
	AUTO(pinned) struct file *b = NULL;
	struct world *w = *state;

	open_it(w, "none", &a);
	put(at(w, "none"), OLD, 0600);
	open_it(w, "none", &b);
	assert_false(file_same(a, b));
	assert_false(file_same(b, a));
}

/* One file under two names, by a mount. */
static void
test_same_by_mount(void **state)
{
	AUTO(pinned) struct file *a = NULL;
	AUTO(pinned) struct file *b = NULL;
	struct world *w = *state;
	struct err e;

	need_root();
	assert_int_equal(mkdir(at(w, "sub"), 0700), 0);
	put(at(w, "sub/other"), NEW, 0600);
	assert_int_equal(
	    mount(w->path, at(w, "sub/other"), NULL, MS_BIND, NULL), 0);
	open_it(w, "conf", &a);
	assert_ec(
	    file_open(at(w, "sub/other"), FILE_IN_PLACE, &b, &e), EC_OK, &e);
	assert_true(file_same(a, b));
	assert_true(file_same(b, a));
	assert_int_equal(umount2(at(w, "sub/other"), MNT_DETACH), 0);
}

/* ---- the number is the same, the device is not ------------------------- */

/* A file system on home, and a second one in home/b. Both count their inodes
 * from the beginning (tmpfs(5); shmem_reserve_inode() of Linux). */
static void
two_devices(struct world *w)
{
	assert_int_equal(mount("none", w->home, "tmpfs", 0, "mode=755"), 0);
	assert_int_equal(mkdir(at(w, "b"), 0755), 0);
	assert_int_equal(mount("none", at(w, "b"), "tmpfs", 0, "mode=755"), 0);
}

#define THEIRS "user=their\npass=own\n"

/* A file on the second device that has the number of this one. Numbers only
 * grow: those that come too early are given back. */
static void
twin(struct world *w, const char *name, ino_t ino, char ret[PATH_MAX])
{
	char text[64];
	struct stat st;

	(void)snprintf(text, sizeof(text), "b/%.60s", name);
	(void)snprintf(ret, PATH_MAX, "%s", at(w, text));
	for (;;) {
		put(ret, THEIRS, 0640);
		assert_int_equal(stat(ret, &st), 0);
		if (st.st_ino == ino)
			return;
		assert_true(st.st_ino < ino);
		assert_int_equal(unlink(ret), 0);
	}
}

static void
test_same_number(void **state)
{
	static const char *const pairs[][2] = { { "x", "b/x" },
		{ "none", "b/none" } };
	struct world *w = *state;
	char theirs[PATH_MAX];
	struct stat a, b;

	need_root();
	two_devices(w);
	put(at(w, "x"), OLD, 0640);
	assert_int_equal(stat(at(w, "x"), &a), 0);
	twin(w, "x", a.st_ino, theirs);
	assert_int_equal(stat(w->home, &a), 0);
	assert_int_equal(stat(at(w, "b"), &b), 0);
	assert_int_equal(a.st_ino, b.st_ino);
	for (size_t i = 0; i < COUNT(pairs); i++) {
		AUTO(pinned) struct file *f = NULL;
		AUTO(pinned) struct file *g = NULL;

		open_it(w, pairs[i][0], &f);
		open_it(w, pairs[i][1], &g);
		assert_false(file_same(f, g));
		assert_false(file_same(g, f));
	}
}

struct covered {
	char name[64], by[PATH_MAX];
	ino_t ino;
};
static struct covered covered[8];
static size_t n_covered;

static int
by_number(const void *a, const void *b)
{
	const struct covered *x = a, *y = b;

	return x->ino < y->ino ? -1 : x->ino > y->ino;
}

/* Over each file of home a twin from the other device. */
static void
cover(struct world *w)
{
	DIR *d = opendir(w->home);
	const struct dirent *n;

	n_covered = 0;
	while ((n = readdir(d)) != NULL) {
		struct covered *c = &covered[n_covered];

		if (n->d_type != DT_REG)
			continue;
		assert_true(n_covered < COUNT(covered));
		(void)snprintf(c->name, sizeof(c->name), "%.63s", n->d_name);
		c->ino = n->d_ino;
		n_covered++;
	}
	(void)closedir(d);
	qsort(covered, n_covered, sizeof(covered[0]), by_number);
	for (size_t i = 0; i < n_covered; i++) {
		struct covered *c = &covered[i];

		twin(w, c->name, c->ino, c->by);
		assert_int_equal(
		    mount(c->by, at(w, c->name), NULL, MS_BIND, NULL), 0);
	}
}

/* Takes the twins away, which nobody has written to. */
static void
uncover(struct world *w)
{
	for (size_t i = 0; i < n_covered; i++) {
		assert_int_equal(umount2(at(w, covered[i].name), 0), 0);
		assert_holds(covered[i].by, THEIRS);
		assert_int_equal(unlink(covered[i].by), 0);
	}
	n_covered = 0;
}

/* Opened, to be changed in place or by a rename. */
static enum ec
attempt_in(const char *path, bool in_place, struct err *e)
{
	AUTO(pinned) struct file *f = NULL;
	AUTO(buf) struct buf b = BUF(1000);

	bytes(&b, NEW);
	TRY(file_open(
	    path, FILE_MAY_BE_ABSENT | (in_place ? FILE_IN_PLACE : 0), &f, e));
	/* What is mounted there may be changed in place only. */
	assert_true(in_place || !file_exists(f) ||
	    strcmp(buf_str(file_content(f)), OLD) == 0);
	if (in_place)
		TRY(file_in_place(f, NULL, e));
	TRY(file_can_replace(f, b.len, e));
	return file_replace(f, &b, 0600, e);
}

static void
sweep(struct world *w)
{
	DIR *d = opendir(w->home);
	const struct dirent *n;

	while ((n = readdir(d)) != NULL)
		if (n->d_type == DT_REG && strcmp(n->d_name, "conf") != 0)
			assert_int_equal(unlinkat(dirfd(d), n->d_name, 0), 0);
	(void)closedir(d);
}

/* Covered before any call: what is theirs is neither taken for ours nor
 * written to, and what is said of ours is true. */
static void
test_covered(void **state)
{
	struct world *w = *state;
	struct err e;

	need_root();
	two_devices(w);
	for (int in_place = 0; in_place < 2; in_place++) {
		for (long turn = 0;; turn++) {
			enum ec ec;

			(void)unlink(w->path); /* a new number */
			put(w->path, OLD, 0640);
			arm(w, turn, 0, cover);
			ec = attempt_in(w->path, in_place != 0, &e);
			fault.armed = false;
			uncover(w);
			if (ec == EC_OK || strstr(e.what, "in place, ") != NULL)
				assert_holds(w->path, NEW);
			else
				assert_holds(w->path, OLD);
			if (fault.fired && strcmp(fault.name, "flock") == 0)
				assert_ec(ec, EC_TEMP, &e);
			sweep(w);
			if (!fault.fired)
				break;
		}
	}
}

/* ---- descriptor 0 is one like the others ------------------------------- */

static void
close_stdin(struct world *w)
{
	(void)w;
	(void)close(0);
}

/* Be it that of the file itself, which says that there is one. */
static void
test_node_zero(void **state)
{
	struct world *w = *state;
	bool fired = true;
	struct err e;

	for (long turn = 0; fired; turn++) {
		AUTO(pinned) struct file *f = NULL;
		AUTO(pinned) struct file *g = NULL;

		assert_ec(file_open(w->path, 0, &g, &e), EC_OK, &e);
		arm(w, turn, 0, close_stdin);
		assert_ec(file_open(w->path, 0, &f, &e), EC_OK, &e);
		fault.armed = false;
		fired = fault.fired;
		assert_true(file_exists(f));
		assert_true(file_same(f, g));
		assert_true(file_same(g, f));
		file_close(TAKE(f));
		if (fired)
			assert_int_equal(open("/dev/null", O_RDONLY), 0);
	}
}

/* A daemon's stdin may be closed: then any call may be given that number. */
static void
test_number_zero(void **state)
{
	struct world *w = *state;
	struct err e;

	for (int how = 0; how < 4; how++) {
		bool fired = true;

		for (long turn = 0; fired; turn++) {
			AUTO(buf) struct buf b = BUF(100);
			enum ec ec;

			if (how < 2)
				put(w->path, OLD, 0640);
			else
				(void)unlink(w->path);
			arm(w, turn, 0, close_stdin);
			ec = attempt_in(w->path, how % 2 != 0, &e);
			if (ec == EC_OK)
				ec = file_sync_parent(w->path, &e);
			if (ec == EC_OK)
				ec = file_read(w->path, &b, &e);
			fault.armed = false;
			fired = fault.fired;
			assert_ec(ec, EC_OK, &e);
			assert_string_equal(buf_str(&b), NEW);
			assert_int_equal(entries(w->home), 1);
			/* and nobody has kept it */
			assert_true(!fired || fcntl(0, F_GETFD) < 0);
			if (fired)
				assert_int_equal(
				    open("/dev/null", O_RDONLY), 0);
		}
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, world_make, fault_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_same),
		TEST(test_sync_parent),
		TEST(test_sync_where_there_is_none),
		TEST(test_same_but_later),
		TEST(test_same_by_mount),
		TEST(test_same_number),
		TEST(test_covered),
		TEST(test_node_zero),
		TEST(test_number_zero),
	};

	return cmocka_run_group_tests(tests, private_mounts, NULL);
}
