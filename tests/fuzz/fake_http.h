/*
 * fake_http: base/http.h answered out of the input, for the targets that are
 * after what is done with a reply; what libcurl does with bytes is for
 * fuzz_http.c. It stands in for base/http.o as a whole, so include it once.
 *
 * The input is a list of replies that end with a form feed each. A reply is a
 * line "STATUS [KEPT0 [KEPT1]]" and a body. Instead of a status "lost" means
 * that the request may have been carried out, "unsent" that it surely was
 * not, "nobody" that the peer could not prove who it is. When no reply is
 * left, all are lost.
 */
#ifndef TESTS_FUZZ_FAKE_HTTP_H
#define TESTS_FUZZ_FAKE_HTTP_H

#include "base/http.h"
#include "fuzz.h"

#define FAKE_CALLS 64

struct fake_call {
	bool once, aside;
	enum ec ec;
	int status; /* 0: none */
};

static struct fake {
	struct feed script;
	struct fake_call call[FAKE_CALLS];
	size_t calls;
	bool aside; /* set by look(): it changes nothing that is in use */
	/* Looks at every request; or NULL. */
	void (*look)(const struct http_request *q);
} fake;

static inline void
fake_begin(struct feed f, void (*look)(const struct http_request *q))
{
	fake = (struct fake){ .script = f, .look = look };
}

static const struct {
	const char *word;
	enum ec ec;
} fake_failures[] = {
	{ "lost", EC_UNKNOWN },
	{ "unsent", EC_TEMP },
	{ "nobody", EC_PROTO },
};

static inline enum ec
fake_failure(const char *line, struct err *e)
{
	for (size_t i = 0; i < COUNT(fake_failures); i++)
		if (strncmp(line, fake_failures[i].word,
			strlen(fake_failures[i].word)) == 0)
			return fail(e, fake_failures[i].ec, "peer:443: %s",
			    fake_failures[i].word);
	return EC_OK;
}

/* Words of the line behind the status, as far as they are wanted. */
static inline void
fake_kept(
    const struct http_request *q, const char *line, struct http_reply *ret)
{
	for (size_t i = 0; i < HTTP_KEEP && q->keep[i] != NULL; i++) {
		size_t n;

		line += strcspn(line, " ");
		line += strspn(line, " ");
		n = strcspn(line, " ");
		if (n >= sizeof(ret->kept[i]))
			continue;
		memcpy(ret->kept[i], line, n);
		ret->kept[i][n] = '\0';
	}
}

static inline enum ec
fake_reply(const struct http_request *q, struct http_reply *ret, struct err *e)
{
	char line[300] = "";
	struct feed part;
	const size_t max = q->body_max > 0 ? q->body_max : HTTP_BODY_MAX;
	size_t n = 0;
	const char *p;

	part.p = feed_part(&fake.script, '\f', &part.n);
	if (part.p == NULL)
		return fail(e, EC_UNKNOWN, "peer:443: no reply");
	p = feed_part(&part, '\n', &n);
	if (p != NULL)
		(void)snprintf(line, sizeof(line), "%.*s", (int)n, p);
	TRY(fake_failure(line, e));
	*ret = (struct http_reply){ .body = BUF(max),
		.date = -1,
		.retry_after = -1,
		.status = (int)strtol(line, NULL, 10) };
	if (ret->status < 200 || ret->status > 599)
		ret->status = 200;
	fake_kept(q, line, ret);
	if (buf_add(&ret->body, part.p, part.n, e) != EC_OK)
		return fail(e, EC_UNKNOWN, "peer:443: over the limit");
	return EC_OK;
}

enum ec
http_do(struct net *n, const struct http_request *q, struct http_reply *ret,
    struct err *e)
{
	struct http_reply r = { .status = 0 };
	struct fake_call c = { .ec = EC_OK };

	(void)n;
	fake.aside = false;
	if (fake.look != NULL)
		fake.look(q);
	c.aside = fake.aside;
	c.once = q->once && !fake.aside;
	c.ec = fake_reply(q, &r, e);
	c.status = c.ec == EC_OK ? r.status : 0;
	if (fake.calls < FAKE_CALLS)
		fake.call[fake.calls++] = c;
	if (c.ec == EC_OK)
		*ret = r;
	return c.ec;
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

#endif
