/*
 * out_text: text of others in columns: escaped, measured, wrapped.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/escape.h"
#include "rotator/out_p.h"

#define WRAP_MIN 16 /* what has less room than this is not wrapped */

/* Columns a text takes: characters, not bytes. */
size_t
out_text_width(const char *s)
{
	size_t n = 0;

	for (; *s != '\0'; s++)
		n += ((unsigned char)*s & 0xC0) != 0x80;
	return n;
}

/* How many bytes from s on stay as they are: nearly all of nearly every text.
 * escape_next() looks at the rest. */
static size_t
plain(const char *s)
{
	size_t n = 0;

	while (s[n] >= ' ' && s[n] <= '~')
		n++;
	return n;
}

char *
out_text_escape(const char *s)
{
	char *ret = malloc(strlen(s) * ESCAPE_UNIT + 1), *p = ret;
	char unit[ESCAPE_UNIT];

	if (ret == NULL)
		return NULL;
	*p = '\0';
	while (*s != '\0') {
		size_t n = escape_next(&s, ESCAPE_BARE, unit);

		memcpy(p, unit, n + 1);
		p += n;
	}
	return ret;
}

enum ec
out_text_add(struct buf *b, const char *s, struct err *e)
{
	char unit[ESCAPE_UNIT];

	for (;;) {
		size_t n = plain(s);

		TRY(buf_add(b, s, n, e));
		s += n;
		if (*s == '\0')
			return EC_OK;
		n = escape_next(&s, ESCAPE_BARE, unit);
		TRY(buf_add(b, unit, n, e));
	}
}

void
out_pad(size_t n)
{
	static const char blanks[] = "                                ";

	while (n > 0) {
		const size_t some =
		    n < sizeof(blanks) - 1 ? n : sizeof(blanks) - 1;

		(void)fwrite(blanks, 1, some, stdout);
		n -= some;
	}
}

/* Where a line of at most width columns ends: behind a word if one fits. */
static size_t
line_end(const char *s, size_t width)
{
	size_t bytes = 0, columns = 0, word = 0;

	for (; s[bytes] != '\0'; bytes++) {
		if (((unsigned char)s[bytes] & 0xC0) != 0x80 &&
		    columns++ >= width)
			return word > 0 ? word : bytes;
		if (s[bytes] == ' ')
			word = bytes;
	}
	return bytes;
}

void
out_text_wrap(
    const struct pen *p, enum colour colour, size_t indent, const char *s)
{
	const size_t width =
	    p->width >= indent + WRAP_MIN ? p->width - indent : SIZE_MAX;

	for (;;) {
		size_t n = line_end(s, width);

		out_begin(p, colour);
		(void)fwrite(s, 1, n, stdout);
		out_end(p, colour);
		(void)fputc('\n', stdout);
		s += n;
		while (*s == ' ')
			s++;
		if (*s == '\0')
			return;
		out_pad(indent);
	}
}

void
out_para(enum colour c, size_t indent, const char *text)
{
	AUTO(free) char *safe = out_text_escape(text);
	struct pen p;

	out_pen(&p);
	if (safe != NULL)
		out_text_wrap(&p, c, indent, safe);
	else
		out_lost();
}
