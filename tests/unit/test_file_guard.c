/*
 * file: what is refused before anything is touched, each with its reason and
 * remedy: kinds of files, links, directories, flags, mounts, full and
 * read-only file systems. The mounts are made in a namespace of this process.
 */
#include <linux/fs.h>
#include <sys/ioctl.h>

#include "file_world.h"

static void
test_kinds(void **state)
{
	struct world *w = *state;

	assert_int_equal(mkdir(at(w, "sub"), 0755), 0);
	refuse(w->text, EC_CONFIG, "not a regular file");
	refuse(at(w, "sub/"), EC_CONFIG, "is a directory");
	refuse(at(w, "sub/.."), EC_CONFIG, "not a regular file");
	refuse(at(w, "conf/"), EC_CONFIG, "Not a directory");
	refuse(at(w, "conf/x"), EC_CONFIG, "Not a directory");
	refuse("/", EC_CONFIG, "is a directory");
	refuse("", EC_GONE, "path");
	refuse("/dev/null", EC_CONFIG, "not a regular file");
	assert_int_equal(mkfifo(at(w, "fifo"), 0600), 0);
	refuse(w->text, EC_CONFIG, "not a regular file");
	refuse(at(w, "no/such"), EC_GONE, "/no");
}

static void
test_too_long(void **state)
{
	char s[PATH_MAX + 10];

	(void)state;
	memset(s, 'x', sizeof(s));
	s[0] = '/';
	s[sizeof(s) - 1] = '\0';
	refuse(s, EC_CONFIG, "too long");
	s[NAME_MAX + 2] = '\0';
	refuse(s, EC_CONFIG, "too long");
}

static void
test_too_large(void **state)
{
	struct world *w = *state;

	assert_int_equal(truncate(w->path, (off_t)FILE_MAX_BYTES), 0);
	renew(w->path);
	assert_int_equal(truncate(w->path, (off_t)FILE_MAX_BYTES + 1), 0);
	refuse(w->path, EC_CONFIG, "more than");
}

static void
test_hard_link(void **state)
{
	struct world *w = *state;

	assert_int_equal(link(w->path, at(w, "twin")), 0);
	refuse(w->path, EC_CONFIG, "hard links");
	assert_int_equal(unlink(w->text), 0);
	renew(w->path);
}

static void
test_set_id(void **state)
{
	struct world *w = *state;

	assert_int_equal(chmod(w->path, 04640), 0);
	refuse(w->path, EC_CONFIG, "set-id");
	assert_int_equal(chmod(w->path, 02640), 0);
	refuse(w->path, EC_CONFIG, "set-id");
}

static void
test_dangling_links(void **state)
{
	struct world *w = *state;
	AUTO(pinned) struct file *f = NULL;
	struct err e;

	assert_int_equal(symlink("none", at(w, "a")), 0);
	refuse(w->text, EC_CONFIG, "dangling");
	assert_ec(
	    file_open(w->text, FILE_MAY_BE_ABSENT, &f, &e), EC_CONFIG, &e);
	assert_int_equal(symlink("no/dir", at(w, "b")), 0);
	refuse(w->text, EC_CONFIG, "dangling");
	assert_int_equal(symlink("c", at(w, "c")), 0);
	refuse(w->text, EC_CONFIG, "symbolic links");
}

/* A service user must not lead root to a file that is not that user's. */
static void
test_foreign_links(void **state)
{
	struct world *w = *state;

	need_root();
	assert_int_equal(mkdir(at(w, "d"), 0755), 0);
	assert_int_equal(symlink("../conf", at(w, "d/l")), 0);
	renew(w->text);
	assert_int_equal(lchown(w->text, USER, USER), 0);
	refuse(w->text, EC_CONFIG, "a link of user 12345");
	assert_int_equal(chown(w->path, USER, USER), 0);
	put(w->path, OLD, 0600);
	renew(at(w, "d/l"));
	assert_holds(w->path, NEW);
	assert_int_equal(symlink("d", at(w, "e")), 0);
	assert_int_equal(lchown(w->text, USER + 1, 0), 0);
	refuse(at(w, "e/l"), EC_CONFIG, "links of users");
	assert_int_equal(symlink(".", at(w, "f")), 0);
	assert_int_equal(lchown(w->text, USER + 1, 0), 0);
	refuse(at(w, "f/conf"), EC_CONFIG, "a link of user 12346");
}

static void
test_directory_writable_by_others(void **state)
{
	struct world *w = *state;
	char deep[PATH_MAX];

	assert_int_equal(chmod(w->home, 0757), 0);
	refuse(w->path, EC_CONFIG, "writable by everybody");
	assert_int_equal(chmod(w->home, 01777), 0);
	refuse(w->path, EC_CONFIG, "writable by everybody");
	assert_int_equal(mkdir(at(w, "d"), 0755), 0);
	(void)snprintf(deep, sizeof(deep), "%s", at(w, "d/conf"));
	put(deep, OLD, 0600);
	renew(deep);
	assert_int_equal(chmod(w->home, 0777), 0);
	refuse(deep, EC_CONFIG, "writable by everybody");
}

static void
test_directory_writable_by_group(void **state)
{
	struct world *w = *state;
	/* u::rwx u:USER:rwx g::r-x m::rwx o::---, version 2 */
	static const unsigned char acl[] = { 2, 0, 0, 0, 1, 0, 7, 0, 255, 255,
		255, 255, 2, 0, 7, 0, 57, 48, 0, 0, 4, 0, 5, 0, 255, 255, 255,
		255, 16, 0, 7, 0, 255, 255, 255, 255, 32, 0, 0, 0, 255, 255,
		255, 255 };

	assert_int_equal(chmod(w->home, 0775), 0);
	renew(w->path);
	assert_int_equal(
	    setxattr(w->home, "system.posix_acl_access", acl, sizeof(acl), 0),
	    0);
	refuse(w->path, EC_CONFIG, "by an ACL");
	need_root();
	assert_int_equal(removexattr(w->home, "system.posix_acl_access"), 0);
	assert_int_equal(chmod(w->home, 0775), 0);
	assert_int_equal(chown(w->home, 0, USER), 0);
	refuse(w->path, EC_CONFIG, "writable by group 12345");
	assert_int_equal(chmod(w->home, 0755), 0);
	renew(w->path);
}

static void
set_flags(const char *path, int flags)
{
	AUTO(fd) int fd = open(path, O_RDONLY | O_CLOEXEC);

	assert_int_equal(ioctl(fd, FS_IOC_SETFLAGS, &flags), 0);
}

static void
mount_tmpfs(struct world *w, const char *options)
{
	need_root();
	assert_int_equal(
	    mount("none", w->home, "tmpfs", MS_NOSUID, options), 0);
	put(w->path, OLD, 0640);
}

/* umount also when the test failed half-way; MNT_DETACH never waits. */
static int
unmounting_end(void **state)
{
	struct world *w = *state;

	if (getuid() == 0 && seteuid(0) != 0)
		return -1;
	(void)umount2(w->path, MNT_DETACH);
	(void)umount2(w->home, MNT_DETACH);
	return world_end(state);
}

/* On tmpfs, which knows these flags since Linux 6.6, where that is missing
 * on the file system of the tests. */
static void
immutable(struct world *w, const char *path)
{
	set_flags(path, FS_IMMUTABLE_FL);
	refuse(w->path, EC_CONFIG, "immutable");
	set_flags(path, FS_APPEND_FL);
	refuse(w->path, EC_CONFIG, "immutable");
	set_flags(path, 0);
}

static void
test_immutable(void **state)
{
	struct world *w = *state;
	int flags = 0;
	AUTO(fd) int fd = open(w->path, O_RDONLY | O_CLOEXEC);

	need_root();
	if (ioctl(fd, FS_IOC_SETFLAGS, &flags) != 0)
		mount_tmpfs(w, "mode=755");
	immutable(w, w->path);
	immutable(w, w->home);
	renew(w->path);
}

static void
test_mounted_file(void **state)
{
	struct world *w = *state;

	need_root();
	put(at(w, "other"), OLD, 0600);
	assert_int_equal(mount(w->text, w->path, NULL, MS_BIND, NULL), 0);
	refuse(w->path, EC_CONFIG, "mount point");
	assert_int_equal(umount(w->path), 0);
	renew(w->path);
}

static void
test_read_only(void **state)
{
	struct world *w = *state;
	AUTO(pinned) struct file *f = NULL;
	struct err e;

	mount_tmpfs(w, "mode=755");
	assert_int_equal(
	    mount("none", w->home, NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
	assert_ec(file_open(w->path, 0, &f, &e), EC_OK, &e);
	assert_ec(file_can_replace(f, 1, &e), EC_DENIED, &e);
	assert_int_equal(e.sys, EROFS);
	assert_ec(replace(f, NEW, &e), EC_DENIED, &e);
	assert_int_equal(e.sys, EROFS);
	assert_ec(replace(f, OLD, &e), EC_OK, &e);
	assert_untouched(w);
}

static void
test_full(void **state)
{
	struct world *w = *state;
	AUTO(pinned) struct file *f = NULL;
	AUTO(buf) struct buf b = BUF(100000);
	struct err e;

	mount_tmpfs(w, "mode=755,size=64k");
	for (int i = 0; i < 10000; i++)
		bytes(&b, "password");
	assert_ec(file_open(w->path, 0, &f, &e), EC_OK, &e);
	assert_ec(file_can_replace(f, 4096, &e), EC_OK, &e);
	assert_ec(file_can_replace(f, b.len, &e), EC_IO, &e);
	assert_int_equal(e.sys, ENOSPC);
	assert_ec(file_replace(f, &b, 0600, &e), EC_IO, &e);
	assert_int_equal(e.sys, ENOSPC);
	assert_untouched(w);
	assert_ec(replace(f, NEW, &e), EC_OK, &e);
}

static void
test_no_inodes(void **state)
{
	struct world *w = *state;
	AUTO(pinned) struct file *f = NULL;
	struct err e;

	mount_tmpfs(w, "mode=755,nr_inodes=2");
	assert_ec(file_open(w->path, 0, &f, &e), EC_OK, &e);
	assert_ec(file_can_replace(f, 1, &e), EC_IO, &e);
	assert_ec(replace(f, NEW, &e), EC_IO, &e);
	assert_int_equal(e.sys, ENOSPC);
	assert_untouched(w);
}

/* As another user: what may not be kept is said before and refused after. */
static void
test_unprivileged(void **state)
{
	struct world *w = *state;
	AUTO(pinned) struct file *f = NULL;
	struct err e;

	need_root();
	assert_int_equal(chmod(w->path, 0644), 0);
	assert_int_equal(seteuid(USER), 0);
	assert_ec(file_open(w->path, 0, &f, &e), EC_DENIED, &e);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(chmod(w->home, 0755), 0);
	assert_int_equal(seteuid(USER), 0);
	assert_ec(file_open(w->path, 0, &f, &e), EC_OK, &e);
	assert_ec(file_can_replace(f, 1, &e), EC_DENIED, &e);
	assert_non_null(strstr(e.what, "write to its directory"));
	assert_ec(replace(f, NEW, &e), EC_DENIED, &e);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(chown(w->home, USER, 0), 0);
	assert_int_equal(seteuid(USER), 0);
	assert_ec(file_can_replace(f, 1, &e), EC_DENIED, &e);
	assert_non_null(strstr(e.what, "owner and group"));
	assert_ec(replace(f, NEW, &e), EC_DENIED, &e);
	assert_int_equal(seteuid(0), 0);
	assert_untouched(w);
}

static void
test_unreadable(void **state)
{
	struct world *w = *state;

	need_root();
	assert_int_equal(chmod(w->home, 0755), 0);
	assert_int_equal(chmod(w->path, 0600), 0);
	assert_int_equal(seteuid(USER), 0);
	refuse(w->path, EC_DENIED, w->path);
	assert_int_equal(seteuid(0), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, world_make, unmounting_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_kinds),
		TEST(test_too_long),
		TEST(test_too_large),
		TEST(test_hard_link),
		TEST(test_set_id),
		TEST(test_dangling_links),
		TEST(test_foreign_links),
		TEST(test_directory_writable_by_others),
		TEST(test_directory_writable_by_group),
		TEST(test_immutable),
		TEST(test_mounted_file),
		TEST(test_read_only),
		TEST(test_full),
		TEST(test_no_inodes),
		TEST(test_unprivileged),
		TEST(test_unreadable),
	};

	return cmocka_run_group_tests(tests, private_mounts, NULL);
}
