/*
 * msmtprc: the configuration of msmtp, as read_conffile() and get_next_cmd()
 * in its src/conf.c read it (msmtp 1.8).
 *
 * A line is a command and an argument, which may stand in double quotes that
 * mean nothing inside; '#' begins a comment line only. What comes before any
 * "account" belongs to an account named "default". "account A : B" takes B's
 * settings over: a key of A is only what stands under A itself.
 */
#include <string.h>

#include "clients/edit/lines.h"
#include "clients/edit/nearest.h"
#include "clients/edit/path.h"

#define LINE_BYTES 500 /* longer ones are refused; LINEBUFSIZE less the NUL */

/* A command; name is NULL on a blank or comment line. */
struct command {
	const char *name, *name_end, *arg, *arg_end;
};

struct hunt {
	struct edit_path path;
	bool in, seen; /* in the section, or it was seen */
	unsigned section_line, eval_line;
	struct nearest key, section;
	struct edit_span hit;
};

static void
split(const struct line *l, struct command *ret)
{
	const char *p = line_skip(l->p, l->end);

	memset(ret, 0, sizeof(*ret));
	if (p == l->end || *p == '#')
		return;
	ret->name = p;
	while (p < l->end && !line_blank(*p))
		p++;
	ret->name_end = p;
	ret->arg = line_skip(p, l->end);
	ret->arg_end = line_trim(ret->arg, l->end);
}

static bool
is_quoted(const char *p, const char *end)
{
	return end - p >= 2 && *p == '"' && end[-1] == '"';
}

static void
unquote(const char **p, const char **end)
{
	if (is_quoted(*p, *end)) {
		(*p)++;
		(*end)--;
	}
}

static void
enter(struct hunt *h, const char *p, const char *end, unsigned line)
{
	h->in = line_is(p, end, h->path.step[0]);
	if (h->in) {
		h->seen = true;
		h->section_line = line;
	}
	nearest_see(&h->section, p, (size_t)(end - p), line);
}

/* "account NAME", or with " : OTHERS" behind it */
static void
enter_account(struct hunt *h, const struct command *c, unsigned line)
{
	const char *p = c->arg, *end = c->arg_end;
	const char *colon;

	unquote(&p, &end);
	colon = memchr(p, ':', (size_t)(end - p));
	if (colon != NULL) {
		p = line_skip(p, colon);
		end = line_trim(p, colon);
		unquote(&p, &end);
	}
	enter(h, p, end, line);
}

/* An empty argument goes behind one blank. */
static void
span_of(const struct buf *text, const struct line *l, const struct command *c,
    struct edit_span *ret)
{
	const char *p = c->arg, *end = c->arg_end;

	if (p == end)
		p = end = c->name_end + (c->name_end < l->end ? 1 : 0);
	line_span(text, l, p, end, ret);
	ret->quote = is_quoted(p, end) ? '"' : '\0';
	/* There is not even room for one. */
	ret->style = p == c->name_end;
}

static enum ec
take(struct hunt *h, const struct buf *text, const char *where, const char *key,
    const struct line *l, const struct command *c, struct err *e)
{
	struct edit_span s;

	nearest_see(&h->key, c->name, (size_t)(c->name_end - c->name), l->no);
	if (line_is(c->name, c->name_end, "passwordeval"))
		h->eval_line = l->no;
	if (!line_is(c->name, c->name_end, h->path.step[1]))
		return EC_OK;
	span_of(text, l, c, &s);
	if (h->hit.line != 0)
		return line_twice(e, where, &s, key, h->hit.line);
	h->hit = s;
	return EC_OK;
}

/* Before any account there is one named "default". */
static void
begin(struct hunt *h, const struct command *c)
{
	if (line_is(c->name, c->name_end, "account") ||
	    line_is(c->name, c->name_end, "defaults"))
		return;
	h->in = h->seen = strcmp(h->path.step[0], "default") == 0;
}

static enum ec
see(struct hunt *h, const struct buf *text, const char *where, const char *key,
    const struct line *l, const struct command *c, struct err *e)
{
	if (line_is(c->name, c->name_end, "account")) {
		enter_account(h, c, l->no);
		return EC_OK;
	}
	if (line_is(c->name, c->name_end, "defaults")) {
		enter(h, c->name, c->name_end, l->no);
		return EC_OK;
	}
	return h->in ? take(h, text, where, key, l, c, e) : EC_OK;
}

/* A password that a program is asked for. */
static enum ec
evaluated(
    const struct hunt *h, const char *where, const char *key, struct err *e)
{
	(void)fail(e, EC_CONFLICT,
	    "%s:%u:1: %s: comes from a program, by passwordeval", where,
	    h->eval_line, key);
	return fix(e,
	    "write a line \"password x\" in place of passwordeval, or "
	    "register what that program reads as the client");
}

static enum ec
gone(const struct hunt *h, const char *where, struct err *e)
{
	const struct nearest *n = h->seen ? &h->key : &h->section;
	const char *const *step = h->path.step;

	if (!h->seen)
		(void)fail(
		    e, EC_GONE, "%s: no account %.80s in it", where, step[0]);
	else
		(void)fail(e, EC_GONE, "%s:%u: no %.80s in account %.80s",
		    where, h->section_line, step[1], step[0]);
	if (n->name != NULL)
		return fix(e, "line %u has %.*s: is that the one?", n->line,
		    n->len, n->name);
	if (!h->seen)
		return e->ec;
	return fix(e,
	    "add a line with %.80s to this account; what another one has, or "
	    "defaults, does not count",
	    step[1]);
}

static enum ec
aim(const char *key, struct hunt *h, struct err *e)
{
	TRY(edit_path_parse(key, &h->path, e));
	if (h->path.n != 2) {
		(void)fail(
		    e, EC_CONFIG, "key %.80s: is not ACCOUNT.COMMAND", key);
		return fix(e,
		    "write account.password; a dot that belongs to the name "
		    "is written \"\\.\"");
	}
	h->key = NEAREST(h->path.step[1]);
	h->section = NEAREST(h->path.step[0]);
	return EC_OK;
}

static enum ec
scan(struct hunt *h, const struct buf *text, const char *where, const char *key,
    struct err *e)
{
	struct line l = LINE_FIRST(text);
	struct command c;
	bool any = false;

	while (line_next(&l)) {
		if (l.end - l.p > LINE_BYTES)
			return fail(e, EC_CONFLICT,
			    "%s:%u:%u: msmtp reads no line as long as this",
			    where, l.no, LINE_BYTES);
		split(&l, &c);
		if (c.name == NULL)
			continue;
		if (!any)
			begin(h, &c);
		any = true;
		TRY(see(h, text, where, key, &l, &c, e));
	}
	return EC_OK;
}

static enum ec
find(const struct buf *text, const char *where, const char *key,
    struct edit_span *ret, struct err *e)
{
	struct hunt h = { 0 };

	TRY(aim(key, &h, e));
	TRY(line_check(text, where, e));
	TRY(scan(&h, text, where, key, e));
	if (h.eval_line != 0 && strcmp(h.path.step[1], "password") == 0)
		return evaluated(&h, where, key, e);
	if (h.hit.line == 0)
		return gone(&h, where, e);
	*ret = h.hit;
	return EC_OK;
}

static enum ec
decode(const struct buf *text, const struct edit_span *s, struct buf *ret,
    struct err *e)
{
	const size_t q = s->quote != '\0' ? 1 : 0;

	return buf_add(ret, buf_str(text) + s->at + q, s->len - 2 * q, e);
}

static enum ec
encode(const struct edit_span *s, const char *value, struct buf *ret,
    struct err *e)
{
	const char quote[2] = { s->quote, '\0' };
	const size_t n = strlen(value);

	if (*quote == '\0' && is_quoted(value, value + n))
		return fail(e, EC_CONFLICT,
		    "the new value cannot stand here without quotes");
	if (s->style != 0)
		TRY(buf_adds(ret, " ", e));
	TRY(buf_adds(ret, quote, e));
	TRY(line_encode(value, ret, e));
	return buf_adds(ret, quote, e);
}

const struct edit_syntax edit_msmtprc = {
	.name = "msmtprc",
	.summary = "configuration of msmtp, by account",
	.key = "account.password",
	.find = find,
	.decode = decode,
	.encode = encode,
};
