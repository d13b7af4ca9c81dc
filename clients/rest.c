/* rest: see rest.h. */
#include "clients/rest.h"

#include <errno.h>
#include <string.h>

#include "base/auto.h"
#include "base/http.h"
#include "clients/hand_over.h"
#include "clients/heard.h"
#include "clients/reach.h"

#define HEADERS_MAX 8
#define LINE_MAX_   ((size_t)16 * 1024)
#define QUOTE_MIN   16 /* bytes of a word that may be a secret */

static const struct rest_status common[] = {
	{ 400, EC_CONFIG, NULL },
	{ 401, EC_DENIED,
	    "the token or credential for it is wrong or expired" },
	{ 403, EC_DENIED, NULL },
	{ 404, EC_GONE, NULL },
	{ 408, EC_TEMP, NULL },
	{ 409, EC_CONFLICT, NULL },
	{ 412, EC_CONFLICT, NULL },
	{ 413, EC_CLIENT, "it takes no value of this size: make it smaller" },
	{ 422, EC_CONFIG, NULL },
	{ 429, EC_TEMP, NULL },
	{ 503, EC_TEMP, NULL },
	{ 0, EC_OK, NULL },
};

/* Header lines of one call; the one with the token is wiped. */
struct lines {
	struct buf type, auth;
	const char *list[HEADERS_MAX + 3];
	size_t n;
};

static void
auto_lines(struct lines *l)
{
	buf_free(&l->type);
	buf_free(&l->auth);
}

void
auto_rest_reply(struct rest_reply *r)
{
	cJSON_Delete(r->json);
	buf_free(&r->text);
}

static enum ec
add_lines(const struct rest_call *q, struct lines *l, struct err *e)
{
	const char *type =
	    q->content_type != NULL ? q->content_type : "application/json";

	for (const char *const *h = q->headers; h != NULL && *h != NULL; h++) {
		if (l->n == HEADERS_MAX)
			return fail(e, EC_BUG, "too many headers");
		l->list[l->n++] = *h;
	}
	if (q->body != NULL) {
		TRY(buf_addf(&l->type, e, "Content-Type: %s", type));
		l->list[l->n++] = buf_str(&l->type);
	}
	if (q->token != NULL) {
		TRY(buf_adds(&l->auth, q->auth, e));
		TRY(buf_adds(&l->auth, secret_reveal(q->token), e));
		l->list[l->n++] = buf_str(&l->auth);
	}
	return EC_OK;
}

/* Where services put their words. */
static const char *
words(const cJSON *j)
{
	static const char *const keys[] = { "message", "error_description",
		"error", "Message", "warning" };
	const cJSON *list = cJSON_GetObjectItemCaseSensitive(j, "errors");
	const cJSON *error = cJSON_GetObjectItemCaseSensitive(j, "error");

	if (cJSON_IsString(cJSON_GetArrayItem(list, 0)))
		return cJSON_GetArrayItem(list, 0)->valuestring;
	if (json_text(error, "message") != NULL)
		return json_text(error, "message");
	for (size_t i = 0; i < COUNT(keys); i++)
		if (json_text(j, keys[i]) != NULL)
			return json_text(j, keys[i]);
	return "";
}

static const struct rest_status *
row_of(const struct rest_status *table, int status)
{
	for (; table != NULL && table->status != 0; table++)
		if (table->status == status)
			return table;
	return NULL;
}

static enum ec
class_of(const struct rest_call *q, int status, const char **ret_fix)
{
	const struct rest_status *row = row_of(q->statuses, status);

	if (row == NULL)
		row = row_of(q->service_statuses, status);
	if (row == NULL)
		row = row_of(common, status);
	*ret_fix = row != NULL ? row->fix : NULL;
	if (row != NULL)
		return row->ec;
	if (status >= 500)
		return q->reads ? EC_TEMP : EC_UNKNOWN;
	return status >= 200 && status < 300 ? EC_OK : EC_PROTO;
}

/* Is this word of the body for the service only? What is in the address
 * anyway is none, nor is a key id or what the caller knows to be none. */
static bool
sent_in_secret(const struct rest_call *q, const char *word, size_t n)
{
	char id[KEY_ID_MAX] = "";

	if (n < sizeof(id))
		memcpy(id, word, n);
	if (n < QUOTE_MIN || key_id_valid(id) ||
	    (q->known != NULL &&
		memmem(q->known, strlen(q->known), word, n) != NULL) ||
	    memmem(q->url, strlen(q->url), word, n) != NULL)
		return false;
	return q->body != NULL &&
	    memmem(buf_str(q->body), q->body->len, word, n) != NULL;
}

/* Part of the token, whatever stands around it: "token=...". */
static bool
quotes_token(const struct rest_call *q, const char *s)
{
	for (; q->token != NULL && strlen(s) >= QUOTE_MIN; s++)
		if (memmem(secret_reveal(q->token), secret_len(q->token), s,
			QUOTE_MIN) != NULL)
			return true;
	return false;
}

static bool
quotes_us(const struct rest_call *q, const char *s)
{
	static const char plain[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	    "0123456789+/=_-";

	if (quotes_token(q, s))
		return true;
	while (*s != '\0') {
		const size_t n = strspn(s, plain);

		if (sent_in_secret(q, s, n))
			return true;
		s += n;
		s += strcspn(s, plain);
	}
	return false;
}

/* What the service says about it, fit to be shown. */
static void
show(const struct rest_call *q, const cJSON *j, char *ret, size_t n)
{
	const char *said = words(j);

	if (quotes_us(q, said))
		said = "(text withheld: it quotes what was sent)";
	heard_show(said, ret, n);
}

/* A success with words that are none: of a write nobody knows, then. */
static enum ec
no_json(const struct rest_call *q, int status, struct err *e)
{
	static const char fmt[] =
	    "%s: %s: status %d with a body that is not JSON";

	if (q->reads)
		return fail_lib(
		    e, EC_PROTO, fmt, q->service, q->object, status);
	return fail(e, EC_UNKNOWN, fmt, q->service, q->object, status);
}

static enum ec
judge(const struct rest_call *q, const struct rest_reply *r,
    const struct buf *body, struct err *e)
{
	char shown[240];
	const char *remedy;
	const enum ec ec = class_of(q, r->status, &remedy);

	if (ec == EC_OK && (r->json != NULL || body->len == 0))
		return EC_OK;
	if (ec == EC_OK)
		return no_json(q, r->status, e);
	errno = 0; /* it is not ours that went wrong */
	show(q, r->json, shown, sizeof(shown));
	(void)fail(e, ec, "%s: %s: status %d%s%s", q->service, q->object,
	    r->status, *shown != '\0' ? ": " : "", shown);
	return remedy != NULL ? fix(e, "%s", remedy) : ec;
}

enum ec
rest_do(const struct client *c, const struct rest_call *q,
    struct rest_reply *ret, struct err *e)
{
	AUTO(lines)
	struct lines l = { .type = BUF(LINE_MAX_), .auth = BUF(LINE_MAX_) };
	AUTO(http_reply) struct http_reply r = { .body = BUF(0) };
	AUTO(rest_reply) struct rest_reply got = { .json = NULL };
	struct http_request h = {
		.method = q->method,
		.url = q->url,
		.headers = l.list,
		.body = q->body,
		.ca_file = q->ca_file,
		.timeout_ms = q->timeout_ms,
		.once = !q->reads,
		.ca = q->ca,
		.tls_name = q->tls_name,
		.cert = q->cert,
		.cert_key = q->cert_key,
		.body_max = q->body_max,
	};
	struct net *net = NULL;
	enum ec ec;

	TRY(reach_net(c, &net, e));
	TRY(add_lines(q, &l, e));
	ec = http_do(net, &h, &r, e);
	if (ec == EC_UNKNOWN && q->reads)
		e->ec = EC_TEMP;
	if (ec != EC_OK)
		return err_prefix(e, "%s: %s", q->service, q->object);
	ret->status = got.status = r.status;
	got.json = json_parse(&r.body);
	TRY(judge(q, &got, &r.body, e));
	show(q, got.json, ret->said, sizeof(ret->said));
	ret->json = TAKE(got.json);
	hand_over(&r.body, &ret->text);
	return EC_OK;
}

enum ec
rest_base(const char *api, struct buf *ret, struct err *e)
{
	size_t n = strlen(api);

	while (n > 0 && api[n - 1] == '/')
		n--;
	return buf_add(ret, api, n, e);
}

enum ec
rest_escape(const char *s, const char *keep, struct buf *ret, struct err *e)
{
	static const char plain[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	    "0123456789-._~";
	static const char hex[] = "0123456789ABCDEF";

	for (; *s != '\0'; s++) {
		const unsigned char ch = (unsigned char)*s;
		const char code[] = { '%', hex[ch >> 4], hex[ch & 15] };

		if (strchr(plain, *s) != NULL || strchr(keep, *s) != NULL)
			TRY(buf_add(ret, s, 1, e));
		else
			TRY(buf_add(ret, code, sizeof(code), e));
	}
	return EC_OK;
}
