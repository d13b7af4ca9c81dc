/*
 * server: stand-ins for services, for rows that need one, and the network
 * that is lent to their drivers.
 */
#ifndef TESTS_CONFORM_SERVER_H
#define TESTS_CONFORM_SERVER_H

#include "conform.h"

/*
 * Starts argv once; later calls with the same argv[0] and argv[1] find it
 * running. It prints one line "ready PORT" when it serves, and dies with us.
 * Returns the port; 0: p->why says the reason.
 */
unsigned server_port(struct place *p, const char *const *argv);

/* Lends p->c a net and the AWS session of this process's environment. */
void server_reach(struct place *p);

/* The session of a role is forgotten, as it is between two runs. */
void server_forget(void);

#endif
