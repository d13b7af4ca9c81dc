/* https: from the wire to a checked call, and back. Faults: https_fault.c,
 * sending: https_reply.c. */
#include "https.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <microhttpd.h>

#include "listener.h"
#include "util.h"
#include "verify.h"

#define BODY_MAX    ((size_t)1024 * 1024)
#define HEADERS_MAX 64

static void
answer_error(struct exchange *x, const char *service, struct refusal no)
{
	char *text =
	    iam_error(service, no.status, no.code, no.message, x->call.id);

	exchange_answer(x, no.status, "text/xml", text, strlen(text));
	free(no.message);
}

struct headers {
	struct header list[HEADERS_MAX];
	size_t n;
};

static enum MHD_Result
collect(void *cls, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct headers *h = cls;

	(void)kind;
	if (h->n < HEADERS_MAX)
		h->list[h->n++] =
		    (struct header){ name, value != NULL ? value : "" };
	return MHD_YES;
}

static struct refusal
refusal(int status, const char *code, char *message)
{
	return (struct refusal){ status, code, message };
}

static struct refusal
bad_token(void)
{
	return refusal(403, "InvalidClientTokenId",
	    fmt("The security token included in the request is invalid."));
}

/* Only the operator may be given a session token (knob session_token). */
static bool
token_fits(struct sandbox *s, const struct signed_request *r, const char *user)
{
	const char *sent = request_header(r, "x-amz-security-token");
	const char *want = strcmp(user, OPERATOR) == 0
	    ? knob_text_locked(s, "session_token")
	    : "";

	return strcmp(sent != NULL ? sent : "", want) == 0;
}

/* The regional STS endpoints sign with their own region, IAM never does. */
static const char *
region_wanted(
    struct sandbox *s, const struct authorization *a, const char *service)
{
	size_t i;

	for (i = 0; strcmp(service, "sts") == 0 && i < s->nregions; i++)
		if (strcmp(s->regions[i], a->region) == 0)
			return s->regions[i];
	return "us-east-1";
}

/* Who is calling? Fills x->call.caller, and notes the use of the key. */
static struct refusal
identify(struct exchange *x, const struct signed_request *r,
    const struct authorization *a)
{
	struct sandbox *s = x->s;
	const char *service = x->call.action->service;
	struct refusal no;
	struct key *k;
	LOCKED(s);

	k = key_find_locked(s, a->key);
	if (k == NULL || key_refusal_locked(s, k) != NULL ||
	    !token_fits(s, r, k->user->name))
		return bad_token();
	no = signature_check(r, a, k->secret, service,
	    region_wanted(s, a, service), sandbox_now_locked(s));
	if (no.code != NULL)
		return no;
	copy_text(x->call.caller, sizeof(x->call.caller), k->user->name);
	(void)key_touch_locked(s, k, service, a->region);
	return no;
}

static struct refusal
find_action(struct exchange *x, const char *service)
{
	const char *name = form_get(&x->form, "Action");
	const char *version = form_get(&x->form, "Version");

	if (x->too_big)
		return refusal(413, "RequestEntityTooLarge",
		    fmt("Request is larger than %zu bytes", BODY_MAX));
	if (name == NULL)
		return refusal(400, "MissingAction",
		    fmt("The request must contain the parameter Action"));
	x->call.action = iam_action(name);
	if (x->call.action == NULL || version == NULL ||
	    strstr(iam_namespace(service), version) == NULL)
		return refusal(400, "InvalidAction",
		    fmt("Could not find operation %s for version %s", name,
			version != NULL ? version : "NO_VERSION_SPECIFIED"));
	return refusal(0, NULL, NULL);
}

/* The scope's service, or the one that the version belongs to. */
static const char *
service_of(const struct exchange *x, const struct authorization *a)
{
	const char *version = form_get(&x->form, "Version");

	if (a->service != NULL && strcmp(a->service, "sts") == 0)
		return "sts";
	if (a->service != NULL && strcmp(a->service, "iam") == 0)
		return "iam";
	return version != NULL && strcmp(version, "2011-06-15") == 0 ? "sts"
								     : "iam";
}

void
https_note(struct exchange *x, const char *event, const char *action)
{
	const char *user = form_get(&x->form, "UserName");
	const char *key = form_get(&x->form, "AccessKeyId");
	cJSON *o = must(cJSON_CreateObject());
	LOCKED(x->s);

	if (strcmp(event, "call") == 0)
		count_locked(x->s, 1, "iam", action, "calls");
	(void)cJSON_AddStringToObject(o, "action", action);
	(void)cJSON_AddStringToObject(o, "caller", x->call.caller);
	(void)cJSON_AddStringToObject(o, "peer", x->peer);
	(void)cJSON_AddStringToObject(o, "user", user != NULL ? user : "");
	(void)cJSON_AddStringToObject(o, "key", key != NULL ? key : "");
	(void)cJSON_AddBoolToObject(o, "effect", x->call.effect);
	(void)cJSON_AddNumberToObject(
	    o, "status", x->delivery == SEND_RESET ? 0 : x->status);
	(void)cJSON_AddStringToObject(
	    o, "code", x->call.code != NULL ? x->call.code : "");
	(void)cJSON_AddStringToObject(o, "fault", x->fault);
	log_locked(x->s, "iam", event, o);
}

static void
answer(struct exchange *x, const struct signed_request *r)
{
	struct authorization a;
	struct refusal no = authorization_parse(r, &a);
	const char *service = service_of(x, &a);
	struct refusal lost = find_action(x, service);

	if (no.code == NULL) {
		no = lost;
		lost.message = NULL;
	}
	free(lost.message);
	if (no.code == NULL)
		no = identify(x, r, &a);
	if (no.code != NULL)
		answer_error(x, service, no);
	else
		https_treat(x);
	if (x->call.code == NULL)
		x->call.code = no.code;
	https_note(x, "call",
	    x->call.action != NULL ? x->call.action->name : "unknown");
	authorization_free(&a);
}

static enum MHD_Result
serve(struct exchange *x, struct MHD_Connection *c, const char *method,
    const char *path)
{
	struct headers h = { .n = 0 };
	struct signed_request r = {
		.method = method,
		.path = path,
		.query = x->query,
		.body = x->body,
		.body_len = x->body_len,
		.headers = h.list,
	};

	(void)MHD_get_connection_values(c, MHD_HEADER_KIND, collect, &h);
	r.nheaders = h.n;
	iam_request_id(x->s, x->call.id);
	form_parse(
	    &x->form, strcmp(method, "GET") == 0 ? x->query : x->body, 1);
	x->call.form = &x->form;
	(void)sandbox_nap(x->s, knob_ms(x->s, "latency_ms"));
	answer(x, &r);
	return https_send(x, c);
}

/* The sandbox listens on IPv4 only. */
static void
note_peer(struct exchange *x, struct MHD_Connection *c)
{
	const union MHD_ConnectionInfo *i =
	    MHD_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	struct sockaddr_in a = { .sin_family = AF_UNSPEC };

	if (i != NULL && i->client_addr != NULL)
		memcpy(&a, i->client_addr, sizeof(a));
	if (a.sin_family == AF_INET)
		(void)inet_ntop(AF_INET, &a.sin_addr, x->peer, sizeof(x->peer));
}

static void *
begin(void *cls, const char *uri, struct MHD_Connection *c)
{
	struct exchange *x = must_alloc(sizeof(*x));
	const char *q = strchr(uri, '?');

	note_peer(x, c);
	x->s = cls;
	x->query = fmt("%s", q != NULL ? q + 1 : "");
	x->body = fmt("%s", "");
	return x;
}

static void
take_body(struct exchange *x, const char *data, size_t len)
{
	if (x->body_len + len > BODY_MAX) {
		x->too_big = true;
		return;
	}
	x->body = must(realloc(x->body, x->body_len + len + 1));
	memcpy(x->body + x->body_len, data, len);
	x->body_len += len;
	x->body[x->body_len] = '\0';
}

static enum MHD_Result
handle(void *cls, struct MHD_Connection *c, const char *url, const char *method,
    const char *version, const char *data, size_t *len, void **con)
{
	struct exchange *x = *con;

	(void)cls;
	(void)version;
	if (!x->started) {
		x->started = true;
		return MHD_YES;
	}
	if (*len > 0) {
		take_body(x, data, *len);
		*len = 0;
		return MHD_YES;
	}
	return serve(x, c, method, url);
}

static void
done(void *cls, struct MHD_Connection *c, void **con,
    enum MHD_RequestTerminationCode why)
{
	(void)cls;
	(void)c;
	(void)why;
	if (*con != NULL)
		exchange_free(*con);
	*con = NULL;
}

static void
connected(void *cls, struct MHD_Connection *c, void **socket_cls,
    enum MHD_ConnectionNotificationCode code)
{
	struct sandbox *s = cls;

	(void)c;
	(void)socket_cls;
	if (code != MHD_CONNECTION_NOTIFY_STARTED)
		return;
	LOCKED(s);
	count_locked(s, 1, "connections", "https", NULL);
}

/* Paths are signed as sent, so MHD must not decode them. */
static size_t
keep_raw(void *cls, struct MHD_Connection *c, char *text)
{
	(void)cls;
	(void)c;
	return strlen(text);
}

struct MHD_Daemon *
https_start(struct sandbox *s, uint16_t *port, const char *cert_pem,
    const char *key_pem)
{
	int fd = listener_open(s->address, port);
	struct MHD_Daemon *d = MHD_start_daemon(MHD_USE_THREAD_PER_CONNECTION |
		MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL | MHD_USE_TLS |
		MHD_USE_SUPPRESS_DATE_NO_CLOCK,
	    0, NULL, NULL, handle, s, MHD_OPTION_LISTEN_SOCKET, fd,
	    MHD_OPTION_HTTPS_MEM_CERT, cert_pem, MHD_OPTION_HTTPS_MEM_KEY,
	    key_pem, MHD_OPTION_URI_LOG_CALLBACK, begin, s,
	    MHD_OPTION_UNESCAPE_CALLBACK, keep_raw, NULL,
	    MHD_OPTION_NOTIFY_COMPLETED, done, NULL,
	    MHD_OPTION_NOTIFY_CONNECTION, connected, s,
	    MHD_OPTION_CONNECTION_TIMEOUT, 60U, MHD_OPTION_END);

	if (d == NULL)
		die("cannot start the HTTPS server on port %u", *port);
	return d;
}
