/*
 * entry: a pair in a text of some syntax: as user:password behind one key, as
 * the tables of mail software have it, or behind two keys; and the file that
 * is such a text. The file is changed as base/file.h says: in one rename,
 * nothing else in it differs.
 */
#ifndef CLIENTS_ENTRY_H
#define CLIENTS_ENTRY_H

#include <sys/types.h>

#include "base/file.h"
#include "clients/client.h"

struct entry {
	const char *syntax; /* "exim-passwd", see edit/edit.h */
	const char *path;   /* for the functions on texts: for messages */
	const char *key;    /* of user:password; NULL: */
	const char *username, *password; /* of one each */
	bool create; /* keys may be added; the file must be there */
};

/* What stands in text; "" and NULL for what is not there. EC_CONFLICT: not
 * to be read without doubt. */
MUST enum ec entry_in_text(const struct entry *en, const struct buf *text,
    struct smtp_cred *ret, struct err *e);

/* The text with cred in it, into ret, which is replaced. EC_GONE: no such key
 * and create is false; EC_CONFLICT: two of a key, or one that is not
 * understood. */
MUST enum ec entry_put_text(const struct entry *en, const struct buf *text,
    const struct smtp_cred *cred, struct buf *ret, struct err *e);

/* entry_in_text() of the file. EC_GONE: no such file. */
MUST enum ec entry_get(
    const struct entry *en, struct smtp_cred *ret, struct err *e);

/* The file, open, and what it would hold, as entry_put_text() says. Changes
 * nothing. EC_GONE: no such file, too. */
MUST enum ec entry_prepare(const struct entry *en, const struct smtp_cred *cred,
    struct file **ret_file, struct buf *ret, struct err *e);

/* Would entry_set() work? Tries all of it that changes nothing. */
MUST enum ec entry_plan(const struct entry *en, struct err *e);

/* Stores cred in the entry. On failure nothing was changed, but see
 * file_replace(). May be repeated. */
MUST enum ec entry_set(
    const struct entry *en, const struct smtp_cred *cred, struct err *e);

#endif
