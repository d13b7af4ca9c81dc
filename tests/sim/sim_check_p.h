/* sim_check_p: two words that both files of checks use. */
#ifndef SIM_CHECK_P_H
#define SIM_CHECK_P_H

#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "world.h"

static inline int64_t
larger(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static inline bool
is(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

#endif
