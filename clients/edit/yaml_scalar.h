/*
 * yaml_scalar: a text on one line, in the three ways in which YAML writes it.
 *
 * Readers differ in what a scalar without quotes is: YAML 1.1 (PyYAML, Ruby)
 * takes "no" for false, "1:20" for 80 and "1e5" for a text, YAML 1.2 (Go,
 * JavaScript) otherwise. A scalar that any of them may take for something
 * else is no text here, and is not written without quotes.
 */
#ifndef CLIENTS_EDIT_YAML_SCALAR_H
#define CLIENTS_EDIT_YAML_SCALAR_H

#include <stdbool.h>

#include "base/buf.h"

/* Bits of edit_span.style. */
#define YAML_FLOW  1U /* within [] or {} */
#define YAML_PART  2U /* behind the '=' of a scalar NAME=value */
#define YAML_ALIAS 4U /* only of nodes: an alias */

/* Is this a text for every reader, when it stands without quotes? */
bool yaml_text(const char *p, size_t len);

/* Adds the meaning of what stands between the quotes ('\0': there are none).
 * EC_CONFLICT: an escape that YAML does not have. */
MUST enum ec yaml_unquote(
    char quote, const char *p, size_t len, struct buf *ret, struct err *e);

/* Adds the value as a whole scalar. A quote that cannot hold it becomes one
 * that can. value is UTF-8. */
MUST enum ec yaml_whole(
    char quote, const char *value, struct buf *ret, struct err *e);

/* Adds the value as the rest of a scalar, without quotes around it.
 * EC_CONFLICT: it cannot stand there. */
MUST enum ec yaml_part(char quote, unsigned style, const char *value,
    struct buf *ret, struct err *e);

#endif
