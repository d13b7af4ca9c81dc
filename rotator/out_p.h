/*
 * out_p: printing that only few commands need: JSON lines, wrapped text, and
 * the two places where a secret may be shown.
 */
#ifndef ROTATOR_OUT_P_H
#define ROTATOR_OUT_P_H

#include "rotator/out.h"

/* Columns of the terminal; SIZE_MAX when stdout is none: nothing is wrapped
 * for a program that reads lines. */
size_t out_width(void);
/* Colour on and off, nothing when there is none. */
void out_begin(enum colour c);
/* Says so where something could not be printed: no gap without a word. */
void out_lost(void);
void out_end(enum colour c);

/* Prints a text of others, escaped, wrapped between words at the terminal's
 * width, with a newline; lines after the first begin at column indent. The
 * cursor is at column indent when it is called. */
void out_para(enum colour c, size_t indent, const char *text);

/* The parts of it. Escaped text is the caller's to free, NULL without memory;
 * width and wrap take text that is escaped already. */
char *out_text_escape(const char *s);
size_t out_text_width(const char *s);
void out_text_wrap(enum colour colour, size_t indent, const char *s);
void out_pad(size_t n);

/* A table that is not to be printed after all. */
void out_table_free(struct out_table *t);

/* As out_json(), on one line: JSON lines (https://jsonlines.org). */
MUST enum ec out_json_line(cJSON *json, struct err *e);

/* Writes a text that holds a secret to stdout, past the buffers of stdio that
 * nobody wipes; what was printed before comes first. EC_IO. */
MUST enum ec out_secret(const char *text, size_t len, struct err *e);

#endif
