/*
 * pt_calls: the system calls after which something outside the process may
 * be different: files, names, attributes, what peers and children received.
 * Between two of them a kill makes no difference to anybody, so they are all
 * the points at which it has to be tried. Reads, polls and memory are not
 * here. SQLite also stores to its mapped -shm file; it rebuilds that after a
 * crash (https://www.sqlite.org/walformat.html#the_wal_index_file_format).
 */
#ifndef CRASH_PT_CALLS_H
#define CRASH_PT_CALLS_H

#include <sys/syscall.h>

struct call {
	int nr;
	const char *name;
	int path;  /* argument that is a path, or -1 */
	int fd;    /* argument that is a descriptor, or -1 */
	int flags; /* argument with open flags: counts only when it makes or
		    * cuts a file; or -1 */
};

static const struct call calls[] = {
#ifdef SYS_open /* architectures after 2010 have only the ...at() calls */
	{ SYS_open, "open", 0, -1, 1 },
	{ SYS_creat, "creat", 0, -1, -1 },
	{ SYS_rename, "rename", 1, -1, -1 },
	{ SYS_unlink, "unlink", 0, -1, -1 },
	{ SYS_rmdir, "rmdir", 0, -1, -1 },
	{ SYS_link, "link", 1, -1, -1 },
	{ SYS_symlink, "symlink", 1, -1, -1 },
	{ SYS_mkdir, "mkdir", 0, -1, -1 },
	{ SYS_chmod, "chmod", 0, -1, -1 },
	{ SYS_chown, "chown", 0, -1, -1 },
	{ SYS_lchown, "lchown", 0, -1, -1 },
#endif
	{ SYS_openat, "openat", 1, -1, 2 },
	{ SYS_renameat, "renameat", 3, -1, -1 },
	{ SYS_renameat2, "renameat2", 3, -1, -1 },
	{ SYS_unlinkat, "unlinkat", 1, -1, -1 },
	{ SYS_linkat, "linkat", 3, -1, -1 },
	{ SYS_symlinkat, "symlinkat", 2, -1, -1 },
	{ SYS_mkdirat, "mkdirat", 1, -1, -1 },
	{ SYS_mknodat, "mknodat", 1, -1, -1 },
	{ SYS_fchmodat, "fchmodat", 1, -1, -1 },
	{ SYS_fchownat, "fchownat", 1, -1, -1 },
	{ SYS_utimensat, "utimensat", 1, -1, -1 },
	{ SYS_setxattr, "setxattr", 0, -1, -1 },
	{ SYS_truncate, "truncate", 0, -1, -1 },
	{ SYS_write, "write", -1, 0, -1 },
	{ SYS_writev, "writev", -1, 0, -1 },
	{ SYS_pwrite64, "pwrite64", -1, 0, -1 },
	{ SYS_pwritev, "pwritev", -1, 0, -1 },
	{ SYS_pwritev2, "pwritev2", -1, 0, -1 },
	{ SYS_fsync, "fsync", -1, 0, -1 },
	{ SYS_fdatasync, "fdatasync", -1, 0, -1 },
	{ SYS_sync_file_range, "sync_file_range", -1, 0, -1 },
	{ SYS_ftruncate, "ftruncate", -1, 0, -1 },
	{ SYS_fallocate, "fallocate", -1, 0, -1 },
	{ SYS_fchmod, "fchmod", -1, 0, -1 },
	{ SYS_fchown, "fchown", -1, 0, -1 },
	{ SYS_fsetxattr, "fsetxattr", -1, 0, -1 },
	{ SYS_fremovexattr, "fremovexattr", -1, 0, -1 },
	{ SYS_copy_file_range, "copy_file_range", -1, 2, -1 },
	{ SYS_sendfile, "sendfile", -1, 0, -1 },
	{ SYS_connect, "connect", -1, 0, -1 },
	{ SYS_sendto, "sendto", -1, 0, -1 },
	{ SYS_sendmsg, "sendmsg", -1, 0, -1 },
	{ SYS_shutdown, "shutdown", -1, 0, -1 },
	{ SYS_kill, "kill", -1, -1, -1 },
};

#define CALLS ((int)(sizeof(calls) / sizeof(calls[0])))

#endif
