/*
 * aws_send: one attempt. What is signed and what goes over the wire are made
 * from the same list, so that they cannot differ.
 */
#include <string.h>

#include "base/auto.h"
#include "base/clock.h"
#include "sigv4/aws_error.h"
#include "sigv4/aws_p.h"
#include "sigv4/sign.h"

#define WIRE_MAX   7
#define WIRE_LINE  ((size_t)16 * 1024)
#define SIGNED_MAX 4
#define PATH_BYTES ((size_t)4096)

/* Header lines as sent; the session token among them is secret. */
struct wire {
	struct buf line[WIRE_MAX];
	const char *list[WIRE_MAX + 1];
	size_t n;
};

static void
auto_wire(struct wire *w)
{
	for (size_t i = 0; i < w->n; i++)
		buf_free(&w->line[i]);
}

static enum ec
add_line(struct wire *w, const char *name, const char *value, struct err *e)
{
	struct buf *b = &w->line[w->n];

	*b = BUF(WIRE_LINE);
	w->n++;
	TRY(buf_adds(b, name, e));
	TRY(buf_adds(b, ": ", e));
	TRY(buf_adds(b, value, e));
	w->list[w->n - 1] = buf_str(b);
	return EC_OK;
}

/* Host comes first in the list and is libcurl's own to send. */
static enum ec
add_headers(struct wire *w, const struct sig_header *headers, struct err *e)
{
	for (const struct sig_header *h = headers + 1; h->name != NULL; h++)
		TRY(add_line(w, h->name, h->value, e));
	return EC_OK;
}

static enum ec
add_signature(struct wire *w, const struct aws_cred *cred,
    const struct sig_result *sig, struct err *e)
{
	TRY(add_line(w, "X-Amz-Date", sig->amz_date, e));
	if (cred->token != NULL)
		TRY(add_line(
		    w, "X-Amz-Security-Token", secret_reveal(cred->token), e));
	return add_line(w, "Authorization", buf_str(&sig->authorization), e);
}

static const char *
method_of(const struct aws_call *c)
{
	return c->method != NULL ? c->method : "POST";
}

/* Behind the path of the endpoint, which ends with a slash. */
static const char *
path_of(const struct aws_call *c)
{
	return c->path != NULL ? c->path + 1 : "";
}

static enum ec
sign(const struct aws *a, const struct aws_call *c, const struct endpoint *to,
    const struct sig_header *headers, struct sig_result *ret, struct err *e)
{
	AUTO(buf) struct buf path = BUF(PATH_BYTES);
	struct sig_request q = {
		.method = method_of(c),
		.query = "",
		.headers = headers,
		.body = c->body != NULL ? buf_str(c->body) : NULL,
		.body_len = c->body != NULL ? c->body->len : 0,
	};
	struct sig_context x = {
		.key_id = a->cred->key_id,
		.secret = a->cred->secret,
		.token = a->cred->token,
		.region = to->region,
		.service = to->scope,
		.at = c->at != 0 ? c->at : clock_wall() + a->offset,
	};

	TRY(buf_addf(&path, e, "%s%s", to->path, path_of(c)));
	q.path = buf_str(&path);
	return sig_sign(&q, &x, ret, e);
}

enum ec
aws_send(struct aws *a, const struct aws_call *c, const struct endpoint *to,
    struct http_reply *ret, struct err *e)
{
	struct sig_header headers[SIGNED_MAX] = { { "Host", to->host } };
	AUTO(sig_result) struct sig_result sig = { .signature = "" };
	AUTO(wire) struct wire w = { .n = 0 };
	AUTO(buf) struct buf url = BUF(ENDPOINT_MAX + PATH_BYTES);
	struct http_request q = {
		.method = method_of(c),
		.headers = w.list,
		.body = c->body,
		.ca_file = a->ca_file,
		.body_max = c->body_max,
		.timeout_ms = a->timeout_ms,
		.once = c->resend == AWS_RESEND_UNSENT,
		.keep = AWS_ERROR_KEEP,
	};
	size_t n = 1;

	if (c->content_type != NULL)
		headers[n++] =
		    (struct sig_header){ "Content-Type", c->content_type };
	if (c->target != NULL)
		headers[n++] = (struct sig_header){ "X-Amz-Target", c->target };
	TRY(add_headers(&w, headers, e));
	if (c->header != NULL)
		w.list[w.n++] = c->header;
	if (a->cred->secret != NULL) {
		TRY(sign(a, c, to, headers, &sig, e));
		TRY(add_signature(&w, a->cred, &sig, e));
	}
	TRY(buf_addf(&url, e, "%s/%s", to->url, path_of(c)));
	q.url = buf_str(&url);
	a->calls++;
	return http_do(a->net, &q, ret, e);
}
