/* https_reply: send an answer as its exchange wants it delivered. */
#include "https.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <microhttpd.h>

#include "base/auto.h"
#include "util.h"

void
exchange_answer(
    struct exchange *x, int status, const char *type, char *text, size_t len)
{
	free(x->text);
	x->status = status;
	x->type = type;
	x->text = text;
	x->text_len = len;
}

void
exchange_free(struct exchange *x)
{
	form_free(&x->form);
	free(x->call.message);
	free(x->query);
	free(x->body);
	free(x->text);
	free(x->location);
	free(x);
}

/*
 * A connection that is torn down under TLS: connect(2) to AF_UNSPEC makes
 * Linux send the reset at once, before MHD could take its leave politely.
 */
static enum MHD_Result
reset(struct MHD_Connection *c)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct sockaddr none = { .sa_family = AF_UNSPEC };

	if (info != NULL)
		(void)connect(info->connect_fd, &none, sizeof(none));
	return MHD_NO;
}

struct drip {
	struct sandbox *s;
	char *text;
	uint64_t stop;
	unsigned ms;
};

static ssize_t
drip_read(void *cls, uint64_t pos, char *buf, size_t max)
{
	struct drip *d = cls;
	size_t n = d->ms > 0 ? 1 : max;

	if (pos >= d->stop)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (d->ms > 0 && sandbox_nap(d->s, d->ms))
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (n > d->stop - pos)
		n = (size_t)(d->stop - pos);
	memcpy(buf, d->text + pos, n);
	return (ssize_t)n;
}

static void
drip_free(void *cls)
{
	struct drip *d = cls;

	free(d->text);
	free(d);
}

static struct MHD_Response *
response(struct exchange *x)
{
	struct drip *d;
	char *text = TAKE(x->text);

	if (x->delivery == SEND_WHOLE)
		return must(MHD_create_response_from_buffer(
		    x->text_len, text, MHD_RESPMEM_MUST_FREE));
	d = must_alloc(sizeof(*d));
	d->s = x->s;
	d->text = text;
	d->ms = x->drip_ms;
	d->stop = x->delivery == SEND_HALF ? x->text_len / 2 : x->text_len;
	return must(MHD_create_response_from_callback(
	    x->text_len, 512, drip_read, d, drip_free));
}

enum MHD_Result
https_send(struct exchange *x, struct MHD_Connection *c)
{
	struct MHD_Response *r;
	enum MHD_Result ok;
	char date[64];

	if (x->delivery == SEND_RESET || x->text == NULL)
		return reset(c);
	r = response(x);
	{
		LOCKED(x->s);
		date_text(sandbox_now_locked(x->s) + x->date_skew, DATE_HTTP,
		    date, sizeof(date));
	}
	if (!x->no_date)
		(void)MHD_add_response_header(r, "Date", date);
	(void)MHD_add_response_header(r, "x-amzn-RequestId", x->call.id);
	(void)MHD_add_response_header(r, "Content-Type", x->type);
	if (x->location != NULL)
		(void)MHD_add_response_header(r, "Location", x->location);
	ok = MHD_queue_response(c, (unsigned)x->status, r);
	MHD_destroy_response(r);
	return ok;
}
