/* The tests of http_tls, with the network process in between. */
#include "far_net.h"

#include "test_http_tls.c" /* NOLINT(bugprone-suspicious-include) */
