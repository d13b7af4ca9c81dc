/*
 * entry: one entry of a text file that holds user:password, as the tables of
 * mail software do. The file is changed as base/file.h says: in one rename,
 * nothing else in it differs.
 */
#ifndef CLIENTS_ENTRY_H
#define CLIENTS_ENTRY_H

#include <sys/types.h>

#include "base/file.h"
#include "clients/client.h"

struct entry {
	const char *syntax; /* a joint one: "exim-passwd" */
	const char *path;
	const char *key;
	bool create; /* the entry may be added; the file must be there */
};

/* What stands there, EC_OK with user "" when there is no such entry. EC_GONE:
 * no such file; EC_CONFLICT: not to be read without doubt. */
MUST enum ec entry_get(
    const struct entry *en, struct smtp_cred *ret, struct err *e);

/*
 * The file, open, and what it would hold with cred in it. ret is replaced.
 * Changes nothing. EC_GONE: no such file, or no such entry and create is
 * false; EC_CONFLICT: two entries, or one that is not understood.
 */
MUST enum ec entry_prepare(const struct entry *en, const struct smtp_cred *cred,
    struct file **ret_file, struct buf *ret, struct err *e);

/* Would entry_set() work? Tries all of it that changes nothing. */
MUST enum ec entry_plan(const struct entry *en, struct err *e);

/* Stores cred in the entry. On failure nothing was changed, but see
 * file_replace(). May be repeated. */
MUST enum ec entry_set(
    const struct entry *en, const struct smtp_cred *cred, struct err *e);

/* A pair of the right form that is nobody's, to try a change with. */
MUST enum ec entry_dummy(struct smtp_cred *ret, struct err *e);

#endif
