/*
 * spawn: see spawn.h for the promises. Between fork and exec only
 * async-signal-safe calls are made (signal-safety(7)). A pipe that exec
 * closes brings back why exec did not happen.
 */
#include "base/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdnoreturn.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/spawn_user.h"

#define SEARCH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

#define EXIT_UNSTARTED 127

static const char *const base_env[] = { "PATH=" SEARCH, "LANG=C.UTF-8" };

/* Sent by a child that could not become the program. */
enum place { AT_SETUP, AT_USER, AT_DIR, AT_EXEC };
struct stumble {
	enum place place;
	int sys;
};

static const char *const places[] = {
	[AT_SETUP] = "cannot set up the process",
	[AT_USER] = "cannot become its user",
	[AT_DIR] = "cannot enter the working directory",
	[AT_EXEC] = "cannot be executed",
};

static const struct remedy {
	enum place place;
	int sys;
	const char *fix;
} remedies[] = {
	{ AT_USER, EPERM,
	    "give the unit CAP_SETUID and CAP_SETGID, and not PrivateUsers= "
	    "(rotate.service.d), or leave user out" },
	{ AT_DIR, ENOENT, "make the directory, or name another" },
	{ AT_DIR, EACCES, "let us into the directory, or name another" },
	{ AT_EXEC, ENOENT,
	    "check that the file exists, and the interpreter in its #! line" },
	{ AT_EXEC, EACCES,
	    "make it executable (chmod +x), the directories above it "
	    "searchable, and the file system not mounted noexec" },
	{ AT_EXEC, ENOEXEC,
	    "begin the script with a #! line, such as #!/bin/sh" },
	{ AT_EXEC, E2BIG, "give it fewer arguments" },
};

/* The descriptors as the child sees them before exec. */
struct ends {
	int std[3];
	int report;
};

/* What has to be known before the fork. */
struct image {
	char program[PATH_MAX];
	const char **env;
	struct spawn_user user;
};

/* For names without a slash. */
static bool
search(const char *name, char ret[PATH_MAX])
{
	const char *dir = SEARCH;
	const char *end;
	int n;

	for (; *dir != '\0'; dir = *end == ':' ? end + 1 : end) {
		end = strchrnul(dir, ':');
		n = snprintf(
		    ret, PATH_MAX, "%.*s/%s", (int)(end - dir), dir, name);
		if (n < PATH_MAX && access(ret, X_OK) == 0)
			return true;
	}
	return false;
}

static enum ec
find_program(const char *name, char ret[PATH_MAX], struct err *e)
{
	if (name == NULL || name[0] == '\0')
		return fail(e, EC_BUG, "a program without a name");
	if (strchr(name, '/') == NULL) {
		if (search(name, ret))
			return EC_OK;
		(void)fail(e, EC_CONFIG, "%s: no such program", name);
		return fix(e,
		    "install it into one of " SEARCH
		    ", or write its absolute path");
	}
	if (name[0] != '/' || strlen(name) >= PATH_MAX) {
		(void)fail(e, EC_CONFIG, "%s: not an absolute path", name);
		return fix(e, "write it from the root on: /...");
	}
	(void)stpcpy(ret, name);
	return EC_OK;
}

static bool
names_same(const char *a, const char *b)
{
	size_t n = strcspn(a, "=");

	return n == strcspn(b, "=") && memcmp(a, b, n) == 0;
}

static bool
given(const char *const *extra, const char *var)
{
	for (; extra != NULL && *extra != NULL; extra++)
		if (names_same(*extra, var))
			return true;
	return false;
}

/* The extra variables win: a name given twice would mean different things
 * to different programs. NULL: no memory. The strings are not copied. */
static const char **
make_env(const char *const *extra)
{
	size_t n = 0;
	const char **env;

	while (extra != NULL && extra[n] != NULL)
		n++;
	env = calloc(n + COUNT(base_env) + 1, sizeof(*env));
	if (env == NULL)
		return NULL;
	if (n > 0)
		memcpy(env, extra, n * sizeof(*env));
	for (size_t i = 0; i < COUNT(base_env); i++)
		if (!given(extra, base_env[i]))
			env[n++] = base_env[i];
	return env;
}

/*
 * Away from 0..2, which are free when our own starter closed them: else the
 * child's dup2() would overwrite one end with another.
 */
static int
lift(int fd)
{
	int up;

	if (fd < 0 || fd > STDERR_FILENO)
		return fd;
	up = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	(void)close(fd);
	return up;
}

/* Takes *fd away from AUTO(fd). */
static int
keep(int *fd)
{
	int n = *fd;

	*fd = -1;
	return n;
}

/* O_NONBLOCK belongs to our end alone: the child's pipe is an ordinary one. */
enum ec
spawn_pipe(int ret[2], int mine, struct err *e)
{
	int p[2];
	AUTO(fd) int a = -1;
	AUTO(fd) int b = -1;

	if (pipe2(p, O_CLOEXEC) != 0)
		return fail_sys(e, "cannot make a pipe");
	a = lift(p[0]);
	b = lift(p[1]);
	if (a < 0 || b < 0 || fcntl(mine ? b : a, F_SETFL, O_NONBLOCK) != 0)
		return fail_sys(e, "cannot make a pipe");
	ret[0] = keep(&a);
	ret[1] = keep(&b);
	return EC_OK;
}

/* In the child. All signals are blocked until no handler of ours is left.
 * Numbers that cannot be changed (SIGKILL, those of libc) are passed over. */
static bool
forget_signals(void)
{
	const struct sigaction dfl = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (int i = 1; i < NSIG; i++)
		(void)sigaction(i, &dfl, NULL);
	(void)sigemptyset(&none);
	return sigprocmask(SIG_SETMASK, &none, NULL) == 0;
}

/* In the child. close_range() only marks, so that the report lasts till
 * exec. */
static bool
set_up(const struct ends *ends)
{
	for (int i = STDIN_FILENO; i <= STDERR_FILENO; i++)
		if (dup2(ends->std[i], i) < 0)
			return false;
	return setsid() > 0 && forget_signals() &&
	    close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC) == 0;
}

/*
 * In the child. It dies with us: a second run, after we were killed, must not
 * meet the program of the first one at work. getppid() closes the gap before
 * prctl(). A change of user would undo it (prctl(2)), so it comes after that.
 */
static bool
die_with(pid_t parent)
{
	return prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent;
}

/* In the child. AT_EXEC: nothing is in the way. */
static enum place
get_ready(const struct spawn *s, const struct ends *ends, pid_t parent,
    const struct spawn_user *user)
{
	if (!set_up(ends))
		return AT_SETUP;
	if (!spawn_user_become(user))
		return AT_USER;
	if (!die_with(parent))
		return AT_SETUP;
	return chdir(s->dir) == 0 ? AT_EXEC : AT_DIR;
}

/* In the child: async-signal-safe calls only. */
static noreturn void
become(const struct spawn *s, const struct ends *ends, pid_t parent,
    const struct image *image)
{
	struct stumble st = { .place = AT_SETUP, .sys = 0 };
	char *const *argv;
	char *const *envp;

	/* execve() takes these without const for reasons of history. */
	memcpy(&argv, &s->argv, sizeof(argv));
	memcpy(&envp, &image->env, sizeof(envp));
	st.place = get_ready(s, ends, parent, &image->user);
	if (st.place == AT_EXEC)
		(void)execve(image->program, argv, envp);
	st.sys = errno;
	if (write(ends->report, &st, sizeof(st)) < 0)
		_exit(EXIT_UNSTARTED + 1); /* nobody is there to be told */
	_exit(EXIT_UNSTARTED);
}

/*
 * Signals are blocked around the fork, so that no handler of ours can run in
 * the child. Returns as fork() does, in the parent only.
 */
static pid_t
fork_into(
    const struct spawn *s, const struct ends *ends, const struct image *image)
{
	pid_t parent = getpid();
	sigset_t all, was;
	pid_t pid;
	int sys;

	(void)sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, &was);
	pid = fork();
	if (pid == 0)
		become(s, ends, parent, image);
	sys = errno;
	(void)sigprocmask(SIG_SETMASK, &was, NULL);
	errno = sys;
	return pid;
}

static enum ec
start(const struct spawn *s, const struct ends *ends, struct spawned *ret,
    struct err *e)
{
	AUTO(free) const char **env = make_env(s->env);
	struct image image = { .env = env };
	pid_t pid;

	if (env == NULL)
		return fail(e, EC_NOMEM, "no memory for an environment");
	TRY(find_program(s->argv[0], image.program, e));
	TRY(spawn_user_find(s->user, &image.user, e));
	pid = fork_into(s, ends, &image);
	if (pid < 0)
		return fail_sys(e, "%s: cannot make a process", image.program);
	ret->pid = pid;
	ret->death = pidfd_open(pid, 0);
	return EC_OK;
}

enum ec
spawn(const struct spawn *s, struct spawned *ret, struct err *e)
{
	AUTO(fd) int null = lift(open("/dev/null", O_RDWR | O_CLOEXEC));
	AUTO(fd) int hear = -1;
	AUTO(fd) int tell = -1;
	struct ends ends;
	int p[2] = { -1, -1 };

	if (null < 0)
		return fail_sys(e, "/dev/null");
	TRY(spawn_pipe(p, 0, e));
	hear = p[0];
	tell = p[1];
	for (size_t i = 0; i < COUNT(ends.std); i++)
		ends.std[i] = s->std[i] >= 0 ? s->std[i] : null;
	ends.report = tell;
	TRY(start(s, &ends, ret, e));
	ret->report = keep(&hear);
	return EC_OK;
}

static enum ec
explain(const struct spawn *s, const struct stumble *st, struct err *e)
{
	(void)fail(e, EC_CONFIG, "%s: %s: %s",
	    st->place == AT_DIR ? s->dir : s->argv[0], places[st->place],
	    strerrordesc_np(st->sys));
	for (size_t i = 0; i < COUNT(remedies); i++)
		if (remedies[i].place == st->place &&
		    remedies[i].sys == st->sys)
			return fix(e, "%s", remedies[i].fix);
	return e->ec;
}

enum ec
spawn_heard(const struct spawn *s, int report, bool *ret_end, struct err *e)
{
	struct stumble st;
	ssize_t n = read(report, &st, sizeof(st));

	if (n == (ssize_t)sizeof(st))
		return explain(s, &st, e);
	*ret_end = n == 0;
	return EC_OK;
}
