/*
 * properties: Java .properties files, as java.util.Properties.load() of
 * Java 17 reads them (docs.oracle.com, api/java.base/java/util/Properties).
 *
 * A name ends at the first '=', ':' or blank that no backslash keeps. A
 * backslash at the end of a line continues it; \t \n \r \f and \uXXXX mean a
 * character, and in front of anything else a backslash only vanishes. Blanks
 * behind a value are part of it. Bytes above 127 are Latin-1 or UTF-8, as the
 * program likes: they are kept, and new ones are written as \uXXXX.
 *
 * ${...} means something to Spring and others, and is not touched.
 */
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "clients/edit/lines.h"
#include "clients/edit/nearest.h"
#include "clients/edit/utf8.h"

#define NAMED "\t\n\r\f" /* characters with a letter of their own, */
#define NAMES "tnrf"     /* and the letters */

static bool
is_blank(char c)
{
	return line_blank(c) || c == '\f';
}

static const char *
skip(const char *p, const char *end)
{
	while (p < end && is_blank(*p))
		p++;
	return p;
}

/* Does the line that begins at p go on in the next one? */
static bool
goes_on(const char *p, const char *end)
{
	const char *q = end;

	while (q > p && q[-1] == '\\')
		q--;
	return (end - q) % 2 == 1;
}

/* \uXXXX behind the u; two of them for what UTF-16 writes as a pair. */
static bool
take_unicode(const char **p, const char *end, uint32_t *ret)
{
	uint32_t low;

	if (!utf8_hex(p, end, 4, ret) || *ret == 0)
		return false;
	if (*ret < 0xd800 || *ret > 0xdfff)
		return true;
	if (*ret > 0xdbff || end - *p < 6 || (*p)[0] != '\\' || (*p)[1] != 'u')
		return false;
	*p += 2;
	if (!utf8_hex(p, end, 4, &low) || low < 0xdc00 || low > 0xdfff)
		return false;
	*ret = 0x10000 + ((*ret - 0xd800) << 10) + (low - 0xdc00);
	return true;
}

/* Adds the meaning of the bytes from p to end; EC_CONFLICT: none. */
static enum ec
unescape(const char *p, const char *end, struct buf *ret, struct err *e)
{
	while (p < end) {
		const char *name;
		uint32_t cp;

		if (*p != '\\' || p + 1 == end) {
			TRY(buf_add(ret, p++, 1, e));
			continue;
		}
		p += 2;
		name = strchr(NAMES, p[-1]);
		if (p[-1] == 'u') {
			if (!take_unicode(&p, end, &cp))
				return fail(e, EC_CONFLICT,
				    "a bad \\u escape, or one for NUL");
			TRY(utf8_put(ret, cp, e));
		} else if (name != NULL) {
			TRY(buf_add(ret, &NAMED[name - NAMES], 1, e));
		} else {
			TRY(buf_add(ret, p - 1, 1, e));
		}
	}
	return EC_OK;
}

/* One entry: its name is from name to name_end, its value from there on. */
struct entry {
	struct line l;
	const char *name, *name_end, *value;
	bool goes_on;
};

/* The next entry; lines that continue it are passed over. */
static bool
next(struct line *l, struct entry *ret)
{
	const char *p;

	do {
		if (!line_next(l))
			return false;
		p = skip(l->p, l->end);
	} while (p == l->end || *p == '#' || *p == '!');
	ret->l = *l;
	ret->name = p;
	while (p < l->end && !is_blank(*p) && *p != '=' && *p != ':')
		p += *p == '\\' && p + 1 < l->end ? 2 : 1;
	ret->name_end = p;
	p = skip(p, l->end);
	if (p < l->end && (*p == '=' || *p == ':'))
		p = skip(p + 1, l->end);
	ret->value = p;
	ret->goes_on = goes_on(l->p, l->end);
	for (bool on = ret->goes_on; on && line_next(l);)
		on = goes_on(l->p, l->end);
	return true;
}

/* Why this value is not touched, or NULL. */
static const char *
odd(const struct entry *t)
{
	if (t->goes_on)
		return "the value goes over several lines: join them";
	if (t->value == t->name_end)
		return "there is no separator: write = behind the key";
	return NULL;
}

/* Is this the name of the entry? */
static enum ec
is_key(const struct entry *t, const char *where, const char *key, bool *ret,
    struct err *e)
{
	AUTO(buf) struct buf name = BUF((size_t)(t->l.end - t->l.p));

	*ret = false;
	if (t->goes_on && t->name_end == t->l.end)
		return fail(e, EC_CONFLICT,
		    "%s:%u:%u: a key that goes on in the next line", where,
		    t->l.no, (unsigned)(t->name - t->l.p) + 1);
	if (unescape(t->name, t->name_end, &name, e) != EC_OK)
		return err_prefix(e, "%s:%u:%u", where, t->l.no,
		    (unsigned)(t->name - t->l.p) + 1);
	*ret = strlen(key) == name.len &&
	    memcmp(buf_str(&name), key, name.len) == 0;
	return EC_OK;
}

static enum ec
take(const struct buf *text, const char *where, const char *key,
    const struct entry *t, struct edit_span *hit, struct err *e)
{
	AUTO(buf) struct buf value = BUF(text->len * 3 + 1);
	struct edit_span s;

	line_span(text, &t->l, t->value, t->l.end, &s);
	if (hit->line != 0)
		return line_twice(e, where, &s, key, hit->line);
	if (odd(t) != NULL)
		return line_refuse(e, where, &s, key, odd(t));
	if (unescape(t->value, t->l.end, &value, e) != EC_OK)
		return err_prefix(
		    e, "%s:%u:%u: %s", where, s.line, s.column, key);
	if (strstr(buf_str(&value), "${") != NULL)
		return line_refuse(
		    e, where, &s, key, "the value refers to something else");
	*hit = s;
	return EC_OK;
}

static enum ec
find(const struct buf *text, const char *where, const char *key,
    struct edit_span *ret, struct err *e)
{
	struct line l = LINE_FIRST(text);
	struct nearest near = NEAREST(key);
	struct edit_span hit = { 0 };
	struct entry t;
	bool same;

	if (*key == '\0')
		return fail(e, EC_CONFIG, "an empty key");
	TRY(line_check(text, where, e));
	while (next(&l, &t)) {
		TRY(is_key(&t, where, key, &same, e));
		nearest_see(
		    &near, t.name, (size_t)(t.name_end - t.name), t.l.no);
		if (same)
			TRY(take(text, where, key, &t, &hit, e));
	}
	if (hit.line != 0) {
		*ret = hit;
		return EC_OK;
	}
	if (near.name == NULL)
		return fail(e, EC_GONE, "%s: no %.80s in it", where, key);
	return fail(e, EC_GONE, "%s: no %.80s in it; line %u has %.*s", where,
	    key, near.line, near.len, near.name);
}

static enum ec
decode(const struct buf *text, const struct edit_span *s, struct buf *ret,
    struct err *e)
{
	const char *p = buf_str(text) + s->at;

	return unescape(p, p + s->len, ret, e);
}

/* A code point beyond ASCII as one or two \uXXXX. */
static enum ec
put_unicode(struct buf *ret, uint32_t cp, struct err *e)
{
	char pair[16];

	if (cp < 0x10000)
		(void)snprintf(pair, sizeof(pair), "\\u%04x", cp);
	else
		(void)snprintf(pair, sizeof(pair), "\\u%04x\\u%04x",
		    0xd800 + ((cp - 0x10000) >> 10),
		    0xdc00 + ((cp - 0x10000) & 0x3ff));
	return buf_adds(ret, pair, e);
}

/* One character; those in `kept` get a backslash in front. */
static enum ec
put(struct buf *ret, uint32_t cp, const char *kept, struct err *e)
{
	const char c = (char)cp;
	const char *named = cp < 0x80 ? strchr(NAMED, c) : NULL;

	if (cp >= 0x80 || (line_control(c) && named == NULL))
		return put_unicode(ret, cp, e);
	if (named != NULL) {
		TRY(buf_adds(ret, "\\", e));
		return buf_add(ret, &NAMES[named - NAMED], 1, e);
	}
	if (strchr(kept, c) != NULL)
		TRY(buf_adds(ret, "\\", e));
	return buf_add(ret, &c, 1, e);
}

static enum ec
escape(const char *s, const char *first, const char *kept, struct buf *ret,
    struct err *e)
{
	const char *end = s + strlen(s), *p = s;
	uint32_t cp;

	while (p < end) {
		const bool at_start = p == s;
		const size_t n = utf8_next(p, end, &cp);

		if (n == 0)
			return fail(
			    e, EC_CONFLICT, "the new value is no UTF-8");
		p += n;
		TRY(put(ret, cp, at_start ? first : kept, e));
	}
	return EC_OK;
}

static enum ec
encode(const struct edit_span *s, const char *value, struct buf *ret,
    struct err *e)
{
	(void)s;
	if (strstr(value, "${") != NULL)
		return fail(e, EC_CONFLICT,
		    "the new value would refer to something else");
	return escape(value, "\\ =:#!", "\\", ret, e);
}

/* Would a line behind the text belong to its last one? */
static bool
stays_open(const struct buf *text)
{
	struct line l = LINE_FIRST(text);
	bool on = false;

	while (line_next(&l))
		on = goes_on(l.p, l.end);
	return on;
}

static enum ec
append(const struct buf *text, const char *key, struct buf *ret, struct err *e)
{
	TRY(line_copy(text, ret, e));
	if (stays_open(text))
		TRY(buf_adds(ret, line_eol(text), e));
	TRY(escape(key, "\\ =:#!", "\\ =:", ret, e));
	TRY(buf_adds(ret, "=", e));
	return buf_adds(ret, line_eol(text), e);
}

const struct edit_syntax edit_properties = {
	.name = "properties",
	.summary = "Java .properties",
	.key = "mail.password",
	.find = find,
	.decode = decode,
	.encode = encode,
	.append = append,
};
