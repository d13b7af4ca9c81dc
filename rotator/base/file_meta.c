/*
 * file_meta: the new file looks like the old one to everybody who may or may
 * not read it.
 *
 * POSIX ACLs and security labels are extended attributes and are copied as
 * such, byte for byte. What the new file inherited (a default ACL of the
 * directory) and the old one does not have is removed.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file_p.h"

#define ACL "system.posix_acl_access"

struct names {
	size_t len;
	char list[XATTR_LIST_MAX]; /* NUL after each */
};

struct value {
	ssize_t len; /* -1: absent, errno tells */
	char p[XATTR_SIZE_MAX];
};

struct xattrs { /* 192 KiB: too much for a stack */
	struct names names;
	struct value old, new;
};

/* Kept by the kernel itself: digests of this very content or inode. */
static const char *const kernels[] = { "security.ima", "security.evm" };

static bool
is_kernels(const char *name)
{
	for (size_t i = 0; i < COUNT(kernels); i++)
		if (strcmp(kernels[i], name) == 0)
			return true;
	return false;
}

static enum ec
fail_xattr(struct err *e, const char *path, const char *verb, const char *name)
{
	char what[XATTR_NAME_MAX + 64];

	(void)snprintf(
	    what, sizeof(what), "%s extended attribute %s", verb, name);
	return file_fail(e, path, what);
}

static enum ec
list(int fd, struct names *ret, const char *path, struct err *e)
{
	ssize_t n = flistxattr(fd, ret->list, sizeof(ret->list));

	if (n < 0 && errno != ENOTSUP)
		return file_fail(e, path, "list extended attributes");
	ret->len = n < 0 ? 0 : (size_t)n;
	return EC_OK;
}

static void
get(int fd, const char *name, struct value *ret)
{
	ret->len = fgetxattr(fd, name, ret->p, sizeof(ret->p));
}

static bool
is_same(const struct value *a, const struct value *b)
{
	return a->len == b->len &&
	    (a->len <= 0 || memcmp(a->p, b->p, (size_t)a->len) == 0);
}

/* Not set when it is right already: that may need no permission at all. */
static enum ec
copy_one(const struct file *f, int to, const char *name, struct xattrs *x,
    struct err *e)
{
	const char *path = buf_str(&f->at.path);

	get(f->fd, name, &x->old);
	if (x->old.len < 0)
		return fail_xattr(e, path, "read", name);
	get(to, name, &x->new);
	if (!is_same(&x->old, &x->new) &&
	    fsetxattr(to, name, x->old.p, (size_t)x->old.len, 0) != 0)
		return fail_xattr(e, path, "keep", name);
	return EC_OK;
}

/* The ACL comes last: it may take our own right to set the others away. */
static enum ec
copy_all(const struct file *f, int to, struct xattrs *x, struct err *e)
{
	const struct names *n = &x->names;
	bool acl = false;

	TRY(list(f->fd, &x->names, buf_str(&f->at.path), e));
	for (const char *s = n->list; s < n->list + n->len; s += strlen(s) + 1)
		if (strcmp(s, ACL) == 0)
			acl = true;
		else if (!is_kernels(s))
			TRY(copy_one(f, to, s, x, e));
	return acl ? copy_one(f, to, ACL, x, e) : EC_OK;
}

/* Removes from the new file what the old one does not have. */
static enum ec
drop_others(const struct file *f, int to, struct xattrs *x, struct err *e)
{
	const struct names *n = &x->names;
	const char *path = buf_str(&f->at.path);

	TRY(list(to, &x->names, path, e));
	for (const char *s = n->list; s < n->list + n->len;
	     s += strlen(s) + 1) {
		if (is_kernels(s))
			continue;
		get(f->fd, s, &x->old);
		if (x->old.len < 0 && fremovexattr(to, s) != 0)
			return fail_xattr(e, path, "drop inherited", s);
	}
	return EC_OK;
}

static enum ec
differs(struct err *e, const char *path, const char *name)
{
	errno = 0;
	(void)fail(e, EC_DENIED, "%s: extended attribute %s did not stick",
	    path, name);
	return fix(e,
	    "see who rewrites it (security module, mount options), "
	    "or remove it: setfattr -x %s %s",
	    name, path);
}

/* Every attribute that one has, the other has too. */
static enum ec
compare(const struct file *f, int from, int to, struct xattrs *x, struct err *e)
{
	const struct names *n = &x->names;
	const char *path = buf_str(&f->at.path);

	TRY(list(from, &x->names, path, e));
	for (const char *s = n->list; s < n->list + n->len;
	     s += strlen(s) + 1) {
		get(from, s, &x->old);
		get(to, s, &x->new);
		if (!is_kernels(s) && !is_same(&x->old, &x->new))
			return differs(e, path, s);
	}
	return EC_OK;
}

static enum ec
verify(const struct file *f, int to, struct xattrs *x, struct err *e)
{
	const struct stat *was = &f->at.st;
	struct stat is;

	if (fstat(to, &is) != 0)
		return file_fail(e, buf_str(&f->at.path), "stat the new file");
	errno = 0;
	if (is.st_uid != was->st_uid || is.st_gid != was->st_gid ||
	    is.st_mode != was->st_mode) {
		(void)fail(e, EC_DENIED,
		    "%s: owner, group or mode of the new file did not stick",
		    buf_str(&f->at.path));
		return fix(e,
		    "the file system overrides them (mount options "
		    "uid=, umask=, root_squash): change those");
	}
	TRY(compare(f, f->fd, to, x, e));
	return compare(f, to, f->fd, x, e);
}

static enum ec
copy_attributes(const struct file *f, int to, struct err *e)
{
	AUTO(free) struct xattrs *x = malloc(sizeof(*x));
	const char *path = buf_str(&f->at.path);

	if (x == NULL)
		return fail(e, EC_NOMEM, "%s: no memory", path);
	TRY(drop_others(f, to, x, e));
	TRY(copy_all(f, to, x, e));
	if (fchmod(to, f->at.st.st_mode & 07777) != 0)
		return file_fail(e, path, "keep the mode");
	return verify(f, to, x, e);
}

/* Not asked for when it is right already: a hardened unit may forbid it. */
static enum ec
keep_owner(const struct file *f, int to, struct err *e)
{
	const struct stat *was = &f->at.st;
	struct stat is;

	if (fstat(to, &is) != 0)
		return file_fail(e, buf_str(&f->at.path), "stat the new file");
	if (is.st_uid == was->st_uid && is.st_gid == was->st_gid)
		return EC_OK;
	if (fchown(to, was->st_uid, was->st_gid) != 0)
		return file_fail(
		    e, buf_str(&f->at.path), "keep owner and group");
	return EC_OK;
}

enum ec
meta_copy(const struct file *f, int to, struct err *e)
{
	/* First: later it would clear what the kernel ties to an owner. */
	TRY(keep_owner(f, to, e));
	return copy_attributes(f, to, e);
}
