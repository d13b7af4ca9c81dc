/* wiping: an allocator for parsers of others (libyaml, expat) that see
 * secrets: every block is overwritten when it is freed and when it moves. */
#ifndef CLIENTS_EDIT_WIPING_H
#define CLIENTS_EDIT_WIPING_H

#include <stddef.h>

void *wiping_realloc(void *p, size_t n); /* p NULL: a new block */
void wiping_free(void *p);               /* NULL is fine */

#endif
