#include "clients/program.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/run.h"
#include "base/spawn_user.h"

/* Where run() looks, see base/run.h. */
static const char *const dirs[] = {
	"/usr/local/sbin",
	"/usr/local/bin",
	"/usr/sbin",
	"/usr/bin",
	"/sbin",
	"/bin",
	NULL,
};

static bool
runnable(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	    access(path, X_OK) == 0;
}

static bool
found(const char *name)
{
	char path[4096];

	if (strchr(name, '/') != NULL)
		return *name == '/' && runnable(name);
	for (size_t i = 0; dirs[i] != NULL; i++) {
		const int n =
		    snprintf(path, sizeof(path), "%s/%s", dirs[i], name);

		if (n < (int)sizeof(path) && runnable(path))
			return true;
	}
	return false;
}

enum ec
program_check(const char *const *argv, struct err *e)
{
	if (*argv[0] != '\0' && found(argv[0]))
		return EC_OK;
	(void)fail(
	    e, EC_CONFIG, "%s: no program that can be executed", argv[0]);
	if (strchr(argv[0], ' ') != NULL)
		return fix(e,
		    "write the command as a list, one word an item: "
		    "[systemctl, reload, web]; no shell is used");
	return fix(e, "give its full path, or install it");
}

enum ec
program_check_user(const char *user, struct err *e)
{
	struct spawn_user u;

	return spawn_user_find(user, &u, e);
}

enum ec
program_plan(const char *const *argv, struct client_plan *ret, struct err *e)
{
	const size_t n = sizeof(ret->after);
	size_t len;

	if (argv == NULL)
		return EC_OK;
	TRY(program_check(argv, e));
	len = (size_t)snprintf(ret->after, n, "then run");
	for (; *argv != NULL && len < n; argv++)
		len +=
		    (size_t)snprintf(ret->after + len, n - len, " %s", *argv);
	return EC_OK;
}

enum ec
program_activate(const struct program_conf *p, struct err *e)
{
	struct run r = {
		.argv = p->argv,
		.user = p->user,
		.timeout_ms = p->timeout,
	};

	return p->argv != NULL ? run(&r, e) : EC_OK;
}
