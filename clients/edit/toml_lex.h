/* toml_lex: the small parts of TOML: blanks, line ends, strings, names. Every
 * failure is EC_CONFLICT with file, line and column. */
#ifndef CLIENTS_EDIT_TOML_LEX_H
#define CLIENTS_EDIT_TOML_LEX_H

#include "clients/edit/lines.h"

/* Where we are: at p, on line l (of which only p and no count). */
struct toml_lex {
	const struct buf *text;
	const char *where;
	const char *p, *end;
	struct line l;
	struct err *e;
};

enum ec toml_bad(struct toml_lex *x, const char *why);
bool toml_at(const struct toml_lex *x, const char *mark);
void toml_skip_all(struct toml_lex *x); /* blanks, comments, line ends */
/* Nothing but a comment may be left on this line. */
MUST enum ec toml_end_line(struct toml_lex *x);
/* Over a string on one line; *from and *to are its inside. */
MUST enum ec toml_string(
    struct toml_lex *x, const char **from, const char **to);
MUST enum ec toml_long_string(struct toml_lex *x); /* of several lines */
/* Over one part of a key; its meaning replaces name. */
MUST enum ec toml_key_part(struct toml_lex *x, struct buf *name);
bool toml_dot(struct toml_lex *x); /* over one between the parts, if any */

#endif
