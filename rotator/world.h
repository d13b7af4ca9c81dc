/*
 * world: everything outside the engine, as functions. The program fills it
 * with the real parts; the simulator with a virtual AWS, disk and clock. The
 * engine (rotation.c and the steps) touches nothing else. Clients are already
 * behind a struct of functions: client.h.
 */
#ifndef ROTATOR_WORLD_H
#define ROTATOR_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"
#include "rotator/config.h"
#include "rotator/iam.h"
#include "rotator/probe.h"
#include "rotator/record.h"
#include "rotator/seal.h"
#include "rotator/store.h"

struct prober {
	void *ctx;
	/* As probe_smtp(). */
	MUST enum ec (*probe)(void *ctx, const struct smtp_peer *peer,
	    const struct smtp_cred *cred, const struct prove_send *send,
	    struct probe_result *ret, struct err *e);
};

struct timekeeper {
	void *ctx;
	int64_t (*wall)(void *ctx);
	void (*sleep)(void *ctx, int64_t ms);
	bool (*stopped)(void *ctx); /* a signal asked us to leave */
};

struct notify {
	void *ctx;
	void (*event)(void *ctx, enum log_level level, const char *identity,
	    const char *text);
	/* Steps for a person, several lines. */
	void (*steps)(void *ctx, const char *client, const char *text);
	/* An alarm, through a channel that is not the rotated SMTP. */
	void (*alarm)(void *ctx, const char *identity, const char *cause,
	    const char *fix, int64_t since);
};

struct world {
	struct iam iam;
	struct prober prober;
	struct store *store;
	struct timekeeper time;
	struct notify notify;
	const struct seal *seal;
	const struct config *config;
	const char *endpoint; /* of IAM, as a pin */
};

#endif
