/* pair_dsn: the parts of SCHEME://USER:PASSWORD@REST (RFC 3986, 3.2.1). */
#ifndef CLIENTS_PAIR_DSN_H
#define CLIENTS_PAIR_DSN_H

#include <stdbool.h>
#include <stddef.h>

struct pair_dsn {
	const char *user, *pass; /* percent-encoded, not NUL ended */
	size_t user_len, pass_len;
	const char *rest; /* behind the "@", or behind the "://" */
};

/* Points into s. False: no URL of a server, or one with a "/", "?" or "#" in
 * its password as it stands, which programs read differently. */
bool pair_dsn_split(const char *s, struct pair_dsn *ret);

#endif
