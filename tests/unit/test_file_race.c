/*
 * file: somebody else changes something between any two system calls of a
 * replacement: the file, its attributes, the path to it, our temporary. What
 * is theirs is never lost, and success is said only when ours is in place.
 */
#include "file_fault.h"

#include <sys/mman.h>

#define OTHER "user=xxx\npass=yyy\n" /* as long as OLD */

static void
edit(struct world *w)
{
	put(w->path, "edited by somebody", 0640);
}

static void
edit_same_size_and_time(struct world *w)
{
	struct timespec t[2];
	struct stat st;
	AUTO(fd) int fd = open(w->path, O_WRONLY | O_CLOEXEC);

	assert_int_equal(stat(w->path, &st), 0);
	t[0] = st.st_atim;
	t[1] = st.st_mtim;
	assert_int_equal(pwrite(fd, OTHER, strlen(OTHER), 0), strlen(OTHER));
	assert_int_equal(futimens(fd, t), 0);
}

static void
swap_file(struct world *w)
{
	char other[PATH_MAX];

	(void)snprintf(other, sizeof(other), "%s", at(w, "theirs"));
	put(other, OLD, 0640);
	assert_int_equal(rename(other, w->path), 0);
}

static void
take_away(struct world *w)
{
	assert_int_equal(unlink(w->path), 0);
}

static void
change_mode(struct world *w)
{
	assert_int_equal(chmod(w->path, 0600), 0);
}

static void
add_link(struct world *w)
{
	assert_int_equal(link(w->path, at(w, "twin")), 0);
}

/* Moves nothing but the ctime. */
static void
add_attribute(struct world *w)
{
	assert_int_equal(setxattr(w->path, "user.b", "1", 1, 0), 0);
}

static void
put_link(struct world *w)
{
	put(at(w, "victim"), OLD, 0600);
	assert_int_equal(unlink(w->path), 0);
	assert_int_equal(symlink("victim", w->path), 0);
}

static void
swap_directory(struct world *w)
{
	char to[2 * PATH_MAX];

	(void)snprintf(to, sizeof(to), "%s.old", w->home);
	assert_int_equal(rename(w->home, to), 0);
	assert_int_equal(mkdir(w->home, 0755), 0);
	put(w->path, OLD, 0640);
}

static void
move_directory_back(struct world *w)
{
	char from[2 * PATH_MAX];

	(void)snprintf(from, sizeof(from), "%s.old", w->home);
	if (access(from, F_OK) != 0)
		return;
	assert_int_equal(entries(from), 1);
	(void)unlink(w->path);
	assert_int_equal(rmdir(w->home), 0);
	assert_int_equal(rename(from, w->home), 0);
}

static void (*const meddlers[])(struct world *) = { edit,
	edit_same_size_and_time, swap_file, take_away, change_mode,
	add_attribute, add_link, put_link, swap_directory };

/* The swapped directory was not written to, the one that is held was. */
static bool
kept_to_held_directory(const struct world *w)
{
	char held[2 * PATH_MAX];

	(void)snprintf(held, sizeof(held), "%s.old/conf", w->home);
	if (access(held, F_OK) != 0)
		return false;
	assert_holds(held, NEW);
	assert_untouched(w);
	return true;
}

static const char *
content(const char *path, char *ret, size_t n)
{
	AUTO(fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? 0 : read(fd, ret, n - 1);

	ret[got > 0 ? got : 0] = '\0';
	return ret;
}

/*
 * Somebody meddles once, right before call number turn of file_replace().
 * Whatever was theirs must still be there when we say conflict, and when we
 * say success ours must be. Meddling during the rename itself, or after it,
 * is past every check.
 */
static void
meddle(struct world *w, void (*how)(struct world *), long turn)
{
	char theirs[200], now[200];
	struct err e;
	enum ec ec;
	bool late;

	reset(w);
	arm(w, turn, 0, how);
	ec = attempt(w->path, false, &e);
	late = fault.fired && strcmp(fault.name, "fsync") == 0 && ec == EC_OK;
	(void)content(w->path, now, sizeof(now));
	if (!fault.fired) {
		assert_string_equal(now, NEW);
		return;
	}
	if (ec == EC_OK) {
		assert_true(
		    late || strcmp(now, NEW) == 0 || kept_to_held_directory(w));
	} else {
		assert_ec(ec, EC_CONFLICT, &e);
		assert_string_not_equal(now, NEW);
	}
	move_directory_back(w);
	(void)unlink(at(w, "twin"));
	(void)unlink(at(w, "victim"));
	(void)content(w->path, theirs, sizeof(theirs));
	assert_true(entries(w->home) <= 1);
}

static void
test_meddling_before_every_call(void **state)
{
	struct world *w = *state;

	for (size_t i = 0; i < COUNT(meddlers); i++) {
		long turn = 0;

		do
			meddle(w, meddlers[i], turn++);
		while (fault.fired);
	}
}

/* Right after file_open() nothing is lost, ever. */
static void
test_meddling_is_a_conflict(void **state)
{
	struct world *w = *state;
	struct err e;

	for (size_t i = 0; i < COUNT(meddlers); i++) {
		reset(w);
		arm(w, 0, 0, meddlers[i]);
		assert_ec(attempt(w->path, false, &e), EC_CONFLICT, &e);
		move_directory_back(w);
		(void)unlink(at(w, "twin"));
		(void)unlink(at(w, "victim"));
		assert_true(entries(w->home) <= 1);
	}
}

/* While it is being opened nothing was done yet: the next look will tell. */
static void
test_swapped_while_opened(void **state)
{
	struct world *w = *state;
	unsigned seen = 0;
	long turn = 0;

	do {
		AUTO(pinned) struct file *f = NULL;
		struct err e;
		enum ec ec;

		reset(w);
		arm(w, turn++, 0, swap_file);
		ec = file_open(w->path, 0, &f, &e);
		fault.armed = false;
		if (ec == EC_OK)
			continue;
		assert_ec(ec, EC_TEMP, &e);
		assert_non_null(strstr(e.what, "while it was opened"));
		seen++;
	} while (fault.fired);
	assert_in_range(seen, 1, 20);
}

/* A store through a mapping leaves no mark in the inode on tmpfs: only the
 * bytes tell. */
static void
test_mapped_edit(void **state)
{
	struct world *w = *state;
	AUTO(pinned) struct file *f = NULL;
	AUTO(fd) int fd = -1;
	struct stat a, b;
	struct err e;
	char *p;

	need_root();
	assert_int_equal(mount("none", w->home, "tmpfs", 0, "mode=755"), 0);
	put(w->path, OLD, 0640);
	fd = open(w->path, O_RDWR | O_CLOEXEC);
	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(p, MAP_FAILED);
	p[0] = 'u';
	assert_ec(file_open(w->path, 0, &f, &e), EC_OK, &e);
	assert_int_equal(fstat(fd, &a), 0);
	p[0] = 'U';
	assert_int_equal(fstat(fd, &b), 0);
	assert_memory_equal(&a.st_ctim, &b.st_ctim, sizeof(a.st_ctim));
	assert_ec(replace(f, NEW, &e), EC_CONFLICT, &e);
	assert_non_null(strstr(e.what, "was edited"));
	assert_int_equal(entries(w->home), 1);
	assert_int_equal(munmap(p, 4096), 0);
	file_close(TAKE(f));
	auto_fd(&fd);
	fd = -1;
	assert_int_equal(umount(w->home), 0);
}

/* The link of a release directory is switched between read and write. */
static void
test_switched_link(void **state)
{
	struct world *w = *state;
	AUTO(pinned) struct file *f = NULL;
	struct err e;

	assert_int_equal(mkdir(at(w, "r1"), 0755), 0);
	assert_int_equal(mkdir(at(w, "r2"), 0755), 0);
	put(at(w, "r1/conf"), OLD, 0600);
	put(at(w, "r2/conf"), OLD, 0600);
	assert_int_equal(symlink("r1", at(w, "current")), 0);
	assert_ec(file_open(at(w, "current/conf"), 0, &f, &e), EC_OK, &e);
	assert_int_equal(unlink(at(w, "current")), 0);
	assert_int_equal(symlink("r2", at(w, "current")), 0);
	assert_ec(replace(f, NEW, &e), EC_CONFLICT, &e);
	assert_holds(at(w, "r1/conf"), OLD);
	assert_holds(at(w, "r2/conf"), OLD);
	assert_int_equal(entries(at(w, "r1")), 1);
}

static void
make_it(struct world *w)
{
	put(w->path, "theirs", 0600);
}

/* A file that appears while we make a new one is never overwritten. */
static void
test_new_file_appears(void **state)
{
	struct world *w = *state;
	struct err e;
	enum ec ec;
	long turn = 0;

	for (;;) {
		(void)unlink(w->path);
		arm(w, turn++, 0, make_it);
		ec = attempt(w->path, false, &e);
		if (ec == EC_OK)
			break;
		assert_ec(ec, EC_CONFLICT, &e);
		assert_holds(w->path, "theirs");
		assert_int_equal(entries(w->home), 1);
	}
	/* Not before the rename was behind us. */
	assert_true(!fault.fired || strcmp(fault.name, "fsync") == 0);
	assert_in_range(turn, 8, 100);
}

/* A new file, and the directory is not the one any more. */
static void
test_new_file_directory_swapped(void **state)
{
	struct world *w = *state;
	AUTO(pinned) struct file *f = NULL;
	char old[2 * PATH_MAX];
	struct err e;

	assert_int_equal(mkdir(at(w, "d"), 0755), 0);
	assert_ec(
	    file_open(at(w, "d/new"), FILE_MAY_BE_ABSENT, &f, &e), EC_OK, &e);
	(void)snprintf(old, sizeof(old), "%s", at(w, "d.old"));
	assert_int_equal(rename(at(w, "d"), old), 0);
	assert_int_equal(mkdir(at(w, "d"), 0755), 0);
	assert_ec(replace(f, NEW, &e), EC_CONFLICT, &e);
	assert_int_equal(entries(w->text), 0);
	assert_int_equal(entries(old), 0);
}

/* The owner of the directory puts a file of his in place of our temporary. */
static void
swap_temporary(struct world *w)
{
	char path[PATH_MAX];
	DIR *d = opendir(w->home);
	const struct dirent *n;

	while ((n = readdir(d)) != NULL)
		if (strncmp(n->d_name, ".rotate-", 8) == 0)
			break;
	if (n != NULL) {
		(void)snprintf(path, sizeof(path), "%s", at(w, n->d_name));
		assert_int_equal(unlink(path), 0);
		put(path, "theirs", 0644);
	}
	(void)closedir(d);
}

static void
test_swapped_temporary(void **state)
{
	struct world *w = *state;
	long turn = 0, conflicts = 0;
	struct err e;
	enum ec ec;

	do {
		reset(w);
		arm(w, turn++, 0, swap_temporary);
		ec = attempt(w->path, false, &e);
		assert_int_equal(entries(w->home), 1);
		if (ec == EC_OK)
			continue;
		assert_ec(ec, EC_CONFLICT, &e);
		assert_untouched(w);
		conflicts++;
	} while (fault.fired);
	assert_holds(w->path, NEW);
	assert_in_range(conflicts, 5, 100);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, world_make, fault_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_meddling_before_every_call),
		TEST(test_meddling_is_a_conflict),
		TEST(test_swapped_while_opened),
		TEST(test_mapped_edit),
		TEST(test_switched_link),
		TEST(test_new_file_appears),
		TEST(test_new_file_directory_swapped),
		TEST(test_swapped_temporary),
	};

	return cmocka_run_group_tests(tests, private_mounts, NULL);
}
