/* template: see template.h. */
#include "clients/template_p.h"

#include <stdbool.h>
#include <string.h>

#include "base/auto.h"
#include "clients/percent.h"
#include "sigv4/canonical.h"

#define UPPER  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define LOWER  "abcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"
/* RFC 3986 2.3. All the rest is percent-encoded. */
#define UNRESERVED UPPER LOWER DIGITS "-._~"

static const struct field {
	const char *name;
	const char *alphabet; /* what a valid value is made of */
} fields[TEMPLATE__FIELDS] = {
	[TEMPLATE_USERNAME] = { "username", UPPER DIGITS },
	[TEMPLATE_PASSWORD] = { "password", UPPER LOWER DIGITS "+/" },
	[TEMPLATE_HOST] = { "host", UPPER LOWER DIGITS "-._" },
	[TEMPLATE_PORT] = { "port", DIGITS },
	[TEMPLATE_REGION] = { "region", LOWER DIGITS "-" },
	[TEMPLATE_IDENTITY] = { "identity", LOWER DIGITS "-._" },
};

static enum ec
url_encode(const char *value, struct buf *ret, struct err *e)
{
	return canonical_escape(ret, value, strlen(value), false, e);
}

static const struct template_filter filters[] = {
	{ "url", UNRESERVED, "%", url_encode, percent_decode },
};

enum ec
template_complain(struct err *e, enum ec ec, const char *where,
    const struct buf *text, size_t at, const char *why)
{
	const char *p = buf_str(text);
	unsigned line = 1;
	size_t begin = 0;

	for (size_t i = 0; i < at; i++)
		if (p[i] == '\n') {
			line++;
			begin = i + 1;
		}
	return fail(e, ec, "%s:%u:%zu: %s", where, line, at - begin + 1, why);
}

static bool
is(const char *name, const char *p, size_t n)
{
	return strlen(name) == n && strncmp(name, p, n) == 0;
}

static void
trim(const char **p, size_t *n)
{
	while (*n > 0 && (*p)[0] == ' ') {
		(*p)++;
		(*n)--;
	}
	while (*n > 0 && (*p)[*n - 1] == ' ')
		(*n)--;
}

/* The inside of {{...}} into field and filter; false: unknown. */
static bool
resolve(const char *p, size_t n, struct template_piece *ret)
{
	const char *bar = memchr(p, '|', n);
	const char *f = bar != NULL ? bar + 1 : "";
	size_t f_len = bar != NULL ? (size_t)(p + n - f) : 0;

	n = bar != NULL ? (size_t)(bar - p) : n;
	trim(&p, &n);
	trim(&f, &f_len);
	ret->field = TEMPLATE__FIELDS;
	for (unsigned i = 0; i < TEMPLATE__FIELDS; i++)
		if (is(fields[i].name, p, n))
			ret->field = (enum template_field)i;
	for (size_t i = 0; i < COUNT(filters); i++)
		if (is(filters[i].name, f, f_len))
			ret->filter = &filters[i];
	return ret->field != TEMPLATE__FIELDS &&
	    (bar == NULL || ret->filter != NULL);
}

/* Could c be part of a valid value of this placeholder? */
static bool
may_hold(const struct template_piece *p, char c)
{
	const bool in = strchr(fields[p->field].alphabet, c) != NULL;

	if (p->filter == NULL)
		return in;
	return (in && strchr(p->filter->kept, c) != NULL) ||
	    strchr(p->filter->added, c) != NULL;
}

/* Is what follows each placeholder a sure sign that its value has ended? */
static enum ec
check_ends(const struct template *t, const char *where, struct err *e)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct template_piece *next = &t->pieces[i + 1];
		const bool last = i + 1 == t->n;

		if (next->len == 0 && last)
			return EC_OK;
		if (next->len == 0 ||
		    may_hold(&t->pieces[i], t->text->p[next->at]))
			return template_complain(e, EC_CONFIG, where, t->text,
			    next->at,
			    "what stands here could be part of the value "
			    "before it; put a blank, a quote or a line end "
			    "between");
	}
	return EC_OK;
}

static enum ec
check_fields(const struct template *t, const char *where, struct err *e)
{
	for (unsigned f = 0; f <= TEMPLATE_PASSWORD; f++) {
		size_t i = 0;

		while (i < t->n && t->pieces[i].field != f)
			i++;
		if (i == t->n)
			return fail(e, EC_CONFIG, "%s: has no {{%s}}", where,
			    fields[f].name);
	}
	return EC_OK;
}

static enum ec
complain_unknown(
    struct err *e, const char *where, const struct buf *text, size_t at)
{
	(void)template_complain(
	    e, EC_CONFIG, where, text, at, "unknown placeholder");
	return fix(e,
	    "there are {{username}} {{password}} {{host}} {{port}} "
	    "{{region}} {{identity}}, and {{password|url}} for use "
	    "in a URL");
}

static enum ec
split(struct template *t, const char *where, struct err *e)
{
	const char *text = buf_str(t->text);
	const char *p = text, *open, *close;

	while ((open = strstr(p, "{{")) != NULL) {
		struct template_piece *new = &t->pieces[t->n];
		const size_t at = (size_t)(open - text);

		if (t->n == TEMPLATE_PLACES_MAX)
			return template_complain(e, EC_CONFIG, where, t->text,
			    at, "too many placeholders");
		close = strstr(open, "}}");
		new->at = (size_t)(p - text);
		new->len = (size_t)(open - p);
		if (close == NULL ||
		    !resolve(open + 2, (size_t)(close - open - 2), new))
			return complain_unknown(e, where, t->text, at);
		t->n++;
		p = close + 2;
	}
	t->pieces[t->n].at = (size_t)(p - text);
	t->pieces[t->n].len = t->text->len - t->pieces[t->n].at;
	return EC_OK;
}

enum ec
template_parse(const struct buf *text, const char *where, struct template *ret,
    struct err *e)
{
	struct template t = { .text = text };

	if (text->len > TEMPLATE_BYTES_MAX)
		return fail(e, EC_CONFIG, "%s: more than %zu bytes", where,
		    TEMPLATE_BYTES_MAX);
	if (strlen(buf_str(text)) != text->len)
		return fail(e, EC_CONFIG, "%s: holds a NUL byte", where);
	TRY(split(&t, where, e));
	TRY(check_fields(&t, where, e));
	TRY(check_ends(&t, where, e));
	*ret = t;
	return EC_OK;
}

enum ec
template_render(const struct template *t,
    const char *const values[TEMPLATE__FIELDS], struct buf *ret, struct err *e)
{
	const char *text = buf_str(t->text);

	for (size_t i = 0; i <= t->n; i++) {
		const struct template_piece *p = &t->pieces[i];
		const char *v = i < t->n ? values[p->field] : "";

		TRY(buf_add(ret, text + p->at, p->len, e));
		if (p->filter != NULL)
			TRY(p->filter->encode(v, ret, e));
		else
			TRY(buf_adds(ret, v, e));
	}
	return EC_OK;
}
