/* toml_lex: see toml_lex.h. */
#include "clients/edit/toml_lex.h"

#include <string.h>

#include "clients/edit/toml.h"

enum ec
toml_bad(struct toml_lex *x, const char *why)
{
	return fail(x->e, EC_CONFLICT, "%s:%u:%u: %s", x->where, x->l.no,
	    (unsigned)(x->p - x->l.p) + 1, why);
}

bool
toml_at(const struct toml_lex *x, const char *mark)
{
	const size_t n = strlen(mark);

	return (size_t)(x->end - x->p) >= n && memcmp(x->p, mark, n) == 0;
}

static void
skip_blanks(struct toml_lex *x)
{
	x->p = line_skip(x->p, x->end);
}

/* Over a line end, if there is one. */
static bool
newline(struct toml_lex *x)
{
	if (toml_at(x, "\r\n"))
		x->p++;
	if (!toml_at(x, "\n"))
		return false;
	x->p++;
	x->l.p = x->p;
	x->l.no++;
	return true;
}

static void
skip_comment(struct toml_lex *x)
{
	if (toml_at(x, "#"))
		while (x->p < x->end && *x->p != '\n' && !toml_at(x, "\r\n"))
			x->p++;
}

/* Blanks, comments and line ends. */
void
toml_skip_all(struct toml_lex *x)
{
	do {
		skip_blanks(x);
		skip_comment(x);
	} while (newline(x));
}

/* Nothing but a comment may be left on this line. */
enum ec
toml_end_line(struct toml_lex *x)
{
	skip_blanks(x);
	skip_comment(x);
	if (x->p < x->end && !newline(x))
		return toml_bad(x, "text behind a value or heading");
	return EC_OK;
}

/* A string on one line; *from and *to are its inside. */
enum ec
toml_string(struct toml_lex *x, const char **from, const char **to)
{
	const char quote = *x->p++;

	*from = x->p;
	while (x->p < x->end && *x->p != quote) {
		if (line_control(*x->p) && *x->p != '\t')
			return toml_bad(
			    x, "a string that does not end on its line");
		x->p +=
		    quote == '"' && *x->p == '\\' && x->p + 1 < x->end ? 2 : 1;
	}
	if (x->p >= x->end)
		return toml_bad(x, "a string that does not end");
	*to = x->p++;
	return EC_OK;
}

/* Over a string of several lines. */
enum ec
toml_long_string(struct toml_lex *x)
{
	const char quote = *x->p;
	const char mark[4] = { quote, quote, quote, '\0' };
	const struct line from = x->l;
	const char *begin = x->p;

	x->p += 3;
	while (x->p < x->end && !toml_at(x, mark)) {
		if (quote == '"' && *x->p == '\\' && x->p + 1 < x->end)
			x->p++;
		if (!newline(x))
			x->p++;
	}
	if (x->p >= x->end) {
		x->l = from;
		x->p = begin;
		return toml_bad(x, "a string that does not end");
	}
	x->p += 3;
	/* One or two quotes may stand before the closing ones. */
	for (int i = 0; i < 2 && x->p < x->end && *x->p == quote; i++)
		x->p++;
	return EC_OK;
}

static bool
is_bare(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '_' || c == '-';
}

/* One part of a key, its meaning into name. */
enum ec
toml_key_part(struct toml_lex *x, struct buf *name)
{
	const char *from = x->p, *to = x->p;
	char quote = '\0';
	enum ec ec;

	if (x->p < x->end && (*x->p == '"' || *x->p == '\'')) {
		quote = *x->p;
		TRY(toml_string(x, &from, &to));
	} else {
		while (x->p < x->end && is_bare(*x->p))
			x->p++;
		to = x->p;
		if (to == from)
			return toml_bad(
			    x, "this is no TOML: a key was expected");
	}
	buf_cut(name, 0);
	ec = toml_unescape(from, to, quote, name, x->e);
	TRY_MEMORY(ec);
	if (ec != EC_OK)
		return toml_bad(
		    x, "a key with an escape that is not supported");
	return EC_OK;
}

/* Past a dot between the parts of a key, if there is one. */
bool
toml_dot(struct toml_lex *x)
{
	skip_blanks(x);
	if (!toml_at(x, "."))
		return false;
	x->p++;
	skip_blanks(x);
	return true;
}
