/*
 * out: colour, escaping and times on stdout. Whatever is printed here passes
 * the escape, newlines aside: no name, reply or error text that came from
 * elsewhere can move a cursor or forge a colour.
 */
#include "rotator/out.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/clock.h"
#include "base/escape.h"
#include "rotator/out_p.h"

/* Nobody wants to read milliseconds in a table. */
#define SECOND_MS 1000

static const char *const codes[] = {
	[PLAIN] = "",
	[BOLD] = "\033[1m",
	[DIM] = "\033[2m",
	[RED] = "\033[31m",
	[GREEN] = "\033[32m",
	[YELLOW] = "\033[33m",
	[CYAN] = "\033[36m",
};

/* NO_COLOR as in https://no-color.org: set and not empty. */
bool
out_colour(void)
{
	const char *no = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	return isatty(STDOUT_FILENO) == 1 && (no == NULL || no[0] == '\0') &&
	    term != NULL && strcmp(term, "dumb") != 0;
}

size_t
out_width(void)
{
	struct winsize w = { .ws_col = 0 };

	if (isatty(STDOUT_FILENO) != 1)
		return SIZE_MAX;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) != 0 || w.ws_col < 40)
		return 80;
	return w.ws_col;
}

void
out_pen(struct pen *ret)
{
	ret->colour = out_colour();
	ret->width = out_width();
}

void
out_begin(const struct pen *p, enum colour c)
{
	if (c != PLAIN && p->colour)
		(void)fputs(codes[c], stdout);
}

void
out_end(const struct pen *p, enum colour c)
{
	if (c != PLAIN && p->colour)
		(void)fputs("\033[0m", stdout);
}

void
out_lost(void)
{
	(void)fputs("[out of memory: something is missing here]\n", stdout);
}

/* The colour ends before each newline, so that a pager or a scrolled screen
 * never bleeds it into the next line. */
void
out(enum colour c, const char *fmt, ...)
{
	const struct pen pen = { .colour = c != PLAIN && out_colour() };
	AUTO(free) char *text = NULL;
	char unit[ESCAPE_UNIT];
	const char *s;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0) {
		text = NULL;
		out_lost();
		return;
	}
	out_begin(&pen, c);
	for (s = text; *s != '\0';) {
		if (*s == '\n') {
			out_end(&pen, c);
			(void)fputc(*s++, stdout);
			out_begin(&pen, *s == '\0' ? PLAIN : c);
			continue;
		}
		(void)escape_next(&s, ESCAPE_BARE, unit);
		(void)fputs(unit, stdout);
	}
	if (n > 0 && text[n - 1] != '\n')
		out_end(&pen, c);
}

void
out_when(int64_t at, int64_t now, char *ret, size_t size)
{
	char span[CLOCK_TEXT_MAX];

	clock_span_text(at > now ? at - now : now - at, span);
	if (at == 0)
		(void)snprintf(ret, size, "never");
	else if (at > now - SECOND_MS && at < now + SECOND_MS)
		(void)snprintf(ret, size, "now");
	else if (at > now)
		(void)snprintf(ret, size, "in %s", span);
	else
		(void)snprintf(ret, size, "%s ago", span);
}

void
out_json_time(cJSON *o, const char *key, int64_t at)
{
	char text[CLOCK_TEXT_MAX];

	clock_text(at, text);
	if (at == 0)
		(void)cJSON_AddNullToObject(o, key);
	else
		(void)cJSON_AddStringToObject(o, key, text);
}
