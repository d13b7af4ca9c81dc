/*
 * out_table: rows that are collected first and aligned at the end. Only the
 * last column may be wider than the terminal; it goes on below itself.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/buf.h"
#include "rotator/out_p.h"

#define GAP       2  /* spaces between columns */
#define LAST_MIN  20 /* columns; with less room the last one goes below */
#define BELOW     4  /* and begins there */
#define TABLE_MAX ((size_t)256 * 1024 * 1024)

struct cell {
	enum colour colour;
	size_t at; /* its text in out_table.text, escaped */
	size_t width;
};

struct out_table {
	size_t columns, n; /* cells so far */
	size_t width[OUT_COLUMNS_MAX];
	struct buf text;  /* of all cells, each NUL ended */
	struct buf cells; /* struct cell, in row order */
};

static struct cell
cell_of(const struct out_table *t, size_t i)
{
	struct cell c;

	memcpy(&c, t->cells.p + i * sizeof(c), sizeof(c));
	return c;
}

static const char *
text_of(const struct out_table *t, const struct cell *c)
{
	return t->text.p + c->at;
}

/* Without memory the cell is left out, and that is said: a table is for
 * people. */
static void
add(struct out_table *t, enum colour c, const char *text)
{
	struct cell cell = { .colour = c, .at = t->text.len };
	size_t *width = &t->width[t->n % t->columns];
	struct err e;

	if (out_text_add(&t->text, text, &e) != EC_OK ||
	    buf_add(&t->text, "", 1, &e) != EC_OK) {
		out_lost();
		return;
	}
	cell.width = out_text_width(t->text.p + cell.at);
	if (buf_add(&t->cells, &cell, sizeof(cell), &e) != EC_OK) {
		out_lost();
		return;
	}
	if (cell.width > *width)
		*width = cell.width;
	t->n++;
}

struct out_table *
out_table_new(const char *const *heads)
{
	struct out_table *t = calloc(1, sizeof(*t));

	if (t == NULL)
		out_lost();

	if (t == NULL)
		return NULL;
	t->text = BUF(TABLE_MAX);
	t->cells = BUF(TABLE_MAX);
	while (t->columns < OUT_COLUMNS_MAX && heads[t->columns] != NULL)
		t->columns++;
	for (size_t i = 0; i < t->columns && heads[i] != NULL; i++)
		add(t, BOLD, heads[i]);
	return t;
}

void
out_table_text(struct out_table *t, enum colour c, const char *text)
{
	if (t != NULL)
		add(t, c, text);
}

void
out_table_cell(struct out_table *t, enum colour c, const char *fmt, ...)
{
	AUTO(free) char *text = NULL;
	va_list ap;

	if (t == NULL)
		return;
	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	add(t, c, text == NULL ? "?" : text);
}

static void
print_last(
    const struct pen *p, const struct cell *c, const char *text, size_t indent)
{
	if (indent + LAST_MIN > p->width && indent + c->width > p->width) {
		indent = BELOW;
		(void)fputc('\n', stdout);
		out_pad(indent);
	}
	out_text_wrap(p, c->colour, indent, text);
}

static void
print_row(const struct out_table *t, const struct pen *p, size_t first)
{
	struct cell c;
	size_t indent = 0;

	for (size_t i = 0; i + 1 < t->columns; i++) {
		c = cell_of(t, first + i);
		out_begin(p, c.colour);
		(void)fputs(text_of(t, &c), stdout);
		out_end(p, c.colour);
		out_pad(t->width[i] - c.width + GAP);
		indent += t->width[i] + GAP;
	}
	c = cell_of(t, first + t->columns - 1);
	print_last(p, &c, text_of(t, &c), indent);
}

void
out_table_free(struct out_table *t)
{
	if (t == NULL)
		return;
	buf_free(&t->text);
	buf_free(&t->cells);
	free(t);
}

void
out_table_end(struct out_table *t)
{
	struct pen p;

	if (t == NULL)
		return;
	out_pen(&p);
	for (size_t i = 0; i + t->columns <= t->n; i += t->columns)
		print_row(t, &p, i);
	out_table_free(t);
}
