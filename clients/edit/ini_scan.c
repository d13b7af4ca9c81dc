/* ini_scan: INI text line by line. See ini.h. */
#include <string.h>

#include "clients/edit/ini.h"

static bool
one_of(const char *set, char c)
{
	return c != '\0' && strchr(set, c) != NULL;
}

const struct ini_quote *
ini_quote_at(const struct ini_dialect *d, const char *p, const char *end)
{
	for (const struct ini_quote *q = d->quotes; q->mark != NULL; q++) {
		const size_t n = strlen(q->mark);

		if ((size_t)(end - p) >= n && memcmp(p, q->mark, n) == 0)
			return q;
	}
	return NULL;
}

const char *
ini_closing(const struct ini_quote *q, const char *p, const char *end)
{
	const size_t n = strlen(q->mark);

	for (; (size_t)(end - p) >= n; p++) {
		if (memcmp(p, q->mark, n) == 0)
			return p;
		if (q->escapes && *p == '\\' && (size_t)(end - p) > n)
			p++;
	}
	return NULL;
}

bool
ini_tail(const struct ini_dialect *d, const char *p, const char *end)
{
	p = line_skip(p, end);
	return p == end || one_of(d->tails, *p);
}

/* Is there a quote that would begin a string in the middle of a value? */
static bool
strays(const struct ini_dialect *d, const char *p, const char *end)
{
	for (; d->stray && p < end && !one_of(d->tails, *p); p++)
		if (ini_quote_at(d, p, end) != NULL)
			return true;
	return false;
}

static bool
ends_joined(const struct ini_scan *s)
{
	const char *end = line_trim(s->l.p, s->l.end);

	return end > s->l.p && end[-1] == '\\';
}

/* A line of a value that began further up. */
static void
carry_on(struct ini_scan *s)
{
	const char *p;

	if (s->open == NULL) {
		s->joined = ends_joined(s);
		return;
	}
	p = ini_closing(s->open, s->l.p, s->l.end);
	if (p == NULL)
		return;
	if (strays(s->d, p + strlen(s->open->mark), s->l.end))
		s->fatal = "a quote behind the end of a quoted value";
	s->open = NULL;
}

/* What the value says about the lines behind it. */
static void
enter_value(struct ini_scan *s, struct ini_item *t)
{
	const char *p = line_skip(t->value, s->l.end), *end = s->l.end;

	t->quote = ini_quote_at(s->d, p, end);
	s->from = s->l;
	if (t->quote != NULL) {
		p = ini_closing(t->quote, p + strlen(t->quote->mark), end);
		if (p == NULL && t->quote->open == INI_FOLLOWS)
			s->open = t->quote;
		if (p == NULL && t->quote->open == INI_DOUBT)
			s->fatal = "a quote is opened here and not closed "
				   "on this line: programs differ on what "
				   "that means";
		p = p != NULL ? p + strlen(t->quote->mark) : end;
	}
	if (strays(s->d, p, end))
		s->fatal = "a quote in the middle of a value";
	s->joined = (t->quote == NULL || t->quote->open != INI_FOLLOWS) &&
	    (s->d->joins || s->d->loose) && ends_joined(s);
}

static void
heading(struct ini_scan *s, const char *p, struct ini_item *t)
{
	const char *end = memchr(p, ']', (size_t)(s->l.end - p));
	const char *rest;

	t->kind = INI_SECTION;
	t->name = p + 1;
	t->name_end = end;
	s->has_key = false;
	if (end == NULL) {
		s->fatal = "a section heading without ]";
		return;
	}
	rest = line_skip(end + 1, s->l.end);
	if ((rest < s->l.end && !one_of(s->d->comments, *rest)) ||
	    memchr(rest, ']', (size_t)(s->l.end - rest)) != NULL)
		s->fatal = "text behind a section heading";
}

/* Is the separator inside a quoted name? */
static bool
inside_name(const char *p, const char *sep)
{
	const char quote = *p;

	if (quote != '"' && quote != '`')
		return false;
	while (p < sep && *p == quote)
		p++;
	return memchr(p, quote, (size_t)(sep - p)) == NULL;
}

/* A name; with a value when there is a separator. */
static void
entry(struct ini_scan *s, const char *p, struct ini_item *t)
{
	const char *sep = p;

	while (sep < s->l.end && !one_of(s->d->seps, *sep) &&
	    !(s->d->stray && one_of(s->d->tails, *sep)))
		sep++;
	t->kind =
	    sep < s->l.end && one_of(s->d->seps, *sep) ? INI_KEY : INI_FLAG;
	t->name = p;
	t->name_end = line_trim(p, sep);
	if (t->kind == INI_FLAG) {
		s->joined = s->d->loose && ends_joined(s);
		return;
	}
	if (inside_name(p, sep))
		s->fatal = "a quoted name with a separator in it";
	t->value = sep + 1;
	if (s->d->loose && *sep == ':' &&
	    memchr(sep, '=', (size_t)(s->l.end - sep)) != NULL)
		t->doubt = "programs differ on which of : and = ends the name";
	enter_value(s, t);
}

/* The reasons why a line may not stand for itself. */
static void
doubts(struct ini_scan *s, size_t indent, struct ini_item *t)
{
	if (s->joined)
		t->doubt = "the line before it ends with a backslash";
	t->deeper = s->has_key && indent > s->indent;
	if (t->deeper)
		t->doubt = "is indented deeper than the line before it, which "
			   "makes it part of that value for some programs";
	else
		s->indent = indent;
}

bool
ini_next(struct ini_scan *s, struct ini_item *ret)
{
	const char *p;
	const char *doubt;

	if (s->l.no == 0 && s->d->bom)
		line_skip_bom(&s->l);
	if (s->fatal != NULL || !line_next(&s->l))
		return false;
	memset(ret, 0, sizeof(*ret));
	p = line_skip(s->l.p, s->l.end);
	if (s->open != NULL || (s->joined && s->d->joins)) {
		ret->kind = INI_MORE;
		carry_on(s);
		return s->fatal == NULL;
	}
	if (p == s->l.end || one_of(s->d->comments, *p)) {
		s->joined = s->joined && ends_joined(s);
		return true;
	}
	if (s->d->loose)
		doubts(s, (size_t)(p - s->l.p), ret);
	doubt = ret->doubt;
	s->joined = false;
	if (*p == '[')
		heading(s, p, ret);
	else
		entry(s, p, ret);
	s->has_key = ret->kind != INI_SECTION;
	if (doubt != NULL)
		ret->doubt = doubt;
	return s->fatal == NULL;
}
