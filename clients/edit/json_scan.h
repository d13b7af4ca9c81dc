/*
 * json_scan: a JSON text as a tree of its values, with their places.
 *
 * RFC 8259, and what people write into configuration files beyond it: a byte
 * order mark, comments as in C, a comma behind the last item. Not JSON5:
 * other quotes and bare names are refused.
 */
#ifndef CLIENTS_EDIT_JSON_SCAN_H
#define CLIENTS_EDIT_JSON_SCAN_H

#include "clients/edit/tree.h"

/* Fills t. EC_CONFLICT with the place of what is no JSON. */
MUST enum ec json_scan(struct tree *t, struct err *e);

/* Adds what the string between its quotes means. EC_CONFLICT: an escape that
 * is no character (half a surrogate pair); a part may have been added. */
MUST enum ec json_unescape(
    const char *p, size_t len, struct buf *ret, struct err *e);

#endif
