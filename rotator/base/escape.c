/*
 * escape: see escape.h. UTF-8 as RFC 3629 has it: no overlong forms, no
 * surrogates, nothing above U+10FFFF.
 */
#include "base/escape.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"

#define INVALID     0xFFFFFFFFU
#define REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD */

static const struct range {
	uint32_t first, last;
} unfit[] = {
	{ 0x00, 0x1F },       /* C0 */
	{ 0x7F, 0x9F },       /* DEL, C1: U+009B starts a terminal sequence */
	{ 0xAD, 0xAD },       /* soft hyphen */
	{ 0x061C, 0x061C },   /* Arabic letter mark */
	{ 0x180E, 0x180E },   /* Mongolian vowel separator */
	{ 0x200B, 0x200F },   /* zero width, marks of direction */
	{ 0x2028, 0x202E },   /* separators, embeddings and overrides */
	{ 0x2060, 0x206F },   /* word joiner, isolates */
	{ 0xFEFF, 0xFEFF },   /* byte order mark */
	{ 0xFFF9, 0xFFFB },   /* interlinear annotation */
	{ 0xE0000, 0xE0FFF }, /* tags */
};

/* By leading byte: how many bytes follow, and the least code point that may
 * be written so. */
static const struct lead {
	unsigned char mask, bits;
	unsigned int follow;
	uint32_t least;
} leads[] = {
	{ 0x80, 0x00, 0, 0 },
	{ 0xE0, 0xC0, 1, 0x80 },
	{ 0xF0, 0xE0, 2, 0x800 },
	{ 0xF8, 0xF0, 3, 0x10000 },
};

static const struct shorthand {
	const char *text;
	char c;
	enum escape from; /* used in this way of escaping and those above */
} shorthands[] = {
	{ "\\n", '\n', ESCAPE_BARE },
	{ "\\r", '\r', ESCAPE_BARE },
	{ "\\t", '\t', ESCAPE_BARE },
	{ "\\\"", '"', ESCAPE_QUOTED },
	{ "\\\\", '\\', ESCAPE_QUOTED },
};

static const struct lead *
lead_of(unsigned char c)
{
	for (size_t i = 0; i < COUNT(leads); i++)
		if ((c & leads[i].mask) == leads[i].bits)
			return &leads[i];
	return NULL;
}

static bool
scalar(uint32_t cp, uint32_t least)
{
	return cp >= least && cp <= 0x10FFFF && (cp < 0xD800 || cp > 0xDFFF);
}

/* The character at s and its length; INVALID, 1 for a byte that begins none.
 * A NUL is no continuation byte, so this stops in front of it. */
static uint32_t
decode(const char *s, size_t *ret_len)
{
	unsigned char c = (unsigned char)s[0];
	const struct lead *l = lead_of(c);
	uint32_t cp;

	*ret_len = 1;
	if (l == NULL)
		return INVALID;
	cp = c & (unsigned char)~l->mask;
	for (unsigned int i = 1; i <= l->follow; i++) {
		c = (unsigned char)s[i];
		if ((c & 0xC0) != 0x80)
			return INVALID;
		cp = cp << 6 | (c & 0x3FU);
	}
	if (!scalar(cp, l->least))
		return INVALID;
	*ret_len = l->follow + 1;
	return cp;
}

static bool
fits(uint32_t cp)
{
	if (cp == INVALID)
		return false;
	for (size_t i = 0; i < COUNT(unfit); i++)
		if (cp >= unfit[i].first && cp <= unfit[i].last)
			return false;
	return true;
}

static const char *
shorthand(char c, enum escape how)
{
	for (size_t i = 0; i < COUNT(shorthands); i++)
		if (shorthands[i].c == c && how >= shorthands[i].from)
			return shorthands[i].text;
	return NULL;
}

static size_t
copy(char *ret, const char *p, size_t n)
{
	memcpy(ret, p, n);
	ret[n] = '\0';
	return n;
}

static size_t
to_text(const char *s, size_t n, uint32_t cp, enum escape how, char *ret)
{
	const char *brief = shorthand(*s, how);

	if (brief != NULL)
		return copy(ret, brief, strlen(brief));
	if (fits(cp))
		return copy(ret, s, n);
	if (n == 1) /* ASCII, or a byte that is no character */
		(void)snprintf(ret, ESCAPE_UNIT, "\\x%02x", (unsigned char)*s);
	else
		(void)snprintf(ret, ESCAPE_UNIT, "\\u%04x", (unsigned int)cp);
	return strlen(ret);
}

static size_t
to_json(const char *s, size_t n, uint32_t cp, char *ret)
{
	if (fits(cp) || cp < 0x20)
		return copy(ret, s, n);
	return copy(ret, REPLACEMENT, strlen(REPLACEMENT));
}

size_t
escape_next(const char **s, enum escape how, char ret[static ESCAPE_UNIT])
{
	const char *at = *s;
	uint32_t cp;
	size_t n;

	ret[0] = '\0';
	if (*at == '\0')
		return 0;
	cp = decode(at, &n);
	*s = at + n;
	if (how == ESCAPE_JSON)
		return to_json(at, n, cp, ret);
	return to_text(at, n, cp, how, ret);
}
