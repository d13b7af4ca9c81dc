/* tree: see tree.h. The list of nodes; the search is in tree_look.c. */
#include "clients/edit/tree.h"

#include <string.h>

#include "base/auto.h"
#include "clients/edit/utf8.h"

void
auto_tree(struct tree *t)
{
	buf_free(&t->nodes);
	buf_free(&t->pool);
}

void
tree_locate(const struct buf *text, struct edit_span *s)
{
	const char *p = buf_str(text), *stop = p + s->at, *line = p, *nl;

	for (s->line = 1; (nl = memchr(line, '\n', (size_t)(stop - line)));
	     s->line++)
		line = nl + 1;
	s->column = (unsigned)(stop - line) + 1;
}

enum ec
tree_refuse(const struct tree *t, size_t at, struct err *e, const char *why)
{
	struct edit_span s = { .at = at };

	tree_locate(t->text, &s);
	return fail(
	    e, EC_CONFLICT, "%s:%u:%u: %s", t->where, s.line, s.column, why);
}

enum ec
tree_refuse_key(const struct tree *t, size_t at, const char *key, struct err *e,
    const char *why)
{
	struct edit_span s = { .at = at };

	tree_locate(t->text, &s);
	return fail(e, EC_CONFLICT, "%s:%u:%u: %.120s: %s", t->where, s.line,
	    s.column, key, why);
}

enum ec
tree_bytes(const struct tree *t, bool utf8, struct err *e)
{
	const char *start = buf_str(t->text), *end = start + t->text->len;
	const char *nul = memchr(start, '\0', t->text->len);
	size_t n;

	if (nul != NULL)
		return tree_refuse(
		    t, (size_t)(nul - start), e, "a NUL byte in the text");
	for (const char *p = start; utf8 && p < end; p += n)
		if ((n = utf8_next(p, end, NULL)) == 0)
			return tree_refuse(t, (size_t)(p - start), e,
			    "a byte that is not UTF-8");
	return EC_OK;
}

const char *
tree_seek(const char *p, const char *end, const char *mark)
{
	const size_t len = strlen(mark);

	while (p < end) {
		p = memchr(p, *mark, (size_t)(end - p));
		if (p == NULL || (size_t)(end - p) < len)
			return NULL;
		if (memcmp(p, mark, len) == 0)
			return p;
		p++;
	}
	return NULL;
}

enum ec
tree_name(struct tree *t, const char *p, size_t len, struct err *e)
{
	t->name = t->pool.len;
	t->namelen = len;
	return buf_add(&t->pool, p, len, e);
}

size_t
tree_count(const struct tree *t)
{
	return t->nodes.len / sizeof(struct tree_node);
}

struct tree_node *
tree_at(const struct tree *t, size_t i)
{
	struct tree_node *all = (void *)t->nodes.p;

	return all + i;
}

enum ec
tree_leaf(struct tree *t, const struct tree_node *n, struct err *e)
{
	struct tree_node new = *n;

	new.name = t->name;
	new.namelen = t->namelen;
	new.next = tree_count(t) + 1;
	t->name = TREE_NONE;
	t->namelen = 0;
	return buf_add(&t->nodes, &new, sizeof(new), e);
}

enum ec
tree_open(struct tree *t, enum tree_kind kind, size_t at, struct err *e)
{
	const struct tree_node n = { .kind = kind, .at = at };

	if (t->depth == TREE_DEPTH)
		return tree_refuse(t, at, e, "more than 64 levels deep");
	t->open[t->depth++] = tree_count(t);
	return tree_leaf(t, &n, e);
}

struct tree_node *
tree_top(const struct tree *t)
{
	return t->depth > 0 ? tree_at(t, t->open[t->depth - 1]) : NULL;
}

void
tree_close(struct tree *t)
{
	struct tree_node *n = tree_top(t);

	if (n == NULL)
		return;
	n->next = tree_count(t);
	t->depth--;
}

bool
tree_is(const struct tree *t, const struct tree_node *n, const char *name)
{
	const size_t len = strlen(name);

	return n->name != TREE_NONE && n->namelen == len &&
	    memcmp(buf_str(&t->pool) + n->name, name, len) == 0;
}

bool
tree_reference(const char *p, size_t len)
{
	for (size_t i = 0; i + 1 < len; i++)
		if (p[i + 1] == '{' && (p[i] == '$' || p[i] == '{'))
			return true;
	return false;
}

enum ec
tree_writable(const char *value, struct err *e)
{
	const char *end = value + strlen(value);
	bool good = !tree_reference(value, (size_t)(end - value));
	size_t n;

	for (const char *p = value; good && p < end; p += n) {
		n = utf8_next(p, end, NULL);
		good = n > 0;
	}
	if (good)
		return EC_OK;
	return fail(e, EC_CONFLICT,
	    "the new value cannot stand in a file of this format");
}

/* Are the bytes of a in the text of t those of b in the text of u? */
static bool
raw_same(const struct tree *t, const struct tree_node *a, const struct tree *u,
    const struct tree_node *b)
{
	return a->len == b->len &&
	    memcmp(buf_str(t->text) + a->at, buf_str(u->text) + b->at,
		a->len) == 0;
}

/* Kind, place in the tree and name. */
static bool
frame_same(const struct tree *t, const struct tree_node *a,
    const struct tree *u, const struct tree_node *b)
{
	if (a->kind != b->kind || a->next != b->next ||
	    (a->name == TREE_NONE) != (b->name == TREE_NONE) ||
	    a->namelen != b->namelen)
		return false;
	return a->name == TREE_NONE ||
	    memcmp(buf_str(&t->pool) + a->name, buf_str(&u->pool) + b->name,
		a->namelen) == 0;
}

enum ec
tree_same(
    const struct tree *was, const struct tree *now, size_t n, struct err *e)
{
	const size_t count = tree_count(was);
	bool good = count == tree_count(now);

	for (size_t i = 0; good && i < count; i++) {
		const struct tree_node *a = tree_at(was, i);
		const struct tree_node *b = tree_at(now, i);

		good = frame_same(was, a, now, b);
		if (good && !raw_same(was, a, now, b))
			good = a->kind == TREE_TEXT && n-- > 0;
	}
	if (good)
		return EC_OK;
	return fail(
	    e, EC_BUG, "%s: the change would touch something else", was->where);
}
