/* The tests of http, with the network process in between. */
#include "far_net.h"

#include "test_http.c" /* NOLINT(bugprone-suspicious-include) */
