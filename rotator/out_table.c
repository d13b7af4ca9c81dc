/*
 * out_table: rows that are collected first and aligned at the end. Only the
 * last column may be wider than the terminal; it goes on below itself.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "rotator/out_p.h"

#define GAP 2 /* spaces between columns */

struct cell {
	enum colour colour;
	char *text; /* escaped */
	size_t width;
};

struct out_table {
	size_t columns, n, room; /* cells, in row order */
	size_t width[OUT_COLUMNS_MAX];
	struct cell *cells;
};

static struct cell *
room_for_one(struct out_table *t)
{
	size_t room = t->room == 0 ? 64 : 2 * t->room;
	struct cell *more;

	if (t->n < t->room)
		return &t->cells[t->n];
	more = reallocarray(t->cells, room, sizeof(*more));
	if (more == NULL)
		return NULL;
	t->cells = more;
	t->room = room;
	return &t->cells[t->n];
}

/* Takes text. Without memory the cell stays empty: a table is for people, who
 * see that something is missing. */
static void
add(struct out_table *t, enum colour c, char *text)
{
	struct cell *cell = text == NULL ? NULL : room_for_one(t);
	size_t *width = &t->width[t->n % t->columns];

	if (cell == NULL) {
		free(text);
		return;
	}
	*cell = (struct cell){ c, text, out_text_width(text) };
	if (cell->width > *width)
		*width = cell->width;
	t->n++;
}

struct out_table *
out_table_new(const char *const *heads)
{
	struct out_table *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	while (t->columns < OUT_COLUMNS_MAX && heads[t->columns] != NULL)
		t->columns++;
	for (size_t i = 0; i < t->columns; i++)
		add(t, BOLD, strdup(heads[i]));
	return t;
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
	add(t, c, out_text_escape(text == NULL ? "?" : text));
}

static void
print_row(const struct out_table *t, const struct cell *row)
{
	size_t indent = 0;

	for (size_t i = 0; i + 1 < t->columns; i++) {
		out_begin(row[i].colour);
		(void)fputs(row[i].text, stdout);
		out_end(row[i].colour);
		out_pad(t->width[i] - row[i].width + GAP);
		indent += t->width[i] + GAP;
	}
	out_text_wrap(
	    row[t->columns - 1].colour, indent, row[t->columns - 1].text);
}

void
out_table_free(struct out_table *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < t->n; i++)
		free(t->cells[i].text);
	free(t->cells);
	free(t);
}

void
out_table_end(struct out_table *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i + t->columns <= t->n; i += t->columns)
		print_row(t, &t->cells[i]);
	out_table_free(t);
}
