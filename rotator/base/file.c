/*
 * file: open and pin a file; see file.h for the promises and file_p.h for
 * which part lies where.
 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file_p.h"

/* Never waits for a FIFO and never becomes a terminal's session. */
#define READ_FLAGS (O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)

/* Opens by name under the held directory what the walk has looked at. */
static enum ec
open_node(struct file *f, struct err *e)
{
	AUTO(as_owner) struct as_owner as = AS_OURSELVES;
	const char *path = buf_str(&f->at.path);
	struct stat st;

	as_owner(f, S_IRUSR, &as);
	f->fd = openat(f->dir, place_name(&f->at), READ_FLAGS | O_NOFOLLOW);
	if (f->fd < 0 || fstat(f->fd, &st) != 0)
		return file_fail(e, path, "open");
	if (st.st_dev == f->at.st.st_dev && st.st_ino == f->at.st.st_ino)
		return EC_OK;
	/* Nothing is lost by a second look, which sees what there is now. */
	(void)fail(e, EC_TEMP, "%s: replaced while it was opened", path);
	return fix(e, "run again");
}

static enum ec
read_node(struct file *f, unsigned flags, struct err *e)
{
	const char *path = buf_str(&f->at.path);
	enum ec ec;

	TRY(guard_node(&f->at, (flags & FILE_IN_PLACE) != 0, e));
	TRY(open_node(f, e));
	if (flags & FILE_IMMUTABLE)
		TRY(flags_immutable(f->fd, path, &f->was_immutable, e));
	else
		TRY(flags_refuse(f->fd, path, e));
	ec = file_slurp(f->fd, path, &f->content, e);
	if (ec != EC_PROTO)
		return ec;
	e->ec = EC_CONFIG;
	return fix(e, "name the file that holds the credential");
}

static enum ec
open_dir(struct file *f, struct err *e)
{
	TRY(guard_parent(&f->at, e));
	f->dir = openat(f->at.dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (f->dir < 0)
		return file_fail(e, buf_str(&f->at.path), "open its directory");
	return flags_refuse(f->dir, buf_str(&f->at.path), e);
}

static enum ec
file_new(const char *path, struct file **ret, struct err *e)
{
	struct file *f = calloc(1, sizeof(*f));

	(void)fail(e, EC_NOMEM, "%s: no memory", path);
	if (f == NULL)
		return EC_NOMEM;
	f->at = PLACE;
	f->dir = -1;
	f->fd = -1;
	f->content = BUF(FILE_MAX_BYTES);
	f->new_uid = (uid_t)-1;
	f->new_gid = (gid_t)-1;
	f->staged = TEMP;
	f->undo = UNDO;
	f->asked = strdup(path);
	*ret = f;
	return f->asked != NULL ? EC_OK : EC_NOMEM;
}

enum ec
file_open(const char *path, unsigned flags, struct file **ret, struct err *e)
{
	AUTO(pinned) struct file *f = NULL;

	TRY(file_new(path, &f, e));
	f->immutable = (flags & FILE_IMMUTABLE) != 0;
	TRY(place_find(path, &f->at, e));
	TRY(open_dir(f, e));
	if (f->at.node >= 0)
		TRY(read_node(f, flags, e));
	errno = ENOENT;
	if (f->at.node < 0 && !(flags & FILE_MAY_BE_ABSENT))
		return file_fail(e, buf_str(&f->at.path), "open");
	*ret = TAKE(f);
	return EC_OK;
}

const struct buf *
file_content(const struct file *f)
{
	return f->torn ? &f->undo.was : &f->content;
}

bool
file_exists(const struct file *f)
{
	return f->at.node >= 0;
}

const char *
file_path(const struct file *f)
{
	return buf_str(&f->at.path);
}

bool
file_same(const struct file *a, const struct file *b)
{
	const struct place *p = &a->at, *q = &b->at;
	const bool exists = p->node >= 0;

	if (exists != (q->node >= 0))
		return false;
	if (exists)
		return p->st.st_dev == q->st.st_dev &&
		    p->st.st_ino == q->st.st_ino;
	return p->dir_st.st_dev == q->dir_st.st_dev &&
	    p->dir_st.st_ino == q->dir_st.st_ino &&
	    strcmp(place_name(p), place_name(q)) == 0;
}

void
file_new_owner(struct file *f, uid_t uid, gid_t gid)
{
	f->new_uid = uid;
	f->new_gid = gid;
}

void
file_close(struct file *f)
{
	if (f == NULL)
		return;
	temp_drop(&f->staged);
	undo_free(&f->undo);
	buf_free(&f->content);
	auto_fd(&f->fd);
	auto_fd(&f->dir);
	place_free(&f->at);
	free(f->asked);
	free(f);
}

void
auto_pinned(struct file **f)
{
	file_close(*f);
}

enum ec
file_read(const char *path, struct buf *b, struct err *e)
{
	AUTO(fd) int fd = open(path, READ_FLAGS);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0)
		return file_fail(e, path, "open");
	if (!S_ISREG(st.st_mode)) {
		(void)fail(e, EC_CONFIG, "%s: not a regular file", path);
		return fix(e, "name a file");
	}
	return file_slurp(fd, path, b, e);
}

enum ec
file_create(const char *path, const void *p, size_t n, struct err *e)
{
	AUTO(pinned) struct file *f = NULL;
	AUTO(buf) struct buf b = BUF(n);

	TRY(file_open(path, FILE_MAY_BE_ABSENT, &f, e));
	if (file_exists(f)) {
		(void)fail(e, EC_CONFLICT, "%s: exists already", path);
		return fix(e, "move it away if it is not needed");
	}
	TRY(buf_add(&b, p, n, e));
	return file_replace(f, &b, 0600, e);
}

enum ec
file_sync_parent(const char *path, struct err *e)
{
	AUTO(place) struct place p = PLACE;
	AUTO(fd) int fd = -1;

	TRY(place_find(path, &p, e));
	fd = openat(p.dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || (fsync(fd) != 0 && errno != EINVAL))
		return file_fail(e, path, "sync its directory");
	return EC_OK;
}
