/*
 * lines: what every syntax made of lines needs: the next line, blanks, spans,
 * and refusals that name file, line and column and never a value.
 */
#ifndef CLIENTS_EDIT_LINES_H
#define CLIENTS_EDIT_LINES_H

#include <stdbool.h>

#include "clients/edit/edit.h"

/* Begins as LINE_FIRST(text). The text must outlive it. */
struct line {
	const char *p, *end;    /* without its line end */
	const char *next, *eof; /* of the text not seen yet */
	unsigned no;            /* from 1; 0 before the first */
};

#define LINE_FIRST(text)                                                       \
	(struct line)                                                          \
	{                                                                      \
		.next = buf_str(text), .eof = buf_str(text) + (text)->len      \
	}

/* To the next line; false at the end of the text. A CR before the line end
 * belongs to the line end. */
bool line_next(struct line *l);
/* Before the first line_next(): over a UTF-8 byte order mark. */
void line_skip_bom(struct line *l);

bool line_blank(char c);   /* space or tab */
bool line_control(char c); /* NUL, line ends, other controls, DEL */
const char *line_skip(const char *p, const char *end); /* blanks */
const char *line_trim(const char *p, const char *end); /* the new end */
/* Are the bytes from p to end this name? */
bool line_is(const char *p, const char *end, const char *name);

/* EC_CONFLICT: a NUL byte, or a carriage return that ends no line. Some
 * programs end the line there, others do not. */
MUST enum ec line_check(
    const struct buf *text, const char *where, struct err *e);
/* The same, and no other control characters but tabs: some readers take them
 * for blanks. */
MUST enum ec line_check_plain(
    const struct buf *text, const char *where, struct err *e);

/* ret becomes the span from p to end on line l, with no quotes. */
void line_span(const struct buf *text, const struct line *l, const char *p,
    const char *end, struct edit_span *ret);

/* EC_CONFLICT "WHERE:LINE:COLUMN: KEY: WHY"; fix() may follow. */
enum ec line_refuse(struct err *e, const char *where, const struct edit_span *s,
    const char *key, const char *why);
/* The same for a second entry of a key. */
enum ec line_twice(struct err *e, const char *where, const struct edit_span *s,
    const char *key, unsigned first);

const char *line_eol(const struct buf *text); /* "\r\n" or "\n", as it has */
/* Adds all of text to ret, and a line end where the last line has none. */
MUST enum ec line_copy(const struct buf *text, struct buf *ret, struct err *e);

/* decode() of struct edit_syntax where the bytes are the value. */
MUST enum ec line_decode(const struct buf *text, const struct edit_span *s,
    struct buf *ret, struct err *e);

/* encode(): the value as it is. EC_CONFLICT when it holds a control character
 * or begins or ends with a blank. */
MUST enum ec line_encode(const char *value, struct buf *ret, struct err *e);

#endif
