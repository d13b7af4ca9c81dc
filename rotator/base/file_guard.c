/*
 * file_guard: what must not be replaced by a rename, found before anything is
 * done, each with what the operator types to get out of it.
 */
#include <fcntl.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file_p.h"

/* An ACL shows in the group bits of the mode, whatever the group is. */
static bool
has_acl(const struct place *p)
{
	AUTO(fd) int fd = openat(p->dir, ".", O_RDONLY | O_CLOEXEC);

	return fd >= 0 && fgetxattr(fd, "system.posix_acl_access", NULL, 0) > 0;
}

/*
 * Who may write to the directory may put another file under the name between
 * our look and our rename, or take the new one away. Its owner may, that is
 * the service itself; root's group and our own are as trusted as we are.
 * Everybody else is not, a sticky bit notwithstanding.
 */
enum ec
guard_parent(const struct place *p, struct err *e)
{
	const struct stat *st = &p->dir_st;
	int len = (int)(place_name(p) - p->path.p);
	bool trusted = st->st_gid == 0 || st->st_gid == getegid();

	if (st->st_mode & S_IWOTH) {
		(void)fail(e, EC_CONFIG,
		    "%.*s: directory writable by everybody", len, p->path.p);
		return fix(e, "chmod o-w %.*s", len, p->path.p);
	}
	if (!(st->st_mode & S_IWGRP) || (trusted && !has_acl(p)))
		return EC_OK;
	(void)fail(e, EC_CONFIG,
	    "%.*s: directory writable by group %u or by an ACL", len, p->path.p,
	    st->st_gid);
	return fix(e, "chmod g-w %.*s", len, p->path.p);
}

/* A file over which something is mounted cannot be renamed over (EBUSY). */
bool
place_is_mount(const struct place *p)
{
	struct statx dir, node;

	if (statx(p->dir, "", AT_EMPTY_PATH, STATX_MNT_ID, &dir) != 0 ||
	    statx(p->node, "", AT_EMPTY_PATH, STATX_MNT_ID, &node) != 0 ||
	    !(dir.stx_mask & node.stx_mask & STATX_MNT_ID))
		return p->dir_st.st_dev != p->st.st_dev;
	return dir.stx_mnt_id != node.stx_mnt_id;
}

enum ec
guard_node(const struct place *p, bool in_place, struct err *e)
{
	const char *path = buf_str(&p->path);

	if (!S_ISREG(p->st.st_mode)) {
		(void)fail(e, EC_CONFIG, "%s: not a regular file", path);
		return fix(e, "name the file that holds the credential");
	}
	if (p->st.st_nlink > 1) {
		(void)fail(e, EC_CONFIG, "%s: has %lu hard links", path,
		    (unsigned long)p->st.st_nlink);
		return fix(e,
		    "only one of them would be replaced: make it a "
		    "single file, or a symbolic link to one");
	}
	if (p->st.st_mode & (S_ISUID | S_ISGID)) {
		(void)fail(e, EC_CONFIG, "%s: has a set-id bit", path);
		return fix(e, "chmod ug-s %s", path);
	}
	if (!in_place && place_is_mount(p)) {
		(void)fail(
		    e, EC_CONFIG, "%s: the file itself is a mount point", path);
		return fix(e,
		    "mount its directory instead of the single file, or "
		    "rotate where the original lies; a client of type file "
		    "may also be given in_place: true");
	}
	return EC_OK;
}
