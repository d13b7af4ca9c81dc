/*
 * rows_remote: a file on "another host", which is this one, through a real
 * sshd and `rotate agent`. The program of the same build is the agent.
 */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server.h"
#include "trouble.h"

/* Of the one sshd of this process; its keys are made once. */
static char home[64];

static int
remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static void
remove_home(void)
{
	(void)nftw(home, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static unsigned
start(struct place *p)
{
	const char *const argv[] = { "python3", "tests/standin/sshd.py", home,
		NULL };

	if (home[0] == '\0') {
		(void)snprintf(home, sizeof(home), "/tmp/conform-sshd-XXXXXX");
		if (mkdtemp(home) == NULL)
			return place_say(p, "%s: not made", home);
		(void)chmod(home, 0755);
		(void)atexit(remove_home);
	}
	return server_port(p, argv);
}

/* build/FLAVOUR/rotate, beside build/FLAVOUR/tests/conform/conform. */
static bool
agent_path(struct place *p, char ret[PATH_MAX])
{
	ssize_t n = readlink("/proc/self/exe", ret, PATH_MAX - 64);

	for (int i = 0; i < 3 && n > 0; i++)
		while (n > 0 && ret[--n] != '/')
			continue;
	if (n > 0)
		memcpy(ret + n, "/rotate", sizeof("/rotate"));
	if (n > 0 && access(ret, X_OK) == 0)
		return true;
	return place_say(p, "no rotate beside this program");
}

/* ssh through the spy: option `ssh` is a program without arguments. */
static void
put_ssh(const struct place *p, char ret[PATH_MAX])
{
	char spy[PATH_MAX], text[3 * PATH_MAX];

	(void)place_path(p, "ssh", ret);
	(void)snprintf(text, sizeof(text), "#!/bin/sh\nexec %s %s ssh \"$@\"\n",
	    place_here(SPY, spy), p->spy);
	place_put(ret, text);
	(void)chmod(ret, 0755);
}

static void
set_ssh(struct place *p, unsigned port, const char *agent)
{
	char text[2 * PATH_MAX], path[PATH_MAX];

	place_set(p, "host", "127.0.0.1", NULL);
	(void)snprintf(text, sizeof(text), "%u", port);
	place_set(p, "port", text, NULL);
	(void)snprintf(text, sizeof(text), "%s/id", home);
	place_set(p, "identity_file", text, NULL);
	(void)snprintf(text, sizeof(text), "%s/known_hosts", home);
	place_set(p, "known_hosts", text, NULL);
	(void)snprintf(text, sizeof(text), "%s agent", agent);
	place_set(p, "remote_command", text, NULL);
	put_ssh(p, path);
	place_set(p, "ssh", path, NULL);
}

static bool
setup_dotenv(struct place *p)
{
	char agent[PATH_MAX];
	unsigned port;

	if (!agent_path(p, agent) || (port = start(p)) == 0)
		return false;
	set_ssh(p, port, agent);
	place_set(p, "driver", "file", NULL);
	place_set(p, "options", "path", p->target, "format", "dotenv",
	    "username", "SMTP_USER", "password", "SMTP_PASS", "activate",
	    "[\"true\"]", NULL);
	return true;
}

static bool
own_limit(struct place *p, const char *option)
{
	return trouble_option(p, "timeout=" HANG_OPTION) &&
	    trouble_program_hangs(p, option);
}

/* What sshd gets before it makes a process of a connection. */
static bool
deaf_host(struct place *p, const char *name)
{
	char path[PATH_MAX];

	(void)p;
	(void)snprintf(path, sizeof(path), "%s/%s", home, name);
	place_put(path, "");
	return true;
}

static void
forget(struct place *p)
{
	char path[PATH_MAX];

	(void)p;
	(void)snprintf(path, sizeof(path), "%s/slow", home);
	(void)unlink(path);
}

static bool
other_key(struct place *p, const char *name)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/%s", home, name);
	place_set(p, "identity_file", path, NULL);
	return true;
}

static bool
no_target(struct place *p, const char *arg)
{
	(void)arg;
	return unlink(p->target) == 0;
}

static const struct trouble troubles[] = {
	{ "hangs: ssh", trouble_program_hangs, "ssh",
	    { EC_TEMP, EC_TEMP, EC_UNKNOWN, EC_TEMP }, "127.0.0.1", HANGS },
	{ "hangs: option timeout", own_limit, "ssh",
	    { EC_TEMP, EC_TEMP, EC_UNKNOWN, EC_TEMP }, "127.0.0.1",
	    HANGS_OPTION },
	{ "hangs: the host", deaf_host, "slow",
	    { EC_TEMP, EC_TEMP, EC_UNKNOWN, EC_TEMP }, "127.0.0.1", HANGS },
	{ "denied: a key that is not let in", other_key, "other",
	    { EC_DENIED, EC_DENIED, EC_DENIED, EC_DENIED }, "127.0.0.1",
	    HANGS_NOT },
	{ "missing: the file there", no_target, NULL,
	    { EC_GONE, EC_GONE, EC_GONE, EC_OK }, "127.0.0.1|/env", HANGS_NOT },
	{ "missing: the program there", trouble_option,
	    "remote_command=/nonexistent/rotate agent",
	    { EC_CONFIG, EC_CONFIG, EC_CONFIG, EC_CONFIG }, "127.0.0.1",
	    HANGS_NOT },
	{ .name = NULL },
};

extern const struct row rows_remote[];
const struct row rows_remote[] = {
	{ .name = "remote-file-dotenv",
	    .driver = "remote",
	    .setup = setup_dotenv,
	    .teardown = forget,
	    .troubles = troubles,
	    .target = "env",
	    .text = "# mail\r\nexport SMTP_USER = '@U'\t# k\r\n"
		    "#SMTP_PASS=x\r\nSMTP_PASS=@P # secret\r\nLAST=\xc3\xbc" },
	{ .name = NULL },
};
