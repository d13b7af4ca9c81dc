/*
 * Any bytes as a JSON, YAML, XML or PHP file: whatever edit_set() accepts
 * reads back as it was written, differs from the old text in the one value
 * only, and a second time changes nothing. Input: the first byte picks syntax
 * and key, then, up to a NUL, the new value, and the rest is the file. The
 * syntaxes prove their result themselves too (edit_syntax.same); an EC_BUG
 * from there is a find, and so is an input that takes long (-timeout).
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
replace(const struct edit_syntax *s, const char *key, const struct buf *text,
    const char *value)
{
	const struct edit_pair pair = { key, value };
	AUTO(buf) struct buf now = BUF(4 * MAX);
	AUTO(buf) struct buf again = BUF(4 * MAX);
	AUTO(buf) struct buf back = BUF(4 * MAX);
	struct edit_span a, b;
	struct err e;
	size_t rest;

	if (edit_set(s, text, "f", &pair, 1, &now, &e) != EC_OK) {
		demand(e.ec == EC_CONFLICT || e.ec == EC_GONE);
		return;
	}
	demand(edit_get(s, &now, "f", key, &back, &e) == EC_OK);
	demand(strcmp(buf_str(&back), value) == 0);
	demand(s->find(text, "f", key, &a, &e) == EC_OK);
	demand(s->find(&now, "f", key, &b, &e) == EC_OK);
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
	AUTO(buf) struct buf text = BUF(MAX);
	AUTO(buf) struct buf value = BUF(MAX);
	const uint8_t *nul;
	struct err e;
	size_t i;

	if (size < 2 || size > MAX)
		return 0;
	i = data[0] % COUNT(edit_trees);
	nul = memchr(data + 1, '\0', size - 1);
	if (nul == NULL)
		return 0;
	demand(
	    buf_add(&value, data + 1, (size_t)(nul - data - 1), &e) == EC_OK);
	demand(buf_add(&text, nul + 1, size - (size_t)(nul - data) - 1, &e) ==
	    EC_OK);
	replace(edit_syntax_find(edit_trees[i].syntax), edit_trees[i].key,
	    &text, buf_str(&value));
	return 0;
}
