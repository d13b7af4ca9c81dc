/*
 * vfs: a file system below SQLite that fails when it is told to. It is
 * registered as the default one and hands everything on to SQLite's own,
 * unless it is the turn of the armed fault. Included by one file of a program
 * only. https://www.sqlite.org/vfs.html
 */
#ifndef TESTS_FAULTS_VFS_H
#define TESTS_FAULTS_VFS_H

#include <errno.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <string.h>

/* What a method may answer instead of doing its work. */
static const struct wrong {
	const char *method;
	int rc;
	int sys;   /* errno behind it */
	bool half; /* half of the work is done before */
} wrongs[] = {
	{ "open", SQLITE_CANTOPEN, EMFILE, false },
	{ "open", SQLITE_CANTOPEN, EACCES, false },
	{ "open", SQLITE_IOERR, EIO, false },
	{ "open", SQLITE_NOMEM, ENOMEM, false },
	{ "delete", SQLITE_IOERR_DELETE, EIO, false },
	{ "access", SQLITE_IOERR_ACCESS, EIO, false },
	{ "full_path", SQLITE_CANTOPEN, EACCES, false },
	{ "read", SQLITE_IOERR_READ, EIO, false },
	{ "read", SQLITE_IOERR_CORRUPTFS, EIO, false },
	{ "read", SQLITE_IOERR_CORRUPTFS, ENXIO, false },
	{ "read", SQLITE_IOERR_CORRUPTFS, ERANGE, false },
	/* Only while nothing is written: SQLite takes the missing half for
	 * zeros, because a file cannot end in the middle of its pages. */
	{ "read", SQLITE_IOERR_SHORT_READ, 0, true },
	{ "write", SQLITE_IOERR_WRITE, EIO, false },
	{ "write", SQLITE_IOERR_WRITE, EIO, true },
	{ "write", SQLITE_FULL, ENOSPC, false },
	{ "write", SQLITE_FULL, ENOSPC, true },
	{ "truncate", SQLITE_IOERR_TRUNCATE, EIO, false },
	{ "sync", SQLITE_IOERR_FSYNC, EIO, false },
	{ "sync", SQLITE_IOERR_FSYNC, ENOSPC, true },
	{ "size", SQLITE_IOERR_FSTAT, EIO, false },
	{ "lock", SQLITE_BUSY, EAGAIN, false },
	{ "lock", SQLITE_IOERR_LOCK, ENOLCK, false },
	{ "unlock", SQLITE_IOERR_UNLOCK, EIO, true },
	{ "reserved", SQLITE_IOERR_CHECKRESERVEDLOCK, EIO, false },
	{ "shm_map", SQLITE_IOERR_SHMMAP, ENOMEM, false },
	{ "shm_map", SQLITE_IOERR_SHMOPEN, EACCES, false },
	{ "shm_map", SQLITE_IOERR_SHMSIZE, ENOSPC, false },
	{ "shm_map", SQLITE_READONLY_CANTINIT, EROFS, false },
	{ "shm_lock", SQLITE_BUSY, EAGAIN, false },
	{ "shm_lock", SQLITE_IOERR_SHMLOCK, ENOLCK, false },
};

static struct {
	sqlite3_vfs *real;
	const struct wrong *wrong; /* NULL: none is armed */
	long calls, turn;
	bool for_ever;
	long fired;
} vfs;

static inline void
vfs_arm(const struct wrong *wrong, long turn, bool for_ever)
{
	vfs.wrong = wrong;
	vfs.turn = turn;
	vfs.for_ever = for_ever;
	vfs.calls = vfs.fired = 0;
}

/* Returns the number of calls that failed. */
static inline long
vfs_disarm(void)
{
	vfs.wrong = NULL;
	return vfs.fired;
}

/* The only function that decides. */
static bool
vfs_fails(const char *method)
{
	long call;

	if (vfs.wrong == NULL || strcmp(method, vfs.wrong->method) != 0)
		return false;
	call = vfs.calls++;
	if (call != vfs.turn && !(vfs.for_ever && call > vfs.turn))
		return false;
	vfs.fired++;
	errno = vfs.wrong->sys;
	return true;
}

struct vfs_file {
	sqlite3_file base;
	sqlite3_file *real; /* behind it, in the same piece of memory */
};

static sqlite3_file *
vfs_real(sqlite3_file *f)
{
	return ((struct vfs_file *)f)->real;
}

#define REAL(f, method, ...) vfs_real(f)->pMethods->method(__VA_ARGS__)

/* A method of a file that fails without having done anything, or after. */
#define VFS_METHOD(name, method, params, ...)                                  \
	static int vfs_##name params                                           \
	{                                                                      \
		if (!vfs_fails(#name))                                         \
			return REAL(f, method, __VA_ARGS__);                   \
		if (vfs.wrong->half)                                           \
			(void)REAL(f, method, __VA_ARGS__);                    \
		return vfs.wrong->rc;                                          \
	}

VFS_METHOD(
    truncate, xTruncate, (sqlite3_file * f, sqlite3_int64 n), vfs_real(f), n)
VFS_METHOD(sync, xSync, (sqlite3_file * f, int flags), vfs_real(f), flags)
VFS_METHOD(
    size, xFileSize, (sqlite3_file * f, sqlite3_int64 *n), vfs_real(f), n)
VFS_METHOD(lock, xLock, (sqlite3_file * f, int how), vfs_real(f), how)
VFS_METHOD(unlock, xUnlock, (sqlite3_file * f, int how), vfs_real(f), how)
VFS_METHOD(reserved, xCheckReservedLock, (sqlite3_file * f, int *ret),
    vfs_real(f), ret)
VFS_METHOD(shm_map, xShmMap,
    (sqlite3_file * f, int page, int size, int make, void volatile **ret),
    vfs_real(f), page, size, make, ret)

/* Giving a lock back cannot fail: SQLite does not look. */
static int
vfs_shm_lock(sqlite3_file *f, int at, int n, int flags)
{
	if ((flags & SQLITE_SHM_LOCK) != 0 && vfs_fails("shm_lock"))
		return vfs.wrong->rc;
	return REAL(f, xShmLock, vfs_real(f), at, n, flags);
}

/* A short read fills up with zeros, as the contract wants. */
static int
vfs_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
	int rc;

	if (!vfs_fails("read"))
		return REAL(f, xRead, vfs_real(f), p, n, at);
	if (!vfs.wrong->half)
		return vfs.wrong->rc;
	memset(p, 0, (size_t)n);
	rc = REAL(f, xRead, vfs_real(f), p, n / 2, at);
	return rc == SQLITE_OK ? vfs.wrong->rc : rc;
}

static int
vfs_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
	if (!vfs_fails("write"))
		return REAL(f, xWrite, vfs_real(f), p, n, at);
	if (vfs.wrong->half)
		(void)REAL(f, xWrite, vfs_real(f), p, n / 2, at);
	return vfs.wrong->rc;
}

static int
vfs_close(sqlite3_file *f)
{
	return REAL(f, xClose, vfs_real(f));
}

static int
vfs_control(sqlite3_file *f, int what, void *arg)
{
	if (what == SQLITE_FCNTL_LAST_ERRNO && vfs.fired > 0 &&
	    vfs.wrong != NULL) {
		*(int *)arg = vfs.wrong->sys;
		return SQLITE_OK;
	}
	return REAL(f, xFileControl, vfs_real(f), what, arg);
}

static int
vfs_sector(sqlite3_file *f)
{
	return REAL(f, xSectorSize, vfs_real(f));
}

static int
vfs_kind(sqlite3_file *f)
{
	return REAL(f, xDeviceCharacteristics, vfs_real(f));
}

static void
vfs_shm_barrier(sqlite3_file *f)
{
	REAL(f, xShmBarrier, vfs_real(f));
}

static int
vfs_shm_unmap(sqlite3_file *f, int gone)
{
	return REAL(f, xShmUnmap, vfs_real(f), gone);
}

static const sqlite3_io_methods vfs_methods = {
	.iVersion = 2,
	.xClose = vfs_close,
	.xRead = vfs_read,
	.xWrite = vfs_write,
	.xTruncate = vfs_truncate,
	.xSync = vfs_sync,
	.xFileSize = vfs_size,
	.xLock = vfs_lock,
	.xUnlock = vfs_unlock,
	.xCheckReservedLock = vfs_reserved,
	.xFileControl = vfs_control,
	.xSectorSize = vfs_sector,
	.xDeviceCharacteristics = vfs_kind,
	.xShmMap = vfs_shm_map,
	.xShmLock = vfs_shm_lock,
	.xShmBarrier = vfs_shm_barrier,
	.xShmUnmap = vfs_shm_unmap,
};

static int
vfs_open(sqlite3_vfs *v, const char *name, sqlite3_file *f, int flags, int *out)
{
	struct vfs_file *file = (struct vfs_file *)f;
	int rc;

	(void)v;
	f->pMethods = NULL;
	if (vfs_fails("open"))
		return vfs.wrong->rc;
	file->real = (sqlite3_file *)(file + 1);
	rc = vfs.real->xOpen(vfs.real, name, file->real, flags, out);
	if (file->real->pMethods != NULL)
		f->pMethods = &vfs_methods;
	return rc;
}

static int
vfs_delete(sqlite3_vfs *v, const char *name, int sync)
{
	(void)v;
	return vfs_fails("delete") ? vfs.wrong->rc
				   : vfs.real->xDelete(vfs.real, name, sync);
}

static int
vfs_access(sqlite3_vfs *v, const char *name, int flags, int *ret)
{
	(void)v;
	return vfs_fails("access")
	    ? vfs.wrong->rc
	    : vfs.real->xAccess(vfs.real, name, flags, ret);
}

static int
vfs_full_path(sqlite3_vfs *v, const char *name, int n, char *ret)
{
	(void)v;
	return vfs_fails("full_path")
	    ? vfs.wrong->rc
	    : vfs.real->xFullPathname(vfs.real, name, n, ret);
}

/* Nobody else is there to be waited for. */
static int
vfs_sleep(sqlite3_vfs *v, int us)
{
	(void)v;
	return us;
}

static int
vfs_last_error(sqlite3_vfs *v, int n, char *text)
{
	(void)v;
	(void)n;
	(void)text;
	return vfs.wrong != NULL && vfs.fired > 0
	    ? vfs.wrong->sys
	    : vfs.real->xGetLastError(vfs.real, 0, NULL);
}

static inline void
vfs_register(void)
{
	static sqlite3_vfs own;

	vfs.real = sqlite3_vfs_find(NULL);
	own = *vfs.real;
	own.pNext = NULL;
	own.zName = "faults";
	own.szOsFile += (int)sizeof(struct vfs_file);
	own.xOpen = vfs_open;
	own.xDelete = vfs_delete;
	own.xAccess = vfs_access;
	own.xFullPathname = vfs_full_path;
	own.xSleep = vfs_sleep;
	own.xGetLastError = vfs_last_error;
	(void)sqlite3_vfs_register(&own, 1);
}

#endif
