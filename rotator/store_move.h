/*
 * store_move: the whole state from one store into another, while nobody
 * rotates.
 */
#ifndef ROTATOR_STORE_MOVE_H
#define ROTATOR_STORE_MOVE_H

#include "rotator/store.h"

/* Values of a store that are about itself and are not moved. */
#define STORE_MOVED "moved" /* "to WHERE", "from WHERE" or "" */
#define STORE_SEAL  "seal"  /* a word sealed with the key of its records */

struct store_end {
	struct store *store; /* open for writing */
	const char *where;   /* its name; see store_where() */
};

struct moved {
	size_t records, events, words; /* that are there now */
	size_t written;
	bool before; /* it was moved already, nothing was done */
};

/*
 * Copies records (their versions begin anew), events (the same numbers and
 * hashes), holds, confirmations and values; reads all of it back and compares;
 * then writes into the source that it was moved, and last into the target that
 * it is whole. Needs and takes both leases for ttl ms and gives them back.
 *
 * After a crash anywhere one of both is in use or neither, never both, and
 * nothing is lost: the same again finishes it, and once more is EC_OK.
 * EC_CONFLICT: the target is not empty, or one of them belongs to another move.
 * EC_BUSY: a rotator is at work. EC_DAMAGED: what was written does not read
 * back the same.
 */
MUST enum ec store_move(const struct store_end *from,
    const struct store_end *to, int64_t now, int64_t ttl, struct moved *ret,
    struct err *e);

#endif
