/* spawn_user: see spawn_user.h. */
#include "base/spawn_user.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/auto.h"

#define ROOM_MAX ((size_t)64 * 1024) /* for a line of passwd(5) */
/* (uid_t)-1 means "leave it", and the one before is often "nobody else". */
#define NUMBER_MAX 0xfffffffdUL

static bool
number(const char *s, uid_t *ret)
{
	char *end = NULL;
	unsigned long n;

	if (*s < '0' || *s > '9')
		return false;
	errno = 0;
	n = strtoul(s, &end, 10);
	*ret = (uid_t)n;
	return errno == 0 && *end == '\0' && n <= NUMBER_MAX;
}

static enum ec
look_up(const char *name, struct spawn_user *ret, struct err *e)
{
	AUTO(free) char *room = malloc(ROOM_MAX);
	struct passwd line, *found = NULL;
	const bool by_number = number(name, &ret->uid);
	int sys;

	if (room == NULL)
		return fail(e, EC_NOMEM, "user: no memory");
	sys = by_number ? getpwuid_r(ret->uid, &line, room, ROOM_MAX, &found)
			: getpwnam_r(name, &line, room, ROOM_MAX, &found);
	ret->gid = found != NULL ? found->pw_gid : ret->uid;
	if (found == NULL && !by_number && sys != 0)
		return fail(e, EC_TEMP, "user: cannot look up %s", name);
	if (found == NULL && !by_number) {
		(void)fail(e, EC_CONFIG, "user: there is no %s", name);
		return fix(e, "make that account, or give its number");
	}
	if (found != NULL)
		ret->uid = found->pw_uid;
	return EC_OK;
}

enum ec
spawn_user_find(const char *name, struct spawn_user *ret, struct err *e)
{
	*ret = (struct spawn_user){ .other = false };
	if (name == NULL)
		return EC_OK;
	TRY(look_up(name, ret, e));
	if (geteuid() != 0 && ret->uid != geteuid()) {
		(void)fail(e, EC_CONFIG,
		    "user: only root can run a program as %s", name);
		return fix(e, "leave it out, or run rotate as root");
	}
	ret->other = geteuid() == 0;
	return EC_OK;
}

bool
spawn_user_become(const struct spawn_user *u)
{
	if (!u->other)
		return true;
	return setgroups(0, NULL) == 0 &&
	    setresgid(u->gid, u->gid, u->gid) == 0 &&
	    setresuid(u->uid, u->uid, u->uid) == 0 &&
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}
