/*
 * remote_ssh: one request to `rotate agent` on another host, through the
 * OpenSSH client.
 *
 * Every option that keeps us safe is on ssh's command line, where it wins
 * over all configuration files (ssh_config(5): the first value counts). There
 * is no way to switch host keys off: what is not known is refused, also on
 * the way through a jump host.
 *
 * The environment of run() has no HOME. OpenSSH does not ask for it: it takes
 * the home directory from the user database (ssh.c: getpwuid()), and looks for
 * .ssh there, unless identity_file and known_hosts say otherwise. There is no
 * SSH_AUTH_SOCK either, so no agent that holds keys is used.
 */
#ifndef CLIENTS_REMOTE_SSH_H
#define CLIENTS_REMOTE_SSH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define REMOTE_REPLY_MAX ((size_t)64 * 1024)

struct remote {
	const char *host;
	const char *user; /* NULL: ssh's own choice, and so on */
	long port;        /* 0: likewise */
	const char *identity_file;
	const char *known_hosts;
	const char *jump; /* [user@]host[:port] */
	const char *ssh;  /* the program */
	const char *remote_command;
	int64_t connect_timeout, timeout; /* ms */
};

/* Can these be words of a command line that mean just what they say?
 * EC_CONFIG. Pure. */
MUST enum ec remote_ssh_check(const struct remote *r, struct err *e);

/* Is the program there, and what the options name? EC_CONFIG, EC_GONE,
 * EC_DENIED. Reads only, connects to nothing. */
MUST enum ec remote_ssh_ready(const struct remote *r, struct err *e);

/*
 * Sends `in` and gets what comes back into out (at most REMOTE_REPLY_MAX).
 * Classes: see remote_said.h; EC_TEMP when r->timeout is over; EC_CONFIG when
 * ssh cannot be run. *ret_sure, on failure: the agent cannot have got the
 * request. May be repeated when what was asked may.
 */
MUST enum ec remote_ssh_talk(const struct remote *r, const struct buf *in,
    struct buf *out, bool *ret_sure, struct err *e);

#endif
