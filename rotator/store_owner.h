/*
 * store_owner: who holds a lease, and is it alive. A process is known by
 * host, boot, process id space, id and start time.
 */
#ifndef ROTATOR_STORE_OWNER_H
#define ROTATOR_STORE_OWNER_H

#include <stdint.h>

#include "base/clock.h"

struct owner {
	char host[65];
	char boot[BOOT_ID_MAX];
	char space[32];  /* of process ids: containers have their own */
	int64_t pid;     /* 0: nobody */
	int64_t started; /* clock ticks since boot */
};

enum owner_life { OWNER_DEAD, OWNER_ALIVE, OWNER_UNKNOWN };

void owner_self(struct owner *ret);
/* By the host's name: of a name that two hosts share, another boot is no
 * death. OWNER_UNKNOWN: it cannot be seen from here. */
enum owner_life owner_life(const struct owner *o);

#endif
