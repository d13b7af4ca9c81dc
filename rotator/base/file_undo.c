/*
 * file_undo: the record of a write in place.
 *
 *   rotate-undo 1 BYTES BYTES\n   content before, content meant, SHA-256
 *
 * It is on disk before the first byte of the file changes, and removed when
 * the last one is on disk. Whoever finds it whole knows both contents, so that
 * a file which holds a mixture of the two is put right, and one that somebody
 * has edited since is not. A record without its right digest was not finished,
 * and then the file was not touched. The name is made from the path of the
 * file, so that records of many files can share a directory. A lock on it
 * tells a crash from a process that is still writing.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "base/auto.h"
#include "base/file_p.h"

#define MAGIC      "rotate-undo 1 "
#define DIGEST     32 /* SHA-256 */
#define NAME_BYTES 16 /* of the digest of the path */
#define RECORD_MAX (2 * FILE_MAX_BYTES + 256)
#define READ_FLAGS (O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)

static enum ec
digest(
    const void *p, size_t n, unsigned char md[EVP_MAX_MD_SIZE], struct err *e)
{
	if (EVP_Digest(p, n, md, NULL, EVP_sha256(), NULL) == 1)
		return EC_OK;
	return fail(e, EC_NOMEM, "no SHA-256 of %zu bytes", n);
}

static enum ec
locate(struct undo *u, const struct file *f, const char *dir, struct err *e)
{
	AUTO(buf) struct buf path = BUF(PATH_MAX);
	unsigned char md[EVP_MAX_MD_SIZE] = { 0 };
	const char *p = buf_str(&f->at.path);

	TRY(digest(p, strlen(p), md, e));
	if (dir != NULL)
		TRY(buf_addf(&path, e, "%s/", dir));
	else
		TRY(buf_add(&path, p, (size_t)(place_name(&f->at) - p), e));
	TRY(buf_adds(&path, ".rotate-", e));
	for (size_t i = 0; i < NAME_BYTES; i++)
		TRY(buf_addf(&path, e, "%02x", md[i]));
	TRY(buf_adds(&path, "-undo", e));
	TRY(place_find(buf_str(&path), &u->at, e));
	return guard_parent(&u->at, e);
}

static enum ec
busy(const struct undo *u, struct err *e)
{
	(void)fail(e, EC_TEMP, "%s: another process is at this file",
	    buf_str(&u->at.path));
	return fix(e, "let it finish, then run again");
}

/* The owner of the file may own its directory too, and put something there
 * that looks like a record: we believe root's and our own only. */
static enum ec
open_record(struct undo *u, int how, struct err *e)
{
	const char *path = buf_str(&u->at.path);
	struct stat st;

	auto_fd(&u->fd);
	u->fd = openat(u->at.dir, place_name(&u->at), how | READ_FLAGS);
	if (u->fd < 0 && errno == ENOENT)
		return busy(u, e);
	if (u->fd < 0 || fstat(u->fd, &st) != 0)
		return file_fail(e, path, "open");
	if (S_ISREG(st.st_mode) && st.st_nlink <= 1 &&
	    (st.st_mode & 077) == 0 &&
	    (st.st_uid == 0 || st.st_uid == geteuid()))
		return EC_OK;
	(void)fail(e, EC_CONFIG, "%s: is no record of ours", path);
	return fix(e, "see who made it, then remove it");
}

/* Whole, but not in this format. It is the trouble of this one file. */
static enum ec
foreign(const struct undo *u, struct err *e)
{
	(void)fail(e, EC_CONFIG, "%s: a record of another version",
	    buf_str(&u->at.path));
	return fix(e,
	    "run the newer version of rotate, which finishes it; or see that "
	    "the file is as it should be and remove the record");
}

static enum ec
parse(struct undo *u, const struct buf *text, struct err *e)
{
	unsigned char md[EVP_MAX_MD_SIZE] = { 0 };
	const char *p = buf_str(text);
	const size_t n = text->len > DIGEST ? text->len - DIGEST : 0;
	unsigned long long was, new;
	char *end = NULL;
	size_t head;

	u->whole = false;
	TRY(digest(p, n, md, e));
	if (n <= strlen(MAGIC) || memcmp(p + n, md, DIGEST) != 0)
		return EC_OK;
	was = strtoull(p + strlen(MAGIC), &end, 10);
	new = strtoull(end, &end, 10);
	head = (size_t)(end - p) + 1;
	if (memcmp(p, MAGIC, strlen(MAGIC)) != 0 || *end != '\n' ||
	    was > FILE_MAX_BYTES || new > FILE_MAX_BYTES ||
	    head + was + new != n)
		return foreign(u, e);
	buf_free(&u->was);
	buf_free(&u->new);
	TRY(buf_add(&u->was, p + head, (size_t)was, e));
	TRY(buf_add(&u->new, p + head + was, (size_t) new, e));
	u->whole = true;
	return EC_OK;
}

static enum ec
load(struct undo *u, struct err *e)
{
	AUTO(buf) struct buf text = BUF(RECORD_MAX);

	TRY(file_slurp(u->fd, buf_str(&u->at.path), &text, e));
	return parse(u, &text, e);
}

enum ec
undo_find(struct undo *u, const struct file *f, const char *dir, struct err *e)
{
	TRY(locate(u, f, dir, e));
	if (u->at.node < 0)
		return EC_OK;
	TRY(open_record(u, O_RDONLY, e));
	return load(u, e);
}

/* The place stays known: another record may be made there. */
static void
let_go(struct undo *u)
{
	auto_fd(&u->fd);
	u->fd = -1;
	u->whole = false;
	buf_free(&u->was);
	buf_free(&u->new);
}

/* Have we got it, under its name, and nobody else? */
static enum ec
lock(struct undo *u, struct err *e)
{
	struct stat a, b;

	if (flock(u->fd, LOCK_EX | LOCK_NB) != 0)
		return errno == EWOULDBLOCK
		    ? busy(u, e)
		    : file_fail(e, buf_str(&u->at.path), "lock");
	if (fstat(u->fd, &a) != 0 ||
	    fstatat(u->at.dir, place_name(&u->at), &b, AT_SYMLINK_NOFOLLOW) !=
		0 ||
	    a.st_dev != b.st_dev || a.st_ino != b.st_ino)
		return busy(u, e);
	return EC_OK;
}

enum ec
undo_take(struct undo *u, struct err *e)
{
	TRY(open_record(u, O_RDWR, e));
	TRY(lock(u, e));
	return load(u, e);
}

bool
undo_explains(const struct undo *u, const struct buf *bytes)
{
	const struct buf *a = &u->was, *b = &u->new;
	const size_t least = a->len < b->len ? a->len : b->len;
	const size_t most = a->len < b->len ? b->len : a->len;
	bool fits = bytes->len >= least && bytes->len <= most;

	/* Zeros: where a file grew, a power cut may leave a hole. */
	for (size_t i = 0; fits && i < bytes->len; i++)
		fits = (i < a->len && bytes->p[i] == a->p[i]) ||
		    (i < b->len && bytes->p[i] == b->p[i]) ||
		    (i >= least && bytes->p[i] == '\0');
	return fits;
}

static enum ec
compose(const struct buf *was, const struct buf *new, struct buf *ret,
    struct err *e)
{
	unsigned char md[EVP_MAX_MD_SIZE] = { 0 };

	TRY(buf_addf(ret, e, MAGIC "%zu %zu\n", was->len, new->len));
	TRY(buf_add(ret, buf_str(was), was->len, e));
	TRY(buf_add(ret, buf_str(new), new->len, e));
	TRY(digest(ret->p, ret->len, md, e));
	return buf_add(ret, md, DIGEST, e);
}

static enum ec
sync_dir(const struct undo *u, struct err *e)
{
	AUTO(fd)
	int fd = openat(u->at.dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0 && (fsync(fd) == 0 || errno == EINVAL))
		return EC_OK;
	return file_fail(e, buf_str(&u->at.path), "sync its directory");
}

static enum ec
write_record(
    struct undo *u, const struct buf *was, const struct buf *new, struct err *e)
{
	AUTO(buf) struct buf text = BUF(RECORD_MAX);
	const char *path = buf_str(&u->at.path);

	TRY(compose(was, new, &text, e));
	TRY(file_write_all(u->fd, &text, path, e));
	if (fsync(u->fd) != 0)
		return file_fail(e, path, "sync");
	TRY(parse(u, &text, e));
	return sync_dir(u, e);
}

enum ec
undo_make(
    struct undo *u, const struct buf *was, const struct buf *new, struct err *e)
{
	const char *name = place_name(&u->at);
	enum ec ec;

	u->fd = openat(u->at.dir, name,
	    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (u->fd < 0)
		return errno == EEXIST
		    ? busy(u, e)
		    : file_fail(e, buf_str(&u->at.path), "make");
	/* Who found it before it was locked may have taken it for left. */
	ec = lock(u, e);
	if (ec == EC_OK) {
		ec = write_record(u, was, new, e);
		if (ec != EC_OK)
			(void)unlinkat(u->at.dir, name, 0);
	}
	if (ec != EC_OK)
		let_go(u);
	return ec;
}

enum ec
undo_drop(struct undo *u, struct err *e)
{
	if (unlinkat(u->at.dir, place_name(&u->at), 0) != 0 && errno != ENOENT)
		return file_fail(e, buf_str(&u->at.path), "remove");
	let_go(u);
	return sync_dir(u, e);
}

void
undo_free(struct undo *u)
{
	let_go(u);
	place_free(&u->at);
}
