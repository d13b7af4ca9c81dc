/*
 * fleet_progress: see fleet_progress.h. The log takes the line away before
 * each event (log.h, live); it is back with the next stroke.
 */
#include "rotator/fleet_progress.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/clock.h"

#define STROKE_MS 250
#define NAMES     8
#define BAR       20
#define WIDTH     80
#define MINUTE_MS 60000

bool
fleet_progress_fits(const struct log *l)
{
	return l->form == LOG_TERMINAL && l->threshold >= LOG_NOTICE_ &&
	    isatty(fileno(l->to)) == 1;
}

static void
bar(const struct fleet_counts *c, char ret[BAR + 1])
{
	const size_t done = c->over + c->left_out;
	const size_t full = c->all > 0 ? done * BAR / c->all : 0;

	memset(ret, '.', BAR);
	memset(ret, '#', full < BAR ? full : BAR);
	ret[BAR] = '\0';
}

/* Names as long as they fit. */
static void
add_names(const char *const *names, size_t n, size_t all, size_t width,
    char *ret, size_t size)
{
	size_t len = strlen(ret), i;

	for (i = 0; i < n && len + strlen(names[i]) + 10 < width; i++)
		len += (size_t)snprintf(ret + len, size - len, "%s%s",
		    i == 0 ? "  " : ", ", names[i]);
	if (i < all && len + 10 < width)
		(void)snprintf(ret + len, size - len, " +%zu", all - i);
}

void
fleet_progress_text(const struct fleet_counts *c, int64_t ms,
    const char *const *names, size_t n, size_t width, char *ret, size_t size)
{
	const size_t done = c->over + c->left_out;
	char b[BAR + 1], failed[40] = "", rate[40] = "";

	bar(c, b);
	if (c->failed > 0)
		(void)snprintf(
		    failed, sizeof(failed), "  %zu failed", c->failed);
	if (ms > 0 && c->over > 0)
		(void)snprintf(rate, sizeof(rate), "  %.0f/min",
		    (double)c->over * MINUTE_MS / (double)ms);
	width = width < size ? width : size - 1;
	(void)snprintf(
	    ret, width + 1, "[%s] %zu/%zu%s%s", b, done, c->all, rate, failed);
	add_names(names, n < c->now ? n : c->now, c->now, width, ret, size);
}

static size_t
width_of(FILE *to)
{
	struct winsize w = { .ws_col = 0 };

	if (ioctl(fileno(to), TIOCGWINSZ, &w) != 0 || w.ws_col < 40)
		return WIDTH;
	return w.ws_col - 1U;
}

void
fleet_progress(const struct log *l, struct turns *turns)
{
	const int64_t began = clock_mono();
	const char *names[NAMES];
	struct fleet_counts c;
	char text[512];

	while (turns_watch(turns, STROKE_MS, &c, names, NAMES)) {
		fleet_progress_text(&c, clock_mono() - began, names, NAMES,
		    width_of(l->to), text, sizeof(text));
		log_live(l, text);
	}
	log_live(l, NULL);
}
