/* toml_walk: see toml.h. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "clients/edit/nearest.h"
#include "clients/edit/path.h"
#include "clients/edit/toml.h"
#include "clients/edit/toml_lex.h"

#define DEEP     64       /* arrays and tables inside each other */
#define NO_MATCH SIZE_MAX /* else: how many steps of the key lead here */

struct walk {
	struct toml_lex x;
	const char *key;
	struct edit_path path;
	/* Elements so far of the array of tables that the first k steps name;
	 * 0: it is none. */
	size_t count[PATH_STEPS + 1];
	size_t base; /* match of the table that we are in */
	struct nearest near;
	struct edit_span hit;
	unsigned deep;
};

static size_t
follow(const struct walk *w, size_t match, const struct buf *name)
{
	if (match == NO_MATCH ||
	    !edit_path_is(&w->path, match, buf_str(name), name->len))
		return NO_MATCH;
	return match + 1;
}

static size_t
follow_index(const struct walk *w, size_t match, size_t i)
{
	char digits[24];
	const int n = snprintf(digits, sizeof(digits), "%zu", i);

	if (match == NO_MATCH ||
	    !edit_path_is(&w->path, match, digits, (size_t)n))
		return NO_MATCH;
	return match + 1;
}

/* A dotted key; *match is moved along it. */
static enum ec
dotted(struct walk *w, size_t *match)
{
	AUTO(buf) struct buf name = BUF(w->x.text->len * 3 + 1);
	const char *from = w->x.p;

	do {
		const size_t len = (size_t)(w->x.p - from);

		TRY(toml_key_part(&w->x, &name));
		if (*match + 1 == w->path.n && len == 0)
			nearest_see(
			    &w->near, from, (size_t)(w->x.p - from), w->x.l.no);
		*match = follow(w, *match, &name);
	} while (toml_dot(&w->x));
	return EC_OK;
}

/* Values stand inside each other, as deep as DEEP and no more. */
/* NOLINTBEGIN(misc-no-recursion) see above */
static enum ec value(struct walk *w, size_t match);

/* KEY = VALUE, without what may follow. */
static enum ec
assignment(struct walk *w, size_t match)
{
	TRY(dotted(w, &match));
	if (!toml_at(&w->x, "="))
		return toml_bad(&w->x, "this is no TOML: = was expected");
	w->x.p++;
	w->x.p = line_skip(w->x.p, w->x.end);
	return value(w, match);
}

static enum ec
elements(struct walk *w, char close, size_t match)
{
	const char end[2] = { close, '\0' };

	w->x.p++;
	for (size_t i = 0;; i++) {
		toml_skip_all(&w->x);
		if (toml_at(&w->x, end))
			break;
		if (close == '}')
			TRY(assignment(w, match));
		else
			TRY(value(w, follow_index(w, match, i)));
		toml_skip_all(&w->x);
		if (toml_at(&w->x, end))
			break;
		if (!toml_at(&w->x, ","))
			return toml_bad(
			    &w->x, "this is no TOML: a comma was expected");
		w->x.p++;
	}
	w->x.p++;
	return EC_OK;
}

/* An array or an inline table. */
static enum ec
nested(struct walk *w, size_t match)
{
	const char close = *w->x.p == '[' ? ']' : '}';
	const struct edit_span here = { .line = w->x.l.no,
		.column = (unsigned)(w->x.p - w->x.l.p) + 1 };

	if (match == w->path.n)
		return line_refuse(w->x.e, w->x.where, &here, w->key,
		    close == ']' ? "is an array" : "is a table");
	if (++w->deep > DEEP)
		return toml_bad(&w->x, "nested too deeply");
	TRY(elements(w, close, match));
	w->deep--;
	return EC_OK;
}

/* A number, a date, true, false. */
static enum ec
scalar(struct walk *w)
{
	const char *from = w->x.p;

	while (w->x.p < w->x.end && !line_control(*w->x.p) &&
	    strchr(",]}#\"'=[{", *w->x.p) == NULL)
		w->x.p++;
	w->x.p = line_trim(from, w->x.p);
	if (w->x.p == from)
		return toml_bad(&w->x, "this is no TOML: a value was expected");
	return EC_OK;
}

/* The string from p on is the value. */
static enum ec
hit(struct walk *w, const char *p, const struct edit_span *s)
{
	AUTO(buf) struct buf trial = BUF(s->len * 3 + 1);

	if (w->hit.line != 0)
		return line_twice(w->x.e, w->x.where, s, w->key, w->hit.line);
	if (toml_unescape(p + 1, w->x.p - 1, s->quote, &trial, w->x.e) != EC_OK)
		return err_prefix(w->x.e, "%s:%u:%u: %s", w->x.where, s->line,
		    s->column, w->key);
	w->hit = *s;
	return EC_OK;
}

static enum ec
value(struct walk *w, size_t match)
{
	const char *p = w->x.p, *from, *to;
	const bool lines = toml_at(&w->x, "\"\"\"") || toml_at(&w->x, "'''");
	const bool quoted = toml_at(&w->x, "\"") || toml_at(&w->x, "'");
	struct edit_span s;

	line_span(w->x.text, &w->x.l, p, p, &s);
	if (toml_at(&w->x, "[") || toml_at(&w->x, "{"))
		return nested(w, match);
	if (lines)
		TRY(toml_long_string(&w->x));
	else if (quoted)
		TRY(toml_string(&w->x, &from, &to));
	else
		TRY(scalar(w));
	if (match != w->path.n)
		return EC_OK;
	if (lines)
		return line_refuse(w->x.e, w->x.where, &s, w->key,
		    "a string of several lines: put it on one");
	if (!quoted)
		return line_refuse(
		    w->x.e, w->x.where, &s, w->key, "is no string");
	s.len = (size_t)(w->x.p - p);
	s.quote = *p;
	return hit(w, p, &s);
}

/* NOLINTEND(misc-no-recursion) */

/* Into the last element of the array of tables that leads here, if any. */
static size_t
last_element(const struct walk *w, size_t match)
{
	if (match == NO_MATCH || w->count[match] == 0)
		return match;
	return follow_index(w, match, w->count[match] - 1);
}

/* A new element of the array of tables that leads here. */
static size_t
new_element(struct walk *w, size_t match)
{
	if (match == NO_MATCH)
		return match;
	w->count[match]++;
	for (size_t i = match + 1; i <= PATH_STEPS; i++)
		w->count[i] = 0;
	return last_element(w, match);
}

/* [a.b] or [[a.b]] */
static enum ec
heading(struct walk *w)
{
	AUTO(buf) struct buf name = BUF(w->x.text->len * 3 + 1);
	const bool array = toml_at(&w->x, "[[");
	const char *from;
	size_t match = 0;
	bool more;

	w->x.p += array ? 2 : 1;
	w->x.p = line_skip(w->x.p, w->x.end);
	from = w->x.p;
	do {
		TRY(toml_key_part(&w->x, &name));
		match = follow(w, match, &name);
		more = toml_dot(&w->x);
		if (more || !array)
			match = last_element(w, match);
	} while (more);
	nearest_see(&w->near, from, (size_t)(w->x.p - from), w->x.l.no);
	if (!toml_at(&w->x, array ? "]]" : "]"))
		return toml_bad(&w->x, "this is no TOML: ] was expected");
	w->x.p += array ? 2 : 1;
	w->base = array ? new_element(w, match) : match;
	return EC_OK;
}

static enum ec
document(struct walk *w)
{
	for (;;) {
		toml_skip_all(&w->x);
		if (w->x.p == w->x.end)
			return EC_OK;
		if (toml_at(&w->x, "["))
			TRY(heading(w));
		else
			TRY(assignment(w, w->base));
		TRY(toml_end_line(&w->x));
	}
}

enum ec
toml_find(const struct buf *text, const char *where, const char *key,
    struct edit_span *ret, struct err *e)
{
	struct line first = LINE_FIRST(text);
	struct walk w = {
		.x = { .text = text, .where = where, .e = e },
		.key = key,
	};

	TRY(edit_path_parse(key, &w.path, e));
	TRY(line_check(text, where, e));
	line_skip_bom(&first);
	w.x.p = w.x.l.p = first.next;
	w.x.end = first.eof;
	w.x.l.no = 1;
	w.near = NEAREST(key);
	TRY(document(&w));
	if (w.hit.line != 0) {
		*ret = w.hit;
		return EC_OK;
	}
	if (w.near.name == NULL)
		return fail(e, EC_GONE, "%s: no %.80s in it", where, key);
	return fail(e, EC_GONE, "%s: no %.80s in it; line %u has %.*s", where,
	    key, w.near.line, w.near.len, w.near.name);
}
