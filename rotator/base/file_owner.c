/*
 * file_owner: root acts under a name in another user's directory as that
 * user.
 *
 * All that is done by name there is bound to a held directory and looked at
 * before and after (file_place.c, file_pin.c). This is the second wall: what
 * root does as the owner can be led nowhere that the owner could not go by
 * himself, and it counts against his quota. Only the file system identity of
 * this thread moves (setfsuid(2)), for the one call; nobody can signal us for
 * it, and nothing that runs beside is touched.
 */
#include <errno.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file_p.h"

/* Whom the file belongs to when we are done; false: not one and the same as
 * the owner of the directory. The owner of a directory that he may not write
 * to is not he who could cheat, and only root can help there. */
static bool
owner_of_both(const struct file *f, uid_t *uid, gid_t *gid)
{
	const struct stat *dir = &f->at.dir_st;
	const bool exists = f->at.node >= 0;

	*uid = exists ? f->at.st.st_uid : f->new_uid;
	*gid = exists ? f->at.st.st_gid : f->new_gid;
	if (*gid == (gid_t)-1)
		*gid = dir->st_gid;
	return *uid == dir->st_uid && *uid != 0 &&
	    (dir->st_mode & (S_IWUSR | S_IXUSR)) == (S_IWUSR | S_IXUSR);
}

void
as_owner(const struct file *f, mode_t need, struct as_owner *ret)
{
	uid_t uid;
	gid_t gid;

	*ret = AS_OURSELVES;
	if (geteuid() != 0 || !owner_of_both(f, &uid, &gid) ||
	    (need != 0 && (f->at.st.st_mode & need) != need))
		return;
	/* Without CAP_SETGID and CAP_SETUID nothing moves: then that is the
	 * least identity there is. */
	ret->gid = (gid_t)setfsgid(gid);
	ret->uid = (uid_t)setfsuid(uid);
	ret->moved = true;
}

/* errno is that of the call in between. */
void
auto_as_owner(const struct as_owner *was)
{
	const int sys = errno;

	if (was->moved) {
		(void)setfsuid(was->uid);
		(void)setfsgid(was->gid);
	}
	errno = sys;
}
