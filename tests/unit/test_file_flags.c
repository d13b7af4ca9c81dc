/*
 * file: the immutable flag is cleared for the moment of a change only, also
 * when that fails; the owner of a new file; nothing is set that is right.
 */
#include "file_fault.h"

#include <linux/capability.h>
#include <linux/fs.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

static bool
is_immutable(const char *path)
{
	AUTO(fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	int flags = 0;

	assert_true(fd >= 0);
	assert_int_equal(ioctl(fd, FS_IOC_GETFLAGS, &flags), 0);
	return (flags & FS_IMMUTABLE_FL) != 0;
}

/* Those of these two that are given; all others stay. */
static void
set_flags(const char *path, int flags)
{
	AUTO(fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	int all = 0;

	assert_int_equal(ioctl(fd, FS_IOC_GETFLAGS, &all), 0);
	all = (all & ~(FS_IMMUTABLE_FL | FS_APPEND_FL)) | flags;
	assert_int_equal(ioctl(fd, FS_IOC_SETFLAGS, &all), 0);
}

/* A file system that knows the flags: the usual one, or a tmpfs since Linux
 * 6.6. */
static void
need_flags(struct world *w)
{
	int flags = 0;
	AUTO(fd) int fd = open(w->path, O_RDONLY | O_CLOEXEC);

	need_root();
	if (ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0)
		return;
	assert_int_equal(
	    mount("none", w->home, "tmpfs", MS_NOSUID, "mode=755"), 0);
	put(w->path, OLD, 0640);
}

static int
flags_end(void **state)
{
	struct world *w = *state;

	AUTO(fd) int fd = open(w->path, O_RDONLY | O_CLOEXEC);
	int flags = 0;

	fault.armed = false;
	if (is_root() && fd >= 0 && ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0)
		set_flags(w->path, 0);
	return fault_end(state);
}

static enum ec
write_it(const char *path, bool in_place, const char *text, struct err *e)
{
	AUTO(pinned) struct file *f = NULL;
	AUTO(buf) struct buf b = BUF(1000);

	bytes(&b, text);
	TRY(file_open(path,
	    FILE_IMMUTABLE | FILE_MAY_BE_ABSENT |
		(in_place ? FILE_IN_PLACE : 0),
	    &f, e));
	if (in_place)
		TRY(file_in_place(f, NULL, e));
	TRY(file_can_replace(f, b.len, e));
	return file_replace(f, &b, 0600, e);
}

static void
test_cleared_and_set_again(void **state)
{
	struct world *w = *state;
	struct err e;

	need_flags(w);
	for (int in_place = 0; in_place < 2; in_place++) {
		set_flags(w->path, FS_IMMUTABLE_FL);
		refuse(w->path, EC_CONFIG, "immutable");
		assert_ec(write_it(w->path, in_place, NEW, &e), EC_OK, &e);
		assert_holds(w->path, NEW);
		assert_true(is_immutable(w->path));
		/* The same once more, and after a crash that left it off. */
		assert_ec(write_it(w->path, in_place, NEW, &e), EC_OK, &e);
		set_flags(w->path, 0);
		assert_ec(write_it(w->path, in_place, NEW, &e), EC_OK, &e);
		assert_true(is_immutable(w->path));
		assert_int_equal(entries(w->home), 1);
		set_flags(w->path, 0);
		put(w->path, OLD, 0640);
	}
	set_flags(w->path, FS_APPEND_FL);
	assert_ec(write_it(w->path, false, NEW, &e), EC_CONFIG, &e);
	assert_non_null(strstr(e.fix, "chattr -a"));
	set_flags(w->path, 0);
	assert_int_equal(unlink(w->path), 0);
	assert_ec(write_it(w->path, true, NEW, &e), EC_OK, &e);
	assert_true(is_immutable(w->path));
}

static void
test_set_again_after_any_failure(void **state)
{
	struct world *w = *state;

	need_flags(w);
	for (int in_place = 0; in_place < 2; in_place++) {
		long turn = 0;

		do {
			struct err e = { .ec = EC_OK };
			enum ec ec;

			set_flags(w->path, 0);
			put(w->path, OLD, 0640);
			set_flags(w->path, FS_IMMUTABLE_FL);
			arm(w, turn++, EIO, NULL);
			ec = write_it(w->path, in_place, NEW, &e);
			fault.armed = false;
			assert_true(is_immutable(w->path) ||
			    strstr(e.what, "immutable") != NULL);
			assert_true(fault.fired || ec == EC_OK);
			assert_ec(
			    write_it(w->path, in_place, NEW, &e), EC_OK, &e);
			assert_true(is_immutable(w->path));
		} while (fault.fired);
	}
}

static void
die(struct world *w)
{
	(void)w;
	(void)kill(getpid(), SIGKILL);
}

/* A child that is killed before call number turn of a write in place; false:
 * it lived to the end. */
static bool
killed(struct world *w, long turn)
{
	const pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		struct err e;

		arm(w, turn, 0, die);
		fault.at_most = 7;
		_exit(write_it(w->path, true, NEW, &e) != EC_OK);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status);
}

/* The flag is set by what undoes the write, and must be cleared once more for
 * the write behind it. */
static void
test_written_after_a_crash(void **state)
{
	struct world *w = *state;
	struct err e;
	unsigned torn = 0;

	need_flags(w);
	for (long turn = 0;; turn++) {
		set_flags(w->path, 0);
		put(w->path, OLD, 0640);
		set_flags(w->path, FS_IMMUTABLE_FL);
		if (!killed(w, turn))
			break;
		torn += is_immutable(w->path) ? 0 : 1;
		assert_ec(write_it(w->path, true, NEW, &e), EC_OK, &e);
		assert_holds(w->path, NEW);
		assert_true(is_immutable(w->path));
		assert_int_equal(entries(w->home), 1);
	}
	assert_true(torn > 5);
}

static void
capability(unsigned cap, bool on)
{
	struct __user_cap_header_struct h = {
		.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0
	};
	struct __user_cap_data_struct d[_LINUX_CAPABILITY_U32S_3];

	assert_int_equal(syscall(SYS_capget, &h, d), 0);
	if (on)
		d[CAP_TO_INDEX(cap)].effective |= CAP_TO_MASK(cap);
	else
		d[CAP_TO_INDEX(cap)].effective &= ~CAP_TO_MASK(cap);
	assert_int_equal(syscall(SYS_capset, &h, d), 0);
}

static void
test_without_the_capability(void **state)
{
	struct world *w = *state;
	AUTO(pinned) struct file *f = NULL;
	struct err e;

	need_flags(w);
	set_flags(w->path, FS_IMMUTABLE_FL);
	assert_ec(file_open(w->path, FILE_IMMUTABLE, &f, &e), EC_OK, &e);
	capability(CAP_LINUX_IMMUTABLE, false);
	assert_ec(file_can_replace(f, 1, &e), EC_DENIED, &e);
	assert_non_null(strstr(e.fix, "CAP_LINUX_IMMUTABLE"));
	assert_ec(replace(f, NEW, &e), EC_DENIED, &e);
	assert_non_null(strstr(e.fix, "CAP_LINUX_IMMUTABLE"));
	capability(CAP_LINUX_IMMUTABLE, true);
	assert_untouched(w);
	assert_true(is_immutable(w->path));
}

/* /proc has no flags. */
static void
test_no_such_flag(void **state)
{
	AUTO(pinned) struct file *f = NULL;
	struct err e;

	(void)state;
	assert_ec(file_open("/proc/self/status", FILE_IMMUTABLE, &f, &e),
	    EC_CONFIG, &e);
	assert_non_null(strstr(e.fix, "file systems that have"));
}

static void
refuse_chown(struct world *w)
{
	(void)w;
	fault.sys = strcmp(fault.name, "fchown") == 0 ? EPERM : 0;
}

/* A unit without @chown: as long as the owner is right nobody asks. */
static void
test_owner_is_not_set_twice(void **state)
{
	struct world *w = *state;
	struct err e;
	long turn = 0;

	do {
		put(w->path, OLD, 0640);
		arm(w, turn++, 0, refuse_chown);
		assert_ec(attempt(w->path, false, &e), EC_OK, &e);
	} while (fault.fired);
	assert_holds(w->path, NEW);
}

static void
test_owner_of_a_new_file(void **state)
{
	struct world *w = *state;
	AUTO(pinned) struct file *f = NULL;
	struct stat st;
	struct err e;

	need_root();
	assert_ec(
	    file_open(at(w, "new"), FILE_MAY_BE_ABSENT, &f, &e), EC_OK, &e);
	file_new_owner(f, USER, USER + 1);
	capability(CAP_CHOWN, false);
	assert_ec(file_can_replace(f, 1, &e), EC_DENIED, &e);
	assert_non_null(strstr(e.what, "give it"));
	assert_ec(replace(f, NEW, &e), EC_DENIED, &e);
	assert_int_equal(entries(w->home), 1);
	capability(CAP_CHOWN, true);
	assert_ec(file_can_replace(f, 1, &e), EC_OK, &e);
	assert_ec(replace(f, NEW, &e), EC_OK, &e);
	assert_int_equal(stat(at(w, "new"), &st), 0);
	assert_int_equal(st.st_uid, USER);
	assert_int_equal(st.st_gid, USER + 1);
	assert_int_equal(st.st_mode & 07777, 0640);
	/* For one that is there it means nothing. */
	file_close(TAKE(f));
	assert_ec(file_open(w->path, 0, &f, &e), EC_OK, &e);
	file_new_owner(f, USER, USER);
	assert_ec(replace(f, NEW, &e), EC_OK, &e);
	assert_int_equal(stat(w->path, &st), 0);
	assert_int_equal(st.st_uid, geteuid());
}

/* Staged, looked at, forgotten; staged and put in place. */
static void
test_staged(void **state)
{
	struct world *w = *state;
	AUTO(pinned) struct file *f = NULL;
	AUTO(buf) struct buf b = BUF(1000);
	struct err e;

	bytes(&b, NEW);
	assert_ec(file_open(w->path, 0, &f, &e), EC_OK, &e);
	assert_ec(file_stage(f, &b, 0600, &e), EC_OK, &e);
	assert_holds(w->path, OLD);
	assert_int_equal(entries(w->home), 2);
	file_close(TAKE(f));
	assert_untouched(w);
	assert_ec(file_open(w->path, 0, &f, &e), EC_OK, &e);
	assert_ec(file_stage(f, &b, 0600, &e), EC_OK, &e);
	assert_ec(file_replace(f, &b, 0600, &e), EC_OK, &e);
	assert_holds(w->path, NEW);
	assert_int_equal(entries(w->home), 1);
	file_close(TAKE(f));
	assert_ec(file_open(w->path, 0, &f, &e), EC_OK, &e);
	bytes(&b, "more");
	assert_ec(file_stage(f, &b, 0600, &e), EC_OK, &e);
	put(w->path, OLD, 0640);
	assert_ec(file_replace(f, &b, 0600, &e), EC_CONFLICT, &e);
	assert_untouched(w);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, world_make, flags_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_cleared_and_set_again),
		TEST(test_set_again_after_any_failure),
		TEST(test_written_after_a_crash),
		TEST(test_without_the_capability),
		TEST(test_no_such_flag),
		TEST(test_owner_is_not_set_twice),
		TEST(test_owner_of_a_new_file),
		TEST(test_staged),
	};

	return cmocka_run_group_tests(tests, private_mounts, NULL);
}
