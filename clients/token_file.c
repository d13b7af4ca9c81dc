/* token_file: see token_file.h. */
#include "clients/token_file.h"

#include <string.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/file.h"

bool
token_valid(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] <= ' ' || p[i] > '~')
			return false;
	return n > 0;
}

static enum ec
guard_mode(const char *path, struct err *e)
{
	struct stat st;

	if (stat(path, &st) != 0 || (st.st_mode & S_IROTH) == 0)
		return EC_OK; /* what is wrong with it, reading will tell */
	(void)fail(e, EC_CONFIG, "%s: readable by every user", path);
	return fix(e, "chmod 0600 %s, and issue a new token", path);
}

static bool
blank(char ch)
{
	return ch == ' ' || ch == '\t' || ch == '\r' || ch == '\n';
}

enum ec
token_file_read(
    const char *path, unsigned flags, struct secret **ret, struct err *e)
{
	AUTO(buf) struct buf b = BUF(SECRET_MAX);
	const char *p;
	size_t n;
	enum ec ec;

	if ((flags & TOKEN_FILE_SHARED) == 0)
		TRY(guard_mode(path, e));
	ec = file_read(path, &b, e);
	if (ec == EC_GONE)
		e->ec = EC_CONFIG; /* ours is missing, not the client's */
	if (ec != EC_OK)
		return e->ec;
	p = buf_str(&b);
	n = b.len;
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
