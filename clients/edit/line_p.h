/* line_p: what line.c and line_run.c share; nobody else. */
#ifndef CLIENTS_EDIT_LINE_P_H
#define CLIENTS_EDIT_LINE_P_H

#include "clients/edit/line.h"

/* Where the scanner is at the end of a line. */
enum line_state {
	FREE,    /* the next line stands for itself */
	BEFORE,  /* behind the '=', nothing seen yet */
	PLAIN,   /* in an unquoted value */
	SINGLE,  /* in '...' */
	DOUBLE,  /* in "..." */
	COMMENT, /* in a comment that a backslash carries on */
};

/* The state at the end of a line, when s is the state at p. */
enum line_state line_run(const struct line_dialect *d, enum line_state s,
    const char *p, const char *end);

#endif
