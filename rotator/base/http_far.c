/*
 * http_far: a request goes to the network process and its reply comes back.
 * The two ends of it, side by side, so that they stay alike.
 *
 * A file of certificates goes along as its bytes: that process may not read
 * what an operator names.
 */
#include <stdlib.h>

#include "base/auto.h"
#include "base/far.h"
#include "base/file.h"
#include "base/http_p.h"
#include "base/wire.h"

#define HEADERS_MAX 64
#define TIMEOUT_MS  10000 /* as net.c */
/* Beyond the limit that it keeps itself: a busy machine, a tracer. */
#define SLACK_MS   20000
#define STATUS_MAX 9999

/* ---- here -------------------------------------------------------------- */

static enum ec
put_headers(struct buf *b, const char *const *headers, struct err *e)
{
	for (; headers != NULL && *headers != NULL; headers++)
		TRY(wire_put_text(b, *headers, e));
	return wire_put_text(b, NULL, e);
}

static enum ec
put_buf(struct buf *b, const struct buf *p, struct err *e)
{
	return wire_put_bytes(
	    b, p != NULL ? buf_str(p) : NULL, p != NULL ? p->len : 0, e);
}

/* What cannot be read goes as its name: libcurl's error is the one that an
 * operator knows. */
static enum ec
put_trust(struct buf *b, const struct http_request *q, const char *ca_file,
    struct err *e)
{
	AUTO(buf) struct buf pem = BUF(FILE_MAX_BYTES);
	enum ec ec = EC_GONE;

	if (q->ca == NULL && ca_file != NULL)
		ec = file_read(ca_file, &pem, e);
	TRY_MEMORY(ec);
	if (ec != EC_OK) {
		TRY(wire_put_text(b, ca_file, e));
		return put_buf(b, q->ca, e);
	}
	TRY(wire_put_text(b, NULL, e));
	return put_buf(b, &pem, e);
}

static enum ec
put_request(struct buf *b, const struct net *n, const struct http_request *q,
    struct err *e)
{
	const struct secret *key = q->cert_key;

	TRY(wire_put_text(b, q->method, e));
	TRY(wire_put_text(b, q->url, e));
	TRY(put_headers(b, q->headers, e));
	TRY(put_buf(b, q->body, e));
	TRY(put_trust(
	    b, q, q->ca_file != NULL ? q->ca_file : net_ca_file(n), e));
	TRY(wire_put_text(b, q->tls_name, e));
	TRY(put_buf(b, q->cert, e));
	TRY(wire_put_bytes(b, key != NULL ? secret_reveal(key) : NULL,
	    key != NULL ? secret_len(key) : 0, e));
	TRY(wire_put(b, (int64_t)q->body_max, e));
	TRY(wire_put(b, q->timeout_ms, e));
	TRY(wire_put(b, q->once, e));
	for (size_t i = 0; i < HTTP_KEEP; i++)
		TRY(wire_put_text(b, q->keep[i], e));
	return EC_OK;
}

static enum ec
get_reply(struct wire *w, size_t max, struct http_reply *ret, struct err *e)
{
	struct http_reply r = { .status = (int)wire_get(w, 0, STATUS_MAX),
		.body = BUF(max) };
	const char *body;
	size_t n;

	body = wire_get_bytes(w, &n);
	r.date = wire_get(w, -1, INT64_MAX);
	r.retry_after = wire_get(w, -1, INT64_MAX);
	r.sent = wire_get(w, INT64_MIN, INT64_MAX);
	r.got = wire_get(w, INT64_MIN, INT64_MAX);
	r.aged = wire_get(w, 0, 1) != 0;
	for (size_t i = 0; i < HTTP_KEEP; i++)
		wire_get_into(w, r.kept[i], sizeof(r.kept[i]));
	if (!wire_done(w))
		return EC_PROTO;
	if (body != NULL)
		TRY(buf_add(&r.body, body, n, e));
	*ret = r;
	return EC_OK;
}

static enum ec
get_answer(const struct buf *answer, const struct http_request *q,
    struct http_reply *ret, struct err *e)
{
	const size_t max = q->body_max > 0 ? q->body_max : HTTP_BODY_MAX;
	struct err told = { .ec = EC_OK };
	struct wire w;

	wire_open(&w, answer);
	wire_get_err(&w, &told);
	if (told.ec != EC_OK && wire_done(&w)) {
		*e = told;
		return e->ec;
	}
	if (told.ec == EC_OK && get_reply(&w, max, ret, e) == EC_OK)
		return EC_OK;
	return fail(e, EC_UNKNOWN, "no answer, but what is none");
}

enum ec
http_far(const struct net *n, const struct http_request *q, const char *peer,
    struct http_reply *ret, struct err *e)
{
	const int64_t limit = q->timeout_ms > 0 ? q->timeout_ms : TIMEOUT_MS;
	AUTO(buf) struct buf ask = BUF(FAR_MAX);
	AUTO(buf) struct buf answer = BUF(FAR_MAX);
	enum ec ec;

	TRY(put_request(&ask, n, q, e));
	ec = far_call(
	    net_far(n), HTTP_FAR_OP, &ask, &answer, limit + SLACK_MS, e);
	if (ec != EC_OK)
		return err_prefix(e, "%s", peer);
	return get_answer(&answer, q, ret, e);
}

/* ---- there ------------------------------------------------------------- */

/* A request whose parts lie in the question. */
struct asked {
	struct http_request q;
	const char *headers[HEADERS_MAX + 1];
	struct buf body, ca, cert;
	struct secret *key;
};

static void
auto_asked(struct asked *a)
{
	secret_free(a->key);
}

static const struct buf *
get_buf(struct wire *w, struct buf *ret)
{
	const char *p = wire_get_bytes(w, &ret->len);
	char *q;

	/* Nobody writes through it. */
	memcpy(&q, &p, sizeof(q));
	ret->p = q;
	return p != NULL ? ret : NULL;
}

static void
get_headers(struct wire *w, struct asked *ret)
{
	size_t n = 0;
	const char *s;

	while ((s = wire_get_text(w)) != NULL && n < HEADERS_MAX)
		ret->headers[n++] = s;
	w->bad = w->bad || s != NULL;
	ret->q.headers = ret->headers;
}

static enum ec
get_key(struct wire *w, struct asked *ret, struct err *e)
{
	size_t n;
	const char *p = wire_get_bytes(w, &n);

	if (p == NULL)
		return EC_OK;
	TRY(secret_new(p, n, &ret->key, e));
	ret->q.cert_key = ret->key;
	return EC_OK;
}

static enum ec
get_request(const struct buf *ask, struct asked *ret, struct err *e)
{
	struct http_request *q = &ret->q;
	struct wire w;

	wire_open(&w, ask);
	q->method = wire_get_text(&w);
	q->url = wire_get_text(&w);
	get_headers(&w, ret);
	q->body = get_buf(&w, &ret->body);
	q->ca_file = wire_get_text(&w);
	q->ca = get_buf(&w, &ret->ca);
	q->tls_name = wire_get_text(&w);
	q->cert = get_buf(&w, &ret->cert);
	TRY(get_key(&w, ret, e));
	q->body_max = (size_t)wire_get(&w, 0, (int64_t)FAR_MAX);
	q->timeout_ms = wire_get(&w, INT64_MIN, INT64_MAX);
	q->once = wire_get(&w, 0, 1) != 0;
	for (size_t i = 0; i < HTTP_KEEP; i++)
		q->keep[i] = wire_get_text(&w);
	if (wire_done(&w) && q->method != NULL && q->url != NULL)
		return EC_OK;
	return fail(e, EC_BUG, "a request that is none");
}

static enum ec
put_reply(struct buf *b, const struct http_reply *r, struct err *e)
{
	TRY(wire_put(b, r->status, e));
	TRY(put_buf(b, &r->body, e));
	TRY(wire_put(b, r->date, e));
	TRY(wire_put(b, r->retry_after, e));
	TRY(wire_put(b, r->sent, e));
	TRY(wire_put(b, r->got, e));
	TRY(wire_put(b, r->aged, e));
	for (size_t i = 0; i < HTTP_KEEP; i++)
		TRY(wire_put_text(b, r->kept[i], e));
	return EC_OK;
}

enum ec
http_serve(
    struct net *n, const struct buf *ask, struct buf *answer, struct err *e)
{
	AUTO(asked) struct asked a = { .key = NULL };
	AUTO(http_reply) struct http_reply r = { .status = 0 };
	struct err told = { .ec = EC_OK };

	told.ec = get_request(ask, &a, &told);
	if (told.ec != EC_OK && told.ec != EC_NOMEM) {
		*e = told;
		return e->ec;
	}
	if (told.ec == EC_OK)
		told.ec = http_here(n, &a.q, &r, &told);
	if (told.ec != EC_OK)
		return wire_put_err(answer, &told, e);
	told = (struct err){ .ec = EC_OK };
	TRY(wire_put_err(answer, &told, e));
	return put_reply(answer, &r, e);
}
