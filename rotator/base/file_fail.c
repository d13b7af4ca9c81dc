/* file_fail: the one place that knows what to do about an errno. */
#include <errno.h>
#include <stddef.h>

#include "base/auto.h"
#include "base/file_p.h"

#define ACCESS                                                                 \
	"run as root or give this user access (ls -ld, getfacl, namei -l; "    \
	"ReadWritePaths= of the unit; SELinux or AppArmor denials)"
#define DISK "check the disk and its file system (dmesg)"
#define OPEN "raise the limit on open files (ulimit -n, LimitNOFILE=)"
#define NAME "correct the path in the configuration"

static const struct {
	int sys;
	enum ec ec; /* EC_OK: as fail_sys() says */
	const char *fix;
} remedies[] = {
	{ EACCES, EC_OK, ACCESS },
	{ EPERM, EC_OK, ACCESS },
	{ EROFS, EC_OK,
	    "remount that file system read-write, or add its path "
	    "to ReadWritePaths= of the unit" },
	{ ENOENT, EC_OK, "create it, or correct the path" },
	{ ENOSPC, EC_OK, "free space on that file system (df, df -i)" },
	{ EDQUOT, EC_OK, "raise the disk quota of this user (quota)" },
	{ EFBIG, EC_OK, "raise the limit on file sizes (ulimit -f)" },
	{ EIO, EC_OK, DISK },
	{ EUCLEAN, EC_OK, DISK },
	{ ESTALE, EC_OK, "mount that network file system again" },
	{ EMFILE, EC_OK, OPEN },
	{ ENFILE, EC_OK, OPEN },
	{ ELOOP, EC_CONFIG, NAME },
	{ ENOTDIR, EC_CONFIG, NAME },
	{ EISDIR, EC_CONFIG, NAME },
	{ ENAMETOOLONG, EC_CONFIG, NAME },
	{ ENXIO, EC_CONFIG, NAME },
	{ EOPNOTSUPP, EC_CONFIG, "move the file to a file system that can" },
	{ EBUSY, EC_CONFIG,
	    "something is mounted over the file itself: mount its "
	    "directory instead, or say in_place: true" },
};

enum ec
file_fail(struct err *e, const char *path, const char *verb)
{
	(void)fail_sys(e, "%s: cannot %s", path, verb);
	for (size_t i = 0; i < COUNT(remedies); i++) {
		if (remedies[i].sys != e->sys)
			continue;
		if (remedies[i].ec != EC_OK)
			e->ec = remedies[i].ec;
		(void)fix(e, "%s", remedies[i].fix);
	}
	return e->ec;
}

enum ec
file_fail_late(struct err *e, const char *but)
{
	e->ec = EC_UNKNOWN;
	return err_prefix(e, "in place, but %s", but);
}

enum ec
file_slurp(int fd, const char *path, struct buf *b, struct err *e)
{
	enum ec ec = buf_read(b, fd, e);

	if (ec == EC_OK)
		return EC_OK;
	if (e->sys == 0)
		return err_prefix(e, "%s", path);
	errno = e->sys;
	return file_fail(e, path, "read");
}
