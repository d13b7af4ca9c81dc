/*
 * Any bytes as a dotenv or EnvironmentFile: whatever edit_set() accepts reads
 * back as it was written, differs from the old text in the one value only,
 * and a second time changes nothing. Input: the first byte picks the syntax,
 * then, up to a NUL, the new value, and the rest is the file. No empty values:
 * the place of one is a matter of taste where blanks surround it.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "clients/edit/edit.h"

#define MAX 65536
#define KEY "P"

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
replace(const struct edit_syntax *s, const struct buf *text, const char *value)
{
	const struct edit_pair pair = { KEY, value };
	AUTO(buf) struct buf now = BUF(4 * MAX);
	AUTO(buf) struct buf again = BUF(4 * MAX);
	AUTO(buf) struct buf back = BUF(4 * MAX);
	struct edit_span a, b;
	struct err e;
	size_t rest;

	if (edit_set(s, text, "f", &pair, 1, &now, &e) != EC_OK) {
		demand(e.ec != EC_BUG);
		return;
	}
	demand(edit_get(s, &now, "f", KEY, &back, &e) == EC_OK);
	demand(strcmp(buf_str(&back), value) == 0);
	demand(s->find(text, "f", KEY, &a, &e) == EC_OK);
	demand(s->find(&now, "f", KEY, &b, &e) == EC_OK);
	rest = text->len - a.at - a.len;
	demand(a.at == b.at && same(text, 0, &now, 0, a.at));
	demand(now.len == b.at + b.len + rest);
	demand(same(text, a.at + a.len, &now, b.at + b.len, rest));
	demand(edit_set(s, &now, "f", &pair, 1, &again, &e) == EC_OK);
	demand(again.len == now.len && same(&again, 0, &now, 0, now.len));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = { "dotenv", "environment-file" };
	AUTO(buf) struct buf text = BUF(MAX);
	AUTO(buf) struct buf value = BUF(MAX);
	const struct edit_syntax *s;
	const uint8_t *nul;
	struct err e;

	if (size < 2 || size > MAX)
		return 0;
	s = edit_syntax_find(names[data[0] % 2]);
	nul = memchr(data + 1, '\0', size - 1);
	if (nul == NULL || nul == data + 1)
		return 0;
	demand(
	    buf_add(&value, data + 1, (size_t)(nul - data - 1), &e) == EC_OK);
	demand(buf_add(&text, nul + 1, size - (size_t)(nul - data) - 1, &e) ==
	    EC_OK);
	replace(s, &text, buf_str(&value));
	return 0;
}
