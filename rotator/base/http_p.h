/* http_p: what the http*.c files share. */
#ifndef BASE_HTTP_P_H
#define BASE_HTTP_P_H

#include "base/http.h"

#define HTTP_PEER_MAX 280

/* http_do() in this process, and by the one of far.h; the classes are those of
 * http.h. peer: host:port, for errors. */
MUST enum ec http_here(struct net *n, const struct http_request *q,
    struct http_reply *ret, struct err *e);
MUST enum ec http_far(const struct net *n, const struct http_request *q,
    const char *peer, struct http_reply *ret, struct err *e);

void auto_url(CURLU **u);
void auto_curl_text(char **s);
bool slist_append(struct curl_slist **l, const char *line);

/*
 * The way to a peer whose certificate bears another name than its address:
 * the address is asked for under that name, the connection goes where it
 * went. Without such a name all is empty.
 */
struct http_alias {
	char *url; /* or NULL: that of the request */
	struct curl_slist *connect_to;
	char host[HTTP_PEER_MAX + 8]; /* a header line, or "" */
};
MUST enum ec http_alias(
    const struct http_request *q, struct http_alias *ret, struct err *e);
void auto_http_alias(struct http_alias *a);

/* Surely nothing of the request of h, which ended with rc, was read by its
 * peer. plain: without TLS; once: no connection was reused. */
bool http_never_left(CURL *h, CURLcode rc, bool plain, bool once);
/* Says in *e that it was the proxy, if it was: nobody else answers a
 * CONNECT. */
void http_blame_proxy(struct err *e, CURL *h, const char *peer);

/* Is this line, with its end, a status line as RFC 9112 has it? */
bool http_status_line(const char *p, size_t n);

/* Trust and proof of one request, on top of net_handle()'s rules. */
CURLcode http_tls_set(struct net *n, CURL *h, const struct http_request *q,
    const struct http_alias *a);

#endif
