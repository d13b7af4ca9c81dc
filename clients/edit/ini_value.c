/* ini_value: which bytes of a line are the value. See ini.h. */
#include <string.h>
#include <strings.h>

#include "clients/edit/ini.h"

static bool
holds(const char *p, const char *end, const char *part)
{
	const ptrdiff_t n = (ptrdiff_t)strlen(part);

	for (; end - p >= n; p++)
		if (memcmp(p, part, (size_t)n) == 0)
			return true;
	return false;
}

/* Is it a word that its reader takes for a number or nothing? */
static bool
is_word(const struct ini_dialect *d, const char *p, const char *end)
{
	for (const char *const *w = d->words; w != NULL && *w != NULL; w++)
		if (strlen(*w) == (size_t)(end - p) &&
		    strncasecmp(*w, p, (size_t)(end - p)) == 0)
			return true;
	return false;
}

static const char *
bare(const struct ini_dialect *d, const char *p, const char *end)
{
	if (p < end &&
	    (line_blank(*p) || line_blank(end[-1]) ||
		ini_quote_at(d, p, end) != NULL))
		return "the value needs quotes";
	if (is_word(d, p, end))
		return "the value is a word with a meaning of its own: put "
		       "quotes around it";
	if (d->joins && p < end && end[-1] == '\\')
		return "the value would go on in the next line";
	for (; p < end; p++)
		if (strchr(d->odd, *p) != NULL ||
		    strchr(d->tails, *p) != NULL ||
		    (d->only != NULL && strchr(d->only, *p) == NULL))
			return "the value needs quotes, or programs differ in "
			       "how they read it";
	return NULL;
}

const char *
ini_refused(const struct ini_dialect *d, const struct ini_quote *q,
    const char *p, const char *end)
{
	for (const char *const *r = d->refs; r != NULL && *r != NULL; r++)
		if (holds(p, end, *r))
			return "the value refers to something else";
	for (const char *c = p; c < end; c++)
		if (line_control(*c))
			return "a tab or control character in the value";
	if (q == NULL)
		return bare(d, p, end);
	if (holds(p, end, q->mark))
		return "the quote stands inside the value";
	for (; p < end; p++)
		if (strchr(q->bad, *p) != NULL)
			return "escapes, $, % and the like in quotes mean "
			       "different things to different programs";
	return NULL;
}

/* A value in quotes that begins at p; *end is moved behind it. */
static const char *
quoted(const struct ini_dialect *d, const struct ini_quote *q, const char *p,
    const char **end)
{
	const size_t n = strlen(q->mark);
	const char *stop = *end;
	const char *close = ini_closing(q, p + n, stop);

	if (close == NULL)
		return "the quoted value does not end on its line";
	*end = close + n;
	/* A mark behind it: some readers look for the last one. */
	if (!ini_tail(d, *end, stop) || holds(*end, stop, q->mark))
		return "text behind the closing quote";
	return ini_refused(d, q, p + n, close);
}

/* Where an empty value goes, between p and end: behind one blank, but not
 * against a comment. */
static const char *
room(const char *p, const char *end)
{
	const char *q = line_skip(p, end);

	return q > p && (q == end || q > p + 1) ? p + 1 : p;
}

/* A backslash that joins lines does so even at the end of a comment. */
static bool
goes_on(
    const struct ini_dialect *d, const struct line *l, const struct ini_item *t)
{
	const char *end = line_trim(t->value, l->end);

	return d->joins && end > t->value && end[-1] == '\\' &&
	    (t->quote == NULL || t->quote->open != INI_FOLLOWS);
}

const char *
ini_measure(const struct ini_dialect *d, const struct buf *text,
    const struct line *l, const struct ini_item *t, struct edit_span *ret)
{
	const char *p = line_skip(t->value, l->end), *end = p;
	const char *why = NULL;

	if (t->quote != NULL) {
		end = l->end;
		why = quoted(d, t->quote, p, &end);
	} else {
		while (end < l->end && strchr(d->tails, *end) == NULL)
			end++;
		end = line_trim(p, end);
		if (p == end)
			p = end = room(t->value, l->end);
		why = ini_refused(d, NULL, p, end);
	}
	if (d->raw && end < l->end && l->end == l->eof && t->quote == NULL &&
	    line_skip(end, l->end) == l->end)
		why = "blanks behind it end the file: add a line end";
	if (goes_on(d, l, t))
		why = "the value goes on in the next line";
	line_span(text, l, p, end, ret);
	if (t->quote != NULL) {
		ret->quote = *t->quote->mark;
		ret->style = (unsigned)(t->quote - d->quotes);
	}
	return why;
}
