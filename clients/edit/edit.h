/*
 * edit: change values inside a configuration file and nothing else.
 *
 * A syntax finds the span of one value and knows how to read and to quote a
 * value in that place. edit_set() does the rest: replaces the spans, parses
 * the result again, compares every value with what was wanted, and refuses
 * what is ambiguous. Pure: bytes in, bytes out; every other byte (comments,
 * order, quotes, indentation, CRLF, BOM) is kept.
 */
#ifndef CLIENTS_EDIT_EDIT_H
#define CLIENTS_EDIT_EDIT_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

struct edit_span {
	size_t at, len;        /* of the raw value, quotes included, in bytes */
	char quote;            /* style found: '"', '\'', or 0 for none */
	unsigned style;        /* more of it, in the syntax's own terms */
	unsigned line, column; /* of the value, from 1, for messages */
};

struct edit_pair {
	const char *key;
	const char *value; /* may be secret; never put into a message */
};

struct edit_syntax {
	const char *name; /* "dotenv" */
	const char *summary;
	/* What a key looks like, for people: "KEY", "section.key". */
	const char *key;
	/* ":" when the value of a key is user name and password in one, as
	 * user:password; NULL when each has a key of its own. */
	const char *joint;
	/* EC_GONE: the key is not there. EC_CONFLICT: more than one, or a
	 * form that this syntax will not touch (multi-line value, unsupported
	 * escape). Messages start with where:line:column. */
	MUST enum ec (*find)(const struct buf *text, const char *where,
	    const char *key, struct edit_span *ret, struct err *e);
	/* The meaning of the raw bytes of a span, as its consumers read it. */
	MUST enum ec (*decode)(const struct buf *text,
	    const struct edit_span *s, struct buf *ret, struct err *e);
	/* Raw bytes for value in the style of the span found. EC_CONFLICT
	 * when the value cannot stand in that style. */
	MUST enum ec (*encode)(const struct edit_span *s, const char *value,
	    struct buf *ret, struct err *e);
	/* The text with an empty value for a key that is not in it, added to
	 * ret. NULL: a missing key cannot be added in this syntax. */
	MUST enum ec (*append)(const struct buf *text, const char *key,
	    struct buf *ret, struct err *e);
	/* Do two texts that both parse differ in at most n values, and are
	 * these what the pairs want? Asked of every result before it leaves
	 * edit_set(); EC_BUG if not. NULL: that every byte outside the spans
	 * is the same proves enough. */
	MUST enum ec (*same)(const struct buf *was, const struct buf *now,
	    const char *where, const struct edit_pair *pairs, size_t n,
	    struct err *e);
};
extern const struct edit_syntax *const edit_syntaxes[]; /* NULL ends */
const struct edit_syntax *edit_syntax_find(const char *name);

/* `where` is the file's path, for messages. ret is replaced (within its max);
 * on failure it is as before. decode, encode and append add to ret instead,
 * and may leave a part there on failure. */
MUST enum ec edit_get(const struct edit_syntax *s, const struct buf *text,
    const char *where, const char *key, struct buf *ret, struct err *e);
MUST enum ec edit_set(const struct edit_syntax *s, const struct buf *text,
    const char *where, const struct edit_pair *pairs, size_t n, struct buf *ret,
    struct err *e);

#endif
