/*
 * far: all that parses what the network sends is done by a process of its
 * own, which can do nothing else (confine.h).
 *
 * It is a fork of ours, made before there are secrets, and lives as long as
 * its struct far. One question, one answer, over a pair of sockets; what the
 * bytes mean is agreed on by the two ends of an operation (http_far.c,
 * probe_far.c). It keeps the connections, so that they are reused as before.
 * It has our environment without AWS_*, our standard error, and no other
 * descriptor. It dies with us.
 *
 * Several threads of ours have a struct far each, all to the one process, which
 * answers them side by side (far_share()). A struct far is for one thread at a
 * time.
 *
 * What comes back from it is worth what a peer's words are worth, which is
 * why the readers check it (wire.h).
 */
#ifndef BASE_FAR_H
#define BASE_FAR_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/confine.h"
#include "base/err.h"
#include "base/net.h"

/* Both questions and answers; the longest reply a driver asks for is 2 MiB. */
#define FAR_MAX ((size_t)64 * 1024 * 1024)

struct far;

/* In the other process: answers. What ask holds is wiped afterwards. Failing
 * ends that process, for all its ways, which says to the other ends that the
 * answer is lost: so what fails before anything was sent is told instead. */
typedef enum ec far_fn(
    struct net *n, const struct buf *ask, struct buf *answer, struct err *e);

/*
 * Starts it; table has count rows, an operation each, and outlives it.
 * Not to be called when secret_any().
 * On failure nothing runs: EC_IO, EC_NOMEM, EC_DENIED. ret_how: what the
 * kernel could do.
 */
MUST enum ec far_start(far_fn *const *table, size_t count, struct far **ret,
    struct confined *ret_how, struct err *e);

/*
 * Another way to the same process, for another thread; to be stopped like the
 * first. To be asked for by the thread that uses f. EC_IO, EC_NOMEM; EC_TEMP
 * when the process is dead.
 */
MUST enum ec far_share(struct far *f, struct far **ret, struct err *e);

/*
 * Asks, and waits up to timeout_ms for the answer. EC_OK: it is in answer
 * (what failed over there is told in it). EC_TEMP: the question surely did
 * not get there whole, so nothing was done. EC_UNKNOWN: it did, and the answer
 * is lost. When only memory for it was missing, all else is as before; else
 * this way is closed, and the process is dead when it was the only one. From
 * then on every question is EC_TEMP: a new process would be born with our
 * secrets in it.
 */
MUST enum ec far_call(struct far *f, unsigned op, const struct buf *ask,
    struct buf *answer, int64_t timeout_ms, struct err *e);

/* The last one lets it close its connections and waits; NULL is fine. */
void far_stop(struct far *f);

/* Processes that far_start() would make: this one's number, for tests. */
int far_pid(const struct far *f);

#endif
