/* check_file: what stands around a credential in a file, and beside it. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file.h"
#include "checks.h"

#define NOBODY 65534

static bool
rest_is_kept(struct place *p)
{
	AUTO(buf) struct buf want = BUF(FILE_MAX_BYTES);
	AUTO(buf) struct buf got = BUF(FILE_MAX_BYTES);

	place_text(p->row, &pair_new, &want);
	if (!check_writes(p, &pair_new))
		return false;
	check_content(p, &got);
	return check_same(p, &want, &got);
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
	if (!check_writes(p, &pair_new) || stat(p->target, &st) != 0)
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
	if (!check_writes(p, &pair_new) || stat(p->target, &st) != 0)
		return place_say(p, "not made: %s", p->e.what);
	if ((st.st_mode & 07777) != 0600)
		return place_say(p, "mode is %o", st.st_mode & 07777);
	return place_reads(p, &pair_new);
}

static bool
no_copies(struct place *p)
{
	return check_writes(p, &pair_new) && check_writes(p, &pair_next) &&
	    !place_litter(p, &pair_old) && !place_litter(p, &pair_new) &&
	    !place_litter(p, &pair_next);
}

extern const struct check checks_file[];
const struct check checks_file[] = {
	{ "all other bytes are kept", applies_text, rest_is_kept, NULL },
	{ "mode and owner are kept", applies_text, mode_and_owner_are_kept,
	    NULL },
	{ "a new file is private", applies_creates, new_file_is_private, NULL },
	{ "no copies are left", applies_file, no_copies, NULL },
	{ .name = NULL },
};
