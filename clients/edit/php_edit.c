/*
 * php: strings in PHP configuration files: wp-config.php, Joomla's and
 * Moodle's, arrays as Laravel and its like return them.
 *
 * A key may leave out the variable: mail.user finds $config['mail']['user'].
 */
#include <string.h>

#include "base/auto.h"
#include "clients/edit/php_tree.h"

extern const struct edit_syntax edit_php;

/* Where a path without a variable begins in this root. */
static size_t
start(const struct tree *t, const struct edit_path *path, size_t root)
{
	const struct tree_node *r = tree_at(t, root);
	const struct tree_node *n = r + 1;

	if (r->kind != TREE_MAP || r->next == root + 1 || n->kind != TREE_MAP ||
	    n->name == TREE_NONE || n->namelen == 0)
		return root;
	if (buf_str(&t->pool)[n->name] != '$' || *path->step[0] == '$')
		return root;
	return root + 1;
}

static enum ec
look(const struct tree *t, const struct edit_path *path, const char *key,
    size_t *ret, struct err *e)
{
	const size_t count = tree_count(t);
	size_t got;

	*ret = TREE_NONE;
	for (size_t i = 0; i < count; i = tree_at(t, i)->next) {
		TRY(tree_look(t, path, start(t, path, i), 0, key, &got, e));
		if (got == TREE_NONE)
			continue;
		if (*ret != TREE_NONE)
			return tree_refuse_key(t, tree_at(t, got)->at, key, e,
			    "stands there more than once");
		*ret = got;
	}
	if (*ret == TREE_NONE)
		return fail(e, EC_GONE, "%s: no %.120s in it", t->where, key);
	return EC_OK;
}

static enum ec
find(const struct buf *text, const char *where, const char *key,
    struct edit_span *ret, struct err *e)
{
	AUTO(tree) struct tree t = TREE(text, where);
	struct edit_path path;
	size_t i;

	TRY(edit_path_parse(key, &path, e));
	TRY(php_tree(&t, e));
	TRY(look(&t, &path, key, &i, e));
	return tree_span(&t, i, key, ret, e);
}

static enum ec
decode(const struct buf *text, const struct edit_span *s, struct buf *ret,
    struct err *e)
{
	return php_unquote(
	    s->quote, buf_str(text) + s->at + 1, s->len - 2, ret, e);
}

static enum ec
encode(const struct edit_span *s, const char *value, struct buf *ret,
    struct err *e)
{
	TRY(tree_writable(value, e));
	return php_quote(s->quote, value, ret, e);
}

static enum ec
same(const struct buf *was, const struct buf *now, const char *where,
    const struct edit_pair *pairs, size_t n, struct err *e)
{
	AUTO(tree) struct tree a = TREE(was, where);
	AUTO(tree) struct tree b = TREE(now, where);

	(void)pairs;
	TRY(php_tree(&a, e));
	TRY(php_tree(&b, e));
	return tree_same(&a, &b, n, e);
}

const struct edit_syntax edit_php = {
	.name = "php",
	.summary = "strings in PHP: define(), variables, arrays",
	.key = "SMTP_USER or mail.user",
	.find = find,
	.decode = decode,
	.encode = encode,
	.same = same,
};
