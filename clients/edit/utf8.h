/* utf8: code points out of bytes and back, for syntaxes with \u escapes. */
#ifndef CLIENTS_EDIT_UTF8_H
#define CLIENTS_EDIT_UTF8_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/* Takes one code point off *p; false: no valid UTF-8 there (RFC 3629). */
bool utf8_take(const char **p, const char *end, uint32_t *ret);
/* Adds cp, which is no surrogate and at most 0x10ffff. */
MUST enum ec utf8_put(struct buf *b, uint32_t cp, struct err *e);
/* Takes n hexadecimal digits off *p; false: not that many there. */
bool utf8_hex(const char **p, const char *end, unsigned n, uint32_t *ret);

#endif
