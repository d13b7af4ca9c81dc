/*
 * postfix_queue: mail that waits because the relay refused the log-in.
 *
 * One refusal makes qmgr(8) hold back all mail for the relay, and every
 * message of it then waits for minimal_backoff_time (5 minutes) to
 * maximal_backoff_time (66 minutes), long after the pair is good again
 * (postconf(5), qmgr(8)). Only postqueue -f ends that at once. It also wakes
 * all other mail, so it is run only when such a message is really there.
 */
#ifndef CLIENTS_POSTFIX_QUEUE_H
#define CLIENTS_POSTFIX_QUEUE_H

#include <stdbool.h>

#include "clients/postfix_map.h"

/*
 * Is a message deferred because of a refused log-in at the relay, or at the
 * server called host? False also when postqueue cannot tell: it is missing,
 * too old for -j (before 3.1), or Postfix is not running. At most the first
 * 8 MiB of the queue listing are looked at.
 */
bool postfix_queue_waits(const struct postfix *p, const char *host);

/* postqueue -f. Errors of run(). May be repeated. */
MUST enum ec postfix_queue_flush(const struct postfix *p, struct err *e);

#endif
