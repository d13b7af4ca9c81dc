/*
 * file_fault: system calls that fail, or meet somebody, when it is their
 * turn.
 *
 * The functions below stand in for those of libc: the linker takes ours. They
 * pass on to the kernel, unless it is the turn of the armed fault. Included
 * by one file of a program only.
 */
#ifndef TESTS_FILE_FAULT_H
#define TESTS_FILE_FAULT_H

/* Its inline read() and readlink() would get in the way of ours. */
#undef _FORTIFY_SOURCE

#include "file_world.h"

#include <sys/file.h>
#include <sys/random.h>
#include <sys/syscall.h>

static struct {
	bool armed;
	long calls; /* made since it was armed */
	long turn;  /* this one fails, or meets the meddler */
	int sys;    /* with this errno; 0: it does not fail */
	bool fired;
	const char *name;
	size_t at_most;                 /* bytes a write takes; 0: all */
	void (*meddle)(struct world *); /* before the call */
	struct world *w;
} fault;

/* The only function that decides. True: fail, errno is set. */
static bool
fails(const char *name)
{
	if (!fault.armed || fault.calls++ != fault.turn)
		return false;
	fault.armed = false;
	fault.fired = true;
	fault.name = name;
	if (fault.meddle != NULL)
		fault.meddle(fault.w);
	fault.armed = true;
	errno = fault.sys;
	return fault.sys != 0;
}

#define STAND_IN(type, name, params, ...)                                      \
	type name params                                                       \
	{                                                                      \
		return fails(#name) ? (type)-1 : (type)syscall(__VA_ARGS__);   \
	}

int
openat(int dir, const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	return fails("openat")
	    ? -1
	    : (int)syscall(SYS_openat, dir, path, flags, mode);
}

ssize_t
write(int fd, const void *p, size_t n)
{
	if (fault.armed && fault.at_most > 0 && n > fault.at_most)
		n = fault.at_most;
	return fails("write") ? -1 : (ssize_t)syscall(SYS_write, fd, p, n);
}

STAND_IN(ssize_t, read, (int fd, void *p, size_t n), SYS_read, fd, p, n)
ssize_t
pwrite(int fd, const void *p, size_t n, off_t at)
{
	if (fault.armed && fault.at_most > 0 && n > fault.at_most)
		n = fault.at_most;
	return fails("pwrite") ? -1
			       : (ssize_t)syscall(SYS_pwrite64, fd, p, n, at);
}

STAND_IN(int, ftruncate, (int fd, off_t n), SYS_ftruncate, fd, n)
STAND_IN(int, fallocate, (int fd, int mode, off_t a, off_t n), SYS_fallocate,
    fd, mode, a, n)
STAND_IN(int, flock, (int fd, int how), SYS_flock, fd, how)
STAND_IN(int, fsync, (int fd), SYS_fsync, fd)
STAND_IN(int, fchown, (int fd, uid_t u, gid_t g), SYS_fchown, fd, u, g)
STAND_IN(int, fchmod, (int fd, mode_t m), SYS_fchmod, fd, m)
STAND_IN(off_t, lseek, (int fd, off_t o, int how), SYS_lseek, fd, o, how)
STAND_IN(
    ssize_t, flistxattr, (int fd, char *p, size_t n), SYS_flistxattr, fd, p, n)
STAND_IN(ssize_t, fgetxattr, (int fd, const char *s, void *p, size_t n),
    SYS_fgetxattr, fd, s, p, n)
STAND_IN(int, fsetxattr,
    (int fd, const char *s, const void *p, size_t n, int flags), SYS_fsetxattr,
    fd, s, p, n, flags)
STAND_IN(int, fremovexattr, (int fd, const char *s), SYS_fremovexattr, fd, s)
STAND_IN(ssize_t, readlinkat, (int fd, const char *s, char *p, size_t n),
    SYS_readlinkat, fd, s, p, n)
STAND_IN(ssize_t, getrandom, (void *p, size_t n, unsigned flags), SYS_getrandom,
    p, n, flags)
STAND_IN(int, fstat, (int fd, struct stat *st), SYS_fstat, fd, st)
STAND_IN(int, renameat2,
    (int a, const char *s, int b, const char *t, unsigned flags), SYS_renameat2,
    a, s, b, t, flags)

int
ioctl(int fd, unsigned long request, ...)
{
	va_list ap;
	void *p;

	va_start(ap, request);
	p = va_arg(ap, void *);
	va_end(ap);
	return fails("ioctl") ? -1 : (int)syscall(SYS_ioctl, fd, request, p);
}

static inline void
arm(struct world *w, long turn, int sys, void (*meddle)(struct world *))
{
	memset(&fault, 0, sizeof(fault));
	fault.turn = turn;
	fault.sys = sys;
	fault.meddle = meddle;
	fault.w = w;
	fault.armed = true;
}

/* Open (when with_open, under fault too), and make NEW the content. */
static inline enum ec
attempt(const char *path, bool with_open, struct err *e)
{
	AUTO(pinned) struct file *f = NULL;
	AUTO(buf) struct buf b = BUF(1000);
	bool armed = fault.armed;
	enum ec ec;

	bytes(&b, NEW);
	fault.armed = armed && with_open;
	ec = file_open(path, FILE_MAY_BE_ABSENT, &f, e);
	fault.armed = armed;
	if (ec == EC_OK)
		ec = file_replace(f, &b, 0600, e);
	fault.armed = false;
	return ec;
}

/* The original again, with all that can be kept, behind a link. */
static inline void
reset(struct world *w)
{
	(void)unlink(w->path);
	put(w->path, OLD, 0640);
	assert_int_equal(setxattr(w->path, "user.a", "1", 1, 0), 0);
	if (is_root())
		assert_int_equal(chown(w->path, USER, USER), 0);
}

static inline int
fault_end(void **state)
{
	struct world *w = *state;

	fault.armed = false;
	(void)umount2(w->home, MNT_DETACH);
	return world_end(state);
}

#endif
