/* workdir: see workdir.h. */
#include "clients/workdir.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file.h"

void
workdir_close(struct workdir *w)
{
	const int fd = w->path[0] == '\0'
	    ? -1
	    : open(w->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *entry;

	if (d == NULL && fd >= 0)
		(void)close(fd);
	if (d == NULL)
		return;
	while ((entry = readdir(d)) != NULL)
		(void)unlinkat(fd, entry->d_name, 0);
	(void)closedir(d);
	(void)rmdir(w->path);
	w->path[0] = '\0';
}

void
auto_workdir(struct workdir *w)
{
	workdir_close(w);
}

enum ec
workdir_open(const char *file, struct workdir *ret, struct err *e)
{
	AUTO(pinned) struct file *f = NULL;
	struct workdir old, new;

	ret->path[0] = '\0';
	TRY(file_open(file, FILE_MAY_BE_ABSENT, &f, e));
	if (snprintf(new.path, sizeof(new.path), "%s.rotate", file_path(f)) >=
	    (int)sizeof(new.path))
		return fail(
		    e, EC_CONFIG, "%.200s...: the path is too long", file);
	old = new;
	workdir_close(&old);
	if (mkdir(new.path, 0700) != 0) {
		(void)fail_sys(e, "%s: cannot make it to build in", new.path);
		return fix(
		    e, "remove what is there, or let us write beside it");
	}
	*ret = new;
	return EC_OK;
}
