/*
 * exim: asks Exim what it would do, by its own means (-be, -bP).
 *
 * passwd.client is looked up anew for each delivery with nwildlsearch, where
 * the first line wins whose pattern fits the host name; so an earlier and more
 * general line hides ours (exim4_passwd_client(5) of Debian; Exim
 * specification, "Single-key lookup types"). Only Exim itself can say.
 */
#ifndef CLIENTS_EXIM_H
#define CLIENTS_EXIM_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/run.h"

struct exim {
	const char *table;   /* path of passwd.client */
	const char *host;    /* $host of a delivery to the relay */
	const char *program; /* NULL: exim in PATH */
	const char *config;  /* -C; NULL: the one compiled in */
};

/* May these stand in an expansion string as they are? EC_CONFIG. Pure. */
MUST enum ec exim_check(const struct exim *x, struct err *e);

/* Runs Exim with these arguments. Errors of run(); r needs no argv. */
MUST enum ec exim_run(const struct exim *x, const char *const *args,
    struct run *r, struct err *e);

/* What a delivery to x->host finds in the table: into ret, nothing when no
 * line fits. EC_CLIENT: Exim could not read the table or its configuration. */
MUST enum ec exim_lookup(const struct exim *x, struct buf *ret, struct err *e);

/*
 * A transport that would send without a log-in when the log-in is refused
 * (hosts_try_auth without hosts_require_auth): SES answers 530 to such mail,
 * and it is bounced instead of being kept. Said in ret (n bytes), else "".
 */
void exim_warn(const struct exim *x, char *ret, size_t n);

#endif
