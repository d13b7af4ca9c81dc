/*
 * store_owner: who holds the lease. A process is known by host, boot, process
 * id space, id and start time; all five, because ids are reused, and because
 * a container's ids mean nothing outside.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/auto.h"
#include "rotator/store_owner.h"

struct process {
	char state; /* as ps shows it: Z is a zombie; '\0': there is none */
	int64_t started;
};

/* proc(5), /proc/PID/stat: "pid (comm) state ..."; comm may hold anything,
 * also brackets. starttime is field 22, the 20th after comm. */
static bool
parse_stat(char *line, struct process *ret)
{
	char *p = strrchr(line, ')');

	if (p == NULL || p[1] != ' ')
		return false;
	ret->state = p[2];
	p += 2;
	for (int i = 0; i < 19 && p != NULL; i++) {
		p = strchr(p, ' ');
		if (p != NULL)
			p++;
	}
	if (p == NULL)
		return false;
	ret->started = strtoll(p, NULL, 10);
	return true;
}

static bool
process_find(int64_t pid, struct process *ret)
{
	AUTO(file) FILE *f = NULL;
	char path[64], line[1024];

	(void)snprintf(path, sizeof(path), "/proc/%" PRId64 "/stat", pid);
	f = fopen(path, "re");
	return f != NULL && fgets(line, sizeof(line), f) != NULL &&
	    parse_stat(line, ret);
}

void
owner_self(struct owner *ret)
{
	struct process me = { 0 };
	struct utsname u;
	ssize_t n;

	memset(ret, 0, sizeof(*ret));
	if (uname(&u) == 0)
		(void)snprintf(
		    ret->host, sizeof(ret->host), "%.64s", u.nodename);
	clock_boot_id(ret->boot);
	n = readlink("/proc/self/ns/pid", ret->space, sizeof(ret->space) - 1);
	if (n < 0)
		ret->space[0] = '\0';
	ret->pid = getpid();
	if (process_find(ret->pid, &me))
		ret->started = me.started;
}

/* /proc may be hidden or not mounted; then the id alone has to do. */
static enum owner_life
life_by_id(const struct owner *o)
{
	if (kill((pid_t)o->pid, 0) != 0 && errno == ESRCH)
		return OWNER_DEAD;
	return OWNER_ALIVE;
}

enum owner_life
owner_life(const struct owner *o)
{
	struct owner me;
	struct process p;

	owner_self(&me);
	if (strcmp(o->host, me.host) != 0 || me.boot[0] == '\0')
		return OWNER_UNKNOWN;
	if (strcmp(o->boot, me.boot) != 0)
		return OWNER_DEAD;
	if (strcmp(o->space, me.space) != 0)
		return OWNER_UNKNOWN;
	if (!process_find(o->pid, &p) || o->started == 0)
		return life_by_id(o);
	/* A zombie does nothing any more, but keeps its id. */
	if (p.started != o->started || p.state == 'Z' || p.state == 'X')
		return OWNER_DEAD;
	return OWNER_ALIVE;
}
