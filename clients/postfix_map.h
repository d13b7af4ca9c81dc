/*
 * postfix_map: asks and builds a Postfix lookup table with Postfix's own
 * programs.
 *
 * A compiled table (hash, btree, lmdb) is a second file beside its text, and
 * the only one that smtp(8) looks at. postmap(1) fills that file in place: of
 * a hash table that it was killed over, an empty or half file remains, and
 * mail is deferred or sent without authentication. So postmap builds into a
 * directory of ours, the result is asked for the key, and only then becomes
 * the table by one rename. smtp(8) sees the rename and starts anew for the
 * next delivery: it compares link count and time of its table (Postfix 3.7
 * util/dict.c, dict_changed_name(); DATABASE_README recommends the rename).
 * LMDB would be safe in place, but then postmap could fail with the text
 * already changed; so all compiled types go one way.
 */
#ifndef CLIENTS_POSTFIX_MAP_H
#define CLIENTS_POSTFIX_MAP_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/run.h"

/* Index into postfix_types, which is NULL ended, for OPT_CHOICE. */
extern const char *const postfix_types[];

struct postfix {
	const char *map; /* path of the text */
	unsigned type;
	const char *relay;      /* the key */
	bool create;            /* add an entry that is missing */
	const char *postmap;    /* NULL: the one in PATH. The other programs
				 * of Postfix are expected beside it */
	const char *config_dir; /* NULL: what was compiled into Postfix */
};

/* ".db", ".lmdb"; "" when the text is the table (texthash). */
const char *postfix_suffix(const struct postfix *p);

/*
 * Runs a program of Postfix ("postconf") with these arguments, -c config_dir
 * in front. Errors of run(). r needs no argv.
 */
MUST enum ec postfix_tool(const struct postfix *p, const char *name,
    const char *const *args, struct run *r, struct err *e);

/*
 * What smtp(8) finds for key: added to ret, nothing when there is no entry.
 * EC_GONE: the table does not exist. EC_CLIENT: postmap could not read it.
 */
MUST enum ec postfix_query(
    const struct postfix *p, const char *key, struct buf *ret, struct err *e);

/*
 * The compiled table for this text into ret, proved to answer `value` for
 * p->relay. Touches no file that Postfix reads; what it needs lies in a
 * directory 0700 beside the table (sasl_passwd.db.rotate) and is gone on
 * return. After a crash the next call removes it. EC_CLIENT: postmap failed.
 */
MUST enum ec postfix_build(const struct postfix *p, const struct buf *text,
    const char *value, struct buf *ret, struct err *e);

/* Makes bytes the compiled table, atomically, as file_replace() does; a new
 * one gets mode. */
MUST enum ec postfix_publish(const struct postfix *p, const struct buf *bytes,
    mode_t mode, struct err *e);

#endif
