/* far_p: what the two ends of far share. */
#ifndef BASE_FAR_P_H
#define BASE_FAR_P_H

#include <stdbool.h>
#include <stdint.h>
#include <stdnoreturn.h>
#include <sys/types.h>

#include "base/far.h"

#define FAR_SHARE UINT64_MAX /* op: a descriptor comes along, a new way */

/* In front of every question and every answer. */
struct far_head {
	uint64_t op; /* index into the table; 0 in an answer */
	uint64_t len;
};

/* Header and bytes, all of them; false: nobody hears it any more. */
bool far_say(int fd, uint64_t op, const struct buf *b);

/* The life of the other process, from the fork to its end. */
noreturn void far_serve(
    int fd, pid_t parent, far_fn *const *table, size_t count);

#endif
