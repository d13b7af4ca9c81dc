/*
 * msmtp: what msmtp itself makes of its configuration, by --pretend.
 *
 * That prints the settings of an account, with `*` for a password, and does
 * nothing else; but an `eval` line in the file is run as soon as the file is
 * read (msmtp(1)). So a file that somebody else than root or we could have
 * written is never given to msmtp: it would run a program of his as us.
 */
#ifndef CLIENTS_MSMTP_H
#define CLIENTS_MSMTP_H

#include <stdbool.h>

#include "base/err.h"
#include "sigv4/smtp_password.h"

struct msmtp {
	const char *path; /* links resolved */
	const char *account;
	const char *program; /* NULL: msmtp in PATH */
};

/* Do file and all directories above it belong to root or to us, and may nobody
 * else write them? */
bool msmtp_trusted(const char *path);

/*
 * Is this pair what msmtp would use for the account? user "" and pass NULL:
 * none. Of the password it can only be seen whether there is one. EC_OK also
 * when the file is not trusted. EC_CONFLICT: it takes something else, or runs
 * a command for the password. EC_CLIENT: it refuses the file or the account;
 * EC_PROTO: its answer is not understood; and as run().
 */
MUST enum ec msmtp_agrees(
    const struct msmtp *m, const struct smtp_cred *held, struct err *e);

#endif
