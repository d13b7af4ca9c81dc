/*
 * postfix_entry: one entry, in the text and in the table made from it.
 *
 * The table is what counts: smtp(8) looks at nothing else. It is built and
 * proved first, where nobody looks; then the text is replaced, then the
 * table. Whatever fails before that has changed nothing. A stop between the
 * two leaves the text new and the table with the old pair, which still works;
 * a second set, a sync, or any postmap completes it. The other way round the
 * next postmap of an operator would bring the old pair back.
 */
#ifndef CLIENTS_POSTFIX_ENTRY_H
#define CLIENTS_POSTFIX_ENTRY_H

#include "clients/postfix_map.h"

/*
 * Would postfix_entry_set() work? Reads only. What is wrong but does not
 * hinder is put into warning (n bytes, else ""). EC_GONE: no such text, table
 * or entry; EC_CONFLICT: two entries; and as file_can_replace().
 */
MUST enum ec postfix_entry_plan(
    const struct postfix *p, char *warning, size_t n, struct err *e);

/*
 * Makes value ("user:password") that of the entry. EC_UNKNOWN: the text has
 * it, and the table could not be replaced; set it again. Any other failure:
 * nothing was changed (but see file_replace() for a texthash).
 */
MUST enum ec postfix_entry_set(
    const struct postfix *p, const char *value, struct err *e);

/* Makes the table anew when it answers something else than what stands in the
 * text. For a texthash nothing. */
MUST enum ec postfix_entry_sync(const struct postfix *p, struct err *e);

#endif
