/* hand_over: the bytes of one buffer become those of another. */
#ifndef CLIENTS_HAND_OVER_H
#define CLIENTS_HAND_OVER_H

#include "base/buf.h"

/* What `to` had is wiped, and it takes over the maximum too; `from` is empty
 * afterwards and may hold nothing more. Cannot fail. */
static inline void
hand_over(struct buf *from, struct buf *to)
{
	buf_free(to);
	*to = *from;
	*from = BUF(0);
}

#endif
