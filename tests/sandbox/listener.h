/* listener: a listening TCP socket on 127.0.0.1 and nowhere else. */
#ifndef SANDBOX_LISTENER_H
#define SANDBOX_LISTENER_H

#include <stdint.h>

/* *port 0 takes a free one and stores it. Exits the program on failure. */
int listener_open(uint16_t *port);

#endif
