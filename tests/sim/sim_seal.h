/* sim_seal: a seal of the simulator, for tests in which its key is away. */
#ifndef SIM_SEAL_H
#define SIM_SEAL_H

#include <stdbool.h>

#include "rotator/seal.h"

struct seal { /* none: always there */
	bool away;
};

#endif
