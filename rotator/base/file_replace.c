/*
 * file_replace: the only way a client's file changes.
 *
 *   temporary (0600, ours) - content - owner, ACL, attributes, mode - fsync
 *   - is everything as it was read? - rename - fsync of the directory
 *
 * Until the rename every failure, and every crash, leaves the original as it
 * was; from the rename on every reader sees all of the new bytes. While the
 * content is incomplete nobody but us can open it, and it is never readable
 * to anybody who could not read the original.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/file_p.h"

enum ec
file_write_all(int fd, const struct buf *b, const char *path, struct err *e)
{
	ssize_t n;

	for (size_t done = 0; done < b->len; done += (size_t)n) {
		n = write(fd, b->p + done, b->len - done);
		if (n < 0 && errno != EINTR)
			return file_fail(e, path, "write the new content");
		if (n < 0)
			n = 0;
	}
	return EC_OK;
}

/* Also for what is there already: an earlier run may have failed in here. */
static enum ec
settle(const struct file *f, struct err *e)
{
	/* EINVAL: a file system without such a thing, fsync(2). */
	if (fsync(f->dir) == 0 || errno == EINVAL)
		return EC_OK;
	(void)file_fail(e, buf_str(&f->at.path), "sync its directory");
	return file_fail_late(e, "a power cut may undo it");
}

/* A new file must not overwrite one that appeared a moment ago. */
static enum ec
rename_staged(struct file *f, struct err *e)
{
	AUTO(as_owner) struct as_owner as = AS_OURSELVES;
	const char *path = buf_str(&f->at.path);
	unsigned flags = f->at.node < 0 ? (unsigned)RENAME_NOREPLACE : 0;

	as_owner(f, 0, &as);
	if (renameat2(f->dir, f->staged.name, f->dir, place_name(&f->at),
		flags) == 0) {
		f->staged.name[0] = '\0';
		return EC_OK;
	}
	if (errno == EEXIST)
		return pin_changed(f, "was created", e);
	if (errno == ENOENT)
		return pin_changed(f, "its directory was removed", e);
	if (errno != EINVAL)
		return file_fail(e, path, "rename the new file over it");
	(void)file_fail(e, path, "create it without overwriting");
	return fix(e, "make it first: install -m 600 /dev/null %s", path);
}

static enum ec
commit(struct file *f, struct err *e)
{
	enum ec ec;

	errno = 0;
	if (!temp_is_ours(&f->staged))
		return errno == 0 || errno == ENOENT
		    ? pin_changed(f, "its temporary file was taken away", e)
		    : file_fail(e, buf_str(&f->at.path),
			  "look at the temporary file beside it");
	TRY(pin_unchanged(f, e));
	ec = flags_unlock(f, e);
	if (ec == EC_OK)
		ec = rename_staged(f, e);
	TRY(flags_lock(f, ec == EC_OK ? f->staged.fd : f->fd, ec, e));
	return settle(f, e);
}

/* What moved while it was copied is a conflict, not an attribute that this
 * file system cannot keep. */
static enum ec
dress_alike(const struct file *f, int to, struct err *e)
{
	enum ec ec = meta_copy(f, to, e);
	struct err conflict;

	if (ec == EC_OK || pin_same_place(f, &conflict) != EC_CONFLICT)
		return ec;
	*e = conflict;
	return EC_CONFLICT;
}

/* A new file: the mode, and its owner if one was named. The owner first: a
 * change of it would take bits off the mode. */
static enum ec
dress(const struct file *f, int to, mode_t new_mode, struct err *e)
{
	const char *path = buf_str(&f->at.path);
	bool given = f->new_uid != (uid_t)-1 || f->new_gid != (gid_t)-1;

	if (f->at.node >= 0)
		return dress_alike(f, to, e);
	if (given && fchown(to, f->new_uid, f->new_gid) != 0)
		return file_fail(e, path, "give it to its owner and group");
	if (fchmod(to, new_mode & 0777) != 0)
		return file_fail(e, path, "set the mode");
	return EC_OK;
}

bool
file_is_same(const struct file *f, const struct buf *bytes)
{
	return f->at.node >= 0 && bytes->len == f->content.len &&
	    memcmp(buf_str(bytes), buf_str(&f->content), bytes->len) == 0;
}

static enum ec
stage(struct file *f, const struct buf *bytes, mode_t new_mode, struct err *e)
{
	const char *path = buf_str(&f->at.path);

	TRY(temp_make(f, &f->staged, e));
	TRY(file_write_all(f->staged.fd, bytes, path, e));
	TRY(dress(f, f->staged.fd, new_mode, e));
	if (fsync(f->staged.fd) != 0)
		return file_fail(e, path, "sync the new content");
	return EC_OK;
}

enum ec
file_stage(
    struct file *f, const struct buf *bytes, mode_t new_mode, struct err *e)
{
	enum ec ec;

	/* A new file has no inode to keep. */
	if (f->in_place && f->at.node >= 0)
		return EC_OK;
	temp_sweep(f);
	if (file_is_same(f, bytes))
		return EC_OK;
	ec = stage(f, bytes, new_mode, e);
	if (ec != EC_OK)
		temp_drop(&f->staged);
	return ec;
}

/* The content is there already. */
static enum ec
confirm(struct file *f, struct err *e)
{
	TRY(pin_unchanged(f, e));
	if (f->immutable && !f->was_immutable)
		TRY(flags_lock(f, f->fd, EC_OK, e));
	return settle(f, e);
}

enum ec
file_replace(
    struct file *f, const struct buf *bytes, mode_t new_mode, struct err *e)
{
	enum ec ec;

	if (f->in_place && f->at.node >= 0)
		return in_place_write(f, bytes, e);
	if (f->staged.name[0] == '\0')
		TRY(file_stage(f, bytes, new_mode, e));
	if (f->staged.name[0] == '\0')
		return confirm(f, e);
	ec = commit(f, e);
	temp_drop(&f->staged);
	return ec;
}
