/*
 * pf_answer: another answer than the kernel's to a system call of a stopped
 * tracee (ptrace(2), PTRACE_EVENT_SECCOMP): the call with the number -1 is
 * none, and what stands in the register of the result is the result.
 */
#ifndef FAULTS_PF_ANSWER_H
#define FAULTS_PF_ANSWER_H

#include <elf.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/user.h>

#if defined(__x86_64__)

/* The call is not made; it returns this. */
static inline bool
answer(pid_t pid, int64_t result)
{
	struct user_regs_struct r;

	if (ptrace(PTRACE_GETREGS, pid, 0, &r) != 0)
		return false;
	r.orig_rax = (unsigned long long)-1;
	r.rax = (unsigned long long)result;
	return ptrace(PTRACE_SETREGS, pid, 0, &r) == 0;
}

/* The call is made with another value of its first or third argument. */
static inline bool
argument(pid_t pid, int at, uint64_t value)
{
	struct user_regs_struct r;

	if (ptrace(PTRACE_GETREGS, pid, 0, &r) != 0)
		return false;
	*(at == 0 ? &r.rdi : &r.rdx) = value;
	return ptrace(PTRACE_SETREGS, pid, 0, &r) == 0;
}

/* The same once the call has returned. */
static inline bool
argument_after(pid_t pid, int at, uint64_t value)
{
	return argument(pid, at, value);
}

#elif defined(__aarch64__)

static inline bool
registers(pid_t pid, struct user_regs_struct *r, int request)
{
	struct iovec io = { r, sizeof(*r) };

	return ptrace(request, pid, NT_PRSTATUS, &io) == 0;
}

static inline bool
answer(pid_t pid, int64_t result)
{
	struct user_regs_struct r;
	int none = -1;
	struct iovec io = { &none, sizeof(none) };

	if (!registers(pid, &r, PTRACE_GETREGSET))
		return false;
	r.regs[0] = (unsigned long long)result;
	return registers(pid, &r, PTRACE_SETREGSET) &&
	    ptrace(PTRACE_SETREGSET, pid, NT_ARM_SYSTEM_CALL, &io) == 0;
}

static inline bool
argument(pid_t pid, int at, uint64_t value)
{
	struct user_regs_struct r;

	if (!registers(pid, &r, PTRACE_GETREGSET))
		return false;
	r.regs[at] = value;
	return registers(pid, &r, PTRACE_SETREGSET);
}

/* The register of the first argument is that of the result. */
static inline bool
argument_after(pid_t pid, int at, uint64_t value)
{
	return at == 0 || argument(pid, at, value);
}

#else
#error "pf_answer.h: which registers hold a system call here?"
#endif

#endif
