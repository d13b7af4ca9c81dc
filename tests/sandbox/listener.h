/* listener: a listening TCP socket on one address of this machine. */
#ifndef SANDBOX_LISTENER_H
#define SANDBOX_LISTENER_H

#include <netinet/in.h>
#include <stdint.h>

/* *port 0 takes a free one and stores it. Exits the program on failure. */
int listener_open(struct in_addr address, uint16_t *port);

/* 127.0.0.1. */
struct in_addr listener_loopback(void);

#endif
