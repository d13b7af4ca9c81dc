/*
 * remote_said: what it means that ssh ended with this code and these words.
 */
#ifndef CLIENTS_REMOTE_SAID_H
#define CLIENTS_REMOTE_SAID_H

#include <stdbool.h>

#include "clients/remote_ssh.h"

/*
 * EC_CONFIG, EC_DENIED, EC_TEMP or EC_CLIENT, with the remedy. status is the
 * exit code of ssh: 255 is its own failure, anything else is that of the
 * command over there (ssh(1), EXIT STATUS). said: its standard error.
 * *ret_sure: the agent cannot have started.
 */
MUST enum ec remote_said(const struct remote *r, int status, const char *said,
    bool *ret_sure, struct err *e);

#endif
