/*
 * confine_calls: seccomp, seccomp(2). One table says what is allowed, some
 * calls are looked into, a few end the process at once, and everything else
 * "does not exist" (ENOSYS): libraries know that from older kernels and do
 * without.
 *
 * Looked into: a file is opened for reading or not at all; a socket is of the
 * internet or of this host's name service; clone() makes threads, no
 * processes; signals go to ourselves; ioctl() only asks.
 */
#include "base/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/auto.h"

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#endif

#ifndef ARCH

bool
confine_calls(void)
{
	return false; /* the table was checked on two processors only */
}

#else

static const int allowed[] = {
	/* sockets */
	SYS_connect,
	SYS_bind,
	SYS_sendto,
	SYS_sendmsg,
	SYS_sendmmsg,
	SYS_recvfrom,
	SYS_recvmsg,
	SYS_recvmmsg,
	SYS_shutdown,
	SYS_getsockname,
	SYS_getpeername,
	SYS_setsockopt,
	SYS_getsockopt,
	SYS_socketpair,
	/* waiting */
	SYS_ppoll,
	SYS_pselect6,
	SYS_epoll_create1,
	SYS_epoll_ctl,
	SYS_epoll_pwait,
	SYS_eventfd2,
	SYS_pipe2,
	SYS_nanosleep,
	SYS_clock_nanosleep,
	SYS_restart_syscall,
	SYS_futex,
	/* open files */
	SYS_read,
	SYS_write,
	SYS_readv,
	SYS_writev,
	SYS_pread64,
	SYS_lseek,
	SYS_close,
	SYS_close_range,
	SYS_dup,
	SYS_dup3,
	SYS_fcntl,
	SYS_fstat,
	SYS_newfstatat,
	SYS_statx,
	SYS_statfs,
	SYS_fstatfs,
	SYS_faccessat,
	SYS_readlinkat,
	SYS_getdents64,
	SYS_getcwd,
	/* memory */
	SYS_mmap,
	SYS_munmap,
	SYS_mremap,
	SYS_mprotect,
	SYS_brk,
	SYS_madvise,
	SYS_mlock,
	SYS_munlock,
	SYS_membarrier,
	/* threads, and who we are */
	SYS_set_robust_list,
	SYS_get_robust_list,
	SYS_set_tid_address,
	SYS_gettid,
	SYS_getpid,
	SYS_getppid,
	SYS_sched_yield,
	SYS_sched_getaffinity,
	SYS_rt_sigaction,
	SYS_rt_sigprocmask,
	SYS_rt_sigreturn,
	SYS_sigaltstack,
	SYS_exit,
	SYS_exit_group,
	SYS_getuid,
	SYS_geteuid,
	SYS_getgid,
	SYS_getegid,
	SYS_getrlimit,
	SYS_getrusage,
	SYS_sysinfo,
	SYS_uname,
	SYS_clock_gettime,
	SYS_clock_getres,
	SYS_gettimeofday,
	SYS_getrandom,
#ifdef SYS_rseq
	SYS_rseq,
#endif
#ifdef __x86_64__
	SYS_poll,
	SYS_select,
	SYS_epoll_create,
	SYS_epoll_wait,
	SYS_pipe,
	SYS_dup2,
	SYS_stat,
	SYS_lstat,
	SYS_access,
	SYS_readlink,
	SYS_time,
#endif
};

/* Nobody here has an honest use for these: who tries is not our code. */
static const int deadly[] = {
	SYS_execve,
	SYS_execveat,
	SYS_ptrace,
	SYS_process_vm_readv,
	SYS_process_vm_writev,
	SYS_bpf,
	SYS_mount,
	SYS_umount2,
	SYS_pivot_root,
	SYS_chroot,
	SYS_unshare,
	SYS_setns,
	SYS_init_module,
	SYS_finit_module,
	SYS_delete_module,
	SYS_kexec_load,
	SYS_reboot,
	SYS_swapon,
	SYS_perf_event_open,
	SYS_userfaultfd,
	SYS_open_by_handle_at,
	SYS_add_key,
	SYS_keyctl,
	SYS_request_key,
};

static const int families[] = { AF_UNIX, AF_INET, AF_INET6 };

#define CHANGES (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND | __O_TMPFILE)

#define PROGRAM_MAX 400

struct program {
	struct sock_filter at[PROGRAM_MAX];
	unsigned short len;
};

static void
add(struct program *p, unsigned short code, unsigned jt, unsigned jf,
    unsigned k)
{
	if (p->len < PROGRAM_MAX)
		p->at[p->len++] = (struct sock_filter){ .code = code,
			.jt = (unsigned char)jt,
			.jf = (unsigned char)jf,
			.k = k };
}

#define LOAD   (BPF_LD | BPF_W | BPF_ABS)
#define EQUAL  (BPF_JMP | BPF_JEQ | BPF_K)
#define ANY_OF (BPF_JMP | BPF_JSET | BPF_K)
#define AT(f)  ((unsigned)offsetof(struct seccomp_data, f))
/* The low half: both processors are little endian. */
#define ARG(n) (AT(args) + 8 * (n))

static void
end(struct program *p, unsigned verdict)
{
	add(p, BPF_RET | BPF_K, 0, 0, verdict);
}

#define NO(sys) (SECCOMP_RET_ERRNO | (unsigned)(sys))

static void
each(struct program *p, const int *calls, size_t n, unsigned verdict)
{
	for (size_t i = 0; i < n; i++) {
		add(p, EQUAL, 0, 1, (unsigned)calls[i]);
		end(p, verdict);
	}
}

/* A call of this number: forbidden with sys when (its argument n & mask) is
 * not 0 (bad) or is 0 (!bad); else allowed. */
static void
by_bits(
    struct program *p, int call, unsigned n, unsigned mask, bool bad, int sys)
{
	add(p, EQUAL, 0, 4, (unsigned)call);
	add(p, LOAD, 0, 0, ARG(n));
	add(p, ANY_OF, bad ? 1 : 0, bad ? 0 : 1, mask);
	end(p, SECCOMP_RET_ALLOW);
	end(p, NO(sys));
}

/* Allowed when argument n is one of these. */
static void
by_value(struct program *p, int call, unsigned n, const int *values,
    unsigned count, int sys)
{
	add(p, EQUAL, 0, 2 * count + 2, (unsigned)call);
	add(p, LOAD, 0, 0, ARG(n));
	each(p, values, count, SECCOMP_RET_ALLOW);
	end(p, NO(sys));
}

static void
look_into(struct program *p)
{
	const int us[] = { getpid() };
	const int asks[] = { FIONREAD, FIONBIO, TCGETS, SIOCGIFINDEX };
	const int names[] = { PR_SET_NAME, PR_GET_NAME };

	by_bits(p, SYS_openat, 2, CHANGES, true, EACCES);
#ifdef SYS_open
	by_bits(p, SYS_open, 1, CHANGES, true, EACCES);
#endif
	by_bits(p, SYS_clone, 0, CLONE_THREAD, false, EPERM);
	by_value(p, SYS_socket, 0, families, COUNT(families), EAFNOSUPPORT);
	/* Not what types into a terminal (TIOCSTI), for one. */
	by_value(p, SYS_ioctl, 1, asks, COUNT(asks), ENOTTY);
	by_value(p, SYS_tgkill, 0, us, 1, EPERM);
	by_value(p, SYS_kill, 0, us, 1, EPERM);
	by_value(p, SYS_prctl, 0, names, COUNT(names), EINVAL);
}

static void
compose(struct program *p)
{
	add(p, LOAD, 0, 0, AT(arch));
	add(p, EQUAL, 1, 0, ARCH);
	end(p, SECCOMP_RET_KILL_PROCESS);
	add(p, LOAD, 0, 0, AT(nr));
#ifdef __x86_64__
	/* The other numbers of the same calls (x32). */
	add(p, BPF_JMP | BPF_JGE | BPF_K, 0, 1, 0x40000000U);
	end(p, SECCOMP_RET_KILL_PROCESS);
#endif
	each(p, allowed, COUNT(allowed), SECCOMP_RET_ALLOW);
	each(p, deadly, COUNT(deadly), SECCOMP_RET_KILL_PROCESS);
	look_into(p);
	end(p, NO(ENOSYS));
}

bool
confine_calls(void)
{
	struct program p = { .len = 0 };
	struct sock_fprog prog = { .filter = p.at };

	compose(&p);
	prog.len = p.len;
	return p.len < PROGRAM_MAX &&
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog, 0, 0) == 0;
}

#endif
