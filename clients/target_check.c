/* target_check: what can be said of a target before anything is written. */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "clients/target_p.h"

#define NAMES_MAX 65536 /* of a group with very many members */

/* false: it is no number. */
static bool
number(const char *s, unsigned *ret)
{
	char *end = NULL;
	unsigned long v;

	if (s[strspn(s, "0123456789")] != '\0')
		return false;
	errno = 0;
	v = strtoul(s, &end, 10);
	if (errno != 0 || *end != '\0' || v >= (unsigned)-1)
		return false;
	*ret = (unsigned)v;
	return true;
}

static enum ec
unknown(const char *option, const char *name, int sys, struct err *e)
{
	errno = sys;
	if (sys != 0)
		return fail(e, EC_TEMP, "%s: cannot look up %s", option, name);
	(void)fail(e, EC_CONFIG, "%s: there is no %s", option, name);
	return fix(e, "make it, or give its number");
}

static enum ec
find_user(const char *name, uid_t *ret, struct err *e)
{
	AUTO(free) char *room = malloc(NAMES_MAX);
	struct passwd u, *found = NULL;
	int sys;

	if (number(name, ret))
		return EC_OK;
	if (room == NULL)
		return fail(e, EC_NOMEM, "owner: no memory");
	sys = getpwnam_r(name, &u, room, NAMES_MAX, &found);
	if (found == NULL)
		return unknown("owner", name, sys, e);
	*ret = u.pw_uid;
	return EC_OK;
}

static enum ec
find_group(const char *name, gid_t *ret, struct err *e)
{
	AUTO(free) char *room = malloc(NAMES_MAX);
	struct group g, *found = NULL;
	int sys;

	if (number(name, ret))
		return EC_OK;
	if (room == NULL)
		return fail(e, EC_NOMEM, "group: no memory");
	sys = getgrnam_r(name, &g, room, NAMES_MAX, &found);
	if (found == NULL)
		return unknown("group", name, sys, e);
	*ret = g.gr_gid;
	return EC_OK;
}

enum ec
target_owner(const struct target *t, uid_t *uid, gid_t *gid, struct err *e)
{
	if (t->owner != NULL)
		TRY(find_user(t->owner, uid, e));
	return t->group != NULL ? find_group(t->group, gid, e) : EC_OK;
}

enum ec
target_check(const struct target *t, struct err *e)
{
	TRY(form_check(&t->form, e));
	if (t->undo_dir != NULL && !t->in_place)
		return fail(e, EC_CONFIG, "undo_dir goes with in_place: true");
	if ((t->owner != NULL || t->group != NULL) && !t->form.create &&
	    !form_whole(&t->form)) {
		(void)fail(e, EC_CONFIG,
		    "owner and group are for a file that did not exist");
		return fix(e, "set create: true, or chown the file yourself");
	}
	return EC_OK;
}

/* Things to know that are no failure; the gravest one is told. */
static void
warn(const struct target *t, const struct target_files *f, char *ret, size_t n)
{
	struct stat st;

	for (size_t i = 0; i < FORM__FILES; i++) {
		const struct file *file = f->at[i].file;

		if (file == NULL)
			continue;
		if (file_unfinished(file)) {
			(void)snprintf(ret, n,
			    "a write of %s was cut off: the next one puts that "
			    "right first",
			    file_path(file));
			return;
		}
		if (stat(file_path(file), &st) == 0 &&
		    (st.st_mode & S_IROTH) != 0) {
			(void)snprintf(ret, n,
			    "%s can be read by every user: chmod o-r",
			    file_path(file));
			return;
		}
	}
	if (t->form.username_path != NULL)
		(void)snprintf(ret, n,
		    "a program that reads between the two files sees a mixed "
		    "pair: it must read both again after activate");
	else if (t->in_place)
		(void)snprintf(ret, n,
		    "written in place: a program that reads at that very "
		    "moment may see a part of each pair");
}

static void
say_how(const struct target *t, char *ret, size_t n)
{
	const size_t len = strlen(ret);

	(void)snprintf(ret + len, n - len, "%s%s",
	    t->in_place ? ", in place" : "",
	    t->immutable ? ", clear its immutable flag for that" : "");
}

enum ec
target_plan(const struct target *t, const struct client *c,
    struct client_plan *ret, struct err *e)
{
	AUTO(smtp_cred) struct smtp_cred cred = { .pass = NULL };
	AUTO(target_files) struct target_files f = TARGET_FILES;
	uid_t uid = (uid_t)-1;
	gid_t gid = (gid_t)-1;

	/* Also while the file is there: it may go before the write. */
	TRY(target_owner(t, &uid, &gid, e));
	TRY(smtp_cred_any(&cred, e));
	TRY(target_prepare(t, c, &cred, false, &f, e));
	for (size_t i = 0; i < FORM__FILES; i++)
		if (f.at[i].file != NULL)
			TRY(file_can_replace(
			    f.at[i].file, f.at[i].text.len, e));
	form_describe(&t->form, ret);
	say_how(t, ret->change, sizeof(ret->change));
	warn(t, &f, ret->warning, sizeof(ret->warning));
	return EC_OK;
}
