/*
 * toml: where a value stands in a TOML document (toml.io, v1.0.0).
 *
 * The whole text is walked, and what is no TOML is refused, so that a string
 * over several lines or an array never passes for a table or a key. Only what
 * leads to the value is remembered.
 */
#ifndef CLIENTS_EDIT_TOML_H
#define CLIENTS_EDIT_TOML_H

#include "clients/edit/edit.h"

/* find() of struct edit_syntax. A step into an array, or into an array of
 * tables, is its index from 0. */
MUST enum ec toml_find(const struct buf *text, const char *where,
    const char *key, struct edit_span *ret, struct err *e);

/* Adds the meaning of a string from p to end, without its quotes. EC_CONFLICT:
 * an escape that is none. */
MUST enum ec toml_unescape(
    const char *p, const char *end, char quote, struct buf *ret, struct err *e);

#endif
