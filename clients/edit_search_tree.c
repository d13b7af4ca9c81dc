/*
 * edit_search_tree: the names that lead to a place in nested text. Three
 * small readers that know of each family just enough to keep count of where
 * they are: indentation (YAML), brackets (JSON, PHP), tags (XML). What they
 * get wrong the syntax itself does not confirm.
 */
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "clients/edit_search_p.h"

#define DEPTH_MAX 32

/* ---- indentation -------------------------------------------------------- */

struct indent {
	size_t column;
	bool item; /* "- ": it counts, it has no name */
	size_t no; /* of the item */
	char name[NAME_MAX_];
	char called[NAME_MAX_]; /* of an item: its member "name" */
};

struct yaml {
	struct indent in[DEPTH_MAX];
	size_t n;
};

static void
copy(char *ret, struct piece w)
{
	(void)snprintf(
	    ret, NAME_MAX_, "%.*s", w.len < NAME_MAX_ ? (int)w.len : 0, w.p);
}

/* Leaves all that is not further left; an item beside an item follows it. */
static void
yaml_to(struct yaml *y, size_t column, bool item)
{
	size_t no = 0;

	while (y->n > 0 && y->in[y->n - 1].column >= column &&
	    !(item && !y->in[y->n - 1].item &&
		y->in[y->n - 1].column == column)) {
		const struct indent *top = &y->in[y->n - 1];

		if (top->item && item && top->column == column)
			no = top->no + 1;
		y->n--;
	}
	if (y->n == DEPTH_MAX)
		return;
	y->in[y->n++] =
	    (struct indent){ .column = column, .item = item, .no = no };
}

/* One line; its first character is at this column. */
static void
yaml_line(struct yaml *y, struct piece line, size_t column)
{
	const char *end = line.p + line.len, *colon;
	struct piece name, rest;

	while (line.len > 1 && *line.p == '-' && line.p[1] == ' ') {
		yaml_to(y, column, true);
		rest = piece_of(line.p + 1, end);
		column += (size_t)(rest.p - line.p);
		line = rest;
	}
	colon = memmem(line.p, line.len, ": ", 2);
	if (colon == NULL && line.len > 0 && end[-1] == ':')
		colon = end - 1;
	if (colon == NULL)
		colon = memchr(line.p, '=', line.len); /* - NAME=value */
	if (colon == NULL)
		return;
	if (*colon == '=' && (*line.p == '"' || *line.p == '\''))
		line.p++;
	name = piece_unquote(piece_of(line.p, colon));
	rest = piece_unquote(piece_of(colon + 1, end));
	yaml_to(y, column, false);
	copy(y->in[y->n - 1].name, name);
	if (name.len == 4 && memcmp(name.p, "name", 4) == 0 && y->n > 1 &&
	    y->in[y->n - 2].item)
		copy(y->in[y->n - 2].called, rest);
}

static void
yaml_trail(const struct yaml *y, bool called, struct edit_keys *ret)
{
	struct trail t = { .n = 0 };
	char no[24];

	for (size_t i = 0; i < y->n; i++) {
		const struct indent *in = &y->in[i];
		const bool last = i + 1 == y->n;

		(void)snprintf(no, sizeof(no), "%zu", in->no);
		if (in->item && called && in->called[0] != '\0')
			trail_push(&t,
			    (struct piece){ in->called, strlen(in->called) });
		else if (in->item && !(called && i + 2 == y->n))
			trail_push(&t, (struct piece){ no, strlen(no) });
		else if (!in->item &&
		    !(called && last && i > 0 && y->in[i - 1].item &&
			y->in[i - 1].called[0] != '\0' &&
			strcmp(in->name, "value") == 0))
			trail_push(
			    &t, (struct piece){ in->name, strlen(in->name) });
	}
	trail_add(&t, ret);
}

void
search_yaml(const struct buf *text, size_t at, struct edit_keys *ret)
{
	const char *p = buf_str(text), *value = p + at, *end;
	const char *eof = p + text->len;
	struct yaml y = { .n = 0 };

	for (; p <= value; p = end + 1) {
		struct piece line;

		end = memchr(p, '\n', (size_t)(eof - p));
		if (end == NULL)
			end = eof;
		line = piece_of(p, end);
		if (line.len > 0 && *line.p != '#')
			yaml_line(&y, line, (size_t)(line.p - p));
	}
	yaml_trail(&y, true, ret);
	yaml_trail(&y, false, ret);
}

/* ---- brackets ----------------------------------------------------------- */

struct level {
	char open; /* 0: outside of all */
	size_t no; /* of the member or item */
	bool named;
	char name[NAME_MAX_];
	char called[NAME_MAX_]; /* the value of its member "name" */
};

struct brackets {
	struct level in[DEPTH_MAX];
	size_t n;
	char last[NAME_MAX_]; /* the last text or word */
};

static void
member_named(struct brackets *b)
{
	struct level *l = &b->in[b->n - 1];

	l->named = true;
	(void)snprintf(l->name, sizeof(l->name), "%s", b->last);
}

static void
member_ends(struct brackets *b)
{
	struct level *l = &b->in[b->n - 1];

	if (l->named && strcmp(l->name, "name") == 0)
		(void)snprintf(l->called, sizeof(l->called), "%s", b->last);
	/* define('NAME', 'value') */
	if (l->open == '(' && l->no == 0 && !l->named)
		member_named(b);
	else
		l->named = false;
	l->no++;
}

static void
bracket(struct brackets *b, char c)
{
	if (strchr("{[(", c) != NULL && b->n < DEPTH_MAX)
		b->in[b->n++] = (struct level){ .open = c };
	else if (strchr("}])", c) != NULL && b->n > 1)
		b->n--;
	else if (c == ',' || c == ';')
		member_ends(b);
}

/* Over a text in quotes; its end. */
static const char *
quoted(const char *p, const char *eof)
{
	const char q = *p++;

	while (p < eof && *p != q)
		p += *p == '\\' && p + 1 < eof ? 2 : 1;
	return p < eof ? p + 1 : eof;
}

static bool
word_char(char c)
{
	return c == '_' || c == '$' || (c >= '0' && c <= '9') ||
	    (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* The end of a comment; NULL: there is none at p. */
static const char *
comment(const char *p, const char *eof)
{
	const int next = p + 1 < eof ? p[1] : 0;
	const char *end;

	if (*p == '/' && next == '*') {
		end = memmem(p, (size_t)(eof - p), "*/", 2);
		return end != NULL ? end + 2 : eof;
	}
	if (*p != '#' && !(*p == '/' && next == '/'))
		return NULL;
	end = memchr(p, '\n', (size_t)(eof - p));
	return end != NULL ? end : eof;
}

static const char *
text_token(struct brackets *b, const char *p, const char *eof)
{
	const char *end = quoted(p, eof);
	const size_t len = (size_t)(end - p);

	copy(b->last, (struct piece){ p + 1, len >= 2 ? len - 2 : 0 });
	return end;
}

static const char *
word_token(struct brackets *b, const char *p, const char *eof)
{
	const char *end = p;

	while (end < eof && word_char(*end))
		end++;
	copy(b->last, (struct piece){ p, (size_t)(end - p) });
	return end;
}

/* One token; returns its end. */
static const char *
token(struct brackets *b, const char *p, const char *eof)
{
	const char *end = comment(p, eof);

	if (end != NULL)
		return end;
	if (*p == '"' || *p == '\'')
		return text_token(b, p, eof);
	if (word_char(*p))
		return word_token(b, p, eof);
	if (*p == ':' || *p == '=')
		member_named(b);
	bracket(b, *p);
	return p + (*p == '=' && p + 1 < eof && p[1] == '>' ? 2 : 1);
}

static void
brackets_trail(const struct brackets *b, bool called, struct edit_keys *ret)
{
	struct trail t = { .n = 0 };
	char no[24];

	for (size_t i = 0; i < b->n; i++) {
		const struct level *l = &b->in[i];
		const struct level *in = i + 1 < b->n ? &b->in[i + 1] : NULL;
		const bool drop = called && in == NULL &&
		    l->called[0] != '\0' && strcmp(l->name, "value") == 0;

		(void)snprintf(no, sizeof(no), "%zu", l->no);
		if (l->named && !drop)
			trail_push(
			    &t, (struct piece){ l->name, strlen(l->name) });
		else if (called && in != NULL && l->open == '[' &&
		    in->called[0] != '\0')
			trail_push(&t,
			    (struct piece){ in->called, strlen(in->called) });
		else if (l->open == '[' && !drop)
			trail_push(&t, (struct piece){ no, strlen(no) });
	}
	trail_add(&t, ret);
}

void
search_brackets(const struct buf *text, size_t at, struct edit_keys *ret)
{
	const char *p = buf_str(text), *eof = p + text->len, *value = p + at;
	struct brackets b = { .n = 1 };

	while (p < value) {
		const char *end = token(&b, p, eof);

		if (end > value)
			break; /* the value is in this text */
		p = end;
	}
	brackets_trail(&b, true, ret);
	brackets_trail(&b, false, ret);
}
