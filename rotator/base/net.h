/*
 * net: libcurl, set up once for the whole process.
 *
 * A multi handle a thread lives as long as the process, so that connections
 * are reused; the CA bundle (78 ms to parse) is loaded once. Every transfer
 * gets the same rules: certificate chain and host name verified, TLS 1.2 or
 * later, time limits, no signals, no redirects, no cookies, no .netrc, no
 * verbose trace. A proxy is used when libcurl's own variables name one
 * (HTTPS_PROXY, NO_PROXY); it sees host names, never content.
 */
#ifndef BASE_NET_H
#define BASE_NET_H

#include <stdint.h>

#include <curl/curl.h>

#include "base/err.h"

struct net;
struct far;

/* ca_file: extra trust anchor instead of the system's, or NULL. EC_CONFIG
 * when it cannot be read. secret_init() must have been called before. */
MUST enum ec net_new(const char *ca_file, struct net **ret, struct err *e);
/* All transfers are done by that process, which belongs to the net now, also on
 * failure. Only http_do() and probe_smtp_many() can be used then. ca_file and
 * classes as net_new(). */
MUST enum ec net_new_far(
    struct far *far, const char *ca_file, struct net **ret, struct err *e);
/*
 * Another one of the same kind for another thread: connections of its own, and
 * the same trust anchors, read once. To be asked for by the thread that uses n;
 * the two may be freed in any order. EC_NOMEM; as far_share().
 */
MUST enum ec net_share(struct net *n, struct net **ret, struct err *e);
struct far *net_far(const struct net *n);     /* NULL: done here */
const char *net_ca_file(const struct net *n); /* or NULL */
void net_free(struct net *n);                 /* NULL is fine */
void auto_net(struct net **n);

/*
 * A handle with the common rules applied and nothing of an earlier transfer
 * in it; HTTP and HTTPS only, until the caller sets CURLOPT_PROTOCOLS_STR.
 * ca_file overrides the one of net_new() for this handle when not NULL. Owned
 * by the caller, given back with net_done(). NULL: no memory.
 */
CURL *net_handle(struct net *n, const char *ca_file);
void net_done(struct net *n, CURL *h); /* NULL is fine */

/* For h these PEM certificates are the only trust anchors. They are not copied
 * and must live as long as h. */
CURLcode net_trust_only(struct net *n, CURL *h, const char *pem, size_t len);

/* Runs h to its end on the shared multi handle; the result as curl says it.
 * timeout_ms is the total limit, connect included. A CURLOPT_CONNECT_ONLY
 * connection stays usable (curl_easy_send) until net_done(). */
CURLcode net_perform(struct net *n, CURL *h, int64_t timeout_ms);
/* Runs them all side by side; rets[i] is the result of h[i]. */
void net_perform_all(
    struct net *n, CURL **h, CURLcode *rets, size_t count, int64_t timeout_ms);

/*
 * Fills *e from a failed transfer, with peer and remedy, and returns its
 * class: EC_TEMP for what may pass (name lookup, connect, time-out, reset,
 * a broken handshake), EC_PROTO for a certificate that does not prove the
 * peer or a missing STARTTLS, EC_CONFIG for a CA file that cannot be used,
 * EC_NOMEM. Says nothing about whether a request had been sent.
 */
enum ec net_fail(struct err *e, CURL *h, CURLcode rc, const char *peer);

#endif
