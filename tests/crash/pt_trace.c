#include "tests/crash/pt_trace.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CALLS_MAX 250 /* a jump of the filter goes no further than 255 */

static volatile sig_atomic_t too_long;

static void
on_alarm(int sig)
{
	(void)sig;
	too_long = 1;
}

/* ---- the command's side ------------------------------------------------ */

static bool
set_filter(const struct trace *t)
{
	struct sock_filter f[CALLS_MAX + 3];
	const int n = t->n_calls;
	struct sock_fprog prog = { .len = (unsigned short)(n + 3),
		.filter = f };

	f[0] = (struct sock_filter)BPF_STMT(
	    BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	for (int i = 0; i < n; i++)
		f[i + 1] =
		    (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
			(unsigned)t->calls[i], (unsigned char)(n - i), 0);
	f[n + 1] =
	    (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	f[n + 2] =
	    (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE);
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) == 0;
}

_Noreturn static void
become(const struct trace *t, char **argv)
{
	if (ptrace(PTRACE_TRACEME, 0, 0, 0) != 0)
		_exit(TRACE_CANNOT);
	(void)raise(SIGSTOP);
	if (!set_filter(t))
		_exit(TRACE_CANNOT);
	(void)execvp(argv[0], argv);
	_exit(127);
}

bool
trace_start(struct trace *t, char **argv)
{
	const long options = PTRACE_O_EXITKILL | PTRACE_O_TRACESECCOMP |
	    PTRACE_O_TRACEEXEC | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
	    PTRACE_O_TRACECLONE | PTRACE_O_TRACESYSGOOD;
	int status;

	if (t->n_calls > CALLS_MAX)
		return false;
	t->root = fork();
	if (t->root == 0)
		become(t, argv);
	return t->root > 0 && waitpid(t->root, &status, 0) == t->root &&
	    WIFSTOPPED(status) &&
	    ptrace(PTRACE_SETOPTIONS, t->root, 0, options) == 0 &&
	    ptrace(PTRACE_CONT, t->root, 0, 0) == 0;
}

/* ---- who is there ------------------------------------------------------ */

static struct tracee *
find(struct trace *t, pid_t pid)
{
	struct tracee *who;

	for (int i = 0; i < t->n; i++)
		if (t->tracees[i].pid == pid)
			return &t->tracees[i];
	if (t->n == TRACEES_MAX) {
		(void)fprintf(stderr, "pt: too many processes\n");
		exit(TRACE_CANNOT);
	}
	who = &t->tracees[t->n++];
	*who = (struct tracee){ .pid = pid };
	who->main = who->known = pid == t->root;
	return who;
}

static void
forget(struct trace *t, pid_t pid)
{
	*find(t, pid) = t->tracees[t->n - 1];
	t->n--;
}

void
trace_kill_all(struct trace *t)
{
	t->ending = true;
	for (int i = 0; i < t->n; i++)
		(void)kill(t->tracees[i].pid, SIGKILL);
}

static int64_t
now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- the loop ---------------------------------------------------------- */

static void
born(struct trace *t, const struct tracee *parent, int event)
{
	const bool thread = event == PTRACE_EVENT_CLONE;
	const bool main = parent->main, young = parent->young;
	struct tracee *who;
	unsigned long pid = 0;

	if (ptrace(PTRACE_GETEVENTMSG, parent->pid, 0, &pid) != 0)
		return;
	who = find(t, (pid_t)pid);
	who->main = thread && main;
	who->young = thread ? young : main;
	who->known = true;
	if (who->waits)
		(void)ptrace(PTRACE_CONT, who->pid, 0, 0);
	who->waits = false;
}

static bool
at_call(struct trace *t, struct tracee *who)
{
	struct __ptrace_syscall_info info;

	if (!t->begun ||
	    ptrace(PTRACE_GET_SYSCALL_INFO, who->pid, sizeof(info), &info) <=
		0 ||
	    info.op != PTRACE_SYSCALL_INFO_SECCOMP)
		return false;
	who->nr = info.seccomp.nr;
	memcpy(who->args, info.seccomp.args, sizeof(who->args));
	return t->at_call(t, who, who->nr, who->args);
}

static void
left(struct trace *t, struct tracee *who)
{
	struct __ptrace_syscall_info info;

	who->leaving = false;
	who->returned = -1; /* also when it is gone */
	if (ptrace(PTRACE_GET_SYSCALL_INFO, who->pid, sizeof(info), &info) >
		0 &&
	    info.op == PTRACE_SYSCALL_INFO_EXIT)
		who->returned = info.exit.rval;
	t->at_exit(t, who);
}

/* A tracee has stopped; the return value is the signal to hand on, and how it
 * goes on is put into *request. */
static int
stopped(struct trace *t, struct tracee *who, int status,
    enum __ptrace_request *request)
{
	const int event = status >> 16, sig = WSTOPSIG(status);

	switch (event) {
	case PTRACE_EVENT_EXEC:
		t->begun = true;
		who->young = false;
		return 0;
	case PTRACE_EVENT_SECCOMP:
		if (at_call(t, who)) {
			who->leaving = true;
			who->ms = now_ms();
			*request = PTRACE_SYSCALL;
		}
		return 0;
	case PTRACE_EVENT_FORK:
	case PTRACE_EVENT_VFORK:
	case PTRACE_EVENT_CLONE:
		born(t, who, event);
		return 0;
	default:
		break;
	}
	if (sig == (SIGTRAP | 0x80)) {
		if (who->leaving)
			left(t, who);
		return 0;
	}
	/* A new tracee begins with a SIGSTOP that nobody sent. */
	return event == 0 && sig != SIGTRAP && sig != SIGSTOP ? sig : 0;
}

static void
ended(struct trace *t, pid_t pid, int status)
{
	struct tracee who = *find(t, pid);

	forget(t, pid);
	if (WIFSIGNALED(status) && WCOREDUMP(status))
		t->dumped = true;
	if (who.leaving) /* its call was exit_group by another thread */
		left(t, &who);
	if (pid == t->root && t->code != 124)
		t->code = WIFEXITED(status) ? WEXITSTATUS(status)
					    : 128 + WTERMSIG(status);
}

void
trace_run(struct trace *t, unsigned seconds)
{
	const struct sigaction alarmed = { .sa_handler = on_alarm };

	(void)sigaction(SIGALRM, &alarmed, NULL);
	(void)alarm(seconds);
	for (;;) {
		struct tracee *who;
		int status, sig;
		enum __ptrace_request request = PTRACE_CONT;
		pid_t pid = waitpid(-1, &status, __WALL);

		if (pid < 0 && errno == EINTR) {
			if (too_long) {
				trace_kill_all(t);
				t->code = 124;
			}
			continue;
		}
		if (pid < 0)
			return;
		if (!WIFSTOPPED(status)) {
			ended(t, pid, status);
			continue;
		}
		who = find(t, pid);
		/* A child may stop before we hear that it was born. */
		if (!who->known && !t->ending) {
			who->waits = true;
			continue;
		}
		sig = stopped(t, who, status, &request);
		if (t->ending)
			(void)kill(pid, SIGKILL);
		(void)ptrace(request, pid, 0, (long)sig);
	}
}
