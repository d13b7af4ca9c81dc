/*
 * canonical_headers: the headers of canonical.h. Names are compared byte by
 * byte in lower case, without the locale: what is signed must not depend on
 * the language of the machine.
 */
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "sigv4/canonical.h"

/*
 * A proxy or an HTTP library may change these on the way: what is meant for
 * the next hop alone (RFC 9110, 7.6.1 and 11.7; RFC 6455, 11.3), who sends,
 * and the marks of tracing (W3C Trace Context and Baggage; X-Ray).
 */
static const char *const unsigned_names[] = {
	"baggage",
	"connection",
	"expect",
	"keep-alive",
	"proxy-authenticate",
	"proxy-authorization",
	"sec-websocket-key",
	"sec-websocket-protocol",
	"sec-websocket-version",
	"te",
	"traceparent",
	"tracestate",
	"trailer",
	"transfer-encoding",
	"upgrade",
	"user-agent",
	"x-amzn-trace-id",
};

static char
lower(char c)
{
	if (c >= 'A' && c <= 'Z')
		return "abcdefghijklmnopqrstuvwxyz"[c - 'A'];
	return c;
}

static int
compare(const char *a, const char *b)
{
	while (*a != '\0' && lower(*a) == lower(*b))
		a++, b++;
	return (unsigned char)lower(*a) - (unsigned char)lower(*b);
}

static bool
is_signed(const char *name)
{
	for (size_t i = 0; i < COUNT(unsigned_names); i++)
		if (compare(name, unsigned_names[i]) == 0)
			return false;
	return true;
}

/* All pointers lead into one list, so their order is the order of arrival;
 * it decides between equal names, because qsort() is not stable. */
static int
by_name(const void *a, const void *b)
{
	const struct sig_header *const *x = a, *const *y = b;
	int d = compare((*x)->name, (*y)->name);

	return d != 0 ? d : (*x > *y) - (*x < *y);
}

static enum ec
add_name(struct buf *b, const char *name, struct err *e)
{
	char c;

	for (; *name != '\0'; name++) {
		c = lower(*name);
		TRY(buf_add(b, &c, 1, e));
	}
	return EC_OK;
}

/* Trimmed, and every run of white space inside is one space. */
static enum ec
add_value(struct buf *b, const char *s, struct err *e)
{
	static const char space[] = " \t\r\n";
	size_t n;

	for (s += strspn(s, space); *s != '\0';) {
		n = strcspn(s, space);
		TRY(buf_add(b, s, n, e));
		s += n;
		s += strspn(s, space);
		if (*s != '\0')
			TRY(buf_add(b, " ", 1, e));
	}
	return EC_OK;
}

static enum ec
begin_header(struct buf *block, struct buf *names, const char *name, bool first,
    struct err *e)
{
	TRY(buf_adds(block, first ? "" : "\n", e));
	TRY(buf_adds(names, first ? "" : ";", e));
	TRY(add_name(block, name, e));
	TRY(add_name(names, name, e));
	return buf_adds(block, ":", e);
}

static enum ec
add_all(struct buf *block, struct buf *names,
    const struct sig_header *const *sorted, size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && compare(sorted[i - 1]->name, sorted[i]->name) == 0)
			TRY(buf_adds(block, ",", e));
		else
			TRY(begin_header(
			    block, names, sorted[i]->name, i == 0, e));
		TRY(add_value(block, sorted[i]->value, e));
	}
	return buf_adds(block, "\n", e);
}

enum ec
canonical_headers(struct buf *block, struct buf *names,
    const struct sig_header *list, size_t count, struct err *e)
{
	const struct sig_header *sorted[CANONICAL_HEADERS_MAX];
	size_t n = 0;

	if (count > CANONICAL_HEADERS_MAX)
		return fail(
		    e, EC_PROTO, "more than %d headers", CANONICAL_HEADERS_MAX);
	for (size_t i = 0; i < count; i++)
		if (is_signed(list[i].name))
			sorted[n++] = &list[i];
	qsort(sorted, n, sizeof(const struct sig_header *), by_name);
	return add_all(block, names, sorted, n, e);
}
