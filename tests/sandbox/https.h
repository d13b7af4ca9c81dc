/*
 * https: the port that is both IAM and STS. Which of the two is told by the
 * credential scope of the signature, as one endpoint URL serves both.
 */
#ifndef SANDBOX_HTTPS_H
#define SANDBOX_HTTPS_H

#include <stdint.h>

#include <microhttpd.h>

#include "faults.h"
#include "iam.h"
#include "sandbox.h"

/* How the answer leaves: whole, cut by a reset, half, or byte by byte. */
enum delivery { SEND_WHOLE, SEND_RESET, SEND_HALF, SEND_DRIP };

/* One request with everything that faults may bend. */
struct exchange {
	struct sandbox *s;
	char *query; /* raw, without '?' */
	char *body;
	size_t body_len;
	bool started, too_big;
	char fault[32]; /* for the log */
	char peer[INET_ADDRSTRLEN];
	struct form form;
	struct iam_call call;

	/* The answer. */
	int status;
	char *text; /* owned */
	size_t text_len;
	const char *type;
	char *location; /* owned */
	enum delivery delivery;
	unsigned drip_ms;
	bool no_date;
	long date_skew;
};

void exchange_free(struct exchange *x);

/* Do the action, unless a fault says otherwise, and fill the answer. */
void https_treat(struct exchange *x);

/* Replace the text of the answer; takes ownership. */
void exchange_answer(
    struct exchange *x, int status, const char *type, char *text, size_t len);

/* Log it: event is "call", or "late" for an effect after the connection. */
void https_note(struct exchange *x, const char *event, const char *action);

/* Send it, or cut the connection. */
enum MHD_Result https_send(struct exchange *x, struct MHD_Connection *c);

/* Listen on s->address:*port, 0 for any; *port is then the real one. Exits the
 * program when that fails. */
struct MHD_Daemon *https_start(struct sandbox *s, uint16_t *port,
    const char *cert_pem, const char *key_pem);

#endif
