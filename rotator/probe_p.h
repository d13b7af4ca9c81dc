/*
 * probe_p: what the parts of probe share and nobody else includes.
 *
 * probe.c drives one libcurl handle a probe; probe_dialog.c listens to the
 * server's lines; probe_verdict.c turns the end of a dialogue into a verdict;
 * probe_send.c makes the message of `prove: send`.
 */
#ifndef ROTATOR_PROBE_P_H
#define ROTATOR_PROBE_P_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <curl/curl.h>

#include "base/err.h"
#include "rotator/probe.h"

#define PROBE_REPLY_MAX sizeof(((struct probe_result *)NULL)->reply)

/* What the server has said so far. */
struct dialog {
	CURL *h;
	char reply[PROBE_REPLY_MAX]; /* text of the last reply, made safe */
	char cause[CURL_ERROR_SIZE]; /* libcurl's own words, may be empty */
	size_t lines;
	bool inside;    /* the last line announced that more will follow */
	size_t replies; /* complete ones, the greeting among them */
	bool greeted;   /* EHLO inside TLS is answered */
	bool offers;    /* AUTH with PLAIN or LOGIN, so far in that answer */
	bool offered;   /* it is complete, and 250 */
	bool asked;     /* so now AUTH is sent */
	bool passed;    /* 235 was the answer */
	bool flooded;   /* more or longer lines than a mail server sends */
};

/* Makes d listen to h. d must not move or die before net_done(). */
MUST CURLcode dialog_listen(struct dialog *d, CURL *h);
/* Puts text behind what is in ret, made safe for people and logs: printable
 * ASCII only, and nothing as long as a password. Cut when ret is full. */
void dialog_quote(char ret[PROBE_REPLY_MAX], const char *text, size_t len);

/* Fills verdict, code and reply of ret. */
void verdict_reach(
    const struct dialog *d, CURLcode rc, long code, struct probe_result *ret);

/* probe_smtp_many() by the process of base/far.h. */
MUST enum ec probe_far(const struct net *n, struct probe_job *jobs,
    size_t count, int64_t timeout_ms, struct err *e);

/* One small message to the mailbox simulator. Lives until net_done(). */
struct message {
	char text[1024];
	size_t len, at;
	struct curl_slist *to;
};
/* Makes the message and tells h to send it. EC_CONFIG when from or to is no
 * plain address (nothing could be smuggled into the dialogue). */
MUST enum ec message_prepare(
    struct message *m, CURL *h, const struct prove_send *send, struct err *e);
void message_free(struct message *m);

#endif
