/*
 * tree: what the syntaxes with values inside values share (json, yaml, xml,
 * php): the whole text as a flat list of nodes, each with its bytes, and the
 * search along a path.
 *
 * A scanner builds the list: a name, then a leaf, or what is opened and later
 * closed. Names and meanings are copied to one pool, so the list may hold
 * secrets; it is wiped when it ends.
 */
#ifndef CLIENTS_EDIT_TREE_H
#define CLIENTS_EDIT_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include "clients/edit/edit.h"
#include "clients/edit/path.h"

#define TREE_DEPTH 64
#define TREE_NONE  SIZE_MAX

enum tree_kind {
	TREE_MAP,
	TREE_LIST,
	TREE_TEXT, /* a value that can be changed */
	TREE_ODD,  /* one that cannot: why says the reason */
};

struct tree_node {
	enum tree_kind kind;
	size_t at, len;         /* in the text; of MAP and LIST only at */
	char quote;             /* as in struct edit_span */
	unsigned style;         /* as in struct edit_span */
	size_t name, namelen;   /* in the pool; name TREE_NONE: it has none */
	size_t value, valuelen; /* in the pool; only where a scanner says so */
	size_t next;            /* index behind all that is inside this one */
	const char *why;
};

struct tree {
	const struct buf *text;
	const char *where;
	struct buf nodes, pool;
	size_t open[TREE_DEPTH]; /* indices of what is not closed yet */
	size_t depth;
	size_t name, namelen; /* of the node to come */
};

/* The text must outlive it. AUTO(tree) struct tree t = TREE(text, where); */
#define TREE(bytes, path)                                                      \
	(struct tree)                                                          \
	{                                                                      \
		.text = (bytes), .where = (path), .nodes = BUF(SIZE_MAX / 2),  \
		.pool = BUF(SIZE_MAX / 2), .depth = 0, .name = TREE_NONE,      \
		.namelen = 0                                                   \
	}
void auto_tree(struct tree *t);

/* EC_CONFLICT, "WHERE:LINE:COLUMN: why" for the byte `at`; column in bytes. */
enum ec tree_refuse(
    const struct tree *t, size_t at, struct err *e, const char *why);
/* The same for a value, "WHERE:LINE:COLUMN: key: why". */
enum ec tree_refuse_key(const struct tree *t, size_t at, const char *key,
    struct err *e, const char *why);
/* Line and column of the byte s->at. */
void tree_locate(const struct buf *text, struct edit_span *s);

/* EC_CONFLICT: a NUL in the text, or (utf8) a byte that is not UTF-8. */
MUST enum ec tree_bytes(const struct tree *t, bool utf8, struct err *e);

/* Where mark (not empty) stands next between p and end; NULL: nowhere. Looks
 * no further than that. */
const char *tree_seek(const char *p, const char *end, const char *mark);

/* The name of the next node: bytes copied to the pool. */
MUST enum ec tree_name(
    struct tree *t, const char *p, size_t len, struct err *e);
/* Adds a node; name and next are filled in. */
MUST enum ec tree_leaf(
    struct tree *t, const struct tree_node *n, struct err *e);
/* A MAP or LIST that begins at `at`. EC_CONFLICT: too deep. */
MUST enum ec tree_open(
    struct tree *t, enum tree_kind kind, size_t at, struct err *e);
void tree_close(struct tree *t);
/* What is open innermost; NULL: nothing is. */
struct tree_node *tree_top(const struct tree *t);

size_t tree_count(const struct tree *t);
struct tree_node *tree_at(const struct tree *t, size_t i);
/* Is this the node's name? */
bool tree_is(const struct tree *t, const struct tree_node *n, const char *name);

/* Index of the node at a path below node `from`, beginning with step `first`;
 * TREE_NONE when there is none. In a LIST a step is an index from 0, or NAME
 * for the one map in it that has `name: NAME` (as the last step, its `value`),
 * or for the one text in it that begins "NAME=". EC_CONFLICT: more than one
 * fits, anywhere on the way. */
MUST enum ec tree_look(const struct tree *t, const struct edit_path *p,
    size_t from, size_t first, const char *key, size_t *ret, struct err *e);

/* tree_look() in every root: one must fit. EC_GONE: none. */
MUST enum ec tree_find(const struct tree *t, const struct edit_path *p,
    const char *key, size_t *ret, struct err *e);

/* The span of a TEXT node; EC_CONFLICT for all others. */
MUST enum ec tree_span(const struct tree *t, size_t i, const char *key,
    struct edit_span *ret, struct err *e);

/* Do the two hold the same, but for at most n texts? EC_BUG if not. */
MUST enum ec tree_same(
    const struct tree *was, const struct tree *now, size_t n, struct err *e);

/* Is this a reference to a value that stands elsewhere, "${NAME}" or
 * "{{ .name }}", as Spring, Compose, Maven, Ansible and Helm replace them? */
bool tree_reference(const char *p, size_t len);
#define TREE_REFERENCE                                                         \
	"refers to a value that stands elsewhere: name that place instead"

/* EC_CONFLICT: a value that is no UTF-8, or would be taken for a reference. */
MUST enum ec tree_writable(const char *value, struct err *e);

#endif
