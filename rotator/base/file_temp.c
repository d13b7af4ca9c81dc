/*
 * file_temp: the temporary file.
 *
 * ".rotate-TAG-RANDOM": the dot and the missing extension keep it out of
 * include patterns such as conf.d/ *.conf; TAG stands for the name of the
 * file it shall become, so that a later run finds what a crash left behind
 * without touching those of another file; RANDOM is 128 bits, so that nobody
 * who may write to the directory can put something in its place beforehand.
 */
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "base/auto.h"
#include "base/file_p.h"

#define PREFIX     ".rotate-"
#define PREFIX_LEN 17 /* with TAG and the second dash */

static void
prefix(const struct file *f, char ret[PREFIX_LEN + 1])
{
	const char *name = place_name(&f->at);
	unsigned char md[EVP_MAX_MD_SIZE] = { 0 };

	/* A failure leaves a tag of zeros: then all files share one. */
	(void)EVP_Digest(name, strlen(name), md, NULL, EVP_sha256(), NULL);
	(void)snprintf(ret, PREFIX_LEN + 1, PREFIX "%02x%02x%02x%02x-", md[0],
	    md[1], md[2], md[3]);
}

enum ec
temp_make(const struct file *f, struct temp *ret, struct err *e)
{
	AUTO(as_owner) struct as_owner as = AS_OURSELVES;
	const char *path = buf_str(&f->at.path);
	char start[PREFIX_LEN + 1];
	uint64_t r[2];

	if (getrandom(r, sizeof(r), 0) != (ssize_t)sizeof(r))
		return file_fail(e, path, "get random bytes for a name");
	prefix(f, start);
	(void)snprintf(ret->name, sizeof(ret->name),
	    "%s%016" PRIx64 "%016" PRIx64, start, r[0], r[1]);
	ret->dir = f->dir;
	ret->of = f;
	as_owner(f, 0, &as);
	ret->fd = openat(f->dir, ret->name,
	    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (ret->fd >= 0)
		return EC_OK;
	ret->name[0] = '\0';
	return file_fail(e, path, "make a temporary file beside it");
}

bool
temp_is_ours(const struct temp *t)
{
	struct stat a, b;

	return fstat(t->fd, &a) == 0 &&
	    fstatat(t->dir, t->name, &b, AT_SYMLINK_NOFOLLOW) == 0 &&
	    a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

void
temp_drop(struct temp *t)
{
	AUTO(as_owner) struct as_owner as = AS_OURSELVES;

	if (t->name[0] != '\0') {
		as_owner(t->of, 0, &as);
		(void)unlinkat(t->dir, t->name, 0);
	}
	auto_fd(&t->fd);
	*t = TEMP;
}

void
temp_sweep(const struct file *f)
{
	AUTO(as_owner) struct as_owner as = AS_OURSELVES;
	char start[PREFIX_LEN + 1];
	const struct dirent *d;
	int fd = openat(f->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;

	if (dir == NULL) {
		auto_fd(&fd);
		return;
	}
	prefix(f, start);
	as_owner(f, 0, &as);
	while ((d = readdir(dir)) != NULL)
		if (strncmp(d->d_name, start, PREFIX_LEN) == 0)
			(void)unlinkat(f->dir, d->d_name, 0);
	(void)closedir(dir);
}
