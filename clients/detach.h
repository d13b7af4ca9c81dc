/*
 * detach: starts a program that outlives us, for what takes longer than a run
 * of ours may. Where systemd runs the machine, it becomes a unit of its own:
 * with our service's end systemd would kill whatever is left of it
 * (systemd.kill(5), KillMode=control-group). Else setsid(1) does.
 */
#ifndef CLIENTS_DETACH_H
#define CLIENTS_DETACH_H

#include "base/err.h"

/* How it goes on is not known. EC_CONFIG: neither systemd-run nor setsid; and
 * as run(). argv: as in struct run, at most 8 words. */
MUST enum ec detach(const char *const *argv, struct err *e);

#endif
