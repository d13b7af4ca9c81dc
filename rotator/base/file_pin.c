/*
 * file_pin: is everything still as it was read? Asked again and again until
 * the moment of a change, so that nobody else's work is ever overwritten.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file_p.h"

enum ec
pin_changed(const struct file *f, const char *how, struct err *e)
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

enum ec
pin_holds(const struct file *f, const struct buf *bytes, struct err *e)
{
	AUTO(buf) struct buf now = BUF(bytes->len);
	enum ec ec;

	if (lseek(f->fd, 0, SEEK_SET) != 0)
		return file_fail(e, buf_str(&f->at.path), "read it again");
	ec = file_slurp(f->fd, buf_str(&f->at.path), &now, e);
	if (ec == EC_PROTO)
		return pin_changed(f, "grew", e);
	TRY(ec);
	if (now.len != bytes->len ||
	    memcmp(buf_str(&now), buf_str(bytes), now.len) != 0)
		return pin_changed(f, "was edited", e);
	return EC_OK;
}

/*
 * Walks the path again: a link on the way may lead elsewhere by now (releases
 * are often switched like that), and writing where nobody looks any more
 * would be reported as success.
 */
enum ec
pin_same_place(const struct file *f, struct err *e)
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
		return pin_changed(f, "its path leads elsewhere", e);
	if (now.node < 0 && f->at.node < 0)
		return EC_OK;
	if (f->at.node < 0)
		return pin_changed(f, "was created", e);
	if (now.node < 0)
		return pin_changed(f, "was removed", e);
	if (!same_stat(&now.st, &f->at.st))
		return pin_changed(f, "was replaced or touched", e);
	return EC_OK;
}

/* The slow question first: what is asked last is certain for longest. The
 * bytes too: two writes within one clock tick leave the same times, and
 * writes through a mapping may leave none. */
enum ec
pin_unchanged(const struct file *f, struct err *e)
{
	if (f->at.node >= 0)
		TRY(pin_holds(f, &f->content, e));
	return pin_same_place(f, e);
}

enum ec
pin_touched(struct file *f, struct err *e)
{
	struct stat st;

	if (fstat(f->fd, &st) != 0)
		return file_fail(e, buf_str(&f->at.path), "stat");
	f->at.st.st_mtim = st.st_mtim;
	f->at.st.st_ctim = st.st_ctim;
	return EC_OK;
}
