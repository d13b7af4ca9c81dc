/*
 * A write in place, and what each of its steps is for (tests/mutants): calls
 * that fail for ever, disks that lie, and people who come between two of them.
 */
#include "calls.h"

#include "file_world.h"

#include <sys/file.h>
#include <sys/statvfs.h>

#include "base/file_p.h"

#define AS_LONG "user=xxx\npass=yyy\n" /* as OLD */
#define SHORT   "u=1\n"

static void (*around_open)(bool before); /* of the one for writing */

int
openat(int dir, const char *path, int flags, ...)
{
	const bool hook =
	    around_open != NULL && (flags & O_ACCMODE) == O_WRONLY;
	va_list ap;
	mode_t mode;
	int fd;

	va_start(ap, flags);
	mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	if (call_fails("openat"))
		return -1;
	if (hook)
		around_open(true);
	fd = NEXT(openat)(dir, path, flags, mode);
	if (hook)
		around_open(false);
	return fd;
}

/* rc 1: it writes nothing, and that is no failure. */
STAND_IN(ssize_t, pwrite, (int fd, const void *p, size_t n, off_t at),
    (fd, p, n, at), armed.rc != 0 ? 0 : -1)
STAND_IN(int, ftruncate, (int fd, off_t n), (fd, n), -1)
int
open(const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	return call_fails("open") ? -1 : NEXT(open)(path, flags, mode);
}

STAND_IN(int, fstat, (int fd, struct stat *st), (fd, st), -1)
STAND_IN(ssize_t, readlinkat, (int d, const char *p, char *to, size_t n),
    (d, p, to, n), -1)

static int fsyncs;

int
fsync(int fd)
{
	fsyncs++;
	return call_fails("fsync") ? -1 : NEXT(fsync)(fd);
}

STAND_IN(
    int, fallocate, (int fd, int how, off_t a, off_t n), (fd, how, a, n), -1)
STAND_IN(off_t, lseek, (int fd, off_t a, int how), (fd, a, how), -1)
STAND_IN(int, unlinkat, (int d, const char *p, int f), (d, p, f), -1)
STAND_IN(int, faccessat, (int d, const char *p, int m, int f), (d, p, m, f), -1)
STAND_IN(int, fstatvfs, (int fd, struct statvfs *v), (fd, v), -1)

static struct world *here; /* of this test, for meddlers */

static void
open_it(struct world *w, struct file **ret)
{
	struct err e;

	here = w;
	assert_ec(
	    file_open(w->path, FILE_IN_PLACE | FILE_MAY_BE_ABSENT, ret, &e),
	    EC_OK, &e);
	assert_ec(file_in_place(*ret, NULL, &e), EC_OK, &e);
}

static enum ec
put_text(struct file *f, const char *text, struct err *e)
{
	AUTO(buf) struct buf b = BUF(1000);

	bytes(&b, text);
	return file_replace(f, &b, 0600, e);
}

static enum ec
write_it(struct world *w, const char *text, struct err *e)
{
	AUTO(pinned) struct file *f = NULL;

	open_it(w, &f);
	return put_text(f, text, e);
}

static void
assert_says(const struct err *e, const char *text)
{
	if (strstr(e->what, text) == NULL)
		print_error("%s\n", e->what);
	assert_non_null(strstr(e->what, text));
}

/* One call fails once: it says which, and the old content is there. */
static void
fails_once(struct world *w, const char *call, long turn, const char *says)
{
	struct err e;
	enum ec ec;

	put(w->path, OLD, 0640);
	call_arm(call, turn, EIO, 0);
	ec = write_it(w, NEW, &e);
	assert_true(call_disarm());
	assert_ec(ec, EC_IO, &e);
	assert_says(&e, says);
	assert_says(&e, strerror(EIO));
	assert_untouched(w);
}

static void
test_each_step(void **state)
{
	struct world *w = *state;

	fails_once(w, "pwrite", 0, "write the new content");
	fails_once(w, "ftruncate", 0, "set its length");
	/* after those of the record and of its directory */
	fails_once(w, "fsync", 2, "sync the new content");
	fails_once(w, "fallocate", 0, "find room in it");
}

static void
test_open_for_writing(void **state)
{
	struct world *w = *state;
	bool met = true, seen = false;
	struct err e;

	here = w;
	for (long turn = 0; met; turn++) {
		AUTO(pinned) struct file *f = NULL;
		enum ec ec;

		put(w->path, OLD, 0640);
		open_it(w, &f);
		call_arm("openat", turn, EIO, 0);
		ec = put_text(f, NEW, &e);
		met = call_disarm();
		if (ec == EC_OK)
			continue;
		assert_says(&e, strerror(EIO)); /* not what came of it */
		seen |= strstr(e.what, "open for writing") != NULL;
	}
	assert_true(seen);
}

/* Each call on the way to a file, through a link: why it failed is said. */
static void
test_on_the_way(void **state)
{
	static const char *const calls[] = { "open", "openat", "fstat",
		"readlinkat" };
	struct world *w = *state;
	char link[PATH_MAX];

	(void)snprintf(link, sizeof(link), "%s", at(w, "link"));
	assert_int_equal(symlink(w->path, link), 0);
	for (size_t i = 0; i < COUNT(calls); i++) {
		bool met = true;

		for (long turn = 0; met; turn++) {
			AUTO(pinned) struct file *f = NULL;
			struct err e;
			enum ec ec;

			call_arm(calls[i], turn, EIO, 0);
			ec = file_open(link, 0, &f, &e);
			met = call_disarm();
			assert_int_equal(ec, met ? EC_IO : EC_OK);
			if (met)
				assert_says(&e, strerror(EIO));
		}
	}
}

/* A signal is no failure. */
static void
test_interrupted(void **state)
{
	struct world *w = *state;
	struct err e;
	enum ec ec;

	call_arm("pwrite", 0, EINTR, 0);
	ec = write_it(w, NEW, &e);
	assert_true(call_disarm());
	assert_ec(ec, EC_OK, &e);
	assert_holds(w->path, NEW);
}

static void
test_nothing_written(void **state)
{
	struct world *w = *state;
	struct err e;
	enum ec ec;

	call_arm("pwrite", 0, EIO, 1);
	ec = write_it(w, NEW, &e);
	assert_true(call_disarm());
	assert_ec(ec, EC_OK, &e);
	assert_holds(w->path, NEW);
}

/* Neither the new content nor the old can be written: nobody knows, and the
 * record stays until it is put right. */
static void
test_half(void **state)
{
	struct world *w = *state;
	struct err e;
	enum ec ec;

	call_arm("pwrite", 0, EIO, 0);
	armed.for_ever = true;
	ec = write_it(w, NEW, &e);
	assert_true(call_disarm());
	assert_ec(ec, EC_UNKNOWN, &e);
	assert_says(&e, "neither the new content nor the old");
	assert_int_equal(entries(w->home), 2);
	assert_non_null(strstr(e.fix, "-undo holds what was there"));
	assert_ec(write_it(w, NEW, &e), EC_OK, &e);
	assert_holds(w->path, NEW);
	assert_int_equal(entries(w->home), 1);
}

/* A disk that is full says so before a byte is changed; one that cannot be
 * asked is not full. */
static void
test_room(void **state)
{
	static const struct {
		int sys;
		const char *text;
		bool ok;
	} rows[] = {
		{ ENOSPC, NEW, false },
		{ EDQUOT, NEW, false },
		{ EFBIG, NEW, false },
		{ EIO, NEW, false },
		{ EOPNOTSUPP, NEW, true },
		{ ENOSYS, NEW, true },
		{ ENOSPC, AS_LONG, true }, /* needs no room, and does not ask */
		{ ENOSPC, SHORT, true },
	};
	struct world *w = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct err e;
		enum ec ec;

		put(w->path, OLD, 0640);
		call_arm("fallocate", 0, rows[i].sys, 0);
		ec = write_it(w, rows[i].text, &e);
		(void)call_disarm();
		assert_int_equal(ec == EC_OK, rows[i].ok);
		assert_holds(w->path, rows[i].ok ? rows[i].text : OLD);
		assert_int_equal(entries(w->home), 1);
		if (!rows[i].ok)
			assert_says(&e, "find room in it");
	}
}

static void
edit(void)
{
	put(here->path, AS_LONG, 0640);
}

/* Somebody else writes at the same moment: it is not said to be ours. */
static void
test_read_back(void **state)
{
	struct world *w = *state;
	struct err e;
	enum ec ec;

	here = w;
	call_arm("fsync", 2, 0, 0);
	armed.meddle = edit;
	ec = write_it(w, NEW, &e);
	assert_true(call_disarm());
	assert_ec(ec, EC_UNKNOWN, &e);
	assert_says(&e, "somebody else wrote to it at the same moment");
	assert_int_equal(entries(w->home), 2);
	assert_holds(w->path, AS_LONG);
}

static void
edit_and_pass(void)
{
	edit();
	armed.sys = 0;
}

static void
fail_then_edit(void)
{
	armed.turn = armed.count;
	armed.meddle = edit_and_pass;
}

/* The same while the old content is put back. */
static void
test_read_back_old(void **state)
{
	struct world *w = *state;
	struct err e;
	enum ec ec;

	here = w;
	call_arm("fsync", 2, EIO, 0);
	armed.meddle = fail_then_edit;
	ec = write_it(w, NEW, &e);
	assert_true(call_disarm());
	assert_ec(ec, EC_UNKNOWN, &e);
	assert_int_equal(entries(w->home), 2);
}

/* Edited while room was looked for: theirs stays. */
static void
test_edited_meanwhile(void **state)
{
	struct world *w = *state;
	struct err e;
	enum ec ec;

	here = w;
	call_arm("fallocate", 0, 0, 0);
	armed.meddle = edit;
	ec = write_it(w, NEW, &e);
	assert_true(call_disarm());
	assert_ec(ec, EC_CONFLICT, &e);
	assert_holds(w->path, AS_LONG);
	assert_int_equal(entries(w->home), 1);
}

/* Touched since it was read, before anything of ours: that is a change. */
static void
test_touched(void **state)
{
	static const char *const texts[] = { NEW, OLD };
	const struct timespec t[2] = { { .tv_sec = 1 }, { .tv_sec = 2 } };
	struct world *w = *state;

	for (size_t i = 0; i < COUNT(texts); i++) {
		AUTO(pinned) struct file *f = NULL;
		struct err e;

		put(w->path, OLD, 0640);
		open_it(w, &f);
		assert_int_equal(utimensat(AT_FDCWD, w->path, t, 0), 0);
		assert_ec(put_text(f, texts[i], &e), EC_CONFLICT, &e);
		assert_untouched(w);
	}
}

static void
swap_for_a_moment(bool before)
{
	char conf[PATH_MAX], victim[PATH_MAX], other[PATH_MAX];

	(void)snprintf(conf, sizeof(conf), "%s", here->path);
	(void)snprintf(victim, sizeof(victim), "%s", at(here, "victim"));
	(void)snprintf(other, sizeof(other), "%s", at(here, "aside"));
	assert_int_equal(rename(conf, before ? other : victim), 0);
	assert_int_equal(rename(before ? victim : other, conf), 0);
}

/* Another file stands there for the moment in which it is opened for writing:
 * it is not written to. */
static void
test_swapped_for_a_moment(void **state)
{
	struct world *w = *state;
	struct err e;
	enum ec ec;

	put(at(w, "victim"), AS_LONG, 0640);
	here = w;
	around_open = swap_for_a_moment;
	ec = write_it(w, NEW, &e);
	around_open = NULL;
	assert_ec(ec, EC_CONFLICT, &e);
	assert_says(&e, "was replaced since");
	assert_holds(at(w, "victim"), AS_LONG);
	assert_holds(w->path, OLD);
	assert_int_equal(entries(w->home), 2);
}

/* The same content: nothing is written, but it is made sure that it stays. */
static void
test_same_again(void **state)
{
	struct world *w = *state;
	struct err e;
	enum ec ec;

	call_arm("pwrite", 0, EIO, 0);
	ec = write_it(w, OLD, &e);
	assert_false(call_disarm());
	assert_ec(ec, EC_OK, &e);
	call_arm("fsync", 0, EIO, 0);
	ec = write_it(w, OLD, &e);
	assert_true(call_disarm());
	assert_ec(ec, EC_UNKNOWN, &e);
	assert_says(&e, "a power cut may undo it");
}

static void
close_stdin(void)
{
	(void)close(0);
}

/* ---- with a record ----------------------------------------------------- */

/* One that says: OLD was here, or NEW is; and the file holds that. */
static void
leave_record(struct world *w, const char *call)
{
	struct err e;

	put(w->path, OLD, 0640);
	call_arm(call, 0, EIO, 0);
	armed.for_ever = true;
	assert_ec(write_it(w, NEW, &e), EC_UNKNOWN, &e);
	assert_true(call_disarm());
	assert_int_equal(entries(w->home), 2);
}

/* It ends when its content is on disk, and not before. */
static void
test_mend_fails(void **state)
{
	static const struct {
		const char *call;
		const char *says;
	} rows[] = { { "fsync", "cannot sync:" },
		{ "lseek", "read it again" } };
	struct world *w = *state;
	struct err e;

	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(pinned) struct file *f = NULL;
		AUTO(pinned) struct file *again = NULL;
		enum ec ec;

		leave_record(w, "pwrite");
		open_it(w, &f);
		assert_false(file_torn(f));
		assert_true(file_unfinished(f));
		call_arm(rows[i].call, 0, EIO, 0);
		ec = file_mend(f, &e);
		assert_true(call_disarm());
		assert_ec(ec, EC_IO, &e);
		assert_says(&e, rows[i].says);
		assert_int_equal(entries(w->home), 2);
		file_close(TAKE(f));
		open_it(w, &again);
		assert_ec(file_mend(again, &e), EC_OK, &e);
		assert_untouched(w);
	}
}

/* Edited after it was looked at: the record stays, and so does the edit; also
 * when the file has descriptor 0. */
static void
test_mend_edited(void **state)
{
	struct world *w = *state;
	bool met = true;

	for (long turn = -1; met || turn == 0; turn++) {
		AUTO(pinned) struct file *f = NULL;
		struct err e;

		leave_record(w, "pwrite");
		call_arm("openat", turn, 0, 0);
		armed.meddle = close_stdin;
		open_it(w, &f);
		met = call_disarm();
		put(w->path, "edited by somebody", 0640);
		assert_ec(file_mend(f, &e), EC_CONFLICT, &e);
		assert_holds(w->path, "edited by somebody");
		assert_int_equal(entries(w->home), 2);
		assert_int_equal(unlink(buf_str(&f->undo.at.path)), 0);
		file_close(TAKE(f));
		if (met)
			assert_int_equal(open("/dev/null", O_RDONLY), 0);
	}
}

/* It was written to its end: then that is what counts. */
static void
test_finished(void **state)
{
	AUTO(pinned) struct file *f = NULL;
	struct world *w = *state;
	struct err e;

	leave_record(w, "unlinkat");
	assert_holds(w->path, NEW);
	open_it(w, &f);
	assert_true(file_unfinished(f));
	assert_false(file_torn(f));
	assert_ec(file_mend(f, &e), EC_OK, &e);
	assert_holds(w->path, NEW);
	assert_int_equal(entries(w->home), 1);
}

/* The file is gone, and was empty before: gone is not empty. */
static void
test_gone(void **state)
{
	AUTO(pinned) struct file *f = NULL;
	struct world *w = *state;
	struct err e;

	put(w->path, "", 0640);
	call_arm("pwrite", 0, EIO, 0);
	armed.for_ever = true;
	assert_ec(write_it(w, NEW, &e), EC_IO, &e);
	(void)call_disarm();
	call_arm("unlinkat", 0, EIO, 0);
	armed.for_ever = true;
	assert_ec(write_it(w, NEW, &e), EC_UNKNOWN, &e);
	(void)call_disarm();
	assert_int_equal(unlink(w->path), 0);
	assert_ec(
	    file_open(w->path, FILE_IN_PLACE | FILE_MAY_BE_ABSENT, &f, &e),
	    EC_OK, &e);
	assert_ec(file_in_place(f, NULL, &e), EC_CONFLICT, &e);
	assert_says(&e, "somebody has edited it");
}

/* A record that was not finished says nothing, also of a file that is not
 * there, and goes. */
static void
test_unfinished_record(void **state)
{
	AUTO(pinned) struct file *f = NULL;
	AUTO(pinned) struct file *gone = NULL;
	char path[PATH_MAX];
	struct world *w = *state;
	struct err e;

	open_it(w, &f);
	(void)snprintf(path, sizeof(path), "%s", buf_str(&f->undo.at.path));
	put(path, "rotate-undo 1 ", 0600);
	assert_int_equal(unlink(w->path), 0);
	open_it(w, &gone);
	assert_true(file_unfinished(gone));
	assert_ec(file_mend(gone, &e), EC_OK, &e);
	assert_int_equal(entries(w->home), 0);
	put(w->path, OLD, 0640);
}

/* Whatever has descriptor 0: the file, its record, a directory. */
static void
test_number_zero(void **state)
{
	struct world *w = *state;
	bool met = true;
	int want = 0;

	for (long turn = -1; met || turn == 0; turn++) {
		AUTO(pinned) struct file *f = NULL;
		struct err e;
		enum ec ec;

		leave_record(w, "pwrite");
		call_arm("openat", turn, 0, 0);
		armed.meddle = close_stdin;
		open_it(w, &f);
		assert_false(file_torn(f));
		assert_true(file_unfinished(f));
		fsyncs = 0;
		ec = file_mend(f, &e);
		met = call_disarm();
		assert_ec(ec, EC_OK, &e);
		want = turn < 0 ? fsyncs : want;
		assert_int_equal(fsyncs, want);
		assert_untouched(w);
		file_close(TAKE(f));
		if (met)
			assert_int_equal(open("/dev/null", O_RDONLY), 0);
	}
	assert_int_equal(want, 2); /* the file, the directory of the record */
}

/* The same of a mount, which needs another place for its record. */
static void
test_mount_zero(void **state)
{
	struct world *w = *state;
	bool met = true;

	need_root();
	assert_int_equal(mount(w->path, w->path, NULL, MS_BIND, NULL), 0);
	for (long turn = 0; met; turn++) {
		AUTO(pinned) struct file *f = NULL;
		struct err e;

		call_arm("openat", turn, 0, 0);
		armed.meddle = close_stdin;
		assert_ec(file_open(w->path, FILE_IN_PLACE, &f, &e), EC_OK, &e);
		assert_ec(file_in_place(f, NULL, &e), EC_CONFIG, &e);
		met = call_disarm();
		file_close(TAKE(f));
		if (met)
			assert_int_equal(open("/dev/null", O_RDONLY), 0);
	}
	assert_int_equal(umount2(w->path, MNT_DETACH), 0);
}

/* ---- asked before ------------------------------------------------------ */

static void
test_can(void **state)
{
	static const struct {
		const char *call;
		long turn;
		const char *says, *of;
	} rows[] = {
		{ "faccessat", 0, "write to its directory", "-undo" },
		{ "fstatvfs", 0, "ask for free space", "-undo" },
		{ "fstatvfs", 1, "ask for free inodes", "-undo" },
		{ "faccessat", 1, "write to it", "/conf" },
		{ "fstatvfs", 2, "ask for free space", "/conf" },
	};
	AUTO(pinned) struct file *f = NULL;
	struct world *w = *state;
	struct err e;

	open_it(w, &f);
	for (size_t i = 0; i < COUNT(rows); i++) {
		enum ec ec;

		call_arm(rows[i].call, rows[i].turn, EIO, 0);
		ec = file_can_replace(f, 1000, &e);
		assert_true(call_disarm());
		assert_ec(ec, EC_IO, &e);
		assert_says(&e, rows[i].says);
		assert_says(&e, rows[i].of);
	}
	/* no more bytes than now: there is no need to ask */
	call_arm("fstatvfs", 2, EIO, 0);
	assert_ec(file_can_replace(f, strlen(OLD), &e), EC_OK, &e);
	assert_false(call_disarm());
	assert_ec(file_can_replace(f, 1000, &e), EC_OK, &e);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, world_make, world_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_each_step),
		TEST(test_open_for_writing),
		TEST(test_on_the_way),
		TEST(test_interrupted),
		TEST(test_nothing_written),
		TEST(test_half),
		TEST(test_room),
		TEST(test_read_back),
		TEST(test_read_back_old),
		TEST(test_edited_meanwhile),
		TEST(test_touched),
		TEST(test_swapped_for_a_moment),
		TEST(test_same_again),
		TEST(test_mend_fails),
		TEST(test_mend_edited),
		TEST(test_finished),
		TEST(test_gone),
		TEST(test_unfinished_record),
		TEST(test_number_zero),
		TEST(test_mount_zero),
		TEST(test_can),
	};

	return cmocka_run_group_tests(tests, private_mounts, NULL);
}
