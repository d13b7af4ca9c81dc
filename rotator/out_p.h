/*
 * out_p: printing that only few commands need: JSON lines, wrapped text, and
 * the two places where a secret may be shown.
 */
#ifndef ROTATOR_OUT_P_H
#define ROTATOR_OUT_P_H

#include "base/buf.h"
#include "rotator/out.h"

/* Columns of the terminal; SIZE_MAX when stdout is none: nothing is wrapped
 * for a program that reads lines. */
size_t out_width(void);
/* What stdout is. To ask costs calls of the kernel: once for each thing that
 * is printed, not for each word of it. */
struct pen {
	bool colour;
	size_t width; /* as out_width() */
};
void out_pen(struct pen *ret);
/* Colour on and off, nothing when there is none. */
void out_begin(const struct pen *p, enum colour c);
void out_end(const struct pen *p, enum colour c);
/* Says so where something could not be printed: no gap without a word. */
void out_lost(void);

/* Prints a text of others, escaped, wrapped between words at the terminal's
 * width, with a newline; lines after the first begin at column indent. The
 * cursor is at column indent when it is called. */
void out_para(enum colour c, size_t indent, const char *text);

/* The parts of it. Escaped text is the caller's to free, NULL without memory;
 * width and wrap take text that is escaped already. */
char *out_text_escape(const char *s);
/* The same, added to b; after a failure a part of it may be. */
MUST enum ec out_text_add(struct buf *b, const char *s, struct err *e);
size_t out_text_width(const char *s);
void out_text_wrap(
    const struct pen *p, enum colour colour, size_t indent, const char *s);
void out_pad(size_t n);

/* A cell that needs no printf. */
void out_table_text(struct out_table *t, enum colour c, const char *text);
/* A table that is not to be printed after all. */
void out_table_free(struct out_table *t);

/* As out_json(), on one line: JSON lines (https://jsonlines.org). */
MUST enum ec out_json_line(cJSON *json, struct err *e);

/* Writes a text that holds a secret to stdout, past the buffers of stdio that
 * nobody wipes; what was printed before comes first. EC_IO. */
MUST enum ec out_secret(const char *text, size_t len, struct err *e);

#endif
