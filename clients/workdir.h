/*
 * workdir: a directory of ours, 0700, beside a file, in which a program builds
 * what is to take that file's place.
 *
 * It is called FILE.rotate: in a directory that only we can write to
 * (file_open() refuses others) the name may be known, and what a crash left is
 * found by it.
 */
#ifndef CLIENTS_WORKDIR_H
#define CLIENTS_WORKDIR_H

#include <limits.h>

#include "base/err.h"

struct workdir {
	char path[PATH_MAX]; /* "": there is none */
};

/* Makes the one of this file, which need not exist; removes an old one. Ends
 * with workdir_close(). Errors as file_open(); EC_IO: something is there that
 * is not ours. */
MUST enum ec workdir_open(const char *file, struct workdir *ret, struct err *e);
/* Removes it with all files in it, not what else may be there. */
void workdir_close(struct workdir *w);
void auto_workdir(struct workdir *w);

#endif
