/*
 * yaml: values in YAML files: Docker Compose (maps and lists of NAME=value),
 * Kubernetes manifests (lists of name and value), Helm values, and the like.
 *
 * Only texts on one line are changed. A value that an alias repeats elsewhere
 * is refused, for it is a second client's value too; a map that is merged
 * elsewhere is changed where it stands. Of two equal keys, in one map or in
 * two documents, nobody knows which is used: refused.
 */
#include <string.h>

#include "base/auto.h"
#include "clients/edit/yaml_scalar.h"
#include "clients/edit/yaml_tree.h"

extern const struct edit_syntax edit_yaml;

/* The rest of a scalar NAME=value. */
static enum ec
part(const struct tree *t, const char *name, const char *key,
    struct edit_span *s, struct err *e)
{
	const char *raw = buf_str(t->text) + s->at;
	const size_t q = s->quote != '\0' ? 1 : 0, len = strlen(name);

	if (s->len < q + len || memcmp(raw + q, name, len) != 0)
		return tree_refuse_key(
		    t, s->at, key, e, "its name is written with escapes");
	if (s->len - 2 * q == len)
		return tree_refuse_key(
		    t, s->at, key, e, "has no value: write NAME= and a value");
	s->style |= YAML_PART;
	s->at += q + len + 1;
	s->len -= 2 * q + len + 1;
	s->column += (unsigned)(q + len + 1);
	return EC_OK;
}

static bool
digits(const char *s)
{
	return s[strspn(s, "0123456789")] == '\0';
}

/* Does an alias elsewhere repeat the node? */
static bool
shared(const struct tree *t, const struct tree_node *n)
{
	const char *pool = buf_str(&t->pool);
	const char *anchor = pool + n->value + n->valuelen + 1;
	const size_t count = tree_count(t);

	for (size_t i = 0; *anchor != '\0' && i < count; i++) {
		const struct tree_node *a = tree_at(t, i);

		if (a->style == YAML_ALIAS && a->valuelen == strlen(anchor) &&
		    memcmp(pool + a->value, anchor, a->valuelen) == 0)
			return true;
	}
	return false;
}

/* No such key: does a map on the way take in others by "<<"? */
static enum ec
merged(const struct tree *t, const struct edit_path *path, const char *key,
    struct err *e)
{
	struct edit_path up = *path;
	size_t i;

	for (up.n = path->n; up.n > 0; up.n--) {
		up.step[up.n - 1] = "<<";
		if (tree_find(t, &up, key, &i, e) == EC_OK)
			return tree_refuse_key(t, tree_at(t, i)->at, key, e,
			    "may come from what is merged here: name the "
			    "place where it stands");
	}
	return fail(e, EC_GONE, "%s: no %.120s in it", t->where, key);
}

static enum ec
locate(
    const struct tree *t, const char *key, struct edit_span *ret, struct err *e)
{
	const struct tree_node *n;
	struct edit_path path;
	enum ec ec;
	size_t i;

	TRY(edit_path_parse(key, &path, e));
	ec = tree_find(t, &path, key, &i, e);
	if (ec == EC_GONE)
		return merged(t, &path, key, e);
	TRY(ec);
	TRY(tree_span(t, i, key, ret, e));
	n = tree_at(t, i);
	if (shared(t, n))
		return tree_refuse_key(t, n->at, key, e,
		    "has an anchor (&), and aliases elsewhere would change "
		    "with it");
	if (tree_reference(buf_str(&t->pool) + n->value, n->valuelen))
		return tree_refuse_key(t, n->at, key, e, TREE_REFERENCE);
	if (n->name == TREE_NONE && !digits(path.step[path.n - 1]))
		return part(t, path.step[path.n - 1], key, ret, e);
	return EC_OK;
}

static enum ec
find(const struct buf *text, const char *where, const char *key,
    struct edit_span *ret, struct err *e)
{
	AUTO(tree) struct tree t = TREE(text, where);

	TRY(yaml_tree(&t, e));
	return locate(&t, key, ret, e);
}

static enum ec
decode(const struct buf *text, const struct edit_span *s, struct buf *ret,
    struct err *e)
{
	const size_t q =
	    s->quote != '\0' && (s->style & YAML_PART) == 0 ? 1 : 0;

	return yaml_unquote(
	    s->quote, buf_str(text) + s->at + q, s->len - 2 * q, ret, e);
}

static enum ec
encode(const struct edit_span *s, const char *value, struct buf *ret,
    struct err *e)
{
	TRY(tree_writable(value, e));
	if ((s->style & YAML_PART) != 0)
		return yaml_part(s->quote, s->style, value, ret, e);
	return yaml_whole(s->quote, value, ret, e);
}

const struct edit_syntax edit_yaml = {
	.name = "yaml",
	.summary = "values in YAML: Compose, Kubernetes, Helm",
	.key = "services.web.environment.SMTP_USER",
	.find = find,
	.decode = decode,
	.encode = encode,
	.same = yaml_same,
};
