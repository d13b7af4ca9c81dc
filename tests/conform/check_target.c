/* check_target: a file that is not there, is none, or cannot be written. What
 * can go wrong elsewhere is told by each row: trouble.h. */
#include <errno.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file.h"
#include "checks.h"
#include "trouble.h"

#define NOBODY 65534

static bool
missing_target(struct place *p)
{
	AUTO(smtp_cred) struct smtp_cred cred = { .pass = NULL };
	struct client_plan plan;
	char derived[PATH_MAX];
	enum ec ec = EC_GONE;

	if (p->row->derived != NULL)
		(void)unlink(place_path(p, p->row->derived, derived));
	if (unlink(p->target) != 0)
		return place_say(p, "%s: %s", p->target, strerror(errno));
	if (!check_refused(p, place_plan(p, &plan), "plan",
		p->row->creates ? EC_OK : EC_GONE, EC_GONE))
		return false;
	if (p->c.drv->read != NULL)
		ec = place_saw(p, p->c.drv->read(&p->c, &cred, &p->e));
	/* What counts may be the file derived from it, which is still there. */
	return check_refused(
	    p, ec, "read", EC_GONE, p->row->derived != NULL ? EC_OK : EC_GONE);
}

static bool
wrong_target(struct place *p)
{
	struct client_plan plan;

	if (unlink(p->target) != 0 || mkdir(p->target, 0755) != 0)
		return place_say(p, "%s: %s", p->target, strerror(errno));
	return check_refused(
		   p, place_plan(p, &plan), "plan", EC_CONFIG, EC_CONFLICT) &&
	    check_refused(
		p, place_write(p, &pair_new), "write", EC_CONFIG, EC_CONFLICT);
}

/* plan() as nobody, in a child of its own; the class comes as exit code. */
static bool
denied_target(struct place *p)
{
	struct client_plan plan;
	const pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		if (setgid(NOBODY) != 0 || setuid(NOBODY) != 0)
			_exit(EC__MAX);
		_exit((int)place_plan(p, &plan));
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return place_say(p, "no child: %s", strerror(errno));
	return check_refused(p, (enum ec)WEXITSTATUS(status), "plan as nobody",
	    EC_DENIED, EC_DENIED);
}

static bool
link_loop(struct place *p)
{
	struct client_plan plan;

	if (unlink(p->target) != 0 || symlink(p->target, p->target) != 0)
		return place_say(p, "%s: %s", p->target, strerror(errno));
	return check_refused(
		   p, place_plan(p, &plan), "plan", EC_CONFIG, EC_CONFIG) &&
	    check_clear(p, "symbolic links") &&
	    check_refused(
		p, place_write(p, &pair_new), "write", EC_CONFIG, EC_CONFIG);
}

static bool
holds_old(struct place *p)
{
	AUTO(buf) struct buf want = BUF(FILE_MAX_BYTES);
	AUTO(buf) struct buf got = BUF(FILE_MAX_BYTES);

	place_text(p->row, &pair_old, &want);
	check_content(p, &got);
	return check_same(p, &want, &got) && place_reads(p, &pair_old);
}

/* plan() sees it, write() fails and leaves no trace; with room all is well. */
static bool
disk_full(struct place *p)
{
	AUTO(buf) struct buf before = BUF(FILE_MAX_BYTES);
	AUTO(buf) struct buf after = BUF(FILE_MAX_BYTES);
	char filler[PATH_MAX];
	struct client_plan plan;

	trouble_fill(place_path(p, "filler", filler));
	place_snapshot(p, &before);
	if (!check_refused(p, place_plan(p, &plan), "plan", EC_IO, EC_IO) ||
	    !check_clear(p, "No space left") ||
	    !check_refused(
		p, place_write(p, &pair_new), "write", EC_IO, EC_IO) ||
	    !check_clear(p, "No space left") || !holds_old(p))
		return false;
	place_snapshot(p, &after);
	if (unlink(filler) != 0)
		return place_say(p, "%s: %s", filler, strerror(errno));
	return before.len == after.len && check_writes(p, &pair_new) &&
	    place_reads(p, &pair_new);
}

static bool
read_only(struct place *p)
{
	struct client_plan plan;

	if (mount("none", p->dir, NULL, MS_REMOUNT | MS_RDONLY, NULL) != 0)
		return place_say(p, "remount: %s", strerror(errno));
	return check_refused(
		   p, place_plan(p, &plan), "plan", EC_DENIED, EC_DENIED) &&
	    check_clear(p, "Read-only file system") &&
	    check_refused(
		p, place_write(p, &pair_new), "write", EC_DENIED, EC_DENIED) &&
	    check_clear(p, "Read-only file system") && holds_old(p);
}

extern const struct check checks_target[];
const struct check checks_target[] = {
	{ "a missing target is told", applies_text, missing_target, NULL },
	{ "a wrong target is told", applies_text, wrong_target, NULL },
	{ "a denied target is told", applies_text_root, denied_target, NULL },
	{ "a loop of links is told", applies_file_driver, link_loop, NULL },
	{ "a full disk keeps the old pair", applies_file_driver, disk_full,
	    "mode=755,size=128k" },
	{ "a read-only disk keeps the old pair", applies_file_driver, read_only,
	    "mode=755,size=128k" },
	{ .name = NULL },
};
