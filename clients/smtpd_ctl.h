/*
 * smtpd_ctl: tells a running smtpd(8) about a new table, and to go on with
 * mail that waits (smtpctl(8)).
 *
 * A refused log-in is for smtpd a fault of the way to the server: it switches
 * the route off, for 15 seconds at first and up to an hour, and all mail for
 * the relay waits with the text "Network error on destination MXs". The reason
 * stands in the log only (seen with 6.8; mta.c, mta_route_disable()). So mail
 * with that text counts as held up, whatever the network error was; and a
 * route that is off must be switched on first, or the mail fails again at
 * once.
 */
#ifndef CLIENTS_SMTPD_CTL_H
#define CLIENTS_SMTPD_CTL_H

#include <stdbool.h>

#include "base/err.h"

struct smtpd_ctl {
	const char *program; /* NULL: smtpctl in PATH */
	const char *table;   /* its name in smtpd.conf */
};

/* Makes smtpd read the table again. EC_OK when smtpd is not running: it will
 * when it starts. EC_CLIENT: it has no such table, or could not read it. */
MUST enum ec smtpd_ctl_update(const struct smtpd_ctl *c, struct err *e);

/* Does mail wait that may have been held up by a refused log-in? False also
 * when that cannot be found out. */
bool smtpd_ctl_waits(const struct smtpd_ctl *c);

/* Switches routes on that are off, and schedules all mail. As run(). */
MUST enum ec smtpd_ctl_flush(const struct smtpd_ctl *c, struct err *e);

#endif
