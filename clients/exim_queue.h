/*
 * exim_queue: mail that waits because the relay refused the log-in.
 *
 * Exim writes into its retry database that the host failed, and why; until
 * the next try is due (15 minutes at first, 6 hours later) all mail for it is
 * kept, with no reason of its own ("retry time not reached for any host"). So
 * that record is looked at, with exim_dumpdb(8), not the message logs. Only a
 * forced queue run (-qf) passes over it.
 */
#ifndef CLIENTS_EXIM_QUEUE_H
#define CLIENTS_EXIM_QUEUE_H

#include "clients/exim.h"

/* Is there mail in the queue, and a record that x->host refused our log-in?
 * False also when that cannot be found out. */
bool exim_queue_waits(const struct exim *x);

/*
 * Starts `exim -qf` and does not wait for it: it lasts as long as there is
 * mail, and whoever kills a delivery may have it sent twice. EC_CONFIG: there
 * is nothing here to start it with; and as run().
 */
MUST enum ec exim_queue_flush(const struct exim *x, struct err *e);

#endif
