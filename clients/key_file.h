/*
 * key_file: a file with a token, a password or a private key that opens some
 * service to us. Read anew each time it is needed, since people and programs
 * exchange it.
 */
#ifndef CLIENTS_KEY_FILE_H
#define CLIENTS_KEY_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/secret.h"

/* Who may have it beside its owner, root's group and our own group, which are
 * as trusted as we are. */
enum key_file_flags {
	/* The readers of its group: Vault Agent writes its sink 0640
	 * (https://developer.hashicorp.com/vault/docs/agent-and-proxy/autoauth/sinks/file).
	 */
	KEY_FILE_GROUP = 1,
	/* Whoever is in this pod, or may read that kubeconfig: it is not ours
	 * to judge. */
	KEY_FILE_SHARED = 2,
};

/*
 * Adds the content of a regular file to ret. EC_CONFIG when it is missing, no
 * regular file, or open to others than the flags allow; EC_DENIED when we may
 * not read it; EC_PROTO when it is longer than ret->max. Each error names the
 * file, and the remedy. Follows links: what counts is the file that is read.
 * Changes nothing.
 */
MUST enum ec key_file_read(
    const char *path, unsigned flags, struct buf *ret, struct err *e);

/* The only word in such a file: a token, without the blanks and line ends
 * around it. EC_CONFIG too when it is empty or no token_valid(). */
MUST enum ec key_file_word(
    const char *path, unsigned flags, struct secret **ret, struct err *e);

/* One word of printing ASCII, so that it cannot break out of a header. */
bool token_valid(const char *p, size_t n);

#endif
