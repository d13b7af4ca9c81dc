/*
 * file: root does what it does by name in another user's directory as that
 * user, and nothing else. The functions of libc below are ours, so that we
 * see under which identity each call is made.
 */
#undef _FORTIFY_SOURCE

#include "file_world.h"

#include <stdarg.h>
#include <sys/fsuid.h>
#include <sys/syscall.h>

#define GROUP 65125

static struct {
	unsigned as_user, as_root; /* calls by name in the directory */
	bool strange;              /* another identity than these two */
} seen;

static void
note(const char *name)
{
	const int uid = setfsuid((uid_t)-1);
	const int gid = setfsgid((gid_t)-1);

	if (strchr(name, '/') != NULL || strcmp(name, ".") == 0)
		return;
	if (uid == USER && gid == GROUP)
		seen.as_user++;
	else if (uid == 0 && gid == 0)
		seen.as_root++;
	else
		seen.strange = true;
}

int
openat(int dir, const char *name, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = va_arg(ap, mode_t);
	va_end(ap);
	if (!(flags & O_PATH) && !(flags & O_DIRECTORY))
		note(name);
	return (int)syscall(SYS_openat, dir, name, flags, mode);
}

int
renameat2(int a, const char *from, int b, const char *to, unsigned flags)
{
	note(from);
	return (int)syscall(SYS_renameat2, a, from, b, to, flags);
}

int
unlinkat(int dir, const char *name, int flags)
{
	note(name);
	return (int)syscall(SYS_unlinkat, dir, name, flags);
}

static uid_t somebody; /* who says that we are somebody else; 0: ourselves */

uid_t
geteuid(void)
{
	return somebody != 0 ? somebody : (uid_t)syscall(SYS_geteuid);
}

struct who {
	uid_t dir, file;
	mode_t dir_mode, file_mode;
	bool in_place;
	unsigned as_user, as_root; /* calls expected */
};

/* Opened, made, renamed; or opened twice and the record made and removed. */
static const struct who rows[] = {
	{ USER, USER, 0755, 0600, false, 3, 0 },
	{ USER, USER, 0700, 0640, false, 3, 0 },
	{ USER, 0, 0755, 0600, false, 0, 3 },
	{ 0, USER, 0755, 0600, false, 0, 3 },
	{ 0, 0, 0755, 0600, false, 0, 3 },
	{ USER, USER, 0555, 0600, false, 0, 3 },
	{ USER, USER, 0755, 0200, false, 2, 1 },
	{ USER, USER, 0755, 0600, true, 2, 2 },
	{ USER, USER, 0755, 0400, true, 1, 3 },
};

static void
try_row(struct world *w, const struct who *r)
{
	AUTO(pinned) struct file *f = NULL;
	struct stat st;
	struct err e;

	put(w->path, OLD, r->file_mode);
	assert_int_equal(chown(w->home, r->dir, GROUP), 0);
	assert_int_equal(chmod(w->home, r->dir_mode), 0);
	assert_int_equal(chown(w->path, r->file, GROUP), 0);
	memset(&seen, 0, sizeof(seen));
	assert_ec(file_open(w->path, r->in_place ? FILE_IN_PLACE : 0, &f, &e),
	    EC_OK, &e);
	if (r->in_place)
		assert_ec(file_in_place(f, NULL, &e), EC_OK, &e);
	assert_ec(replace(f, NEW, &e), EC_OK, &e);
	assert_false(seen.strange);
	assert_int_equal(seen.as_user, r->as_user);
	assert_int_equal(seen.as_root, r->as_root);
	assert_int_equal(setfsuid((uid_t)-1), 0);
	assert_int_equal(setfsgid((gid_t)-1), 0);
	assert_holds(w->path, NEW);
	assert_int_equal(stat(w->path, &st), 0);
	assert_int_equal(st.st_uid, r->file);
	assert_int_equal(st.st_gid, GROUP);
	assert_int_equal(st.st_mode & 07777, r->file_mode);
	assert_int_equal(entries(w->home), 1);
}

static void
test_identity(void **state)
{
	struct world *w = *state;

	need_root();
	for (size_t i = 0; i < COUNT(rows); i++)
		try_row(w, &rows[i]);
	assert_int_equal(chmod(w->home, 0755), 0);
}

/* What a crash left is swept, and what failed is removed, as he too. */
static void
test_leavings(void **state)
{
	struct world *w = *state;
	AUTO(pinned) struct file *f = NULL;
	struct buf b = BUF(64);
	struct err e;

	need_root();
	put(w->path, OLD, 0600);
	assert_int_equal(chown(w->home, USER, GROUP), 0);
	assert_int_equal(chown(w->path, USER, GROUP), 0);
	memset(&seen, 0, sizeof(seen));
	assert_ec(file_open(w->path, 0, &f, &e), EC_OK, &e);
	assert_ec(buf_adds(&b, NEW, &e), EC_OK, &e);
	assert_ec(file_stage(f, &b, 0, &e), EC_OK, &e);
	assert_int_equal(entries(w->home), 2);
	file_close(TAKE(f));
	assert_int_equal(entries(w->home), 1);
	assert_int_equal(seen.as_user, 3);
	assert_int_equal(seen.as_root, 0);
	assert_int_equal(setfsuid((uid_t)-1), 0);
	buf_free(&b);
}

/* A new file for a user, in his own directory. */
static void
test_new_file(void **state)
{
	struct world *w = *state;
	AUTO(pinned) struct file *f = NULL;
	struct stat st;
	struct err e;

	need_root();
	assert_int_equal(unlink(w->path), 0);
	assert_int_equal(chown(w->home, USER, GROUP), 0);
	memset(&seen, 0, sizeof(seen));
	assert_ec(file_open(w->path, FILE_MAY_BE_ABSENT, &f, &e), EC_OK, &e);
	file_new_owner(f, USER, GROUP);
	assert_ec(replace(f, NEW, &e), EC_OK, &e);
	assert_int_equal(seen.as_user, 2);
	assert_int_equal(seen.as_root, 0);
	assert_int_equal(stat(w->path, &st), 0);
	assert_int_equal(st.st_uid, USER);
	assert_int_equal(st.st_gid, GROUP);
}

/* The user's file in the user's directory, made new as he. */
static void
renew_as_user(struct world *w, const char *path, unsigned as_user)
{
	AUTO(pinned) struct file *f = NULL;
	struct err e;

	memset(&seen, 0, sizeof(seen));
	assert_ec(file_open(path, 0, &f, &e), EC_OK, &e);
	assert_ec(replace(f, NEW, &e), EC_OK, &e);
	assert_holds(w->path, NEW);
	assert_int_equal(seen.as_user, as_user);
	assert_int_equal(seen.as_root, 3 - as_user);
	assert_false(seen.strange);
}

static void
give_to_user(struct world *w)
{
	put(w->path, OLD, 0600);
	assert_int_equal(chown(w->home, USER, GROUP), 0);
	assert_int_equal(chown(w->path, USER, GROUP), 0);
}

/* Also when the file has descriptor 0, as it may when stdin is closed: by one
 * of these two paths, for each step of it takes the number in turn. */
static void
test_number_zero(void **state)
{
	static const char *const names[] = { "conf", "./conf" };
	struct world *w = *state;

	need_root();
	for (size_t i = 0; i < COUNT(names); i++) {
		give_to_user(w);
		(void)close(0);
		renew_as_user(w, at(w, names[i]), 3);
		assert_int_equal(open("/dev/null", O_RDONLY), 0);
	}
}

/* Who is not root is nobody else for a while, whatever he might do. */
static void
test_not_root(void **state)
{
	struct world *w = *state;

	need_root();
	give_to_user(w);
	somebody = USER;
	renew_as_user(w, w->path, 0);
	somebody = 0;
}

/* The group of a new file: that which was said, or else the directory's. */
static void
test_new_group(void **state)
{
	static const struct {
		gid_t dir, file;
	} groups[] = { { GROUP, (gid_t)-1 }, { GROUP + 1, GROUP } };
	struct world *w = *state;

	need_root();
	for (size_t i = 0; i < COUNT(groups); i++) {
		AUTO(pinned) struct file *f = NULL;
		struct err e;

		assert_int_equal(unlink(w->path), 0);
		assert_int_equal(chown(w->home, USER, groups[i].dir), 0);
		memset(&seen, 0, sizeof(seen));
		assert_ec(
		    file_open(w->path, FILE_MAY_BE_ABSENT, &f, &e), EC_OK, &e);
		file_new_owner(f, USER, groups[i].file);
		assert_ec(replace(f, NEW, &e), EC_OK, &e);
		assert_int_equal(seen.as_user, 2); /* as USER and GROUP */
		assert_int_equal(seen.as_root, 0);
		assert_false(seen.strange);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, world_make, world_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_identity),
		TEST(test_leavings),
		TEST(test_new_file),
		TEST(test_number_zero),
		TEST(test_not_root),
		TEST(test_new_group),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
