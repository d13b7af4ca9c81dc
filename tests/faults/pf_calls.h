/*
 * pf_calls: the system calls that may fail and whose failure says something
 * about the world: files, sockets, processes, memory. Which errors are
 * sensible for each is in faults.t.
 */
#ifndef FAULTS_PF_CALLS_H
#define FAULTS_PF_CALLS_H

#include <sys/syscall.h>

/* Where the argument stands that says what the call is about. */
enum about { NOTHING, PATH, DIR_PATH, FD, MAP, PEER };

struct call {
	int nr;
	const char *name;
	enum about about;
	int at;  /* first argument of it: the path, the directory's fd, ... */
	int len; /* argument that is a length, for "short"; or -1 */
};

static const struct call calls[] = {
#ifdef SYS_open /* architectures after 2010 have only the ...at() calls */
	{ SYS_open, "open", PATH, 0, -1 },
	{ SYS_stat, "stat", PATH, 0, -1 },
	{ SYS_lstat, "lstat", PATH, 0, -1 },
	{ SYS_access, "access", PATH, 0, -1 },
	{ SYS_readlink, "readlink", PATH, 0, -1 },
	{ SYS_rename, "rename", PATH, 1, -1 },
	{ SYS_unlink, "unlink", PATH, 0, -1 },
	{ SYS_rmdir, "rmdir", PATH, 0, -1 },
	{ SYS_mkdir, "mkdir", PATH, 0, -1 },
	{ SYS_chmod, "chmod", PATH, 0, -1 },
	{ SYS_chown, "chown", PATH, 0, -1 },
	{ SYS_dup2, "dup2", FD, 0, -1 },
	{ SYS_poll, "poll", NOTHING, 0, -1 },
	{ SYS_fork, "fork", NOTHING, 0, -1 },
	{ SYS_vfork, "vfork", NOTHING, 0, -1 },
#endif
#ifdef SYS_newfstatat
	{ SYS_newfstatat, "newfstatat", DIR_PATH, 0, -1 },
#endif
	{ SYS_openat, "openat", DIR_PATH, 0, -1 },
	{ SYS_fstat, "fstat", FD, 0, -1 },
	{ SYS_statx, "statx", DIR_PATH, 0, -1 },
	{ SYS_fstatfs, "fstatfs", FD, 0, -1 },
	{ SYS_faccessat, "faccessat", DIR_PATH, 0, -1 },
	{ SYS_faccessat2, "faccessat2", DIR_PATH, 0, -1 },
	{ SYS_readlinkat, "readlinkat", DIR_PATH, 0, -1 },
	{ SYS_getdents64, "getdents64", FD, 0, -1 },
	{ SYS_renameat, "renameat", DIR_PATH, 2, -1 },
	{ SYS_renameat2, "renameat2", DIR_PATH, 2, -1 },
	{ SYS_unlinkat, "unlinkat", DIR_PATH, 0, -1 },
	{ SYS_linkat, "linkat", DIR_PATH, 2, -1 },
	{ SYS_mkdirat, "mkdirat", DIR_PATH, 0, -1 },
	{ SYS_fchmodat, "fchmodat", DIR_PATH, 0, -1 },
	{ SYS_fchownat, "fchownat", DIR_PATH, 0, -1 },
	{ SYS_utimensat, "utimensat", DIR_PATH, 0, -1 },
	{ SYS_read, "read", FD, 0, 2 },
	{ SYS_pread64, "pread64", FD, 0, 2 },
	{ SYS_write, "write", FD, 0, 2 },
	{ SYS_pwrite64, "pwrite64", FD, 0, 2 },
	{ SYS_writev, "writev", FD, 0, -1 },
	{ SYS_fsync, "fsync", FD, 0, -1 },
	{ SYS_fdatasync, "fdatasync", FD, 0, -1 },
	{ SYS_ftruncate, "ftruncate", FD, 0, -1 },
	{ SYS_fallocate, "fallocate", FD, 0, -1 },
	{ SYS_lseek, "lseek", FD, 0, -1 },
	{ SYS_fchmod, "fchmod", FD, 0, -1 },
	{ SYS_fchown, "fchown", FD, 0, -1 },
	{ SYS_flistxattr, "flistxattr", FD, 0, -1 },
	{ SYS_fgetxattr, "fgetxattr", FD, 0, -1 },
	{ SYS_fsetxattr, "fsetxattr", FD, 0, -1 },
	{ SYS_fremovexattr, "fremovexattr", FD, 0, -1 },
	{ SYS_ioctl, "ioctl", FD, 0, -1 },
	{ SYS_fcntl, "fcntl", FD, 0, -1 },
	{ SYS_flock, "flock", FD, 0, -1 },
	{ SYS_close, "close", FD, 0, -1 },
	{ SYS_mmap, "mmap", MAP, 4, -1 },
	{ SYS_mremap, "mremap", NOTHING, 0, -1 },
	{ SYS_mprotect, "mprotect", NOTHING, 0, -1 },
	{ SYS_mlock2, "mlock2", NOTHING, 0, -1 },
	{ SYS_mlock, "mlock", NOTHING, 0, -1 },
	{ SYS_madvise, "madvise", NOTHING, 0, -1 },
	{ SYS_brk, "brk", NOTHING, 0, -1 },
	{ SYS_socket, "socket", NOTHING, 0, -1 },
	{ SYS_socketpair, "socketpair", NOTHING, 0, -1 },
	{ SYS_connect, "connect", PEER, 1, -1 },
	{ SYS_bind, "bind", FD, 0, -1 },
	{ SYS_sendto, "sendto", FD, 0, 2 },
	{ SYS_sendmsg, "sendmsg", FD, 0, -1 },
	{ SYS_recvfrom, "recvfrom", FD, 0, 2 },
	{ SYS_recvmsg, "recvmsg", FD, 0, -1 },
	{ SYS_setsockopt, "setsockopt", FD, 0, -1 },
	{ SYS_getsockopt, "getsockopt", FD, 0, -1 },
	{ SYS_getsockname, "getsockname", FD, 0, -1 },
	{ SYS_getpeername, "getpeername", FD, 0, -1 },
	{ SYS_ppoll, "ppoll", NOTHING, 0, -1 },
	{ SYS_getrandom, "getrandom", NOTHING, 0, -1 },
	{ SYS_clone, "clone", NOTHING, 0, -1 },
	{ SYS_clone3, "clone3", NOTHING, 0, -1 },
	{ SYS_execve, "execve", PATH, 0, -1 },
	{ SYS_dup3, "dup3", FD, 0, -1 },
	{ SYS_chdir, "chdir", PATH, 0, -1 },
	{ SYS_setsid, "setsid", NOTHING, 0, -1 },
	{ SYS_close_range, "close_range", NOTHING, 0, -1 },
	{ SYS_prctl, "prctl", NOTHING, 0, -1 },
	{ SYS_pipe2, "pipe2", NOTHING, 0, -1 },
	{ SYS_pidfd_open, "pidfd_open", NOTHING, 0, -1 },
	{ SYS_waitid, "waitid", NOTHING, 0, -1 },
	{ SYS_wait4, "wait4", NOTHING, 0, -1 },
	{ SYS_prlimit64, "prlimit64", NOTHING, 0, -1 },
	/* Fails never; rotate's first call of its own, see pf.c. */
	{ SYS_umask, "umask", NOTHING, 0, -1 },
};

#define CALLS ((int)(sizeof(calls) / sizeof(calls[0])))

#endif
