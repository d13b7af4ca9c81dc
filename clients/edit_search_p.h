/* edit_search_p: what the edit_search*.c files share. */
#ifndef CLIENTS_EDIT_SEARCH_P_H
#define CLIENTS_EDIT_SEARCH_P_H

#include "clients/edit_search.h"

#define STEPS_MAX 16
#define NAME_MAX_ 120

/* A piece of the text. */
struct piece {
	const char *p;
	size_t len;
};

/* Where a walk through nested text stands. A step is a name, or for the
 * items of a list a number. */
struct trail {
	struct {
		char name[NAME_MAX_];
	} step[STEPS_MAX];
	size_t n; /* beyond STEPS_MAX: counted, not kept */
};

void trail_push(struct trail *t, struct piece name);
/* The steps joined by dots, those in names escaped; see edit/path.h. Nothing
 * when a step is missing. */
void trail_add(const struct trail *t, struct edit_keys *ret);

/* Adds prefix and name as one key. */
void keys_add(struct edit_keys *ret, const char *prefix, struct piece name);
/* The same with dots and backslashes in name escaped. */
void keys_add_step(
    struct edit_keys *ret, const char *prefix, struct piece name);

struct piece piece_of(const char *p, const char *end); /* blanks trimmed */
struct piece piece_unquote(struct piece w);

/* Guesses for values inside values. */
void search_yaml(const struct buf *text, size_t at, struct edit_keys *ret);
void search_brackets(const struct buf *text, size_t at, struct edit_keys *ret);
void search_xml(const struct buf *text, size_t at, struct edit_keys *ret);

#endif
