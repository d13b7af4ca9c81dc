/*
 * file: written in place. The inode stays; every call fails once; the process
 * dies before every call, and the next one finds the old content or the new;
 * what somebody edited meanwhile is not touched.
 */
#include "file_fault.h"

#include <sys/wait.h>

#include <openssl/evp.h>

#define LONGER  NEW "and=more\nand=more\nand=more\n"
#define SHORTER "user=n\n"

static const char *const contents[] = { NEW, LONGER, SHORTER, OLD };

/* The record of conf beside it; "" when there is none. */
static const char *
record(struct world *w)
{
	DIR *d = opendir(w->home);
	const struct dirent *n;
	const char *found = "";

	assert_non_null(d);
	while ((n = readdir(d)) != NULL)
		if (strstr(n->d_name, "-undo") != NULL)
			found = at(w, n->d_name);
	(void)closedir(d);
	return found;
}

static enum ec
open_it(const char *path, const char *dir, struct file **ret, struct err *e)
{
	AUTO(pinned) struct file *f = NULL;

	TRY(file_open(path, FILE_IN_PLACE, &f, e));
	TRY(file_in_place(f, dir, e));
	*ret = TAKE(f);
	return EC_OK;
}

/* From the opening on everything is under fault. */
static enum ec
write_it(const char *path, const char *dir, const char *text, struct err *e)
{
	AUTO(pinned) struct file *f = NULL;
	AUTO(buf) struct buf b = BUF(1000);

	bytes(&b, text);
	TRY(open_it(path, dir, &f, e));
	return file_replace(f, &b, 0600, e);
}

static enum ec
mend_it(const char *path, struct err *e)
{
	AUTO(pinned) struct file *f = NULL;

	TRY(open_it(path, NULL, &f, e));
	return file_mend(f, e);
}

static void
test_inode_is_kept(void **state)
{
	struct world *w = *state;
	struct stat a, b;
	struct err e;

	if (is_root())
		assert_int_equal(chown(w->path, USER, USER), 0);
	assert_int_equal(stat(w->path, &a), 0);
	for (size_t i = 0; i < COUNT(contents); i++) {
		assert_ec(write_it(w->path, NULL, contents[i], &e), EC_OK, &e);
		assert_holds(w->path, contents[i]);
		assert_int_equal(entries(w->home), 1);
		assert_ec(write_it(w->path, NULL, contents[i], &e), EC_OK, &e);
	}
	assert_int_equal(stat(w->path, &b), 0);
	assert_int_equal(a.st_ino, b.st_ino);
	assert_int_equal(a.st_mode, b.st_mode);
	assert_int_equal(a.st_uid, b.st_uid);
}

/* Bind-mounted: refused with the way out, and asks for another directory. */
static void
test_mounted_file(void **state)
{
	struct world *w = *state;
	AUTO(pinned) struct file *f = NULL;
	char keep[PATH_MAX];
	struct err e;

	need_root();
	put(at(w, "other"), OLD, 0600);
	assert_int_equal(mount(w->text, w->path, NULL, MS_BIND, NULL), 0);
	refuse(w->path, EC_CONFIG, "mount point");
	assert_int_equal(file_open(w->path, 0, &f, &e), EC_CONFIG);
	assert_non_null(strstr(e.fix, "in_place: true"));
	assert_ec(write_it(w->path, NULL, NEW, &e), EC_CONFIG, &e);
	assert_non_null(strstr(e.fix, "undo_dir"));
	(void)snprintf(keep, sizeof(keep), "%s", at(w, "keep"));
	assert_ec(write_it(w->path, keep, NEW, &e), EC_GONE, &e);
	assert_int_equal(mkdir(keep, 0700), 0);
	assert_ec(write_it(w->path, keep, NEW, &e), EC_OK, &e);
	assert_int_equal(entries(keep), 0);
	assert_holds(at(w, "other"), NEW);
	assert_int_equal(chmod(keep, 0777), 0);
	assert_ec(write_it(w->path, keep, OLD, &e), EC_CONFIG, &e);
	assert_int_equal(umount(w->path), 0);
	assert_holds(w->path, OLD);
}

static const int errnos[] = { EIO, ENOSPC, EACCES };

/* Old, unless it says that it is new or that nobody knows; one fault alone
 * never makes it unknown. A record only when it says that too. */
static void
judge(struct world *w, enum ec ec, const char *text, const struct err *e)
{
	const bool in_place =
	    ec == EC_UNKNOWN && strstr(e->what, "in place, but") != NULL;
	char got[200] = "";
	AUTO(fd) int fd = (int)syscall(SYS_openat, AT_FDCWD, w->path, O_RDONLY);

	assert_true(syscall(SYS_read, fd, got, sizeof(got) - 1) > 0);
	if (ec != EC_OK && !in_place)
		assert_int_not_equal(ec, EC_UNKNOWN);
	assert_string_equal(got, ec == EC_OK || in_place ? text : OLD);
	if (ec == EC_OK)
		assert_string_equal(record(w), "");
	else
		assert_int_not_equal(e->fix[0], '\0');
}

static void
fail_at(struct world *w, const char *text, int sys, long turn, size_t at_most)
{
	struct err e = { .ec = EC_OK };
	enum ec ec;

	(void)unlink(record(w));
	put(w->path, OLD, 0640);
	arm(w, turn, sys, NULL);
	fault.at_most = at_most;
	ec = write_it(w->path, NULL, text, &e);
	fault.armed = false;
	judge(w, ec, text, &e);
	assert_ec(mend_it(w->path, &e), EC_OK, &e);
	assert_string_equal(record(w), "");
	assert_ec(write_it(w->path, NULL, text, &e), EC_OK, &e);
	assert_holds(w->path, text);
	assert_int_equal(entries(w->home), 1);
}

static void
test_every_call_fails_once(void **state)
{
	struct world *w = *state;
	size_t open_files = entries("/proc/self/fd");

	for (size_t i = 0; i < COUNT(errnos); i++)
		for (size_t k = 0; k < 3; k++) {
			long turn = 0;

			do
				fail_at(w, contents[k], errnos[i], turn,
				    turn % 2 != 0 ? 5 : 0);
			while (turn++, fault.fired);
			assert_in_range(turn, 20, 100);
			assert_int_equal(entries("/proc/self/fd"), open_files);
		}
}

static void
die(struct world *w)
{
	(void)w;
	(void)kill(getpid(), SIGKILL);
}

/* A child that is killed before call number turn of a write with short
 * writes; false: it lived to the end. */
static bool
killed(struct world *w, const char *text, long turn, bool mend)
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		struct err e;

		arm(w, turn, 0, die);
		fault.at_most = 7;
		_exit(mend ? mend_it(w->path, &e) != EC_OK
			   : write_it(w->path, NULL, text, &e) != EC_OK);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
	return WIFSIGNALED(status);
}

/* What plan() would see, and then the file itself once it is mended. */
static bool
old_or_new(struct world *w, const char *text)
{
	AUTO(pinned) struct file *f = NULL;
	struct err e;
	bool torn;

	assert_ec(open_it(w->path, NULL, &f, &e), EC_OK, &e);
	torn = file_torn(f);
	if (torn || strcmp(buf_str(file_content(f)), text) != 0)
		assert_string_equal(buf_str(file_content(f)), OLD);
	assert_ec(file_mend(f, &e), EC_OK, &e);
	assert_string_equal(record(w), "");
	if (torn)
		assert_holds(w->path, OLD);
	return torn;
}

static void
test_killed_before_every_call(void **state)
{
	struct world *w = *state;

	for (size_t k = 0; k < 3; k++) {
		unsigned torn = 0;

		for (long turn = 0;; turn++) {
			struct err e;

			(void)unlink(record(w));
			put(w->path, OLD, 0640);
			if (!killed(w, contents[k], turn, false))
				break;
			torn += old_or_new(w, contents[k]) ? 1 : 0;
			assert_ec(write_it(w->path, NULL, contents[k], &e),
			    EC_OK, &e);
			assert_holds(w->path, contents[k]);
		}
		assert_true(torn > 0);
	}
}

/* Killed before call number first of a write, and the file is torn. */
static bool
torn_at(struct world *w, long first)
{
	AUTO(pinned) struct file *f = NULL;
	struct err e;

	(void)unlink(record(w));
	put(w->path, OLD, 0640);
	assert_true(killed(w, LONGER, first, false));
	assert_ec(open_it(w->path, NULL, &f, &e), EC_OK, &e);
	return file_torn(f);
}

/* And again while that is being mended. */
static void
test_killed_while_mending(void **state)
{
	struct world *w = *state;
	unsigned torn = 0;
	long first = 40;

	while (!torn_at(w, first))
		first++;
	for (long turn = 0; torn_at(w, first); turn++) {
		if (!killed(w, LONGER, turn, true))
			break;
		torn += old_or_new(w, LONGER) ? 1 : 0;
	}
	assert_in_range(torn, 10, 100);
	assert_untouched(w);
}

/* Leaves a file that holds part of each, and a record. */
static void
tear(struct world *w)
{
	long first = 40;

	while (!torn_at(w, first))
		first++;
}

static void
test_edited_after_a_crash(void **state)
{
	struct world *w = *state;
	AUTO(pinned) struct file *f = NULL;
	struct err e;

	tear(w);
	put(w->path, "user=mine\npass=one\n", 0640);
	assert_ec(mend_it(w->path, &e), EC_CONFLICT, &e);
	assert_non_null(strstr(e.fix, record(w)));
	assert_ec(write_it(w->path, NULL, NEW, &e), EC_CONFLICT, &e);
	assert_holds(w->path, "user=mine\npass=one\n");
	assert_int_equal(unlink(record(w)), 0);
	assert_ec(write_it(w->path, NULL, NEW, &e), EC_OK, &e);
	tear(w);
	assert_int_equal(unlink(w->path), 0);
	assert_ec(
	    file_open(w->path, FILE_IN_PLACE | FILE_MAY_BE_ABSENT, &f, &e),
	    EC_OK, &e);
	assert_ec(file_in_place(f, NULL, &e), EC_CONFLICT, &e);
}

/* Grown by a power cut, but the bytes did not make it: zeros. */
static void
test_hole(void **state)
{
	struct world *w = *state;
	struct err e;

	tear(w);
	put(w->path, OLD, 0640);
	assert_int_equal(truncate(w->path, (off_t)strlen(LONGER) - 2), 0);
	assert_ec(mend_it(w->path, &e), EC_OK, &e);
	assert_untouched(w);
	tear(w);
	put(w->path, OLD, 0640);
	assert_int_equal(truncate(w->path, (off_t)strlen(LONGER) + 1), 0);
	assert_ec(mend_it(w->path, &e), EC_CONFLICT, &e);
}

/* A record that a newer version made is not ours to judge, and it is this one
 * client's trouble. */
static void
test_record_of_another_version(void **state)
{
	struct world *w = *state;
	static const char text[] = "rotate-undo 2 something else entirely\n";
	char path[PATH_MAX];
	unsigned char md[EVP_MAX_MD_SIZE];
	struct err e;
	AUTO(file) FILE *f = NULL;

	tear(w);
	(void)snprintf(path, sizeof(path), "%s", record(w));
	assert_int_equal(
	    EVP_Digest(text, strlen(text), md, NULL, EVP_sha256(), NULL), 1);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(text, strlen(text), 1, f), 1);
	assert_int_equal(fwrite(md, 32, 1, f), 1);
	assert_int_equal(fclose(TAKE(f)), 0);
	assert_ec(mend_it(w->path, &e), EC_CONFIG, &e);
	assert_non_null(strstr(e.what, path));
	assert_non_null(strstr(e.fix, "newer"));
}

/* What is no record of ours is not believed. */
static void
test_foreign_record(void **state)
{
	struct world *w = *state;
	char path[PATH_MAX];
	struct err e;

	tear(w);
	(void)snprintf(path, sizeof(path), "%s", record(w));
	assert_int_equal(chmod(path, 0644), 0);
	assert_ec(mend_it(w->path, &e), EC_CONFIG, &e);
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(link(path, at(w, "twin")), 0);
	assert_ec(mend_it(w->path, &e), EC_CONFIG, &e);
	assert_int_equal(unlink(at(w, "twin")), 0);
	if (is_root()) {
		assert_int_equal(chown(path, USER, USER), 0);
		assert_ec(mend_it(w->path, &e), EC_CONFIG, &e);
	}
	/* One that a crash has cut off: the file was not touched then. */
	put(w->path, OLD, 0640);
	assert_int_equal(unlink(path), 0);
	put(path, "rotate-undo 1 10 1", 0600);
	assert_ec(mend_it(w->path, &e), EC_OK, &e);
	assert_untouched(w);
}

/* The writer lives: it holds the lock. */
static void
test_another_process(void **state)
{
	struct world *w = *state;
	AUTO(pinned) struct file *f = NULL;
	AUTO(buf) struct buf b = BUF(1000);
	struct err e;
	int fd;

	assert_ec(open_it(w->path, NULL, &f, &e), EC_OK, &e);
	tear(w);
	fd = open(record(w), O_RDWR | O_CLOEXEC);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_ec(mend_it(w->path, &e), EC_TEMP, &e);
	/* Opened before the record was there. */
	bytes(&b, NEW);
	put(w->path, OLD, 0640);
	assert_ec(file_replace(f, &b, 0600, &e), EC_TEMP, &e);
	assert_int_equal(close(fd), 0);
	assert_ec(mend_it(w->path, &e), EC_OK, &e);
}

static void
edit(struct world *w)
{
	put(w->path, "edited by somebody", 0640);
}

static void
swap_file(struct world *w)
{
	char other[PATH_MAX];

	(void)snprintf(other, sizeof(other), "%s", at(w, "theirs"));
	put(other, "swapped by somebody", 0640);
	assert_int_equal(rename(other, w->path), 0);
}

static void (*const meddlers[])(struct world *) = { edit, swap_file };

/* Our last step may have set its length. */
static bool
theirs(const struct world *w)
{
	char got[200] = "";
	AUTO(fd) int fd = open(w->path, O_RDONLY | O_CLOEXEC);

	assert_true(read(fd, got, sizeof(got) - 1) > 0);
	return strstr(got, "by somebody") != NULL;
}

/* Before any call from the opening (EC_TEMP) to the write: theirs stays. In the
 * write itself nobody can be sure of anything, and we say so. */
static void
test_meddling(void **state)
{
	struct world *w = *state;

	for (size_t i = 0; i < COUNT(meddlers); i++) {
		unsigned conflicts = 0;

		for (long turn = 0;; turn++) {
			struct err e;
			enum ec ec;

			(void)unlink(record(w));
			(void)unlink(w->path);
			put(w->path, OLD, 0640);
			arm(w, turn, 0, meddlers[i]);
			ec = write_it(w->path, NULL, NEW, &e);
			fault.armed = false;
			if (!fault.fired)
				break;
			conflicts += ec == EC_CONFLICT ? 1 : 0;
			assert_true(ec == EC_OK || ec == EC_CONFLICT ||
			    ec == EC_UNKNOWN || ec == EC_TEMP);
			if (ec == EC_CONFLICT)
				assert_string_equal(record(w), "");
			if (ec != EC_OK)
				assert_true(theirs(w));
		}
		assert_true(conflicts > 2);
	}
}

/* No byte of the file is changed before the record is on disk, and it goes
 * after the new bytes are. */
static char calls[8000];

static void
note(struct world *w)
{
	size_t n = strlen(calls);

	(void)w;
	(void)snprintf(calls + n, sizeof(calls) - n, "%s ", fault.name);
}

static void
test_order_on_disk(void **state)
{
	struct world *w = *state;
	const char *s;
	struct err e;
	long turn = 0;

	calls[0] = '\0';
	do {
		put(w->path, OLD, 0640);
		arm(w, turn++, 0, note);
		assert_ec(write_it(w->path, NULL, NEW, &e), EC_OK, &e);
	} while (fault.fired);
	s = strstr(calls, "flock ");
	assert_non_null(s);
	assert_null(strstr(s + 1, "flock "));
	s = strstr(s, "write ");
	s = strstr(s, "fsync ");
	s = strstr(s + 1, "fsync ");
	assert_non_null(s);
	s = strstr(s, "pwrite ftruncate fsync ");
	assert_non_null(s);
	assert_null(strstr(s + strlen("pwrite "), "write "));
	s = strstr(s + strlen("pwrite ftruncate fsync "), "fsync ");
	assert_non_null(s);
	assert_string_equal(s, "fsync ");
}

static void
test_full_and_read_only(void **state)
{
	struct world *w = *state;
	AUTO(pinned) struct file *f = NULL;
	AUTO(buf) struct buf b = BUF(200000);
	struct err e;

	need_root();
	assert_int_equal(
	    mount("none", w->home, "tmpfs", MS_NOSUID, "mode=755,size=128k"),
	    0);
	put(w->path, OLD, 0640);
	for (int i = 0; i < 10000; i++)
		bytes(&b, "password");
	assert_ec(open_it(w->path, NULL, &f, &e), EC_OK, &e);
	assert_ec(file_can_replace(f, 4096, &e), EC_OK, &e);
	assert_ec(file_can_replace(f, b.len, &e), EC_OK, &e);
	assert_ec(file_can_replace(f, 2 * b.len, &e), EC_IO, &e);
	/* The record fits, the file with it does not. */
	assert_ec(file_replace(f, &b, 0600, &e), EC_IO, &e);
	assert_int_equal(e.sys, ENOSPC);
	assert_untouched(w);
	file_close(TAKE(f));
	assert_int_equal(
	    mount("none", w->home, NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
	assert_ec(open_it(w->path, NULL, &f, &e), EC_OK, &e);
	assert_ec(file_can_replace(f, 1, &e), EC_DENIED, &e);
	assert_ec(replace(f, NEW, &e), EC_DENIED, &e);
	assert_int_equal(e.sys, EROFS);
	assert_untouched(w);
}

/* A file that is overwritten needs no inode where it lies, only its record
 * does. */
static void
test_no_inodes(void **state)
{
	struct world *w = *state;
	AUTO(pinned) struct file *f = NULL;
	AUTO(buf) struct buf b = BUF(1000);
	char keep[PATH_MAX];
	struct err e;

	need_root();
	(void)snprintf(keep, sizeof(keep), "%s", at(w, "keep"));
	assert_int_equal(mkdir(keep, 0700), 0);
	assert_int_equal(mkdir(at(w, "full"), 0755), 0);
	assert_int_equal(mount("none", at(w, "full"), "tmpfs", MS_NOSUID,
			     "mode=755,nr_inodes=2"),
	    0);
	put(at(w, "full/conf"), OLD, 0640);
	bytes(&b, LONGER);
	assert_ec(open_it(at(w, "full/conf"), NULL, &f, &e), EC_OK, &e);
	assert_ec(file_can_replace(f, b.len, &e), EC_IO, &e);
	file_close(TAKE(f));
	assert_ec(open_it(at(w, "full/conf"), keep, &f, &e), EC_OK, &e);
	assert_ec(file_can_replace(f, b.len, &e), EC_OK, &e);
	assert_ec(file_replace(f, &b, 0600, &e), EC_OK, &e);
	assert_holds(at(w, "full/conf"), LONGER);
	assert_int_equal(umount2(at(w, "full"), MNT_DETACH), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, world_make, fault_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_inode_is_kept),
		TEST(test_mounted_file),
		TEST(test_every_call_fails_once),
		TEST(test_killed_before_every_call),
		TEST(test_killed_while_mending),
		TEST(test_edited_after_a_crash),
		TEST(test_hole),
		TEST(test_record_of_another_version),
		TEST(test_foreign_record),
		TEST(test_another_process),
		TEST(test_meddling),
		TEST(test_order_on_disk),
		TEST(test_full_and_read_only),
		TEST(test_no_inodes),
	};

	return cmocka_run_group_tests(tests, private_mounts, NULL);
}
