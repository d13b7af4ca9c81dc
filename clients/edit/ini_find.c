/* ini_find: the one line of a key, and where a new one goes. See ini.h. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "clients/edit/ini.h"
#include "clients/edit/nearest.h"

/* A key: its section (NULL: before the first one) and its name in it. */
struct target {
	const char *section, *name;
	struct edit_path path; /* where they live */
};

enum match { NO, MAYBE, YES };

/* What is known of the target while the lines go by. */
struct hunt {
	const struct ini_dialect *d;
	const struct target *target;
	enum match here;             /* are we in its section? */
	unsigned section_line;       /* of the last heading of it */
	unsigned again;              /* the same, when it is not the first */
	struct nearest key, section; /* for people, when there is none */
	struct edit_span hit;        /* line 0: none */
	bool fresh;                  /* no other entry has come since the hit */
};

static bool
begins_with(const char *s, const char *set)
{
	return *s != '\0' && strchr(set, *s) != NULL;
}

/* Could a heading or a name be this? */
static bool
sane(const char *s, const char *bad)
{
	const size_t n = strlen(s);

	for (size_t i = 0; i < n; i++)
		if (line_control(s[i]) || strchr(bad, s[i]) != NULL)
			return false;
	return n > 0 && !line_blank(s[0]) && !line_blank(s[n - 1]);
}

static enum ec
aim(const struct ini_dialect *d, const char *key, struct target *ret,
    struct err *e)
{
	TRY(edit_path_parse(key, &ret->path, e));
	ret->section = ret->path.n > 1 ? ret->path.step[0] : NULL;
	ret->name = ret->path.step[ret->path.n - 1];
	if (ret->path.n > 2) {
		(void)fail(
		    e, EC_CONFIG, "key %.80s: has more than two steps", key);
		return fix(e,
		    "write section.key; a dot that belongs to a name is "
		    "written \"\\.\"");
	}
	if (!sane(ret->name, d->seps) || begins_with(ret->name, d->comments) ||
	    begins_with(ret->name, "[\"'`") ||
	    (ret->section != NULL && !sane(ret->section, "[]")))
		return fail(e, EC_CONFIG,
		    "key %.80s: cannot be a name in such a file", key);
	if (ret->section != NULL && d->top != NULL &&
	    strcmp(ret->section, d->top) == 0)
		ret->section = NULL;
	return EC_OK;
}

/* Inside the quotes that some readers take off a name; with what is behind
 * them. */
static enum match
unquoted(const char *p, const char *end, const char *name)
{
	const char quote = *p;
	const char *close;

	while (p < end && *p == quote)
		p++;
	close = memchr(p, quote, (size_t)(end - p));
	if (close != NULL)
		end = close;
	p = line_skip(p, end);
	return line_is(p, line_trim(p, end), name) ? MAYBE : NO;
}

static enum match
compare(const struct ini_dialect *d, const char *p, const char *end,
    const char *name)
{
	if (line_is(p, end, name))
		return YES;
	if (p < end && strchr("\"'`", *p) != NULL)
		return unquoted(p, end, name);
	p = line_skip(p, end);
	end = line_trim(p, end);
	return d->loose && (size_t)(end - p) == strlen(name) &&
		strncasecmp(p, name, (size_t)(end - p)) == 0
	    ? MAYBE
	    : NO;
}

static void
enter_section(struct hunt *h, const struct line *l, const struct ini_item *t)
{
	const char *want = h->target->section;
	const bool top =
	    h->d->top != NULL && line_is(t->name, t->name_end, h->d->top);

	if (want == NULL)
		h->here = top ? YES : NO;
	else
		h->here = top ? NO : compare(h->d, t->name, t->name_end, want);
	if (h->here == YES && h->section_line != 0)
		h->again = l->no;
	if (h->here == YES)
		h->section_line = l->no;
	if (want != NULL)
		nearest_see(&h->section, t->name,
		    (size_t)(t->name_end - t->name), l->no);
}

static enum ec
take(struct hunt *h, const struct buf *text, const char *where, const char *key,
    const struct line *l, const struct ini_item *t, struct err *e)
{
	const enum match name =
	    compare(h->d, t->name, t->name_end, h->target->name);
	const char *why;
	struct edit_span s;

	if (h->here == YES && t->kind == INI_KEY)
		nearest_see(
		    &h->key, t->name, (size_t)(t->name_end - t->name), l->no);
	if (name == NO || h->here == NO)
		return EC_OK;
	if (t->kind == INI_FLAG) {
		line_span(text, l, t->name, t->name_end, &s);
		return line_refuse(
		    e, where, &s, key, "stands here without a value");
	}
	why = ini_measure(h->d, text, l, t, &s);
	if (name != YES || h->here != YES)
		why = "has this name for some programs only: they differ on "
		      "whether case, blanks and quotes in names count";
	if (t->doubt != NULL)
		why = t->doubt;
	if (why != NULL)
		return line_refuse(e, where, &s, key, why);
	if (h->hit.line != 0)
		return line_twice(e, where, &s, key, h->hit.line);
	h->hit = s;
	h->fresh = true;
	return EC_OK;
}

/* A heading or an entry that may belong to what stands before it. */
static enum ec
doubtful(struct hunt *h, const char *where, const char *key,
    const struct line *l, const struct ini_item *t, struct err *e)
{
	const struct edit_span at = { .line = l->no, .column = 1 };

	if (t->kind == INI_SECTION && t->doubt != NULL)
		return fail(e, EC_CONFLICT, "%s:%u:1: this heading %s", where,
		    l->no, t->doubt);
	if (h->fresh && t->deeper)
		return line_refuse(e, where, &at, key,
		    "the value goes on in this indented line, for some "
		    "programs");
	return EC_OK;
}

/* A line inside a longer value, for readers that do not see it so. */
static enum ec
inside(const struct hunt *h, const char *where, const char *key,
    const struct line *l, struct err *e)
{
	const char *p = line_skip(l->p, l->end), *end = p;
	const struct edit_span at = { .line = l->no, .column = 1 };

	while (end < l->end && strchr(h->d->seps, *end) == NULL)
		end++;
	if (h->d->raw && p < l->end &&
	    (*p == '[' ||
		(end < l->end &&
		    line_is(p, line_trim(p, end), h->target->name))))
		return line_refuse(e, where, &at, key,
		    "stands, or a heading does, inside a value begun further "
		    "up");
	return EC_OK;
}

static enum ec
see(struct hunt *h, const struct buf *text, const char *where, const char *key,
    const struct line *l, const struct ini_item *t, struct err *e)
{
	if (t->kind == INI_VOID)
		return EC_OK;
	if (t->kind == INI_MORE)
		return inside(h, where, key, l, e);
	TRY(doubtful(h, where, key, l, t, e));
	h->fresh = false;
	if (t->kind == INI_SECTION)
		enter_section(h, l, t);
	else
		return take(h, text, where, key, l, t, e);
	return EC_OK;
}

static enum ec
gone(const struct hunt *h, const char *where, struct err *e)
{
	const struct target *t = h->target;
	const bool in = t->section == NULL || h->section_line != 0;
	const struct nearest *n = in ? &h->key : &h->section;
	char near[120] = "";

	if (n->name != NULL)
		(void)snprintf(near, sizeof(near), "; line %u has %.*s",
		    n->line, n->len, n->name);
	if (!in)
		return fail(e, EC_GONE, "%s: no section [%.80s] in it%s", where,
		    t->section, near);
	if (t->section == NULL)
		return fail(e, EC_GONE,
		    "%s: no %.80s before the first section%s", where, t->name,
		    near);
	return fail(e, EC_GONE, "%s:%u: no %.80s in section [%.80s]%s", where,
	    h->section_line, t->name, t->section, near);
}

/* Why a file is not touched at all; e is filled. */
static enum ec
fatal(const struct ini_scan *s, const char *where, struct err *e)
{
	if (s->fatal == NULL)
		return fail(e, EC_CONFLICT,
		    "%s:%u: the quoted value that begins here does not end",
		    where, s->from.no);
	return fail(e, EC_CONFLICT, "%s:%u:1: %s", where, s->l.no, s->fatal);
}

enum ec
ini_find(const struct ini_dialect *d, const struct buf *text, const char *where,
    const char *key, struct edit_span *ret, struct err *e)
{
	struct target target;
	struct ini_scan s = INI_SCAN(d, text);
	struct hunt h = { .d = d, .target = &target };
	struct ini_item t;

	TRY(aim(d, key, &target, e));
	TRY(line_check_plain(text, where, e));
	h.here = target.section == NULL ? YES : NO;
	h.key = NEAREST(target.name);
	h.section = NEAREST(target.section != NULL ? target.section : "");
	while (ini_next(&s, &t))
		TRY(see(&h, text, where, key, &s.l, &t, e));
	if (s.fatal != NULL || s.open != NULL)
		return fatal(&s, where, e);
	if (h.hit.line == 0)
		return gone(&h, where, e);
	if (d->once && h.again != 0)
		return fail(e, EC_CONFLICT,
		    "%s:%u:1: the section of %s comes a second time", where,
		    h.again, key);
	*ret = h.hit;
	return EC_OK;
}

/* Behind the last line of the section; with the indentation found there. */
struct place {
	size_t start, at; /* of the text behind a byte order mark, and there */
	const char *indent;
	int indent_len;
	bool found;
	bool joined; /* its last line ends with a backslash */
};

static void
look(const struct ini_dialect *d, const struct buf *text,
    const struct target *target, struct place *ret)
{
	struct ini_scan s = INI_SCAN(d, text);
	struct hunt h = { .d = d, .target = target };
	struct ini_item t;

	h.section = NEAREST("");
	h.here = target->section == NULL ? YES : NO;
	if (d->bom)
		line_skip_bom(&s.l);
	ret->start = ret->at = (size_t)(s.l.next - buf_str(text));
	ret->found = h.here == YES;
	while (ini_next(&s, &t)) {
		if (t.kind == INI_SECTION)
			enter_section(&h, &s.l, &t);
		if (t.kind == INI_VOID || h.here != YES)
			continue;
		ret->found = true;
		ret->at = (size_t)(s.l.next - buf_str(text));
		ret->joined = d->joins && s.joined;
		if (t.kind != INI_KEY)
			continue;
		ret->indent = s.l.p;
		ret->indent_len = (int)(t.name - s.l.p);
	}
}

enum ec
ini_append(const struct ini_dialect *d, const struct buf *text, const char *key,
    struct buf *ret, struct err *e)
{
	const char *p = buf_str(text), *eol = line_eol(text);
	struct target target;
	struct place at = { .indent = "" };

	TRY(aim(d, key, &target, e));
	look(d, text, &target, &at);
	if (!at.found) {
		TRY(line_copy(text, ret, e));
		TRY(buf_addf(ret, e, "%s[%s]%s%s = %s",
		    text->len > 0 ? eol : "", target.section, eol, target.name,
		    eol));
		return EC_OK;
	}
	TRY(buf_add(ret, p, at.at, e));
	if (at.at > at.start && p[at.at - 1] != '\n')
		TRY(buf_adds(ret, eol, e));
	if (at.joined)
		TRY(buf_adds(ret, eol, e));
	TRY(buf_addf(
	    ret, e, "%.*s%s = %s", at.indent_len, at.indent, target.name, eol));
	return buf_add(ret, p + at.at, text->len - at.at, e);
}
