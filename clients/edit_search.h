/*
 * edit_search: which key holds this value? The way back from a place in a
 * text to the key that a syntax of edit.h knows it by.
 *
 * No syntax can tell that by itself. So keys are guessed from the words
 * around the place, much as a person would, without knowing the syntax; and
 * a guess counts only when the syntax, asked for that key, points at the very
 * place. Pure: bytes in, keys out. Nothing of a value gets into a key.
 */
#ifndef CLIENTS_EDIT_SEARCH_H
#define CLIENTS_EDIT_SEARCH_H

#include <stdbool.h>

#include "clients/edit/edit.h"

#define EDIT_KEYS_MAX 24
#define EDIT_KEY_MAX  256

struct edit_keys {
	size_t n;
	char key[EDIT_KEYS_MAX][EDIT_KEY_MAX];
};

/* Guesses for the value whose bytes begin at `at`; none twice, likely ones
 * first. at < text->len. */
void edit_search_keys(const struct buf *text, size_t at, struct edit_keys *ret);

/*
 * Does s know this key, and is its value the one that covers the len bytes
 * at `at`? Then the meaning of that value comes into ret (replaced within its
 * max); it may be secret.
 */
bool edit_search_holds(const struct edit_syntax *s, const struct buf *text,
    const char *key, size_t at, size_t len, struct buf *ret);

#endif
