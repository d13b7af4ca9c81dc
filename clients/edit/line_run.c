/*
 * line_run: does a value or a comment go on in the next line? Where readers
 * differ, the answer is yes, so that nothing doubtful is touched.
 */
#include "clients/edit/line_p.h"

/* Does a backslash keep the next character here? A shell has none in '...',
 * but some dotenv libraries do. */
static bool
escapes(const struct line_dialect *d, enum line_state s)
{
	return s == DOUBLE || d->joins == (s != SINGLE);
}

/* The state behind an unescaped character c inside quotes. */
static enum line_state
in_quotes(const struct line_dialect *d, enum line_state s, char c)
{
	if (c != (s == SINGLE ? '\'' : '"'))
		return s;
	return d->joins ? BEFORE : FREE;
}

/* The same outside of quotes, which mean something only at the beginning. */
static enum line_state
outside(enum line_state s, char c)
{
	if (s == PLAIN)
		return PLAIN;
	if (c == '\'' || c == '"')
		return c == '"' ? DOUBLE : SINGLE;
	return line_blank(c) ? BEFORE : PLAIN;
}

/* One character of a value; returns the state behind it. */
static enum line_state
step(const struct line_dialect *d, enum line_state s, const char **p)
{
	const char c = **p;

	if (c == '\\' && escapes(d, s)) {
		(*p)++;
		return s == BEFORE ? PLAIN : s;
	}
	if (s == SINGLE || s == DOUBLE)
		return in_quotes(d, s, c);
	return outside(s, c);
}

enum line_state
line_run(const struct line_dialect *d, enum line_state s, const char *p,
    const char *end)
{
	if (s == COMMENT)
		return end > p && end[-1] == '\\' ? COMMENT : FREE;
	for (; p < end && s != FREE; p++)
		s = step(d, s, &p);
	if (s == SINGLE || s == DOUBLE)
		return s;
	/* Only a shell joins lines of the other dialects: not to be relied on
	 * either way. */
	if (!d->joins)
		return end[-1] == '\\' ? PLAIN : FREE;
	/* A backslash as the last character was stepped over: p is behind. */
	return p > end ? PLAIN : FREE;
}
