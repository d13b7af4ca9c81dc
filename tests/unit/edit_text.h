/* edit_text: a text in some syntax, read and changed, for tests. */
#ifndef TESTS_UNIT_EDIT_TEXT_H
#define TESTS_UNIT_EDIT_TEXT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#undef fail

#include "base/auto.h"
#include "clients/edit/edit.h"

#define TEXT_MAX 262144

#define die(...)                                                               \
	do {                                                                   \
		print_error(__VA_ARGS__);                                      \
		print_error("\n");                                             \
		_fail(__FILE__, __LINE__);                                     \
	} while (0)

/* Bytes that hold no NUL. */
static inline void
text_of(const char *s, struct buf *ret)
{
	struct err e;

	*ret = BUF(TEXT_MAX);
	assert_int_equal(buf_adds(ret, s, &e), EC_OK);
}

static inline enum ec
text_get(const char *syntax, const char *text, const char *key, struct buf *ret,
    struct err *e)
{
	const struct edit_syntax *s = edit_syntax_find(syntax);
	AUTO(buf) struct buf b;

	text_of(text, &b);
	assert_non_null(s);
	return edit_get(s, &b, "f", key, ret, e);
}

static inline enum ec
text_set(const char *syntax, const char *text, const char *key,
    const char *value, struct buf *ret, struct err *e)
{
	const struct edit_syntax *s = edit_syntax_find(syntax);
	const struct edit_pair pair = { key, value };
	AUTO(buf) struct buf b;

	text_of(text, &b);
	assert_non_null(s);
	return edit_set(s, &b, "f", &pair, 1, ret, e);
}

/* Text, its value before, and the text with NEW in it. */
struct text_good {
	const char *syntax, *key, *text, *value, *after;
};
#define TEXT_NEW "AKIA/+x"

static inline void
text_check_good(const struct text_good *rows, size_t n)
{
	struct err e;

	for (size_t i = 0; i < n; i++) {
		const struct text_good *g = &rows[i];
		AUTO(buf) struct buf was = BUF(TEXT_MAX);
		AUTO(buf) struct buf now = BUF(TEXT_MAX);
		AUTO(buf) struct buf again = BUF(TEXT_MAX);

		if (text_get(g->syntax, g->text, g->key, &was, &e) != EC_OK ||
		    text_set(g->syntax, g->text, g->key, TEXT_NEW, &now, &e) !=
			EC_OK)
			die("row %zu, %s: %s: %s", i, g->syntax, g->text,
			    e.what);
		if (strcmp(buf_str(&was), g->value) != 0 ||
		    strcmp(buf_str(&now), g->after) != 0)
			die("row %zu, %s: value %s, then\n%s", i, g->syntax,
			    buf_str(&was), buf_str(&now));
		assert_int_equal(text_set(g->syntax, buf_str(&now), g->key,
				     TEXT_NEW, &again, &e),
		    EC_OK);
		assert_string_equal(buf_str(&again), g->after);
	}
}

/* A text that is refused, and what is told. */
struct text_bad {
	const char *syntax, *key, *text;
	enum ec want;
	const char *told;
};

static inline void
text_check_bad(const struct text_bad *rows, size_t n)
{
	struct err e;

	for (size_t i = 0; i < n; i++) {
		const struct text_bad *b = &rows[i];
		AUTO(buf) struct buf out;
		enum ec ec;

		text_of("old", &out);
		ec = text_get(b->syntax, b->text, b->key, &out, &e);
		if (ec != b->want || strstr(e.what, b->told) == NULL)
			die("row %zu, %s: %s: %s, %s", i, b->syntax, b->text,
			    ec_name(ec), ec == EC_OK ? "" : e.what);
		if (strstr(e.what, "hidden") != NULL ||
		    strstr(e.fix, "hidden") != NULL)
			die("row %zu, %s: shown: %s (%s)", i, b->syntax, e.what,
			    e.fix);
		assert_int_equal(
		    text_set(b->syntax, b->text, b->key, TEXT_NEW, &out, &e),
		    b->want);
		assert_string_equal(buf_str(&out), "old");
	}
}

/* A value that cannot stand in this text: told with its place. */
struct text_refused {
	const char *syntax, *key, *text, *value;
};

static inline void
text_check_refused(const struct text_refused *rows, size_t n)
{
	struct err e;

	for (size_t i = 0; i < n; i++) {
		const struct text_refused *r = &rows[i];
		AUTO(buf) struct buf out = BUF(TEXT_MAX);

		if (text_set(r->syntax, r->text, r->key, r->value, &out, &e) !=
		    EC_CONFLICT)
			die("row %zu, %s: %s was taken", i, r->syntax,
			    r->value);
		if (strncmp(e.what, "f:", 2) != 0)
			die("row %zu, %s: %s", i, r->syntax, e.what);
	}
}

/* append() to the text, then TEXT_NEW put there; want is the whole. */
struct text_added {
	const char *syntax, *key, *text, *want;
};

static inline void
text_check_added(const struct text_added *rows, size_t n)
{
	struct err e;

	for (size_t i = 0; i < n; i++) {
		const struct text_added *a = &rows[i];
		AUTO(buf) struct buf text;
		AUTO(buf) struct buf more = BUF(TEXT_MAX);
		AUTO(buf) struct buf now = BUF(TEXT_MAX);

		text_of(a->text, &text);
		if (edit_syntax_find(a->syntax)->append(
			&text, a->key, &more, &e) != EC_OK ||
		    text_set(a->syntax, buf_str(&more), a->key, TEXT_NEW, &now,
			&e) != EC_OK)
			die("row %zu, %s: %s\n%s", i, a->syntax, e.what,
			    buf_str(&more));
		if (strcmp(buf_str(&now), a->want) != 0)
			die("row %zu, %s:\n%s", i, a->syntax, buf_str(&now));
	}
}

#endif
