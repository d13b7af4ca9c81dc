/*
 * config_say: how a configuration complains. Places are written as compilers
 * write them, so that editors can jump there.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "rotator/config_p.h"

static enum ec say(struct err *e, const struct node *at, const char *fmt,
    va_list ap) __attribute__((format(printf, 3, 0)));

static enum ec
say(struct err *e, const struct node *at, const char *fmt, va_list ap)
{
	char text[ERR_WHAT_MAX];

	(void)vsnprintf(text, sizeof(text), fmt, ap);
	return fail(
	    e, EC_CONFIG, "%s:%u:%u: %s", at->file, at->line, at->column, text);
}

enum ec
config_fail(struct err *e, const struct node *at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)say(e, at, fmt, ap);
	va_end(ap);
	return e->ec;
}

enum ec
config_place(struct err *e, const struct node *at)
{
	return err_prefix(e, "%s:%u:%u", at->file, at->line, at->column);
}

static void
warn_add(struct config_full *c, const char *text)
{
	for (size_t i = 0; i < c->n_warnings; i++)
		if (strcmp(c->warnings[i], text) == 0)
			return;
	c->warnings[c->n_warnings] = arena_dup(&c->mem, text, strlen(text));
	if (c->warnings[c->n_warnings] != NULL)
		c->n_warnings++;
}

void
config_warn(struct config_full *c, const struct node *at, const char *fmt, ...)
{
	struct err e; /* only for its place in front of the words */
	va_list ap;

	if (c->n_warnings == COUNT(c->warnings))
		return;
	va_start(ap, fmt);
	(void)say(&e, at, fmt, ap);
	va_end(ap);
	if (c->n_warnings == COUNT(c->warnings) - 1)
		warn_add(c, "more warnings are not shown");
	else
		warn_add(c, e.what);
}

struct shown
config_show(const char *text)
{
	struct shown r;
	size_t n = strnlen(text, sizeof(r.s));
	const bool cut = n == sizeof(r.s);

	n = cut ? sizeof(r.s) - 4 : n;
	for (size_t i = 0; i < n; i++) {
		r.s[i] = text[i];
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			r.s[i] = '?';
	}
	/* Not through the middle of a UTF-8 character. */
	while (cut && n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
		n--;
	(void)snprintf(r.s + n, sizeof(r.s) - n, "%s", cut ? "..." : "");
	return r;
}
