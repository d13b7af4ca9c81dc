/*
 * creds: encrypted credentials as systemd units load them
 * (LoadCredentialEncrypted=), made and opened with systemd-creds(1).
 *
 * The name is part of what is encrypted, and a unit refuses a credential of
 * another name. Encryption is salted: the same text never gives the same file,
 * so a file is only replaced when its text is to change. Plain text and
 * encrypted text pass through pipes only; what is stored is what was first
 * decrypted again and compared.
 */
#ifndef CLIENTS_CREDS_H
#define CLIENTS_CREDS_H

#include <stdbool.h>

#include "base/file.h"

/* Index into creds_keys, which is NULL ended, for OPT_CHOICE. */
extern const char *const creds_keys[];

struct creds {
	const char *store;   /* directory */
	const char *program; /* NULL: systemd-creds in PATH */
	unsigned key;        /* what to encrypt with */
	bool create;         /* a credential that is missing may be made */
};

/* A name that systemd takes for a credential, and nothing special to us? */
bool creds_name_valid(const char *name);

/*
 * Opens a credential and adds its text to ret. Changes nothing. EC_GONE:
 * missing, unless create: then the text is empty. EC_DENIED: the key cannot
 * be read (root is needed). EC_CLIENT: it cannot be decrypted here, or under
 * this name.
 */
MUST enum ec creds_open(const struct creds *c, const char *name,
    struct file **ret_file, struct buf *ret, struct err *e);

/*
 * Puts into ret the file that holds text; nothing when it is equal to old,
 * the text of f. EC_CLIENT: systemd-creds failed, or what it made does not
 * decrypt to text.
 */
MUST enum ec creds_make(const struct creds *c, const char *name,
    const struct buf *old, const struct buf *text, struct buf *ret,
    struct err *e);

/* Stores what creds_make() gave; nothing for nothing. As file_replace(). */
MUST enum ec creds_store(
    struct file *f, const struct buf *bytes, struct err *e);

#endif
