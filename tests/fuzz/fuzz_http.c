/*
 * Any bytes as the reply to an HTTP request, through libcurl; see wire.h. The
 * first byte chooses the request, the second where a second run is cut off.
 *
 * What comes back is in the bytes: body, status, kept headers; never more
 * than asked for; a time is one. Whoever got the request may have acted, so a
 * failure is EC_UNKNOWN then, and leaves the result alone. What is cut off is
 * refused, or is the beginning of what was there.
 */
#include <ctype.h>
#include <strings.h>

#include "base/clock.h"
#include "base/http.h"
#include "wire.h"

#define MAX 65536

static const struct {
	const char *method, *body;
	size_t body_max;
	bool once;
} requests[] = {
	{ "POST", "Action=CreateAccessKey", 0, true },
	{ "GET", NULL, 0, false },
	{ "PUT", "{}", 100, true },
	{ "POST", "x", 1, false },
};

struct outcome {
	enum ec ec;
	struct err e;
	struct http_reply r;
};

static void
auto_outcome(struct outcome *o)
{
	if (o->ec == EC_OK)
		http_reply_free(&o->r);
}

static void
run(unsigned which, const struct feed *f, struct outcome *o)
{
	AUTO(net) struct net *net = NULL;
	AUTO(buf) struct buf body = BUF(100);
	const struct http_request q = {
		.method = requests[which].method,
		.url = "http://127.0.0.1:1/x?y=1",
		.body = requests[which].body != NULL ? &body : NULL,
		.body_max = requests[which].body_max,
		.once = requests[which].once,
		.keep = { "x-amzn-ErrorType", "ETag" },
	};

	if (q.body != NULL)
		demand(buf_adds(&body, requests[which].body, &o->e) == EC_OK);
	wire_begin(*f, false);
	demand(net_new(NULL, &net, &o->e) == EC_OK);
	o->ec = http_do(net, &q, &o->r, &o->e);
	if (wire.heard.len > 0)
		demand(strncmp(wire.heard.p, q.method, strlen(q.method)) == 0);
}

/* Every byte in this order, with others between them. */
static bool
scattered(const struct feed *f, const char *p, size_t n)
{
	size_t at = 0;

	for (size_t i = 0; i < f->n && at < n; i++)
		at += f->p[i] == p[at];
	return at == n;
}

static bool
has_name(const struct feed *f, const char *name)
{
	const size_t n = strlen(name);

	for (size_t i = 0; i + n <= f->n; i++)
		if (strncasecmp(f->p + i, name, n) == 0)
			return true;
	return false;
}

static bool
head_ends(const struct feed *f)
{
	return fuzz_holds(f->p, f->n, "\n\n") || fuzz_holds(f->p, f->n, "\n\r");
}

/* A time that is written as such and read again is the same. */
static void
time_good(int64_t ms)
{
	const time_t t = (time_t)(ms / 1000);
	char text[64];
	struct tm tm;

	if (ms < 0)
		return;
	demand(ms % 1000 == 0 && gmtime_r(&t, &tm) != NULL);
	demand(
	    strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &tm) > 0);
	demand(clock_parse_http(text) == ms);
}

static void
good(unsigned which, const struct feed *f, const struct http_reply *r)
{
	const size_t max = requests[which].body_max > 0
	    ? requests[which].body_max
	    : HTTP_BODY_MAX;
	char status[16];

	(void)snprintf(status, sizeof(status), " %03d", r->status);
	demand(r->status >= 100 && r->status <= 999);
	demand(fuzz_holds(f->p, f->n, status));
	demand(head_ends(f));
	demand(r->body.len <= max);
	demand(scattered(f, buf_str(&r->body), r->body.len));
	demand(r->date == -1 || has_name(f, "date"));
	time_good(r->date);
	demand(r->retry_after >= -1);
	demand(r->retry_after == -1 || has_name(f, "retry-after"));
	demand(!r->aged || has_name(f, "age"));
	demand(r->got >= 0 && r->sent >= 0);
	for (size_t i = 0; i < HTTP_KEEP; i++) {
		demand(memchr(r->kept[i], '\0', HTTP_KEEP_MAX) != NULL);
		demand(strpbrk(r->kept[i], "\r\n") == NULL);
		/* Folded lines are joined. */
		demand(scattered(f, r->kept[i], strlen(r->kept[i])));
	}
}

static void
bad(struct outcome *o)
{
	static const struct http_reply none = { .status = 0 };

	demand(memcmp(&o->r, &none, sizeof(none)) == 0);
	demand(wire.opened > 0 && wire.heard.len > 0);
	demand(o->ec == EC_UNKNOWN);
	fuzz_err_fit(&o->e);
	demand(strstr(o->e.what, "127.0.0.1:1") != NULL);
}

static void
check(unsigned which, const struct feed *f, struct outcome *o)
{
	if (o->ec == EC_OK)
		good(which, f, &o->r);
	else
		bad(o);
	wire_end();
}

/* A cut reply is none, or begins as the whole one. */
static void
cut_off(unsigned which, struct feed f, unsigned where, struct outcome *whole)
{
	AUTO(outcome) struct outcome o = { .ec = EC_BUG };
	const struct http_reply *a = &whole->r, *b = &o.r;

	f.n = f.n * where / 256;
	run(which, &f, &o);
	check(which, &f, &o);
	if (o.ec != EC_OK || a->status != b->status)
		return;
	demand(b->body.len <= a->body.len);
	demand(memcmp(buf_str(&a->body), buf_str(&b->body), b->body.len) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(outcome) struct outcome o = { .ec = EC_BUG };
	struct feed f = { (const char *)data, size };
	unsigned which, where;

	if (size < 3 || size > MAX)
		return 0;
	which = (feed_byte(&f) - '0') % COUNT(requests);
	where = feed_byte(&f);
	run(which, &f, &o);
	check(which, &f, &o);
	if (o.ec == EC_OK)
		cut_off(which, f, where, &o);
	return 0;
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct err e;

	(void)argc;
	(void)argv;
	demand(secret_init(&e) == EC_OK);
	return 0;
}
