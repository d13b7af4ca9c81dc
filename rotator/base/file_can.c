/*
 * file_can: would a replacement work now?
 *
 * Only questions, no trial: a dry run must change nothing anywhere, and a
 * temporary file would change the times of the directory and wake whoever
 * watches it. What cannot be asked (quotas, SELinux) shows at the write.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/file_p.h"

#define GROUPS_MAX 65536 /* NGROUPS_MAX, credentials(7) */

bool
file_capable(unsigned cap)
{
	struct __user_cap_header_struct h = {
		.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0
	};
	struct __user_cap_data_struct d[_LINUX_CAPABILITY_U32S_3] = { 0 };

	return syscall(SYS_capget, &h, d) == 0 &&
	    (d[CAP_TO_INDEX(cap)].effective & CAP_TO_MASK(cap)) != 0;
}

static enum ec
check_writable(const struct file *f, struct err *e)
{
	bool sticky = (f->at.dir_st.st_mode & S_ISVTX) != 0 &&
	    f->at.dir_st.st_uid != geteuid();

	/* The kernel answers EROFS too, for root as well. */
	if (faccessat(f->dir, ".", W_OK | X_OK, AT_EACCESS) != 0)
		return file_fail(
		    e, buf_str(&f->at.path), "write to its directory");
	if (!sticky || f->at.node < 0 || f->at.st.st_uid == geteuid() ||
	    file_capable(CAP_FOWNER))
		return EC_OK;
	errno = EPERM;
	return file_fail(
	    e, buf_str(&f->at.path), "replace it in its sticky directory");
}

enum ec
file_has_room(int fd, const char *path, size_t n, struct err *e)
{
	struct statvfs v;
	fsblkcnt_t left, need;

	if (fstatvfs(fd, &v) != 0)
		return file_fail(e, path, "ask for free space");
	errno = ENOSPC;
	left = geteuid() == 0 ? v.f_bfree : v.f_bavail;
	need = n / (v.f_frsize > 0 ? v.f_frsize : 512) + 1;
	/* No total at all: a file system that does not count. */
	if (v.f_blocks > 0 && left < need)
		return file_fail(e, path, "find room for the new content");
	return EC_OK;
}

enum ec
file_has_inode(int fd, const char *path, struct err *e)
{
	struct statvfs v;

	if (fstatvfs(fd, &v) != 0)
		return file_fail(e, path, "ask for free inodes");
	errno = ENOSPC;
	if (v.f_files > 0 && v.f_ffree == 0)
		return file_fail(e, path, "find an inode for the new content");
	return EC_OK;
}

static bool
in_group(gid_t gid)
{
	int n = getgroups(0, NULL);
	AUTO(free) gid_t *g = NULL;

	if (gid == getegid())
		return true;
	if (n <= 0 || n > GROUPS_MAX)
		return false;
	g = calloc((size_t)n, sizeof(*g));
	if (g == NULL)
		return false;
	n = getgroups(n, g);
	for (int i = 0; i < n; i++)
		if (g[i] == gid)
			return true;
	return false;
}

/* A new file given to another owner, or to a group that is not ours. */
static bool
may_give(const struct file *f)
{
	const bool own = f->new_uid == (uid_t)-1 || f->new_uid == geteuid();
	const bool ours = f->new_gid == (gid_t)-1 || in_group(f->new_gid);

	return (own && ours) || file_capable(CAP_CHOWN);
}

/* Another's file takes CAP_CHOWN to give away and CAP_FOWNER to finish. */
static bool
may_keep(const struct file *f)
{
	const bool own = f->at.st.st_uid == geteuid();

	if (own)
		return in_group(f->at.st.st_gid) || file_capable(CAP_CHOWN);
	return file_capable(CAP_CHOWN) && file_capable(CAP_FOWNER);
}

static enum ec
check_owner(const struct file *f, struct err *e)
{
	const bool new = f->at.node < 0;

	if (new ? may_give(f) : may_keep(f))
		return EC_OK;
	errno = EPERM;
	(void)file_fail(e, buf_str(&f->at.path),
	    new ? "give it to its owner and group"
		: "keep its owner and group");
	return fix(e,
	    "run as root, or as the owner of the file and a member "
	    "of its group");
}

static enum ec
check_flag(const struct file *f, struct err *e)
{
	if (!f->immutable || file_capable(CAP_LINUX_IMMUTABLE))
		return EC_OK;
	errno = EPERM;
	(void)file_fail(
	    e, buf_str(&f->at.path), "clear and set its immutable flag");
	return fix(e,
	    "run as root with CAP_LINUX_IMMUTABLE "
	    "(CapabilityBoundingSet= of the unit)");
}

enum ec
file_can_replace(const struct file *f, size_t n, struct err *e)
{
	TRY(check_flag(f, e));
	if (f->in_place && f->at.node >= 0)
		return in_place_can(f, n, e);
	TRY(check_writable(f, e));
	TRY(file_has_room(f->dir, buf_str(&f->at.path), n, e));
	TRY(file_has_inode(f->dir, buf_str(&f->at.path), e));
	return check_owner(f, e);
}
