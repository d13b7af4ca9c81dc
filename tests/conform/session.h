/*
 * session: a desktop session without a desktop: a D-Bus of its own and a real
 * gnome-keyring on it, for rows_keyring.c. Nothing can prompt, since there is
 * no display, and nothing is started by the bus itself: what is gone is gone.
 */
#ifndef TESTS_CONFORM_SESSION_H
#define TESTS_CONFORM_SESSION_H

#include <sys/types.h>

#include "conform.h"

struct session {
	char home[PATH_MAX]; /* inside the place; the bus and all data */
	char keyrings[PATH_MAX];
	pid_t bus, keyring; /* 0: not running */
};

/* Both, and the environment of this process that leads to them. On false
 * p->why says the reason; session_end() is needed in any case. */
bool session_begin(struct session *s, struct place *p);
void session_end(struct session *s);

/* The parts. The keyring is on the bus, and unlocked, when it has begun; a
 * second one finds what the first one stored. */
bool session_bus(struct session *s, struct place *p);
bool session_keyring(struct session *s, struct place *p);
void session_kill(pid_t *pid);

/* As soon as somebody calls this method the bus is killed, by a process that
 * waits for it; the call has not been answered if the keyring is stopped. */
bool session_bus_ends_at(
    const struct session *s, struct place *p, const char *member);

/* Rules for the bus from now on, as in dbus-daemon(1); a <busconfig>. */
bool session_policy(
    const struct session *s, struct place *p, const char *rules);

/* A program inside the session, with in as its input. */
bool session_tool(const struct session *s, struct place *p,
    const char *const *argv, const struct buf *in);

#endif
