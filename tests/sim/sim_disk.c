#include "sim_disk_p.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"

struct disk disk;

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
	return disk_must(free_one);
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
	disk_resize(f, 0);
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
	h->pMethods = &disk_methods;
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
	if (!disk_may())
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

		disk_drop_shm(f);
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
			disk_apply(f, &f->pending[i]);
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
		disk_drop_shm(f);
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
