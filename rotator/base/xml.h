/*
 * xml: simple values out of a small XML document, by path.
 *
 * For replies of services, which are data: no DTD (so no entities but the
 * five of XML), 64 KiB, 16 levels, 8 KiB of text an element. All memory that
 * the parser used is wiped, because a reply may hold a key.
 */
#ifndef BASE_XML_H
#define BASE_XML_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

#define XML_SIZE_MAX  ((size_t)64 * 1024)
#define XML_TEXT_MAX  ((size_t)8 * 1024)
#define XML_PATH_MAX  ((size_t)512)
#define XML_DEPTH_MAX 16

/*
 * Called at the end of every element, in document order: path is
 * "Root/Child/Leaf" as written (no namespaces), text is its own text without
 * blanks around it, NUL ended, len bytes; "" for an element with children.
 * May hold a secret; gone after the call. A failure stops the walk.
 */
typedef enum ec xml_visit(
    void *ctx, const char *path, const char *text, size_t len, struct err *e);

/* EC_PROTO: not XML, cut off, over a cap, or with a DTD; otherwise what visit
 * returned. visit may have been called before a failure shows. */
MUST enum ec xml_walk(
    const struct buf *doc, xml_visit *visit, void *ctx, struct err *e);

#endif
