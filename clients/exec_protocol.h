/*
 * exec_protocol: what drv_exec says to an outside program and hears from it,
 * as JSON. Bytes in, bytes out. The protocol is described in
 * clients/README.md.
 */
#ifndef CLIENTS_EXEC_PROTOCOL_H
#define CLIENTS_EXEC_PROTOCOL_H

#include "clients/client.h"
#include "clients/json.h"

#define EXEC_REPLY_MAX ((size_t)64 * 1024)

enum exec_action { EXEC_PLAN, EXEC_READ, EXEC_WRITE, EXEC_ACTIVATE };
#define EXEC_ACTIONS  4
#define EXEC_PROTOCOL 1

/* The words for these on the wire. */
extern const char *const exec_actions[EXEC_ACTIONS];
extern const char *const exec_tls[2]; /* by enum smtp_tls */
/* The word for a class; "" for those that the protocol does not tell apart. */
const char *exec_class(enum ec ec);

struct exec_reply {
	struct client_plan plan; /* of EXEC_PLAN; made printable */
	struct smtp_cred cred;   /* of EXEC_READ */
};
void auto_exec_reply(struct exec_reply *r);

/*
 * The request on one line. "protocol" and "action" come first and
 * "credential" last, which simple scripts rely on. cred goes into
 * EXEC_WRITE only. options: name, value, ..., NULL; or NULL.
 */
MUST enum ec exec_request(const struct client *c, enum exec_action action,
    const char *const *options, const struct smtp_cred *cred, struct buf *ret,
    struct err *e);

/*
 * The same for `rotate agent` on another host, which is told with every
 * request what to use there: driver is what remote_conf_json() made.
 */
MUST enum ec exec_request_driver(const struct client *c,
    enum exec_action action, const cJSON *driver, const struct smtp_cred *cred,
    struct buf *ret, struct err *e);

/*
 * Understands a reply. EC_PROTO: it is not one, the text names `program`.
 * When it says "ok": false, the class and the texts of the program come back
 * as the error, made printable, and withheld when an SMTP password is in
 * them. *ret_heard tells the two apart: whether it was a reply at all.
 */
MUST enum ec exec_reply_parse(const struct buf *text, const char *program,
    enum exec_action action, struct exec_reply *ret, bool *ret_heard,
    struct err *e);

#endif
