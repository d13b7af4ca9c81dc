/* private_file: see private_file.h. */
#include "clients/private_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "base/auto.h"

#define WORD_MAX_ ((size_t)4096)

/* An ACL shows in the group bits, whatever the group is: chmod 600 is right
 * then too. */
static bool
is_private(const struct stat *st)
{
	const bool trusted = st->st_gid == 0 || st->st_gid == getegid();

	return (st->st_mode & (trusted ? 0027U : 0077U)) == 0;
}

static enum ec
check(const char *path, int fd, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return fail_sys(e, "%s", path);
	if (!S_ISREG(st.st_mode))
		return fail(e, EC_CONFIG, "%s: not a regular file", path);
	if (is_private(&st))
		return EC_OK;
	(void)fail(e, EC_CONFIG,
	    "%s: others may read or change it, and it is a key to something",
	    path);
	return fix(
	    e, "chmod 600 %s; if it was so for long, make a new one", path);
}

enum ec
private_file_read(const char *path, struct buf *ret, struct err *e)
{
	/* Not blocking: it may be a pipe. */
	AUTO(fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0 && errno == ENOENT)
		return fail(e, EC_CONFIG, "%s: no such file", path);
	if (fd < 0)
		return fail_sys(e, "%s", path);
	TRY(check(path, fd, e));
	return buf_read(ret, fd, e);
}

static bool
blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

enum ec
private_file_word(const char *path, struct secret **ret, struct err *e)
{
	AUTO(buf) struct buf text = BUF(WORD_MAX_);
	size_t from = 0;

	TRY(private_file_read(path, &text, e));
	while (text.len > 0 && blank(text.p[text.len - 1]))
		buf_cut(&text, text.len - 1);
	while (from < text.len && blank(text.p[from]))
		from++;
	if (from == text.len)
		return fail(e, EC_CONFIG, "%s: is empty", path);
	for (size_t i = from; i < text.len; i++)
		if (text.p[i] <= ' ' || text.p[i] > '~')
			return fail(e, EC_CONFIG, "%s: is not one word", path);
	return secret_new(text.p + from, text.len - from, ret, e);
}
