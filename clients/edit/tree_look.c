/* tree_look: see tree.h. From a path to one node, or the reason why not. */
#include <string.h>

#include "clients/edit/tree.h"

#define TWICE "stands there more than once"

struct look {
	const struct tree *t;
	const char *key; /* for messages */
	const char *step;
	bool last; /* of the path */
	struct err *e;
};

/* 0, 1, 2 ... written without leading zeros; TREE_NONE: no such number. */
static size_t
number(const char *s)
{
	size_t n = 0;

	if (*s == '\0' || strlen(s) > 9 || (*s == '0' && s[1] != '\0'))
		return TREE_NONE;
	for (; *s != '\0'; s++) {
		if (*s < '0' || *s > '9')
			return TREE_NONE;
		n = n * 10 + (size_t)(*s - '0');
	}
	return n;
}

static enum ec
in_map(const struct look *l, size_t map, const char *name, size_t *ret)
{
	const size_t end = tree_at(l->t, map)->next;

	*ret = TREE_NONE;
	for (size_t i = map + 1; i < end; i = tree_at(l->t, i)->next) {
		const struct tree_node *n = tree_at(l->t, i);

		if (!tree_is(l->t, n, name))
			continue;
		if (*ret != TREE_NONE)
			return tree_refuse_key(
			    l->t, n->at, l->key, l->e, TWICE);
		*ret = i;
	}
	return EC_OK;
}

static bool
means(const struct look *l, const struct tree_node *n, const char *text)
{
	return n->kind == TREE_TEXT && n->value != TREE_NONE &&
	    n->valuelen == strlen(text) &&
	    memcmp(buf_str(&l->t->pool) + n->value, text, n->valuelen) == 0;
}

/* A text "NAME" or "NAME=..."? */
static bool
assigns(const struct look *l, const struct tree_node *n)
{
	const size_t len = strlen(l->step);
	const char *p;

	if (n->kind != TREE_TEXT || n->value == TREE_NONE || n->valuelen < len)
		return false;
	p = buf_str(&l->t->pool) + n->value;
	return memcmp(p, l->step, len) == 0 &&
	    (n->valuelen == len || p[len] == '=');
}

/* Is item i the one that the step names? */
static enum ec
named(const struct look *l, size_t i, bool *ret)
{
	const struct tree_node *n = tree_at(l->t, i);
	size_t name = TREE_NONE;

	*ret = n->kind == TREE_TEXT && l->last && assigns(l, n);
	if (n->kind != TREE_MAP)
		return EC_OK;
	TRY(in_map(l, i, "name", &name));
	*ret = name != TREE_NONE && means(l, tree_at(l->t, name), l->step);
	return EC_OK;
}

static enum ec
in_list(const struct look *l, size_t list, size_t *ret)
{
	const size_t end = tree_at(l->t, list)->next, want = number(l->step);
	size_t at = 0, hit = TREE_NONE;

	for (size_t i = list + 1; i < end; i = tree_at(l->t, i)->next) {
		bool fits = at++ == want;

		if (want == TREE_NONE)
			TRY(named(l, i, &fits));
		if (fits && hit != TREE_NONE)
			return tree_refuse_key(
			    l->t, tree_at(l->t, i)->at, l->key, l->e, TWICE);
		if (fits)
			hit = i;
	}
	*ret = hit;
	if (want == TREE_NONE && hit != TREE_NONE && l->last &&
	    tree_at(l->t, hit)->kind == TREE_MAP)
		return in_map(l, hit, "value", ret);
	return EC_OK;
}

/* The child of node at that the step names. */
static enum ec
child(const struct look *l, size_t at, size_t *ret)
{
	const struct tree_node *n = tree_at(l->t, at);

	*ret = TREE_NONE;
	if (n->kind == TREE_MAP)
		return in_map(l, at, l->step, ret);
	if (n->kind == TREE_LIST)
		return in_list(l, at, ret);
	if (n->kind == TREE_ODD && n->why != NULL)
		return tree_refuse_key(l->t, n->at, l->key, l->e, n->why);
	return EC_OK;
}

enum ec
tree_look(const struct tree *t, const struct edit_path *p, size_t from,
    size_t first, const char *key, size_t *ret, struct err *e)
{
	size_t at = from;

	for (size_t i = first; i < p->n && at != TREE_NONE; i++) {
		const struct look l = { t, key, p->step[i], i + 1 == p->n, e };

		TRY(child(&l, at, &at));
	}
	*ret = at;
	return EC_OK;
}

enum ec
tree_find(const struct tree *t, const struct edit_path *p, const char *key,
    size_t *ret, struct err *e)
{
	const size_t count = tree_count(t);
	size_t hit = TREE_NONE, got;

	for (size_t i = 0; i < count; i = tree_at(t, i)->next) {
		TRY(tree_look(t, p, i, 0, key, &got, e));
		if (got != TREE_NONE && hit != TREE_NONE)
			return tree_refuse_key(
			    t, tree_at(t, got)->at, key, e, TWICE);
		if (got != TREE_NONE)
			hit = got;
	}
	*ret = hit;
	if (hit == TREE_NONE)
		return fail(e, EC_GONE, "%s: no %.120s in it", t->where, key);
	return EC_OK;
}

enum ec
tree_span(const struct tree *t, size_t i, const char *key,
    struct edit_span *ret, struct err *e)
{
	const struct tree_node *n = tree_at(t, i);
	struct edit_span s = {
		.at = n->at, .len = n->len, .quote = n->quote, .style = n->style
	};

	if (n->kind == TREE_MAP || n->kind == TREE_LIST)
		return tree_refuse_key(t, n->at, key, e,
		    "holds further values: the key must lead to one of them");
	if (n->kind == TREE_ODD)
		return tree_refuse_key(t, n->at, key, e, n->why);
	tree_locate(t->text, &s);
	*ret = s;
	return EC_OK;
}
