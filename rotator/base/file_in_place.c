/*
 * file_in_place: the same inode with new bytes, where a rename is no good: a
 * single file that is mounted somewhere, or that a container has mounted, is
 * an inode and not a name.
 *
 *   record of both contents, durable - is everything as it was read? - room -
 *   one write - fsync - read back - record removed
 *
 * A crash at any point leaves the old content, the new one, or a mixture with
 * its record beside; file_mend() makes that the old one again. What no
 * program can give here is the instant: a reader that comes in the midst of
 * the write may see a part of each, which is why it is done only when asked.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/file_p.h"

static bool
same(const struct buf *a, const struct buf *b)
{
	return a->len == b->len && memcmp(buf_str(a), buf_str(b), a->len) == 0;
}

/* What does the record that was found make of the content? */
static enum ec
judge(struct file *f, struct err *e)
{
	const struct undo *u = &f->undo;

	f->torn = false;
	if (!u->whole)
		return EC_OK;
	if (f->at.node >= 0 && undo_explains(u, &f->content)) {
		f->torn =
		    !same(&f->content, &u->was) && !same(&f->content, &u->new);
		return EC_OK;
	}
	(void)fail(e, EC_CONFLICT,
	    "%s: a write in place was cut off, and somebody has edited it "
	    "since",
	    buf_str(&f->at.path));
	return fix(e,
	    "see that the file is as it should be, then remove the record %s",
	    buf_str(&u->at.path));
}

enum ec
file_in_place(struct file *f, const char *undo_dir, struct err *e)
{
	if (undo_dir == NULL && f->at.node >= 0 && place_is_mount(&f->at)) {
		(void)fail(e, EC_CONFIG,
		    "%s: its directory is on another mount and may go before "
		    "the file does",
		    buf_str(&f->at.path));
		return fix(e,
		    "undo_dir: a directory of root's that lasts, such as "
		    "/var/lib/ses-smtp-rotator");
	}
	f->in_place = true;
	TRY(undo_find(&f->undo, f, undo_dir, e));
	return judge(f, e);
}

bool
file_torn(const struct file *f)
{
	return f->torn;
}

bool
file_unfinished(const struct file *f)
{
	return f->undo.fd >= 0;
}

/* A new look at a file that we know has changed. */
static enum ec
reread(struct file *f, struct err *e)
{
	const char *path = buf_str(&f->at.path);

	if (f->at.node < 0)
		return EC_OK;
	buf_cut(&f->content, 0);
	if (lseek(f->fd, 0, SEEK_SET) != 0 || fstat(f->fd, &f->at.st) != 0)
		return file_fail(e, path, "read it again");
	return file_slurp(f->fd, path, &f->content, e);
}

static enum ec
open_to_write(const struct file *f, int *ret, struct err *e)
{
	AUTO(as_owner) struct as_owner as = AS_OURSELVES;
	struct stat st;

	as_owner(f, S_IWUSR, &as);
	*ret = openat(f->dir, place_name(&f->at),
	    O_WRONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (*ret < 0 || fstat(*ret, &st) != 0)
		return file_fail(e, buf_str(&f->at.path), "open for writing");
	if (st.st_dev == f->at.st.st_dev && st.st_ino == f->at.st.st_ino)
		return EC_OK;
	return pin_changed(f, "was replaced", e);
}

/* One write if the kernel takes it whole: nobody sees less of a mixture. */
static enum ec
put(const struct file *f, int fd, const struct buf *b, struct err *e)
{
	const char *path = buf_str(&f->at.path);
	ssize_t n;

	for (size_t done = 0; done < b->len; done += (size_t)n) {
		n = pwrite(fd, b->p + done, b->len - done, (off_t)done);
		if (n < 0 && errno != EINTR)
			return file_fail(e, path, "write the new content");
		if (n < 0)
			n = 0;
	}
	if (ftruncate(fd, (off_t)b->len) != 0)
		return file_fail(e, path, "set its length");
	if (fsync(fd) != 0)
		return file_fail(e, path, "sync the new content");
	return EC_OK;
}

/* A disk that is full should say so before a byte is changed. Not every file
 * system can be asked (fallocate(2)); some move the times all the same. */
static enum ec
reserve(struct file *f, int fd, size_t n, struct err *e)
{
	if (n <= f->content.len)
		return EC_OK;
	if (fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, (off_t)n) != 0 &&
	    (errno == ENOSPC || errno == EDQUOT || errno == EFBIG ||
		errno == EIO))
		return file_fail(e, buf_str(&f->at.path), "find room in it");
	return pin_touched(f, e);
}

/* The write failed, or somebody else wrote at the same moment. */
static enum ec
step_back(const struct file *f, int fd, enum ec ec, bool *half, struct err *e)
{
	const char *path = buf_str(&f->at.path);
	struct err ignored;

	if (ec != EC_CONFLICT && put(f, fd, &f->content, &ignored) == EC_OK &&
	    pin_holds(f, &f->content, &ignored) == EC_OK)
		return ec;
	*half = true;
	(void)fail(e, EC_UNKNOWN, "%s: %s", path,
	    ec == EC_CONFLICT
		? "somebody else wrote to it at the same moment"
		: "neither the new content nor the old could be written");
	return fix(e,
	    "look at the disk (dmesg), then run again; %s holds what "
	    "was there",
	    buf_str(&f->undo.at.path));
}

static enum ec
change(
    struct file *f, int fd, const struct buf *bytes, bool *half, struct err *e)
{
	enum ec ec;

	TRY(pin_unchanged(f, e));
	TRY(reserve(f, fd, bytes->len, e));
	TRY(pin_unchanged(f, e));
	ec = put(f, fd, bytes, e);
	if (ec == EC_OK)
		ec = pin_holds(f, bytes, e);
	return ec == EC_OK ? EC_OK : step_back(f, fd, ec, half, e);
}

/* With a record in place: from the bytes that are there to these. half: the
 * record is still needed. */
static enum ec
rewrite(struct file *f, const struct buf *bytes, bool *half, struct err *e)
{
	AUTO(fd) int fd = -1;
	enum ec ec = flags_unlock(f, e);

	if (ec == EC_OK)
		ec = open_to_write(f, &fd, e);
	if (ec == EC_OK)
		ec = change(f, fd, bytes, half, e);
	return flags_lock(f, f->fd, ec, e);
}

enum ec
file_mend(struct file *f, struct err *e)
{
	bool half = false;

	if (f->undo.fd < 0)
		return EC_OK;
	TRY(undo_take(&f->undo, e));
	TRY(reread(f, e));
	TRY(judge(f, e));
	if (f->torn) {
		TRY(rewrite(f, &f->undo.was, &half, e));
		f->was_immutable = f->immutable; /* that has set it again */
	} else if (f->fd >= 0 && fsync(f->fd) != 0)
		return file_fail(e, buf_str(&f->at.path), "sync");
	TRY(reread(f, e));
	f->torn = false;
	return undo_drop(&f->undo, e);
}

/* It is there already; make sure that it stays. */
static enum ec
confirm(const struct file *f, struct err *e)
{
	TRY(pin_unchanged(f, e));
	if (fsync(f->fd) != 0) {
		(void)file_fail(e, buf_str(&f->at.path), "sync");
		return file_fail_late(e, "a power cut may undo it");
	}
	return f->was_immutable ? EC_OK : flags_lock(f, f->fd, EC_OK, e);
}

enum ec
in_place_write(struct file *f, const struct buf *bytes, struct err *e)
{
	bool half = false;
	struct err mine;
	enum ec ec;

	TRY(file_mend(f, e));
	if (file_is_same(f, bytes))
		return confirm(f, e);
	TRY(undo_make(&f->undo, &f->content, bytes, e));
	ec = rewrite(f, bytes, &half, e);
	if (half)
		return ec;
	/* A record that stays is found, and found to be of no use. */
	if (undo_drop(&f->undo, &mine) == EC_OK || ec != EC_OK)
		return ec;
	*e = mine;
	return file_fail_late(e, "its record is still there");
}

enum ec
in_place_can(const struct file *f, size_t n, struct err *e)
{
	const char *path = buf_str(&f->at.path);
	const char *record = buf_str(&f->undo.at.path);
	const size_t old = f->content.len;
	const int flags = AT_EACCESS | AT_SYMLINK_NOFOLLOW;

	if (faccessat(f->undo.at.dir, ".", W_OK | X_OK, AT_EACCESS) != 0)
		return file_fail(e, record, "write to its directory");
	TRY(file_has_room(f->undo.at.dir, record, old + n, e));
	TRY(file_has_inode(f->undo.at.dir, record, e));
	/* access(2) takes the flag into account, which will be cleared. */
	if (!f->was_immutable &&
	    faccessat(f->dir, place_name(&f->at), W_OK, flags) != 0)
		return file_fail(e, path, "write to it");
	return n > old ? file_has_room(f->fd, path, n - old, e) : EC_OK;
}
