/*
 * Any bytes as the URL of a mail server: whatever dsn_set() accepts reads back
 * as it was written, differs from the old URL in the userinfo only, and a
 * second time changes nothing. Input: user name, NUL, password, NUL, URL.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "clients/dsn.h"

#define MAX 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
demand(int good)
{
	if (!good)
		abort();
}

static int
is(const struct buf *b, const char *s)
{
	return b->len == strlen(s) && memcmp(buf_str(b), s, b->len) == 0;
}

/* Where the authority and the host begin, by a look that owes nothing to
 * dsn.c: the first "://", and behind the last '@' before '/', '?' or '#'. */
static size_t
authority(const struct buf *url)
{
	const char *p = strstr(buf_str(url), "://");

	demand(p != NULL);
	return (size_t)(p - url->p) + 3;
}

static size_t
host(const struct buf *url)
{
	const size_t from = authority(url);
	size_t at = from;

	for (size_t i = from; i < url->len && strchr("/?#", url->p[i]) == NULL;
	     i++)
		if (url->p[i] == '@')
			at = i + 1;
	return at;
}

static void
replace(const struct buf *url, const char *user, const char *pass)
{
	AUTO(buf) struct buf now = BUF(8 * MAX);
	AUTO(buf) struct buf again = BUF(8 * MAX);
	AUTO(buf) struct buf u = BUF(8 * MAX);
	AUTO(buf) struct buf p = BUF(8 * MAX);
	struct err e;
	size_t a, b;

	if (dsn_set(url, "f", user, pass, &now, &e) != EC_OK) {
		demand(e.ec == EC_CONFLICT);
		demand(dsn_get(url, "f", &u, &p, &e) == EC_CONFLICT);
		return;
	}
	demand(dsn_get(&now, "f", &u, &p, &e) == EC_OK);
	demand(is(&u, user) && is(&p, pass));
	demand(authority(url) == authority(&now));
	demand(memcmp(url->p, now.p, authority(url)) == 0);
	a = host(url);
	b = host(&now);
	demand(url->len - a == now.len - b);
	demand(memcmp(url->p + a, now.p + b, now.len - b) == 0);
	demand(dsn_set(&now, "f", user, pass, &again, &e) == EC_OK);
	demand(again.len == now.len && memcmp(again.p, now.p, now.len) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(buf) struct buf all = BUF(MAX + 1);
	AUTO(buf) struct buf url = BUF(MAX + 1);
	const char *user, *pass;
	struct err e;
	size_t at;

	if (size == 0 || size > MAX)
		return 0;
	demand(buf_add(&all, data, size, &e) == EC_OK);
	user = all.p;
	at = strlen(user) + 1;
	pass = at < size ? all.p + at : "";
	at += strlen(pass) + 1;
	if (at < size)
		demand(buf_add(&url, all.p + at, size - at, &e) == EC_OK);
	replace(&url, user, pass);
	return 0;
}
