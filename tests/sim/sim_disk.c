#include "sim_disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "rotator/store_p.h"

#define SECTOR    512
#define FILES_MAX 8
#define SHM_MAX   8

/* One sector, or a new length, not yet synced. */
struct pending {
	int64_t at; /* -1: size is the new length */
	size_t n;
	int64_t size;
	unsigned char bytes[SECTOR];
};

struct file {
	char name[PATH_MAX];
	bool there, there_on_disk; /* the name, now and after a failure */
	bool is_database;
	int real; /* its file in the real directory */
	unsigned char *data, *disk;
	size_t size, disk_size, room;
	struct pending *pending;
	size_t n_pending, room_pending;
	int shared, exclusive; /* handles that hold the lock */
	void *shm[SHM_MAX];
	int shm_shared[SQLITE_SHM_NLOCK];
	bool shm_exclusive[SQLITE_SHM_NLOCK];
};

struct handle {
	sqlite3_file base;
	struct file *f;
	int level;
	bool temporary;
	unsigned shm_shared, shm_exclusive; /* bits */
};

static struct {
	sqlite3_vfs own, *real;
	char dir[64];
	struct file files[FILES_MAX];
	uint64_t ops, die_at;
	bool *died, silent;
	unsigned process, frozen;
} disk;

/* ---- bytes --------------------------------------------------------------- */

static void *
must(void *p)
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
	f->data = must(realloc(f->data, n * 2));
	f->disk = must(realloc(f->disk, n * 2));
	memset(f->data + f->room, 0, n * 2 - f->room);
	memset(f->disk + f->room, 0, n * 2 - f->room);
	f->room = n * 2;
}

static void
note(struct file *f, const struct pending *p)
{
	if (f->n_pending == f->room_pending) {
		f->room_pending = f->room_pending * 2 + 64;
		f->pending = must(
		    realloc(f->pending, f->room_pending * sizeof(*f->pending)));
	}
	f->pending[f->n_pending++] = *p;
}

static void
resize(struct file *f, size_t n)
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
		resize(f, at);
}

static void
apply(struct file *f, const struct pending *p)
{
	if (p->at >= 0) {
		memcpy(f->disk + p->at, p->bytes, p->n);
		return;
	}
	if ((size_t)p->size < f->disk_size)
		memset(f->disk + p->size, 0, f->disk_size - (size_t)p->size);
	f->disk_size = (size_t)p->size;
}

static void
sync_all(struct file *f)
{
	for (size_t i = 0; i < f->n_pending; i++)
		apply(f, &f->pending[i]);
	f->n_pending = 0;
	f->there_on_disk = f->there;
}

/* May this be done? False: the process is dead, or dies now. */
static bool
may(void)
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
	if (!may())
		return SQLITE_IOERR_WRITE;
	put(file_of(h), p, (size_t)n, (size_t)at);
	return SQLITE_OK;
}

static int
disk_truncate(sqlite3_file *h, sqlite3_int64 n)
{
	if (!may())
		return SQLITE_IOERR_TRUNCATE;
	resize(file_of(h), (size_t)n);
	return SQLITE_OK;
}

static int
disk_sync(sqlite3_file *h, int flags)
{
	(void)flags;
	if (!may())
		return SQLITE_IOERR_FSYNC;
	sync_all(file_of(h));
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
		f->shm[page] = must(calloc(1, (size_t)size));
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

static void
drop_shm(struct file *f)
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
		drop_shm(me->f);
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

static const sqlite3_io_methods methods = {
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

/* ---- names ----------------------------------------------------------------
 */

static struct file *
find(const char *name)
{
	for (size_t i = 0; i < COUNT(disk.files); i++)
		if (disk.files[i].there &&
		    strcmp(disk.files[i].name, name) == 0)
			return &disk.files[i];
	return NULL;
}

/* The place of a file of that name that may come back, or a free one. */
static struct file *
place(const char *name)
{
	struct file *free_one = NULL;

	for (size_t i = 0; i < COUNT(disk.files); i++) {
		struct file *f = &disk.files[i];
		const bool used = f->there || f->there_on_disk;

		if (used && strcmp(f->name, name) == 0)
			return f;
		if (!used && free_one == NULL)
			free_one = f;
	}
	return must(free_one);
}

static struct file *
make(const char *name)
{
	struct file *f = place(name);

	f->there = true;
	f->is_database = false;
	f->size = 0;
	(void)snprintf(f->name, sizeof(f->name), "%s", name);
	if (f->room > 0)
		memset(f->data, 0, f->room);
	resize(f, 0);
	return f;
}

/* The file of that name in the real directory, which is empty but tells which
 * file is meant: kept open, so that its number is not given to another. */
static int
real_file(const char *name)
{
	return open(name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
}

static bool
same_file(int a, int b)
{
	struct stat x, y;

	return fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.st_ino == y.st_ino;
}

static void
forget(struct file *f)
{
	f->there = f->there_on_disk = false;
	f->n_pending = 0;
	(void)close(f->real);
}

/* A database. It may have been renamed since (store_home.c does that to a new
 * one, when it is synced), or another may have been put in its place. */
static struct file *
database(const char *name)
{
	const int now = real_file(name);
	struct file *f = NULL;

	if (now < 0)
		return NULL;
	for (size_t i = 0; i < COUNT(disk.files) && f == NULL; i++)
		if (disk.files[i].there && disk.files[i].is_database &&
		    same_file(disk.files[i].real, now))
			f = &disk.files[i];
	if (f != NULL) {
		(void)close(now);
		(void)snprintf(f->name, sizeof(f->name), "%s", name);
		return f;
	}
	f = find(name);
	if (f != NULL)
		forget(f);
	f = make(name);
	f->is_database = true;
	f->real = now;
	return f;
}

static int
disk_open(
    sqlite3_vfs *v, const char *name, sqlite3_file *h, int flags, int *out)
{
	struct handle *me = (struct handle *)h;
	const char *path = name != NULL ? name : "(temporary)";
	const bool main_db = (flags & SQLITE_OPEN_MAIN_DB) != 0;
	struct file *f = main_db ? database(path) : find(path);

	(void)v;
	memset(me, 0, sizeof(*me));
	if (f == NULL && (main_db || disk.silent))
		return SQLITE_CANTOPEN;
	me->f = f != NULL ? f : make(path);
	me->temporary = name == NULL;
	h->pMethods = &methods;
	if (out != NULL)
		*out = flags;
	return SQLITE_OK;
}

static int
disk_delete(sqlite3_vfs *v, const char *name, int sync)
{
	struct file *f = find(name);

	(void)v;
	if (f == NULL)
		return SQLITE_IOERR_DELETE_NOENT;
	if (!may())
		return SQLITE_IOERR_DELETE;
	f->there = false;
	f->n_pending = 0;
	if (sync)
		f->there_on_disk = false;
	return SQLITE_OK;
}

static int
disk_access(sqlite3_vfs *v, const char *name, int flags, int *ret)
{
	(void)v;
	(void)flags;
	*ret = find(name) != NULL;
	return SQLITE_OK;
}

static int
disk_full_path(sqlite3_vfs *v, const char *name, int n, char *ret)
{
	(void)v;
	(void)snprintf(ret, (size_t)n, "%s", name);
	return SQLITE_OK;
}

static int
disk_sleep(sqlite3_vfs *v, int us)
{
	(void)v;
	return us;
}

static int
disk_last_error(sqlite3_vfs *v, int n, char *text)
{
	(void)v;
	(void)n;
	(void)text;
	return disk.silent ? EIO : 0;
}

/* ---- the outside -----------------------------------------------------------
 */

void
disk_begin(void)
{
	(void)snprintf(disk.dir, sizeof(disk.dir), "/tmp/sim-disk.XXXXXX");
	if (mkdtemp(disk.dir) == NULL)
		abort();
	disk.real = sqlite3_vfs_find(NULL);
	disk.own = *disk.real;
	disk.own.pNext = NULL;
	disk.own.zName = "sim-disk";
	disk.own.szOsFile = (int)sizeof(struct handle);
	disk.own.xOpen = disk_open;
	disk.own.xDelete = disk_delete;
	disk.own.xAccess = disk_access;
	disk.own.xFullPathname = disk_full_path;
	disk.own.xSleep = disk_sleep;
	disk.own.xGetLastError = disk_last_error;
	(void)sqlite3_vfs_register(&disk.own, 1);
}

const char *
disk_dir(void)
{
	return disk.dir;
}

static void
unlink_in(const char *name)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/%s", disk.dir, name);
	(void)unlink(path);
}

void
disk_wipe(void)
{
	unlink_in("rotate.db");
	unlink_in("rotate.db.new");
	unlink_in("spare");
	for (size_t i = 0; i < COUNT(disk.files); i++) {
		struct file *f = &disk.files[i];

		drop_shm(f);
		if (f->there && f->is_database)
			(void)close(f->real);
		free(f->data);
		free(f->disk);
		free(f->pending);
		memset(f, 0, sizeof(*f));
	}
	disk.ops = disk.die_at = 0;
	disk.silent = false;
	disk.process = disk.frozen = 0;
}

void
disk_end(void)
{
	disk_wipe();
	(void)rmdir(disk.dir);
	(void)sqlite3_vfs_unregister(&disk.own);
}

void
disk_die_at(uint64_t nth, bool *died)
{
	disk.die_at = nth == 0 ? 0 : disk.ops + nth;
	disk.died = died;
}

void
disk_silence(void)
{
	disk.silent = true;
}

void
disk_revive(void)
{
	disk.silent = false;
}

uint64_t
disk_ops(void)
{
	return disk.ops;
}

static void
lose(struct file *f, enum disk_loss how, struct dice *d)
{
	const size_t until = how == LOSS_PREFIX && f->n_pending > 0
	    ? upto(d, (unsigned)f->n_pending + 1)
	    : f->n_pending;

	for (size_t i = 0; i < until; i++)
		if (how != LOSS_ALL && (how != LOSS_ANY || percent(d, 50)))
			apply(f, &f->pending[i]);
	f->n_pending = 0;
}

/* LOSS_NONE keeps all. The name of a file made or deleted is as old or new as
 * chance wants, but what was synced lies under it. */
void
disk_power_fails(enum disk_loss how, struct dice *d)
{
	for (size_t i = 0; i < COUNT(disk.files); i++) {
		struct file *f = &disk.files[i];

		if (f->is_database) /* its name is the directory's matter */
			f->there_on_disk = f->there;
		if (f->there != f->there_on_disk && how != LOSS_NONE &&
		    (how == LOSS_ALL || percent(d, 50)))
			f->there = f->there_on_disk;
		if (f->there)
			lose(f, how, d);
		f->there_on_disk = f->there;
		f->size = f->disk_size;
		if (f->room > 0)
			memcpy(f->data, f->disk, f->room);
		drop_shm(f);
		f->shared = f->exclusive = 0;
		memset(f->shm_shared, 0, sizeof(f->shm_shared));
		memset(f->shm_exclusive, 0, sizeof(f->shm_exclusive));
	}
}

void
disk_process(unsigned id, unsigned frozen)
{
	disk.process = id;
	disk.frozen = frozen;
}

/* In the place of store_owner.c's. */
void
owner_self(struct owner *ret)
{
	memset(ret, 0, sizeof(*ret));
	(void)snprintf(ret->host, sizeof(ret->host), "sim");
	(void)snprintf(ret->boot, sizeof(ret->boot), "boot");
	ret->pid = disk.process;
	ret->started = 1;
}

enum owner_life
owner_life(const struct owner *o)
{
	return o->pid == disk.process ||
		(disk.frozen != 0 && o->pid == disk.frozen)
	    ? OWNER_ALIVE
	    : OWNER_DEAD;
}
