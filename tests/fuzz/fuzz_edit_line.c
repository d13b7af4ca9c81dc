/*
 * Any bytes as a file of any line syntax. Whatever edit_set() accepts reads
 * back as it was written, differs from the old text in the one value only,
 * and a second time changes nothing; append() makes a text in which all
 * other keys are what they were. Input: the first byte picks the syntax, then,
 * up to a NUL, the new value, and the rest is the file. No empty values: the
 * place of one is a matter of taste where blanks surround it.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "clients/edit/edit.h"
#include "edit_targets.h"

#define MAX 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
demand(int good)
{
	if (!good)
		abort();
}

static int
same(const struct buf *a, size_t at, const struct buf *b, size_t bt, size_t n)
{
	return at + n <= a->len && bt + n <= b->len &&
	    memcmp(buf_str(a) + at, buf_str(b) + bt, n) == 0;
}

static void
reads(const struct edit_syntax *s, const struct buf *text, const char *key,
    const char *want, size_t len)
{
	AUTO(buf) struct buf back = BUF(4 * MAX);
	struct err e;

	demand(edit_get(s, text, "f", key, &back, &e) == EC_OK);
	demand(back.len == len && memcmp(buf_str(&back), want, len) == 0);
}

static void
replace(const struct edit_syntax *s, const char *key, const struct buf *text,
    const char *value)
{
	const struct edit_pair pair = { key, value };
	AUTO(buf) struct buf now = BUF(8 * MAX);
	AUTO(buf) struct buf again = BUF(8 * MAX);
	struct edit_span a, b;
	struct err e;
	size_t rest;

	if (edit_set(s, text, "f", &pair, 1, &now, &e) != EC_OK) {
		demand(e.ec != EC_BUG);
		return;
	}
	reads(s, &now, key, value, strlen(value));
	demand(s->find(text, "f", key, &a, &e) == EC_OK);
	demand(s->find(&now, "f", key, &b, &e) == EC_OK);
	rest = text->len - a.at - a.len;
	/* Where there was not even room for a value, a blank makes it. */
	demand(a.at <= b.at && b.at <= a.at + 1);
	demand(same(text, 0, &now, 0, a.at));
	demand(now.len == b.at + b.len + rest);
	demand(same(text, a.at + a.len, &now, b.at + b.len, rest));
	demand(edit_set(s, &now, "f", &pair, 1, &again, &e) == EC_OK);
	demand(again.len == now.len && same(&again, 0, &now, 0, now.len));
}

/* A key that is added leaves the other one alone; or the outcome is refused,
 * as it is before it would be written. */
static void
add(const struct edit_target *r, const struct edit_syntax *s,
    const struct buf *text)
{
	const struct edit_pair pair = { r->other, "n+/" };
	AUTO(buf) struct buf was = BUF(4 * MAX);
	AUTO(buf) struct buf more = BUF(4 * MAX);
	AUTO(buf) struct buf now = BUF(4 * MAX);
	struct edit_span span;
	struct err e;

	if (edit_get(s, text, "f", r->key, &was, &e) != EC_OK ||
	    s->find(text, "f", r->other, &span, &e) != EC_GONE)
		return;
	demand(s->append(text, r->other, &more, &e) == EC_OK);
	if (edit_set(s, &more, "f", &pair, 1, &now, &e) != EC_OK) {
		demand(e.ec != EC_BUG && e.ec != EC_GONE);
		return;
	}
	if (s->find(&now, "f", r->key, &span, &e) == EC_OK)
		reads(s, &now, r->key, buf_str(&was), was.len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(buf) struct buf text = BUF(MAX);
	AUTO(buf) struct buf value = BUF(MAX);
	const struct edit_syntax *s;
	const struct edit_target *r;
	const uint8_t *nul;
	struct err e;

	if (size < 2 || size > MAX)
		return 0;
	r = &edit_lines[data[0] % COUNT(edit_lines)];
	s = edit_syntax_find(r->syntax);
	nul = memchr(data + 1, '\0', size - 1);
	if (nul == NULL || nul == data + 1)
		return 0;
	demand(
	    buf_add(&value, data + 1, (size_t)(nul - data - 1), &e) == EC_OK);
	demand(buf_add(&text, nul + 1, size - (size_t)(nul - data) - 1, &e) ==
	    EC_OK);
	replace(s, r->key, &text, buf_str(&value));
	if (r->other != NULL)
		add(r, s, &text);
	return 0;
}
