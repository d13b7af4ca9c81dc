/*
 * xml_scan: an XML text as a tree of its elements, with their places.
 *
 * An element is a MAP, an attribute in it a TEXT with the name "@name", and
 * what stands between its tags comes as nodes without a name: a TEXT for
 * each run of characters or CDATA section, an ODD for each comment.
 */
#ifndef CLIENTS_EDIT_XML_SCAN_H
#define CLIENTS_EDIT_XML_SCAN_H

#include "clients/edit/tree.h"

/* Bits of edit_span.style. */
#define XML_ATTRIBUTE 1U
#define XML_CDATA     2U

/* Fills t. The text is known to be well-formed (xml_check()). EC_CONFLICT for
 * what this reader does not know. */
MUST enum ec xml_scan(struct tree *t, struct err *e);

/* EC_CONFLICT with the place: not well-formed, a NUL, a byte that is not
 * UTF-8, or declarations in the DOCTYPE, for they may define entities. */
MUST enum ec xml_check(const struct tree *t, struct err *e);

/* Do two texts differ in at most n values, and is each of these what one of
 * the pairs wants? What expat reports is compared piece by piece. EC_BUG if
 * not. */
MUST enum ec xml_same(const struct buf *was, const struct buf *now,
    const char *where, const struct edit_pair *pairs, size_t n, struct err *e);

/* Adds the meaning of characters with entities. EC_CONFLICT: an entity other
 * than the five of XML and characters by number. */
MUST enum ec xml_unescape(
    const char *p, size_t len, struct buf *ret, struct err *e);

/* Adds the value as it may stand in a place of this quote and style.
 * EC_CONFLICT: XML cannot hold it there. value is UTF-8. */
MUST enum ec xml_escape(char quote, unsigned style, const char *value,
    struct buf *ret, struct err *e);

/* Index of the node of the value at a key such as
 * a.b[attribute=value].@attribute, or TREE_NONE. EC_CONFIG: not such a key.
 * EC_CONFLICT: more than one element fits, or it holds no plain value. */
MUST enum ec xml_look(
    const struct tree *t, const char *key, size_t *ret, struct err *e);

#endif
