/*
 * rest: one call of a JSON service, for the drivers of secret stores.
 *
 * A failure names service, object and remedy; which class an HTTP status is,
 * the driver's own table says before the common one. Nothing is retried: the
 * engine does that.
 */
#ifndef CLIENTS_REST_H
#define CLIENTS_REST_H

#include <stdint.h>

#include "clients/client.h"
#include "clients/json.h"

struct rest_status {
	int status;      /* 0 ends the table */
	enum ec ec;      /* EC_OK: no failure, the driver looks at it */
	const char *fix; /* remedy, or NULL */
};

struct rest_call {
	const char *service;        /* "Vault", for messages */
	const char *object;         /* "secret/data/mail", for messages */
	const char *method;         /* "GET" */
	const char *url;            /* absolute; holds nothing secret */
	const char *const *headers; /* "Name: value", NULL ended; or NULL */
	/* A header with a secret in it: "X-Vault-Token: ", and what follows.
	 * token NULL: none. */
	const char *auth;
	const struct secret *token;
	const char *content_type; /* of body; NULL: application/json */
	const struct buf *body;   /* or NULL */
	/* What goes before the common table, first that of the call, then that
	 * of the service; both or either may be NULL. */
	const struct rest_status *statuses, *service_statuses;
	const char *ca_file; /* or NULL: the system's */
	int64_t timeout_ms;  /* <= 0: 10 s */
	bool reads;          /* changes nothing, so a lost reply is EC_TEMP */
	/* As in base/http.h; all may be NULL or 0. */
	const struct buf *ca;
	const char *tls_name;
	const struct buf *cert;
	const struct secret *cert_key;
	size_t body_max;
	/* Words in the body that may be quoted, such as an id; or NULL. */
	const char *known;
};

struct rest_reply {
	int status; /* also after a failure; 0: there was no reply */
	/* The service's own words, fit to be shown; "" for none. */
	char said[240];
	cJSON *json; /* NULL when the body is empty; owned */
	/* The body itself, after a success: cJSON keeps no number of more than
	 * 15 digits as it is. */
	struct buf text;
};
void auto_rest_reply(struct rest_reply *r);

/*
 * EC_OK: a status of 2xx, or one that the table lets pass, with a body of
 * JSON or none. By the common table: 401 and 403 EC_DENIED, 404 EC_GONE, 409
 * and 412 EC_CONFLICT, 413 EC_CLIENT, 400 and 422 EC_CONFIG, 408, 429 and 503
 * EC_TEMP, other 5xx EC_UNKNOWN (EC_TEMP when it reads), all else EC_PROTO, as
 * is a body that is no JSON (EC_UNKNOWN when it writes). A call whose reply was
 * lost is EC_UNKNOWN (EC_TEMP when it reads). The service's own words are shown
 * as far as heard_show() lets them, and not at all when they quote the token or
 * a value of the body.
 */
MUST enum ec rest_do(const struct client *c, const struct rest_call *q,
    struct rest_reply *ret, struct err *e);

/* Adds the address of an API to ret, without the slashes at its end: a path
 * comes behind it. */
MUST enum ec rest_base(const char *api, struct buf *ret, struct err *e);

/* Adds s to ret, percent-encoded but for unreserved characters (RFC 3986
 * 2.3) and those in keep. */
MUST enum ec rest_escape(
    const char *s, const char *keep, struct buf *ret, struct err *e);

#endif
