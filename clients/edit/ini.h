/*
 * ini: the scanner of all INI dialects. There is no standard; a dialect says
 * what its reader takes for a comment, a quote, a continued line. Where the
 * readers of one dialect differ among themselves (generic "ini"), a line has
 * a doubt, and what depends on it is refused.
 */
#ifndef CLIENTS_EDIT_INI_H
#define CLIENTS_EDIT_INI_H

#include "clients/edit/lines.h"
#include "clients/edit/path.h"

/* What a quote means that is not closed on its line. */
enum ini_open {
	INI_FOLLOWS, /* the value goes on until it is */
	INI_LITERAL, /* it is part of the value */
	INI_DOUBT,   /* programs differ */
};

struct ini_quote {
	const char *mark; /* NULL ends the table; longer ones first */
	const char *bad;  /* not touched inside; the mark is never */
	bool escapes;     /* a backslash keeps the mark from closing */
	enum ini_open open;
};

struct ini_dialect {
	const char *comments;     /* a line that begins with one of these */
	const char *tails;        /* these begin a comment behind a value */
	const char *seps;         /* end a name */
	const char *odd;          /* refused in unquoted values */
	const char *only;         /* or NULL; nothing else may stand there */
	const char *const *words; /* or NULL; unquoted, mean something else */
	const char *const *refs;  /* or NULL; mean something in any value */
	const struct ini_quote *quotes;
	const char *top; /* or NULL; a section that is the same as none */
	bool bom;        /* a UTF-8 byte order mark may come first */
	bool stray;      /* a quote inside an unquoted value begins a string */
	bool raw;        /* there is a way to read it without quotes: what is
			  * inside a longer value must not look like more */
	bool once;       /* a section that comes again replaces the first */
	bool joins;      /* a backslash at the end joins the next line */
	bool loose;      /* programs differ on: names by case, joined lines,
			  * indented lines, ':' and '=' */
};

enum ini_kind {
	INI_VOID,    /* blank or comment */
	INI_MORE,    /* part of a value begun further up */
	INI_FLAG,    /* a name without value */
	INI_SECTION, /* a heading */
	INI_KEY,
};

/* One line. */
struct ini_item {
	enum ini_kind kind;
	const char *name, *name_end; /* of the section or key */
	const char *value;           /* behind the separator, blanks and all */
	const struct ini_quote *quote; /* that its value begins with, or NULL */
	const char *doubt;             /* why programs may read it otherwise */
	bool deeper; /* the doubt: it may be part of the value before it */
};

/* Begins as INI_SCAN(dialect, text). The text must outlive it. */
struct ini_scan {
	const struct ini_dialect *d;
	struct line l;
	const struct ini_quote *open; /* where a value goes on */
	struct line from;             /* the line where it began */
	bool joined;  /* the line before ended with a backslash */
	bool has_key; /* in this section, in column `indent` */
	size_t indent;
	const char *fatal; /* why the file cannot be followed at all */
};

#define INI_SCAN(dialect, text)                                                \
	(struct ini_scan)                                                      \
	{                                                                      \
		.d = (dialect), .l = LINE_FIRST(text)                          \
	}

/* The next line; false at the end, or with s->fatal set at line s->l. */
bool ini_next(struct ini_scan *s, struct ini_item *ret);

/* The quote that p begins with, or NULL. */
const struct ini_quote *ini_quote_at(
    const struct ini_dialect *d, const char *p, const char *end);
/* Where q closes the value that begins behind p; NULL: not on this line. */
const char *ini_closing(
    const struct ini_quote *q, const char *p, const char *end);
/* Begins p a comment behind a value, or is nothing left? */
bool ini_tail(const struct ini_dialect *d, const char *p, const char *end);

/* The value of a key item on line l. NULL, or why it is not touched. */
const char *ini_measure(const struct ini_dialect *d, const struct buf *text,
    const struct line *l, const struct ini_item *t, struct edit_span *ret);
/* Why these bytes are not to stand in such quotes (NULL: in none), or NULL. */
const char *ini_refused(const struct ini_dialect *d, const struct ini_quote *q,
    const char *p, const char *end);

/* find() and append() of struct edit_syntax for this dialect. */
MUST enum ec ini_find(const struct ini_dialect *d, const struct buf *text,
    const char *where, const char *key, struct edit_span *ret, struct err *e);
MUST enum ec ini_append(const struct ini_dialect *d, const struct buf *text,
    const char *key, struct buf *ret, struct err *e);

#endif
