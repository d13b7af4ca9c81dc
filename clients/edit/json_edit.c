/*
 * json: values in JSON files, such as appsettings.json, with the comments and
 * trailing commas that people write into them (see json_scan.h).
 *
 * Only texts are changed: where null, a number or a map stands, the program
 * may take a text amiss. Of two members with one name most readers take the
 * last (RFC 8259, section 4), but a person may have changed the other one: so
 * they are refused.
 */
#include <string.h>

#include "base/auto.h"
#include "clients/edit/json_scan.h"
#include "clients/edit/utf8.h"

extern const struct edit_syntax edit_json;

static enum ec
locate(
    const struct tree *t, const char *key, struct edit_span *ret, struct err *e)
{
	AUTO(buf) struct buf meaning = BUF(t->text->len);
	struct edit_path path;
	enum ec ec;
	size_t i;

	TRY(edit_path_parse(key, &path, e));
	TRY(tree_find(t, &path, key, &i, e));
	if (tree_span(t, i, key, ret, e) != EC_OK)
		return fix(e, "put a text there: \"\"");
	ec = json_unescape(
	    buf_str(t->text) + ret->at + 1, ret->len - 2, &meaning, e);
	TRY_MEMORY(ec);
	if (ec != EC_OK)
		return tree_refuse_key(
		    t, ret->at, key, e, "an escape that is no character");
	if (tree_reference(buf_str(&meaning), meaning.len))
		return tree_refuse_key(t, ret->at, key, e, TREE_REFERENCE);
	return EC_OK;
}

static enum ec
find(const struct buf *text, const char *where, const char *key,
    struct edit_span *ret, struct err *e)
{
	AUTO(tree) struct tree t = TREE(text, where);

	TRY(json_scan(&t, e));
	return locate(&t, key, ret, e);
}

static enum ec
decode(const struct buf *text, const struct edit_span *s, struct buf *ret,
    struct err *e)
{
	return json_unescape(buf_str(text) + s->at + 1, s->len - 2, ret, e);
}

static enum ec
put(const char *p, size_t n, struct buf *ret, struct err *e)
{
	const unsigned char c = (unsigned char)*p;

	if (c == '"' || c == '\\')
		TRY(buf_adds(ret, "\\", e));
	if (c >= 0x20)
		return buf_add(ret, p, n, e);
	return buf_addf(ret, e, "\\u%04x", c);
}

static enum ec
encode(const struct edit_span *s, const char *value, struct buf *ret,
    struct err *e)
{
	const char *end = value + strlen(value);

	(void)s;
	TRY(tree_writable(value, e));
	TRY(buf_adds(ret, "\"", e));
	for (const char *p = value; p < end;) {
		const size_t n = utf8_next(p, end, NULL);

		TRY(put(p, n, ret, e));
		p += n;
	}
	return buf_adds(ret, "\"", e);
}

static enum ec
same(const struct buf *was, const struct buf *now, const char *where,
    const struct edit_pair *pairs, size_t n, struct err *e)
{
	AUTO(tree) struct tree a = TREE(was, where);
	AUTO(tree) struct tree b = TREE(now, where);

	(void)pairs;
	TRY(json_scan(&a, e));
	TRY(json_scan(&b, e));
	return tree_same(&a, &b, n, e);
}

const struct edit_syntax edit_json = {
	.name = "json",
	.summary = "values in JSON, with comments and trailing commas",
	.key = "smtp.user",
	.find = find,
	.decode = decode,
	.encode = encode,
	.same = same,
};
