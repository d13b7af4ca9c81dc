/*
 * token_file: a token or key of a secret store that lies in a file, read anew
 * for every call, because whoever issues it may replace it at any time.
 */
#ifndef CLIENTS_TOKEN_FILE_H
#define CLIENTS_TOKEN_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/secret.h"

enum token_file_flags {
	TOKEN_FILE_SHARED = 1, /* every user of this host may read it */
};

/*
 * What the file holds, without the blanks and line ends around it. EC_CONFIG:
 * not there, empty, not one word of printing characters, or readable by
 * everybody (unless shared). EC_DENIED, EC_IO: cannot be read. Reads only.
 */
MUST enum ec token_file_read(
    const char *path, unsigned flags, struct secret **ret, struct err *e);

/* One word of printing ASCII, as a header can carry it. */
bool token_valid(const char *p, size_t n);

#endif
