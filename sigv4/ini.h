/*
 * ini: the lines of the shared AWS files: [section], key = value, '#' and ';'
 * comments, and blocks indented below "key =".
 *
 * Source: "Shared config and credentials files",
 * https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
 */
#ifndef SIGV4_INI_H
#define SIGV4_INI_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

#define INI_SETTINGS_MAX 256

struct ini_setting {
	char *text; /* block, key and value, each NUL ended; wiped at the end */
	const char *key, *value;
	size_t size;
};

struct ini_list {
	struct ini_setting *v;
	size_t n;
};

/*
 * Adds the settings of every section called so (runs of blanks count as one,
 * quotes around its last word do not count) behind those already in *ret;
 * *found says whether there was one. path is for messages. The whole file is
 * checked, not only that section: EC_CONFIG with path:line, never with the
 * line itself. On failure *ret holds what was read so far; free it.
 */
MUST enum ec ini_read(const char *path, const struct buf *text,
    const char *section, struct ini_list *ret, bool *found, struct err *e);
/* The last value of key in the block ("" for none), or NULL. */
const char *ini_get(
    const struct ini_list *l, const char *block, const char *key);
void ini_free(struct ini_list *l); /* wipes */

#endif
