/*
 * wiping: an allocator for the parsers and libraries of others (libcurl, cJSON,
 * expat, libyaml) that see secrets and leave copies of them in freed heap: 5
 * and 2 were found after a signed request and a parse of JSON. Every block is
 * overwritten when it is freed and when it moves, as far as malloc really
 * handed it out.
 */
#ifndef BASE_WIPING_H
#define BASE_WIPING_H

#include <stddef.h>

void *wiping_realloc(void *p, size_t n); /* p NULL: a new block */
void wiping_free(void *p);               /* NULL is fine */

#endif
