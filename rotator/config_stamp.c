/*
 * config_stamp: what a configuration looks like from outside, and where its
 * state would be, without reading it as YAML. Both serve quiet.c, and neither
 * is believed further than quiet.c says.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/buf.h"
#include "rotator/config_p.h"

static int64_t
ms_of(const struct timespec *t)
{
	return (int64_t)t->tv_sec * 1000 + t->tv_nsec / 1000000;
}

/* What decides whether it may be read, and whether it is still the same. */
static enum ec
add_stat(struct config_stamp *s, const char *name, const struct stat *st,
    struct err *e)
{
	const int64_t changed = ms_of(&st->st_ctim);

	if (changed > s->changed)
		s->changed = changed;
	return buf_addf(&s->text, e,
	    "%s %llx %llx %o %u %u %lld %lld.%09ld %lld.%09ld\n", name,
	    (unsigned long long)st->st_dev, (unsigned long long)st->st_ino,
	    (unsigned)st->st_mode, (unsigned)st->st_uid, (unsigned)st->st_gid,
	    (long long)st->st_size, (long long)st->st_mtim.tv_sec,
	    st->st_mtim.tv_nsec, (long long)st->st_ctim.tv_sec,
	    st->st_ctim.tv_nsec);
}

/* Through links, as they are read: the target is what counts. */
static enum ec
add_at(struct config_stamp *s, int dir, const char *name, struct err *e)
{
	struct stat st;

	if (fstatat(dir, name, &st, 0) != 0)
		return fail_sys(e, "%s", name);
	return add_stat(s, name, &st, e);
}

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

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* Also the names that are not read: one of them may become a link's target,
 * and to look is cheaper than to know. */
static enum ec
add_drop_ins(struct config_stamp *s, int above, struct err *e)
{
	AUTO(fd)
	int dir =
	    openat(above, CONFIG_DROP_INS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO(names) struct names d = { NULL, 0 };

	if (dir < 0)
		return errno == ENOENT ? buf_adds(&s->text, "none\n", e)
				       : fail_sys(e, CONFIG_DROP_INS);
	TRY(add_at(s, dir, ".", e));
	d.n = scandirat(dir, ".", &d.list, config_drop_in_visible, by_name);
	if (d.n < 0)
		return fail_sys(e, CONFIG_DROP_INS);
	for (int i = 0; i < d.n; i++)
		TRY(add_at(s, dir, d.list[i]->d_name, e));
	return EC_OK;
}

enum ec
config_stamp(const char *path, struct config_stamp *ret, struct err *e)
{
	const char *slash = strrchr(path, '/');
	char dir_name[PATH_MAX] = ".";
	AUTO(fd) int dir = -1;
	struct stat st;

	if (slash != NULL)
		(void)snprintf(dir_name, sizeof(dir_name), "%.*s",
		    slash == path ? 1 : (int)(slash - path), path);
	dir = open(dir_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0 || fstat(dir, &st) != 0)
		return fail_sys(e, "%s", dir_name);
	/* An editor's temporary file beside it changes its times. */
	TRY(buf_addf(&ret->text, e, "%llx %llx %o\n",
	    (unsigned long long)st.st_dev, (unsigned long long)st.st_ino,
	    (unsigned)st.st_mode));
	TRY(add_at(ret, dir, slash != NULL ? slash + 1 : path, e));
	return add_drop_ins(ret, dir, e);
}

/* ---- where the state may be -------------------------------------------- */

/* `state: PATH` at the beginning of a line, in quotes or not. */
static enum ec
state_word(const char *at, struct buf *ret, struct err *e)
{
	const char *p = at + strspn(at, " ");
	const char *end;

	if (*p == '"' || *p == '\'')
		end = strchr(p + 1, *p), p++;
	else
		end = p + strcspn(p, " \t\r\n#");
	if (end == NULL || end == p)
		return fail(e, EC_GONE, "no state directory is named");
	return buf_add(ret, p, (size_t)(end - p), e);
}

/* One line after the other: it mostly stands in one of the first, and what
 * follows may be ten thousand identities. */
static enum ec
state_find(FILE *f, struct buf *ret, struct err *e)
{
	static const char key[] = "state:";
	const size_t n = sizeof(key) - 1;
	AUTO(free) char *line = NULL;
	size_t room = 0;

	errno = 0;
	while (getline(&line, &room, f) > 0)
		if (strncmp(line, key, n) == 0)
			return state_word(line + n, ret, e);
	return ferror(f) || !feof(f)
	    ? fail_sys(e, "cannot read it")
	    : buf_adds(ret, key_find(top_keys, "state")->fallback, e);
}

/* Whatever else is there is refused when it is read. */
static bool
is_sized(int fd)
{
	struct stat st;

	errno = 0;
	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_size <= (off_t)CONFIG_MAX_BYTES;
}

static enum ec
open_sized(const char *path, FILE **ret, struct err *e)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return fail_sys(e, "%s", path);
	if (is_sized(fd))
		*ret = fdopen(fd, "re");
	if (*ret != NULL)
		return EC_OK;
	(void)fail(e, EC_CONFIG, "%s: cannot be a configuration", path);
	(void)close(fd);
	return EC_CONFIG;
}

enum ec
config_state_guess(const char *path, struct buf *ret, struct err *e)
{
	AUTO(file) FILE *f = NULL;

	TRY(open_sized(path, &f, e));
	return state_find(f, ret, e);
}
