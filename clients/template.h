/*
 * template: a file that is made anew from a text with placeholders, and read
 * back by the same text.
 *
 * Placeholders: {{username}} {{password}} {{host}} {{port}} {{region}}
 * {{identity}}, each also as {{name|url}}, percent-encoded (RFC 3986 2.1) for
 * use inside a URL. Blanks inside the braces are allowed.
 *
 * A template is accepted only when what it makes can be read back without a
 * doubt: it holds the user name and the password, and behind each placeholder
 * comes a character which cannot be part of its value, or the end.
 */
#ifndef CLIENTS_TEMPLATE_H
#define CLIENTS_TEMPLATE_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

enum template_field {
	TEMPLATE_USERNAME,
	TEMPLATE_PASSWORD,
	TEMPLATE_HOST,
	TEMPLATE_PORT,
	TEMPLATE_REGION,
	TEMPLATE_IDENTITY,
	TEMPLATE__FIELDS
};

#define TEMPLATE_PLACES_MAX 64
#define TEMPLATE_BYTES_MAX  ((size_t)256 * 1024)

/* Text that stands for itself, and the placeholder behind it. */
struct template_piece {
	size_t at, len; /* in the text */
	enum template_field field;
	const struct template_filter *filter; /* NULL: the plain value */
};

struct template
{
	const struct buf *text; /* the caller's; must outlive this */
	struct template_piece pieces[TEMPLATE_PLACES_MAX + 1];
	size_t n; /* placeholders; pieces[n] is the text behind the last */
};

/* EC_CONFIG with where:line:column for an unknown placeholder, for one that
 * could not be read back, and for a missing user name or password. */
MUST enum ec template_parse(const struct buf *text, const char *where,
    struct template *ret, struct err *e);

/* Adds the text with the values to ret. The values may be secret. */
MUST enum ec template_render(const struct template *t,
    const char *const values[TEMPLATE__FIELDS], struct buf *ret, struct err *e);

/*
 * Reads user name and password out of a text that was made from t; they
 * replace user and pass. Where another field stands, anything on one line is
 * accepted: the host may have been changed in the configuration. EC_CONFLICT
 * with where:line:column when the text differs from the template.
 */
MUST enum ec template_match(const struct template *t, const struct buf *text,
    const char *where, struct buf *user, struct buf *pass, struct err *e);

#endif
