/*
 * store_shared: one store for several threads.
 *
 * A store is for one thread at a time: a commit is several statements of one
 * transaction. Here each function of it is called with a lock held, so that
 * the threads take turns. The lease is the process's, as before: a commit of
 * any of them renews it for all.
 */
#ifndef ROTATOR_STORE_SHARED_H
#define ROTATOR_STORE_SHARED_H

#include "rotator/store.h"

/*
 * *ret works like s, for any number of threads. s is by reference and must not
 * be used beside it. fn of each() and history() may call *ret again. Its close
 * ends the sharing and leaves s open. EC_NOMEM.
 */
MUST enum ec store_shared(struct store *s, struct store *ret, struct err *e);

#endif
