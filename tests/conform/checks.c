/* checks: what all drivers are held to. Each gets a fresh place. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
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
	enum ec ec = EC_GONE;

	if (unlink(p->target) != 0)
		return place_say(p, "%s: %s", p->target, strerror(errno));
	if (!refused(p, place_plan(p, &plan), "plan",
		p->row->creates ? EC_OK : EC_GONE, EC_GONE))
		return false;
	if (p->c.drv->read != NULL)
		ec = place_saw(p, p->c.drv->read(&p->c, &cred, &p->e));
	return refused(p, ec, "read", EC_GONE, EC_GONE);
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
	{ "plan changes nothing", NULL, plan_changes_nothing },
	{ "read gives what is there", has_text, reads_what_is_there },
	{ "read gives what was written", writes, reads_what_was_written },
	{ "write may be repeated", writes, write_may_be_repeated },
	{ "activate may be repeated", writes, activate_may_be_repeated },
	{ "hostile values are refused", writes, hostile_values },
	{ "a NUL is refused", writes, hostile_nul },
	{ "all other bytes are kept", has_text, rest_is_kept },
	{ "mode and owner are kept", has_text, mode_and_owner_are_kept },
	{ "a new file is private", creates, new_file_is_private },
	{ "no copies are left", has_file, no_copies },
	{ "a missing target is told", has_text, missing_target },
	{ "a wrong target is told", has_text, wrong_target },
	{ "a denied target is told", has_text_root, denied_target },
	{ "steps are complete", human, steps_are_complete },
	{ .name = NULL },
};
