/*
 * file_flags: inode flags, chattr(1). An immutable file can neither be
 * written nor renamed over, not even by root, so that the flag has to go for
 * the moment of the change. Whoever asks for that wants it there afterwards:
 * a run that a crash has ended in between is made good by the next write.
 */
#include <errno.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/file_p.h"

/* The kernel writes an int, whatever the macro says (ioctl_iflags(2)). */
static bool
get(int fd, int *ret)
{
	return ioctl(fd, FS_IOC_GETFLAGS, ret) == 0;
}

static enum ec
refuse(const char *path, const char *what, const char *letters, struct err *e)
{
	(void)fail(e, EC_CONFIG, "%s: %s (lsattr)", path, what);
	return fix(e, "chattr %s %s", letters, path);
}

/* A file system that has no flags has none set. */
enum ec
flags_refuse(int fd, const char *path, struct err *e)
{
	int flags = 0;

	if (!get(fd, &flags) || !(flags & (FS_IMMUTABLE_FL | FS_APPEND_FL)))
		return EC_OK;
	(void)refuse(path, "immutable or append-only", "-i -a", e);
	if (flags & FS_APPEND_FL)
		return e->ec;
	return fix(e,
	    "chattr -i %s; a client of type file may also be given "
	    "immutable: true, if it is the file and not its directory",
	    path);
}

enum ec
flags_immutable(int fd, const char *path, bool *ret, struct err *e)
{
	int flags = 0;

	if (!get(fd, &flags)) {
		(void)file_fail(e, path, "read its flags (lsattr)");
		e->ec = EC_CONFIG;
		return fix(e,
		    "immutable: true is for file systems that have "
		    "the flag");
	}
	if (flags & FS_APPEND_FL)
		return refuse(path, "append-only", "-a", e);
	*ret = (flags & FS_IMMUTABLE_FL) != 0;
	return EC_OK;
}

static enum ec
set(int fd, const char *path, bool on, struct err *e)
{
	int flags = 0, want;

	if (!get(fd, &flags))
		return file_fail(e, path, "read its flags");
	want = on ? flags | FS_IMMUTABLE_FL : flags & ~FS_IMMUTABLE_FL;
	if (want == flags || ioctl(fd, FS_IOC_SETFLAGS, &want) == 0)
		return EC_OK;
	(void)file_fail(
	    e, path, on ? "make it immutable" : "clear its immutable flag");
	return fix(e,
	    "run as root with CAP_LINUX_IMMUTABLE "
	    "(CapabilityBoundingSet= of the unit)");
}

enum ec
flags_unlock(struct file *f, struct err *e)
{
	if (!f->was_immutable)
		return EC_OK;
	TRY(set(f->fd, buf_str(&f->at.path), false, e));
	TRY(pin_touched(f, e));
	return pin_unchanged(f, e);
}

enum ec
flags_lock(const struct file *f, int fd, enum ec ec, struct err *e)
{
	const char *path = buf_str(&f->at.path);
	struct err mine = { .ec = EC_OK };

	if (!f->immutable || (ec != EC_OK && !f->was_immutable))
		return ec;
	if (set(fd, path, true, &mine) == EC_OK && fsync(fd) != 0)
		(void)file_fail(&mine, path, "sync its immutable flag");
	if (mine.ec == EC_OK)
		return ec;
	if (ec != EC_OK)
		return err_prefix(e, "no longer immutable (chattr +i)");
	*e = mine;
	return file_fail_late(e, "not immutable");
}
