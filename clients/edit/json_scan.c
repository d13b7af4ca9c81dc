/* json_scan: see json_scan.h. No recursion: what is open stands in the tree.
 */
#include "clients/edit/json_scan.h"

#include <stdint.h>
#include <string.h>

#include "base/auto.h"
#include "clients/edit/utf8.h"

enum want {
	VALUE,
	ITEM,  /* a value, or the end of the list */
	NAME,  /* or the end of the map */
	COMMA, /* or the end of either */
	NOTHING,
};

struct scan {
	struct tree *t;
	const char *start, *p, *end;
	struct err *e;
	enum want want;
};

static enum ec
no_json(const struct scan *s, const char *why)
{
	return tree_refuse(s->t, (size_t)(s->p - s->start), s->e, why);
}

static bool
at(const struct scan *s, const char *text)
{
	const size_t n = strlen(text);

	return (size_t)(s->end - s->p) >= n && memcmp(s->p, text, n) == 0;
}

static enum ec
comment(struct scan *s)
{
	const bool block = at(s, "/*");
	const char *stop = tree_seek(s->p + 2, s->end, block ? "*/" : "\n");

	if (block && stop == NULL)
		return no_json(s, "a comment that does not end");
	s->p = stop != NULL ? stop + (block ? 2 : 1) : s->end;
	return EC_OK;
}

static enum ec
skip(struct scan *s)
{
	while (s->p < s->end) {
		if (strchr(" \t\r\n", *s->p) != NULL)
			s->p++;
		else if (at(s, "//") || at(s, "/*"))
			TRY(comment(s));
		else
			break;
	}
	return EC_OK;
}

/* Over a string; *ret_len is that between its quotes. */
static enum ec
string(struct scan *s, size_t *ret_len)
{
	const char *from = s->p + 1;

	for (s->p++; s->p < s->end && *s->p != '"'; s->p++) {
		if ((unsigned char)*s->p < 0x20)
			return no_json(s,
			    "a string that does not end on its "
			    "line, or a control character in it");
		if (*s->p != '\\')
			continue;
		if (++s->p == s->end || strchr("\"\\/bfnrtu", *s->p) == NULL)
			return no_json(s, "no escape of JSON");
	}
	if (s->p == s->end)
		return no_json(s, "a string that does not end");
	*ret_len = (size_t)(s->p++ - from);
	return EC_OK;
}

/* A name that is no text, for half a surrogate pair, is nobody's. */
static enum ec
name(struct scan *s)
{
	const char *from = s->p + 1;
	AUTO(buf) struct buf b = BUF(s->t->text->len);
	size_t len = 0;
	enum ec ec;

	TRY(string(s, &len));
	ec = json_unescape(from, len, &b, s->e);
	TRY_MEMORY(ec);
	if (ec == EC_OK)
		TRY(tree_name(s->t, buf_str(&b), b.len, s->e));
	TRY(skip(s));
	if (!at(s, ":"))
		return no_json(s, "a colon is missing");
	s->p++;
	s->want = VALUE;
	return EC_OK;
}

/* Only of a "name" the meaning is ever asked, by tree_look(). */
static enum ec
text(struct scan *s)
{
	struct tree *t = s->t;
	const char *from = s->p;
	struct tree_node n = { .kind = TREE_TEXT,
		.quote = '"',
		.at = (size_t)(from - s->start),
		.value = TREE_NONE };
	size_t len = 0;
	enum ec ec;

	TRY(string(s, &len));
	n.len = len + 2;
	if (t->name != TREE_NONE && t->namelen == 4 &&
	    memcmp(buf_str(&t->pool) + t->name, "name", 4) == 0) {
		n.value = t->pool.len;
		ec = json_unescape(from + 1, len, &t->pool, s->e);
		TRY_MEMORY(ec);
		if (ec != EC_OK)
			n.value = TREE_NONE;
		n.valuelen = t->pool.len - n.value;
	}
	return tree_leaf(t, &n, s->e);
}

static const char *
why(const char *p, size_t len)
{
	static const char *const words[] = { "null", "true", "false" };

	for (size_t i = 0; i < COUNT(words); i++)
		if (strlen(words[i]) == len && memcmp(p, words[i], len) == 0)
			return i == 0 ? "is null and not a text"
				      : "is true or false and not a text";
	return strspn(p, "+-.0123456789Ee") >= len ? "is a number and not a "
						     "text"
						   : NULL;
}

static enum ec
word(struct scan *s)
{
	const size_t len = strspn(s->p,
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "0123456789+-.");
	const struct tree_node n = { .kind = TREE_ODD,
		.at = (size_t)(s->p - s->start),
		.len = len,
		.value = TREE_NONE,
		.why = why(s->p, len) };

	if (len == 0 || n.why == NULL)
		return no_json(s, "a value is missing, or not one of JSON");
	s->p += len;
	return tree_leaf(s->t, &n, s->e);
}

static void
behind_value(struct scan *s)
{
	s->want = s->t->depth > 0 ? COMMA : NOTHING;
}

static enum ec
value(struct scan *s)
{
	const char c = *s->p; /* NUL at the end */
	const size_t place = (size_t)(s->p - s->start);

	if (c == '{' || c == '[') {
		s->p++;
		s->want = c == '{' ? NAME : ITEM;
		return tree_open(
		    s->t, c == '{' ? TREE_MAP : TREE_LIST, place, s->e);
	}
	TRY(c == '"' ? text(s) : word(s));
	behind_value(s);
	return EC_OK;
}

/* The bracket that ends what is open? */
static bool
closes(struct scan *s)
{
	struct tree_node *top = tree_top(s->t);

	if (top == NULL || !at(s, top->kind == TREE_MAP ? "}" : "]"))
		return false;
	s->p++;
	top->end = (size_t)(s->p - s->start);
	tree_close(s->t);
	behind_value(s);
	return true;
}

static enum ec
comma(struct scan *s)
{
	if (!at(s, ","))
		return no_json(s, "a comma or a closing bracket is missing");
	s->p++;
	s->want = tree_top(s->t)->kind == TREE_MAP ? NAME : ITEM;
	return EC_OK;
}

static enum ec
step(struct scan *s)
{
	TRY(skip(s));
	if (s->want != VALUE && closes(s))
		return EC_OK;
	if (s->want == COMMA)
		return comma(s);
	if (s->want != NAME)
		return value(s);
	if (!at(s, "\""))
		return no_json(s, "a name in double quotes is missing");
	return name(s);
}

enum ec
json_scan(struct tree *t, struct err *e)
{
	struct scan s = { .t = t, .start = buf_str(t->text), .e = e };

	TRY(tree_bytes(t, true, e));
	s.p = s.start;
	s.end = s.start + t->text->len;
	if (at(&s, UTF8_BOM))
		s.p += 3;
	while (s.want != NOTHING)
		TRY(step(&s));
	TRY(skip(&s));
	if (s.p < s.end)
		return no_json(&s, "something behind the end of the JSON");
	return EC_OK;
}
