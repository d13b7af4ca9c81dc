/*
 * smtpd_table: the secrets table of OpenSMTPD, as a text (file:) or as a
 * database made from it (db:), with OpenSMTPD's makemap(8).
 *
 * The database is what counts then. makemap builds it in a directory of ours,
 * is asked what it holds, and only then the text is replaced, and then the
 * database. A stop between the two leaves the text new and the database with
 * the old pair, which still works; the next write completes it.
 */
#ifndef CLIENTS_SMTPD_TABLE_H
#define CLIENTS_SMTPD_TABLE_H

#include "clients/entry.h"

enum smtpd_type { SMTPD_FILE, SMTPD_DB };

struct smtpd_table {
	struct entry entry;  /* the text; key is the label */
	unsigned type;       /* enum smtpd_type */
	const char *db;      /* NULL: path of the text and ".db" */
	const char *makemap; /* NULL: the one in PATH */
};

/* The pair that smtpd(8) finds. EC_GONE: no such file or database. EC_CLIENT:
 * makemap cannot read the database. */
MUST enum ec smtpd_table_get(
    const struct smtpd_table *t, struct smtp_cred *ret, struct err *e);

/* Would smtpd_table_set() work? Reads only. With a database: warns in ret (n
 * bytes, else "") when it and the text have different pairs. */
MUST enum ec smtpd_table_plan(
    const struct smtpd_table *t, char *ret, size_t n, struct err *e);

/* Stores cred. EC_UNKNOWN: the text has it and the database could not be
 * replaced; set it again. Any other failure: nothing was changed (but see
 * file_replace() for a text alone). */
MUST enum ec smtpd_table_set(
    const struct smtpd_table *t, const struct smtp_cred *cred, struct err *e);

#endif
