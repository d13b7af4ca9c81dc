/*
 * plain: a file that holds one value and nothing else, such as a Docker
 * secret or what a *_FILE variable points to. Every key means that value.
 *
 * Readers differ on whether they take the line end off, so it is kept as it
 * is; a file made anew has none. Blanks around the value are part of it.
 */
#include <string.h>

#include "clients/edit/lines.h"

static enum ec
find(const struct buf *text, const char *where, const char *key,
    struct edit_span *ret, struct err *e)
{
	struct line l = LINE_FIRST(text);
	struct edit_span hit;

	(void)key;
	TRY(line_check(text, where, e));
	line_skip_bom(&l);
	l.no = 1;
	l.p = l.next;
	line_span(text, &l, l.p, l.p, &hit);
	l.no = 0;
	while (line_next(&l)) {
		if (l.p == l.end)
			continue;
		if (hit.len > 0) {
			(void)fail(e, EC_CONFLICT,
			    "%s:%u:1: a second line: the file is to hold one "
			    "value and nothing else",
			    where, l.no);
			return fix(e, "choose another format for this file");
		}
		line_span(text, &l, l.p, l.end, &hit);
	}
	*ret = hit;
	return EC_OK;
}

static enum ec
encode(const struct edit_span *s, const char *value, struct buf *ret,
    struct err *e)
{
	(void)s;
	if (strncmp(value, "\xef\xbb\xbf", 3) == 0)
		return fail(e, EC_CONFLICT,
		    "the new value begins like a byte order mark");
	return line_encode(value, ret, e);
}

/* An empty file has room for the value as it is. */
static enum ec
append(const struct buf *text, const char *key, struct buf *ret, struct err *e)
{
	(void)key;
	return buf_add(ret, buf_str(text), text->len, e);
}

const struct edit_syntax edit_plain = {
	.name = "plain",
	.summary = "a file that holds just the value",
	.key = "value",
	.find = find,
	.decode = line_decode,
	.encode = encode,
	.append = append,
};
