/* session: see session.h. */
#include "session.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/run.h"

#define NAME     "org.freedesktop.secrets"
#define PASSWORD "the keyring's own\n"

/* As the session.conf of dbus, without its directories of services, so that a
 * keyring that was ended is not started again behind our back. */
static const char bus_conf[] =
    "<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration "
    "1.0//EN\" "
    "\"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">\n"
    "<busconfig><type>session</type><listen>unix:path=%s/bus</listen>\n"
    "<auth>EXTERNAL</auth><policy context=\"default\">\n"
    "<allow send_destination=\"*\" eavesdrop=\"true\"/>\n"
    "<allow eavesdrop=\"true\"/><allow own=\"*\"/></policy>\n"
    "<include ignore_missing=\"yes\">%s/rules.conf</include></busconfig>\n";

struct child {
	pid_t pid;
	FILE *out;
};

/* in, if any, is all of its input; it dies with us. */
static bool
begin(
    struct place *p, const char *const *argv, const char *in, struct child *ret)
{
	int input[2], output[2];
	char *copy[16] = { NULL };

	for (size_t i = 0; i < 15 && argv[i] != NULL; i++)
		copy[i] = strdup(argv[i]);
	if (pipe2(input, O_CLOEXEC) != 0 || pipe2(output, O_CLOEXEC) != 0)
		return place_say(p, "%s: no pipe", argv[0]);
	ret->pid = fork();
	if (ret->pid == 0) {
		/* Its warnings are not about us. */
		(void)dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), 2);
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 &&
		    dup2(input[0], 0) == 0 && dup2(output[1], 1) == 1)
			(void)execvp(copy[0], copy);
		_exit(127);
	}
	for (size_t i = 0; copy[i] != NULL; i++)
		free(copy[i]);
	(void)close(input[0]);
	(void)close(output[1]);
	if (in != NULL && write(input[1], in, strlen(in)) < 0)
		errno = 0;
	(void)close(input[1]);
	ret->out = fdopen(output[0], "r");
	return ret->pid > 0 && ret->out != NULL
	    ? true
	    : place_say(p, "%s: not started", argv[0]);
}

/* Waits until it prints a line with these words. */
static bool
says(struct place *p, const struct child *c, const char *words)
{
	char line[512] = "";

	while (fgets(line, sizeof(line), c->out) != NULL)
		if (strstr(line, words) != NULL)
			return true;
	return place_say(p, "ended before it said \"%s\": %.100s", words, line);
}

void
session_kill(pid_t *pid)
{
	if (*pid <= 0)
		return;
	(void)kill(*pid, SIGKILL);
	(void)waitpid(*pid, NULL, 0);
	*pid = 0;
}

static void
end(struct child *c)
{
	session_kill(&c->pid);
	if (c->out != NULL)
		(void)fclose(c->out);
}

/* Where programs of this session find it, and nothing else. */
static void
environment(const struct session *s)
{
	static const char *const homes[] = { "HOME", "XDG_RUNTIME_DIR",
		"XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME" };
	char text[PATH_MAX + 32];

	for (size_t i = 0; i < COUNT(homes); i++)
		(void)setenv(homes[i], s->home, 1);
	(void)snprintf(text, sizeof(text), "unix:path=%s/bus", s->home);
	(void)setenv("DBUS_SESSION_BUS_ADDRESS", text, 1);
	(void)unsetenv("DISPLAY");
	(void)unsetenv("WAYLAND_DISPLAY");
}

bool
session_bus(struct session *s, struct place *p)
{
	char conf[PATH_MAX + 8], option[PATH_MAX + 32];
	const char *const argv[] = { "dbus-daemon", "--nofork",
		"--print-address", option, NULL };
	struct child c = { .pid = 0 };
	bool good;

	(void)snprintf(conf, sizeof(conf), "%s/bus", s->home);
	(void)unlink(conf); /* of one that was killed */
	(void)snprintf(
	    option, sizeof(option), "--config-file=%s/bus.conf", s->home);
	good = begin(p, argv, NULL, &c) && says(p, &c, "unix:path=");
	s->bus = c.pid;
	if (c.out != NULL)
		(void)fclose(c.out);
	return good;
}

/* Its name on the bus is what everybody waits for; until then who calls gets
 * an error. So somebody listens before it begins. */
bool
session_keyring(struct session *s, struct place *p)
{
	static const char *const listen[] = { "dbus-monitor", "--session",
		"type='signal',member='NameOwnerChanged',arg0='" NAME "'",
		NULL };
	static const char *const argv[] = { "gnome-keyring-daemon",
		"--foreground", "--unlock", "--components=secrets", NULL };
	struct child monitor = { .pid = 0 }, c = { .pid = 0 };
	const bool good = begin(p, listen, NULL, &monitor) &&
	    says(p, &monitor, "NameLost") && begin(p, argv, PASSWORD, &c) &&
	    says(p, &monitor, NAME);

	s->keyring = c.pid;
	if (c.out != NULL)
		(void)fclose(c.out);
	end(&monitor);
	return good;
}

bool
session_bus_ends_at(
    const struct session *s, struct place *p, const char *member)
{
	char rule[128], words[64];
	const char *const listen[] = { "dbus-monitor", "--session", rule,
		NULL };
	struct child monitor = { .pid = 0 };
	pid_t pid;

	(void)snprintf(
	    rule, sizeof(rule), "type='method_call',member='%s'", member);
	(void)snprintf(words, sizeof(words), "member=%s", member);
	if (!begin(p, listen, NULL, &monitor) || !says(p, &monitor, "NameLost"))
		return false;
	pid = fork();
	if (pid == 0) {
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 &&
		    says(p, &monitor, words))
			(void)kill(s->bus, SIGKILL);
		_exit(0); /* and the monitor, which has no bus any more */
	}
	(void)fclose(monitor.out);
	return pid > 0;
}

bool
session_tool(const struct session *s, struct place *p, const char *const *argv,
    const struct buf *in)
{
	char bus[PATH_MAX + 64], home[PATH_MAX + 8];
	const char *const env[] = { bus, home, NULL };
	AUTO(buf) struct buf out = BUF(65536);
	struct run r = { .argv = argv, .env = env, .in = in, .out = &out };
	struct err e;

	(void)snprintf(bus, sizeof(bus),
	    "DBUS_SESSION_BUS_ADDRESS=unix:path=%s/bus", s->home);
	(void)snprintf(home, sizeof(home), "HOME=%s", s->home);
	return run(&r, &e) == EC_OK
	    ? true
	    : place_say(p, "%s: %.200s", argv[0], e.what);
}

bool
session_policy(const struct session *s, struct place *p, const char *rules)
{
	static const char *const argv[] = { "dbus-send", "--session",
		"--print-reply", "--dest=org.freedesktop.DBus", "/",
		"org.freedesktop.DBus.ReloadConfig", NULL };
	char path[PATH_MAX + 16];

	(void)snprintf(path, sizeof(path), "%s/rules.conf", s->home);
	place_put(path, rules);
	return session_tool(s, p, argv, NULL);
}

bool
session_begin(struct session *s, struct place *p)
{
	char path[PATH_MAX + 16], text[3 * PATH_MAX];

	*s = (struct session){ .bus = 0 };
	(void)place_path(p, "session", s->home);
	(void)snprintf(s->keyrings, sizeof(s->keyrings), "%.*s/keyrings",
	    PATH_MAX - 16, s->home);
	if (mkdir(s->home, 0700) != 0 || mkdir(s->keyrings, 0700) != 0)
		return place_say(p, "%s: %s", s->home, strerror(errno));
	(void)snprintf(text, sizeof(text), bus_conf, s->home, s->home);
	(void)snprintf(path, sizeof(path), "%s/bus.conf", s->home);
	place_put(path, text);
	environment(s);
	return session_bus(s, p) && session_keyring(s, p);
}

void
session_end(struct session *s)
{
	session_kill(&s->keyring);
	session_kill(&s->bus);
}
