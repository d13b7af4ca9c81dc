/* key_file: see key_file.h. */
#include "clients/key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/auto.h"

/* An ACL shows in the group bits, whatever the group is: chmod 600 is right
 * then too. */
static bool
is_private(const struct stat *st, unsigned flags)
{
	const bool trusted = (flags & KEY_FILE_GROUP) != 0 || st->st_gid == 0 ||
	    st->st_gid == getegid();

	return (st->st_mode & (trusted ? 0027U : 0077U)) == 0;
}

static enum ec
check(const char *path, int fd, unsigned flags, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return fail_sys(e, "%s", path);
	if (!S_ISREG(st.st_mode)) {
		(void)fail(e, EC_CONFIG, "%s: not a regular file", path);
		return fix(e, "name a file");
	}
	if ((flags & KEY_FILE_SHARED) != 0 || is_private(&st, flags))
		return EC_OK;
	(void)fail(e, EC_CONFIG,
	    "%s: others may read or change it, and it is a key to something",
	    path);
	return fix(
	    e, "chmod 600 %s; if it was so for long, make a new one", path);
}

static enum ec
cannot_open(const char *path, struct err *e)
{
	if (fail_sys(e, "%s", path) == EC_DENIED)
		return fix(e, "let us read it: ls -l %s", path);
	if (e->ec != EC_GONE)
		return e->ec;
	/* Ours is missing, not the client's. */
	(void)fail(e, EC_CONFIG, "%s: no such file", path);
	return fix(e, "make it, or name the file that is meant");
}

enum ec
key_file_read(const char *path, unsigned flags, struct buf *ret, struct err *e)
{
	/* Not blocking: it may be a pipe. */
	AUTO(fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	enum ec ec;

	if (fd < 0)
		return cannot_open(path, e);
	TRY(check(path, fd, flags, e));
	ec = buf_read(ret, fd, e);
	return ec == EC_OK ? EC_OK : err_prefix(e, "%s", path);
}

bool
token_valid(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] <= ' ' || p[i] > '~')
			return false;
	return n > 0;
}

static bool
blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

enum ec
key_file_word(
    const char *path, unsigned flags, struct secret **ret, struct err *e)
{
	AUTO(buf) struct buf text = BUF(SECRET_MAX);
	const char *p;
	size_t n;

	TRY(key_file_read(path, flags, &text, e));
	p = buf_str(&text);
	n = text.len;
	for (; n > 0 && blank(*p); n--)
		p++;
	while (n > 0 && blank(p[n - 1]))
		n--;
	if (token_valid(p, n))
		return secret_new(p, n, ret, e);
	(void)fail(e, EC_CONFIG, "%s: %s", path,
	    n == 0 ? "is empty" : "is not one word of printing characters");
	return fix(e, "it must hold the token and nothing else");
}
