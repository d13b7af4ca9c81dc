/*
 * yaml_tree: a YAML text as a tree of its values, with their places.
 *
 * libyaml parses. Its marks count characters, and leave out a byte order mark
 * but not the CR of a line end; here they become bytes, and every scalar that
 * may be changed is decoded from its bytes and compared with what libyaml
 * read there. A root for each document of the text.
 */
#ifndef CLIENTS_EDIT_YAML_TREE_H
#define CLIENTS_EDIT_YAML_TREE_H

#include "clients/edit/tree.h"

/* Fills t: value of a node is its meaning, of an alias the anchor's name;
 * behind the value of a TEXT stands its anchor, "" or a name, NUL ended.
 * EC_CONFLICT with the place of what is no YAML, or a key that is no text. */
MUST enum ec yaml_tree(struct tree *t, struct err *e);

/* Do two texts differ in at most n scalars, and is each of these what one of
 * the pairs wants, and a text? libyaml's events are compared one by one, with
 * anchors, tags and styles. EC_BUG if not. */
MUST enum ec yaml_same(const struct buf *was, const struct buf *now,
    const char *where, const struct edit_pair *pairs, size_t n, struct err *e);

#endif
