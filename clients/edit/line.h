/*
 * line: the scanner shared by syntaxes made of KEY=value lines.
 *
 * A dialect says what a line may look like; the scanner finds the one value
 * of a key, or says why it will not touch it. It follows values and comments
 * over the ends of lines only to know that a line is inside one: such a line
 * is never taken for an assignment, and one that looks like an assignment of
 * the key makes the file ambiguous.
 */
#ifndef CLIENTS_EDIT_LINE_H
#define CLIENTS_EDIT_LINE_H

#include <stdbool.h>

#include "clients/edit/lines.h"

struct line_dialect {
	const char *comments; /* a line that begins with one of these */
	bool exports;         /* "export KEY=value" is an assignment too */
	bool bom;             /* a UTF-8 byte order mark may come first */
	bool tail_comment;    /* " # text" may follow a value */
	bool joins;           /* a backslash joins a line with the next, and
			       * quotes may be opened again after a quote */
	const char *odd;      /* refused inside quotes: meaning depends on
			       * the program that reads the file */
	/* End of the unquoted value between p and *end, moved there. NULL, or
	 * the reason why this value is not touched. */
	const char *(*plain)(const char *p, const char **end);
};

/* find() of struct edit_syntax for this dialect. */
MUST enum ec line_find(const struct line_dialect *d, const struct buf *text,
    const char *where, const char *key, struct edit_span *ret, struct err *e);

/* append() of struct edit_syntax: "KEY=" as a line of its own at the end, with
 * the line ends that the text has. */
MUST enum ec line_append(
    const struct buf *text, const char *key, struct buf *ret, struct err *e);

/* The value of a span without its quotes. */
void line_inside(const struct buf *text, const struct edit_span *s,
    const char **ret, size_t *ret_len);

#endif
