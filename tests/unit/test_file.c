/*
 * file: what a replacement keeps. Bytes, owner, mode, ACL, attributes, links;
 * new files; no-ops; that asking changes nothing.
 */
#include <endian.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>

#include "file_world.h"

#define ACL "system.posix_acl_access"

static void
test_open_reads(void **state)
{
	struct world *w = *state;
	AUTO(pinned) struct file *f = NULL;
	struct err e;

	assert_ec(file_open(w->path, 0, &f, &e), EC_OK, &e);
	assert_string_equal(buf_str(file_content(f)), OLD);
	assert_string_equal(file_path(f), w->path);
	assert_true(file_exists(f));
}

/* Every byte value, NUL included, more than one chunk of it. */
static void
test_bytes_exact(void **state)
{
	struct world *w = *state;
	AUTO(pinned) struct file *f = NULL;
	AUTO(pinned) struct file *g = NULL;
	AUTO(buf) struct buf b = BUF(100000);
	struct err e;

	for (unsigned i = 0; i < 70000; i++) {
		unsigned char c = (unsigned char)(i * 7 + i / 256);

		assert_int_equal(buf_add(&b, &c, 1, &e), EC_OK);
	}
	assert_ec(file_open(w->path, 0, &f, &e), EC_OK, &e);
	assert_ec(file_replace(f, &b, 0600, &e), EC_OK, &e);
	assert_ec(file_open(w->path, 0, &g, &e), EC_OK, &e);
	assert_int_equal(file_content(g)->len, b.len);
	assert_memory_equal(file_content(g)->p, b.p, b.len);
	assert_int_equal(entries(w->home), 1);
}

static void
test_empty_either_way(void **state)
{
	struct world *w = *state;
	AUTO(pinned) struct file *f = NULL;
	struct err e;

	assert_ec(file_open(w->path, 0, &f, &e), EC_OK, &e);
	assert_ec(replace(f, "", &e), EC_OK, &e);
	assert_holds(w->path, "");
	renew(w->path);
	assert_holds(w->path, NEW);
}

/* All 512 modes come back, even those that lock the owner out. */
static void
test_mode_kept(void **state)
{
	struct world *w = *state;
	struct stat st;

	for (mode_t m = is_root() ? 0 : 0600; m < 01000; m++) {
		put(w->path, OLD, m);
		renew(w->path);
		assert_int_equal(stat(w->path, &st), 0);
		assert_int_equal(st.st_mode, S_IFREG | m);
		assert_int_equal(chmod(w->path, 0600), 0);
		if (!is_root())
			m |= 0600;
	}
}

static void
test_umask_does_not_matter(void **state)
{
	struct world *w = *state;
	struct stat st;

	(void)umask(0777);
	renew(w->path);
	(void)umask(022);
	assert_int_equal(stat(w->path, &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0640);
}

static void
test_owner_kept(void **state)
{
	struct world *w = *state;
	struct stat st;

	need_root();
	assert_int_equal(chown(w->home, USER, USER), 0);
	assert_int_equal(chown(w->path, USER, USER + 1), 0);
	renew(w->path);
	assert_int_equal(stat(w->path, &st), 0);
	assert_int_equal(st.st_uid, USER);
	assert_int_equal(st.st_gid, USER + 1);
	assert_holds(w->path, NEW);
	assert_int_equal(entries(w->home), 1);
}

struct acl {
	struct posix_acl_xattr_header h;
	struct posix_acl_xattr_entry e[5];
};

static struct posix_acl_xattr_entry
entry(uint16_t tag, uint16_t perm, uint32_t id)
{
	return (struct posix_acl_xattr_entry){
		.e_tag = htole16(tag),
		.e_perm = htole16(perm),
		.e_id = htole32(id),
	};
}

/* u::rw- u:USER:r-- g::--- m::r-- o::---, as setfacl would store it. */
static struct acl
some_acl(void)
{
	return (struct acl){
		.h = { .a_version = htole32(POSIX_ACL_XATTR_VERSION) },
		.e = {
		    entry(ACL_USER_OBJ, 6, (uint32_t)ACL_UNDEFINED_ID),
		    entry(ACL_USER, 4, USER),
		    entry(ACL_GROUP_OBJ, 0, (uint32_t)ACL_UNDEFINED_ID),
		    entry(ACL_MASK, 4, (uint32_t)ACL_UNDEFINED_ID),
		    entry(ACL_OTHER, 0, (uint32_t)ACL_UNDEFINED_ID),
		},
	};
}

static void
test_acl_kept(void **state)
{
	struct world *w = *state;
	struct acl a = some_acl(), got = { 0 };

	assert_int_equal(setxattr(w->path, ACL, &a, sizeof(a), 0), 0);
	renew(w->path);
	assert_int_equal(
	    getxattr(w->path, ACL, &got, sizeof(got)), sizeof(got));
	assert_memory_equal(&got, &a, sizeof(a));
	assert_holds(w->path, NEW);
}

/* What a default ACL would give to the new file the old one did not have. */
static void
test_default_acl_not_inherited(void **state)
{
	struct world *w = *state;
	struct acl a = some_acl();
	struct stat st;

	assert_int_equal(
	    setxattr(w->home, "system.posix_acl_default", &a, sizeof(a), 0), 0);
	renew(w->path);
	assert_int_equal(getxattr(w->path, ACL, NULL, 0), -1);
	assert_int_equal(errno, ENODATA);
	assert_int_equal(stat(w->path, &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0640);
}

static void
test_xattrs_kept(void **state)
{
	struct world *w = *state;
	char got[64];

	assert_int_equal(setxattr(w->path, "user.empty", "", 0, 0), 0);
	assert_int_equal(setxattr(w->path, "user.note", "a\0b", 3, 0), 0);
	if (is_root())
		assert_int_equal(setxattr(w->path, "trusted.t", "t", 1, 0), 0);
	assert_int_equal(chmod(w->path, 0444), 0);
	renew(w->path);
	assert_int_equal(getxattr(w->path, "user.empty", got, 64), 0);
	assert_int_equal(getxattr(w->path, "user.note", got, 64), 3);
	assert_memory_equal(got, "a\0b", 3);
	if (is_root())
		assert_int_equal(getxattr(w->path, "trusted.t", got, 64), 1);
}

static void
test_selinux_label_kept(void **state)
{
	static const char label[] = "system_u:object_r:etc_t:s0";
	struct world *w = *state;
	char got[64];

	need_root();
	if (setxattr(w->path, "security.selinux", label, sizeof(label), 0) != 0)
		skip();
	renew(w->path);
	assert_int_equal(
	    getxattr(w->path, "security.selinux", got, 64), sizeof(label));
	assert_string_equal(got, label);
}

/* a -> sub/b, sub/b -> ../c, c -> HOME/sub/../conf: all kept. */
static void
test_link_chain_kept(void **state)
{
	struct world *w = *state;
	char real[2 * PATH_MAX];
	struct stat st;

	assert_int_equal(mkdir(at(w, "sub"), 0755), 0);
	assert_int_equal(symlink("sub/b", at(w, "a")), 0);
	assert_int_equal(symlink("../c", at(w, "sub/b")), 0);
	(void)snprintf(real, sizeof(real), "%s/sub/.././/conf", w->home);
	assert_int_equal(symlink(real, at(w, "c")), 0);
	renew(at(w, "a"));
	assert_holds(w->path, NEW);
	assert_int_equal(lstat(at(w, "a"), &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(lstat(at(w, "c"), &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(entries(w->home), 4);
	assert_int_equal(entries(at(w, "sub")), 1);
}

static void
test_relative_path(void **state)
{
	struct world *w = *state;
	AUTO(pinned) struct file *f = NULL;
	AUTO(fd) int was = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct err e;

	assert_int_equal(mkdir(at(w, "sub"), 0755), 0);
	assert_int_equal(chdir(w->text), 0);
	assert_ec(file_open("./..//conf", 0, &f, &e), EC_OK, &e);
	assert_string_equal(file_path(f), w->path);
	assert_ec(replace(f, NEW, &e), EC_OK, &e);
	assert_holds("../conf", NEW);
	assert_int_equal(fchdir(was), 0);
}

static void
test_new_file(void **state)
{
	struct world *w = *state;
	AUTO(pinned) struct file *f = NULL;
	struct stat st;
	struct err e;

	refuse(at(w, "new"), EC_GONE, "/new");
	assert_ec(file_open(w->text, FILE_MAY_BE_ABSENT, &f, &e), EC_OK, &e);
	assert_false(file_exists(f));
	assert_int_equal(file_content(f)->len, 0);
	assert_ec(file_can_replace(f, 10, &e), EC_OK, &e);
	assert_int_equal(entries(w->home), 1);
	assert_ec(replace(f, "", &e), EC_OK, &e);
	assert_holds(w->text, "");
	assert_int_equal(stat(w->text, &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0640);
	refuse(at(w, "none/new"), EC_GONE, "/none");
}

static void
test_same_content_is_no_op(void **state)
{
	struct world *w = *state;
	AUTO(pinned) struct file *f = NULL;
	struct stat a, b;
	struct err e;

	assert_int_equal(stat(w->path, &a), 0);
	assert_ec(file_open(w->path, 0, &f, &e), EC_OK, &e);
	assert_ec(replace(f, OLD, &e), EC_OK, &e);
	assert_int_equal(stat(w->path, &b), 0);
	assert_int_equal(a.st_ino, b.st_ino);
	assert_memory_equal(&a.st_ctim, &b.st_ctim, sizeof(a.st_ctim));
	assert_untouched(w);
}

/* Asking leaves no trace in the file or in its directory. */
static void
test_can_replace_changes_nothing(void **state)
{
	struct world *w = *state;
	AUTO(pinned) struct file *f = NULL;
	struct stat a[2], b[2];
	struct err e;

	assert_int_equal(stat(w->path, &a[0]), 0);
	assert_int_equal(stat(w->home, &a[1]), 0);
	assert_ec(file_open(w->path, 0, &f, &e), EC_OK, &e);
	assert_ec(file_can_replace(f, 1000, &e), EC_OK, &e);
	assert_ec(file_can_replace(f, 0, &e), EC_OK, &e);
	assert_int_equal(stat(w->path, &b[0]), 0);
	assert_int_equal(stat(w->home, &b[1]), 0);
	for (int i = 0; i < 2; i++) {
		assert_memory_equal(
		    &a[i].st_mtim, &b[i].st_mtim, sizeof(a[i].st_mtim));
		assert_memory_equal(
		    &a[i].st_ctim, &b[i].st_ctim, sizeof(a[i].st_ctim));
	}
	assert_ec(file_can_replace(f, SIZE_MAX, &e), EC_IO, &e);
	assert_int_equal(e.sys, ENOSPC);
}

/* Only what belongs to this very file is taken away. */
static void
test_sweeps_after_a_crash(void **state)
{
	struct world *w = *state;

	/* The tag of "conf": printf conf | sha256sum | cut -c1-8 */
	put(at(w, ".rotate-0c326c4f-0123456789abcdef"), NEW, 0600);
	put(at(w, ".rotate-00000000-x"), "other", 0600);
	renew(w->path);
	assert_holds(w->path, NEW);
	assert_int_equal(entries(w->home), 2);
	assert_holds(at(w, ".rotate-00000000-x"), "other");
}

static void
test_create(void **state)
{
	struct world *w = *state;
	struct stat st;
	struct err e;

	assert_ec(file_create(at(w, "key"), "a\0b", 3, &e), EC_OK, &e);
	assert_int_equal(stat(w->text, &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0600);
	assert_int_equal(st.st_size, 3);
	assert_ec(file_create(w->text, "xyz", 3, &e), EC_CONFLICT, &e);
	assert_int_equal(stat(w->text, &st), 0);
	assert_int_equal(st.st_size, 3);
	assert_int_equal(entries(w->home), 2);
	assert_ec(file_sync_parent(w->text, &e), EC_OK, &e);
	assert_ec(file_sync_parent("/nowhere/x", &e), EC_GONE, &e);
}

static void
test_read(void **state)
{
	struct world *w = *state;
	AUTO(buf) struct buf b = BUF(sizeof(OLD) - 1);
	AUTO(buf) struct buf tight = BUF(sizeof(OLD) - 2);
	struct err e;

	assert_int_equal(file_read(w->path, &b, &e), EC_OK);
	assert_string_equal(buf_str(&b), OLD);
	assert_int_equal(file_read(w->path, &tight, &e), EC_PROTO);
	assert_non_null(strstr(e.what, w->path));
	assert_int_equal(file_read(at(w, "none"), &b, &e), EC_GONE);
	assert_int_equal(file_read(w->home, &b, &e), EC_CONFIG);
	assert_int_equal(mkfifo(at(w, "fifo"), 0600), 0);
	assert_int_equal(file_read(w->text, &b, &e), EC_CONFIG);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, world_make, world_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_open_reads),
		TEST(test_bytes_exact),
		TEST(test_empty_either_way),
		TEST(test_mode_kept),
		TEST(test_umask_does_not_matter),
		TEST(test_owner_kept),
		TEST(test_acl_kept),
		TEST(test_default_acl_not_inherited),
		TEST(test_xattrs_kept),
		TEST(test_selinux_label_kept),
		TEST(test_link_chain_kept),
		TEST(test_relative_path),
		TEST(test_new_file),
		TEST(test_same_content_is_no_op),
		TEST(test_can_replace_changes_nothing),
		TEST(test_sweeps_after_a_crash),
		TEST(test_create),
		TEST(test_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
