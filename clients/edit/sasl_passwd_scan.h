/*
 * sasl_passwd_scan: the entries of a Postfix lookup table text, one by one.
 *
 * Read as postmap(1) of Postfix 3.7 reads it, its odd sides included: a line
 * that begins with whitespace continues the entry before it, over blank lines
 * and comments between them; whitespace in front of the first entry belongs
 * to nothing; quotes and backslashes are part of a key.
 */
#ifndef CLIENTS_EDIT_SASL_PASSWD_SCAN_H
#define CLIENTS_EDIT_SASL_PASSWD_SCAN_H

#include <stdbool.h>

#include "clients/edit/edit.h"

/* Begins with SASL_SCAN(text). The text must outlive it. */
struct sasl_scan {
	const char *p;
	size_t len, at; /* of the next line */
	unsigned line;  /* its number, from 1 */
};

#define SASL_SCAN(text)                                                        \
	(struct sasl_scan)                                                     \
	{                                                                      \
		.p = buf_str(text), .len = (text)->len, .at = 0, .line = 1     \
	}

struct sasl_entry {
	const char *key; /* key_len bytes, not NUL ended */
	size_t key_len;
	unsigned key_line;
	struct edit_span value; /* len 0: none, then it is the place for one */
	bool room;              /* false: not even a blank behind the key */
	unsigned parts;         /* how many lines the value stands on; the span
				 * is the first of them only */
};

/* The next entry; false when there is none. */
bool sasl_scan_next(struct sasl_scan *s, struct sasl_entry *ret);

#endif
