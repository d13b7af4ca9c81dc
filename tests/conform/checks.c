/* checks: what all drivers are held to. Each gets a fresh place. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file.h"
#include "conform.h"

#define NOBODY 65534

static bool
writes(const struct place *p)
{
	return p->c.drv->write != NULL;
}

static bool
human(const struct place *p)
{
	return p->c.drv->human;
}

static bool
has_file(const struct place *p)
{
	return writes(p) && p->row->target != NULL;
}

static bool
has_text(const struct place *p)
{
	return has_file(p) && p->row->text != NULL;
}

/* The file driver, whose file must be there; others go through programs,
 * which have their own words for a full disk. */
static bool
is_file(const struct place *p)
{
	return has_text(p) && p->row->driver != NULL &&
	    strcmp(p->row->driver, "file") == 0;
}

static bool
creates(const struct place *p)
{
	return has_file(p) && p->row->creates;
}

static bool
has_text_root(const struct place *p)
{
	return has_text(p) && geteuid() == 0;
}

static bool
write_ok(struct place *p, const struct pair *pair)
{
	if (place_write(p, pair) == EC_OK)
		return true;
	return place_say(p, "write: %s", p->e.what);
}

static bool
same(struct place *p, const struct buf *a, const struct buf *b)
{
	if (a->len == b->len && memcmp(buf_str(a), buf_str(b), a->len) == 0)
		return true;
	return place_say(p, "something changed in %s", p->dir);
}

/* EC classes that a refusal may have; more than one may be right. */
static bool
refused(struct place *p, enum ec ec, const char *what, enum ec a, enum ec b)
{
	if (ec == a || ec == b)
		return true;
	return place_say(p, "%s: %s, not %s: %s", what, ec_name(ec), ec_name(a),
	    ec == EC_OK ? "" : p->e.what);
}

static bool
plan_changes_nothing(struct place *p)
{
	AUTO(buf) struct buf before = BUF(FILE_MAX_BYTES);
	AUTO(buf) struct buf after = BUF(FILE_MAX_BYTES);
	struct client_plan plan = { .change = "" };

	place_snapshot(p, &before);
	if (place_plan(p, &plan) != EC_OK)
		return place_say(p, "plan: %s", p->e.what);
	if (plan.change[0] == '\0')
		return place_say(p, "plan: says nothing");
	place_snapshot(p, &after);
	return same(p, &before, &after);
}

static bool
reads_what_is_there(struct place *p)
{
	return place_reads(p, &pair_old);
}

static bool
reads_what_was_written(struct place *p)
{
	return write_ok(p, &pair_new) && place_reads(p, &pair_new) &&
	    write_ok(p, &pair_next) && place_reads(p, &pair_next);
}

static void
content(const struct place *p, struct buf *ret)
{
	struct err e;

	if (p->target[0] != '\0' && file_read(p->target, ret, &e) != EC_OK)
		buf_free(ret);
}

static bool
write_may_be_repeated(struct place *p)
{
	AUTO(buf) struct buf first = BUF(FILE_MAX_BYTES);
	AUTO(buf) struct buf second = BUF(FILE_MAX_BYTES);

	if (!write_ok(p, &pair_new))
		return false;
	content(p, &first);
	if (!write_ok(p, &pair_new))
		return false;
	content(p, &second);
	return same(p, &first, &second) && place_reads(p, &pair_new);
}

static bool
rest_is_kept(struct place *p)
{
	AUTO(buf) struct buf want = BUF(FILE_MAX_BYTES);
	AUTO(buf) struct buf got = BUF(FILE_MAX_BYTES);

	place_text(p->row, &pair_new, &want);
	if (!write_ok(p, &pair_new))
		return false;
	content(p, &got);
	return same(p, &want, &got);
}

/* Root can give the file away and see that it comes back so. */
static bool
mode_and_owner_are_kept(struct place *p)
{
	const uid_t owner = geteuid() == 0 ? NOBODY : geteuid();
	struct stat st;

	if (chmod(p->target, 0640) != 0 ||
	    chown(p->target, owner, (gid_t)-1) != 0)
		return place_say(p, "%s: %s", p->target, strerror(errno));
	if (!write_ok(p, &pair_new) || stat(p->target, &st) != 0)
		return false;
	if ((st.st_mode & 07777) != 0640 || st.st_uid != owner)
		return place_say(
		    p, "mode is %o, owner %u", st.st_mode & 07777, st.st_uid);
	return true;
}

static bool
new_file_is_private(struct place *p)
{
	struct stat st;

	(void)unlink(p->target);
	if (!write_ok(p, &pair_new) || stat(p->target, &st) != 0)
		return place_say(p, "not made: %s", p->e.what);
	if ((st.st_mode & 07777) != 0600)
		return place_say(p, "mode is %o", st.st_mode & 07777);
	return place_reads(p, &pair_new);
}

static bool
no_copies(struct place *p)
{
	return write_ok(p, &pair_new) && write_ok(p, &pair_next) &&
	    !place_litter(p, &pair_old) && !place_litter(p, &pair_new) &&
	    !place_litter(p, &pair_next);
}

static bool
hostile_values(struct place *p)
{
	static const struct pair hostile[] = {
		{ "AKIAI44QH8DHBEXAMPLE", "" },
		{ "AKIAI44QH8DHBEXAMPLE", "****" },
		{ "AKIAI44QH8DHBEXAMPLE", "BNew" },
		{ "AKIAI44QH8DHBEXAMPLE",
		    "BNew0123456789/+/+/+zyxwvutsrqponmlkjihgfe\nc" },
		{ "AKIAI44QH8DHBEXAMPLE",
		    "BNew0123456789/+/+/+zyxwvutsrqponmlkjihgfedc\n" },
		{ "AKIAI44QH8DHBEXAMPLE",
		    "********************************************" },
		{ "AKIAI44QH8DHB\nEXAMPLE",
		    "BNew0123456789/+/+/+zyxwvutsrqponmlkjihgfedc" },
		{ "", "BNew0123456789/+/+/+zyxwvutsrqponmlkjihgfedc" },
	};

	if (!write_ok(p, &pair_next))
		return false;
	for (size_t i = 0; i < COUNT(hostile); i++)
		if (place_write(p, &hostile[i]) != EC_BUG)
			return place_say(
			    p, "hostile pair %zu: %s", i, ec_name(p->e.ec));
	return place_reads(p, &pair_next);
}

/* A NUL cannot come through a C string. */
static bool
hostile_nul(struct place *p)
{
	AUTO(smtp_cred) struct smtp_cred cred = { .pass = NULL };
	char pass[SMTP_PASSWORD_LEN];

	memcpy(pass, pair_new.pass, sizeof(pass));
	pass[20] = '\0';
	(void)snprintf(cred.user, sizeof(cred.user), "%s", pair_new.user);
	if (!write_ok(p, &pair_next) ||
	    secret_new(pass, sizeof(pass), &cred.pass, &p->e) != EC_OK)
		return false;
	return refused(p, place_saw(p, p->c.drv->write(&p->c, &cred, &p->e)),
		   "write", EC_BUG, EC_BUG) &&
	    place_reads(p, &pair_next);
}

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
	if (!refused(p, place_plan(p, &plan), "plan",
		p->row->creates ? EC_OK : EC_GONE, EC_GONE))
		return false;
	if (p->c.drv->read != NULL)
		ec = place_saw(p, p->c.drv->read(&p->c, &cred, &p->e));
	/* What counts may be the file derived from it, which is still there. */
	return refused(
	    p, ec, "read", EC_GONE, p->row->derived != NULL ? EC_OK : EC_GONE);
}

static bool
wrong_target(struct place *p)
{
	struct client_plan plan;

	if (unlink(p->target) != 0 || mkdir(p->target, 0755) != 0)
		return place_say(p, "%s: %s", p->target, strerror(errno));
	return refused(
		   p, place_plan(p, &plan), "plan", EC_CONFIG, EC_CONFLICT) &&
	    refused(
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
	return refused(p, (enum ec)WEXITSTATUS(status), "plan as nobody",
	    EC_DENIED, EC_DENIED);
}

/* Says why, and what to do. */
static bool
clear(struct place *p, const char *why)
{
	if (strstr(p->e.what, why) != NULL && p->e.fix[0] != '\0')
		return true;
	return place_say(p, "not clear: %s (%s)", p->e.what, p->e.fix);
}

static bool
link_loop(struct place *p)
{
	struct client_plan plan;

	if (unlink(p->target) != 0 || symlink(p->target, p->target) != 0)
		return place_say(p, "%s: %s", p->target, strerror(errno));
	return refused(p, place_plan(p, &plan), "plan", EC_CONFIG, EC_CONFIG) &&
	    clear(p, "symbolic links") &&
	    refused(
		p, place_write(p, &pair_new), "write", EC_CONFIG, EC_CONFIG);
}

/* Until not a byte more goes in. */
static void
fill(const char *path)
{
	static const char block[4096];
	const int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	for (size_t n = sizeof(block); n > 0; n /= 2)
		while (write(fd, block, n) == (ssize_t)n)
			;
	(void)close(fd);
}

static bool
holds_old(struct place *p)
{
	AUTO(buf) struct buf want = BUF(FILE_MAX_BYTES);
	AUTO(buf) struct buf got = BUF(FILE_MAX_BYTES);

	place_text(p->row, &pair_old, &want);
	content(p, &got);
	return same(p, &want, &got) && place_reads(p, &pair_old);
}

/* plan() sees it, write() fails and leaves no trace; with room all is well. */
static bool
disk_full(struct place *p)
{
	AUTO(buf) struct buf before = BUF(FILE_MAX_BYTES);
	AUTO(buf) struct buf after = BUF(FILE_MAX_BYTES);
	char filler[PATH_MAX];
	struct client_plan plan;

	fill(place_path(p, "filler", filler));
	place_snapshot(p, &before);
	if (!refused(p, place_plan(p, &plan), "plan", EC_IO, EC_IO) ||
	    !clear(p, "No space left") ||
	    !refused(p, place_write(p, &pair_new), "write", EC_IO, EC_IO) ||
	    !clear(p, "No space left") || !holds_old(p))
		return false;
	place_snapshot(p, &after);
	if (unlink(filler) != 0)
		return place_say(p, "%s: %s", filler, strerror(errno));
	return before.len == after.len && write_ok(p, &pair_new) &&
	    place_reads(p, &pair_new);
}

static bool
read_only(struct place *p)
{
	struct client_plan plan;

	if (mount("none", p->dir, NULL, MS_REMOUNT | MS_RDONLY, NULL) != 0)
		return place_say(p, "remount: %s", strerror(errno));
	return refused(p, place_plan(p, &plan), "plan", EC_DENIED, EC_DENIED) &&
	    clear(p, "Read-only file system") &&
	    refused(
		p, place_write(p, &pair_new), "write", EC_DENIED, EC_DENIED) &&
	    clear(p, "Read-only file system") && holds_old(p);
}

static bool
activate_may_be_repeated(struct place *p)
{
	if (!write_ok(p, &pair_new))
		return false;
	for (int i = 0; i < 2 && p->c.drv->activate != NULL; i++)
		if (place_saw(p, p->c.drv->activate(&p->c, &p->e)) != EC_OK)
			return place_say(p, "activate: %s", p->e.what);
	return place_reads(p, &pair_new);
}

static bool
steps_are_complete(struct place *p)
{
	AUTO(buf) struct buf text = BUF(65536);
	const char *const parts[] = { "mail.example.com", "587", pair_new.user,
		"rotate show-once web", "rotate confirm web" };

	if (p->c.drv->steps(&p->c, pair_new.user, &text, &p->e) != EC_OK)
		return place_say(p, "steps: %s", p->e.what);
	for (size_t i = 0; i < COUNT(parts); i++)
		if (strstr(buf_str(&text), parts[i]) == NULL)
			return place_say(p, "steps: no %s", parts[i]);
	return true;
}

const struct check checks[] = {
	{ "plan changes nothing", NULL, plan_changes_nothing, NULL },
	{ "read gives what is there", has_text, reads_what_is_there, NULL },
	{ "read gives what was written", writes, reads_what_was_written, NULL },
	{ "write may be repeated", writes, write_may_be_repeated, NULL },
	{ "activate may be repeated", writes, activate_may_be_repeated, NULL },
	{ "hostile values are refused", writes, hostile_values, NULL },
	{ "a NUL is refused", writes, hostile_nul, NULL },
	{ "all other bytes are kept", has_text, rest_is_kept, NULL },
	{ "mode and owner are kept", has_text, mode_and_owner_are_kept, NULL },
	{ "a new file is private", creates, new_file_is_private, NULL },
	{ "no copies are left", has_file, no_copies, NULL },
	{ "a missing target is told", has_text, missing_target, NULL },
	{ "a wrong target is told", has_text, wrong_target, NULL },
	{ "a denied target is told", has_text_root, denied_target, NULL },
	{ "a loop of links is told", is_file, link_loop, NULL },
	{ "a full disk keeps the old pair", is_file, disk_full,
	    "mode=755,size=128k" },
	{ "a read-only disk keeps the old pair", is_file, read_only,
	    "mode=755,size=128k" },
	{ "steps are complete", human, steps_are_complete, NULL },
	{ .name = NULL },
};
