/*
 * path: a key that leads through sections, tables and lists to one value.
 *
 * "smtp.user" has two steps. A dot or a backslash that belongs to a name is
 * written "\." or "\\". A key that begins with '/' is a JSON pointer instead
 * ("/services/web/environment/SMTP_USER"; RFC 6901, so "~1" is a slash and
 * "~0" a tilde).
 */
#ifndef CLIENTS_EDIT_PATH_H
#define CLIENTS_EDIT_PATH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define PATH_STEPS 16
#define PATH_BYTES 512

struct edit_path {
	const char *step[PATH_STEPS]; /* into text, NUL ended */
	size_t n;                     /* at least 1 */
	char text[PATH_BYTES];
};

/* EC_CONFIG: an empty step, a bad escape, too long. Pure. */
MUST enum ec edit_path_parse(
    const char *key, struct edit_path *ret, struct err *e);

/* Is step i this name? */
bool edit_path_is(
    const struct edit_path *p, size_t i, const char *name, size_t len);

#endif
