/* The tests of probe, with the network process in between. */
#include "far_net.h"

#include "test_probe.c" /* NOLINT(bugprone-suspicious-include) */
