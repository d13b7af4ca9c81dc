/*
 * hostile: the owner of the directory, who wants our hand on files that are
 * not his. Each row is one exchange that he repeats as fast as he can; the
 * kernel makes it in one step (RENAME_EXCHANGE), so that there is never a
 * moment in which nothing is under the name.
 */
#include "race.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdnoreturn.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#define HARD_LINKS 4000

/* A link; that it cannot be made is part of the game. */
static void
lead(const char *to, const char *from)
{
	if (symlink(to, from) != 0)
		return;
}

static void
exchange(const char *a, const char *b)
{
	(void)renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE);
}

static bool
is_kind(const char *path, mode_t kind)
{
	struct stat st;

	return lstat(path, &st) == 0 && (st.st_mode & S_IFMT) == kind;
}

/* Our rename() may have put the new file over his trap: then there are two
 * files, and he sets the trap again. */
static void
put_file(const char *path)
{
	static const char text[] =
	    "SMTP_USER=AKIAOLDOLDOLDOLD0001\nSMTP_PASS=old\nMINE=yes\n";
	const int fd = open(
	    path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd >= 0 && write(fd, text, sizeof(text) - 1) < 0)
		_exit(1);
	if (fd >= 0)
		(void)close(fd);
}

static void
set_trap(const char *to)
{
	(void)unlink("a/d/trap");
	(void)unlink("a/d/conf");
	lead(to, "a/d/trap");
	put_file("a/d/conf");
}

static void
swap_link_to(const char *to)
{
	exchange("a/d/conf", "a/d/trap");
	if (is_kind("a/d/conf", S_IFLNK) == is_kind("a/d/trap", S_IFLNK))
		set_trap(to);
}

static void
swap_link(void)
{
	swap_link_to("../../../victim/conf");
}

static void
swap_link_etc(void)
{
	swap_link_to("../../../victim/etc");
}

/* A link of his own to a file of his own is allowed; that leads on from there
 * to the victim. */
static void
swap_chain(void)
{
	if (!is_kind("step", S_IFLNK))
		lead("../victim/conf", "step");
	swap_link_to("../../step");
}

/* The system may not let him make them (fs.protected_hardlinks), so that he
 * gets as many as he can want. */
static void
prepare_hard(const struct scene *s)
{
	char to[64];

	for (int i = 0; i < HARD_LINKS; i++) {
		(void)snprintf(to, sizeof(to), "h/loot/hard%d", i);
		if (link(scene_path(s, "victim/spare"), scene_path(s, to)) != 0)
			die("link");
	}
}

/* Our rename() has put the new file over the second name: the next, then. */
static void
swap_hard(void)
{
	static unsigned n;
	char next[64];
	struct stat a, b;

	exchange("a/d/conf", "a/d/hard");
	if (lstat("a/d/conf", &a) == 0 && lstat("a/d/hard", &b) == 0 &&
	    (a.st_uid == 0 || b.st_uid == 0))
		return;
	(void)snprintf(next, sizeof(next), "loot/hard%u", n++ % HARD_LINKS);
	(void)rename(next, "a/d/hard");
}

static void
swap_dir(void)
{
	if (!is_kind("a/way", S_IFLNK) && !is_kind("a/d", S_IFLNK))
		lead("../../victim", "a/way");
	exchange("a/d", "a/way");
}

static void
swap_parent(void)
{
	if (!is_kind("way", S_IFLNK) && !is_kind("a", S_IFLNK))
		lead("../victim", "way");
	exchange("a", "way");
}

static void
swap_own_dirs(void)
{
	exchange("a", "other");
}

static void
swap_fifo(void)
{
	if (!is_kind("a/d/fifo", S_IFIFO) && !is_kind("a/d/conf", S_IFIFO)) {
		(void)unlink("a/d/fifo");
		(void)mkfifo("a/d/fifo", 0666);
	}
	exchange("a/d/conf", "a/d/fifo");
}

/* Takes each file of ours away while it is being made, and puts a link to the
 * victim, or a file of his own, under its name. */
static void
swap_ours(const char *dir)
{
	static unsigned n;
	DIR *d = opendir(dir);
	const struct dirent *at;
	char from[512], to[64];

	while (d != NULL && (at = readdir(d)) != NULL) {
		if (strncmp(at->d_name, ".rotate-", 8) != 0)
			continue;
		(void)snprintf(from, sizeof(from), "%s/%s", dir, at->d_name);
		if (is_kind(from, S_IFLNK)) {
			(void)unlink(from);
			continue;
		}
		(void)snprintf(to, sizeof(to), "loot/%u", n++ % 16);
		(void)rename(from, to);
		if (n % 3 == 0)
			(void)rename(to, from); /* the very same, back again */
		else if (n % 3 == 1)
			lead("../../../victim/conf", from);
		else
			put_file(from);
	}
	if (d != NULL)
		(void)closedir(d);
}

static void
swap_temp(void)
{
	swap_ours("a/d");
	if (is_kind("a/d/conf", S_IFREG))
		return;
	(void)unlink("a/d/conf");
	put_file("a/d/conf");
}

static void
prepare_absent(const struct scene *s)
{
	if (unlink(scene_path(s, "h/a/d/conf")) != 0)
		die("unlink");
}

/* Where nothing is, a link to where nothing is: beside the victims. */
static void
swap_absent(void)
{
	(void)unlink("a/d/conf");
	lead("../../../victim/new", "a/d/conf");
	(void)unlink("a/d/conf");
	if (!is_kind("a/way", S_IFLNK) && !is_kind("a/d", S_IFLNK))
		lead("../../victim", "a/way");
	exchange("a/d", "a/way");
	exchange("a/d", "a/way");
}

const struct row rows[] = {
	{ "file and link to the credential of another", .swap = swap_link },
	{ "file and link to a file like /etc/passwd", .swap = swap_link_etc },
	{ "file and a chain of links", .swap = swap_chain },
	{ "file and a second name of the victim", .linked = true,
	    .prepare = prepare_hard, .swap = swap_hard },
	{ "directory and link to the directory of the victim",
	    .swap = swap_dir },
	{ "directory above, and link", .swap = swap_parent },
	{ "two directories of his own", .swap = swap_own_dirs },
	{ "file and FIFO", .swap = swap_fifo },
	{ "our temporary file", .swap = swap_temp },
	{ "file that is not there, and dangling link", .create = true,
	    .prepare = prepare_absent, .swap = swap_absent },
	{ "in place: file and link", .in_place = true, .swap = swap_link },
	{ "in place: file and a second name of the victim", .in_place = true,
	    .linked = true, .prepare = prepare_hard, .swap = swap_hard },
	{ "in place: directory and link", .in_place = true, .swap = swap_dir },
	{ "in place: directory above, and link", .in_place = true,
	    .swap = swap_parent },
	{ "in place: two directories of his own", .in_place = true,
	    .swap = swap_own_dirs },
	{ "in place: our record", .in_place = true, .swap = swap_temp },
	{ .name = NULL },
};

static unsigned
chance(void)
{
	static unsigned seed = 2463534242U; /* xorshift, G. Marsaglia, 2003 */

	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed;
}

static void
keep_still(unsigned max_ns)
{
	const long ns = (long)(chance() % max_ns);
	struct timespec from, now;

	(void)clock_gettime(CLOCK_MONOTONIC, &from);
	do
		(void)clock_gettime(CLOCK_MONOTONIC, &now);
	while ((now.tv_sec - from.tv_sec) * 1000000000 + now.tv_nsec -
		from.tv_nsec <
	    ns);
}

/*
 * Who only swaps as fast as he can is found out at the first look. To come
 * between the last look and the act he must have kept still for a while (an
 * attempt takes some 100 us); and what he did in a moment that matters he must
 * undo before the next look.
 */
static noreturn void
swap_for_ever(const struct row *row)
{
	for (;;) {
		row->swap();
		if (chance() % 2 == 0) {
			keep_still(12000);
			row->swap();
		}
		if (chance() % 4 != 0)
			keep_still(200000);
	}
}

static void
become(uid_t uid)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (setgroups(0, NULL) != 0 || setresgid(uid, uid, uid) != 0 ||
	    setresuid(uid, uid, uid) != 0)
		die("another user");
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
}

pid_t
hostile_start(const struct scene *s, const struct row *row)
{
	const pid_t pid = fork();

	if (pid != 0)
		return pid;
	if (chdir(scene_path(s, "h")) != 0)
		die("h");
	become(HOSTILE);
	swap_for_ever(row);
}

/* Everything he finds, as often as he can. */
static bool
can_read_one(const char *dir)
{
	DIR *d = opendir(dir);
	const struct dirent *at;
	bool any = false;

	while (d != NULL && !any && (at = readdir(d)) != NULL) {
		char path[512];
		struct stat st;
		int fd;

		if (strcmp(at->d_name, "conf") != 0 &&
		    strncmp(at->d_name, ".rotate-", 8) != 0)
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", dir, at->d_name);
		fd = open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
		any = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
		if (fd >= 0)
			(void)close(fd);
	}
	if (d != NULL)
		(void)closedir(d);
	return any;
}

pid_t
bystander_start(const struct scene *s)
{
	const pid_t pid = fork();

	if (pid != 0)
		return pid;
	become(BYSTANDER);
	for (;;) {
		if (can_read_one(scene_path(s, "h/a/d")))
			_exit(2);
		(void)usleep(200); /* his speed is not what is tested */
	}
}
