/*
 * agent_serve: one request of another rotate, carried out on this machine.
 */
#ifndef ROTATOR_AGENT_SERVE_H
#define ROTATOR_AGENT_SERVE_H

#include "clients/exec_serve.h"
#include "rotator/config.h"

/* Which clients may be changed. */
struct agent_rule {
	/* NULL: whatever the request describes. Else the clients of this
	 * configuration, and what it says about them. */
	const struct config *config;
	const char *const *only; /* of these names alone; empty: all of them */
};

/*
 * Does what text asks for, and adds the reply, one line, to ret. Every failure
 * that the other side can be told of is in there; EC_NOMEM, EC_PROTO when even
 * the reply could not be made. Never shows a secret but in a reply to "read".
 */
MUST enum ec agent_serve(const struct agent_rule *rule, const struct buf *text,
    struct buf *ret, struct err *e);

#endif
