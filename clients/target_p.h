/*
 * target_p: what the target*.c share. Nobody else includes it.
 */
#ifndef CLIENTS_TARGET_P_H
#define CLIENTS_TARGET_P_H

#include <sys/types.h>

#include "base/file.h"
#include "clients/target.h"

struct target_file {
	struct file *file; /* NULL: the form has no such file */
	struct buf text;   /* what it is to hold */
};

struct target_files {
	struct target_file at[FORM__FILES];
};

#define TARGET_FILES                                                           \
	(struct target_files)                                                  \
	{                                                                      \
		.at = {                                                        \
			{ .text = BUF(FILE_MAX_BYTES) },                       \
			{ .text = BUF(FILE_MAX_BYTES) },                       \
		},                                                             \
	}

void auto_target_files(struct target_files *f);

/* One of them, with what its settings ask for. */
MUST enum ec target_open(const struct target *t, const char *path,
    unsigned flags, struct file **ret, struct err *e);
/* The FILE_ flags that they ask for. */
unsigned target_flags(const struct target *t);

/* Opens all files and works out what they hold with cred in them. mend: puts
 * them right first; else nothing is changed. */
MUST enum ec target_prepare(const struct target *t, const struct client *c,
    const struct smtp_cred *cred, bool mend, struct target_files *ret,
    struct err *e);

/* -1 for what is not configured. EC_CONFIG: there is no such user or group. */
MUST enum ec target_owner(
    const struct target *t, uid_t *uid, gid_t *gid, struct err *e);

#endif
