/*
 * discover_walk: files below a path, read one at a time.
 *
 * A link is not followed, so nothing outside is read; a file that it leads to
 * inside is met by itself. File systems of the kernel hold no configuration
 * and may block or change when they are read.
 */
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/auto.h"
#include "rotator/discover.h"

#define FILES_MAX ((size_t)500000)
#define BYTES_MAX ((size_t)1024 * 1024) /* configuration is smaller */

#ifndef BPF_FS_MAGIC
#define BPF_FS_MAGIC 0xcafe4a11
#endif

static const unsigned long kernel_fs[] = {
	PROC_SUPER_MAGIC,
	SYSFS_MAGIC,
	DEVPTS_SUPER_MAGIC,
	CGROUP_SUPER_MAGIC,
	CGROUP2_SUPER_MAGIC,
	DEBUGFS_MAGIC,
	TRACEFS_MAGIC,
	SECURITYFS_MAGIC,
	BPF_FS_MAGIC,
	PSTOREFS_MAGIC,
};

static void
auto_fts(FTS *const *t)
{
	if (*t != NULL)
		(void)fts_close(*t);
}

static bool
is_kernel(const FTSENT *f)
{
	struct statfs fs;

	if (f->fts_level > 0 && f->fts_parent->fts_statp != NULL &&
	    f->fts_parent->fts_dev == f->fts_dev)
		return false;
	if (statfs(f->fts_accpath, &fs) != 0)
		return false;
	for (size_t i = 0; i < COUNT(kernel_fs); i++)
		if ((unsigned long)fs.f_type == kernel_fs[i])
			return true;
	return false;
}

/* Into b; false: passed over, and counted as what. */
static bool
slurp(const char *path, struct buf *b, struct discover_count *count)
{
	AUTO(fd)
	int fd = open(
	    path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;
	struct err e;

	if (fd < 0 || fstat(fd, &st) != 0) {
		count->denied += errno != ENOENT && errno != ELOOP;
		return false;
	}
	if (!S_ISREG(st.st_mode)) {
		count->special++;
		return false;
	}
	if (st.st_size > (off_t)b->max) {
		count->large++;
		return false;
	}
	switch (buf_read(b, fd, &e)) {
	case EC_OK:
		break;
	case EC_PROTO:
		count->large++;
		return false;
	default:
		count->denied++;
		return false;
	}
	if (b->len > 0 && memchr(b->p, '\0', b->len) != NULL) {
		count->binary++;
		return false;
	}
	return b->len > 0;
}

static enum ec
one_file(const char *path, discover_each each, void *ctx,
    struct discover_count *count, struct err *e)
{
	AUTO(buf) struct buf text = BUF(BYTES_MAX);

	count->files++;
	return slurp(path, &text, count) ? each(ctx, path, &text, e) : EC_OK;
}

static enum ec
one(FTS *t, FTSENT *f, discover_each each, void *ctx,
    struct discover_count *count, struct err *e)
{
	switch (f->fts_info) {
	case FTS_D:
		if (is_kernel(f))
			(void)fts_set(t, f, FTS_SKIP);
		return EC_OK;
	case FTS_DNR:
	case FTS_ERR:
	case FTS_NS:
		count->denied++;
		return EC_OK;
	case FTS_SL:
	case FTS_SLNONE:
		count->links++;
		return EC_OK;
	case FTS_DEFAULT:
		count->special++;
		return EC_OK;
	case FTS_F:
		return one_file(f->fts_path, each, ctx, count, e);
	default:
		return EC_OK;
	}
}

enum ec
discover_walk(const char *root, discover_each each, void *ctx,
    struct discover_count *count, struct err *e)
{
	AUTO(free) char *path = realpath(root, NULL);
	AUTO(fts) FTS *t = NULL;
	FTSENT *f;

	if (path == NULL || access(path, R_OK) != 0) {
		(void)fail_sys(e, "%s", root);
		return fix(e,
		    "name a directory or file that is there and "
		    "that this user may read");
	}
	t = fts_open(
	    (char *const[]){ path, NULL }, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	if (t == NULL)
		return fail_sys(e, "%s", root);
	while ((f = fts_read(t)) != NULL) {
		if (count->files >= FILES_MAX || app_stopped()) {
			count->stopped = true;
			return EC_OK;
		}
		TRY(one(t, f, each, ctx, count, e));
	}
	return EC_OK;
}
