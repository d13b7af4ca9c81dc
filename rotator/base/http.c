/*
 * http: see http.h. The question that matters here is "may the server have
 * acted?". It is answered by what libcurl really wrote (REQUEST_SIZE), never
 * by the kind of error: a time-out may come before or after the request.
 */
#include "base/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/auto.h"
#include "base/clock.h"
#include "base/http_p.h"

#define HEADERS_MAX     ((size_t)64 * 1024)
#define RETRY_AFTER_MAX INT64_C(86400) /* s; more is no sane wish */

static void
auto_slist(struct curl_slist **l)
{
	curl_slist_free_all(*l);
}

/*
 * Plain HTTP shows the request to the network, so it is for sandboxes on this
 * host and for the addresses at which a container or instance gets its
 * credential; these are link-local and speak nothing else. Source: "Container
 * credential provider" and "IMDS credential provider", AWS SDKs and Tools
 * Reference Guide.
 */
static const char *const plain_hosts[] = {
	"localhost",
	"[::1]",
	"169.254.170.2",
	"169.254.170.23",
	"[fd00:ec2::23]",
	"169.254.169.254",
	"[fd00:ec2::254]",
};

static bool
plain_allowed(const char *host)
{
	struct in_addr a;

	if (inet_pton(AF_INET, host, &a) == 1 &&
	    (ntohl(a.s_addr) >> 24) == IN_LOOPBACKNET)
		return true;
	for (size_t i = 0; i < COUNT(plain_hosts); i++)
		if (strcasecmp(host, plain_hosts[i]) == 0)
			return true;
	return false;
}

struct target {
	char peer[HTTP_PEER_MAX]; /* host:port */
	bool plain;
};

static enum ec
parse_url(const char *url, struct target *ret, struct err *e)
{
	AUTO(url) CURLU *u = curl_url();
	AUTO(curl_text) char *scheme = NULL;
	AUTO(curl_text) char *host = NULL;
	AUTO(curl_text) char *port = NULL;

	if (u == NULL)
		return fail(e, EC_NOMEM, "no memory for an address");
	errno = 0;
	if (curl_url_set(u, CURLUPART_URL, url, 0) != CURLUE_OK ||
	    curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
	    curl_url_get(u, CURLUPART_HOST, &host, 0) != CURLUE_OK ||
	    curl_url_get(u, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) !=
		CURLUE_OK)
		return fail_lib(e, EC_CONFIG, "%.200s: not an address", url);
	(void)snprintf(ret->peer, sizeof(ret->peer), "%s:%s", host, port);
	ret->plain = strcmp(scheme, "https") != 0;
	if (!ret->plain || plain_allowed(host))
		return EC_OK;
	(void)fail(e, EC_CONFIG,
	    "%s: %s:// would show the request to "
	    "everybody on the way",
	    ret->peer, scheme);
	return fix(e, "use https://; plain http:// is for this host only");
}

/* What the callbacks see of one exchange. */
struct exchange {
	struct buf body;
	size_t headers;
	bool over;   /* a cap was broken, so the transfer was stopped */
	bool headed; /* the last head began with a status... */
	bool ended;  /* ...and ended with an empty line */
	struct err err;
};

static size_t
take_body(char *p, size_t size, size_t n, void *ctx)
{
	struct exchange *x = ctx;

	if (buf_add(&x->body, p, size * n, &x->err) == EC_OK)
		return size * n;
	x->over = true;
	return 0;
}

static size_t
take_header(char *p, size_t size, size_t n, void *ctx)
{
	struct exchange *x = ctx;

	size *= n;
	/* After 100 Continue another head follows. */
	if ((x->headers == 0 || x->ended) && size >= 5 &&
	    strncasecmp(p, "HTTP/", 5) == 0) {
		x->headed = http_status_line(p, size);
		x->ended = false;
	}
	x->ended |= size > 0 && (*p == '\r' || *p == '\n');
	x->headers += size;
	if (x->headers <= HEADERS_MAX)
		return size;
	x->over = true;
	return 0;
}

/*
 * "Expect:" without a value keeps libcurl from waiting for 100 Continue, and
 * "Content-Type:" from claiming a form; a caller's own line wins.
 */
static struct curl_slist *
header_list(const char *const *headers, const struct http_alias *a)
{
	struct curl_slist *l = NULL;
	bool typed = false, ok = slist_append(&l, "Expect:");

	if (ok && *a->host != '\0')
		ok = slist_append(&l, a->host);

	for (; ok && headers != NULL && *headers != NULL; headers++) {
		typed |= strncasecmp(*headers, "Content-Type:", 13) == 0;
		ok = slist_append(&l, *headers);
	}
	if (ok && !typed)
		ok = slist_append(&l, "Content-Type:");
	if (ok)
		return l;
	curl_slist_free_all(l);
	return NULL;
}

static CURLcode
set_body(CURL *h, const struct http_request *q)
{
	CURLcode rc;

	if (q->body == NULL && strcmp(q->method, "GET") == 0)
		return curl_easy_setopt(h, CURLOPT_HTTPGET, 1L);
	rc = curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE_LARGE,
	    q->body != NULL ? (curl_off_t)q->body->len : (curl_off_t)0);
	if (rc == CURLE_OK)
		rc = curl_easy_setopt(h, CURLOPT_POSTFIELDS,
		    q->body != NULL ? buf_str(q->body) : "");
	if (rc == CURLE_OK)
		rc = curl_easy_setopt(h, CURLOPT_CUSTOMREQUEST, q->method);
	return rc;
}

static CURLcode
set_sinks(CURL *h, struct exchange *x)
{
	CURLcode rc;

	rc = curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, take_body);
	if (rc == CURLE_OK)
		rc = curl_easy_setopt(h, CURLOPT_WRITEDATA, x);
	if (rc == CURLE_OK)
		rc = curl_easy_setopt(h, CURLOPT_HEADERFUNCTION, take_header);
	if (rc == CURLE_OK)
		rc = curl_easy_setopt(h, CURLOPT_HEADERDATA, x);
	return rc;
}

static enum ec
prepare(struct net *n, CURL *h, const struct http_request *q,
    const struct target *t, const struct http_alias *a,
    const struct curl_slist *headers, struct exchange *x, struct err *e)
{
	CURLcode rc;

	if (h == NULL || headers == NULL)
		return fail(e, EC_NOMEM, "no memory for a request");
	rc = set_body(h, q);
	if (rc == CURLE_OK)
		rc = set_sinks(h, x);
	if (rc == CURLE_OK)
		rc = http_tls_set(n, h, q, a);
	if (rc == CURLE_OK)
		rc = curl_easy_setopt(
		    h, CURLOPT_URL, a->url != NULL ? a->url : q->url);
	if (rc == CURLE_OK)
		rc = curl_easy_setopt(h, CURLOPT_HTTPHEADER, headers);
	if (rc == CURLE_OK && q->once)
		rc = curl_easy_setopt(h, CURLOPT_FRESH_CONNECT, 1L);
	/* A proxy would see a plain request whole. */
	if (rc == CURLE_OK && t->plain)
		rc = curl_easy_setopt(h, CURLOPT_PROXY, "");
	return rc == CURLE_OK ? EC_OK : net_fail(e, h, rc, t->peer);
}

static enum ec
fail_exchange(struct err *e, CURL *h, CURLcode rc, const struct exchange *x,
    const struct target *t, bool once)
{
	if (x->over) {
		(void)fail(e, EC_UNKNOWN,
		    "%s: reply is over the limit of "
		    "%zu bytes",
		    t->peer, x->body.max);
		return fix(e,
		    "check that the address is right, and no proxy "
		    "answers for it");
	}
	(void)net_fail(e, h, rc, t->peer);
	http_blame_proxy(e, h, t->peer);
	if (!http_never_left(h, rc, t->plain, once))
		e->ec = EC_UNKNOWN;
	return e->ec;
}

/* A connection that ends amid the head is a success to libcurl (curl 7.88.1
 * lib/http.c, Curl_http_done), as is a head without a status. */
static enum ec
fail_head(struct err *e, const struct target *t)
{
	(void)fail(e, EC_UNKNOWN, "%s: the reply has no whole head", t->peer);
	return fix(e,
	    "nothing: it is looked up; if it stays, check any proxy on the "
	    "way");
}

static const char *
header(CURL *h, const char *name)
{
	struct curl_header *found;

	if (curl_easy_header(h, name, 0, CURLH_HEADER, -1, &found) == CURLHE_OK)
		return found->value;
	return NULL;
}

/* Seconds or a date (RFC 9110 10.2.3); -1 when neither. */
static int64_t
retry_after(const char *s, int64_t now)
{
	char *end;
	long n;
	int64_t at;

	if (s == NULL)
		return -1;
	errno = 0;
	n = strtol(s, &end, 10);
	if (end != s && *end == '\0' && errno == 0 && n >= 0)
		return (n < RETRY_AFTER_MAX ? n : RETRY_AFTER_MAX) * 1000;
	at = clock_parse_http(s);
	return at < 0 ? -1 : (at > now ? at - now : 0);
}

static void
keep_headers(CURL *h, const struct http_request *q, struct http_reply *ret)
{
	for (size_t i = 0; i < HTTP_KEEP && q->keep[i] != NULL; i++) {
		const char *v = header(h, q->keep[i]);

		/* libcurl leaves the line end in an empty value. */
		if (v != NULL && strlen(v) < sizeof(ret->kept[i]) &&
		    strpbrk(v, "\r\n") == NULL)
			(void)snprintf(
			    ret->kept[i], sizeof(ret->kept[i]), "%s", v);
	}
}

static void
read_reply(CURL *h, const struct http_request *q, struct exchange *x,
    int64_t sent, struct http_reply *ret)
{
	const char *date = header(h, "Date");
	int64_t got = clock_wall();
	long status = 0;

	(void)curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, &status);
	*ret = (struct http_reply){
		.status = (int)status,
		.body = x->body,
		.date = date != NULL ? clock_parse_http(date) : -1,
		.retry_after = retry_after(header(h, "Retry-After"), got),
		.sent = sent,
		.got = got,
		.aged = header(h, "Age") != NULL,
	};
	x->body = BUF(0);
	keep_headers(h, q, ret);
}

static enum ec
exchange_run(struct net *n, CURL *h, const struct http_request *q,
    const struct target *t, const struct http_alias *a, struct http_reply *ret,
    struct err *e)
{
	AUTO(slist) struct curl_slist *headers = header_list(q->headers, a);
	struct exchange x = { .body = BUF(q->body_max > 0 ? q->body_max
							  : HTTP_BODY_MAX) };
	int64_t sent = clock_wall();
	CURLcode rc;
	enum ec ec = prepare(n, h, q, t, a, headers, &x, e);

	if (ec == EC_OK) {
		rc = net_perform(n, h, q->timeout_ms);
		if (rc == CURLE_OK && x.headed && x.ended)
			read_reply(h, q, &x, sent, ret);
		else if (rc == CURLE_OK)
			ec = fail_head(e, t);
		else
			ec = fail_exchange(e, h, rc, &x, t, q->once);
	}
	buf_free(&x.body);
	return ec;
}

enum ec
http_do(struct net *n, const struct http_request *q, struct http_reply *ret,
    struct err *e)
{
	struct target t = { .plain = false };

	if (net_far(n) == NULL)
		return http_here(n, q, ret, e);
	TRY(parse_url(q->url, &t, e));
	return http_far(n, q, t.peer, ret, e);
}

enum ec
http_here(struct net *n, const struct http_request *q, struct http_reply *ret,
    struct err *e)
{
	AUTO(http_alias) struct http_alias a = { .url = NULL };
	struct target t = { .plain = false };
	CURL *h;
	enum ec ec;

	TRY(parse_url(q->url, &t, e));
	TRY(http_alias(q, &a, e));
	h = net_handle(n, q->ca_file);
	ec = exchange_run(n, h, q, &t, &a, ret, e);
	net_done(n, h);
	return ec;
}

void
http_reply_free(struct http_reply *r)
{
	buf_free(&r->body);
}

void
auto_http_reply(struct http_reply *r)
{
	http_reply_free(r);
}
