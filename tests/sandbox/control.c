/* control: the HTTP side. The commands are in control_run.c. */
#include "control.h"

#include <stdlib.h>
#include <string.h>

#include <microhttpd.h>

#include "base/auto.h"
#include "listener.h"
#include "util.h"

#define BODY_MAX ((size_t)1024 * 1024)

struct body {
	char *text;
	size_t len;
};

static const char *
query_arg(void *ctx, const char *name)
{
	return MHD_lookup_connection_value(ctx, MHD_GET_ARGUMENT_KIND, name);
}

static enum MHD_Result
answer(struct MHD_Connection *c, int status, char *text)
{
	struct MHD_Response *r = must(MHD_create_response_from_buffer(
	    strlen(text), text, MHD_RESPMEM_MUST_FREE));
	enum MHD_Result ok;

	(void)MHD_add_response_header(r, "Content-Type", "application/json");
	ok = MHD_queue_response(c, (unsigned)status, r);
	MHD_destroy_response(r);
	return ok;
}

static enum MHD_Result
take(struct body *b, const char *data, size_t *len)
{
	if (b->len + *len > BODY_MAX)
		return MHD_NO;
	b->text = must(realloc(b->text, b->len + *len + 1));
	memcpy(b->text + b->len, data, *len);
	b->len += *len;
	b->text[b->len] = '\0';
	*len = 0;
	return MHD_YES;
}

static enum MHD_Result
handle(void *cls, struct MHD_Connection *c, const char *url, const char *method,
    const char *version, const char *data, size_t *len, void **con)
{
	AUTO(free) char *path = NULL;
	struct body *b = *con;
	char *text;
	int status = 200;

	(void)version;
	if (b == NULL) {
		*con = b = must_alloc(sizeof(*b));
		b->text = fmt("%s", "");
		return MHD_YES;
	}
	if (*len > 0)
		return take(b, data, len);
	path = fmt("%s", url);
	text = control_run(cls, method, path, b->text, query_arg, c, &status);
	return answer(c, status, text);
}

static void
done(void *cls, struct MHD_Connection *c, void **con,
    enum MHD_RequestTerminationCode why)
{
	struct body *b = *con;

	(void)cls;
	(void)c;
	(void)why;
	if (b != NULL)
		free(b->text);
	free(b);
	*con = NULL;
}

struct MHD_Daemon *
control_start(struct sandbox *s, uint16_t *port)
{
	int fd = listener_open(listener_loopback(), port);
	struct MHD_Daemon *d =
	    MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL, 0,
		NULL, NULL, handle, s, MHD_OPTION_LISTEN_SOCKET, fd,
		MHD_OPTION_NOTIFY_COMPLETED, done, NULL, MHD_OPTION_END);

	if (d == NULL)
		die("cannot start the control server on port %u", *port);
	return d;
}
