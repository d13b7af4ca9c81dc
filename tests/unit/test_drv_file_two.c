/*
 * The file driver with two files, under faults: one call fails, or the disk is
 * gone from there on. A pair that is mixed afterwards is called unknown, and
 * one failure alone mixes none. And two names of one file.
 */
#include "file_fault.h"

#include <linux/fs.h>
#include <sys/ioctl.h>

#include "client_fixture.h"

extern const struct client_driver drv_file;

#define TEXT_USER(user) "U=" user "\nX=1\n"
#define TEXT_PASS(pass) "Y=1\nP=" pass "\n"

static void
set(struct fixture *fx, const char *key, const char *value)
{
	assert_int_equal(fixture_set(fx, key, value, NULL), EC_OK);
}

/* A tmpfs has them since Linux 6.6. */
static bool
has_flags(const char *path)
{
	AUTO(fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	int flags = 0;

	return ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0;
}

/* ret: was it set before? */
static bool
immutable(const struct fixture *fx, const char *name, bool on)
{
	AUTO(fd)
	int fd = open(fixture_path(fx, name), O_RDONLY | O_CLOEXEC);
	int flags = 0, want;

	if (fd < 0 || ioctl(fd, FS_IOC_GETFLAGS, &flags) != 0)
		return false;
	want = (flags & ~FS_IMMUTABLE_FL) | (on ? FS_IMMUTABLE_FL : 0);
	if (want != flags)
		assert_int_equal(ioctl(fd, FS_IOC_SETFLAGS, &want), 0);
	return (flags & FS_IMMUTABLE_FL) != 0;
}

struct kind {
	bool in_place, immutable;
};

static void
open_two(struct fixture *fx, const struct kind *k)
{
	fixture_open(fx, &drv_file);
	set(fx, "path", fixture_path(fx, "pass"));
	set(fx, "username_path", fixture_path(fx, "user"));
	set(fx, "format", "dotenv");
	set(fx, "username", "U");
	set(fx, "password", "P");
	set(fx, "in_place", k->in_place ? "true" : "false");
	set(fx, "immutable", k->immutable ? "true" : "false");
	if (k->immutable && !has_flags(fx->dir))
		assert_int_equal(
		    mount("none", fx->dir, "tmpfs", MS_NOSUID, "mode=755"), 0);
}

static void
close_two(struct fixture *fx)
{
	(void)immutable(fx, "user", false);
	(void)immutable(fx, "pass", false);
	(void)umount2(fx->dir, MNT_DETACH);
	fixture_close(fx);
}

static void
put_old(struct fixture *fx, const struct kind *k)
{
	(void)immutable(fx, "user", false);
	(void)immutable(fx, "pass", false);
	fixture_put(fx, "user", TEXT_USER(USER1));
	fixture_put(fx, "pass", TEXT_PASS(PASS1));
	if (k->immutable) {
		(void)immutable(fx, "user", true);
		(void)immutable(fx, "pass", true);
	}
}

static bool
is_text(struct fixture *fx, const char *name, const char *text)
{
	AUTO(buf) struct buf b = BUF(FILE_MAX_BYTES);
	struct err e;

	assert_int_equal(file_read(fixture_path(fx, name), &b, &e), EC_OK);
	return strcmp(buf_str(&b), text) == 0;
}

/* What the files themselves hold, no record asked. */
enum found { ALL_OLD, ALL_NEW, MIXED };

static enum found
look(struct fixture *fx)
{
	if (is_text(fx, "user", TEXT_USER(USER1)) &&
	    is_text(fx, "pass", TEXT_PASS(PASS1)))
		return ALL_OLD;
	if (is_text(fx, "user", TEXT_USER(USER2)) &&
	    is_text(fx, "pass", TEXT_PASS(PASS2)))
		return ALL_NEW;
	return MIXED;
}

static void
judge(struct fixture *fx, const struct kind *k, enum ec ec)
{
	const enum found found = look(fx);

	if (ec == EC_OK)
		assert_int_equal(found, ALL_NEW);
	else if (ec != EC_UNKNOWN)
		assert_int_equal(found, ALL_OLD);
	assert_int_equal(fixture_write(fx, USER2, PASS2), EC_OK);
	assert_int_equal(look(fx), ALL_NEW);
	assert_int_equal(immutable(fx, "user", false), k->immutable);
	assert_int_equal(immutable(fx, "pass", false), k->immutable);
	assert_int_equal(entries(fx->dir), 2); /* no temporary, and no record */
}

static const struct kind kinds[] = {
	{ .in_place = false },
	{ .in_place = true },
	{ .immutable = true },
	{ .in_place = true, .immutable = true },
};

static void
one_call_fails(struct fixture *fx, const struct kind *k)
{
	unsigned forward = 0, back = 0;
	long turn = 0;

	do {
		enum ec ec;

		put_old(fx, k);
		arm(NULL, turn++, EIO, NULL);
		ec = fixture_write(fx, USER2, PASS2);
		fault.armed = false;
		assert_int_not_equal(look(fx), MIXED);
		forward += ec == EC_UNKNOWN && look(fx) == ALL_NEW ? 1 : 0;
		back += ec != EC_OK && look(fx) == ALL_OLD ? 1 : 0;
		judge(fx, k, ec);
	} while (fault.fired);
	assert_true(forward >= 2);
	assert_true(back >= 20);
}

/* Every call from this one on. */
static void
for_ever(struct world *w)
{
	(void)w;
	fault.turn = fault.calls;
}

static void
the_disk_is_gone(struct fixture *fx, const struct kind *k)
{
	bool fired = true;

	for (long turn = 0; fired; turn++) {
		enum ec ec;

		put_old(fx, k);
		arm(NULL, turn, EIO, for_ever);
		ec = fixture_write(fx, USER2, PASS2);
		fault.armed = false;
		fired = fault.fired;
		judge(fx, k, ec);
	}
}

static void
every_kind(void (*how)(struct fixture *fx, const struct kind *k))
{
	for (size_t i = 0; i < COUNT(kinds); i++) {
		struct fixture fx;

		if (kinds[i].immutable && !is_root())
			continue;
		open_two(&fx, &kinds[i]);
		how(&fx, &kinds[i]);
		close_two(&fx);
	}
}

static void
test_one_call_fails(void **state)
{
	(void)state;
	every_kind(one_call_fails);
}

static void
test_the_disk_is_gone(void **state)
{
	(void)state;
	every_kind(the_disk_is_gone);
}

/* No directory can be synced: forward, and not called safe. */
static const char *before = "";

static void
no_sync_behind_rename(struct world *w)
{
	(void)w;
	fault.sys =
	    strcmp(fault.name, "fsync") == 0 && strcmp(before, "renameat2") == 0
	    ? EIO
	    : 0;
	before = fault.name;
	fault.turn = fault.calls;
}

static void
test_no_directory_sync(void **state)
{
	struct fixture fx;

	(void)state;
	open_two(&fx, &kinds[0]);
	put_old(&fx, &kinds[0]);
	arm(NULL, 0, 0, no_sync_behind_rename);
	assert_int_equal(fixture_write(&fx, USER2, PASS2), EC_UNKNOWN);
	fault.armed = false;
	fixture_told(&fx, "power cut");
	assert_int_equal(look(&fx), ALL_NEW);
	judge(&fx, &kinds[0], EC_UNKNOWN);
	close_two(&fx);
}

/* Done, but reported as failed, as a network file system may. */
static struct fixture *lost;

static void
lose_an_answer(struct world *w)
{
	DIR *d;
	const struct dirent *n;

	(void)w;
	fault.turn = fault.calls;
	fault.sys = 0;
	if (lost == NULL || strcmp(fault.name, "renameat2") != 0)
		return;
	d = opendir(lost->dir);
	assert_non_null(d);
	while ((n = readdir(d)) != NULL) {
		char name[100];

		(void)snprintf(name, sizeof(name), "%.99s", n->d_name);
		if (strncmp(name, ".rotate-", 8) == 0 &&
		    is_text(lost, name, TEXT_PASS(PASS2)))
			assert_int_equal(rename(fixture_path(lost, name),
					     fixture_path(lost, "pass")),
			    0);
	}
	assert_int_equal(closedir(d), 0);
	lost = NULL;
	fault.sys = EIO;
}

static void
test_renamed_but_not_told(void **state)
{
	struct fixture fx;

	(void)state;
	open_two(&fx, &kinds[0]);
	put_old(&fx, &kinds[0]);
	lost = &fx;
	arm(NULL, 0, 0, lose_an_answer);
	assert_int_equal(fixture_write(&fx, USER2, PASS2), EC_UNKNOWN);
	fault.armed = false;
	assert_null(lost);
	assert_int_equal(look(&fx), ALL_NEW);
	judge(&fx, &kinds[0], EC_UNKNOWN);
	close_two(&fx);
}

static void
refused(struct fixture *fx)
{
	struct client_plan p;

	assert_int_equal(drv_file.check(&fx->c, &fx->e), EC_OK);
	assert_int_equal(drv_file.plan(&fx->c, &p, &fx->e), EC_CONFIG);
	fixture_told(fx, "are the same file");
	assert_non_null(strstr(fx->e.fix, "username_path"));
	assert_int_equal(fixture_write(fx, USER2, PASS2), EC_CONFIG);
}

/* By a link to the file, and by one to its directory when it is to be made. */
static void
test_one_file_with_two_names(void **state)
{
	struct fixture fx;

	(void)state;
	open_two(&fx, &kinds[0]);
	fixture_put(&fx, "pass", "U=a\nP=b\n");
	assert_int_equal(symlink("pass", fixture_path(&fx, "user")), 0);
	refused(&fx);
	fixture_expect(&fx, "pass", "U=a\nP=b\n");
	assert_int_equal(unlink(fixture_path(&fx, "pass")), 0);
	assert_int_equal(unlink(fixture_path(&fx, "user")), 0);
	assert_int_equal(symlink(".", fixture_path(&fx, "here")), 0);
	set(&fx, "create", "true");
	set(&fx, "username_path", fixture_path(&fx, "here/pass"));
	refused(&fx);
	assert_int_equal(entries(fx.dir), 1);
	set(&fx, "username_path", fixture_path(&fx, "here/user"));
	assert_int_equal(fixture_write(&fx, USER2, PASS2), EC_OK);
	fixture_reads(&fx, USER2, PASS2);
	close_two(&fx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_call_fails),
		cmocka_unit_test(test_the_disk_is_gone),
		cmocka_unit_test(test_no_directory_sync),
		cmocka_unit_test(test_renamed_but_not_told),
		cmocka_unit_test(test_one_file_with_two_names),
	};

	return cmocka_run_group_tests(tests, private_mounts, NULL);
}
