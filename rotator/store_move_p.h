/* store_move_p: what store_move*.c share. Nobody else includes it. */
#ifndef ROTATOR_STORE_MOVE_P_H
#define ROTATOR_STORE_MOVE_P_H

#include "rotator/store_move.h"

struct move {
	struct store *from, *to;
	int64_t now;
	bool check;      /* change nothing: a difference is a failure */
	struct buf sums; /* of the target's events */
	struct moved n;
};

/* Makes the target like the source, or compares; n is of this time alone.
 * EC_CONFLICT: the target has what the source has not. EC_DAMAGED: check, and
 * they differ. May be repeated. */
MUST enum ec move_make(struct move *m, bool check, struct err *e);

/* Is it a value that a store has about itself? */
bool move_about_itself(const struct word *w);

#endif
