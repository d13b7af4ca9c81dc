/* scene: see race.h. */
#include "race.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ENTRIES                                                                \
	4 /* of victim/, with "." and ".." not counted: 3, and spare           \
	   */

static const struct {
	const char *name, *text;
	mode_t mode;
} victims[VICTIM__MAX] = {
	[VICTIM_CONF] = { "victim/conf",
	    "SMTP_USER=AKIAVICTIMVICTIM0001\n"
	    "SMTP_PASS=" CANARY "\nOTHER=" CANARY "\n",
	    0600 },
	[VICTIM_ETC] = { "victim/etc",
	    "root:x:0:0:" CANARY ":/root:/bin/sh\n"
	    "SMTP_USER=a\nSMTP_PASS=b\n",
	    0644 },
	[VICTIM_SPARE] = { "victim/spare",
	    "SMTP_USER=a\nSMTP_PASS=" CANARY "\nOTHER=" CANARY "\n", 0600 },
};

void
die(const char *what)
{
	(void)printf("Bail out! %s: %s\n", what, strerror(errno));
	(void)fflush(stdout);
	_exit(1);
}

const char *
scene_path(const struct scene *s, const char *name)
{
	static char paths[4][2 * RACE_PATH];
	static unsigned at;
	char *p = paths[at++ % 4];

	(void)snprintf(p, sizeof(paths[0]), "%s/%s", s->base, name);
	return p;
}

static void
put(const char *path, const char *text, mode_t mode, uid_t uid)
{
	const int fd =
	    open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) ||
	    fchown(fd, uid, uid) != 0 || fchmod(fd, mode) != 0 ||
	    close(fd) != 0)
		die(path);
}

static void
make_dir(const struct scene *s, const char *name, uid_t uid)
{
	const char *path = scene_path(s, name);

	if (mkdir(path, 0755) != 0 || chown(path, uid, uid) != 0)
		die(path);
}

#define OWN "SMTP_USER=AKIAOLDOLDOLDOLD0001\nSMTP_PASS=old\nMINE=yes\n"

static void
make_own(const struct scene *s)
{
	static const char *const dirs[] = { "h", "h/loot", "h/a", "h/a/d",
		"h/other", "h/other/d" };

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		make_dir(s, dirs[i], HOSTILE);
	put(scene_path(s, "h/a/d/conf"), OWN, 0600, HOSTILE);
	put(scene_path(s, "h/a/d/spare"), OWN, 0600, HOSTILE);
	put(scene_path(s, "h/other/d/conf"), OWN, 0600, HOSTILE);
}

void
scene_make(struct scene *s, const struct row *row)
{
	(void)umask(0);
	/* Memory: an fsync costs nothing there. */
	(void)snprintf(s->base, sizeof(s->base), "/dev/shm/race-XXXXXX");
	if (mkdtemp(s->base) == NULL || chmod(s->base, 0755) != 0)
		die(s->base);
	make_dir(s, "victim", 0);
	make_dir(s, "state", 0);
	make_own(s);
	for (size_t i = 0; i < VICTIM__MAX; i++)
		put(scene_path(s, victims[i].name), victims[i].text,
		    victims[i].mode, 0);
	/* The same from one level above: victim/d/conf is victim/conf. */
	if (symlink(".", scene_path(s, "victim/d")) != 0)
		die("victim/d");
	if (row->prepare != NULL)
		row->prepare(s);
	for (size_t i = 0; i < VICTIM__MAX; i++) {
		s->victims[i] = open(scene_path(s, victims[i].name),
		    O_PATH | O_NOFOLLOW | O_CLOEXEC);
		if (s->victims[i] < 0 || fstat(s->victims[i], &s->was[i]) != 0)
			die(victims[i].name);
	}
}

static int
remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

void
scene_remove(const struct scene *s)
{
	for (size_t i = 0; i < VICTIM__MAX; i++)
		(void)close(s->victims[i]);
	(void)nftw(s->base, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static bool
same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static size_t
count(const char *path)
{
	DIR *d = opendir(path);
	size_t n = 0;

	if (d == NULL)
		die(path);
	while (readdir(d) != NULL)
		n++;
	(void)closedir(d);
	return n - 2;
}

const char *
scene_harm(const struct scene *s, bool linked)
{
	for (size_t i = 0; i < VICTIM__MAX; i++) {
		const struct stat *was = &s->was[i];
		struct stat is;

		if (fstat(s->victims[i], &is) != 0)
			die(victims[i].name);
		if (is.st_uid != was->st_uid || is.st_gid != was->st_gid)
			return "a victim has another owner";
		if (is.st_mode != was->st_mode)
			return "a victim has another mode";
		if (is.st_size != was->st_size ||
		    !same_time(&is.st_mtim, &was->st_mtim))
			return "a victim was written to";
		if (!linked && !same_time(&is.st_ctim, &was->st_ctim))
			return "a victim was touched";
	}
	if (count(scene_path(s, "victim")) != ENTRIES)
		return "a file was made or removed beside the victims";
	return NULL;
}

static const struct scene *looking;
static const char *leak;

static bool
is_victim(const struct stat *st)
{
	for (size_t i = 0; i < VICTIM__MAX; i++)
		if (st->st_ino == looking->was[i].st_ino)
			return true;
	return false;
}

/* Whatever it is called and whoever owns it. */
static int
look(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	char text[4096];
	struct stat is;
	ssize_t n;
	int fd;

	(void)st;
	(void)ftw;
	if (flag != FTW_F)
		return 0;
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	/* Not what nftw() saw: he has gone on exchanging things. */
	n = fd >= 0 && fstat(fd, &is) == 0 && S_ISREG(is.st_mode) &&
		!is_victim(&is)
	    ? read(fd, text, sizeof(text))
	    : -1;
	if (fd >= 0)
		(void)close(fd);
	if (n > 0 && memmem(text, (size_t)n, CANARY, strlen(CANARY)) != NULL)
		leak = "the content of a victim was copied to the user";
	return 0;
}

const char *
scene_leak(const struct scene *s)
{
	looking = s;
	leak = NULL;
	(void)nftw(scene_path(s, "h"), look, 16, FTW_PHYS);
	return leak;
}

static void
sweep(const struct scene *s, const char *dir)
{
	const char *path = scene_path(s, dir);
	const struct dirent *n;
	DIR *d = opendir(path);

	while (d != NULL && (n = readdir(d)) != NULL)
		if (strncmp(n->d_name, ".rotate-", 8) == 0)
			(void)unlinkat(dirfd(d), n->d_name, 0);
	if (d != NULL)
		(void)closedir(d);
}

void
scene_mend(const struct scene *s)
{
	sweep(s, "h/a/d");
	sweep(s, "h/other/d");
	sweep(s, "state");
}
