/*
 * edit_property: for any syntax: a file with a known pair amid noise, made by
 * rules from a seed; the pair is replaced, and nothing else may differ.
 *
 * A syntax brings a table: lines of noise that its reader passes over, and
 * how a user name and a password may be written. Keys of entries are "U" and
 * "P" in the form that `key` gives.
 */
#ifndef TESTS_UNIT_EDIT_PROPERTY_H
#define TESTS_UNIT_EDIT_PROPERTY_H

#include <stdbool.h>
#include <stdio.h>

#include "edit_text.h"

struct property {
	const char *syntax;
	const char *user, *pass; /* keys as in the configuration */
	/* Before the part of the file that holds the entries, behind it, and
	 * between the entries: any number of these, in any order. NULL ends;
	 * '\n' becomes CRLF in half of the files. */
	const char *const *head, *const *noise, *const *tail;
	const char *open; /* begins that part, such as a heading */
	/* Ways to write an entry, with %s for its name and its value in this
	 * order; `values` may stand there, unescaped. */
	const char *const *entries;
	const char *chars; /* old values are made of these */
	bool bom;          /* a byte order mark may come first */
};

static unsigned property_state;

/* The same on every machine, unlike rand(). */
static inline unsigned
property_random(unsigned below)
{
	property_state = property_state * 1664525U + 1013904223U;
	return (property_state >> 8) % below;
}

static inline void
property_add(struct buf *b, const char *s, bool crlf)
{
	struct err e;

	for (; *s != '\0'; s++) {
		if (*s == '\n' && crlf)
			assert_int_equal(buf_adds(b, "\r", &e), EC_OK);
		assert_int_equal(buf_add(b, s, 1, &e), EC_OK);
	}
}

static inline void
property_noise(struct buf *b, const char *const *lines, bool crlf)
{
	size_t n = 0;

	while (lines != NULL && lines[n] != NULL)
		n++;
	for (unsigned i = n > 0 ? property_random(5) : 0; i > 0; i--)
		property_add(b, lines[property_random((unsigned)n)], crlf);
}

/* What %s stands for, the first and the second time. */
static inline void
property_entry(struct buf *b, const char *form, const char *name,
    const char *value, bool crlf)
{
	char piece[2] = "";

	for (; *form != '\0'; form++)
		if (form[0] == '%' && form[1] == 's') {
			property_add(b, name, false);
			name = value;
			form++;
		} else {
			piece[0] = *form;
			property_add(b, piece, crlf);
		}
}

struct property_file {
	struct buf text;
	char value[2][48]; /* of user and password */
};

static inline void
property_value(const struct property *p, char *ret)
{
	const unsigned n = 1 + property_random(46);
	const unsigned kinds = (unsigned)strlen(p->chars);

	for (unsigned i = 0; i < n; i++)
		ret[i] = p->chars[property_random(kinds)];
	ret[n] = '\0';
}

/* `twice`: with a second entry for the password. */
static inline void
property_make(const struct property *p, bool twice, struct property_file *ret)
{
	const bool crlf = property_random(2) == 0;
	const bool swap = property_random(2) == 0;
	size_t forms = 0;
	struct err e;

	while (p->entries[forms] != NULL)
		forms++;
	if (p->bom && property_random(3) == 0)
		property_add(&ret->text, "\xef\xbb\xbf", false);
	property_noise(&ret->text, p->head, crlf);
	property_add(&ret->text, p->open, crlf);
	for (unsigned i = 0; i < (twice ? 3 : 2); i++) {
		const unsigned which = i == 2 ? 1 : i ^ (swap ? 1 : 0);

		property_noise(&ret->text, p->noise, crlf);
		property_value(p, ret->value[which]);
		property_entry(&ret->text,
		    p->entries[property_random((unsigned)forms)],
		    which == 0 ? "U" : "P", ret->value[which], crlf);
	}
	property_noise(&ret->text, p->noise, crlf);
	property_noise(&ret->text, p->tail, crlf);
	/* A last line without its end. */
	if (!crlf && property_random(4) == 0)
		buf_cut(&ret->text, ret->text.len - 1);
	else if (ret->text.len == 0)
		assert_int_equal(buf_adds(&ret->text, "\n", &e), EC_OK);
}

static inline void
property_reads(const struct edit_syntax *s, const struct buf *text,
    const char *key, const char *want, unsigned seed)
{
	AUTO(buf) struct buf v = BUF(TEXT_MAX);
	struct err e;

	if (edit_get(s, text, "f", key, &v, &e) != EC_OK)
		die("%s, seed %u: %s\n%s", s->name, seed, e.what,
		    buf_str(text));
	if (strcmp(buf_str(&v), want) != 0)
		die("%s, seed %u: %s is %s, not %s\n%s", s->name, seed, key,
		    buf_str(&v), want, buf_str(text));
}

/* Every byte of `now` but those of the two spans is as in `was`. */
static inline void
property_same(const struct edit_syntax *s, const struct property *p,
    const struct buf *was, const struct buf *now, unsigned seed)
{
	struct edit_span a[2], b[2];
	size_t from = 0, to = 0;
	struct err e;
	unsigned first;

	assert_int_equal(s->find(was, "f", p->user, &a[0], &e), EC_OK);
	assert_int_equal(s->find(was, "f", p->pass, &a[1], &e), EC_OK);
	assert_int_equal(s->find(now, "f", p->user, &b[0], &e), EC_OK);
	assert_int_equal(s->find(now, "f", p->pass, &b[1], &e), EC_OK);
	first = a[0].at < a[1].at ? 0 : 1;
	for (unsigned i = 0; i < 2; i++) {
		const unsigned w = first ^ i;
		const size_t n = a[w].at - from;

		if (b[w].at - to != n ||
		    memcmp(was->p + from, now->p + to, n) != 0)
			die("%s, seed %u: bytes differ", s->name, seed);
		from = a[w].at + a[w].len;
		to = b[w].at + b[w].len;
	}
	if (was->len - from != now->len - to ||
	    memcmp(was->p + from, now->p + to, was->len - from) != 0)
		die("%s, seed %u: the end differs", s->name, seed);
}

static inline void
property_one(const struct property *p, unsigned seed)
{
	const struct edit_syntax *s = edit_syntax_find(p->syntax);
	static const char user[] = "AKIAIOSFODNN7EXAMPLE";
	static const char pass[] =
	    "BNew0123456789/+/+/+zyxwvutsrqponmlkjihgfedc";
	const struct edit_pair pairs[] = { { p->user, user },
		{ p->pass, pass } };
	AUTO(buf) struct buf now = BUF(TEXT_MAX);
	AUTO(buf) struct buf again = BUF(TEXT_MAX);
	struct property_file f = { .text = BUF(TEXT_MAX) };
	struct err e;

	property_state = seed;
	property_make(p, false, &f);
	property_reads(s, &f.text, p->user, f.value[0], seed);
	property_reads(s, &f.text, p->pass, f.value[1], seed);
	if (edit_set(s, &f.text, "f", pairs, 2, &now, &e) != EC_OK)
		die("%s, seed %u: %s", p->syntax, seed, e.what);
	property_reads(s, &now, p->user, user, seed);
	property_reads(s, &now, p->pass, pass, seed);
	property_same(s, p, &f.text, &now, seed);
	assert_int_equal(edit_set(s, &now, "f", pairs, 2, &again, &e), EC_OK);
	assert_int_equal(again.len, now.len);
	assert_memory_equal(again.p, now.p, now.len);
	buf_free(&f.text);
}

/* A key that is there twice, or not at all, is refused. */
static inline void
property_refused(const struct property *p, unsigned seed)
{
	const struct edit_syntax *s = edit_syntax_find(p->syntax);
	struct property_file f = { .text = BUF(TEXT_MAX) };
	AUTO(buf) struct buf missing = BUF(64);
	struct edit_span span;
	struct err e;

	property_state = seed;
	property_make(p, true, &f);
	assert_int_equal(buf_adds(&missing, p->user, &e), EC_OK);
	assert_int_equal(buf_adds(&missing, "x", &e), EC_OK);
	if (s->find(&f.text, "f", p->pass, &span, &e) != EC_CONFLICT ||
	    strncmp(e.what, "f:", 2) != 0)
		die("%s, seed %u: a second entry: %s\n%s", p->syntax, seed,
		    e.what, buf_str(&f.text));
	if (s->find(&f.text, "f", buf_str(&missing), &span, &e) != EC_GONE)
		die("%s, seed %u: no entry: %s", p->syntax, seed, e.what);
	for (unsigned i = 0; i < 2; i++)
		if (strlen(f.value[i]) > 3)
			assert_null(strstr(e.what, f.value[i]));
	buf_free(&f.text);
}

static inline void
property_check(const struct property *p, unsigned rounds)
{
	for (unsigned seed = 1; seed <= rounds; seed++) {
		property_one(p, seed);
		property_refused(p, seed);
	}
}

#endif
