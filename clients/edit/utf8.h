/* utf8: characters as bytes (RFC 3629: nothing overlong, no surrogates). */
#ifndef CLIENTS_EDIT_UTF8_H
#define CLIENTS_EDIT_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define UTF8_BOM "\xef\xbb\xbf"

/* Length of the character at p, 1 to 4, and its number in *ret (may be NULL);
 * 0: no UTF-8. A NUL is a character. */
size_t utf8_next(const char *p, const char *end, uint32_t *ret);

/* Adds a character; EC_CONFLICT when there is none of this number. */
MUST enum ec utf8_put(struct buf *b, uint32_t code, struct err *e);

/* Takes n hexadecimal digits off *p; false: not that many there. */
bool utf8_hex(const char **p, const char *end, unsigned n, uint32_t *ret);

#endif
