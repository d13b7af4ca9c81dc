/* ask_secret: a secret typed or piped in; never from the command line. */
#ifndef ROTATOR_ASK_SECRET_H
#define ROTATOR_ASK_SECRET_H

#include "base/err.h"
#include "base/secret.h"

/*
 * When stdin is a terminal: asks on /dev/tty without echo; echo is back on
 * every way out, a signal included. Otherwise reads stdin to its end. One
 * newline at the end is taken off. EC_USAGE: empty, more than one line, or
 * interrupted. *ret is the caller's to free.
 */
MUST enum ec ask_secret(const char *prompt, struct secret **ret, struct err *e);

#endif
