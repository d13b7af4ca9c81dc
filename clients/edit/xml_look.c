/*
 * xml_look: which value of an XML text a key means. See xml_scan.h.
 *
 * A step is an element's name, as written, and may go on with conditions in
 * brackets: [key=SmtpUser] holds for an element with this attribute, or with
 * a child of this name and text. A last step @name is an attribute. A dot
 * between brackets is no separator.
 */
#include <string.h>

#include "base/auto.h"
#include "clients/edit/xml_scan.h"

/* Puts the escape that path.h wants before separators within brackets. */
static enum ec
parse(const char *key, struct edit_path *ret, struct err *e)
{
	const bool pointer = *key == '/';
	char plain[2 * PATH_BYTES];
	bool inside = false;
	size_t n = 0;

	if (strlen(key) >= PATH_BYTES)
		return fail(e, EC_CONFIG, "key %.80s...: too long", key);
	for (const char *p = key; *p != '\0'; p++) {
		inside = *p == '[' || (inside && *p != ']');
		if (!pointer && *p == '\\' && p[1] != '\0')
			plain[n++] = *p++;
		else if (inside && !pointer && *p == '.')
			plain[n++] = '\\';
		if (inside && pointer && *p == '/') {
			plain[n++] = '~';
			plain[n++] = '1';
		} else {
			plain[n++] = *p;
		}
	}
	plain[n] = '\0';
	return edit_path_parse(plain, ret, e);
}

/* NAME, or NAME[A=B], NAME[A=B][C=D]... */
static bool
well_made(const char *step)
{
	const char *p = step + strcspn(step, "[]");

	if (p == step)
		return false;
	while (*p == '[') {
		const size_t attribute = strcspn(p + 1, "=[]");
		const char *eq = p + 1 + attribute;

		if (attribute == 0 || *eq != '=')
			return false;
		p = eq + strcspn(eq, "]");
		p += *p == ']' ? 1 : 0;
		if (p[-1] != ']')
			return false;
	}
	return *p == '\0';
}

static bool
named(const struct tree *t, const struct tree_node *n, const char *mark,
    const char *name, size_t len)
{
	const size_t m = strlen(mark);
	const char *own;

	if (n->name == TREE_NONE || n->namelen != m + len)
		return false;
	own = buf_str(&t->pool) + n->name;
	return memcmp(own, mark, m) == 0 && memcmp(own + m, name, len) == 0;
}

/* Does the raw text of a node mean this? */
static enum ec
means(const struct tree *t, const struct tree_node *n, const char *p,
    size_t len, bool *ret, struct err *e)
{
	const size_t q = n->quote != '\0' ? 1 : 0;
	AUTO(buf) struct buf b = BUF(t->text->len);
	enum ec ec;

	*ret = false;
	if (n->kind != TREE_TEXT)
		return EC_OK;
	ec = xml_unescape(buf_str(t->text) + n->at + q, n->len - 2 * q, &b, e);
	TRY_MEMORY(ec);
	*ret = ec == EC_OK && b.len == len && memcmp(buf_str(&b), p, len) == 0;
	return EC_OK;
}

/* A name and a value, as they stand in a condition. */
struct wish {
	const char *name, *value;
	size_t namelen, valuelen;
};

/* Has child i the name, as an attribute or an element, and this value? */
static enum ec
holds(const struct tree *t, size_t i, const struct wish *w, bool *ret,
    struct err *e)
{
	const struct tree_node *n = tree_at(t, i);

	*ret = false;
	if (named(t, n, "@", w->name, w->namelen))
		return means(t, n, w->value, w->valuelen, ret, e);
	if (!named(t, n, "", w->name, w->namelen) || n->next != i + 2)
		return EC_OK;
	return means(t, n + 1, w->value, w->valuelen, ret, e);
}

static enum ec
condition(const struct tree *t, size_t element, const char *p, bool *ret,
    struct err *e)
{
	const size_t len = strcspn(p, "=");
	const struct wish w = { p, p + len + 1, len,
		strcspn(p + len + 1, "]") };
	const size_t stop = tree_at(t, element)->next;

	*ret = false;
	for (size_t i = element + 1; i < stop && !*ret; i = tree_at(t, i)->next)
		TRY(holds(t, i, &w, ret, e));
	return EC_OK;
}

static enum ec
fits(const struct tree *t, size_t i, const char *step, bool *ret, struct err *e)
{
	const size_t len = strcspn(step, "[");

	*ret = named(t, tree_at(t, i), "", step, len);
	for (const char *p = step + len; *p == '[' && *ret;
	     p += strcspn(p, "]") + 1)
		TRY(condition(t, i, p + 1, ret, e));
	return EC_OK;
}

/* The value of an element: its only content. */
static enum ec
inside(
    const struct tree *t, size_t i, const char *key, size_t *ret, struct err *e)
{
	const size_t stop = tree_at(t, i)->next;
	size_t hit = TREE_NONE, at = tree_at(t, i)->at;

	*ret = i;
	for (size_t k = i + 1; k < stop; k = tree_at(t, k)->next) {
		const struct tree_node *n = tree_at(t, k);

		if (n->name != TREE_NONE && n->kind == TREE_TEXT)
			continue; /* an attribute */
		if (n->kind == TREE_MAP)
			return tree_refuse_key(t, at, key, e,
			    "holds further elements: the key must lead to one "
			    "of them, or to an @attribute");
		if (hit != TREE_NONE)
			return tree_refuse_key(t, at, key, e,
			    "holds more than one piece of text: comments, "
			    "instructions or CDATA stand in it");
		hit = k;
	}
	if (hit != TREE_NONE)
		*ret = hit;
	return EC_OK;
}

static enum ec
search(const struct tree *t, const struct edit_path *p, const char *key,
    size_t *ret, struct err *e)
{
	size_t stop[PATH_STEPS] = { 0 }, depth = 0, next;
	const size_t count = tree_count(t);

	*ret = TREE_NONE;
	for (size_t i = 0; i < count && p->n > 0; i = next) {
		const struct tree_node *n = tree_at(t, i);
		bool hit;

		next = n->next;
		while (depth > 0 && i >= stop[depth - 1])
			depth--;
		TRY(fits(t, i, p->step[depth], &hit, e));
		if (!hit)
			continue;
		if (depth + 1 < p->n) {
			stop[depth++] = n->next;
			next = i + 1;
			continue;
		}
		if (*ret != TREE_NONE)
			return tree_refuse_key(t, n->at, key, e,
			    "more than one element fits: add a condition such "
			    "as [name=...]");
		*ret = i;
	}
	return EC_OK;
}

enum ec
xml_look(const struct tree *t, const char *key, size_t *ret, struct err *e)
{
	struct edit_path path = { .n = 0 };

	TRY(parse(key, &path, e));
	for (size_t i = 0; i < path.n; i++)
		if (!well_made(path.step[i]))
			return fail(e, EC_CONFIG,
			    "key %.80s: a step is NAME or "
			    "NAME[ATTRIBUTE=VALUE]",
			    key);
	TRY(search(t, &path, key, ret, e));
	if (*ret == TREE_NONE || tree_at(t, *ret)->kind != TREE_MAP)
		return EC_OK;
	return inside(t, *ret, key, ret, e);
}
