/* template_p: what template.c and template_match.c share; nobody else. */
#ifndef CLIENTS_TEMPLATE_P_H
#define CLIENTS_TEMPLATE_P_H

#include <stdbool.h>

#include "clients/template.h"

struct template_filter {
	const char *name;
	const char *kept;  /* characters that stay */
	const char *added; /* characters that it brings in */
	MUST enum ec (*encode)(
	    const char *value, struct buf *ret, struct err *e);
	/* EC_PROTO when p is nothing that encode makes. */
	MUST enum ec (*decode)(
	    const char *p, size_t n, struct buf *ret, struct err *e);
};

/* fail() at byte `at` of a text: "where:line:column: why". */
enum ec template_complain(struct err *e, enum ec ec, const char *where,
    const struct buf *text, size_t at, const char *why);

#endif
