/* util: see util.h. */
#include "util.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
die(const char *format, ...)
{
	va_list ap;

	(void)fputs("ses-sandbox: ", stderr);
	va_start(ap, format);
	(void)vfprintf(stderr, format, ap);
	va_end(ap);
	(void)fputc('\n', stderr);
	exit(1);
}

char *
fmt(const char *format, ...)
{
	va_list ap;
	char *s = NULL;
	int n;

	va_start(ap, format);
	n = vasprintf(&s, format, ap);
	va_end(ap);
	if (n < 0)
		abort();
	return s;
}

void *
must(void *p)
{
	if (p == NULL)
		abort();
	return p;
}

void *
must_alloc(size_t size)
{
	return must(calloc(1, size));
}

void
copy_text(char *to, size_t size, const char *from)
{
	size_t n = strnlen(from, size - 1);

	memcpy(to, from, n);
	to[n] = '\0';
}

uint64_t
now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* The callers pass only the DATE_ constants. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
void
date_text(time_t at, const char *format, char *out, size_t size)
{
	struct tm tm;

	out[0] = '\0';
	if (gmtime_r(&at, &tm) == NULL || strftime(out, size, format, &tm) == 0)
		out[0] = '\0';
}
#pragma GCC diagnostic pop
