/*
 * http: one request, one reply, limits set.
 *
 * No retry here (the caller knows what may be resent), no redirects at all:
 * a redirect is returned as its 3xx status. Bodies are capped and wiped.
 */
#ifndef BASE_HTTP_H
#define BASE_HTTP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/net.h"
#include "base/secret.h"

#define HTTP_BODY_MAX ((size_t)256 * 1024)
#define HTTP_KEEP     2
#define HTTP_KEEP_MAX 128

struct http_request {
	const char *method;         /* "POST" */
	const char *url;            /* absolute */
	const char *const *headers; /* "Name: value", NULL ended, or NULL */
	const struct buf *body;     /* or NULL */
	const char *ca_file;        /* or NULL: that of the net */
	const struct buf *ca;       /* PEM; instead of any ca_file. Or NULL */
	/* The name that its certificate bears, when it is not that in url. */
	const char *tls_name;
	/* Who we are, in PEM: a certificate with its chain, and its key. A
	 * connection is never reused for another certificate. Or both NULL. */
	const struct buf *cert;
	const struct secret *cert_key;
	size_t body_max;    /* of the reply; 0: HTTP_BODY_MAX */
	int64_t timeout_ms; /* <= 0: 10 s */
	bool once; /* never on a reused connection: when one turns out dead,
		    * libcurl resends there by itself, a POST included
		    * (curl 7.88.1 lib/transfer.c, Curl_retry_request) */
	/* Names of reply headers whose values are wanted; NULL: no more. */
	const char *keep[HTTP_KEEP];
};

struct http_reply {
	int status;
	struct buf body;
	int64_t date;        /* server's Date in ms, -1 when absent */
	int64_t retry_after; /* ms, -1 when absent */
	int64_t sent, got;   /* our wall clock, ms, around the exchange */
	bool aged;           /* an Age header: Date is a cache's, no clock */
	/* Values of keep, the first when it comes twice; "" when absent or
	 * longer than fits. As the peer wrote them: not for people. */
	char kept[HTTP_KEEP][HTTP_KEEP_MAX];
};

/*
 * EC_OK: a complete reply came, whatever its status; free it. Failures leave
 * *ret untouched: EC_TEMP, the request surely never left (name lookup,
 * connect, TLS handshake); EC_PROTO, likewise, because the peer did not prove
 * who it is; EC_CONFIG, likewise (address refused: plain http:// is for
 * loopback and the link-local credential endpoints only; cert, cert_key or ca
 * cannot be used, an encrypted key for example); EC_UNKNOWN, it may
 * have been carried out (reply lost, cut off, or over a cap). `what` names
 * the peer as host:port. Without `once` a dead connection may have been
 * retried already.
 */
MUST enum ec http_do(struct net *n, const struct http_request *q,
    struct http_reply *ret, struct err *e);
/* The row of a table of far.h that answers for http_do(). */
enum ec http_serve(
    struct net *n, const struct buf *ask, struct buf *answer, struct err *e);
#define HTTP_FAR_OP 0 /* its place in that table */

void http_reply_free(struct http_reply *r);
void auto_http_reply(struct http_reply *r);

#endif
