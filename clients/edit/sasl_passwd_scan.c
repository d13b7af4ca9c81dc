/* sasl_passwd_scan: see sasl_passwd_scan.h. */
#include "clients/edit/sasl_passwd_scan.h"

#include <string.h>

/* isspace(3) in the C locale, whatever ours is. */
static bool
space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static const char *
skip_space(const char *p, const char *end)
{
	while (p < end && space(*p))
		p++;
	return p;
}

enum kind { LINE_VOID, LINE_MORE, LINE_NEW };

/* What the next line is; *end is behind its last byte. */
static enum kind
peek(const struct sasl_scan *s, const char **end)
{
	const char *from = s->p + s->at;
	const char *nl = memchr(from, '\n', s->len - s->at);
	const char *first;

	*end = nl != NULL ? nl : s->p + s->len;
	first = skip_space(from, *end);
	if (first == *end || *first == '#')
		return LINE_VOID;
	return first > from ? LINE_MORE : LINE_NEW;
}

static void
step(struct sasl_scan *s, const char *end)
{
	s->at = (size_t)(end - s->p);
	if (s->at < s->len)
		s->at++;
	s->line++;
}

/* A key ends at the first whitespace outside quotes. */
static const char *
key_end(const char *p, const char *end)
{
	bool quoted = false;

	for (; p < end && (quoted || !space(*p)); p++)
		if (*p == '"')
			quoted = !quoted;
		else if (*p == '\\' && p + 1 < end)
			p++;
	return p;
}

/* Takes what stands between p and end into the value. */
static void
absorb(const struct sasl_scan *s, const char *p, const char *end,
    struct sasl_entry *ret)
{
	const char *line = s->p + s->at;

	p = skip_space(p, end);
	while (end > p && space(end[-1]))
		end--;
	if (p == end || ret->parts++ > 0)
		return;
	ret->value.at = (size_t)(p - s->p);
	ret->value.len = (size_t)(end - p);
	ret->value.line = s->line;
	ret->value.column = (unsigned)(p - line) + 1;
}

static void
begin(const struct sasl_scan *s, const char *end, struct sasl_entry *ret)
{
	const char *p = s->p + s->at;
	const char *k = key_end(p, end);
	const bool room = k < end && (*k == ' ' || *k == '\t');

	memset(ret, 0, sizeof(*ret));
	ret->key = p;
	ret->key_len = (size_t)(k - p);
	ret->key_line = s->line;
	ret->room = room;
	ret->value.at = (size_t)(k - s->p) + (room ? 1 : 0);
	ret->value.line = s->line;
	ret->value.column = (unsigned)(k - p) + (room ? 2 : 1);
	absorb(s, k, end, ret);
}

bool
sasl_scan_next(struct sasl_scan *s, struct sasl_entry *ret)
{
	const char *end;

	while (s->at < s->len && peek(s, &end) != LINE_NEW)
		step(s, end);
	if (s->at == s->len)
		return false;
	(void)peek(s, &end);
	begin(s, end, ret);
	step(s, end);
	while (s->at < s->len) {
		const enum kind k = peek(s, &end);

		if (k == LINE_NEW)
			break;
		if (k == LINE_MORE)
			absorb(s, s->p + s->at, end, ret);
		step(s, end);
	}
	return true;
}
