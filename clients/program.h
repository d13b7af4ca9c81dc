/*
 * program: the command that an operator names, as in `activate`: its options,
 * whether it would run (for plan(), which may run nothing), and running it.
 */
#ifndef CLIENTS_PROGRAM_H
#define CLIENTS_PROGRAM_H

#include <stddef.h>
#include <stdint.h>

#include "clients/client.h"

struct program_conf {
	const char *const *argv; /* NULL: nothing needs to be run */
	int64_t timeout;         /* ms */
	const char *user;        /* whom it runs as; NULL: us */
};

/* Three rows of a table of options. at: offset of the struct program_conf that
 * they fill; help: what the command is for. */
#define PROGRAM_OPTS(at, help)                                                 \
	{ "activate", OPT_ARGV, (at) + offsetof(struct program_conf, argv),    \
		false, NULL, NULL, help },                                     \
	    { "activate_timeout", OPT_SPAN,                                    \
		    (at) + offsetof(struct program_conf, timeout), false,      \
		    "60s", NULL, "how long that command may take" },           \
	{                                                                      \
		"activate_user", OPT_STR,                                      \
		    (at) + offsetof(struct program_conf, user), false, NULL,   \
		    NULL, "whom that command runs as, name or number"          \
	}

/*
 * Is argv[0] something that run() would find and be allowed to execute?
 * EC_CONFIG with the remedy if not. Reads only; may be repeated.
 */
MUST enum ec program_check(const char *const *argv, struct err *e);

/* Is there such a user, and may we run something as him? NULL is fine. Classes
 * of spawn_user_find(). Reads only; may be repeated. */
MUST enum ec program_check_user(const char *user, struct err *e);

/* program_check(), and "then run systemctl reload web" in ret->after. With
 * argv NULL nothing happens. */
MUST enum ec program_plan(
    const char *const *argv, struct client_plan *ret, struct err *e);

/* As activate() of a driver: runs it, if there is one. Classes as run_argv().
 * May be repeated. */
MUST enum ec program_activate(const struct program_conf *p, struct err *e);

#endif
