/*
 * program: would this command run? For plan(), which may run nothing.
 */
#ifndef CLIENTS_PROGRAM_H
#define CLIENTS_PROGRAM_H

#include "clients/client.h"

/*
 * Is argv[0] something that run() would find and be allowed to execute?
 * EC_CONFIG with the remedy if not. Reads only; may be repeated.
 */
MUST enum ec program_check(const char *const *argv, struct err *e);

/* program_check(), and "then run systemctl reload web" in ret->after. With
 * argv NULL nothing happens. */
MUST enum ec program_plan(
    const char *const *argv, struct client_plan *ret, struct err *e);

#endif
