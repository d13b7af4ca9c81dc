/*
 * check: the parts of `rotate check`: cmd_check.c looks and says it to people,
 * check_json.c to programs.
 */
#ifndef ROTATOR_CHECK_H
#define ROTATOR_CHECK_H

#include "rotator/config.h"

/* One thing on this machine that was looked at; its failure does not keep the
 * next from being looked at. */
struct finding {
	const char *what;
	char where[300];
	const char *absent; /* what it means that it is not there; NULL: bad */
	bool gone;
	enum ec ec;
	struct err e;
};

/* Where a client is: the first setting that has no default. */
void check_where(const struct client *c, char *ret, size_t size);

/* Prints all of it. EC_IO, EC_NOMEM. */
MUST enum ec check_json(
    const struct config *c, const struct finding *f, size_t n, struct err *e);

#endif
