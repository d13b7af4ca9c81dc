/*
 * escape: text of others, made fit for a line that people and programs read.
 *
 * A peer must not be able to end a line, move the cursor, colour a terminal
 * or turn the reading direction (https://trojansource.codes). Control
 * characters (C0, DEL, C1), line and paragraph separators, direction and
 * invisible characters, and whatever is not UTF-8 never pass. Pure: no state,
 * no memory.
 */
#ifndef BASE_ESCAPE_H
#define BASE_ESCAPE_H

#include <stddef.h>

#define ESCAPE_UNIT 16 /* longest result for one character, and NUL */

enum escape {
	ESCAPE_BARE,   /* "\n", "\x1b", "\u202e"; printing text is unchanged */
	ESCAPE_QUOTED, /* and a backslash before " and \ */
	ESCAPE_JSON,   /* U+FFFD for the unfit; " \ and C0 are left to the JSON
			* printer */
};

/*
 * Takes one character off *s and writes what stands for it to ret. Returns
 * its length, 0 at the end of the string. An invalid byte counts as one
 * character. *s is never moved beyond its NUL.
 */
size_t escape_next(
    const char **s, enum escape how, char ret[static ESCAPE_UNIT]);

#endif
