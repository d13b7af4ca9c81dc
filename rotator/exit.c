#include "rotator/exit.h"

#include <stddef.h>

static const struct {
	int code;
	const char *meaning;
} rows[EC__MAX] = {
	[EC_OK] = { 0, "done, or nothing was due" },
	[EC_LATER] = { 10, "waiting for time (grace, quiet, propagation)" },
	[EC_HUMAN] = { 11, "waiting for a person" },
	[EC_CLIENT] = { 12, "a client could not take or show the credential" },
	[EC_CONFLICT] = { 13, "blocked: a person must decide" },
	[EC_USAGE] = { 64, "wrong command line" },
	[EC_DAMAGED] = { 65, "our own stored state is damaged" },
	[EC_TEMP] = { 69, "AWS, SES or another peer is not reachable now" },
	[EC_UNKNOWN] = { 69, NULL },
	[EC_LIMIT] = { 69, NULL },
	[EC_BUG] = { 70, "a fault in this program; nothing was touched" },
	[EC_NOMEM] = { 71, "out of memory" },
	[EC_IO] = { 74, "a file or disk failed" },
	[EC_BUSY] = { 75, "another rotator is active" },
	[EC_PROTO] = { 76, "a peer spoke nonsense or did not prove itself" },
	[EC_AUTH] = { 77, "a permission is missing or a credential refused" },
	[EC_DENIED] = { 77, NULL },
	[EC_CONFIG] = { 78, "the configuration is wrong" },
	[EC_GONE] = { 78, NULL },
};

int
exit_code(enum ec ec)
{
	return ec < EC__MAX ? rows[ec].code : 70;
}

const char *
exit_meaning(enum ec ec)
{
	return ec < EC__MAX ? rows[ec].meaning : NULL;
}
