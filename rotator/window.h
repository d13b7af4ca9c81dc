/*
 * window: the hours in which a rotation may begin and an old key may be
 * switched off, as people write them: "mon-fri 22:00-04:00". They are of this
 * host's time zone, and follow its summer time.
 */
#ifndef ROTATOR_WINDOW_H
#define ROTATOR_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct window {
	unsigned days; /* bit 0: Sunday, as tm_wday; those on which it opens */
	int from, to;  /* minutes of the day; to <= from: the next day's */
};

struct windows {
	const struct window *at;
	size_t n; /* 0: always open */
};

/* "daily 02:00-05:00", "sat,sun 00:00-24:00", "mon-fri 22:00-04:00"; days in
 * any case. Pure. False: it is none. */
bool window_parse(const char *text, struct window *ret);

/* In words that window_parse() takes and makes the same of. */
#define WINDOW_TEXT_MAX 64
void window_text(const struct window *w, char ret[WINDOW_TEXT_MAX]);

/* When one of them is next open: now, when one is; ms. */
int64_t windows_next(const struct windows *w, int64_t now);

#endif
