/*
 * One file of the disk as SQLite uses it: bytes that are in the page cache
 * until they are synced, locks, shared memory.
 */
#include "sim_disk_p.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"

/* ---- bytes --------------------------------------------------------------- */

void *
disk_must(void *p)
{
	if (p == NULL)
		abort();
	return p;
}

static void
reserve(struct file *f, size_t n)
{
	if (n <= f->room)
		return;
	f->data = disk_must(realloc(f->data, n * 2));
	f->disk = disk_must(realloc(f->disk, n * 2));
	memset(f->data + f->room, 0, n * 2 - f->room);
	memset(f->disk + f->room, 0, n * 2 - f->room);
	f->room = n * 2;
}

static void
note(struct file *f, const struct pending *p)
{
	if (f->n_pending == f->room_pending) {
		f->room_pending = f->room_pending * 2 + 64;
		f->pending = disk_must(
		    realloc(f->pending, f->room_pending * sizeof(*f->pending)));
	}
	f->pending[f->n_pending++] = *p;
}

void
disk_resize(struct file *f, size_t n)
{
	const struct pending p = { .at = -1, .size = (int64_t)n };

	reserve(f, n);
	if (n < f->size)
		memset(f->data + n, 0, f->size - n);
	f->size = n;
	note(f, &p);
}

static void
put(struct file *f, const unsigned char *p, size_t n, size_t at)
{
	reserve(f, at + n);
	memcpy(f->data + at, p, n);
	while (n > 0) {
		const size_t part = SECTOR - at % SECTOR;
		struct pending w = { .at = (int64_t)at,
			.n = part < n ? part : n };

		memcpy(w.bytes, p, w.n);
		note(f, &w);
		p += w.n;
		at += w.n;
		n -= w.n;
	}
	if (at > f->size)
		disk_resize(f, at);
}

void
disk_apply(struct file *f, const struct pending *p)
{
	if (p->at >= 0) {
		memcpy(f->disk + p->at, p->bytes, p->n);
		return;
	}
	if ((size_t)p->size < f->disk_size)
		memset(f->disk + p->size, 0, f->disk_size - (size_t)p->size);
	f->disk_size = (size_t)p->size;
}

void
disk_sync_all(struct file *f)
{
	for (size_t i = 0; i < f->n_pending; i++)
		disk_apply(f, &f->pending[i]);
	f->n_pending = 0;
	f->there_on_disk = f->there;
}

bool
disk_may(void)
{
	if (disk.silent)
		return false;
	disk.ops++;
	if (disk.die_at == 0 || disk.ops < disk.die_at)
		return true;
	disk.silent = true;
	disk.die_at = 0;
	if (disk.died != NULL)
		*disk.died = true;
	return false;
}

/* ---- a file of SQLite ---------------------------------------------------- */

static struct file *
file_of(sqlite3_file *h)
{
	return ((struct handle *)h)->f;
}

static int
disk_read(sqlite3_file *h, void *p, int n, sqlite3_int64 at)
{
	const struct file *f = file_of(h);
	size_t have = (size_t)at < f->size ? f->size - (size_t)at : 0;

	if (have > (size_t)n)
		have = (size_t)n;
	memset(p, 0, (size_t)n);
	if (have > 0)
		memcpy(p, f->data + at, have);
	return have == (size_t)n ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int
disk_write(sqlite3_file *h, const void *p, int n, sqlite3_int64 at)
{
	if (!disk_may())
		return SQLITE_IOERR_WRITE;
	put(file_of(h), p, (size_t)n, (size_t)at);
	return SQLITE_OK;
}

static int
disk_truncate(sqlite3_file *h, sqlite3_int64 n)
{
	if (!disk_may())
		return SQLITE_IOERR_TRUNCATE;
	disk_resize(file_of(h), (size_t)n);
	return SQLITE_OK;
}

static int
disk_sync(sqlite3_file *h, int flags)
{
	(void)flags;
	if (!disk_may())
		return SQLITE_IOERR_FSYNC;
	disk_sync_all(file_of(h));
	return SQLITE_OK;
}

static int
disk_size(sqlite3_file *h, sqlite3_int64 *ret)
{
	*ret = (sqlite3_int64)file_of(h)->size;
	return SQLITE_OK;
}

static int
disk_lock(sqlite3_file *h, int level)
{
	struct handle *me = (struct handle *)h;
	struct file *f = me->f;
	const int mine = me->level >= SQLITE_LOCK_EXCLUSIVE;

	if (level <= me->level)
		return SQLITE_OK;
	if (f->exclusive - mine > 0)
		return SQLITE_BUSY;
	if (me->level == SQLITE_LOCK_NONE)
		f->shared++;
	if (level == SQLITE_LOCK_EXCLUSIVE) {
		if (f->shared > 1) {
			if (me->level == SQLITE_LOCK_NONE)
				f->shared--;
			return SQLITE_BUSY;
		}
		f->exclusive++;
	}
	me->level = level;
	return SQLITE_OK;
}

static int
disk_unlock(sqlite3_file *h, int level)
{
	struct handle *me = (struct handle *)h;

	if (level >= me->level)
		return SQLITE_OK;
	if (me->level == SQLITE_LOCK_EXCLUSIVE)
		me->f->exclusive--;
	if (level == SQLITE_LOCK_NONE)
		me->f->shared--;
	me->level = level;
	return SQLITE_OK;
}

static int
disk_reserved(sqlite3_file *h, int *ret)
{
	*ret = file_of(h)->exclusive > 0;
	return SQLITE_OK;
}

static int
disk_control(sqlite3_file *h, int what, void *arg)
{
	(void)h;
	if (what == SQLITE_FCNTL_LAST_ERRNO)
		*(int *)arg = disk.silent ? EIO : 0;
	return what == SQLITE_FCNTL_LAST_ERRNO ? SQLITE_OK : SQLITE_NOTFOUND;
}

static int
disk_sector(sqlite3_file *h)
{
	(void)h;
	return SECTOR;
}

/* A write changes nothing beside it; as SQLite assumes of all disks today. */
static int
disk_kind(sqlite3_file *h)
{
	(void)h;
	return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static int
disk_shm_map(sqlite3_file *h, int page, int size, int make, void volatile **ret)
{
	struct file *f = file_of(h);

	if (page >= SHM_MAX)
		return SQLITE_NOMEM;
	if (f->shm[page] == NULL && make)
		f->shm[page] = disk_must(calloc(1, (size_t)size));
	*ret = f->shm[page];
	return SQLITE_OK;
}

static bool
shm_is_free(const struct handle *me, int i, bool exclusive)
{
	const struct file *f = me->f;
	const bool shares = (me->shm_shared & 1U << i) != 0;

	return !(f->shm_exclusive[i] && (me->shm_exclusive & 1U << i) == 0) &&
	    !(exclusive && f->shm_shared[i] > (shares ? 1 : 0));
}

static void
shm_set(struct handle *me, int i, bool exclusive, bool on)
{
	const unsigned bit = 1U << i;
	unsigned *mine = exclusive ? &me->shm_exclusive : &me->shm_shared;

	if (((*mine & bit) != 0) == on)
		return;
	*mine ^= bit;
	if (exclusive)
		me->f->shm_exclusive[i] = on;
	else
		me->f->shm_shared[i] += on ? 1 : -1;
}

static int
disk_shm_lock(sqlite3_file *h, int at, int n, int flags)
{
	struct handle *me = (struct handle *)h;
	const bool exclusive = (flags & SQLITE_SHM_EXCLUSIVE) != 0;
	const bool on = (flags & SQLITE_SHM_LOCK) != 0;

	for (int i = at; on && i < at + n; i++)
		if (!shm_is_free(me, i, exclusive))
			return SQLITE_BUSY;
	for (int i = at; i < at + n; i++)
		shm_set(me, i, exclusive, on);
	return SQLITE_OK;
}

static void
disk_shm_barrier(sqlite3_file *h)
{
	(void)h;
}

void
disk_drop_shm(struct file *f)
{
	for (size_t i = 0; i < COUNT(f->shm); i++) {
		free(f->shm[i]);
		f->shm[i] = NULL;
	}
}

static int
disk_shm_unmap(sqlite3_file *h, int gone)
{
	struct handle *me = (struct handle *)h;

	for (int i = 0; i < SQLITE_SHM_NLOCK; i++) {
		shm_set(me, i, true, false);
		shm_set(me, i, false, false);
	}
	if (gone)
		disk_drop_shm(me->f);
	return SQLITE_OK;
}

static int
disk_close(sqlite3_file *h)
{
	struct handle *me = (struct handle *)h;

	(void)disk_unlock(h, SQLITE_LOCK_NONE);
	if (me->temporary)
		me->f->there = false;
	return SQLITE_OK;
}

const sqlite3_io_methods disk_methods = {
	.iVersion = 2,
	.xClose = disk_close,
	.xRead = disk_read,
	.xWrite = disk_write,
	.xTruncate = disk_truncate,
	.xSync = disk_sync,
	.xFileSize = disk_size,
	.xLock = disk_lock,
	.xUnlock = disk_unlock,
	.xCheckReservedLock = disk_reserved,
	.xFileControl = disk_control,
	.xSectorSize = disk_sector,
	.xDeviceCharacteristics = disk_kind,
	.xShmMap = disk_shm_map,
	.xShmLock = disk_shm_lock,
	.xShmBarrier = disk_shm_barrier,
	.xShmUnmap = disk_shm_unmap,
};
