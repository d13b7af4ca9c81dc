/*
 * config_file: the main file and clients.d/ *.yaml beside it.
 *
 * A configuration names programs that we run, often as root; so whoever may
 * write it, or put a drop-in beside it, is root. A file or directory that
 * others may write is refused. Checks are made on the open descriptor.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/buf.h"
#include "rotator/config_p.h"

#define SUFFIX ".yaml"

struct names { /* of scandir() */
	struct dirent **list;
	int n;
};

static void
auto_names(struct names *d)
{
	for (int i = 0; i < d->n; i++)
		free(d->list[i]);
	free(d->list);
}

static enum ec
owned(const char *path, const struct stat *st, struct err *e)
{
	const uid_t us = geteuid();

	if (st->st_uid == 0 || st->st_uid == us)
		return EC_OK;
	(void)fail(e, EC_CONFIG,
	    "%s: belongs to user %u, who could make us run programs", path,
	    (unsigned)st->st_uid);
	return fix(e, "chown %u %s", (unsigned)us, path);
}

static enum ec
file_allowed(struct config_full *c, const char *path, const struct stat *st,
    struct err *e)
{
	const struct node at = { .file = path, .line = 1, .column = 1 };

	if (!S_ISREG(st->st_mode))
		return fail(e, EC_CONFIG, "%s: is no regular file", path);
	if ((st->st_mode & S_IWOTH) != 0) {
		(void)fail(e, EC_CONFIG, "%s: everybody may write it", path);
		return fix(e, "chmod o-w %s", path);
	}
	if ((st->st_mode & S_IWGRP) != 0 && st->st_gid != 0)
		config_warn(c, &at,
		    "group %u may write this file, and so make us run "
		    "programs",
		    (unsigned)st->st_gid);
	return owned(path, st, e);
}

/* A sticky directory such as /tmp keeps others from replacing our file, but
 * not from adding one: fine for the main file, not for drop-ins. */
static enum ec
dir_allowed(const char *path, bool of_drop_ins, struct err *e)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return fail_sys(e, "%s", path);
	if ((st.st_mode & S_IWOTH) == 0 ||
	    (!of_drop_ins && (st.st_mode & S_ISVTX) != 0))
		return of_drop_ins ? owned(path, &st, e) : EC_OK;
	(void)fail(
	    e, EC_CONFIG, "%s: everybody may write this directory", path);
	return fix(e, "chmod o-w %s", path);
}

static enum ec
file_add(struct config_full *c, const char *path, struct err *e)
{
	AUTO(fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	AUTO(buf) struct buf text = BUF(CONFIG_MAX_BYTES);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0)
		return fail_sys(e, "%s: cannot read the configuration", path);
	TRY(file_allowed(c, path, &st, e));
	if (buf_read(&text, fd, e) == EC_OK)
		return config_add(c, path, buf_str(&text), text.len, e);
	if (e->ec == EC_PROTO)
		return fail(e, EC_CONFIG, "%s: larger than %zu MiB", path,
		    CONFIG_MAX_BYTES >> 20);
	return err_prefix(e, "%s", path);
}

static bool
ends_with(const char *s, const char *end)
{
	const size_t n = strlen(s), m = strlen(end);

	return n > m && strcmp(s + n - m, end) == 0;
}

/* Hidden files are editors' and Kubernetes' own. */
int
config_drop_in_visible(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* Names that somebody may have believed to be read. */
static void
ignored(struct config_full *c, const char *path)
{
	const struct node at = { .file = path, .line = 1, .column = 1 };

	if (ends_with(path, ".yml") || ends_with(path, ".conf") ||
	    ends_with(path, ".json"))
		config_warn(c, &at,
		    "not read: the name of a drop-in must end in " SUFFIX);
}

static enum ec
drop_in(struct config_full *c, const char *dir, const char *name, struct err *e)
{
	const char *path = arena_printf(&c->mem, "%s/%s", dir, name);

	if (path == NULL)
		return config_nomem(e);
	if (ends_with(name, SUFFIX))
		return file_add(c, path, e);
	ignored(c, path);
	return EC_OK;
}

static enum ec
drop_ins(struct config_full *c, const char *dir, struct err *e)
{
	AUTO(names) struct names d = { NULL, 0 };

	d.n = scandir(dir, &d.list, config_drop_in_visible, by_name);
	if (d.n < 0 && errno == ENOENT)
		return EC_OK;
	if (d.n < 0)
		return fail_sys(e, "%s: cannot read the drop-ins", dir);
	TRY(dir_allowed(dir, true, e));
	for (int i = 0; i < d.n; i++)
		TRY(drop_in(c, dir, d.list[i]->d_name, e));
	return EC_OK;
}

enum ec
config_read(struct config_full *c, const char *path, struct err *e)
{
	const char *slash = strrchr(path, '/');
	const size_t len = slash != NULL ? (size_t)(slash - path) : 0;
	char *dir = slash == NULL ? arena_dup(&c->mem, ".", 1)
				  : arena_dup(&c->mem, path, len);
	char *drop;

	if (dir == NULL)
		return config_nomem(e);
	drop = arena_printf(&c->mem, "%s/" CONFIG_DROP_INS, dir);
	if (drop == NULL)
		return config_nomem(e);
	if (file_add(c, path, e) != EC_OK)
		return e->ec == EC_GONE
		    ? fix(e,
			  "rotate init writes a first one; or name another "
			  "with --config")
		    : e->ec;
	TRY(dir_allowed(len > 0 || slash == NULL ? dir : "/", false, e));
	return drop_ins(c, drop, e);
}
