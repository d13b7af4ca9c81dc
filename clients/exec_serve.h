/*
 * exec_serve: the other end of exec_protocol.h. What `rotate agent` is asked,
 * and what it answers. Bytes in, bytes out; whoever asks is not trusted.
 */
#ifndef CLIENTS_EXEC_SERVE_H
#define CLIENTS_EXEC_SERVE_H

#include "clients/exec_protocol.h"

struct exec_ask {
	enum exec_action action;
	/* Names, region and peer; drv and conf only after exec_ask_driver().
	 * Their texts belong to the ask. */
	struct client client;
	struct smtp_cred cred; /* of EXEC_WRITE */
	cJSON *json;           /* private */
};
void exec_ask_free(struct exec_ask *a);
void auto_exec_ask(struct exec_ask *a);

/*
 * Understands one request. EC_PROTO: it is not one (no JSON, a name twice, a
 * field missing, of the wrong type or form, a credential where none belongs).
 * EC_CONFIG: another protocol number. *ret is empty then. Whether a credential
 * may be written is left to client_cred_check().
 */
MUST enum ec exec_ask_parse(
    const struct buf *text, struct exec_ask *ret, struct err *e);

/* The driver and its options out of the request into ret->client. EC_CONFIG:
 * see remote_conf_make(). */
MUST enum ec exec_ask_driver(struct exec_ask *a, struct err *e);

/* The reply on one line, added to ret: what went wrong when why->ec says so,
 * else what belongs to the action. It may hold a password. */
MUST enum ec exec_answer(enum exec_action action, const struct err *why,
    const struct exec_reply *reply, struct buf *ret, struct err *e);

#endif
