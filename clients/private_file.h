/*
 * private_file: a file with a token or a private key in it. Read anew each
 * time it is needed, since people and programs exchange it.
 */
#ifndef CLIENTS_PRIVATE_FILE_H
#define CLIENTS_PRIVATE_FILE_H

#include "base/buf.h"
#include "base/secret.h"

/*
 * Adds the content of a regular file to ret. EC_CONFIG when it is missing, no
 * regular file, or open to others than its owner (and root's group or our
 * own, which are as trusted as we are); EC_DENIED when we may not read it;
 * EC_PROTO when it is longer than ret->max. Follows links: what counts is the
 * file that is read. Changes nothing.
 */
MUST enum ec private_file_read(
    const char *path, struct buf *ret, struct err *e);

/* The only word in such a file: a token, with or without a line end. EC_CONFIG
 * too when it is empty, too long or not of printing characters, so that it
 * could break out of a header. */
MUST enum ec private_file_word(
    const char *path, struct secret **ret, struct err *e);

#endif
