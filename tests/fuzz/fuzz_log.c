/*
 * Any words as a log event: message, cause, remedy and two values, each up to
 * a form feed; the first byte is the form. Whatever comes in, one event is one
 * line of valid UTF-8 without a control, direction or invisible character, no
 * field is forged, and JSON says what was meant.
 */
#include "base/escape.h"
#include "base/log.h"
#include "clients/json.h"
#include "fuzz.h"

#define PARTS 5

static const enum log_form forms[] = { LOG_PLAIN, LOG_JOURNAL, LOG_JSON,
	LOG_TERMINAL };

/* Decodes one character by RFC 3629; its length, or 0. */
static size_t
utf8(const unsigned char *p, size_t n, unsigned long *ret)
{
	static const struct {
		unsigned char mask, is;
		size_t len;
		unsigned long low;
	} rows[] = {
		{ 0x80, 0x00, 1, 0 },
		{ 0xe0, 0xc0, 2, 0x80 },
		{ 0xf0, 0xe0, 3, 0x800 },
		{ 0xf8, 0xf0, 4, 0x10000 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		unsigned long c = p[0] & (unsigned char)~rows[i].mask;

		if ((p[0] & rows[i].mask) != rows[i].is)
			continue;
		if (rows[i].len > n)
			return 0;
		for (size_t k = 1; k < rows[i].len; k++) {
			if ((p[k] & 0xc0) != 0x80)
				return 0;
			c = c << 6 | (p[k] & 0x3fU);
		}
		*ret = c;
		return c < rows[i].low || c > 0x10ffff ||
			(c >= 0xd800 && c <= 0xdfff)
		    ? 0
		    : rows[i].len;
	}
	return 0;
}

/* Unicode's Bidi_Control, and what else ends a line or hides. */
static bool
unfit(unsigned long c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) ||
	    (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) ||
	    c == 0x61c || c == 0x200b || c == 0x200e || c == 0x200f ||
	    c == 0xfeff;
}

static void
line_fit(const char *p, size_t n)
{
	demand(n > 0 && p[n - 1] == '\n');
	n--;
	while (n > 0) {
		unsigned long c = 0;
		const size_t len = utf8((const unsigned char *)p, n, &c);

		demand(len > 0 && !unfit(c));
		p += len;
		n -= len;
	}
}

static size_t
members(const cJSON *j)
{
	size_t n = 0;

	for (const cJSON *m = j->child; m != NULL; m = m->next)
		n++;
	return n;
}

static void
json_fit(const char *p, size_t n, int64_t number)
{
	AUTO(buf) struct buf text = BUF(1 << 20);
	AUTO(json) cJSON *j = NULL;
	static size_t known;
	const cJSON *k;
	struct err e;

	demand(buf_add(&text, p, n - 1, &e) == EC_OK);
	j = json_parse(&text);
	demand(cJSON_IsObject(j));
	k = cJSON_GetObjectItemCaseSensitive(j, "count");
	demand(cJSON_IsNumber(k) && (int64_t)k->valuedouble == number);
	demand(json_text(j, "name") != NULL && json_text(j, "object") != NULL);
	/* As many members as ever. */
	known = known == 0 ? members(j) : known;
	demand(members(j) == known);
}

static void
write_event(enum log_form form, char part[PARTS][600], int64_t number)
{
	const struct log_field fields[] = { LOG_S("name", part[3]),
		LOG_S("object", part[4]), LOG_N("count", number),
		{ .key = NULL } };
	struct err e = { .ec = EC_PROTO };
	char *out = NULL;
	size_t n = 0, lines = 0;
	FILE *f = open_memstream(&out, &n);
	struct log l;

	demand(f != NULL);
	(void)snprintf(e.what, sizeof(e.what), "x%s", part[1]);
	(void)snprintf(e.fix, sizeof(e.fix), "x%s", part[2]);
	log_init(&l, f, form, LOG_DEBUG_);
	l.colour = false; /* its own escapes are meant */
	log_err(&l, LOG_ERR_, part[0], &e, fields);
	demand(fclose(f) == 0);
	/* People read cause and remedy below the message. */
	for (char *p = out; form == LOG_TERMINAL && p < out + n - 1; p++)
		if (*p == '\n') {
			lines++;
			*p = ' ';
		}
	demand(lines <= 2);
	line_fit(out, n);
	if (form == LOG_JSON)
		json_fit(out, n, number);
	free(out);
}

/* Each unit is fit by itself, and what is fit comes through. */
static void
units(const char *s)
{
	char unit[ESCAPE_UNIT];
	size_t len;

	for (const char *at = s; (len = escape_next(&s, ESCAPE_BARE, unit)) > 0;
	     at = s) {
		unsigned long c = 0;
		size_t was = utf8((const unsigned char *)at, strlen(at), &c);

		demand(len < ESCAPE_UNIT && s > at);
		if (was > 0 && !unfit(c) && c < 0x300)
			demand((size_t)(s - at) == was && len == was &&
			    memcmp(unit, at, was) == 0);
	}
	demand(*s == '\0');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct feed f = { (const char *)data, size };
	char part[PARTS][600];
	enum log_form form;
	int64_t number;

	if (size < 2 || size > 4096)
		return 0;
	form = forms[feed_byte(&f) % COUNT(forms)];
	number = (int64_t)feed_byte(&f) - 100;
	for (size_t i = 0; i < PARTS; i++) {
		size_t n = 0;
		const char *p = feed_part(&f, '\f', &n);

		(void)snprintf(part[i], sizeof(part[i]), "%.*s",
		    p != NULL ? (int)n : 0, p != NULL ? p : "");
		units(part[i]);
	}
	write_event(form, part, number);
	return 0;
}
