/*
 * probe: does SES SMTP accept this pair, asked as a mail client would ask.
 *
 * Success is the reply code 235 seen on a verified TLS connection and nothing
 * else; every other end has its own verdict, because only a repeated 535 says
 * anything about the key. Codes:
 * https://docs.aws.amazon.com/ses/latest/dg/troubleshoot-smtp.html
 */
#ifndef ROTATOR_PROBE_H
#define ROTATOR_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/net.h"
#include "clients/client.h"

enum probe_verdict {
	PROBE_ACCEPTED, /* 235 */
	PROBE_REFUSED,  /* 535 credentials invalid: counts against the key */
	PROBE_BUSY,     /* 421, 454, any 4xx: says nothing about the key */
	PROBE_DNS,
	PROBE_CONNECT, /* refused, unreachable, reset */
	PROBE_TIMEOUT,
	PROBE_TLS,     /* no STARTTLS offered, bad chain, wrong name, old TLS */
	PROBE_NO_AUTH, /* the server offers no AUTH we may use */
	PROBE_ODD,     /* anything else: not an SMTP server, 5xx, garbage */
	PROBE_UNSENDABLE, /* prove: send: AUTH worked, the message did not:
			   * 554 ses:SendRawEmail is missing */
	PROBE__MAX
};
const char *probe_verdict_name(enum probe_verdict v);
/* True for the verdicts that say nothing about the key: try again later. */
bool probe_is_network(enum probe_verdict v);

struct probe_result {
	enum probe_verdict verdict;
	int code;         /* SMTP reply code, 0 when none */
	char reply[128];  /* server's words, control characters removed; or the
			   * TLS/DNS cause; never a credential */
	int64_t at, took; /* ms */
};

struct prove_send {       /* optional message to the mailbox simulator */
	const char *from; /* NULL: AUTH only */
	const char *to;   /* "success@simulator.amazonses.com" */
};

/* One AUTH on one fresh connection. EC_OK whenever a verdict was reached
 * (look at ret->verdict); otherwise EC_NOMEM, EC_BUG, or EC_CONFIG for a host
 * name, CA file or mail address that cannot be used at all. */
MUST enum ec probe_smtp(struct net *n, const struct smtp_peer *peer,
    const struct smtp_cred *cred, const struct prove_send *send,
    int64_t timeout_ms, struct probe_result *ret, struct err *e);

/* Several of these side by side: as long as the slowest of them, not as long
 * as all. Every one has its verdict in `result` when EC_OK is returned. */
struct probe_job {
	const struct smtp_peer *peer;
	const struct smtp_cred *cred;  /* NULL: no login, as probe_reach() */
	const struct prove_send *send; /* or NULL */
	struct probe_result result;
	const char *ca; /* PEM; instead of the peer's ca_file. Or NULL */
	size_t ca_len;
};
MUST enum ec probe_smtp_many(struct net *n, struct probe_job *jobs,
    size_t count, int64_t timeout_ms, struct err *e);

/* The row of a table of base/far.h that answers for all of these. */
enum ec probe_serve(
    struct net *n, const struct buf *ask, struct buf *answer, struct err *e);
#define PROBE_FAR_OP 1 /* its place in that table */

/* Can the endpoint be reached and does it speak verified TLS, without any
 * credential? For --dry-run. Verdict ACCEPTED means: AUTH is offered. */
MUST enum ec probe_reach(struct net *n, const struct smtp_peer *peer,
    int64_t timeout_ms, struct probe_result *ret, struct err *e);

/* Verdict as an error: class, peer, server's words, remedy. user is the key
 * id that was tried, or NULL. Not for PROBE_ACCEPTED, which gives EC_BUG. */
enum ec probe_fail(struct err *e, const struct smtp_peer *peer,
    const char *user, const struct probe_result *r);

#endif
