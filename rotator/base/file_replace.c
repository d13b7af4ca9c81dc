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
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/file_p.h"

static enum ec
changed(const struct file *f, const char *how, struct err *e)
{
	(void)fail(e, EC_CONFLICT, "%s: %s since it was read",
	    buf_str(&f->at.path), how);
	return fix(e,
	    "nothing was written; see who else edits it, then run "
	    "again");
}

static bool
same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool
same_inode(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Everything but the access time, which readers move. */
static bool
same_stat(const struct stat *a, const struct stat *b)
{
	return same_inode(a, b) && a->st_size == b->st_size &&
	    a->st_mode == b->st_mode && a->st_uid == b->st_uid &&
	    a->st_gid == b->st_gid && a->st_nlink == b->st_nlink &&
	    same_time(&a->st_mtim, &b->st_mtim) &&
	    same_time(&a->st_ctim, &b->st_ctim);
}

/* The bytes too: two writes within one clock tick leave the same times, and
 * writes through a mapping may leave none. */
static enum ec
same_bytes(const struct file *f, struct err *e)
{
	AUTO(buf) struct buf now = BUF(f->content.len);
	enum ec ec;

	if (lseek(f->fd, 0, SEEK_SET) != 0)
		return file_fail(e, buf_str(&f->at.path), "read it again");
	ec = file_slurp(f->fd, buf_str(&f->at.path), &now, e);
	if (ec == EC_PROTO)
		return changed(f, "grew", e);
	TRY(ec);
	if (now.len != f->content.len ||
	    memcmp(buf_str(&now), buf_str(&f->content), now.len) != 0)
		return changed(f, "was edited", e);
	return EC_OK;
}

/*
 * Walks the path again: a link on the way may lead elsewhere by now (releases
 * are often switched like that), and writing where nobody looks any more
 * would be reported as success.
 */
static enum ec
same_place(const struct file *f, struct err *e)
{
	AUTO(place) struct place now = PLACE;
	enum ec ec = place_find(f->asked, &now, e);

	if (ec == EC_GONE || ec == EC_CONFIG) {
		e->ec = EC_CONFLICT;
		return err_prefix(e, "changed since it was read");
	}
	TRY(ec);
	if (!same_inode(&now.dir_st, &f->at.dir_st) ||
	    strcmp(place_name(&now), place_name(&f->at)) != 0)
		return changed(f, "its path leads elsewhere", e);
	if (now.node < 0 && f->at.node < 0)
		return EC_OK;
	if (f->at.node < 0)
		return changed(f, "was created", e);
	if (now.node < 0)
		return changed(f, "was removed", e);
	if (!same_stat(&now.st, &f->at.st))
		return changed(f, "was replaced or touched", e);
	return EC_OK;
}

/* The slow question first: what is asked last is certain for longest. */
static enum ec
unchanged(const struct file *f, struct err *e)
{
	if (f->at.node >= 0)
		TRY(same_bytes(f, e));
	return same_place(f, e);
}

static enum ec
write_all(int fd, const struct buf *b, const char *path, struct err *e)
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
	return err_prefix(e, "in place, but a power cut may undo it");
}

/* A new file must not overwrite one that appeared a moment ago. */
static int
rename_to(const struct file *f, const struct temp *t)
{
	unsigned flags = f->at.node < 0 ? (unsigned)RENAME_NOREPLACE : 0;

	return renameat2(f->dir, t->name, f->dir, place_name(&f->at), flags);
}

static enum ec
commit(const struct file *f, struct temp *t, struct err *e)
{
	const char *path = buf_str(&f->at.path);

	if (!temp_is_ours(t))
		return changed(f, "its temporary file was taken away", e);
	TRY(unchanged(f, e));
	if (rename_to(f, t) == 0) {
		t->name[0] = '\0';
		return settle(f, e);
	}
	if (errno == EEXIST)
		return changed(f, "was created", e);
	if (errno == ENOENT)
		return changed(f, "its directory was removed", e);
	if (errno != EINVAL)
		return file_fail(e, path, "rename the new file over it");
	(void)file_fail(e, path, "create it without overwriting");
	return fix(e, "make it first: install -m 600 /dev/null %s", path);
}

/* What moved while it was copied is a conflict, not an attribute that this
 * file system cannot keep. */
static enum ec
dress_alike(const struct file *f, int to, struct err *e)
{
	enum ec ec = meta_copy(f, to, e);
	struct err conflict;

	if (ec == EC_OK || same_place(f, &conflict) != EC_CONFLICT)
		return ec;
	*e = conflict;
	return EC_CONFLICT;
}

/* A new file: the mode, no owner to keep. */
static enum ec
dress(const struct file *f, int to, mode_t new_mode, struct err *e)
{
	if (f->at.node >= 0)
		return dress_alike(f, to, e);
	if (fchmod(to, new_mode & 0777) != 0)
		return file_fail(e, buf_str(&f->at.path), "set the mode");
	return EC_OK;
}

enum ec
file_replace(
    struct file *f, const struct buf *bytes, mode_t new_mode, struct err *e)
{
	AUTO(temp) struct temp t = TEMP;
	const char *path = buf_str(&f->at.path);

	temp_sweep(f);
	if (f->at.node >= 0 && bytes->len == f->content.len &&
	    memcmp(buf_str(bytes), buf_str(&f->content), bytes->len) == 0) {
		TRY(unchanged(f, e));
		return settle(f, e);
	}
	TRY(temp_make(f, &t, e));
	TRY(write_all(t.fd, bytes, path, e));
	TRY(dress(f, t.fd, new_mode, e));
	if (fsync(t.fd) != 0)
		return file_fail(e, path, "sync the new content");
	return commit(f, &t, e);
}
