/*
 * settle: from single verdicts of a probe to one that a rotation may rely on.
 *
 * A new key spreads slowly and unevenly: one success is luck, one refusal is
 * no evidence. N successes in a row on fresh connections prove a pair; only
 * refusals during the whole time-out, without one network failure at the end,
 * speak against it.
 */
#ifndef ROTATOR_SETTLE_H
#define ROTATOR_SETTLE_H

#include "rotator/rotation.h"

struct settle_job {
	const struct smtp_peer *peer;
	const struct smtp_cred *cred;
	const struct settle_conf *conf;
	int successes;       /* instead of conf->successes when > 0 */
	bool send;           /* also prove sending, with the last success */
	struct rec_key *key; /* proved and probed are kept here; not NULL */
};

/*
 * EC_OK: proven, *ret is the last success. EC_AUTH: refused all the time.
 * EC_DENIED: AUTH works but the user may not send. EC_TEMP, EC_PROTO: nothing
 * is known. Sleeps between probes; leaves early when asked to stop.
 */
MUST enum ec settle(const struct rotation *r, const struct settle_job *job,
    struct probe_result *ret, struct err *e);

/* The new key in every configured region, with our own passwords. As
 * settle(), and EC_GONE for a region whose password is not known. */
MUST enum ec settle_regions(struct rotation *r, struct err *e);

#endif
