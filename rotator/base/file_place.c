/*
 * file_place: walk a path by hand, one component at a time.
 *
 * realpath() or a plain open() would follow whatever is there at that
 * instant. We run as root over directories of service users, and such a user
 * could plant a link to a file of root's. So every link is opened as itself,
 * its owner is looked at, and only then is it followed. A link of root's or
 * our own is trusted; one of another user may lead to that user's files only
 * (the rule of fs.protected_symlinks, proc_sys_fs(5), made independent of the
 * directory).
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file_p.h"

#define LINKS_MAX 40 /* as the kernel, path_resolution(7) */

struct walk {
	struct place *at;
	char rest[PATH_MAX]; /* not walked yet */
	char name[NAME_MAX + 1];
	bool last;    /* name is the end of the path */
	bool to_link; /* the end of the path was a link */
	bool done;
	unsigned links;
	bool foreign; /* a link of link_owner was followed */
	uid_t link_owner;
};

static int
take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

static void
put_fd(int *place, int *fd)
{
	auto_fd(place);
	*place = take_fd(fd);
}

static const char *
shown(const struct place *p)
{
	return p->path.len > 0 ? p->path.p : "/";
}

static enum ec
push(struct walk *w, struct err *e)
{
	TRY(buf_adds(&w->at->path, "/", e));
	return buf_adds(&w->at->path, w->name, e);
}

static void
pop(struct place *p)
{
	const char *slash = strrchr(buf_str(&p->path), '/');

	if (slash != NULL)
		buf_cut(&p->path, (size_t)(slash - p->path.p));
}

/* Go to / or, for a relative path, to where we are. */
static enum ec
begin(struct walk *w, const char *path, struct err *e)
{
	char cwd[PATH_MAX] = "/";
	bool absolute = *path == '/';
	AUTO(fd)
	int fd = open(absolute ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || (!absolute && getcwd(cwd, sizeof(cwd)) == NULL))
		return file_fail(e, absolute ? "/" : ".", "open directory");
	put_fd(&w->at->dir, &fd);
	buf_cut(&w->at->path, 0);
	return cwd[1] == '\0' ? EC_OK : buf_adds(&w->at->path, cwd, e);
}

/* Cuts the next component off the rest. */
static enum ec
next_name(struct walk *w, struct err *e)
{
	const char *s = w->rest + strspn(w->rest, "/");
	size_t n = strcspn(s, "/");

	if (n == 0) {
		(void)fail(e, EC_CONFIG, "%s: is a directory", shown(w->at));
		return fix(e, "name the file in it");
	}
	if (n > NAME_MAX) {
		errno = ENAMETOOLONG;
		return file_fail(e, shown(w->at), "look up a name in it");
	}
	memcpy(w->name, s, n);
	w->name[n] = '\0';
	memmove(w->rest, s + n, strlen(s + n) + 1);
	w->last = w->rest[0] == '\0';
	return EC_OK;
}

/* In a directory like this anybody can put another thing under any name. */
static enum ec
check_dir(struct place *p, struct err *e)
{
	if (fstat(p->dir, &p->dir_st) != 0)
		return file_fail(e, shown(p), "stat");
	if (!(p->dir_st.st_mode & S_IWOTH) || (p->dir_st.st_mode & S_ISVTX))
		return EC_OK;
	(void)fail(
	    e, EC_CONFIG, "%s: directory writable by everybody", shown(p));
	return fix(e, "chmod o-w %s", shown(p));
}

static enum ec
check_link(struct walk *w, const struct stat *st, struct err *e)
{
	if (++w->links > LINKS_MAX) {
		errno = ELOOP;
		return file_fail(e, shown(w->at), "follow that many links");
	}
	if (st->st_uid == 0 || st->st_uid == geteuid())
		return EC_OK;
	if (w->foreign && w->link_owner != st->st_uid) {
		(void)fail(e, EC_CONFIG,
		    "%s: links of users %u and %u lead here", shown(w->at),
		    w->link_owner, st->st_uid);
		return fix(e, "configure the real path (realpath)");
	}
	w->foreign = true;
	w->link_owner = st->st_uid;
	return EC_OK;
}

/* The link's text comes in front of what was left to walk. */
static enum ec
follow(struct walk *w, int link, const struct stat *st, struct err *e)
{
	char to[PATH_MAX];
	ssize_t n = readlinkat(link, "", to, sizeof(to));
	size_t left = strlen(w->rest) + 1;

	if (n < 0)
		return file_fail(e, shown(w->at), "read a link in it");
	TRY(check_link(w, st, e));
	if ((size_t)n + left > sizeof(w->rest)) {
		errno = ENAMETOOLONG;
		return file_fail(e, shown(w->at), "follow a link in it");
	}
	w->to_link = w->to_link || w->last;
	memmove(w->rest + n, w->rest, left);
	memcpy(w->rest, to, (size_t)n);
	return to[0] == '/' ? begin(w, "/", e) : EC_OK;
}

static enum ec
missing(struct walk *w, struct err *e)
{
	TRY(push(w, e));
	if (w->to_link) {
		(void)fail(e, EC_CONFIG, "%s: a dangling link leads here",
		    shown(w->at));
		return fix(e, "create that file, or remove the link");
	}
	if (!w->last)
		return file_fail(e, shown(w->at), "find the directory");
	w->done = true;
	return EC_OK;
}

static enum ec
enter(struct walk *w, int *fd, const struct stat *st, struct err *e)
{
	if (!S_ISDIR(st->st_mode)) {
		TRY(push(w, e));
		errno = ENOTDIR;
		return file_fail(e, shown(w->at), "enter");
	}
	put_fd(&w->at->dir, fd);
	if (strcmp(w->name, "..") == 0)
		pop(w->at);
	else if (strcmp(w->name, ".") != 0)
		return push(w, e);
	return EC_OK;
}

static enum ec
arrive(struct walk *w, int *fd, const struct stat *st, struct err *e)
{
	TRY(push(w, e));
	put_fd(&w->at->node, fd);
	w->at->st = *st;
	w->done = true;
	return EC_OK;
}

static enum ec
step(struct walk *w, struct err *e)
{
	AUTO(fd) int fd = -1;
	struct stat st;

	TRY(next_name(w, e));
	TRY(check_dir(w->at, e));
	fd = openat(w->at->dir, w->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return missing(w, e);
	if (fd < 0 || fstat(fd, &st) != 0)
		return file_fail(e, shown(w->at), "look up a name in it");
	if (S_ISLNK(st.st_mode))
		return follow(w, fd, &st, e);
	return w->last ? arrive(w, &fd, &st, e) : enter(w, &fd, &st, e);
}

/* Whom does it belong to, if not yet there: the owner of its directory. */
static enum ec
check_owner(const struct walk *w, struct err *e)
{
	const struct place *p = w->at;
	uid_t owner = p->node >= 0 ? p->st.st_uid : p->dir_st.st_uid;

	if (!w->foreign || w->link_owner == owner)
		return EC_OK;
	(void)fail(e, EC_CONFIG,
	    "%s: a link of user %u leads to a file of user %u", shown(p),
	    w->link_owner, owner);
	return fix(e,
	    "configure the real path, or make the link root's "
	    "(chown -h root LINK)");
}

enum ec
place_find(const char *path, struct place *ret, struct err *e)
{
	AUTO(place) struct place p = PLACE;
	struct walk w = { .at = &p };

	if (*path == '\0' || strlen(path) >= sizeof(w.rest)) {
		errno = *path == '\0' ? ENOENT : ENAMETOOLONG;
		return file_fail(e, "path", "use");
	}
	memcpy(w.rest, path, strlen(path) + 1);
	TRY(begin(&w, path, e));
	while (!w.done)
		TRY(step(&w, e));
	TRY(check_owner(&w, e));
	*ret = p;
	p = PLACE;
	return EC_OK;
}

const char *
place_name(const struct place *p)
{
	return strrchr(p->path.p, '/') + 1;
}

void
place_free(struct place *p)
{
	auto_fd(&p->dir);
	auto_fd(&p->node);
	buf_free(&p->path);
	*p = PLACE;
}

void
auto_place(struct place *p)
{
	place_free(p);
}
