/* edit_rows: a syntax tried on many small texts, a row each. */
#ifndef TESTS_UNIT_EDIT_ROWS_H
#define TESTS_UNIT_EDIT_ROWS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "clients/edit/edit.h"

/* Behind ours: its macro fail() takes no arguments. */
#include <cmocka.h>

#define ROW_MAX 65536

/* A text, the value of the key in it, and the text with value `new`. */
struct row_good {
	const char *text, *key, *value, *after;
};
struct row_bad {
	const char *text, *key;
	enum ec want;
	const char *told, *fix; /* parts of the message; fix may be NULL */
};
/* A value in a place, and what stands in the text then; NULL: refused. */
struct row_value {
	const char *text, *key, *value, *after;
};

static inline void
row_text(struct buf *b, const char *text)
{
	struct err e;

	assert_int_equal(buf_adds(b, text, &e), EC_OK);
}

static inline enum ec
row_get(const char *syntax, const char *text, const char *key, struct buf *ret,
    struct err *e)
{
	AUTO(buf) struct buf b = BUF(ROW_MAX);

	row_text(&b, text);
	return edit_get(edit_syntax_find(syntax), &b, "f", key, ret, e);
}

static inline enum ec
row_set(const char *syntax, const char *text, const char *key,
    const char *value, struct buf *ret, struct err *e)
{
	const struct edit_pair pair = { key, value };
	AUTO(buf) struct buf b = BUF(ROW_MAX);

	row_text(&b, text);
	return edit_set(edit_syntax_find(syntax), &b, "f", &pair, 1, ret, e);
}

static inline void
row_good(const char *syntax, const struct row_good *g, const char *new)
{
	AUTO(buf) struct buf was = BUF(ROW_MAX);
	AUTO(buf) struct buf now = BUF(ROW_MAX);
	AUTO(buf) struct buf again = BUF(ROW_MAX);
	struct err e;

	if (row_get(syntax, g->text, g->key, &was, &e) != EC_OK ||
	    row_set(syntax, g->text, g->key, new, &now, &e) != EC_OK)
		fail_msg("%s: %s", g->text, e.what);
	assert_string_equal(buf_str(&was), g->value);
	assert_string_equal(buf_str(&now), g->after);
	assert_int_equal(
	    row_set(syntax, buf_str(&now), g->key, new, &again, &e), EC_OK);
	assert_string_equal(buf_str(&again), g->after);
}

static inline void
row_bad(const char *syntax, const struct row_bad *b)
{
	AUTO(buf) struct buf out = BUF(ROW_MAX);
	struct err e = { .ec = EC_OK };

	row_text(&out, "old");
	if (row_get(syntax, b->text, b->key, &out, &e) != b->want ||
	    strstr(e.what, b->told) == NULL ||
	    (b->fix != NULL && strstr(e.fix, b->fix) == NULL))
		fail_msg(
		    "%s: %s: %s: %s", b->text, ec_name(e.ec), e.what, e.fix);
	assert_int_equal(
	    row_set(syntax, b->text, b->key, "N", &out, &e), b->want);
	assert_string_equal(buf_str(&out), "old");
}

static inline void
row_value(const char *syntax, const struct row_value *v)
{
	AUTO(buf) struct buf out = BUF(ROW_MAX);
	AUTO(buf) struct buf back = BUF(ROW_MAX);
	struct err e = { .ec = EC_OK };
	enum ec ec = row_set(syntax, v->text, v->key, v->value, &out, &e);

	if (v->after == NULL) {
		if (ec != EC_CONFLICT)
			fail_msg("%s with %s: %s: %s", v->text, v->value,
			    ec_name(ec), ec == EC_OK ? out.p : e.what);
		return;
	}
	if (ec != EC_OK)
		fail_msg("%s with %s: %s", v->text, v->value, e.what);
	assert_string_equal(buf_str(&out), v->after);
	assert_int_equal(
	    row_get(syntax, buf_str(&out), v->key, &back, &e), EC_OK);
	assert_string_equal(buf_str(&back), v->value);
}

#endif
