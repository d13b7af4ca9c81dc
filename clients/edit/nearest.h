/*
 * nearest: of the names seen, the one that was probably meant.
 *
 * It may be shown to people. A name that is much longer than the wanted one,
 * or has little in common with it, is not taken: a password may be pasted
 * into it.
 */
#ifndef CLIENTS_EDIT_NEAREST_H
#define CLIENTS_EDIT_NEAREST_H

#include <stddef.h>

/* Begins as NEAREST(want). */
struct nearest {
	const char *want;
	size_t best;
	const char *name; /* into the text; NULL: none */
	int len;          /* of it, for "%.*s" */
	unsigned line;
};

#define NEAREST(wanted)                                                        \
	(struct nearest)                                                       \
	{                                                                      \
		.want = (wanted)                                               \
	}

void nearest_see(
    struct nearest *n, const char *name, size_t len, unsigned line);

#endif
