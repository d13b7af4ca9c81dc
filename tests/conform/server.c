/* server: see server.h. */
#include "server.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/clock.h"
#include "base/net.h"
#include "sigv4/account.h"
#include "sigv4/aws.h"

#define SERVERS 8

static struct server {
	const char *what[2];
	unsigned port;
} servers[SERVERS];

static bool
same(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static void
serve(const char *const *argv, int out)
{
	char *copy[32] = { NULL };

	for (size_t i = 0; i < 31 && argv[i] != NULL; i++)
		copy[i] = strdup(argv[i]);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && dup2(out, 1) == 1)
		(void)execvp(copy[0], copy);
	perror(argv[0]);
	_exit(127);
}

static unsigned
start(struct place *p, const char *const *argv)
{
	char line[128] = "";
	unsigned port = 0;
	int ends[2];
	FILE *f;
	pid_t pid;

	if (pipe(ends) != 0 || (pid = fork()) < 0)
		return place_say(p, "%s: no pipe, no child", argv[0]);
	if (pid == 0)
		serve(argv, ends[1]);
	(void)close(ends[1]);
	f = fdopen(ends[0], "r");
	if (f != NULL && fgets(line, sizeof(line), f) != NULL &&
	    strncmp(line, "ready ", 6) == 0)
		port = (unsigned)strtoul(line + 6, NULL, 10);
	/* The pipe stays open: the server may go on printing. */
	if (port == 0)
		(void)place_say(p,
		    "%s %s: said no \"ready PORT\" but \"%.60s\"", argv[0],
		    argv[1], line);
	return port;
}

unsigned
server_port(struct place *p, const char *const *argv)
{
	for (size_t i = 0; i < SERVERS; i++) {
		struct server *s = &servers[i];

		if (s->port != 0 && same(s->what[0], argv[0]) &&
		    same(s->what[1], argv[1]))
			return s->port;
		if (s->port != 0)
			continue;
		s->what[0] = argv[0];
		s->what[1] = argv[1];
		s->port = start(p, argv);
		return s->port;
	}
	return place_say(p, "too many servers");
}

static enum ec
lend_net(void *ctx, struct net **ret, struct err *e)
{
	static struct net *net;

	(void)ctx;
	if (net == NULL)
		TRY(net_new(NULL, &net, e));
	*ret = net;
	return EC_OK;
}

/* One session as ourselves, for rows use one region; and one as a role, of the
 * place that was made last: an account remembers for a while that its role
 * could not be assumed. */
static struct aws_env env;
static struct aws *aws, *role_aws;
static struct aws_account *own, *role;

void
server_forget(void)
{
	aws_close(role_aws);
	aws_account_close(role);
	aws_account_close(own);
	role_aws = NULL;
	role = own = NULL;
}

static enum ec
lend_role(struct net *net, const struct sts_role *as, struct aws_options *o,
    struct aws **ret, struct err *e)
{
	if (own == NULL)
		TRY(aws_account_open(&env, &own, e));
	if (role == NULL)
		TRY(aws_account_open_role(own, o->region, as, &role, e));
	o->account = role;
	if (role_aws == NULL)
		TRY(aws_open(net, &env, o, &role_aws, e));
	*ret = role_aws;
	return EC_OK;
}

static enum ec
lend_aws(void *ctx, const struct sts_role *as, const char *region,
    struct aws **ret, struct err *e)
{
	struct aws_options o = { .region = region, .attempts = 1 };
	struct net *net = NULL;

	TRY(lend_net(ctx, &net, e));
	env = aws_env_process;
	env.net = net;
	if (as != NULL)
		return lend_role(net, as, &o, ret, e);
	if (aws == NULL)
		TRY(aws_open(net, &env, &o, &aws, e));
	*ret = aws;
	return EC_OK;
}

static const char *
lend_env(void *ctx, const char *name)
{
	(void)ctx;
	return getenv(name);
}

static int64_t
lend_wall(void *ctx)
{
	(void)ctx;
	return clock_wall();
}

static void
lend_sleep(void *ctx, int64_t ms)
{
	(void)ctx;
	clock_sleep(ms);
}

void
server_reach(struct place *p)
{
	static const struct client_reach reach = { .net = lend_net,
		.aws = lend_aws,
		.env = lend_env,
		.wall = lend_wall,
		.sleep = lend_sleep };

	server_forget();
	p->c.reach = &reach;
}
