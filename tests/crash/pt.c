/*
 * pt: runs a command and strikes it at the Nth system call that changes
 * something outside the process (pt_calls.h), before or after that call.
 *
 *   pt [-n N] [-w entry|exit] [-k main|all] [-s SIGNAL] [-l FILE] [-t SECONDS]
 *      COMMAND [ARG...]
 *
 * -n 0, the default, only counts. SIGNAL is 9 unless given; with another one
 * the command goes on as it likes. -k main strikes the command alone, as
 * `kill -9` does, and lets its children end by themselves; -k all strikes all
 * of them in one moment, as systemd does. FILE gets one line a point
 *
 *   NUMBER main|child CALL WHAT        and last        end POINTS CODE
 *
 * Exit code: that of the command, 128 + signal when one ended it, 124 when
 * it took longer than SECONDS (60), 125 when it cannot be traced.
 *
 * A seccomp filter stops the tracees at these calls only, so that a run costs
 * next to nothing more (seccomp(2), SECCOMP_RET_TRACE), and the program under
 * test needs no change. No points are what it writes to stdout and stderr,
 * and what its children write to pipes: no later run can see that.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/crash/pt_calls.h"
#include "tests/crash/pt_see.h"

#define TRACEES_MAX 1024
#define CANNOT      125

struct tracee {
	pid_t pid;
	bool main; /* the command itself or a thread of it */
};

struct pt {
	long at; /* 0: never */
	bool at_exit, all;
	int signal;
	FILE *list;

	pid_t root;
	long points;
	pid_t leaving; /* struck when it leaves its call; 0: none */
	bool begun;    /* the command has been executed */
	bool ending;   /* whatever stops now is killed */
	int code;
	struct tracee tracees[TRACEES_MAX];
	int n;
};

static volatile sig_atomic_t too_long;

static void
on_alarm(int sig)
{
	(void)sig;
	too_long = 1;
}

/* ---- the command's side ------------------------------------------------ */

static bool
set_filter(void)
{
	struct sock_filter f[CALLS + 3];
	struct sock_fprog prog = { .len = CALLS + 3, .filter = f };

	f[0] = (struct sock_filter)BPF_STMT(
	    BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	for (int i = 0; i < CALLS; i++)
		f[i + 1] =
		    (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
			(unsigned)calls[i].nr, (unsigned char)(CALLS - i), 0);
	f[CALLS + 1] =
	    (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	f[CALLS + 2] =
	    (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE);
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) == 0;
}

_Noreturn static void
become(char **argv)
{
	if (ptrace(PTRACE_TRACEME, 0, 0, 0) != 0)
		_exit(CANNOT);
	(void)raise(SIGSTOP);
	if (!set_filter())
		_exit(CANNOT);
	(void)execvp(argv[0], argv);
	_exit(127);
}

static bool
start(struct pt *p, char **argv)
{
	const long options = PTRACE_O_EXITKILL | PTRACE_O_TRACESECCOMP |
	    PTRACE_O_TRACEEXEC | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
	    PTRACE_O_TRACECLONE | PTRACE_O_TRACESYSGOOD;
	int status;

	p->root = fork();
	if (p->root == 0)
		become(argv);
	return p->root > 0 && waitpid(p->root, &status, 0) == p->root &&
	    WIFSTOPPED(status) &&
	    ptrace(PTRACE_SETOPTIONS, p->root, 0, options) == 0 &&
	    ptrace(PTRACE_CONT, p->root, 0, 0) == 0;
}

/* ---- who is there ------------------------------------------------------ */

static struct tracee *
find(struct pt *p, pid_t pid)
{
	struct tracee *t;

	for (int i = 0; i < p->n; i++)
		if (p->tracees[i].pid == pid)
			return &p->tracees[i];
	if (p->n == TRACEES_MAX) {
		(void)fprintf(stderr, "pt: too many processes\n");
		exit(CANNOT);
	}
	t = &p->tracees[p->n++];
	t->pid = pid;
	t->main = pid == p->root;
	return t;
}

static void
forget(struct pt *p, pid_t pid)
{
	*find(p, pid) = p->tracees[p->n - 1];
	p->n--;
}

static void
kill_all(struct pt *p)
{
	p->ending = true;
	for (int i = 0; i < p->n; i++)
		(void)kill(p->tracees[i].pid, SIGKILL);
}

static void
strike(struct pt *p)
{
	p->leaving = 0;
	if (p->all && p->signal == SIGKILL)
		kill_all(p);
	else
		(void)kill(p->root, p->signal);
}

/* ---- points ------------------------------------------------------------ */

static void
tell(const struct pt *p, const struct tracee *t, const struct call *c,
    const char *what)
{
	(void)fprintf(p->list, "%ld %s %s %s\n", p->points,
	    t->main ? "main" : "child", c->name, what);
	(void)fflush(p->list);
}

static bool
counts(const struct tracee *t, const struct call *c, const uint64_t *args,
    const char *what)
{
	const uint64_t makes = O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY);

	if (c->flags >= 0)
		return (args[c->flags] & makes) != 0;
	if (c->fd != 0)
		return true;
	return t->main ? args[0] != 1 && args[0] != 2
		       : strncmp(what, "pipe:", 5) != 0;
}

static bool
is_point(struct pt *p, const struct tracee *t)
{
	struct __ptrace_syscall_info info;
	const struct call *c = NULL;
	char what[SEE_MAX] = "";

	if (ptrace(PTRACE_GET_SYSCALL_INFO, t->pid, sizeof(info), &info) <= 0 ||
	    info.op != PTRACE_SYSCALL_INFO_SECCOMP)
		return false;
	for (int i = 0; i < CALLS && c == NULL; i++)
		if ((uint64_t)calls[i].nr == info.seccomp.nr)
			c = &calls[i];
	if (c == NULL)
		return false;
	if (c->path >= 0)
		see_path(t->pid, info.seccomp.args[c->path], what);
	else if (c->fd >= 0)
		see_fd(t->pid, info.seccomp.args[c->fd], what);
	if (!counts(t, c, info.seccomp.args, what))
		return false;
	p->points++;
	if (p->list != NULL)
		tell(p, t, c, what);
	return true;
}

/* True when the tracee has to stop once more on its way out of the call. */
static bool
at_call(struct pt *p, const struct tracee *t)
{
	if (!p->begun || !is_point(p, t))
		return false;
	if (p->points != p->at)
		return false;
	if (p->at_exit)
		p->leaving = t->pid;
	else
		strike(p);
	return p->at_exit;
}

/* ---- the loop ---------------------------------------------------------- */

static void
born(struct pt *p, const struct tracee *parent, int event)
{
	const bool thread = event == PTRACE_EVENT_CLONE;
	const bool main = parent->main;
	unsigned long pid = 0;

	if (ptrace(PTRACE_GETEVENTMSG, parent->pid, 0, &pid) == 0)
		find(p, (pid_t)pid)->main = thread && main;
}

/* A tracee has stopped; the return value is the signal to hand on, and how it
 * goes on is put into *request. */
static int
stopped(struct pt *p, const struct tracee *t, int status,
    enum __ptrace_request *request)
{
	const int event = status >> 16, sig = WSTOPSIG(status);

	switch (event) {
	case PTRACE_EVENT_EXEC:
		p->begun = true;
		return 0;
	case PTRACE_EVENT_SECCOMP:
		if (at_call(p, t))
			*request = PTRACE_SYSCALL;
		return 0;
	case PTRACE_EVENT_FORK:
	case PTRACE_EVENT_VFORK:
	case PTRACE_EVENT_CLONE:
		born(p, t, event);
		return 0;
	default:
		break;
	}
	if (sig == (SIGTRAP | 0x80)) {
		if (p->leaving == t->pid)
			strike(p);
		return 0;
	}
	/* A new tracee begins with a SIGSTOP that nobody sent. */
	return event == 0 && sig != SIGTRAP && sig != SIGSTOP ? sig : 0;
}

static void
ended(struct pt *p, pid_t pid, int status)
{
	forget(p, pid);
	if (pid == p->leaving) /* its call was exit_group by another thread */
		strike(p);
	if (pid == p->root)
		p->code = WIFEXITED(status) ? WEXITSTATUS(status)
					    : 128 + WTERMSIG(status);
}

static void
watch(struct pt *p)
{
	for (;;) {
		int status, sig;
		enum __ptrace_request request = PTRACE_CONT;
		pid_t pid = waitpid(-1, &status, __WALL);

		if (pid < 0 && errno == EINTR && too_long) {
			kill_all(p);
			p->code = 124;
			continue;
		}
		if (pid < 0 && errno == EINTR)
			continue;
		if (pid < 0)
			return;
		if (!WIFSTOPPED(status)) {
			ended(p, pid, status);
			continue;
		}
		sig = stopped(p, find(p, pid), status, &request);
		if (p->ending)
			(void)kill(pid, SIGKILL);
		(void)ptrace(request, pid, 0, (long)sig);
	}
}

static bool
option(struct pt *p, int letter, const char *value, unsigned *seconds)
{
	switch (letter) {
	case 'n':
		p->at = strtol(value, NULL, 10);
		return p->at >= 0;
	case 'w':
		p->at_exit = strcmp(value, "exit") == 0;
		return p->at_exit || strcmp(value, "entry") == 0;
	case 'k':
		p->all = strcmp(value, "all") == 0;
		return p->all || strcmp(value, "main") == 0;
	case 's':
		p->signal = (int)strtol(value, NULL, 10);
		return p->signal > 0 && p->signal < 65;
	case 'l':
		p->list = fopen(value, "we");
		return p->list != NULL;
	case 't':
		*seconds = (unsigned)strtoul(value, NULL, 10);
		return *seconds > 0;
	default:
		return false;
	}
}

int
main(int argc, char **argv)
{
	const struct sigaction alarmed = { .sa_handler = on_alarm };
	struct pt p = { .signal = SIGKILL };
	unsigned seconds = 60;
	int letter;

	while ((letter = getopt(argc, argv, "+n:w:k:s:l:t:")) != -1)
		if (!option(&p, letter, optarg, &seconds))
			return CANNOT;
	if (optind == argc || !start(&p, argv + optind)) {
		(void)fprintf(
		    stderr, "pt: cannot trace (%s)\n", strerror(errno));
		return CANNOT;
	}
	(void)sigaction(SIGALRM, &alarmed, NULL);
	(void)alarm(seconds);
	watch(&p);
	if (p.list != NULL) {
		(void)fprintf(p.list, "end %ld %d\n", p.points, p.code);
		(void)fclose(p.list);
	}
	return p.code;
}
